"""One sweep over one organisation: read, decide, guard, deliver, record. Knows ports and the core only.

An organisation whose books cannot be read completely gets no message and a loud report; nothing here ever stops
another organisation's sweep.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from worker.core.decide import decide
from worker.core.decisions import Note, Plan, Proposal, Refuse, Remind, Task, Thank
from worker.core.events import Event, EventKind
from worker.core.history import History, MessageState
from worker.core.reasons import reason
from worker.core.receivable import Snapshot
from worker.core.replay import advance_data
from worker.core.results import Dropped, Sent, SweepResult
from worker.core.settings import Mode, OrganisationSettings
from worker.core.surprise import forecast
from worker.errors import BooksError, ConfigError, LogbookError, MailerBroken
from worker.gate import LEASE, Gate, hold_events, local_moment
from worker.ports import Books, Capability, Clock, Composer, Logbook, Mailer, Progress, Reach


@dataclass(frozen=True)
class Outfit:
    """Everything one organisation's sweep needs. `deliver` false: preview, nothing leaves and nothing is promised.

    `resolve` turns the clients just read into settings (it may refuse with ConfigError); `composer` is made for those
    settings; `stopped` answers why to stop before each hand-off, `halted` why to stop reading. `clock_moved`: `--now`
    is in use.
    """

    organisation: str
    books: Books
    logbook: Logbook
    mailer: Mailer
    clock: Clock
    progress: Progress
    holder: str
    resolve: Callable[[Snapshot, date], OrganisationSettings]
    composer: Callable[[OrganisationSettings, Snapshot], Composer]
    stopped: Callable[[], str]
    halted: Callable[[], str] = lambda: ""
    deliver: bool = False
    clock_moved: bool = False


class _Halted(Exception):
    """The reading is given up in good time, whole: nothing of it was kept."""


def sweep(outfit: Outfit, sweep_id: str) -> SweepResult:
    """Do the whole pass. Expected trouble (books, config, logbook, mailer) ends in the result, not in an exception."""
    name, book = outfit.organisation, outfit.logbook
    mode = "live" if outfit.deliver else "preview"
    empty = SweepResult(name, sweep_id, mode)
    if not book.lease(name, outfit.holder, outfit.clock.now(), LEASE):
        todo = "Nothing to do: it will be swept by the one that is running, or by the next."
        return replace(empty, skipped="Another sweep of this organisation is running.", todo=todo, elsewhere=True)
    try:
        return _swept(outfit, empty)
    except _Halted as halt:
        return replace(empty, skipped=f"Not finished: {halt}.", left=True)
    except BooksError as error:
        _loudly(outfit, sweep_id, error.what, error.todo)
        return replace(empty, skipped=error.what, todo=error.todo)
    except (ConfigError, LogbookError) as error:
        _loudly(outfit, sweep_id, str(error), "")
        return replace(empty, skipped=str(error), todo="Nobody is chased for this organisation until it is put right.")
    finally:
        book.unlease(name, outfit.holder)


def _loudly(outfit: Outfit, sweep_id: str, what: str, todo: str) -> None:
    event = Event(EventKind.SKIPPED, outfit.clock.now(), sweep_id, "sweep", {"what": what, "todo": todo})
    outfit.logbook.record(outfit.organisation, event)


def _swept(outfit: Outfit, empty: SweepResult) -> SweepResult:
    name, book, clock = outfit.organisation, outfit.logbook, outfit.clock
    book.recover(name, clock.now(), timedelta(0))
    uncertain = _uncertain(outfit)
    if outfit.deliver:
        for message in book.unfinished(name):
            book.settle(name, message.key, MessageState.CANCELLED, clock.now(), detail="left over; decided anew")
    snapshot = read(outfit)
    settings = outfit.resolve(snapshot, local_moment(clock.now(), _zone(snapshot)).day)
    as_of = local_moment(clock.now(), settings.zone)
    if not outfit.deliver:
        history = book.history(name, settings.zone)
        plan = decide(snapshot, settings, history, as_of)
        _propose(outfit, plan.proposals)
        return replace(empty, snapshot=snapshot, settings=settings, plan=plan, uncertain=uncertain)
    known = max((e.id for e in hold_events(book, name)), default=0)
    plan, history = _agreed(outfit, snapshot, settings)
    result = replace(
        empty, mode=str(settings.mode), snapshot=snapshot, settings=settings, plan=plan, uncertain=uncertain
    )
    if settings.mode is not Mode.LIVE or result.refused:
        return result
    return _delivered(outfit, result, plan, history, known)


def _uncertain(outfit: Outfit) -> tuple[str, ...]:
    found = outfit.logbook.messages(outfit.organisation, states=(MessageState.UNCERTAIN,))
    return tuple(m.key for m in found)


def read(outfit: Outfit) -> Snapshot:
    """Bring the mirror up to date, all or nothing, and return it. Raises BooksError."""
    name, book, now = outfit.organisation, outfit.logbook, outfit.clock.now()
    reading = outfit.books.read(book.watermark(name), now, book.open_ids(name))
    seen: dict[str, int] = {}
    with book.reading(name, now) as mirror:
        for page in reading.pages():
            mirror.add(page)
            rows = len(page.clients) + len(page.invoices) + len(page.credits) + len(page.payments)
            seen[page.resource] = seen.get(page.resource, 0) + rows
            outfit.progress.step(page.resource or "rows", seen[page.resource], page.total)
            if why := outfit.halted():
                raise _Halted(why)
        return mirror.finish(reading.watermark(), full=reading.full)


def _zone(snapshot: Snapshot) -> str:
    return snapshot.organisation.zone or "UTC"


# -- agreements -------------------------------------------------------------------------------------------------------


def _agreed(outfit: Outfit, snapshot: Snapshot, settings: OrganisationSettings) -> tuple[Plan, History]:
    """Decide; put proposals and the config's approvals on record; decide again when a yes was new."""
    name, book = outfit.organisation, outfit.logbook
    as_of = local_moment(outfit.clock.now(), settings.zone)
    real = outfit.mailer.reach is Reach.OUTSIDE
    history = book.history(name, settings.zone)
    plan = decide(snapshot, settings, history, as_of, real_mail=real)
    _propose(outfit, plan.proposals)
    if _accept(outfit, plan, history, settings):
        history = book.history(name, settings.zone)
        plan = decide(snapshot, settings, history, as_of, real_mail=real)
        _propose(outfit, plan.proposals)
    if outfit.clock_moved and real and settings.mode is Mode.LIVE:
        refuse = Refuse("", reason("moved-clock"))
        plan = replace(plan, decisions=(refuse, *plan.decisions))
    return plan, history


def _propose(outfit: Outfit, proposals: tuple[Proposal, ...]) -> None:
    now = outfit.clock.now()
    events = [
        Event(
            EventKind.PROPOSED,
            now,
            p.id,
            "sweep",
            {
                "kind": p.kind,
                "names": list(p.names),
                "amounts": dict(p.amounts),
                "limit": p.limit,
                "sentence": p.sentence,
            },
            key=f"proposed:{p.id}",
        )
        for p in proposals
    ]
    if events:
        outfit.logbook.record(outfit.organisation, *events)


def _accept(outfit: Outfit, plan: Plan, history: History, settings: OrganisationSettings) -> bool:
    """Record every yes the config gives to something on record, and start the baseline once it is agreed."""
    now, known = outfit.clock.now(), {a.id for a in (*history.approvals, *history.rejected)}
    proposed = {p.id: p for p in plan.proposals}
    events = [
        Event(EventKind.APPROVE, now, i, "config", key=f"approved:{i}")
        for i in settings.approvals
        if i not in known and (i in proposed or i in {a.id for a in history.proposals})
    ]
    given = {e.subject for e in events} | {a.id for a in history.approvals if a.given and not a.used}
    for proposal in plan.proposals:
        if proposal.kind == "baseline" and proposal.id in given and settings.mode is Mode.LIVE:
            identity, backlog = proposal.names
            data = {"identity": identity, "backlog": backlog}
            if history.baseline is not None:
                data["on"] = history.baseline.on.isoformat()
            events.append(Event(EventKind.BASELINE, now, "", "sweep", data))
            events.append(Event(EventKind.USED, now, proposal.id, "sweep"))
    if events:
        outfit.logbook.record(outfit.organisation, *events)
    return bool(events)


# -- delivery ---------------------------------------------------------------------------------------------------------


def _delivered(outfit: Outfit, result: SweepResult, plan: Plan, history: History, known: int) -> SweepResult:
    snapshot, settings = result.snapshot, result.settings
    if snapshot is None or settings is None:
        return result
    _remember(outfit, plan)
    gate = Gate(
        outfit.organisation,
        result.sweep_id,
        outfit.holder,
        outfit.books,
        outfit.logbook,
        outfit.mailer,
        outfit.composer(settings, snapshot),
        outfit.clock,
        outfit.progress,
        outfit.stopped,
        known=known,
    )
    broken = ""
    try:
        gate.deliver(plan, snapshot, settings, history)
    except (MailerBroken, BooksError, LogbookError) as error:
        broken = str(error)
    warned = _notes(outfit, gate.sent, settings)
    once_a_day = f"forecast:{plan.as_of.day}"
    after = Event(EventKind.FORECAST, outfit.clock.now(), "", "sweep", {"days": forecast(plan)}, once_a_day)
    outfit.logbook.record(outfit.organisation, after)
    return replace(
        result,
        delivered=True,
        broken=broken,
        sent=tuple(gate.sent),
        dropped=(*gate.dropped, *warned),
        uncertain=_uncertain(outfit),
    )


def _remember(outfit: Outfit, plan: Plan) -> None:
    """Steps passed by, waits begun and tasks opened: facts the next sweep builds on."""
    now = outfit.clock.now()
    events = [_note_event(note, now) for note in plan.notes]
    events += [_task_event(d, now) for d in plan.decisions if isinstance(d, Task) and d.is_new]
    if events:
        outfit.logbook.record(outfit.organisation, *events)


def _note_event(note: Note, now: datetime) -> Event:
    kind = EventKind.PASSED if note.kind == "passed" else EventKind.WAITED
    data = {"round": note.round, "step": note.step, "on" if kind is EventKind.PASSED else "until": note.on.isoformat()}
    if note.ordinary:
        data["ordinary"] = note.ordinary.isoformat()
    return Event(kind, now, note.invoice_id, "sweep", data, f"{kind}:{note.invoice_id}:{note.round}:{note.step}")


def _task_event(task: Task, now: datetime) -> Event:
    data = {
        "payer": task.payer_id,
        "kind": task.kind,
        "step": task.step,
        "advances": [advance_data(a) for a in task.advances],
        "why": task.reason.sentence,
    }
    return Event(EventKind.TASK, now, task.id, "sweep", data)


def _notes(outfit: Outfit, sent: list[Sent], settings: OrganisationSettings) -> list[Dropped]:
    """Leave a history note in the books for every message known to have gone, where that is wanted and possible.

    A note that cannot be written changes nothing about the message; it is reported and not tried again.
    """
    if not settings.notes_in_books or Capability.NOTES not in outfit.books.capabilities:
        return []
    failed: list[Dropped] = []
    for message in sent:
        if message.outcome != "accepted":
            continue
        decision = message.decision
        for invoice_id in _noted(decision):
            try:
                outfit.books.note(invoice_id, _note_text(decision))
            except BooksError as error:
                failed.append(Dropped(decision.payer_id, f"the note in the books was not written: {error.what}"))
            else:
                note = Event(EventKind.NOTE, outfit.clock.now(), invoice_id, "sweep", {"key": decision.key})
                outfit.logbook.record(outfit.organisation, note)
    return failed


def _noted(decision: Remind | Thank) -> list[str]:
    if isinstance(decision, Remind):
        return [a.invoice_id for a in decision.advances]
    return sorted({a.invoice_id for p in decision.payments for a in p.allocations})


def _note_text(decision: Remind | Thank) -> str:
    what = f"{decision.step} sent" if isinstance(decision, Remind) else "thanks sent"
    return f"duecourse: {what} to {', '.join(a.email for a in decision.to)}"
