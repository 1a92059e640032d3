"""digest: what needs a person, as the morning's mail says it."""

from typing import TYPE_CHECKING, Any

import click

from worker.commands.base import Desk, command

if TYPE_CHECKING:
    from worker.app import App
    from worker.core.digest import Digest
    from worker.digests.sending import Told


@command("digest", json=True)
@click.argument("organisations", nargs=-1, metavar="[ORG]...")
@click.option("--send", is_flag=True, help="Send today's digest now to whoever did not get it yet.")
@click.option("--all", "whole", is_flag=True, help="Leave nothing out.")
def digest_command(desk: Desk, organisations: tuple[str, ...], send: bool, whole: bool) -> int:
    """Show the digest of the last readings, or --send it. Exits 1 when something needs a person."""
    from worker.digests.making import digest_for
    from worker.report.digest import digest_words

    with desk.app() as app:
        if send:
            return _sent(desk, app, organisations)
        names = [o.name for o in app.organisations(organisations)]
        found = digest_for(app, "", names, whole=whole)
    if desk.as_json:
        desk.print_json(_data(found))
    else:
        click.echo(digest_words(found).text, nl=False)
    return 0 if found.is_quiet else 1


def _sent(desk: Desk, app: "App", organisations: tuple[str, ...]) -> int:
    from worker.commands.people import wrong
    from worker.core.settings import Mode
    from worker.digests.sending import send_due

    if organisations:
        raise wrong("--send for some organisations", "no organisation", "the config says who gets which digest")
    if app.practice.digest is None:
        raise wrong("no digest in the config", "digest: {to: [you@example.com]}", "add it to config.yaml")
    if app.practice.mode is not Mode.LIVE:
        raise wrong("--send in mode: preview", "mode: live", "nothing leaves before; duecourse digest shows it")
    told = send_due(app, force=True)
    if desk.as_json:
        desk.print_json({"schema": 1, "sent": [{"to": t.recipient, "outcome": t.outcome} for t in told]})
    else:
        _say(desk, told)
    return 0 if all(t.outcome == "accepted" for t in told) else 1


def _say(desk: Desk, told: "tuple[Told, ...]") -> None:
    from worker.report.terminal import FAINT, OUT, WRONG, say

    for one in told:
        detail = f" ({one.detail})" if one.detail else ""
        say(desk.out(), f"{one.recipient}: {one.outcome}{detail}", OUT if one.outcome == "accepted" else WRONG)
    if not told:
        say(desk.out(), "Everybody has today's digest already.", FAINT)


def _data(found: "Digest") -> dict[str, Any]:
    return {
        "schema": 1,
        "day": found.day.isoformat(),
        "organisations": list(found.organisations),
        "nobody": [
            {"organisation": m.organisation, "amounts": {c: f"{v:f}" for c, v in m.nobody.items()}} for m in found.money
        ],
        "items": [
            {
                "section": line.item.section.name.lower(),
                "kind": line.item.kind,
                "organisation": line.item.organisation,
                "client": line.item.client_id,
                "name": line.item.client,
                "sentence": line.item.sentence,
                "since": line.item.since.isoformat() if line.item.since else None,
                "otherwise": line.item.otherwise,
                "command": line.item.command,
                "config": line.item.config,
                "quoted": line.item.quoted,
                "lines": [list(pair) for pair in line.item.lines],
                "amounts": {c: f"{v:f}" for c, v in line.item.amounts.items()},
            }
            for line in found.lines
        ],
    }
