"""fleet: many organisations on a queue in the logbook's PostgreSQL; any number of workers."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import click

from worker.commands.base import Desk, command

if TYPE_CHECKING:
    from worker.fleet.queue import Waiting


@click.group("fleet")
def fleet_command() -> None:
    """Sweep many organisations with several workers (PostgreSQL logbook needed)."""


def _command(name: str, *, json: bool = False) -> Callable[[Callable[..., int | None]], click.Command]:
    """A command of this group."""

    def made(function: Callable[..., int | None]) -> click.Command:
        found: click.Command = command(name, json=json)(function)
        fleet_command.add_command(found)
        return found

    return made


@_command("work")
@click.option("--at-once", type=click.IntRange(1, 64), default=4, show_default=True, help="Sweeps at a time.")
@click.option("--once", is_flag=True, help="End when nothing waits any more.")
def work_command(desk: Desk, at_once: int, once: bool) -> None:
    """Be a worker. Everybody's turn comes once an hour, or as fleet: {every: ...} says, spread over that time.

    SIGTERM finishes what is in hand.
    """
    needed()
    from worker.fleet.work import Worker

    Worker(desk.practice, desk.now).run(at_once, wait=not once)


@_command("enqueue")
@click.argument("organisations", nargs=-1, metavar="[ORG]...")
def enqueue_command(desk: Desk, organisations: tuple[str, ...]) -> None:
    """Put organisations (all when none is named) on the queue now, instead of at their turn."""
    needed()
    from worker.fleet import queue
    from worker.fleet.work import database_of
    from worker.report.terminal import OUT, say

    with desk.app() as app:
        url = database_of(app.practice)
        queue.prepare(url)
        sizes = [(o.name, app.logbook.open_count(o.name)) for o in app.organisations(organisations)]
        with queue.door(url) as door:
            added, there = queue.enqueue(door, sizes)
    say(desk.out(), f"{added} on the queue, {there} were waiting already.", OUT)


@_command("status", json=True)
def status_command(desk: Desk) -> int:
    """Who waits, who is being swept, who is parked. Exits 1 when anyone is parked."""
    needed()
    from worker.fleet import queue
    from worker.fleet.work import database_of

    url = database_of(desk.practice())
    queue.prepare(url)
    found = queue.places(url)
    parked = [w for w in found if w.state == "parked"]
    if desk.as_json:
        counts = {state: sum(w.state == state for w in found) for state in ("waiting", "sweeping", "parked")}
        desk.print_json({"schema": 1, **counts, "organisations": [_data(w) for w in found]})
    else:
        _show(desk, found)
    return 1 if parked else 0


@_command("unpark")
@click.argument("organisations", nargs=-1, metavar="[ORG]...")
def unpark_command(desk: Desk, organisations: tuple[str, ...]) -> None:
    """Let parked organisations (all when none is named) have their turns again."""
    needed()
    from worker.fleet import queue
    from worker.fleet.work import database_of
    from worker.report.terminal import OUT, say

    url = database_of(desk.practice())
    queue.prepare(url)
    freed = queue.unpark(url, organisations)
    say(desk.out(), f"No longer parked: {', '.join(freed)}." if freed else "Nobody was parked.", OUT)


def needed() -> None:
    """Raises ConfigError, saying how to install it, when the queue is not there."""
    from importlib.util import find_spec

    from worker.errors import ConfigError, Problem

    if missing := [name for name in ("psycopg", "procrastinate") if find_spec(name) is None]:
        todo = 'install them: pip install "duecourse[postgres,fleet]"'
        raise ConfigError(
            [Problem("command line", f"not installed: {', '.join(missing)}", "the fleet's packages", todo)]
        )


def _data(one: "Waiting") -> dict[str, Any]:
    since = one.since.isoformat(timespec="seconds") if one.since else None
    return {"organisation": one.organisation, "state": one.state, "lane": one.lane, "tries": one.tries, "since": since}


def _show(desk: Desk, found: "tuple[Waiting, ...]") -> None:
    from worker.report.terminal import OUT, WRONG, cell, row, say, table

    out = desk.out()
    if not found:
        say(out, "Nobody waits.", OUT)
        return
    made = table(["organisation", "state", "lane", "tries", "since"], ["tries"], [])
    for one in found:
        state = cell(one.state, WRONG if one.state == "parked" else "")
        since = one.since.isoformat(sep=" ", timespec="minutes") if one.since else ""
        row(made, [cell(one.organisation), state, cell(one.lane), cell(str(one.tries)), cell(since)])
    out.print(made)
    if any(w.state == "parked" for w in found):
        say(
            out,
            "Parked: failed unexpectedly again and again. The log says how; then duecourse fleet unpark ORG.",
            WRONG,
        )
