"""The fault matrix: each cell is one whole sweep with one fault, and ends as written down beforehand."""

from collections.abc import Iterator

import pytest

from tests.connectors.matrix.cells import (
    BROKEN,
    GARBLED,
    KINDNESS,
    SAFE,
    SAME,
    UNAVAILABLE,
    Cell,
    cells,
    sampled,
)
from tests.connectors.matrix.office import Office
from worker.core.decisions import Remind
from worker.errors import BooksGarbled, BooksUnavailable, ConnectionBroken

CLASSES = {UNAVAILABLE: BooksUnavailable, GARBLED: BooksGarbled, BROKEN: ConnectionBroken}
PATIENCE = 2400.0
"""Seconds a sweep may wait in all, its last looks included."""


@pytest.fixture(scope="session")
def matrix_office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    made = Office(tmp_path_factory.mktemp("matrix"))
    yield made
    made.close()


def ends_as_written(office: Office, cell: Cell) -> None:
    """Run the cell and compare."""
    start = "full" if cell.place.phase == "full" else "changes"
    whole, found = office.references[cell.platform, start], office.sweep(cell.platform, start, cell)
    assert len(found.asked) <= 3 * len(whole.asked) + 10, "calls beyond the budget"
    assert found.passed <= PATIENCE
    if cell.sandbox.startswith("clock "):
        assert not found.result.skipped and found.since == whole.since, "how far changes were seen is the platform's"
        return
    struck = any(entry["fault"] == cell.sandbox for entry in found.asked) if cell.sandbox else True
    assert struck, "the fault never struck"
    if cell.end in CLASSES:
        assert found.letters == [], "a letter left on an incomplete reading"
        assert found.result.skipped or found.result.broken
        assert found.error is not None and issubclass(found.error, CLASSES[cell.end]), found.error
        return
    assert not found.result.skipped and not found.result.broken, found.result.skipped or found.result.broken
    if cell.end == SAFE:
        asked_for = {
            a.invoice_id for s in found.result.sent if isinstance(s.decision, Remind) for a in s.decision.advances
        }
        assert asked_for <= office.still_owed(), "somebody was asked for what is not owed"
    else:
        assert cell.end in {SAME, KINDNESS} and found.letters == whole.letters


@pytest.mark.matrix
@pytest.mark.parametrize("cell", list(cells()), ids=lambda c: c.label)
def test_cell(matrix_office: Office, cell: Cell) -> None:
    ends_as_written(matrix_office, cell)


@pytest.mark.parametrize("cell", sampled(), ids=lambda c: c.label)
def test_sampled_cell(matrix_office: Office, cell: Cell) -> None:
    ends_as_written(matrix_office, cell)


def test_the_matrix_is_whole(matrix_office: Office) -> None:
    found = list(cells())
    assert len(found) >= 500 and len({c.label for c in found}) == len(found)
    assert len({c.kind for c in found}) >= 29
    for (platform, start), whole in matrix_office.references.items():
        assert whole.letters, f"nothing leaves even without a fault ({platform}, {start}): the matrix proves nothing"
        assert not whole.result.skipped and not whole.result.broken
