"""What a run prints: golden text for a tiny firm, plain where it must be, and safe against names that are commands."""

import io
import os
from decimal import Decimal
from pathlib import Path

import pytest

from tests.report.tiny import result
from worker.core.results import SweepResult
from worker.core.settings import Mode
from worker.report.sweep_text import show_sweep
from worker.report.terminal import cell, console, money, say

GOLDEN = Path(__file__).parent / "golden"


def printed(shown: SweepResult) -> str:
    stream = io.StringIO()
    show_sweep(console(stream), shown)
    return "\n".join(line.rstrip() for line in stream.getvalue().splitlines()) + "\n"


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("preview", result()),
        ("refused", result(Mode.LIVE)),
        ("skipped", SweepResult("birch", "s-1", "live", skipped="Xero is being repaired.", todo="Nothing: it passes.")),
    ],
)
def test_golden(name: str, shown: SweepResult) -> None:
    """REGENERATE=1 writes the files anew; read the difference before committing it."""
    file, text = GOLDEN / f"{name}.txt", printed(shown)
    if os.environ.get("REGENERATE"):
        file.write_text(text, encoding="utf-8")
    assert text == file.read_text(encoding="utf-8")


def test_no_name_from_the_books_can_command_the_terminal() -> None:
    text = printed(result())
    assert "\x1b" not in text
    assert "No[red]way" in text


class Tty(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_colours_on_a_terminal_and_none_with_no_color(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.delenv("NO_COLOR", raising=False)
    coloured = Tty()
    say(console(coloured), "stop", "red")
    assert "\x1b[31m" in coloured.getvalue()
    monkeypatch.setenv("NO_COLOR", "1")
    plain = Tty()
    say(console(plain), "stop", "red")
    assert "\x1b[31m" not in plain.getvalue()


def test_a_long_line_to_paste_is_never_broken() -> None:
    stream = io.StringIO()
    say(console(stream), "x" * 300)
    assert stream.getvalue() == "x" * 300 + "\n"


def test_layout_is_kept_and_controls_are_not() -> None:
    assert cell("  in:   the\x07 books").plain == "  in:   the books"


def test_two_currencies_are_never_one_sum() -> None:
    found = money({"GBP": Decimal("1234.5"), "EUR": Decimal(2), "JPY": Decimal(1000)})
    assert found == "EUR 2.00 + GBP 1,234.50 + JPY 1,000"
