"""One firm's overview: what nobody is chasing, what needs a person, who hears from us today, and what is expected."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from worker.core.attention.item import Item, Morning, Section
from worker.core.attention.listing import attention
from worker.core.decisions import Bucket, Remind, Standing, Thank
from worker.core.money import Money, totals
from worker.report.page.figures import (
    PEOPLE,
    Ages,
    Money4,
    Person,
    PileRow,
    Untouched,
    Weeks,
    aged,
    expected,
    first_messages,
    four_piles,
    people,
    pile_rows,
    untouched,
)
from worker.report.page.source import Source
from worker.report.page.words import file_name

TODAY, NEEDED, AHEAD, FIRST = 60, 40, 20, 60
"""Rows shown on the overview; what is more is counted, and on the clients' pages."""
PERSON = (Section.WRONG, Section.DECIDE, Section.REPLIES, Section.CALLS, Section.UNREACHED)
"""Sections of what needs a person; the others are news."""


@dataclass(frozen=True, slots=True)
class Going:
    """One message of today: to whom, about how much, why, and how it ended when it was sent."""

    name: str
    file: str
    what: str
    thanks: bool
    first: bool
    to: str
    amounts: Mapping[str, Decimal]
    why: str
    place: str
    outcome: str


@dataclass(frozen=True, slots=True)
class Needed:
    """Something for a person: what is alike (a client's ten remainders) is told once. `amounts` are of all of it."""

    items: tuple[Item, ...]
    file: str
    amounts: Mapping[str, Decimal]

    @property
    def item(self) -> Item:
        """The first."""
        return self.items[0]

    @property
    def count(self) -> int:
        """How many there are."""
        return len(self.items)


@dataclass(frozen=True, slots=True)
class Ahead:
    """What goes on one coming day: how many clients and invoices, and the money."""

    on: date | None
    step: str
    clients: int
    invoices: int
    amounts: Mapping[str, Decimal]


@dataclass(frozen=True, slots=True)
class FirmPage:
    """The whole overview."""

    source: Source
    piles: tuple[Money4, ...]
    pivot: tuple[PileRow, ...]
    refused: tuple[str, ...]
    needed: tuple[tuple[str, tuple[Needed, ...]], ...]
    needed_more: int
    news: tuple[tuple[str, tuple[Needed, ...]], ...]
    going: tuple[Going, ...]
    going_more: int
    thanks: int
    first: tuple[tuple[str, str], ...]
    first_more: int
    weeks: tuple[Weeks, ...]
    judged: int
    ages: tuple[Ages, ...]
    untouched: tuple[Untouched, ...]
    heard: tuple[Person, ...]
    ahead: tuple[Ahead, ...]
    dropped: tuple[tuple[str, str, str], ...]

    @property
    def asked(self) -> int:
        """Clients who are asked today."""
        return len([d for d in self.source.outgoing if isinstance(d, Remind)])

    @property
    def people(self) -> tuple[Person, ...]:
        """Those who heard from the firm most often this month, as many as are shown."""
        return self.heard[:PEOPLE]

    @property
    def alone(self) -> dict[str, Decimal]:
        """Money nobody is chasing, per currency that has any."""
        return {m.currency: m.nobody for m in self.piles if m.nobody}

    @property
    def nobody(self) -> list[tuple[str, Decimal]]:
        """The same, the currency most is owed in first."""
        return list(self.alone.items())

    @property
    def owed(self) -> dict[str, Decimal]:
        """The books' receivables, per currency."""
        return {m.currency: m.receivables for m in self.piles}

    @property
    def agrees(self) -> bool:
        """Whether the four piles are the books' receivables, to the cent, in every currency."""
        return all(m.agrees for m in self.piles)

    @property
    def open(self) -> int:
        """Open invoices."""
        return len(self.source.plan.standings)

    @property
    def wanted(self) -> int:
        """How many things need a person."""
        return sum(n.count for _, found in self.needed for n in found) + self.needed_more


def firm_page(source: Source) -> FirmPage:
    """Put the overview together."""
    fresh, heard = first_messages(source), people(source)
    going = [_going(source, d, set(fresh)) for d in source.outgoing]
    matters = _matters(source)
    shown, more = _shortened({s: n for s, n in matters.items() if s in PERSON}, NEEDED)
    news, _ = _shortened({s: n for s, n in matters.items() if s not in PERSON}, NEEDED)
    return FirmPage(
        source,
        four_piles(source),
        pile_rows(source),
        tuple(r.reason.sentence for r in source.result.refused),
        shown,
        more,
        news,
        tuple(going[:TODAY]),
        max(0, len(going) - TODAY),
        len(source.outgoing) - len([g for g in going if not g.thanks]),
        tuple(sorted((source.called(p), file_name(source.called(p), p)) for p in fresh)[:FIRST]),
        max(0, len(fresh) - FIRST),
        expected(source),
        sum(not o.own for o in source.forecast.invoices) if source.forecast else 0,
        aged(source),
        tuple(untouched(source)),
        tuple(heard),
        tuple(_ahead(source)[:AHEAD]),
        tuple((source.called(d.payer_id), _file(source, d.payer_id), d.why) for d in source.result.dropped),
    )


def _file(source: Source, client_id: str) -> str:
    """The page of a client; "" for one that has none."""
    return file_name(source.called(client_id), client_id) if client_id in source.pages else ""


def _going(source: Source, decision: Remind | Thank, fresh: set[str]) -> Going:
    sent = source.outcomes.get(decision.key)
    if isinstance(decision, Remind):
        amounts = totals(decision.model.net or decision.model.gross)
    else:
        amounts = totals(Money(p.amount, p.currency) for p in decision.payments)
    return Going(
        source.called(decision.payer_id),
        _file(source, decision.payer_id),
        decision.step if isinstance(decision, Remind) else "thanks",
        not isinstance(decision, Remind),
        decision.payer_id in fresh and isinstance(decision, Remind),
        ", ".join(a.email for a in decision.to),
        amounts,
        decision.reason.evidence.get("why", "") or decision.reason.sentence,
        decision.reason.place,
        f"{sent.outcome}{f' ({sent.detail})' if sent.detail and sent.outcome != 'accepted' else ''}" if sent else "",
    )


def _matters(source: Source) -> dict[str, list[Needed]]:
    """What somebody should see, by section."""
    groups: dict[str, dict[tuple[str, ...], list[Item]]] = defaultdict(lambda: defaultdict(list))
    for item in attention([Morning(source.result, source.history, since=source.since)]):
        if item.section is not Section.TODAY:
            alike = (item.kind, item.client_id, "" if item.client_id else item.subject, item.quoted)
            groups[item.section][alike].append(item)
    return {
        str(section): [
            Needed(tuple(found), _file(source, found[0].client_id), _amounts(source, found)) for found in alike.values()
        ]
        for section, alike in groups.items()
    }


def _amounts(source: Source, alike: Sequence[Item]) -> Mapping[str, Decimal]:
    """Each invoice once: several tasks may be about the same ones."""
    tasks = [t for i in alike for t in source.tasks.get(i.client_id, ()) if t.id == i.subject]
    if not tasks:
        return alike[0].amounts
    ids, codes = {a.invoice_id for t in tasks for a in t.advances}, {t.reason.code for t in tasks}
    payer = tasks[0].payer_id
    return totals(
        Money(s.amount, s.currency)
        for s in source.owing.get(payer, ())
        if (s.invoice_id in ids if ids else s.reason.code in codes)
    )


def _shortened(
    found: Mapping[str, Sequence[Needed]], most: int
) -> tuple[tuple[tuple[str, tuple[Needed, ...]], ...], int]:
    """At most so many, those of the first sections first; and how many are left out."""
    shown, left = [], most
    for section, items in found.items():
        if items[:left]:
            shown.append((section, tuple(items[:left])))
        left = max(0, left - len(items))
    more = sum(n.count for items in found.values() for n in items) - sum(n.count for _, i in shown for n in i)
    return tuple(shown), more


def _ahead(source: Source) -> list[Ahead]:
    """What waits, by the day something next happens and the step that then goes."""
    groups: dict[tuple[date | None, str], list[Standing]] = defaultdict(list)
    for standing in source.plan.standings:
        if source.bucket_of(standing) is Bucket.WAITING:
            groups[standing.next_on, standing.step].append(standing)
    made = [
        Ahead(on, step, len({s.payer_id for s in found}), len(found), _sum(found))
        for (on, step), found in groups.items()
    ]
    return sorted(made, key=lambda a: (a.on or date.max, a.step))


def _sum(standings: Iterable[Standing]) -> Mapping[str, Decimal]:
    return totals(Money(s.amount, s.currency) for s in standings)
