"""Backups: a logbook as one SQLite file, whichever database it comes from, and back.

A backup is never live: it has an id of its own, and so has the logbook that is made of it. It holds no saved
connection, not even a sealed one; those of the logbook it is restored over stay.
"""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import Connection, delete, insert, select, text

from worker.errors import LogbookError, Refused
from worker.logbook import identity, schema
from worker.logbook.database import Database, open_database, upgrade
from worker.logbook.transfer import Sums, check_at_rest, copy_rows, is_empty
from worker.logbook.verify import verify

SQLITE = b"SQLite format 3\x00"
"""How every SQLite file begins: https://sqlite.org/fileformat.html."""


@dataclass(frozen=True)
class Restored:
    """What came back. `kept`: where the old logbook lies now ("" if there was none); `unknown`: messages that the old
    one had handed off and the backup knows nothing of."""

    sums: Sums
    instance: str
    kept: str
    unknown: int


def back_up(database: Database, file: Path, now: datetime) -> Sums:
    """Write a consistent copy while others go on. Raises Refused when the file exists, LogbookError on damage."""
    if file.exists():
        raise Refused(f"{file}: there is a file of this name. Nothing was written; name a new one.")
    part = file.with_name(f".{file.name}.part")
    _remove(part)
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    os.close(os.open(part, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))
    try:
        with database.write() as connection:
            id_ = identity.instance_id(connection, database.place)
        if database.dialect == "sqlite":
            _copy_file(database, part)
        made = open_database(str(part))
        try:
            if database.dialect != "sqlite":
                with database.read() as source, made.write() as into:
                    copy_rows(source, into)
            with made.write() as into:
                into.execute(delete(schema.lease))
                into.execute(delete(schema.connection))  # sealed, and rotated since: of no use to anybody but a thief
                identity.renew(into, "", f"it is a backup of {id_}, made {_minute(now)}")
            found = _sound(made, "the copy")
            _single(made)
        finally:
            made.close()
        _sync(part)
        os.link(part, file)  # unlike a rename, refuses to overwrite
        _sync(file.parent)
    finally:
        _remove(part)
    return found


def restore(location: str, file: Path, now: datetime, *, replace: bool) -> Restored:
    """Make the logbook at `location` what the backup holds, as a new instance. Raises Refused over a living one
    (unless `replace`, which keeps the old beside) or while a sweep runs; LogbookError when the backup is not sound."""
    if not file.is_file():
        raise Refused(f"{file}: there is no such file.")
    with _opened_copy(file, now) as backup:
        with backup.read() as connection:
            why = str(connection.execute(select(schema.instance.c.why)).scalar() or "it is a copy")
        found = _sound(backup, str(file))
        target = open_database(location)
        try:
            with target.read() as connection:
                living = not is_empty(connection, but=schema.connection)
                check_at_rest(connection, now, target.name)
                unknown = len(_handed(connection) - _handed_in(backup)) if living else 0
            if living and not replace:
                raise Refused(
                    f"{target.name}: a logbook with rows lies there. Nothing was changed. "
                    "To put the backup in its place, and keep it beside, add --replace"
                )
            kept = _set_aside(target, file.parent, now) if living else ""
            with backup.read() as source, target.write() as into:
                saved = into.execute(select(schema.connection)).mappings().all()
                if living or saved:
                    _empty(into)
                copy_rows(source, into)
                if saved:  # newer than any backup: a refresh token is good once
                    into.execute(insert(schema.connection), [dict(row) for row in saved])
                into.execute(delete(schema.lease))
                said = f"it was restored on {_minute(now)}, and {why}"
                id_ = identity.renew(into, target.place, said)
        finally:
            target.close()
    return Restored(found, id_, kept, unknown)


def _copy_file(database: Database, part: Path) -> None:
    with database.read() as connection:
        inner = connection.connection.dbapi_connection
        assert isinstance(inner, sqlite3.Connection)
        copy = sqlite3.connect(part)
        try:
            connection.rollback()  # the driver makes its own snapshot; ours would only be in its way
            inner.backup(copy)
        finally:
            copy.close()


def _single(database: Database) -> None:
    """One file, without a journal beside it."""
    with database.outside() as connection:
        connection.exec_driver_sql("PRAGMA journal_mode=DELETE")


def _sound(database: Database, name: str) -> Sums:
    verdict = verify(database)
    if verdict.problems:
        listed = "\n".join(f"    {p}" for p in verdict.problems[:10])
        raise LogbookError(f"{name}: this logbook is not sound:\n{listed}\n    do this:  use another backup")
    return verdict.sums


@contextmanager
def _opened_copy(file: Path, now: datetime) -> Iterator[Database]:
    """A backup may be of an older schema; it is migrated in a copy, never itself."""
    with file.open("rb") as raw:
        if raw.read(len(SQLITE)) != SQLITE:
            expected = "expected: a file that duecourse backup wrote\n    do this:  name another; nothing was changed"
            raise LogbookError(f"{file}: this is no backup of a logbook.\n    {expected}")
    copy = file.with_name(f".{file.name}.{os.getpid()}.restoring")
    _remove(copy)
    try:
        os.close(os.open(copy, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))
        copy.write_bytes(file.read_bytes())
        opened = open_database(str(copy))
        try:
            yield opened
        finally:
            opened.close()
    finally:
        _remove(copy)


def _handed(connection: Connection) -> set[tuple[str, str]]:
    message = schema.message
    found = connection.execute(select(message.c.organisation, message.c.key).where(message.c.handed_at.is_not(None)))
    return {(name, key) for name, key in found}


def _handed_in(database: Database) -> set[tuple[str, str]]:
    with database.read() as connection:
        return _handed(connection)


def _set_aside(target: Database, folder: Path, now: datetime) -> str:
    """The old logbook as a backup of its own: beside its file, or, from a server, beside the backup."""
    home = Path(target.name).parent if target.dialect == "sqlite" else folder
    kept = home / f"logbook.before-restore-{now.astimezone(UTC):%Y%m%dT%H%M%S}.db"
    back_up(target, kept, now)
    return str(kept)


def _empty(connection: Connection) -> None:
    """Every table anew: rows that may never be deleted go with their table only."""
    connection.execute(text("DROP TABLE IF EXISTS alembic_version"))
    schema.metadata.drop_all(connection)
    if connection.dialect.name == "postgresql":
        for name in ("event_never_changes", "event_changes_as_recorded"):
            connection.execute(text(f"DROP FUNCTION IF EXISTS {name}()"))
    upgrade(connection)


def _minute(now: datetime) -> str:
    return now.astimezone(UTC).strftime("%Y-%m-%d %H:%M UTC")


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _remove(path: Path) -> None:
    for tail in ("", "-wal", "-shm", "-journal"):
        with suppress(FileNotFoundError):
            Path(f"{path}{tail}").unlink()
