"""import history: what was said to clients before duecourse; nobody is asked twice, and steps go on from there."""

from collections import Counter
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from worker.commands.base import Desk, command

if TYPE_CHECKING:
    from worker.config.history_csv import EarlierContact
    from worker.core.history import History
    from worker.core.settings import OrganisationSettings


@command("import")
@click.argument("what", type=click.Choice(["history"]))
@click.argument("file", required=False, type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--from-books", is_flag=True, help="From the books' own history of each open invoice (Xero), read once.")
@click.option("--org", default="", help="The organisation, when there are several.")
@click.option(
    "--dates", type=click.Choice(["", "day first", "month first"]), default="", help="How 03/04/2026 is meant."
)
@click.option("--dry-run", is_flag=True, help="Say what would be put on record, and do nothing.")
@click.option("--undo", is_flag=True, help="Take back what this file put on record.")
def import_command(
    desk: Desk, what: str, file: Path | None, from_books: bool, org: str, dates: str, dry_run: bool, undo: bool
) -> None:
    """Put earlier contacts on record from a CSV FILE with the columns date, client, invoice, what.

    A line whose "what" is the name of a step counts as that step for its invoice. The same file twice changes nothing.
    With --from-books, the reminders that Xero recorded itself; a call for each open invoice, and none a second time.
    """
    if (file is None) != from_books:
        raise click.UsageError("name a FILE, or say --from-books")
    if file is None:
        from worker.commands.imports_books import import_from_books

        import_from_books(desk, org, dry_run=dry_run, undo=undo)
        return
    _import_file(desk, file, org, dates, dry_run=dry_run, undo=undo)


def _import_file(desk: Desk, file: Path, org: str, dates: str, *, dry_run: bool, undo: bool) -> None:
    from worker.commands import people
    from worker.config.clients_csv import decoded
    from worker.config.history_csv import parse_history

    with desk.app() as app:
        places = people.all_mirrored(app, org)
        if len(places) != 1:
            raise people.wrong("several organisations", ", ".join(p.name for p in places), "add --org NAME")
        (at,) = places
        today = people.today(app, at)
        settings = app.resolve(at.config, at.snapshot, today)
        history = app.logbook.history(at.name, settings.zone)
        text = decoded(file.read_bytes(), file.name)
        found = parse_history(text, file.name, at.snapshot, today, _steps(settings), dates)
        known = _known(history)
        changed = [c for c in found if (_row(c) in known) == undo]
        if not dry_run:
            app.logbook.record(at.name, *_events(app, changed, undo=undo))
    _report(desk, file, at.snapshot.clients, found, changed, dry_run=dry_run, undo=undo)


def _steps(settings: "OrganisationSettings") -> Any:
    from worker.config.names import same

    def step_of(client_id: str, what: str) -> str:
        chosen = settings.clients.get(client_id)
        names = [s.name for s in chosen.policy.ladder] if chosen else []
        return next((n for n in names if same(n) == same(what)), "")

    return step_of


def _row(contact: "EarlierContact") -> tuple[str, date, str, tuple[str, ...]]:
    return contact.client_id, contact.on, contact.what, (contact.invoice_id,) if contact.invoice_id else ()


def _known(history: "History") -> set[tuple[str, date, str, tuple[str, ...]]]:
    return {(c.client_id, c.on, c.what, c.invoice_ids) for c in history.contacts}


def _events(app: Any, changed: "list[EarlierContact]", *, undo: bool) -> list[Any]:
    from worker.commands.people import who
    from worker.core.events import Event, EventKind

    made = []
    for contact in changed:
        client_id, on, what, invoices = _row(contact)
        data: dict[str, Any] = {"what": what, "on": on.isoformat(), "invoices": list(invoices)}
        if contact.step and not undo:
            data["step"] = contact.step
        made.append(Event(EventKind.LOG_OFF if undo else EventKind.LOG, app.clock.now(), client_id, who(), data))
    return made


def _report(
    desk: Desk,
    file: Path,
    clients: Any,
    found: "tuple[EarlierContact, ...]",
    changed: "list[EarlierContact]",
    *,
    dry_run: bool,
    undo: bool,
) -> None:
    import shlex

    from worker.report.terminal import FAINT, KEPT, OUT, TYPE, counted, day, row, say, table

    out = desk.out()
    done = (
        ("would be taken back" if undo else "would be put on record")
        if dry_run
        else ("taken back" if undo else "put on record")
    )
    say(out, f"{file.name}: {counted(len(changed), 'contact')} {done}.", OUT)
    if same := len(found) - len(changed):
        say(
            out,
            f"{counted(same, 'line')} {'was not on record' if undo else 'on record already'}: nothing to do.",
            FAINT,
        )
    steps = Counter(c.step for c in changed if c.step)
    if steps and not undo:
        say(out, f"As steps: {', '.join(f'{n} {s}' for s, n in steps.items())}; the ladder goes on from there.")
    if lost := [c for c in changed if not c.known]:
        numbers = ", ".join(dict.fromkeys(c.invoice_id for c in lost[:8])) + (", ..." if len(lost) > 8 else "")
        say(out, f"Not in the books as last read, kept for the record only: {numbers}", KEPT)
    if dry_run and changed:
        made = table(["line", "day", "client", "what", "step"])
        for c in changed[:40]:
            row(made, [str(c.line), day(c.on), clients[c.client_id].name, c.what, c.step])
        out.print(made)
    words = f"duecourse import history {shlex.quote(str(file))}"
    if changed and not undo:
        say(out, f"  {'to do it:' if dry_run else 'to undo:'}  {words}{'' if dry_run else ' --undo'}{desk.again}", TYPE)
