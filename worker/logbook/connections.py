"""Saved connections in the logbook's database, for functions and fleets that have no disk of their own.

What is kept is sealed elsewhere; here it is bytes under a name. Connections belong to the practice, not to one
organisation, since one consent may cover several.
"""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from sqlalchemy import delete, select

from worker.errors import BooksUnavailable, ConnectionBroken, LogbookError
from worker.logbook.database import Database, insert_into
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
                held.enter_context(self._database.hold(f"connection {name}"))
            except (LogbookError, OSError) as error:
                raise BooksUnavailable(
                    f'The connection "{name}" could not be taken for refreshing, perhaps since another duecourse has '
                    f"been at it for a while: {error}",
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
