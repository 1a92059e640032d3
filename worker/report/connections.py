"""Saved connections in one table, and the lines a run or a status adds about them."""

from collections.abc import Iterable, Mapping
from typing import Any

from rich.console import Console

from worker.core.countdown import Countdown
from worker.report.terminal import FAINT, KEPT, LOUD, OUT, WRONG, cell, row, say, table


def show_connections(out: Console, found: Mapping[str, Any]) -> None:
    """Print what `connections --json` holds."""
    rows = found["connections"]
    if not rows:
        say(out, "There are no saved connections, and no organisation here needs one.", FAINT)
        return
    heads = ["connection", "platform", "organisations", "reads", "last refresh", "ends unused", "state"]
    made = table(heads, [], ["organisations", "reads", "state"])
    for one in rows:
        reads = ", ".join(t["name"] or t["id"] for t in one["tenants"])
        style = WRONG if one["trouble"] else KEPT if one["warned_at"] else OUT
        row(
            made,
            [
                cell(one["connection"], LOUD),
                cell(one["platform"]),
                cell(", ".join(one["organisations"]) or "nobody"),
                cell(reads),
                cell(_day(one["last_refresh"])),
                cell(_ends(one), style if one["warned_at"] else ""),
                cell(_state(one), style),
            ],
        )
    out.print(made)
    for one in rows:
        for line in _remarks(one):
            say(out, line)
    if not found["checked"]:
        say(out, "As on record; duecourse connections --check asks the platforms.", FAINT)


def say_warnings(out: Console, found: Iterable[Countdown]) -> None:
    """One line for each connection near its end."""
    for one in found:
        say(out, one.sentence, WRONG if one.urgent else KEPT)


def _state(one: Mapping[str, Any]) -> str:
    if one["state"] == "none":
        return "none yet"
    return str(one["state"])


def _ends(one: Mapping[str, Any]) -> str:
    if one["days_left"] is None:
        return ""
    days = f"{one['days_left']} day{'' if one['days_left'] == 1 else 's'}"
    return f"{_day(one['ends'])} ({days})"


def _day(moment: str | None) -> str:
    return moment[:10] if moment else ""


def _remarks(one: Mapping[str, Any]) -> list[str]:
    name, lines = one["connection"], []
    if one["state"] == "none":
        lines.append(f"{name} has no connection: duecourse connect {one['platform']} {one['organisations'][0]}")
    if one["why"]:
        lines.append(f"{name}: {one['why']}")
    lines += [f"{name} also covers {t['name'] or t['id']}, which nobody here reads." for t in one["unused"]]
    return lines
