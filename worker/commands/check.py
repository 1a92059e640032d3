"""check: every problem in the config, the policies, the wording and the clients they name, at once."""

from typing import TYPE_CHECKING, Any

import click

from worker.commands.base import Desk, command

if TYPE_CHECKING:
    from worker.app import App
    from worker.config.values import Practice
    from worker.errors import Problem


@command("check", json=True)
@click.option("--domain", is_flag=True, help="Also read SPF, DKIM and DMARC of every sender's domain.")
@click.option("--dns", "server", default="", metavar="IP[:PORT]", help="Ask this DNS server instead of the system's.")
def check_command(desk: Desk, domain: bool, server: str) -> int:
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
    domains = _domains(practice, server) if domain and practice is not None else None
    return _answer(desk, problems, practice, domains)


def _domains(practice: "Practice", server: str) -> list[dict[str, Any]]:
    import ipaddress

    from worker.app_domains import check_domains, resolver
    from worker.commands.people import wrong

    host, _, port = server.rpartition(":") if server.count(":") == 1 else (server, "", "")
    try:
        host = str(ipaddress.ip_address(host)) if host else ""
        number = int(port or "53")
    except ValueError:
        raise wrong(f'"{server}" is no DNS server', "an IP address, such as 192.0.2.53 or 192.0.2.53:5353") from None
    return check_domains(practice, resolver(host, number))


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


def _answer(
    desk: Desk, problems: "list[Problem]", practice: "Practice | None", domains: list[dict[str, Any]] | None
) -> int:
    from worker.app_notes import notes_of
    from worker.errors import ConfigError
    from worker.report.domains import show_domains
    from worker.report.terminal import KEPT, OUT, WRONG, counted, say

    notes = notes_of(practice) if practice is not None else []

    lacking = any(f["level"] in {"missing", "unknown"} for d in domains or () for f in d["findings"])
    if desk.as_json:
        found = [{"place": p.place, "found": p.found, "expected": p.expected, "todo": p.todo} for p in problems]
        more = {} if domains is None else {"domains": domains}
        desk.print_json({"schema": 1, "ok": not problems and not lacking, "problems": found, "notes": notes, **more})
    elif problems:
        say(desk.out(), str(ConfigError(problems)), WRONG)
    elif practice is not None:
        count = counted(len(practice.organisations), "organisation")
        say(desk.out(), f"All is well: {count}, mode {practice.mode}, mail goes to {practice.mail.mailer}.", OUT)
    if not desk.as_json:
        for note in notes:
            say(desk.out(), f"Worth knowing: {note}", KEPT)
    if not desk.as_json and domains is not None:
        show_domains(desk.out(), domains)
    elif not desk.as_json and not problems:
        say(desk.out(), "Next: duecourse preview")
    return 2 if problems else 1 if lacking else 0
