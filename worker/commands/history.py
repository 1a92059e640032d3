"""history: everything on record about one client, on the screen or as a case file; and checking such a file."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from worker.commands.base import Desk, command

if TYPE_CHECKING:
    from worker.app import App
    from worker.commands.people import Whom
    from worker.report.history import Entry

_FOLDER = click.Path(path_type=Path, file_okay=False)


@command("history", json=True)
@click.argument("client", required=False, default="")
@click.option("--org", default="", help="The organisation, when several have such a client.")
@click.option("--case-file", type=_FOLDER, help="Write all of it to this new folder, to print and hand on.")
@click.option("--verify", type=_FOLDER, help="Check a case file: is everything there, and unchanged?")
def history_command(desk: Desk, client: str, org: str, case_file: Path | None, verify: Path | None) -> int:
    """Every message, task, promise, dispute and contact on record for a client, oldest first."""
    from worker.commands import people
    from worker.report.history import history_data, show_history

    if verify is not None:
        return _verify(desk, verify)
    if not client:
        raise people.wrong("no client named", "duecourse history CLIENT", "name one, or give --verify FOLDER")
    with desk.app() as app:
        whom = people.find_client(app, client, org)
        found, payer, zone = _entries(app, whom)
        if case_file is not None:
            return _write(desk, app, whom, found, payer, zone, case_file)
    if desk.as_json:
        desk.print_json(history_data(whom.at.name, whom.client, payer, found))
    else:
        show_history(desk.out(), whom.at.name, whom.client, found, zone, desk.again)
    return 0


def _entries(app: "App", whom: "Whom") -> "tuple[list[Entry], str, str]":
    from worker.commands import people
    from worker.report.history import entries

    settings = app.resolve(whom.at.config, whom.at.snapshot, people.today(app, whom.at))
    chosen = settings.clients.get(whom.client.id)
    payer = chosen.payer_id if chosen else whom.client.id
    messages, events = app.logbook.messages(whom.at.name), app.logbook.events(whom.at.name)
    return entries(whom.at.snapshot, whom.client.id, payer, messages, events), payer, settings.zone


def _write(desk: Desk, app: "App", whom: "Whom", found: "list[Entry]", payer: str, zone: str, folder: Path) -> int:
    from worker.commands import people
    from worker.report.case_file import case_files, seal_of, write_case
    from worker.report.terminal import FAINT, OUT, TYPE, counted, say

    snapshot, name = whom.at.snapshot, whom.at.name
    invoices = [i for i in snapshot.invoices if snapshot.survivor(i.client_id) == whom.client.id]
    messages = [m for who in dict.fromkeys((payer, whom.client.id)) for m in app.logbook.messages(name, who)]
    files = case_files(name, whom.client, invoices, found, messages, app.clock.now(), zone)
    try:
        write_case(folder, files)
    except FileExistsError:
        raise people.wrong(f"{folder} is not empty", "a new folder", "name another, or remove this one") from None
    letters = sum(n.startswith("messages/") for n in files)
    out = desk.out()
    say(out, f"{folder}: {counted(len(found), 'entry', 'entries')}, {counted(letters, 'message')} as sent.", OUT)
    say(out, f"  its checksum, to note elsewhere: {seal_of(folder)}", FAINT)
    say(out, f"  print {folder / 'case.html'}; check it any time: duecourse history --verify {folder}", TYPE)
    return 0


def _verify(desk: Desk, folder: Path) -> int:
    from worker.report.case_file import SUMS, seal_of, verify_case
    from worker.report.terminal import OUT, WRONG, say

    wrong = verify_case(folder)
    seal = seal_of(folder) if (folder / SUMS).is_file() else ""
    if desk.as_json:
        found: dict[str, Any] = {"schema": 1, "ok": not wrong, "problems": wrong, "checksum": seal}
        desk.print_json(found)
        return 1 if wrong else 0
    for line in wrong:
        say(desk.out(), f"{folder}: {line}", WRONG)
    if not wrong:
        say(desk.out(), f"{folder}: complete and unchanged; its checksum is {seal}", OUT)
    return 1 if wrong else 0
