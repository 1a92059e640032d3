"""Saved connections in the logbook's database, for functions and fleets that have no disk of their own.

What is kept is sealed elsewhere; here it is bytes under a name. Connections belong to the practice, not to one
organisation, since one consent may cover several.
"""

import hashlib
import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from sqlalchemy import create_engine, delete, exc, select, text
from sqlalchemy.pool import NullPool

from worker.errors import BooksUnavailable, ConnectionBroken, LogbookError
from worker.logbook.database import BUSY_SECONDS, Database, insert_into
from worker.logbook.schema import connection as table

_PROOF = ""  # no connection has this name; its row is written to show that rows can be


class ConnectionShelf:
    """The shelf that the vault keeps connections on. Database trouble surfaces as ConnectionBroken."""

    def __init__(self, database: Database) -> None:
        """An open, migrated database; the logbook's own."""
        self._database = database

    def names(self) -> tuple[str, ...]:
        """Every name kept, sorted."""
        with self._said(), self._database.read() as connection:
            return tuple(connection.execute(select(table.c.name).where(table.c.name != _PROOF)).scalars())

    def read(self, name: str) -> bytes | None:
        """What was last written under a name."""
        with self._said(), self._database.read() as connection:
            kept = connection.execute(select(table.c.sealed).where(table.c.name == name)).scalar()
        return None if kept is None else bytes(kept)

    def write(self, name: str, kept: bytes) -> None:
        """Keep these bytes in place of those before; committed, durably, when this returns."""
        with self._said(), self._database.write() as connection:
            put = insert_into(connection, table).values(name=name, sealed=kept)
            put = put.on_conflict_do_update(index_elements=["name"], set_={"sealed": put.excluded.sealed})
            connection.execute(put)

    def prove(self, name: str) -> None:  # noqa: ARG002 - one table, one proof
        """Show that a row can be written and committed now."""
        self.write(_PROOF, b"")

    @contextmanager
    def lock(self, name: str) -> Iterator[None]:
        """Hold off every other process that locks this name; raises BooksUnavailable when another one keeps it long."""
        with ExitStack() as held:
            try:
                held.enter_context(hold(self._database, f"connection {name}"))
            except (exc.DBAPIError, OSError) as error:
                raise BooksUnavailable(
                    f'The connection "{name}" could not be taken for refreshing, perhaps since another duecourse has '
                    f"been at it for a while ({type(error).__name__}).",
                    "Nothing needs doing: the next sweep tries again.",
                ) from error
            yield

    def remove(self, name: str) -> None:
        """Take away what is kept under a name."""
        with self._said(), self._database.write() as connection:
            connection.execute(delete(table).where(table.c.name == name))

    @contextmanager
    def _said(self) -> Iterator[None]:
        try:
            yield
        except LogbookError as error:
            raise ConnectionBroken(
                f"Saved connections in the logbook cannot be used: {error}", "Nothing was refreshed or lost."
            ) from error


@contextmanager
def hold(database: Database, what: str) -> Iterator[None]:
    """Hold off every process that holds the same words on the same store, while the block lasts; whoever dies lets go.

    Nothing is begun on the store's own connection, so reading and writing go on inside. Raises OSError or DBAPIError
    when it cannot be had.
    """
    digest = hashlib.sha256(what.encode()).digest()[:8]
    if database.dialect == "sqlite":
        with _file_held(database.url.database, digest.hex()):
            yield
        return
    settings = f"-c lock_timeout={BUSY_SECONDS}s -c idle_in_transaction_session_timeout=0"
    engine = create_engine(
        database.url, poolclass=NullPool, connect_args={"options": settings, "connect_timeout": BUSY_SECONDS}
    )
    # A lock of a transaction, not of a session: it also holds through a pooler that shares sessions.
    with engine.begin() as connection:
        connection.execute(text("SELECT pg_advisory_xact_lock(:n)"), {"n": int.from_bytes(digest, "big", signed=True)})
        yield


@contextmanager
def _file_held(path: str | None, digest: str) -> Iterator[None]:
    import fcntl

    if not path or path == ":memory:":  # nobody else can be there
        yield
        return
    handle = os.open(f"{path}.{digest}.lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)
