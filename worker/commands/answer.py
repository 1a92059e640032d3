"""Answers a person owes duecourse: approvals, and messages whose outcome nobody knows; and a fresh start of reading."""

from typing import TYPE_CHECKING

import click

from worker.commands.base import Desk, command

if TYPE_CHECKING:
    from worker.app import App
    from worker.core.history import Approval

_ORG = click.option("--org", default="", help="The organisation, when it is not clear.")


@command("approve")
@click.argument("approval", metavar="ID")
@_ORG
def approve_command(desk: Desk, approval: str, org: str) -> None:
    """Say yes to what a run proposed; it covers exactly that, once."""
    from worker.commands.people import who
    from worker.deeds import approved

    with desk.app() as app:
        name, found = _proposal(app, approval, org)
        deed = approved(found, app.clock.now(), who())
        app.logbook.record(name, *deed.events)
    _say(desk, deed.said, deed.undo, deed.config, "duecourse run")


@command("reject")
@click.argument("approval", metavar="ID")
@click.option("--why", required=True, help="Why not.")
@_ORG
def reject_command(desk: Desk, approval: str, why: str, org: str) -> None:
    """Say no to what a run proposed."""
    from worker.commands.people import who
    from worker.deeds import rejected

    with desk.app() as app:
        name, found = _proposal(app, approval, org)
        deed = rejected(found, why, app.clock.now(), who())
        app.logbook.record(name, *deed.events)
    _say(desk, deed.said, deed.undo, deed.config, "")


@command("resolve")
@click.argument("key")
@click.argument("outcome", type=click.Choice(["sent", "not-sent"]))
@click.option("--note", default="", help="How it was found out.")
@_ORG
def resolve_command(desk: Desk, key: str, outcome: str, note: str, org: str) -> None:
    """Say whether a message of unknown outcome arrived; the beginning of its KEY is enough."""
    from worker.commands import people
    from worker.core.history import MessageState

    with desk.app() as app:
        known = [
            (o.name, m)
            for o in app.organisations([org] if org else ())
            for m in app.logbook.messages(o.name)
            if m.state is MessageState.UNCERTAIN
        ]
        name, message = people.one_of(key, known, [m.key for _, m in known], "message of unknown outcome")
        state = MessageState.RESOLVED_SENT if outcome == "sent" else MessageState.RESOLVED_NOT_SENT
        app.logbook.settle(name, message.key, state, app.clock.now(), detail=note or f"by {people.who()}")
    then = "it counts as sent" if outcome == "sent" else "its step comes again with the next run"
    _say(desk, f"Resolved: {message.key[:12]} to {', '.join(message.to)}; {then}.", "", "", "duecourse run")


@command("resync")
@click.argument("organisation", metavar="ORG")
def resync_command(desk: Desk, organisation: str) -> None:
    """Read everything anew next time instead of only what changed."""
    with desk.app() as app:
        app.organisations([organisation])
        app.logbook.resync(organisation)
    text = f"{organisation}: the next run reads the books in full. Messages and events on record stay as they are."
    _say(desk, text, "", "", f"duecourse preview {organisation}")


def _proposal(app: "App", text: str, org: str) -> "tuple[str, Approval]":
    from worker.commands import people

    known: list[tuple[str, Approval]] = []
    for organisation in app.organisations([org] if org else ()):
        history = app.logbook.history(organisation.name)
        used = {a.id for a in history.approvals if a.used}
        known += [(organisation.name, p) for p in history.proposals if p.id not in used]
    todo = "duecourse preview lists what waits for a yes"
    return people.one_of(text, known, [p.id for _, p in known], "proposal", todo)


def _say(desk: Desk, what: str, undo: str, config: str, then: str) -> None:
    from worker.report.terminal import FAINT, OUT, TYPE, say

    out = desk.out()
    say(out, what, OUT)
    if undo:
        say(out, f"  to undo:       {undo}", TYPE)
    if config:
        say(out, f"  in the config: {config}", FAINT)
    if then:
        say(out, f"  next:          {then}", TYPE)
