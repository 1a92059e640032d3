"""The terminal: a console that is plain when it should be, colours that mean one thing, and safe cells.

Red: wrong, a person is needed. Green: goes out or went out. Yellow: kept back. Cyan: something to type or paste.
Names from the books never reach the terminal raw: control characters would be commands to it.
"""

import os
import re
import sys
from collections.abc import Iterable, Sequence
from io import TextIOWrapper
from typing import TextIO

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn
from rich.table import Table
from rich.text import Text

from worker.core.plain import one_line
from worker.core.words import amount, counted, day, money

__all__ = ["amount", "counted", "day", "money"]
"""Figures as everywhere else, for whoever prints."""

PLAIN_WIDTH = 120
WRONG, OUT, KEPT, TYPE, FAINT, LOUD = "red", "green", "yellow", "cyan", "dim", "bold"


def console(stream: TextIO | None = None) -> Console:
    """A console on standard output (or `stream`); without colour and at a fixed width when it is no terminal."""
    out = stream or sys.stdout
    if isinstance(out, TextIOWrapper):
        out.reconfigure(errors="replace")  # a terminal that cannot show a name still shows the rest
    terminal = out.isatty() and os.environ.get("TERM") != "dumb"
    return Console(
        file=out,
        width=None if terminal else PLAIN_WIDTH,
        no_color=bool(os.environ.get("NO_COLOR")) or not terminal,
        force_terminal=terminal,
        highlight=False,
        markup=False,
        emoji=False,
        soft_wrap=False,
        legacy_windows=False,
    )


def say(out: Console, text: str = "", style: str = "") -> None:
    """One line or several, never broken, so that what they show can be pasted."""
    for line in text.split("\n"):
        out.print(Text(_visible(line), style=style), soft_wrap=True)


def cell(text: str, style: str = "") -> Text:
    """A table cell from any text."""
    return Text(_visible(text), style=style)


def _visible(text: str) -> str:
    # Spaces are layout of our own here; a name that brings its own is harmless.
    return "".join(part if part.isspace() else one_line(part) for part in re.split(r"( {2,}|^ +)", text) if part)


def table(columns: Iterable[str], right: Iterable[str] = (), wrapped: Iterable[str] = ()) -> Table:
    """A borderless table; columns in `right` are aligned right, those in `wrapped` may take several lines."""
    made = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style=LOUD)
    to_right, may_wrap = set(right), set(wrapped)
    for name in columns:
        justify = "right" if name in to_right else "left"
        made.add_column(name, justify=justify, no_wrap=name not in may_wrap, overflow="fold")  # type: ignore[arg-type]
    return made


def row(into: Table, cells: Sequence[str | Text], style: str = "") -> None:
    """Add a row of plain texts."""
    into.add_row(*(c if isinstance(c, Text) else cell(c) for c in cells), style=style or None)


class Bars:
    """The Progress port as bars on standard error; a context manager that clears them at the end."""

    def __init__(self) -> None:
        """Shown only while standard error is a terminal."""
        self._console = console(sys.stderr)
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
        self._bars = Progress(*columns, console=self._console, transient=True, disable=not self._console.is_terminal)
        self._known: dict[str, TaskID] = {}

    def __enter__(self) -> "Bars":
        self._bars.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._bars.stop()

    def step(self, what: str, done: int, total: int | None = None) -> None:
        """`done` of `total` rows of `what`."""
        if what not in self._known:
            self._known[what] = self._bars.add_task(one_line(what), total=total)
        self._bars.update(self._known[what], completed=done, total=total)
