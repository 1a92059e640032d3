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
    """Check what is written: configuration, policies, wording, CSV books, and (once books were read) the clients it
    names."""
    from worker.app_files import file_problems
    from worker.commands.configuration import practice_at
    from worker.errors import ConfigError

    problems: list[Problem] = []
    practice: Practice | None = None
    try:
        practice = practice_at(desk.config)
        problems += file_problems(practice)
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
    lacking = any(f["level"] in {"missing", "unknown"} for d in domains or () for f in d["findings"])
    if desk.as_json:
        desk.print_json(_data(problems, practice, domains, ok=not problems and not lacking))
    else:
        _show(desk, problems, practice, domains)
    return 2 if problems else 1 if lacking else 0


def _data(
    problems: "list[Problem]", practice: "Practice | None", domains: list[dict[str, Any]] | None, *, ok: bool
) -> dict[str, Any]:
    from worker.app_notes import notes_of

    found = [{"place": p.place, "found": p.found, "expected": p.expected, "todo": p.todo} for p in problems]
    data: dict[str, Any] = {"schema": 1, "ok": ok, "problems": found}
    data["warnings"] = [w.text() for w in practice.warnings] if practice else []
    data["notes"] = notes_of(practice) if practice else []
    return data if domains is None else {**data, "domains": domains}


def _show(
    desk: Desk, problems: "list[Problem]", practice: "Practice | None", domains: list[dict[str, Any]] | None
) -> None:
    from worker.app_notes import notes_of
    from worker.errors import ConfigError
    from worker.report.domains import show_domains
    from worker.report.terminal import KEPT, OUT, TYPE, WRONG, counted, say

    out = desk.out()
    if problems:
        say(out, str(ConfigError(problems)), WRONG)
    elif practice is not None:
        count = counted(len(practice.organisations), "organisation")
        say(out, f"All is well: {count}, mode {practice.mode}, mail goes to {practice.mail.mailer}.", OUT)
    if practice is not None:
        for warning in practice.warnings:
            say(out, f"worth a look: {warning.text()}", TYPE)
        for note in notes_of(practice):
            say(out, f"Worth knowing: {note}", KEPT)
    if domains is not None:
        show_domains(out, domains)
    elif not problems:
        say(out, "Next: duecourse preview")
