"""Rows from one logbook into another, counted and summed on both sides: nothing is lost, nothing is added.

The sum of a table is that of its rows' SHA-256 values, so that no order is needed: databases sort text differently.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Table, func, insert, select, text

from worker.errors import LogbookError, Refused
from worker.logbook import identity, schema
from worker.logbook.database import Database
from worker.logbook.rows import instant

BATCH = 500
CARRIED = tuple(t for t in schema.metadata.sorted_tables if t.name not in {"instance", "lease", "permit"})
"""Parents first. Which logbook this is, who sweeps it now and what was asked a minute ago do not travel."""


@dataclass(frozen=True, slots=True)
class Sum:
    """How many rows a table has, and what they add up to."""

    rows: int = 0
    total: int = 0

    def plus(self, row: Mapping[str, Any]) -> "Sum":
        """One more row."""
        told = json.dumps([[k, v.hex() if isinstance(v, bytes) else v] for k, v in sorted(row.items())])
        digest = int.from_bytes(hashlib.sha256(told.encode()).digest(), "big")
        return Sum(self.rows + 1, (self.total + digest) % 2**256)

    @property
    def checksum(self) -> str:
        """Short enough to compare by eye."""
        return f"{self.total:064x}"[:16]


Sums = dict[str, Sum]


def _rows(connection: Connection, table: Table) -> Iterator[dict[str, Any]]:
    """Rows as both databases can hold them: PostgreSQL's text has no U+0000."""
    streamed = {"stream_results": True, "yield_per": BATCH}
    for row in connection.execute(select(table), execution_options=streamed).mappings():
        yield {
            k: bytes(v) if isinstance(v, memoryview) else v.replace("\0", "\ufffd") if isinstance(v, str) else v
            for k, v in row.items()
        }


def sums(connection: Connection) -> Sums:
    """What every table that travels adds up to."""
    found = {}
    for table in CARRIED:
        one = Sum()
        for row in _rows(connection, table):
            one = one.plus(row)
        found[table.name] = one
    return found


def is_empty(connection: Connection, but: Table | None = None) -> bool:
    """Whether there is a row in any table that travels, one aside."""
    looked = [t for t in CARRIED if t is not but]
    return all(connection.execute(select(func.count()).select_from(t)).scalar() == 0 for t in looked)


def copy_rows(source: Connection, target: Connection) -> Sums:
    """Copy every row into empty tables, and check what arrived. Raises LogbookError when it does not add up."""
    sent = {}
    for table in CARRIED:
        one, batch = Sum(), []
        for row in _rows(source, table):
            one = one.plus(row)
            batch.append(row)
            if len(batch) == BATCH:
                target.execute(insert(table), batch)
                batch = []
        if batch:
            target.execute(insert(table), batch)
        sent[table.name] = one
    _continue_numbers(target)
    arrived = sums(target)
    if wrong := [name for name, one in sent.items() if arrived[name] != one]:
        raise LogbookError(f"{', '.join(wrong)}: what arrived is not what was sent; nothing was copied")
    return sent


def _continue_numbers(target: Connection) -> None:
    """The next event's number follows the last one copied; SQLite sees to that itself."""
    if target.dialect.name == "postgresql":
        last = select(func.coalesce(func.max(schema.event.c.id), 0) + 1).scalar_subquery()
        target.execute(select(func.setval("event_id_seq", last, False)))


def freeze(connection: Connection) -> None:
    """Keep everybody else from writing until the transaction ends; in SQLite a write transaction does."""
    if connection.dialect.name == "postgresql":
        names = ", ".join(t.name for t in schema.metadata.sorted_tables)
        connection.execute(text(f"LOCK TABLE {names} IN EXCLUSIVE MODE"))


def check_at_rest(connection: Connection, now: datetime, name: str) -> None:
    """Raises Refused while a sweep holds a lease here: what it still has to write would be lost."""
    lease = schema.lease
    busy = connection.execute(select(lease.c.organisation).where(lease.c.until > instant(now))).scalars().all()
    if busy:
        raise Refused(
            f"{name}: a sweep is running ({', '.join(sorted(busy))}). Stop the schedule, wait until it has ended "
            "(15 minutes if it was killed), then try again. Nothing was changed."
        )


def move(source: Database, target: Database, now: datetime) -> Sums:
    """Make `target` the new home of all rows of `source`, identity included; `source` is swept no more.

    Killed at any point, at most one of the two is the logbook that the config names: first the rows arrive, then the
    source gives its identity up, then the target takes it over. Raises Refused when the target is not empty or a
    sweep is running, LogbookError when the rows do not add up.
    """
    with source.write() as held:
        freeze(held)
        identity.check_not_moved(held, source.name)
        check_at_rest(held, now, source.name)
        id_ = identity.instance_id(held, source.place)
        with target.write() as into:
            if not is_empty(into):
                raise Refused(f"{target.name}: there are rows in it already. Nothing was copied; name an empty one.")
            copied = copy_rows(held, into)
        identity.renew(held, source.place, f"its rows were moved to {target.name}", gone=target.name)
    with target.write() as into:
        identity.adopt(into, target.place, id_)
    return copied
