"""logbook: what an operator does with the store itself. Nothing here reads books or sends anything."""

from typing import TYPE_CHECKING

import click

from worker.commands.base import Desk, command

if TYPE_CHECKING:
    from worker.logbook.transfer import Sums


@click.group("logbook")
def logbook_command() -> None:
    """The logbook itself: migrate, copy, verify, tidy."""


@command("migrate", clocked=False)
@click.option("--dry-run", is_flag=True, help="Only say what would be done.")
def migrate_command(desk: Desk, dry_run: bool) -> int:
    """Bring the logbook to the schema this version works with (any command does, when it must; this one only that)."""
    from worker.logbook.database import open_database, schema_of
    from worker.logbook.schema import REVISIONS
    from worker.report.terminal import OUT, say

    with desk.app() as app:
        database = open_database(app.practice.logbook_location, revision="")
        try:
            now = schema_of(database)
        finally:
            database.close()
        todo = REVISIONS[REVISIONS.index(now) + 1 :] if now else REVISIONS
        if todo and not dry_run:
            open_database(app.practice.logbook_location).close()
    steps = " -> ".join((now or "empty", *todo))
    if not todo:
        say(desk.out(), f"The logbook has schema {now}, which is this version's. Nothing to do.", OUT)
    elif dry_run:
        say(desk.out(), f"Would migrate: {steps}. Nothing was changed; make a backup first (duecourse backup FILE).")
    else:
        say(desk.out(), f"Migrated: {steps}. An older duecourse can no longer open this logbook.", OUT)
    return 0


@command("copy")
@click.argument("target")
@click.option("--from", "source", help="Another logbook than the config's; written like TARGET.")
@click.option("--dry-run", is_flag=True, help="Only count what would be copied.")
def copy_command(desk: Desk, target: str, source: str | None, dry_run: bool) -> int:
    """Make TARGET the new home of every row: a file, env:NAME or file:PATH (where its URL is found), or a
    postgresql:// URL without a password. It must be empty. The old logbook is swept no more; its id moves along."""
    from worker.logbook.database import open_database
    from worker.logbook.transfer import move, sums
    from worker.report.terminal import OUT, TYPE, say

    with desk.app() as app:
        held = open_database(_location(desk, source) if source else app.practice.logbook_location)
        into = open_database(_location(desk, target))
        try:
            if dry_run:
                with held.read() as connection:
                    copied = sums(connection)
            else:
                copied = move(held, into, app.clock.now())
            names = held.name, into.name
        finally:
            held.close()
            into.close()
    out = desk.out()
    _show_sums(desk, copied)
    if dry_run:
        say(out, f"Would copy this from {names[0]} to {names[1]}. Nothing was changed.")
        return 0
    say(out, f"Every row is in {names[1]} now, counted and summed on both sides; it is the logbook from now on.", OUT)
    say(
        out,
        f"  next: point logbook: in config.yaml there; instance: stays as it is. {names[0]} is swept no more.",
        TYPE,
    )
    return 0


@command("verify", clocked=False, json=True)
@click.argument("file", required=False)
def verify_command(desk: Desk, file: str | None) -> int:
    """Look whether the logbook (or a backup FILE) is whole: the file, what belongs together, what may only grow, and
    every message's state. Exits 1 when it is not."""
    from pathlib import Path

    from worker.commands.people import wrong
    from worker.logbook.database import open_database
    from worker.logbook.verify import verify
    from worker.report.terminal import OUT, WRONG, say

    if file and "://" not in file and not Path(file).is_file():
        raise wrong(
            f"{file}: there is no such file", "a backup, or nothing for the logbook itself", "name one that is there"
        )
    with desk.app() as app:
        database = open_database(_location(desk, file) if file else app.practice.logbook_location, revision="")
        try:
            verdict = verify(database)
            name = database.name
        finally:
            database.close()
    code = 1 if verdict.problems else 0
    if desk.as_json:
        tables = {t: {"rows": s.rows, "checksum": s.checksum} for t, s in verdict.sums.items()}
        found = {"schema": 1, "logbook": name, "revision": verdict.revision, "tables": tables}
        desk.print_json({**found, "problems": list(verdict.problems), "exit_code": code})
        return code
    _show_sums(desk, verdict.sums)
    for problem in verdict.problems:
        say(desk.out(), problem, WRONG)
    if code:
        say(desk.out(), f"{name} is not sound. Run no live sweep with it; restore the last backup, or ask for help.")
    else:
        say(desk.out(), f"{name} is sound (schema {verdict.revision}).", OUT)
    return code


@command("tidy")
@click.option("--dry-run", is_flag=True, help="Only count.")
def tidy_command(desk: Desk, dry_run: bool) -> int:
    """Remove letters older than `retention: {messages: ...}`, as a live run does once a day."""
    from worker.afterwards import letters_before
    from worker.report.terminal import OUT, say

    with desk.app() as app:
        before = letters_before(app.practice, app.clock.now())
        count = app.logbook.tidy(before, really=not dry_run)
    what = f"{count} letters of messages planned before {before:%Y-%m-%d}"
    if dry_run:
        say(desk.out(), f"Would remove {what}; their checksums, days, amounts and outcomes stay.")
    else:
        say(desk.out(), f"Removed {what}; their checksums, days, amounts and outcomes stay.", OUT)
    return 0


for _made in (migrate_command, copy_command, verify_command, tidy_command):
    logbook_command.add_command(_made)


def _location(desk: Desk, text: str) -> str:
    """A logbook's place as it is typed. Raises ConfigError for a password on the command line."""
    import os

    from sqlalchemy.engine import make_url

    from worker.commands.people import wrong
    from worker.config.secret import Reference

    kind, colon, where = text.partition(":")
    if colon and kind in {"env", "file"} and not where.startswith("//"):
        try:
            return Reference(**{kind: where}).resolve(os.environ, desk.config.parent).reveal()
        except LookupError as error:
            raise wrong(str(error.args[0]), "the URL of a logbook") from None
    if "://" in text and make_url(text).password:
        todo = "put the URL into an environment variable and write env:NAME; change the password if others saw it"
        raise wrong("a password on the command line (not shown here)", "env:NAME or file:PATH", todo)
    return text


def _show_sums(desk: Desk, found: "Sums") -> None:
    from worker.report.terminal import cell, row, table

    if not any(s.rows for s in found.values()):
        return
    made = table(["table", "rows", "checksum"], ["rows"], [])
    for name, one in found.items():
        if one.rows:
            row(made, [cell(name), cell(str(one.rows)), cell(one.checksum)])
    desk.out().print(made)
