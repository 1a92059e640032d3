"""What a digest says: every organisation as of its last reading, judged anew, for one reader."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from worker.app_replies import leaves
from worker.config.values import OrganisationConfig
from worker.core.attention.item import Morning
from worker.core.attention.listing import attention
from worker.core.context import opening
from worker.core.decide import decide
from worker.core.decisions import AsOf, Plan, Remind, Thank
from worker.core.digest import LIVES_DAYS, Digest, Heard, Money, numbered
from worker.core.events import Event, EventKind
from worker.core.history import History
from worker.core.receivable import Snapshot
from worker.core.results import SweepResult
from worker.core.settings import OrganisationSettings
from worker.digests.record import LOOK_BACK, PRACTICE, last_digest, since_when
from worker.digests.timing import LEAD
from worker.errors import ConfigError
from worker.gate import local_moment

if TYPE_CHECKING:
    from worker.app import App

WORTH_ON = 0
"""The weekday (0: Monday) on which it is told what waiting was worth."""


@dataclass
class Readings:
    """Every organisation as of its last reading, judged once for all readers of this moment's digests."""

    app: "App"
    _judged: dict[str, Morning] = field(default_factory=dict)

    def morning(self, organisation: OrganisationConfig, before: Event | None = None) -> Morning:
        """One organisation for a reader whose last digest is `before`; what cannot be judged counts as skipped."""
        name = organisation.name
        if name not in self._judged:
            self._judged[name] = _judged(self.app, organisation)
        found = self._judged[name]
        if before is None or found.today is None:
            return found
        return replace(found, before=before.at, missed=_missed(self.app, name, before, found.today))


def digest_for(
    app: "App",
    recipient: str,
    names: Sequence[str],
    readings: Readings | None = None,
    *,
    token: str = "",
    whole: bool = False,
) -> Digest:
    """What this reader's digest of these organisations says now. With a token its items bear codes."""
    settings, now = app.practice.digest, app.clock.now()
    zone = ZoneInfo(settings.zone if settings else "UTC")
    day = now.astimezone(zone).date()
    before = last_digest(app, recipient, day)
    found = readings or Readings(app)
    mornings = [found.morning(o, before) for o in app.organisations(names)]
    lines, more = numbered(attention(mornings), answerable=bool(token), whole=whole)
    practice = settings is None or recipient in settings.to or not recipient
    leaves_at = max(settings.sends_from, (now + LEAD).astimezone(zone).time()) if settings else None
    return Digest(
        recipient,
        day,
        tuple(m.result.organisation for m in mornings),
        lines,
        tuple(_money(m.result) for m in mornings if m.result.plan),
        _heard(app, day, before.at if before else None) if practice else (),
        token,
        day + timedelta(days=LIVES_DAYS - 1) if token else None,
        leaves_at,
        more,
    )


def _judged(app: "App", organisation: OrganisationConfig) -> Morning:
    name, book, now = organisation.name, app.logbook, app.clock.now()
    snapshot, read = book.snapshot(name), book.read_at(name)
    skips = [e for e in book.events(name, kind=EventKind.SKIPPED) if read is None or e.at > read]
    zone = _zone(organisation, snapshot)
    if skips or snapshot is None:
        what = str(skips[-1].data.get("what", "")) if skips else "It was never read."
        todo = str(skips[-1].data.get("todo", "")) if skips else ""
        first = local_moment(skips[0].at, zone).day if skips else None
        return Morning(SweepResult(name, "", "live", skipped=what, todo=todo), skipped_since=first)
    try:
        settings = app.resolve(organisation, snapshot, local_moment(now, zone).day)
    except ConfigError as error:
        return Morning(SweepResult(name, "", "live", skipped=str(error)))
    history = book.history(name, settings.zone)
    at = local_moment(now, settings.zone)
    real = leaves(organisation.mail or app.practice.mail)
    plan = decide(snapshot, settings, history, at, real_mail=real)
    result = SweepResult(name, "", str(settings.mode), snapshot=snapshot, settings=settings, plan=plan)
    worth = app.waits(organisation, at.day) if at.day.weekday() == WORTH_ON else None
    ahead = today_ahead(snapshot, settings, history, now, real=real)
    return Morning(result, history, ahead, since_when(app, name), spared=worth)


def _missed(app: "App", name: str, before: Event, ahead: Plan) -> date | None:
    """The day of the last digest, when all it announced is still to be sent: no run came once it might leave."""
    announced = set(before.data.get("planned", {}).get(name, ()))
    if not announced or not announced <= {d.payer_id for d in ahead.decisions if isinstance(d, Remind)}:
        return None
    tried = [m for m in app.logbook.messages(name) if m.planned_at >= before.at]
    return None if tried else date.fromisoformat(before.data["day"])


def _zone(organisation: OrganisationConfig, snapshot: Snapshot | None) -> str:
    return organisation.written.zone or (snapshot.organisation.zone if snapshot else "") or "UTC"


def today_ahead(
    snapshot: Snapshot, settings: OrganisationSettings, history: History, now: datetime, *, real: bool
) -> Plan:
    """What the rest of the day brings, if nobody stops it: decided as of when each mail window opens for us."""
    here, soonest = local_moment(now, settings.zone), local_moment(now + LEAD, settings.zone)
    earliest = soonest.at if soonest.day == here.day else time.max
    opens = {max(opening(c.policy, settings), earliest) for c in settings.clients.values()} or {here.at}
    plans = [decide(snapshot, settings, history, AsOf(here.day, at), real_mail=real) for at in sorted(opens)]
    found = {d.key: d for p in reversed(plans) for d in p.decisions if isinstance(d, Remind | Thank)}
    first = {d.key for d in plans[0].decisions if isinstance(d, Remind | Thank)}
    later = [d for key, d in found.items() if key not in first]
    return replace(plans[0], decisions=(*plans[0].decisions, *later))


def _money(result: SweepResult) -> Money:
    from worker.report.headline import NOBODY, headline

    if result.plan is None or result.snapshot is None:
        return Money(result.organisation, {}, {})
    found = headline(result.plan, result.snapshot)
    reasons = tuple((s.label, s.invoices, s.amounts) for s in found.shares if s.bucket in NOBODY)
    nobody = {c: v for c, v in found.nobody().items() if v}
    return Money(result.organisation, nobody, found.receivables, reasons)


def _heard(app: "App", day: date, before: datetime | None) -> tuple[Heard, ...]:
    first = max(before.date() if before else day - timedelta(days=1), day - timedelta(days=LOOK_BACK))
    days = [first + timedelta(days=n) for n in range((day - first).days + 1)]
    events = [e for d in days for e in app.logbook.events(PRACTICE, d.isoformat(), EventKind.ANSWER)]
    fresh = [e for e in events if before is None or e.at > before]
    return tuple(Heard(e.data["sender"], e.at, e.data["text"], bool(e.data["ignored"])) for e in fresh)
