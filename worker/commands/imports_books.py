"""import history --from-books: reminders the books themselves recorded, read once for every open invoice."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Any

from worker.commands.base import Desk
from worker.core.events import Event, EventKind

if TYPE_CHECKING:
    from worker.app import App
    from worker.commands.people import Mirrored
    from worker.core.earlier import EarlierReminder
    from worker.core.receivable import Invoice
    from worker.ports import Remembering

SUBJECT = "books history"
"""Under this subject stands which invoices were read, so that a run that was cut short goes on where it was."""
FROM = "books"
AT_ONCE = 20
"""Invoices after which what was found is put on record."""


@dataclass
class Found:
    """What one run read: contacts by invoice, how many invoices, how many it left, and why it stopped."""

    contacts: list[tuple["Invoice", date, str, str]] = field(default_factory=list)
    read: int = 0
    left: int = 0
    why: str = ""


def import_from_books(desk: Desk, org: str, *, dry_run: bool, undo: bool) -> None:
    """Read, or take back. Raises ConfigError and BooksError."""
    from worker.commands import people
    from worker.ports import Remembering

    with desk.app() as app:
        places = people.all_mirrored(app, org)
        if len(places) != 1:
            raise people.wrong("several organisations", ", ".join(p.name for p in places), "add --org NAME")
        (at,) = places
        if undo:
            taken = _take_back(app, at.name, dry_run=dry_run)
            _say_undone(desk, taken, dry_run=dry_run)
            return
        with app.books(at.config) as books:
            if not isinstance(books, Remembering):
                kind = at.config.books.kind
                todo = "export what was sent as CSV: duecourse import history FILE (date, client, invoice, what)"
                raise people.wrong(f"{kind} keeps no history of an invoice that a program may read", "Xero", todo)
            found = _read(app, at, books, dry_run=dry_run)
    _say(desk, at, found, dry_run=dry_run)


def _read(app: "App", at: "Mirrored", books: "Remembering", *, dry_run: bool) -> Found:
    from worker.commands import people
    from worker.errors import BooksError

    today = people.today(app, at)
    settings = app.resolve(at.config, at.snapshot, today)
    history = app.logbook.history(at.name, settings.zone)
    known = {(c.client_id, c.on, c.what, c.invoice_ids) for c in history.contacts}
    ours = {(row.invoice_id, m.on) for m in history.messages for row in m.advances}
    read_before = {i for event in _marks(app, at.name) for i in event.data["read"]}
    wanted = [i for i in at.snapshot.invoices if i.is_open and i.id not in read_before]
    found = Found()
    for chunk in _chunks(wanted):
        fresh: list[tuple[Invoice, date, str, str]] = []
        done: list[str] = []
        for invoice in chunk:
            app.progress.step(f"{at.name}: history of invoices", found.read + len(done), len(wanted))
            try:
                reminders = _reminders(books, invoice.id) if books.spare else None
                found.why = "" if reminders is not None else "the rest of today's calls is kept for last looks"
            except BooksError as error:
                reminders, found.why = None, str(error)
            if reminders is None:
                break
            done.append(invoice.id)
            client_id = at.snapshot.survivor(invoice.client_id)
            for one in reminders:
                on = _local(one, settings.zone)
                step = _step_of(settings, client_id, one.step)
                said = (client_id, on, one.what, (invoice.id,))
                if on <= today and said not in known and (invoice.id, on) not in ours:
                    known.add(said)
                    fresh.append((invoice, on, one.what, step))
        if not dry_run:
            _put(app, at, fresh, done)
        found.contacts += fresh
        found.read += len(done)
        if found.why:
            break
    found.left = len(wanted) - found.read
    return found


def _chunks(invoices: "Sequence[Invoice]") -> "Iterator[Sequence[Invoice]]":
    return (invoices[n : n + AT_ONCE] for n in range(0, len(invoices), AT_ONCE))


def _reminders(books: "Remembering", invoice_id: str) -> "list[EarlierReminder]":
    from worker.core.earlier import reminder_in

    return [found for note in books.history(invoice_id) if (found := reminder_in(note))]


def _local(one: "EarlierReminder", zone: str) -> date:
    from worker.gate import local_moment

    return local_moment(one.at, zone).day


def _step_of(settings: Any, client_id: str, step: str) -> str:
    chosen = settings.clients.get(client_id)
    found = chosen.policy.step(step) if chosen and step else None
    return found.name if found else ""


def _marks(app: "App", name: str) -> list[Event]:
    """What was read since it was last taken back."""
    events = list(app.logbook.events(name, SUBJECT, EventKind.WATCHED))
    anew = max((n for n, e in enumerate(events) if e.data.get("anew")), default=-1)
    return events[anew + 1 :]


def _put(app: "App", at: "Mirrored", fresh: "list[tuple[Invoice, date, str, str]]", done: list[str]) -> None:
    from worker.commands.people import who

    now, events = app.clock.now(), list[Event]()
    for invoice, on, what, step in fresh:
        data: dict[str, Any] = {"what": what, "on": on.isoformat(), "invoices": [invoice.id], "from": FROM}
        if step:
            data["step"] = step
        events.append(Event(EventKind.LOG, now, at.snapshot.survivor(invoice.client_id), who(), data))
    if done:
        events.append(Event(EventKind.WATCHED, now, SUBJECT, who(), {"read": done}))
        app.logbook.record(at.name, *events)


def _take_back(app: "App", name: str, *, dry_run: bool) -> int:
    """Every contact a reading of the books put on record and that still stands."""
    from worker.commands.people import who

    history = app.logbook.history(name)
    standing = {(c.client_id, c.on.isoformat(), c.what, c.invoice_ids) for c in history.contacts}
    now, events = app.clock.now(), list[Event]()
    for event in app.logbook.events(name, kind=EventKind.LOG):
        data = event.data
        said = (event.subject, data.get("on"), data.get("what"), tuple(data.get("invoices", ())))
        if data.get("from") == FROM and said in standing:
            standing.discard(said)
            kept = {k: data[k] for k in ("what", "on", "invoices")}
            events.append(Event(EventKind.LOG_OFF, now, event.subject, who(), kept))
    if not dry_run:
        app.logbook.record(name, *events, Event(EventKind.WATCHED, now, SUBJECT, who(), {"read": [], "anew": True}))
    return len(events)


def _say(desk: Desk, at: "Mirrored", found: Found, *, dry_run: bool) -> None:
    from worker.report.terminal import FAINT, KEPT, OUT, TYPE, counted, day, row, say, table

    out = desk.out()
    done = "would be put on record" if dry_run else "put on record"
    asked = f"{counted(found.read, 'invoice')} asked about, a call each"
    say(out, f"{at.name}: {counted(len(found.contacts), 'earlier reminder')} {done} ({asked}).", OUT)
    if found.why:
        say(out, f"{counted(found.left, 'invoice')} left for the next time: {found.why}", KEPT)
    steps = sum(1 for *_, step in found.contacts if step)
    if steps:
        say(out, f"{counted(steps, 'of them is a step', 'of them are steps')} of the policy: it goes on from there.")
    if dry_run and found.contacts:
        made = table(["day", "client", "invoice", "what"])
        for invoice, on, what, _ in found.contacts[:40]:
            name = at.snapshot.clients[at.snapshot.survivor(invoice.client_id)].name
            row(made, [day(on), name, invoice.number, what])
        out.print(made)
    words = "duecourse import history --from-books"
    if dry_run:
        say(out, f"  to do it:  {words}{desk.again}", TYPE)
    elif found.left:
        say(out, f"  to go on:  {words}{desk.again}", TYPE)
    if found.contacts and not dry_run:
        say(out, f"  to undo:   {words} --undo{desk.again}", FAINT)


def _say_undone(desk: Desk, taken: int, *, dry_run: bool) -> None:
    from worker.report.terminal import OUT, counted, say

    words = "would be taken back" if dry_run else "taken back"
    say(desk.out(), f"{counted(taken, 'contact')} {words}.", OUT)
