"""The README's table of recovered payment cycles is what the code finds today."""

from pathlib import Path

from tests.bench.sandbox_runs import table


def test_the_readme_says_which_cycles_are_recovered_after_a_year() -> None:
    assert table() in (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")
