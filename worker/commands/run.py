"""run and preview: sweep the organisations and say what happened."""

from typing import TYPE_CHECKING

import click

from worker.commands.base import Desk, command

if TYPE_CHECKING:
    from datetime import date

    from rich.console import Console

    from worker.config.values import Practice
    from worker.core.countdown import Countdown
    from worker.core.results import SweepResult


@command("run", json=True)
@click.argument("organisations", nargs=-1, metavar="[ORG]...")
def run_command(desk: Desk, organisations: tuple[str, ...]) -> int:
    """Read the books, decide, and in live mode send. Exits 0, 1 or 3; see `duecourse --help`."""
    return _run(desk, organisations, deliver=True)


@command("preview", json=True)
@click.argument("organisations", nargs=-1, metavar="[ORG]...")
def preview_command(desk: Desk, organisations: tuple[str, ...]) -> int:
    """The same without sending, whatever the mode."""
    return _run(desk, organisations, deliver=False)


def _run(desk: Desk, organisations: tuple[str, ...], *, deliver: bool) -> int:
    import structlog

    from worker.consents.health import warnings
    from worker.core.results import counts_of, exit_code
    from worker.core.settings import Mode
    from worker.halt import on_signals
    from worker.report.data import run_data

    with desk.app() as app, on_signals(app.halt):
        results = app.run(organisations, deliver=deliver)
        practice, ending = app.practice, warnings(app)
    structlog.get_logger().info("run finished", **counts_of(results))
    live = deliver and practice.mode is Mode.LIVE
    code = exit_code(results)
    if desk.as_json:
        data = run_data(results, counts_of(results), "live" if live else "preview", code)
        desk.print_json({**data, "connections": [one.sentence for one in ending]})
    else:
        _show(desk, results, practice, ending, deliver=deliver, live=live)
    return code


def _show(
    desk: Desk,
    results: "tuple[SweepResult, ...]",
    practice: "Practice",
    ending: "tuple[Countdown, ...]",
    *,
    deliver: bool,
    live: bool,
) -> None:
    from worker.report.connections import say_warnings
    from worker.report.sweep_text import show_sweep
    from worker.report.terminal import KEPT, LOUD, say

    out = desk.out()
    if not live:
        why = "this is a preview" if not deliver else "mode: preview"
        say(out, f"PREVIEW: nothing was sent ({why}).", f"{LOUD} {KEPT}")
    for result in results:
        say(out)
        show_sweep(out, result)
    if ending:
        say(out)
        say_warnings(out, ending)
    _next(out, results, practice, live=live, again=desk.again)


def _window_opens(results: "tuple[SweepResult, ...]") -> "date | None":
    """The day on which something leaves that only the closed mail window keeps back today."""
    waiting = [s for r in results if r.plan for s in r.plan.standings if s.reason.code == "window"]
    return min((s.next_on for s in waiting if s.next_on), default=None)


def _next(out: "Console", results: "tuple[SweepResult, ...]", practice: "Practice", *, live: bool, again: str) -> None:
    """The last lines: what to try next."""
    import shlex

    from worker.report.terminal import LOUD, say

    say(out)
    say(out, "Next", LOUD)
    lines: list[str] = []
    first = next((r for r in results if r.plan and r.plan.standings and r.snapshot), None)
    if first and first.plan and first.snapshot:
        client = first.snapshot.clients.get(first.plan.standings[0].client_id)
        name = shlex.quote(client.name if client else first.plan.standings[0].client_id)
        lines.append(f"  duecourse explain {name}{again}: why, why not, and what comes next")
    if live and any(r.sent for r in results):
        where = practice.mail.outbox if practice.mail.mailer == "outbox" else ""
        lines += [f"  look into {where}: the messages, as files to open in a mail program"] if where else []
    if not live and (opens := _window_opens(results)):
        config = again.partition(" --now ")[0]
        lines.append(f"  duecourse preview{config} --now {opens}: what leaves when the mail window opens")
    if live and any(r.tasks for r in results):
        lines.append(f"  duecourse done TASK reached{again}: when one of the tasks above is done")
    if not live and practice.mode == "preview" and not any(r.skipped for r in results):
        lines.append("  to go live: write mode: live and backlog: chase (or leave) in the config, and run again;")
        lines.append("  the first live run then asks for one approval before anything leaves")
    for line in lines or [f"  duecourse status{again}: how every organisation is doing"]:
        say(out, line)
