"""The contract on SQLite, on disk."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.logbook.contract import LogbookContract
from worker.logbook import SqlLogbook, open_logbook


class TestSqlite(LogbookContract):
    """Every promise of the port."""

    @pytest.fixture
    def logbook(self, tmp_path: Path) -> Iterator[SqlLogbook]:
        """A new store in a file."""
        logbook = open_logbook(str(tmp_path / "state" / "logbook.db"))
        yield logbook
        logbook.close()
