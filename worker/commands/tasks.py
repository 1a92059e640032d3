"""done: the outcome of a task only a person could do."""

from typing import TYPE_CHECKING, Any

import click

from worker.commands.base import Day, Desk, command
from worker.core.answers import OUTCOMES

if TYPE_CHECKING:
    from worker.app import App
    from worker.commands.people import Mirrored
    from worker.core.history import PastTask


@command("done")
@click.argument("task")
@click.argument("outcome", type=click.Choice(OUTCOMES))
@click.argument("day", type=Day(), required=False, metavar="[DATE]")
@click.option("--note", default="", help="What was said.")
@click.option("--org", default="", help="The organisation.")
def done_command(desk: Desk, task: str, outcome: str, day: Any, note: str, org: str) -> None:
    """Record how a TASK ended; the beginning of its id is enough. `promised` needs the DATE."""
    from worker.commands import people
    from worker.deeds import Outcome, done
    from worker.report.terminal import FAINT, OUT, say

    if (outcome == "promised") != bool(day):
        expected = "duecourse done TASK promised 2026-03-20" if outcome == "promised" else "no date"
        raise people.wrong(f"the outcome {outcome} {'without' if not day else 'with'} a date", expected)
    with desk.app() as app:
        at, found = _find(app, task, org)
        today = people.today(app, at)
        if day is not None and day < today:
            raise people.wrong(f"{day} is in the past", f"{today} or later")
        settings, _, _ = people.judged(app, at)
        ended = Outcome(outcome, day, note)
        deed = done(found, ended, at.snapshot, settings, today, app.clock.now(), people.who())
        app.logbook.record(at.name, *deed.events)
    out = desk.out()
    say(out, deed.said, OUT)
    say(out, "  an outcome stays on record; the task is opened afresh if its reason is still there later", FAINT)


def _find(app: "App", text: str, org: str) -> "tuple[Mirrored, PastTask]":
    from worker.commands import people

    known = []
    for organisation in app.organisations([org] if org else ()):
        history = app.logbook.history(organisation.name)
        known += [(organisation, t) for t in history.tasks if t.is_open]
    organisation, task = people.one_of(
        text, known, [t.id for _, t in known], "open task", "a preview only shows tasks; a run in live mode opens them"
    )
    return people.mirrored(app, organisation), task
