"""Whatever a test makes a command print as JSON is held to the documented shape, key by key."""

import json
from collections.abc import Callable

import click
import msgspec

from worker.commands.base import Desk
from worker.report.schemas import ANSWERS

SEEN: set[str] = set()
"""Names of the answers that were looked at."""


def name_of(context: click.Context) -> str:
    """Which documented answer the command gives. Raises KeyError for one that nobody documented."""
    words = context.command_path.split()[1:] if context.parent else [context.info_name or ""]
    name = "-".join(words)
    if name == "history" and context.params.get("verify"):
        name = "history-verify"
    if name == "runs" and context.params.get("score"):
        name = "runs-score"
    if name == "digest" and context.params.get("send"):
        name = "digest-sent"
    name = {"preview": "run"}.get(name, name)
    assert name in ANSWERS, f"`{name} --json` is not documented: give it a shape in worker/report/schemas.py"
    return name


def hold(name: str, text: str) -> None:
    """The text is what the shape says: no key is lacking, none is new, none is of another kind."""
    found = msgspec.json.decode(text, type=ANSWERS[name][1])
    assert msgspec.to_builtins(found) == json.loads(text), f"{name} --json has keys its shape lacks"
    SEEN.add(name)


def holding(print_json: Callable[[Desk, object], None]) -> Callable[[Desk, object], None]:
    """`Desk.print_json` that looks first."""

    def looked_at(desk: Desk, data: object) -> None:
        hold(name_of(click.get_current_context()), json.dumps(data))
        print_json(desk, data)

    return looked_at
