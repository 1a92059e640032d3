"""run and preview: sweep the organisations and say what happened."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from worker.commands.base import Desk, command

if TYPE_CHECKING:
    from datetime import date

    from rich.console import Console

    from worker.app import App
    from worker.config.values import Practice
    from worker.core.countdown import Countdown
    from worker.core.policy import Policy
    from worker.core.results import SweepResult
    from worker.report.simulation import Played


_FOLDER = click.Path(path_type=Path, file_okay=False)


@command("run", json=True)
@click.argument("organisations", nargs=-1, metavar="[ORG]...")
@click.option("--page", type=_FOLDER, help="Write the page to this folder, not to the one in the config.")
@click.option("--no-page", is_flag=True, help="Write no page.")
def run_command(desk: Desk, organisations: tuple[str, ...], page: Path | None, no_page: bool) -> int:
    """Read the books, decide, and in live mode send. Exits 0, 1 or 3; see `duecourse --help`."""
    return _run(desk, organisations, Look(page, wanted=not no_page))


@command("preview", json=True)
@click.argument("organisations", nargs=-1, metavar="[ORG]...")
@click.option("--page", type=_FOLDER, help="Write the page to this folder, not to the one in the config.")
@click.option("--no-page", is_flag=True, help="Write no page.")
@click.option("--against", default="", metavar="NAME|FILE", help="Show what would change under this policy.")
@click.option("--days", type=click.IntRange(1, 730), default=90, show_default=True, help="How far --against looks.")
def preview_command(
    desk: Desk, organisations: tuple[str, ...], page: Path | None, no_page: bool, against: str, days: int
) -> int:
    """The same without sending, whatever the mode; and a page to open in a browser, with every client and message."""
    if against and no_page:
        raise click.UsageError("--against is shown on the page: leave --no-page out.")
    return _run(desk, organisations, Look(page, wanted=not no_page, deliver=False, against=against, days=days))


@dataclass(frozen=True, slots=True)
class Look:
    """How a sweep is shown: where its page goes (None: as the config says), and what it is compared with."""

    page: Path | None = None
    wanted: bool = True
    deliver: bool = True
    against: str = ""
    days: int = 90


def _run(desk: Desk, organisations: tuple[str, ...], look: Look) -> int:
    import structlog

    from worker.consents.health import warnings
    from worker.core.results import counts_of, exit_code
    from worker.core.settings import Mode
    from worker.halt import on_signals
    from worker.report.data import run_data

    with desk.app() as app, on_signals(app.halt):
        other = _policy(app, look.against)
        results = app.run(organisations, deliver=look.deliver)
        practice, ending = app.practice, warnings(app)
        live = look.deliver and practice.mode is Mode.LIVE
        where = _page(desk, app, results, look, other) if _paged(practice, look) else ""
    structlog.get_logger().info("run finished", **counts_of(results))
    code = exit_code(results)
    if desk.as_json:
        data = run_data(results, counts_of(results), "live" if live else "preview", code)
        desk.print_json({**data, "connections": [one.sentence for one in ending]})
    else:
        _show(desk, results, practice, ending, deliver=look.deliver, live=live, where=where)
    return code


def _paged(practice: "Practice", look: Look) -> bool:
    """Whether this run writes a page: asked for, or of every run, or a preview."""
    return look.wanted and (look.page is not None or not look.deliver or practice.page_every_run)


def _policy(app: "App", against: str) -> "Policy | None":
    from worker.config.chosen import policy_called

    return policy_called(against, app.practice) if against else None


def _page(desk: Desk, app: "App", results: "tuple[SweepResult, ...]", look: Look, other: "Policy | None") -> str:
    """Write the page; a line that says where it is, or why there is none."""
    from worker.commands.page import Wanted, write_page
    from worker.core.settings import Mode

    live = look.deliver and app.practice.mode is Mode.LIVE
    compared = _compared(app, results, look, other) if other else ()
    mode = "live" if live else "preview"
    folder = (look.page or app.practice.page).absolute()
    return write_page(app, results, Wanted(folder, mode, desk.again, not look.deliver, compared))


def _compared(
    app: "App", results: "tuple[SweepResult, ...]", look: Look, other: "Policy | None"
) -> "tuple[Played, ...]":
    from worker.commands.people import Mirrored
    from worker.commands.simulate import Wanted, course
    from worker.memory import rare_collections
    from worker.report.simulation import Played

    wanted, found = Wanted(look.days, everyone=False, new=True, answer_days=None, helpful=True), []
    for result in results:
        if result.snapshot is None:
            continue
        (config,) = app.organisations([result.organisation])
        at = Mirrored(config, result.snapshot)
        with rare_collections():
            found.append(Played(at.name, at.snapshot, course(app, at, None, wanted), course(app, at, other, wanted)))
    return tuple(found)


def _show(
    desk: Desk,
    results: "tuple[SweepResult, ...]",
    practice: "Practice",
    ending: "tuple[Countdown, ...]",
    *,
    deliver: bool,
    live: bool,
    where: str,
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
    if where:
        say(out)
        say(out, where, LOUD)


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
