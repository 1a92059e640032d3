"""pause and resume: a quiet period of a whole organisation, put on record rather than written."""

import shlex
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import click

from worker.commands.base import Day, Desk, command

if TYPE_CHECKING:
    from worker.deeds import Deed


@command("pause")
@click.argument("organisation", metavar="ORG")
@click.option("--until", type=Day(), required=True, help="Its last day.")
@click.option("--why", required=True, help="Why; the bookkeeper sees it every morning.")
def pause_command(desk: Desk, organisation: str, until: Any, why: str) -> None:
    """Let nothing but thanks leave for an organisation, from today through a day."""
    from worker.commands import people
    from worker.deeds import paused

    with desk.app() as app:
        (config,) = app.organisations([organisation])
        today = people.today(app, people.mirrored(app, config))
        if not today <= until <= today + timedelta(days=366):
            raise people.wrong(f"{until} is no day to pause until", f"one from {today} on, within a year", "correct it")
        deed = paused(organisation, today, until, why, app.clock.now(), people.who())
        app.logbook.record(organisation, *deed.events)
    _said(desk, deed, organisation)


@command("resume")
@click.argument("organisation", metavar="ORG")
def resume_command(desk: Desk, organisation: str) -> int:
    """End an organisation's pauses that were put on record."""
    from worker.commands import people
    from worker.core.events import EventKind
    from worker.core.recorded_pauses import recorded_pauses
    from worker.deeds import resumed

    with desk.app() as app:
        (config,) = app.organisations([organisation])
        today = people.today(app, people.mirrored(app, config))
        events = [e for k in (EventKind.PAUSE, EventKind.RESUME) for e in app.logbook.events(organisation, kind=k)]
        going = [p for p in recorded_pauses(sorted(events, key=lambda e: e.id)) if p.end >= today]
        if not going:
            raise people.wrong(f"{organisation} is not paused", todo="a pause in the config is ended there")
        deed = resumed(organisation, today, app.clock.now(), people.who())
        app.logbook.record(organisation, *deed.events)
    last = max(going, key=lambda p: p.end)
    again = f"duecourse pause {organisation} --until {last.end} --why {shlex.quote(last.why)}"
    _said(desk, replace(deed, undo=again), organisation)
    return 0


def _said(desk: Desk, deed: "Deed", organisation: str) -> None:
    from worker.report.terminal import FAINT, OUT, TYPE, say

    out = desk.out()
    say(out, deed.said, OUT)
    if deed.undo:
        say(out, f"  to undo:       {deed.undo}", TYPE)
    say(out, f"  in the config, under {organisation}: {deed.config}", FAINT)
