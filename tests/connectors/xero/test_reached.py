"""How far changes count as seen: never past the data, never past the beginning of the walk, never back."""

from datetime import datetime

import pytest

from connectors.xero.reading import _reached
from tests.connectors.stage import NOW


def at(minute: int | None) -> datetime | None:
    return None if minute is None else NOW.replace(minute=minute)


@pytest.mark.parametrize(
    ("old", "began", "newest", "reached"),
    [
        (10, 45, 25, 25),  # the clock ran ahead of the data
        (10, 45, 50, 45),  # a row changed during the walk
        (10, 5, 20, 10),  # the clock fell behind: what was seen stays seen
        (10, 45, None, 10),  # nothing seen moves nothing
        (50, 45, None, 45),  # but a mark in the future heals
        (None, 45, None, 45),
        (None, None, 25, 25),
        (None, None, None, None),
    ],
)
def test_reached(old: int | None, began: int | None, newest: int | None, reached: int | None) -> None:
    assert _reached(at(old), at(began), at(newest)) == at(reached)
