"""Colours mean one thing each, come from one place, and are there only for eyes."""

import io
import re
from pathlib import Path

import pytest

from worker.report.terminal import KEPT, OUT, PLAIN_WIDTH, TYPE, WRONG, Bars, console, row, say, table

ROOT = Path(__file__).resolve().parents[2]
COLOUR = re.compile(r"\x1b\[(?:\d+;)*3\d")


class Screen(io.StringIO):
    def isatty(self) -> bool:
        return True


def written(stream: io.StringIO) -> str:
    out = console(stream)
    for style in (WRONG, OUT, KEPT, TYPE):
        say(out, style, style)
    made = table(["client", "amount"], right=["amount"])
    row(made, ["Acme Ltd", "1.00"], WRONG)
    out.print(made)
    return stream.getvalue()


def test_a_terminal_shows_four_colours(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm-256color")
    found = {line.strip("\x1b[0m") for line in COLOUR.findall(written(Screen()))}
    assert len(found) == len({WRONG, OUT, KEPT, TYPE}) == 4


def test_no_color_is_honoured(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setenv("TERM", "xterm-256color")
    assert not COLOUR.search(written(Screen()))


@pytest.mark.parametrize("term", ["xterm-256color", "dumb"])
def test_what_is_piped_is_plain(term: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", term)
    stream = Screen() if term == "dumb" else io.StringIO()
    text = written(stream)
    assert "\x1b" not in text
    assert max(map(len, text.splitlines())) <= PLAIN_WIDTH


def test_bars_draw_nothing_into_a_pipe(monkeypatch: pytest.MonkeyPatch) -> None:
    pipe = io.StringIO()
    monkeypatch.setattr("sys.stderr", pipe)
    with Bars() as bars:
        bars.step("invoices", 1, 2)
    assert pipe.getvalue() == ""


def test_one_module_names_colours() -> None:
    named = re.compile(r"""["'](?:bold |dim )?(?:red|green|yellow|cyan|blue|magenta)["']|fg=""")
    there = [p for p in ROOT.glob("worker/**/*.py") if named.search(p.read_text("utf-8"))]
    assert [p.name for p in there] == ["terminal.py"]
