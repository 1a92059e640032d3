"""QuickBooks' connector keeps the Books contract, against the sandbox's QuickBooks face over HTTP."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.connectors.contract import BooksContract
from tests.connectors.quickbooks.stage import QuickBooksStage, staged


class TestQuickBooks(BooksContract):
    @pytest.fixture
    def stage(self, tmp_path: Path) -> Iterator[QuickBooksStage]:
        yield from staged(tmp_path / "tokens")
