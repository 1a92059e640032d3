"""The morning digest: made from the last reading of every organisation, sent once a day to each of its readers.

It is recorded before it is sent, under a key of day, reader and try: of two runs one sends it, and what may have left
is never repeated that day. Only an answer that says that nothing was taken allows another try.
"""

import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from worker.app_replies import leaves
from worker.config.values import DigestSettings, OrganisationConfig
from worker.core.attention.item import Morning
from worker.core.attention.listing import attention
from worker.core.attention.standing import held_keys, held_since
from worker.core.context import opening
from worker.core.decide import decide
from worker.core.decisions import AsOf, Plan, Remind, Thank
from worker.core.digest import LIVES_DAYS, Digest, Heard, Money, codes_data, numbered
from worker.core.events import Event, EventKind
from worker.core.history import History
from worker.core.receivable import Snapshot
from worker.core.results import SweepResult
from worker.core.settings import Address, OrganisationSettings
from worker.errors import ConfigError, DuecourseError
from worker.gate import local_moment
from worker.ports import Outcome, Receipt

if TYPE_CHECKING:
    from worker.app import App

PRACTICE = ""
"""Events that belong to no organisation stand under this name."""
LEAD = timedelta(hours=2)
"""Nothing leaves within this time of the first try at a digest."""
TRIES = 5
LOOK_BACK = 14
"""Days within which the digest before this one is looked for."""
PATIENCE = timedelta(minutes=30)
"""How long a digest waits for organisations that were not read yet this morning."""
WORTH_ON = 0
"""The weekday (0: Monday) on which it is told what waiting was worth."""


@dataclass(frozen=True, slots=True)
class Told:
    """What became of one digest; `outcome` as mailers say it."""

    recipient: str
    outcome: str
    detail: str = ""


def today_of(settings: DigestSettings, now: datetime) -> date:
    """The practice's day."""
    return now.astimezone(ZoneInfo(settings.zone)).date()


def recipients(settings: DigestSettings, names: Iterable[str], day: date) -> dict[str, tuple[str, ...]]:
    """Every reader with the organisations theirs is about; whoever stands in for somebody away reads the same."""
    known = tuple(names)
    found: dict[str, tuple[str, ...]] = dict.fromkeys(settings.to, known)
    for name, owners in settings.owners.items():
        for owner in owners if name in known else ():
            had = found.get(owner, ())
            found[owner] = had if name in had else (*had, name)
    for approver in settings.approvers:
        theirs = found.get(approver.email)
        if theirs and approver.deputy and approver.is_away(day):
            had = found.get(approver.deputy, ())
            found[approver.deputy] = tuple(n for n in known if n in had or n in theirs)
    return found


# -- what it says ------------------------------------------------------------------------------------------------------


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
        return Morning(SweepResult(name, "", "live", skipped=str(error).replace("\n", " ")))
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


# -- since when --------------------------------------------------------------------------------------------------------


def since_when(app: "App", name: str) -> dict[str, date]:
    """The first day of all that is held in an organisation."""
    return held_since(e.data for e in app.logbook.events(name, kind=EventKind.STOOD))


def note_standings(app: "App", results: Iterable[SweepResult]) -> None:
    """Put on record what is held since today and what no longer is, so that a digest can say since when."""
    for result in results:
        if result.plan is None or result.skipped or result.mode != "live":
            continue
        known, now = set(since_when(app, result.organisation)), held_keys(result.plan)
        if known == now:
            continue
        on = result.plan.as_of.day.isoformat()
        data = {"on": on, "began": sorted(now - known), "ended": sorted(known - now)}
        event = Event(EventKind.STOOD, app.clock.now(), "", "sweep", data)
        app.logbook.record(result.organisation, event)


def last_digest(app: "App", recipient: str, day: date) -> Event | None:
    """This reader's last digest before today."""
    for back in range(1, LOOK_BACK + 1):
        for event in app.logbook.events(PRACTICE, (day - timedelta(days=back)).isoformat(), EventKind.DIGEST):
            if event.data["to"] == recipient:
                return event
    return None


# -- when it is sent, and what waits for it ----------------------------------------------------------------------------


def is_open_day(app: "App", day: date) -> bool:
    """Whether any policy writes on this day of the week."""
    windows = [p.window for o in app.practice.organisations for p in o.policies.values()]
    return any(day.weekday() in w.days for w in windows)


def is_due(app: "App", settings: DigestSettings) -> bool:
    """Whether it is time for today's digest."""
    here = app.clock.now().astimezone(ZoneInfo(settings.zone))
    return here.time() >= settings.at and is_open_day(app, here.date())


def all_read(app: "App", settings: DigestSettings) -> bool:
    """Whether every organisation was looked at this morning, or those that were not have kept us waiting."""
    now, zone = app.clock.now(), ZoneInfo(settings.zone)
    here = now.astimezone(zone)
    if here - datetime.combine(here.date(), settings.at, zone) >= PATIENCE:
        return True
    midnight = datetime.combine(here.date(), time.min, zone)
    for organisation in app.organisations():
        read = app.logbook.read_at(organisation.name)
        skips = app.logbook.events(organisation.name, kind=EventKind.SKIPPED)
        seen = max((at for at in (read, skips[-1].at if skips else None) if at), default=None)
        if seen is None or seen < midnight:
            return False
    return True


def stoppable(app: "App", organisation: OrganisationConfig, snapshot: Snapshot, day: date) -> OrganisationSettings:
    """An organisation's settings for a live sweep: what leaves today waits until people could stop it."""
    settled = app.resolve(organisation, snapshot, day)
    return replace(settled, sends_from=hold_back(app, settled.zone, organisation.name))


def tried_at(app: "App", day: date, name: str = "") -> datetime | None:
    """When the day's first try at each digest (about an organisation) began, the last of them; None before any."""
    first: dict[str, datetime] = {}
    for event in app.logbook.events(PRACTICE, day.isoformat(), EventKind.DIGEST):
        if not name or name in event.data["organisations"]:
            first.setdefault(event.data["to"], event.at)
    return max(first.values(), default=None)


def hold_back(app: "App", zone: str, name: str) -> time | None:
    """Before which time of its day an organisation's mail may not leave, so that people can stop it; None: no digest.

    While today's digest is due and not sent yet, the two hours begin now: this run is about to send it.
    """
    settings, now = app.practice.digest, app.clock.now()
    if settings is None:
        return None
    tried = tried_at(app, today_of(settings, now), name)
    if tried is None and not is_due(app, settings):
        return settings.sends_from
    free, here = local_moment((tried or now) + LEAD, zone), local_moment(now, zone)
    if free.day > here.day:
        return time.max
    return max(settings.sends_from, free.at) if free.day == here.day else settings.sends_from


# -- sending -----------------------------------------------------------------------------------------------------------


def send_due(app: "App", *, force: bool = False) -> tuple[Told, ...]:
    """Send every reader's digest that is due and was not sent today. `force`: whatever the hour."""
    settings = app.practice.digest
    if settings is None or not (force or is_due(app, settings)):
        return ()
    day = today_of(settings, app.clock.now())
    names = [o.name for o in app.practice.organisations]
    waiting = [(r, n) for r, n in recipients(settings, names, day).items() if next_try(app, day, r)]
    if not waiting or not (force or all_read(app, settings)):
        return ()
    readings = Readings(app)
    told = tuple(t for recipient, theirs in waiting if (t := _send(app, settings, readings, recipient, theirs)))
    _alert(app, told)
    return told


def next_try(app: "App", day: date, recipient: str) -> int:
    """The number of the next try at a reader's digest of a day; 0: it left, may have left, or was tried too often."""
    ends = {e.data["id"]: e.data["outcome"] for e in app.logbook.events(PRACTICE, day.isoformat(), EventKind.DIGESTED)}
    tries = [e for e in app.logbook.events(PRACTICE, day.isoformat(), EventKind.DIGEST) if e.data["to"] == recipient]
    again = all(ends.get(e.data["id"]) in _UNTAKEN for e in tries)
    return len(tries) + 1 if again and len(tries) < TRIES else 0


_UNTAKEN = frozenset({str(Outcome.NOT_SENT), str(Outcome.LATER), str(Outcome.CREDENTIAL)})


def _send(
    app: "App", settings: DigestSettings, readings: Readings, recipient: str, names: Sequence[str]
) -> Told | None:
    from worker.own_mail import own_mailer, send_own
    from worker.report.digest import digest_words

    token = secrets.token_hex(5) if settings.answerable else ""
    digest = digest_for(app, recipient, names, readings, token=token)
    claim = token or secrets.token_hex(5)
    if not _claimed(app, digest, next_try(app, digest.day, recipient), claim):
        return None
    try:
        mailer = own_mailer(app, settings)
        receipt = send_own(app, settings, mailer, claim, Address(recipient), digest_words(digest))
    except DuecourseError as error:  # on record as tried: otherwise today's mail would wait for it for ever
        receipt = Receipt(Outcome.NOT_SENT, detail=str(error))
    data = {"id": claim, "outcome": str(receipt.outcome), "detail": receipt.detail[:200]}
    event = Event(EventKind.DIGESTED, app.clock.now(), digest.day.isoformat(), "digest", data)
    app.logbook.record(PRACTICE, event)
    return Told(recipient, str(receipt.outcome), receipt.detail)


def _claimed(app: "App", digest: Digest, number: int, claim: str) -> bool:
    """Put the digest on record, for one caller only."""
    if not number:
        return False
    day = digest.day.isoformat()
    data = {
        "to": digest.recipient,
        "day": day,
        "id": claim,
        "organisations": list(digest.organisations),
        "codes": codes_data(digest.lines),
        "planned": _planned(digest),
        "until": digest.until.isoformat() if digest.until else "",
    }
    key = f"digest:{day}:{digest.recipient}:{number}"
    app.logbook.record(PRACTICE, Event(EventKind.DIGEST, app.clock.now(), day, "digest", data, key))
    return any(e.key == key and e.data["id"] == claim for e in app.logbook.events(PRACTICE, day, EventKind.DIGEST))


def _planned(digest: Digest) -> dict[str, list[str]]:
    """By organisation, the clients it says will be asked today."""
    found: dict[str, list[str]] = {}
    for line in digest.lines:
        if line.item.kind == "remind":
            found.setdefault(line.item.organisation, []).append(line.item.client_id)
    return found


def _alert(app: "App", told: Sequence[Told]) -> None:
    """Say by the alert channel that a digest could not be sent, and log every outcome."""
    import structlog

    from worker.afterwards import Webhook

    log = structlog.get_logger()
    for one in told:
        log.info("digest", outcome=one.outcome)
    lost = [t for t in told if t.outcome not in {str(Outcome.ACCEPTED), str(Outcome.UNCERTAIN)}]
    if lost and app.practice.alerts:
        why = "; ".join(sorted({f"{t.outcome}: {t.detail}" if t.detail else t.outcome for t in lost}))[:300]
        text = f"duecourse could not send the digest to {len(lost)} of {len(told)} readers ({why})."
        Webhook(app.practice.alerts.webhook.reveal()).say(text)


def codes_of(app: "App", token: str, day: date) -> Mapping[str, object] | None:
    """The recorded data of a digest that can still be answered; None when there is none."""
    for back in range(LIVES_DAYS):
        for event in app.logbook.events(PRACTICE, (day - timedelta(days=back)).isoformat(), EventKind.DIGEST):
            if event.data["id"] == token:
                return event.data
    return None
