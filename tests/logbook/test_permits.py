"""Permits on a real PostgreSQL: several processes at once, and how often the server is asked."""

import json
import multiprocessing
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import event

from tests.core.test_permits import most_in_a_minute
from tests.postgresql import Server
from worker.core.permits import Rate
from worker.errors import LogbookError
from worker.logbook import SqlLogbook, open_logbook

APP, TENANT = Rate("xero app a", 9900, 20), Rate("xero tenant t", 59, 8)
_FORK = multiprocessing.get_context("fork")


@pytest.fixture
def location(postgresql: Server) -> Iterator[str]:
    with postgresql.migrated() as url:
        yield url


@pytest.fixture
def logbook(location: str) -> Iterator[SqlLogbook]:
    made = open_logbook(location)
    yield made
    made.close()


def taker(location: str, file: Path, start: float) -> None:
    """Take forty batches as fast as may be; note when each permit becomes good."""
    book = open_logbook(location)
    store, good = book.permits(), []
    assert store
    for _ in range(40):
        asked = time.monotonic()
        for found in store.take({Rate("both", 100, 5): 5}).values():
            good += [asked - start + found.wait] * found.count
    book.close()
    file.write_text(json.dumps(good), encoding="ascii")


def test_processes_that_take_at_once_are_counted_together(location: str, tmp_path: Path) -> None:
    open_logbook(location).close()
    start = time.monotonic()
    files = [tmp_path / str(n) for n in range(4)]
    processes = [_FORK.Process(target=taker, args=(location, file, start)) for file in files]
    for process in processes:
        process.start()
    for process in processes:
        process.join(30)
    good = sorted(moment for file in files for moment in json.loads(file.read_text("ascii")))
    assert most_in_a_minute(good) <= 100
    assert 500 <= len(good) <= 600, "five rows of SPAN seconds lie within anybody's patience"


def test_a_batch_costs_two_statements(logbook: SqlLogbook) -> None:
    store, said = logbook.permits(), list[str]()
    assert store
    store.take({APP: 4, TENANT: 4})

    def count(_c: object, _cursor: object, statement: str, *_: object) -> None:
        said.append(statement.split(maxsplit=1)[0])

    engine = logbook._database._engine
    event.listen(engine, "before_cursor_execute", count)
    found = store.take({APP: 4, TENANT: 4})
    assert [found[r].count for r in (APP, TENANT)] == [4, 4]
    assert said == ["SELECT", "UPDATE"], "for all limits together"


def test_what_others_took_is_counted(location: str, logbook: SqlLogbook) -> None:
    other = open_logbook(location)
    mine, theirs = logbook.permits(), other.permits()
    assert mine and theirs
    assert mine.take({TENANT: 50})[TENANT].wait == 0
    assert 60 < theirs.take({TENANT: 10})[TENANT].wait <= 64
    other.close()


def test_a_store_that_is_gone_says_so(location: str) -> None:
    book = open_logbook(location)
    store = book.permits()
    assert store
    store._database._engine.dispose()
    gone = store._database._engine.url.set(port=1)
    from sqlalchemy import create_engine

    store._database._engine = create_engine(gone)
    with pytest.raises(LogbookError):
        store.take({APP: 1})


def test_sqlite_shares_nothing(tmp_path: Path) -> None:
    book = open_logbook(str(tmp_path / "logbook.db"))
    assert book.permits() is None
    book.close()
