"""Places for a logbook, of both kinds."""

from collections.abc import Iterator
from contextlib import ExitStack
from itertools import count
from pathlib import Path

import pytest

from tests.logbook.lived_in import Places


@pytest.fixture
def places(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Places]:
    """`places("sqlite" | "postgresql")`: the location of a logbook nobody used yet."""
    numbers = count()
    with ExitStack() as stack:

        def place(kind: str) -> str:
            if kind == "sqlite":
                return str(tmp_path / f"logbook-{next(numbers)}.db")
            return stack.enter_context(request.getfixturevalue("postgresql").migrated())

        yield place
