"""Xero's connector keeps the Books contract, against the sandbox over HTTP."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.connectors.contract import BooksContract
from tests.connectors.xero.stage import XeroStage, staged


class TestXero(BooksContract):
    @pytest.fixture
    def stage(self, tmp_path: Path) -> Iterator[XeroStage]:
        yield from staged(tmp_path / "tokens")
