"""Every row of the peers' scenarios has its day-by-day test, named after it: none can get lost unseen."""

import ast
import os
import re
from pathlib import Path

import pytest

ROWS = (
    *("T1", "T2", "T3", "T4", "T5", "T6", "T7", "T8"),
    *("O6", "O7", "O8", "O9", "A1", "A2", "N1", "N2", "E1", "E2", "E3"),
    *("M1", "M2", "M3", "M4", "P1", "P2", "P3"),
)
TESTS = Path(__file__).parents[1]
PLACES = (*TESTS.glob("scenarios/test_*.py"), *TESTS.glob("core/test_*.py"))


def named() -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for place in PLACES:
        for node in ast.walk(ast.parse(place.read_text("utf-8"))):
            if isinstance(node, ast.FunctionDef) and (row := re.match(r"test_([A-Z]\d+)_", node.name)):
                found.setdefault(row[1], []).append(node.name)
    return found


@pytest.mark.parametrize("row", ROWS)
def test_a_row_has_its_test(row: str) -> None:
    assert named().get(row), f"no test is called test_{row}_..."


def test_the_list_of_rows_is_whole() -> None:
    beside = (TESTS.parents[0] / "shared", TESTS.parents[1] / "shared", TESTS.parents[2] / "shared")
    folders = (Path(os.environ.get("DUECOURSE_SHARED", ".")), *beside)
    sheet = next((s for f in folders if (s := f / "facts" / "scenarios.md").is_file()), None)
    if sheet is None:
        pytest.skip("the sheet of scenarios is not beside this checkout (set DUECOURSE_SHARED)")
    listed = re.findall(r"^\*\*([A-Z]\d+) ", sheet.read_text("utf-8"), re.MULTILINE)
    assert tuple(sorted(listed)) == tuple(sorted(ROWS))
