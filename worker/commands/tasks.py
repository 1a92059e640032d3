"""done: the outcome of a task only a person could do."""

from datetime import date
from typing import TYPE_CHECKING, Any

import click

from worker.commands.base import Day, Desk, command

if TYPE_CHECKING:
    from worker.app import App
    from worker.commands.people import Mirrored
    from worker.core.events import Event
    from worker.core.history import PastTask

OUTCOMES = ("reached", "no-answer", "promised", "disputed", "refused", "failed", "other")
AGAIN_AFTER = 2
"""Business days after which a task without an answer comes back..."""
AGAIN_TIMES = 3
"""... and how often."""


@command("done")
@click.argument("task")
@click.argument("outcome", type=click.Choice(OUTCOMES))
@click.argument("day", type=Day(), required=False, metavar="[DATE]")
@click.option("--note", default="", help="What was said.")
@click.option("--org", default="", help="The organisation.")
def done_command(desk: Desk, task: str, outcome: str, day: Any, note: str, org: str) -> None:
    """Record how a TASK ended; the beginning of its id is enough. `promised` needs the DATE."""
    from worker.commands import people

    if (outcome == "promised") != bool(day):
        expected = "duecourse done TASK promised 2026-03-20" if outcome == "promised" else "no date"
        raise people.wrong(f"the outcome {outcome} {'without' if not day else 'with'} a date", expected)
    with desk.app() as app:
        at, found = _find(app, task, org)
        events, again = _events(app, at, found, outcome, day, note)
        app.logbook.record(at.name, *events)
    _say(desk, found, outcome, again)


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


def _events(
    app: "App", at: "Mirrored", task: "PastTask", outcome: str, day: date | None, note: str
) -> "tuple[list[Event], date | None]":
    """The outcome, and what follows from it: a promise or a dispute of the client whose task it is."""
    from worker.commands import people
    from worker.core.events import Event, EventKind

    now, today, who = app.clock.now(), people.today(app, at), people.who()
    settings, _, _ = people.judged(app, at)
    again = None
    if outcome == "no-answer" and task.attempts < AGAIN_TIMES:
        again = settings.calendar.add(today, AGAIN_AFTER)
    data: dict[str, Any] = {"outcome": outcome, "note": note, "on": today.isoformat()}
    events = [Event(EventKind.DONE, now, task.id, who, data | ({"again": again.isoformat()} if again else {}))]
    invoices: dict[str, list[str]] = {}
    for advance in task.advances:
        invoice = at.snapshot.invoice(advance.invoice_id)
        if invoice:
            invoices.setdefault(at.snapshot.survivor(invoice.client_id), []).append(invoice.id)
    for client_id, ids in (invoices or {task.payer_id: []}).items():
        if day is not None:
            if day < today:
                raise people.wrong(f"{day} is in the past", f"{today} or later")
            promise = {"by": day.isoformat(), "invoices": ids, "by_client": True}
            events.append(Event(EventKind.PROMISE, now, client_id, who, promise))
        if outcome == "disputed":
            reason = note or "said so when asked"
            events.append(
                Event(EventKind.DISPUTE, now, client_id, who, {"reason": reason, "invoices": ids, "owner": who})
            )
    return events, again


def _say(desk: Desk, task: "PastTask", outcome: str, again: date | None) -> None:
    from worker.report.terminal import FAINT, OUT, say

    out = desk.out()
    follows = {
        "promised": "The promise is on record; nothing is asked before that day.",
        "disputed": "The dispute is on record; end it with duecourse dispute CLIENT --over.",
        "failed": "If it is a collection, the client will be told that it did not arrive.",
        "refused": "The next step comes when it is due.",
    }
    then = f"It comes back on {again}." if again else follows.get(outcome, "The next step follows from today.")
    say(out, f"Done: {task.id}, {outcome}. {then}", OUT)
    say(out, "  an outcome stays on record; the task is opened afresh if its reason is still there later", FAINT)
