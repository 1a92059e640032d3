"""backup, restore and forget: care of what the logbook holds."""

from pathlib import Path

import click

from worker.commands.base import Desk, command

_FILE = click.Path(path_type=Path, dir_okay=False)


@command("backup")
@click.argument("file", type=_FILE)
def backup_command(desk: Desk, file: Path) -> int:
    """Write a consistent copy of the logbook to FILE (SQLite, whichever database it comes from) while others go on.

    Saved connections and tokens are not in it. A backup is never live.
    """
    from worker.logbook.backup import back_up
    from worker.logbook.database import open_database
    from worker.report.terminal import FAINT, OUT, say

    with desk.app() as app:
        database = open_database(app.practice.logbook_location)
        try:
            found = back_up(database, file, app.clock.now())
        finally:
            database.close()
    rows = sum(s.rows for s in found.values())
    say(desk.out(), f"{file}: {rows} rows, verified. It names clients: keep it where only you can read it.", OUT)
    say(
        desk.out(),
        f"  to look at it: duecourse logbook verify {file}; to go back to it: duecourse restore {file}",
        FAINT,
    )
    return 0


@command("restore")
@click.argument("file", type=_FILE)
@click.option("--replace", is_flag=True, help="Put it in the place of a logbook that has rows; the old one is kept.")
def restore_command(desk: Desk, file: Path, replace: bool) -> int:
    """Make the logbook what a backup FILE holds. It gets a new id and is not live until the config names it."""
    from worker.commands.people import wrong
    from worker.logbook.backup import restore
    from worker.report.terminal import OUT, TYPE, WRONG, say

    if not file.is_file():
        raise wrong(f"{file}: there is no such file", "a file that duecourse backup wrote", "name one that is there")
    with desk.app() as app:
        done = restore(app.practice.logbook_location, file, app.clock.now(), replace=replace)
    out = desk.out()
    say(out, f"Restored: {sum(s.rows for s in done.sums.values())} rows from {file}.", OUT)
    if done.kept:
        say(out, f"  the logbook that was there: {done.kept}")
    if done.unknown:
        what = "1 message was" if done.unknown == 1 else f"{done.unknown} messages were"
        say(
            out,
            f"{what} handed off since the backup and would be sent again: put those clients on hold first, or",
            WRONG,
        )
        say(out, '  record what they got (duecourse log CLIENT "reminded" --on DATE).', WRONG)
    say(
        out,
        "What was sent after the backup is not on record here. When you have looked at a preview, go live with",
        TYPE,
    )
    say(out, f"  instance: {done.instance}", TYPE)
    return 0


@command("forget")
@click.argument("client")
@click.option("--why", default="", help="Kept on record: who asked, and how.")
@click.option("--dry-run", is_flag=True, help="Only show what would go.")
@click.option("--yes", is_flag=True, help="Do not ask again.")
@click.option("--org", default="", help="The organisation, when it is not clear.")
def forget_command(desk: Desk, client: str, why: str, dry_run: bool, yes: bool, org: str) -> int:
    """Erase a client: names, addresses, letters and notes go; keys, amounts and days stay. Cannot be undone.

    They are never written to again, and later readings of the books bring nothing of them back.
    """
    from worker.commands.people import find_client, who
    from worker.logbook.database import open_database
    from worker.logbook.forget import forget, names_them
    from worker.report.terminal import FAINT, OUT, WRONG, say

    with desk.app() as app:
        whom = find_client(app, client, org)
        location, now = app.practice.logbook_location, app.clock.now()
    database = open_database(location)
    try:
        seen = forget(database, whom.at.name, whom.client.id, now, who(), why, really=False)
        listed = ", ".join(f"{n} in {table}" for table, n in sorted(seen.changed.items()) if n)
        say(desk.out(), f"{whom.client.name} becomes {seen.alias}. Rows that change: {listed}.")
        if dry_run:
            say(desk.out(), "Nothing was changed.", FAINT)
            return 0
        if not yes:
            click.confirm("This cannot be undone. Go on?", abort=True)
        forget(database, whom.at.name, whom.client.id, now, who(), why, really=True)
    finally:
        database.close()
    out = desk.out()
    say(out, f"Done: {seen.alias} ({whom.client.id}). Nothing is sent to them any more.", OUT)
    say(
        out,
        "  still to do by hand: the books themselves, the mailbox and its archive, older backups, and any line",
        FAINT,
    )
    say(out, "  of your config that names them (write the id above instead).", FAINT)
    if names_them(whom.client.id, seen.words):
        say(out, "The id names them too, and stays: their invoices hang on it. Only the books can give another.", WRONG)
    return 0
