"""The database under the logbook: one connection, kept open, with the settings that make a commit mean something.

SQLite: WAL, `synchronous=FULL` (a commit survives a power cut), `BEGIN IMMEDIATE` for writes, foreign keys, a busy
timeout. PostgreSQL: `synchronous_commit=on`, READ COMMITTED with compare-and-set updates, REPEATABLE READ to read.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, Table, create_engine, event, exc, inspect, text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.pool import QueuePool, StaticPool

from worker.errors import LogbookError
from worker.logbook.place import prepare
from worker.logbook.schema import REVISIONS
from worker.logbook.server import open_engine

BUSY_SECONDS = 30
QUICK_CHECK_LIMIT = 200 * 1024 * 1024
MIGRATION_LOCK = 4_411_872_036  # any number, the same for every duecourse: serialises migrations on PostgreSQL


class ConnectionLost(LogbookError):
    """The server hung up, or was not there: what was under way may or may not have been written."""


class Database:
    """Transactions on one store. `write` and `read` never nest; database trouble surfaces as LogbookError."""

    def __init__(self, engine: Engine, name: str, place: list[str] | None = None) -> None:
        """`name` is how messages to people call this store; it holds no password. `place` is filled on connection."""
        self._engine, self.name, self._place = engine, name, [] if place is None else place

    @property
    def dialect(self) -> str:
        """`sqlite` or `postgresql`."""
        return self._engine.dialect.name

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """A write transaction: committed, durably, when the block ends; rolled back when it raises."""
        with self._told(), self._engine.connect() as connection:
            # SQLAlchemy's own begin is silent on this driver, so the first statement decides what kind it is.
            if self.dialect == "sqlite":
                connection.exec_driver_sql("BEGIN IMMEDIATE")
            try:
                yield connection
            except BaseException:
                connection.rollback()
                raise
            connection.commit()

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A read transaction: every statement in it sees the same state."""
        with self._told(), self._engine.connect() as connection:
            if self.dialect == "sqlite":
                connection.exec_driver_sql("BEGIN")
            else:
                connection.exec_driver_sql("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            yield connection

    @contextmanager
    def outside(self) -> Iterator[Connection]:
        """For the few statements that no transaction may hold: VACUUM, and some pragmas."""
        with self._told(), self._engine.connect() as connection:
            if self.dialect == "postgresql":
                connection.execution_options(isolation_level="AUTOCOMMIT")
            yield connection

    @property
    def place(self) -> str:
        """Which server, timeline and database was connected to; "" for SQLite and before the first connection."""
        return "".join(self._place)

    @property
    def url(self) -> URL:
        """Where the store is, password and all."""
        return self._engine.url

    def close(self) -> None:
        """Close the connection."""
        self._engine.dispose()

    @contextmanager
    def _told(self) -> Iterator[None]:
        try:
            yield
        except exc.IntegrityError:
            raise
        except (exc.DBAPIError, exc.TimeoutError) as error:
            raise (ConnectionLost if _hung_up(error) else LogbookError)(_explain(self.name, error)) from error


def _hung_up(error: exc.SQLAlchemyError) -> bool:
    """The connection went, rather than the statement; a server that answers gives an SQLSTATE."""
    if not isinstance(error, exc.OperationalError) or isinstance(error.orig, sqlite3.Error):
        return False
    return error.connection_invalidated or not getattr(error.orig, "sqlstate", None)


def _explain(name: str, error: exc.SQLAlchemyError) -> str:
    what = str(getattr(error, "orig", None) or error).strip()
    todo = "check that the disk or the database server is well; nothing was sent after this"
    if "locked" in what:
        todo = f"another duecourse has held it for {BUSY_SECONDS} s: let it finish, then run again"
    elif "malformed" in what or "not a database" in what:
        todo = "restore the last backup; run no live sweep with this file"
    elif "full" in what:
        todo = "make room on the disk, then run again"
    elif "lock timeout" in what or "statement timeout" in what:
        todo = "another program holds the database: let it finish, then run again"
    elif "readonly" in what:
        todo = "let this user write to the file and its folder"
    return f"{name}: the logbook cannot be used ({what}).\n    do this:  {todo}"


def insert_into(connection: Connection, table: Table) -> Any:
    """An insert that can say what to do on conflict; of the two dialects, only the one in use is imported."""
    if connection.dialect.name == "sqlite":
        from sqlalchemy.dialects import sqlite

        return sqlite.insert(table)
    from sqlalchemy.dialects import postgresql

    return postgresql.insert(table)


def serialise(connection: Connection, what: str) -> None:
    """Wait until no other transaction does `what`, and keep others waiting until this one ends. An SQLite writer is
    alone already."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(hashtextextended(:what, 0))"), {"what": what})


def open_database(location: str, *, revision: str = "head") -> Database:
    """Open (and if need be create or migrate) the store at a file path, `sqlite://` or `postgresql://` URL.

    `sqlite://` alone is a store in memory, for previews and tests. `revision`: how far to migrate; "" not at all.
    Raises LogbookError.
    """
    url = _url(location) if "://" in location else URL.create("sqlite", database=location)
    if url.get_backend_name() in {"postgresql", "postgres"}:
        database = _open_postgresql(url)
    elif url.get_backend_name() == "sqlite":
        database = _open_sqlite(url)
    else:
        raise LogbookError(
            f"{url.get_backend_name()}: a logbook cannot be kept there.\n"
            "    expected: a file path, sqlite:///PATH or postgresql://USER@HOST/DATABASE"
        )
    try:
        if revision:
            _migrate(database, revision)
    except BaseException:
        database.close()
        raise
    return database


def _url(location: str) -> URL:
    try:
        return make_url(location)
    except (ValueError, exc.ArgumentError):  # their text may repeat the password
        raise LogbookError(
            "The logbook's address (not shown here: it may hold a password) cannot be read.\n"
            "    expected: postgresql://USER:PASSWORD@HOST/DATABASE, with @ : / in the password written as %40 %3A %2F"
        ) from None


def _open_sqlite(url: URL) -> Database:
    in_memory = not url.database or url.database == ":memory:"
    name = "the logbook in memory" if in_memory else str(path := prepare(Path(str(url.database))))
    engine = create_engine(
        URL.create("sqlite", database=None if in_memory else str(path)),
        poolclass=StaticPool if in_memory else QueuePool,
        connect_args={"timeout": BUSY_SECONDS, "isolation_level": None, "check_same_thread": False},
        **({} if in_memory else {"pool_size": 1, "max_overflow": 0}),
    )

    @event.listens_for(engine, "connect")
    def settle(connection: Any, _record: Any) -> None:
        # Without isolation_level=None the driver would open its own, deferred, transactions.
        for pragma in (
            "journal_mode=WAL",
            "synchronous=FULL",
            "foreign_keys=ON",
            "secure_delete=ON",  # what is deleted is overwritten: forgetting somebody means it
            f"busy_timeout={BUSY_SECONDS * 1000}",
        ):
            connection.execute(f"PRAGMA {pragma}")

    database = Database(engine, name)
    if not in_memory and path.stat().st_size <= QUICK_CHECK_LIMIT:
        with database.read() as connection:
            found = connection.exec_driver_sql("PRAGMA quick_check(1)").scalar()
        if found != "ok":
            database.close()
            raise LogbookError(
                f"{name}: the logbook is damaged ({found}).\n"
                "    do this:  restore the last backup; run no live sweep with this file"
            )
    return database


def _open_postgresql(url: URL) -> Database:
    name = url.render_as_string(hide_password=True)
    place: list[str] = []
    return Database(open_engine(url, name, place), name, place)


def _revision(connection: Connection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return None
    return connection.execute(text("SELECT version_num FROM alembic_version")).scalar()


def schema_of(database: Database) -> str:
    """The schema revision a store has; "" when it is empty. Raises LogbookError for a newer one than we know."""
    with database.read() as connection:
        revision = _revision(connection)
    if revision is not None and revision not in REVISIONS:
        raise LogbookError(
            f"{database.name}: this logbook was written by a newer duecourse (schema {revision}; this one knows up to "
            f"{REVISIONS[-1]}).\n    do this:  install that version again, or restore a backup made before it"
        )
    return revision or ""


def _migrate(database: Database, goal: str) -> None:
    """Bring the schema to `goal`, once, under a lock; a store already there costs one query and no import."""
    if schema_of(database) == REVISIONS[-1]:
        return
    with database.write() as connection:
        if database.dialect == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(:n)"), {"n": MIGRATION_LOCK})
        if _revision(connection) != REVISIONS[-1]:  # somebody else may have done it while we waited
            upgrade(connection, goal)


def upgrade(connection: Connection, goal: str = "head") -> None:
    """Run the migrations up to a revision inside the caller's transaction."""
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations").replace("%", "%%"))
    config.attributes["connection"] = connection
    command.upgrade(config, goal)
