"""The simulated company of the end-to-end tests, and a reader in a folder of their own."""

from collections.abc import Iterator
from copy import copy
from pathlib import Path

import pytest

from connectors.sandbox.company import Company
from connectors.sandbox.limits import Limits
from connectors.sandbox.server import serve
from tests.e2e.conftest import NOW, Office, story
from tests.handbook.reader import Reader

__all__ = ["story"]


@pytest.fixture(scope="session")
def practised(story: Company, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    """A company that is chased already: live, begun, its first letters in the outbox."""
    with serve(copy(story), now=NOW, limits=Limits(minute=None)) as running:
        made = Office(tmp_path_factory.mktemp("practised"), running)
        made.go_live()
        made("run")
        yield made


@pytest.fixture
def reader(practised: Office, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Reader:
    monkeypatch.chdir(tmp_path)
    there = f"{{kind: sandbox, url: {practised.sandbox.url}, tenant: {practised.sandbox.tenants[0]}}}"
    return Reader(tmp_path, there)
