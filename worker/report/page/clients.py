"""Every client in one line: what it owes, where it stands, why, and when something is expected."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from worker.core.decisions import Bucket, Remind, Standing
from worker.core.money import Money, totals
from worker.report.page.source import Source
from worker.report.page.words import file_name

STATES = {
    "today": "hears from us today",
    "sent": "heard from us today",
    "asked": "asked, next step later",
    "waiting": "waiting",
    "held": "held",
    "excluded": "excluded",
    "nothing": "owes nothing",
}
"""Where a client stands as a whole: where most of what it owes does."""


@dataclass(frozen=True, slots=True)
class Row:
    """One client. `state` is a key of STATES; `why` the sentence behind it, `place` the file and line it came from;
    `next_on`, `step`: what goes next; `expected`: when its next money probably comes; `kept`: what is held of a client
    that as a whole is not."""

    client_id: str
    name: str
    file: str
    state: str
    why: str
    place: str
    owed: Mapping[str, Decimal]
    overdue: Mapping[str, Decimal]
    invoices: int
    late: int
    step: str
    next_on: date | None
    expected: date | None
    kept: Mapping[str, Decimal]

    @property
    def state_words(self) -> str:
        """The state as people read it."""
        return STATES[self.state]


def rows(source: Source) -> list[Row]:
    """Every client that owes or that something is decided about, most overdue first."""
    dates = expected_dates(source)
    made = [row_of(source, client_id, dates.get(client_id)) for client_id in source.client_ids]
    return sorted(made, key=lambda r: (-max(r.overdue.values(), default=Decimal(0)), r.name.casefold(), r.client_id))


def expected_dates(source: Source) -> dict[str, date]:
    """By client, the day its next money probably comes."""
    found: dict[str, date] = {}
    for outlook in source.forecast.invoices if source.forecast else ():
        client_id = source.snapshot.survivor(outlook.invoice.client_id)
        found[client_id] = min(found.get(client_id, date.max), outlook.expected.likely)
    return found


def row_of(source: Source, client_id: str, expected: date | None = None) -> Row:
    """The line of one client."""
    standings, today = source.standings.get(client_id, []), source.plan.as_of.day
    state = _state(source, client_id, standings)
    telling = _telling(source, state, standings)
    late, overdue = 0, list[Money]()
    for standing in standings:
        invoice = source.snapshot.invoice(standing.invoice_id)
        if invoice and invoice.due and invoice.due < today:
            late = max(late, (today - invoice.due).days)
            overdue.append(Money(standing.amount, standing.currency))
    why, place = _why(source, client_id, state, telling)
    step, next_on = _next(source, client_id, state, standings)
    name = source.called(client_id)
    return Row(
        client_id,
        name,
        file_name(name, client_id),
        state,
        why,
        place,
        totals(Money(s.amount, s.currency) for s in standings),
        totals(overdue),
        len(standings),
        late,
        step,
        next_on,
        expected,
        totals(Money(s.amount, s.currency) for s in standings if state != "held" and s.bucket is Bucket.HELD),
    )


def _state(source: Source, client_id: str, standings: Sequence[Standing]) -> str:
    payer = source.payer_of(client_id)
    concerned = source.writing.get(payer, ())
    if any(client_id == payer or client_id in d.client_ids for d in concerned):
        return "sent" if source.live else "today"
    most: dict[Bucket, Decimal] = defaultdict(Decimal)
    for standing in standings:
        most[source.bucket_of(standing)] += standing.amount  # only to say which is most: no sum is ever shown
    return _STATES[max(most, key=lambda b: most[b])] if most else "nothing"


def _next(source: Source, client_id: str, state: str, standings: Sequence[Standing]) -> tuple[str, date | None]:
    """What goes next and when: today's own message while it is still to come."""
    today, payer = source.plan.as_of.day, source.payer_of(client_id)
    going = next((d for d in source.writing.get(payer, ()) if isinstance(d, Remind)), None)
    if state == "today" and going:
        return going.step, today
    first = today + timedelta(days=1) if state == "sent" else date.min
    ahead = [(s.next_on, s.step) for s in standings if s.next_on and s.next_on >= first and s.step]
    on, step = min(ahead, default=(None, ""))
    return step, on


_BUCKETS = {"held": Bucket.HELD, "waiting": Bucket.WAITING, "asked": Bucket.CHASED, "excluded": Bucket.EXCLUDED}
_STATES = {bucket: state for state, bucket in _BUCKETS.items()}


def _telling(source: Source, state: str, standings: Sequence[Standing]) -> Standing | None:
    """The invoice whose reason speaks for the client: the largest of those that make its state."""
    wanted = _BUCKETS.get(state)
    mine = [s for s in standings if wanted is None or source.bucket_of(s) is wanted]
    soon = [s for s in mine if s.next_on] if state in ("waiting", "asked") else []
    if soon:
        return min(soon, key=lambda s: (s.next_on or date.max, -s.amount))
    return max(mine, key=lambda s: s.amount, default=None)


def _why(source: Source, client_id: str, state: str, telling: Standing | None) -> tuple[str, str]:
    payer = source.payer_of(client_id)
    if state in ("today", "sent"):
        decision = source.writing[payer][0]
        return decision.reason.sentence, decision.reason.place
    if telling:
        return telling.reason.sentence, telling.reason.place
    other = next(iter(source.decisions.get(client_id, ())), None)
    return (other.reason.sentence, other.reason.place) if other else ("Nothing is open.", "")
