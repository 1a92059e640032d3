"""A fresh sandbox stage for each test that changes something."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.connectors.xero.stage import XeroStage, staged


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[XeroStage]:
    yield from staged(tmp_path / "tokens")
