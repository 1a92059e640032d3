"""The state of every organisation in one table."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from rich.console import Console

from worker.report.terminal import FAINT, KEPT, LOUD, OUT, WRONG, cell, money, row, say, table


def show_status(out: Console, found: Mapping[str, Any]) -> None:
    """Print what `status --json` holds."""
    say(out, f"mode {found['mode']}; logbook {found['instance']}", FAINT)
    if found["stopped"]:
        say(out, f"STOPPED: {found['stopped']}", WRONG)
    counts = ["sent", "uncertain", "tasks"]
    made = table(["organisation", "last complete read", *counts, "held", "state"], counts, ["held", "state"])
    for one in found["organisations"]:
        trouble = "; ".join(line.split("\n", 1)[0] for line in one["trouble"])
        state = cell(trouble, WRONG) if trouble else cell("well", OUT)
        held = money({c: Decimal(v) for c, v in one["held"].items()})
        read = (one["last_read"] or "never").replace("T", " ")[:16]
        numbers = [str(one["sent"]), str(one["uncertain"]), str(one["open_tasks"])]
        row(made, [cell(one["organisation"], LOUD), cell(read), *map(cell, numbers), cell(held), state])
    out.print(made)
    for one in found["organisations"]:
        if "\n" in one["skipped"]:  # several problems, each with its place and what to do
            say(out, f"\n{one['organisation']}: {one['skipped']}", WRONG)
    for one in found["connections"]:
        say(out, one["sentence"], WRONG if one["urgent"] else KEPT)
    if not found["organisations"]:
        say(out, "No organisation is configured.")
