"""PostgreSQL under the logbook: its settings, and which server, timeline and database a connection really reached.

A server restored from a backup, or a replica promoted after a failover, goes on on another timeline; a copy of a
database has another oid. Any of them may lack the last hand-offs, so the logbook in it counts as another instance.
"""

from typing import Any

from sqlalchemy import Engine, create_engine, event
from sqlalchemy.engine import URL

from worker.errors import LogbookError

CONNECT_SECONDS = 30
SETTINGS = (
    "-c synchronous_commit=on -c statement_timeout=60000 -c lock_timeout=30000 "
    "-c idle_in_transaction_session_timeout=120000 -c timezone=UTC"
)
# A peer that vanished without a word is noticed within about a minute and a half.
KEEPALIVES = {"keepalives": 1, "keepalives_idle": 30, "keepalives_interval": 15, "keepalives_count": 4}

# Functions and their columns: https://www.postgresql.org/docs/current/functions-info.html (control data) and
# functions-admin.html (a WAL file's name begins with the timeline, 8 hex digits).
_PLACE = (
    "SELECT system_identifier::text FROM pg_control_system()",
    "SELECT left(pg_walfile_name(pg_current_wal_insert_lsn()), 8)",
    "SELECT oid::text FROM pg_database WHERE datname = current_database()",
)
UNKNOWN = "?"
"""Stands for what a managed server would not say."""


def open_engine(url: URL, name: str, known: list[str]) -> Engine:
    """An engine with one connection, made on first use, which then says in `known` where it leads.

    Raises LogbookError without the driver; a connection raises it for a standby, and for a server that is another one
    than that of the connection before.
    """
    try:
        engine = create_engine(
            url.set(drivername="postgresql+psycopg"),
            pool_size=1,
            max_overflow=0,
            pool_pre_ping=True,
            isolation_level="READ COMMITTED",
            connect_args={
                "options": SETTINGS,
                "connect_timeout": CONNECT_SECONDS,
                "application_name": "duecourse",
                **KEEPALIVES,
            },
        )
    except ImportError as error:
        raise LogbookError(
            f"{name}: the PostgreSQL driver is missing ({error}).\n    do this:  pip install 'duecourse[postgres]'"
        ) from error

    @event.listens_for(engine, "connect")
    def settle(connection: Any, _record: Any) -> None:
        _tolerate_nul(connection)
        where = place(connection, name)
        if known and known[0] != where:
            raise LogbookError(
                f"{name}: the server behind this address changed in the middle of a run (a failover or a restore).\n"
                "    do this:  run again; it then counts as another logbook until a person agrees"
            )
        known[:] = [where]

    return engine


def _tolerate_nul(connection: Any) -> None:
    """PostgreSQL's text cannot hold U+0000, which books may: it becomes U+FFFD, as a browser would show it."""
    from psycopg.types.string import StrDumper, StrDumperUnknown

    for base in (StrDumper, StrDumperUnknown):

        class Tolerant(base):  # type: ignore[misc, valid-type]
            def dump(self, obj: str) -> Any:
                return super().dump(obj.replace("\0", "\ufffd"))

        connection.adapters.register_dumper(str, Tolerant)


def place(connection: Any, name: str) -> str:
    """`system identifier/timeline/database oid` of an open driver connection, left outside any transaction.

    Raises LogbookError for a standby, which takes no record of what is sent.
    """
    import psycopg

    with connection.cursor() as cursor:
        if cursor.execute("SELECT pg_is_in_recovery()").fetchone()[0]:
            connection.rollback()
            raise LogbookError(
                f"{name}: this server is a standby and takes no records.\n"
                "    do this:  give the address of the primary, or of the proxy that knows it"
            )
    found = []
    for statement in _PLACE:
        try:
            with connection.cursor() as cursor:
                found.append(str(cursor.execute(statement).fetchone()[0]))
        except psycopg.DatabaseError:
            found.append(UNKNOWN)
        connection.rollback()
    return "/".join(found)


def moved(before: str, now: str) -> str:
    """What differs between two places, in words; "" when nothing does. What is unknown differs from nothing."""
    if not before or not now:
        return ""
    names = ("another server", "another timeline of the server (restored, or failed over)", "another database")
    pairs = list(zip(before.split("/"), now.split("/"), strict=False))
    for words, (a, b) in zip(names, pairs, strict=False):
        if a != b and UNKNOWN not in (a, b):
            return words
    return ""
