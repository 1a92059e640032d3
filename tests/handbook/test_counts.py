"""The floors in docs/promises/tested.md: what is counted there is really there."""

import re
from collections.abc import Iterator

from tests.connectors.matrix.cells import cells
from tests.handbook.pages import ROOT, pages
from tests.scenarios.delivery.mutants import MUTANTS
from tests.scenarios.delivery.test_crash_points import POINTS

ROW = re.compile(r"^\| ([^|]+?) \| ([\d,]+) \|", re.MULTILINE)


def test_nothing_is_promised_that_is_not_there() -> None:
    written = {what: int(count.replace(",", "")) for what, count in ROW.findall(page())}
    there = counted()
    assert written.keys() == there.keys()
    assert not {what: (written[what], there[what]) for what in written if there[what] < written[what]}


def page() -> str:
    return (ROOT / "docs/promises/tested.md").read_text("utf-8")


def counted() -> dict[str, int]:
    tests = list(functions())
    blocks = [b for p in pages() for b in p.blocks]
    golden = [*ROOT.glob("tests/errors/*.txt"), *ROOT.glob("tests/errors/typed/*.txt")]
    return {
        "test functions, most over several cases": len(tests),
        "of them with generated examples (Hypothesis)": sum("@given" in decorators for decorators in tests),
        "cells of the fault matrix": len(list(cells())),
        "named points at which a sweep is killed with -9": len(POINTS),
        "mistakes put into the code on purpose, each of which a test must find": len(MUTANTS),
        "error messages held word for word": len(golden),
        "blocks of this handbook": len(blocks),
        "of them commands that are run": sum(len(re.findall(r"^\$ ", b.text, re.MULTILINE)) for b in blocks),
    }


def functions() -> Iterator[str]:
    """Every test function, as its decorators."""
    for path in ROOT.glob("tests/**/test_*.py"):
        text = path.read_text("utf-8")
        yield from re.findall(r"^((?: *@.*\n(?:(?! *def | *@).*\n)*)*) *def test_", text, re.MULTILINE)
