"""The contract on PostgreSQL, when DUECOURSE_TEST_PG_URI names a server where databases may be made."""

import os
from collections.abc import Iterator
from uuid import uuid4

import pytest
from sqlalchemy import create_engine, make_url, text
from sqlalchemy.exc import DBAPIError

from tests.logbook.contract import LogbookContract
from worker.logbook import SqlLogbook, open_logbook

URI = os.environ.get("DUECOURSE_TEST_PG_URI", "")


@pytest.mark.skipif(not URI, reason="DUECOURSE_TEST_PG_URI is not set")
class TestPostgresql(LogbookContract):
    """Every promise of the port, and what only the server can refuse."""

    @pytest.fixture
    def location(self) -> Iterator[str]:
        """A database of its own for each test."""
        name = f"duecourse_{uuid4().hex[:12]}"
        admin = create_engine(make_url(URI).set(drivername="postgresql+psycopg"), isolation_level="AUTOCOMMIT")
        with admin.connect() as connection:
            connection.execute(text(f"CREATE DATABASE {name}"))
        yield make_url(URI).set(database=name).render_as_string(hide_password=False)
        with admin.connect() as connection:
            connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
        admin.dispose()

    @pytest.fixture
    def logbook(self, location: str) -> Iterator[SqlLogbook]:
        """A new store in that database."""
        logbook = open_logbook(location)
        yield logbook
        logbook.close()

    @pytest.mark.parametrize("statement", ["UPDATE event SET subject = 'x'", "DELETE FROM event", "TRUNCATE event"])
    def test_events_are_never_changed(self, location: str, logbook: SqlLogbook, statement: str) -> None:
        engine = create_engine(make_url(location).set(drivername="postgresql+psycopg"))
        with engine.connect() as connection, pytest.raises(DBAPIError, match="never changed"):
            connection.execute(text(statement))
        engine.dispose()
