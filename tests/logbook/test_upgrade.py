"""From every released schema to today's, with rows in every table, on both databases; and one head only."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Boolean, Integer, LargeBinary, MetaData, insert, select

from tests.logbook.values import NOW
from worker.core.events import Event, EventKind
from worker.logbook import open_logbook, schema
from worker.logbook.database import open_database

VERSIONS = Path(schema.__file__).parent / "migrations"
RELEASED = [r for r in schema.REVISIONS if r != schema.REVISIONS[-1]]


@pytest.fixture(params=["sqlite", "postgresql"])
def location(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    with ExitStack() as stack:
        if request.param == "sqlite":
            yield str(tmp_path / "logbook.db")
        else:
            yield stack.enter_context(request.getfixturevalue("postgresql").blank())


def sample(table: Any, there: list[str]) -> dict[str, Any]:
    """One row that every constraint accepts; what is empty text in one table is the key of another."""
    row: dict[str, Any] = {}
    for column in (c for c in table.columns if c.name in there):
        if column.primary_key and column.autoincrement is True:
            continue
        if isinstance(column.type, Boolean):
            row[column.name] = True
        elif isinstance(column.type, Integer):
            row[column.name] = 1
        elif isinstance(column.type, LargeBinary):
            row[column.name] = b"\x00\xff"
        elif not (column.nullable and column.name in {"payment_id", "run"}):
            row[column.name] = "o" if column.name == "organisation" else "é 1"
    return row


def rows_of(location: str) -> dict[str, list[dict[str, Any]]]:
    database = open_database(location, revision="")
    found = MetaData()
    with database.read() as connection:
        found.reflect(connection)
        rows = {
            t.name: [dict(r) for r in connection.execute(select(t)).mappings()]
            for t in found.sorted_tables
            if t.name != "alembic_version"
        }
    database.close()
    return rows


@pytest.mark.parametrize("released", RELEASED)
def test_upgrading_keeps_every_row(location: str, released: str) -> None:
    old = open_database(location, revision=released)
    found = MetaData()
    with old.write() as connection:
        found.reflect(connection)
        for table in found.sorted_tables:
            if table.name != "alembic_version":
                today = schema.metadata.tables[table.name]
                connection.execute(insert(table).values(sample(today, table.columns.keys())))
    old.close()
    before = rows_of(location)
    assert all(len(rows) == 1 for rows in before.values())
    logbook = open_logbook(location)
    logbook.record("other", Event(EventKind.LOG, NOW, "c-1"))
    assert logbook.instance_id() == "é 1"
    logbook.close()
    after = rows_of(location)
    for name, rows in before.items():
        kept = [{c: v for c, v in row.items() if c in rows[0]} for row in after[name]]
        assert kept[:1] == rows, name
    with (database := open_database(location)).read() as connection:
        assert compare_metadata(MigrationContext.configure(connection), schema.metadata) == []
    database.close()


def test_there_is_one_head_and_we_work_with_it() -> None:
    assert ScriptDirectory(str(VERSIONS)).get_heads() == [schema.REVISIONS[-1]]
