"""check: every problem in the config, the policies, the wording and the clients they name, at once."""

from typing import TYPE_CHECKING

from worker.commands.base import Desk, command

if TYPE_CHECKING:
    from worker.app import App
    from worker.config.values import Practice
    from worker.errors import Problem


@command("check", json=True)
def check_command(desk: Desk) -> int:
    """Check what is written: configuration, policies, wording, and (once books were read) the clients it names."""
    from worker.commands.configuration import practice_at
    from worker.errors import ConfigError

    problems: list[Problem] = []
    practice: Practice | None = None
    try:
        practice = practice_at(desk.config)
    except ConfigError as error:
        problems += error.problems
    problems += _wording(desk)
    if practice is not None and _has_logbook(practice):
        with desk.app() as app:
            problems += _clients(app)
    return _answer(desk, problems, practice)


def _wording(desk: Desk) -> "list[Problem]":
    import os
    from dataclasses import replace
    from pathlib import Path

    import policies
    from worker.wording.check import check_templates

    folder = desk.config if desk.config.is_dir() else desk.config.parent
    found = check_templates([folder / "wording", Path(policies.__file__).parent / "wording"])
    return [replace(p, place=p.place.removeprefix(f"{folder}{os.sep}")) for p in found]


def _has_logbook(practice: "Practice") -> bool:
    # A check must not create anything: a logbook file that is not there yet has no clients to compare with either.
    return practice.logbook_url is not None or (practice.state / "logbook.db").exists()


def _clients(app: "App") -> "list[Problem]":
    """Names in the config against the last reading: a hold that matches nobody would stop the organisation."""
    from worker.commands.people import Mirrored, today
    from worker.errors import ConfigError

    problems: list[Problem] = []
    for organisation in app.organisations():
        snapshot = app.logbook.snapshot(organisation.name)
        if snapshot is None:
            continue
        try:
            app.resolve(organisation, snapshot, today(app, Mirrored(organisation, snapshot)))
        except ConfigError as error:
            problems += error.problems
    return problems


def _answer(desk: Desk, problems: "list[Problem]", practice: "Practice | None") -> int:
    from worker.errors import ConfigError
    from worker.report.terminal import OUT, TYPE, WRONG, counted, say

    if desk.as_json:
        found = [{"place": p.place, "found": p.found, "expected": p.expected, "todo": p.todo} for p in problems]
        warned = [w.text() for w in practice.warnings] if practice else []
        desk.print_json({"schema": 1, "ok": not problems, "problems": found, "warnings": warned})
    elif problems:
        say(desk.out(), str(ConfigError(problems)), WRONG)
    elif practice is not None:
        count = counted(len(practice.organisations), "organisation")
        say(desk.out(), f"All is well: {count}, mode {practice.mode}, mail goes to {practice.mail.mailer}.", OUT)
        for warning in practice.warnings:
            say(desk.out(), f"worth a look: {warning.text()}", TYPE)
        say(desk.out(), "Next: duecourse preview")
    return 2 if problems else 0
