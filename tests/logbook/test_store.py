"""What belongs to the file: settings, rights, damage, migrations, and several processes at once."""

import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine

from tests.logbook.values import NOW, ORG, remind
from worker.core.events import Event, EventKind
from worker.errors import LogbookError
from worker.logbook import open_logbook
from worker.logbook.database import open_database
from worker.logbook.place import network_filesystem
from worker.logbook.schema import REVISIONS, metadata

ROOT = Path(__file__).parents[2]
MOUNTS = """\
overlay / overlay rw 0 0
tmpfs /tmp tmpfs rw 0 0
server:/export /mnt/books nfs4 rw 0 0
//server/share /mnt/two\\040words cifs rw 0 0
/dev/sda1 /mnt/books/local ext4 rw 0 0
me@host: /home/me/far fuse.sshfs rw 0 0
broken
"""


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/var/lib/duecourse/a.db", ""),
        ("/tmp/a.db", ""),
        ("/mnt/books/a.db", "nfs4"),
        ("/mnt/bookshelf/a.db", ""),
        ("/mnt/books/local/a.db", ""),
        ("/mnt/two words/deep/a.db", "cifs"),
        ("/home/me/far/a.db", "fuse.sshfs"),
    ],
)
def test_network_disks_are_recognised(path: str, kind: str) -> None:
    assert network_filesystem(Path(path), MOUNTS) == kind


def test_a_network_disk_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mounts = tmp_path / "mounts"
    mounts.write_text(f"server:/x {tmp_path} nfs4 rw 0 0\n")
    monkeypatch.setattr("worker.logbook.place.MOUNTS", mounts)
    with pytest.raises(LogbookError) as caught:
        open_logbook(str(tmp_path / "a.db"))
    assert str(caught.value) == (
        f"{tmp_path}/a.db: this folder is on a network disk (nfs4), where a power cut or a second machine can corrupt "
        "the logbook.\n    do this:  put the logbook on a local disk, or use a postgresql:// logbook"
    )
    assert not (tmp_path / "a.db").exists()


def test_the_store_is_private_and_durable(tmp_path: Path) -> None:
    path = tmp_path / "new" / "logbook.db"
    database = open_database(str(path))
    with database.write() as connection:
        pragmas = {
            name: connection.exec_driver_sql(f"PRAGMA {name}").scalar()
            for name in ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
        }
        connection.exec_driver_sql("INSERT INTO link VALUES ('o', 'i', 'u')")
    assert pragmas == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "busy_timeout": 30_000}
    assert path.parent.stat().st_mode & 0o777 == 0o700
    assert {p.stat().st_mode & 0o777 for p in path.parent.iterdir()} == {0o600}
    database.close()


def test_an_older_file_is_made_private_again(tmp_path: Path) -> None:
    path = tmp_path / "logbook.db"
    open_logbook(str(path)).close()
    path.chmod(0o644)
    open_logbook(f"sqlite:///{path}").close()
    assert path.stat().st_mode & 0o777 == 0o600


def test_what_is_no_database_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "logbook.db"
    path.write_bytes(b"these are not the books you are looking for" * 100)
    with pytest.raises(LogbookError, match=r"restore the last backup"):
        open_logbook(str(path))


def test_damage_is_noticed(tmp_path: Path) -> None:
    path = tmp_path / "logbook.db"
    logbook = open_logbook(str(path))
    logbook.record(ORG, *(Event(EventKind.LOG, NOW, f"c-{n}", data={"what": "rang " * 50}) for n in range(500)))
    logbook.close()
    content = bytearray(path.read_bytes())
    content[-8192:-4096] = b"\xff" * 4096
    path.write_bytes(content)
    with pytest.raises(LogbookError, match="restore the last backup"):
        open_logbook(str(path))


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(LogbookError, match="cannot be opened"):
        open_logbook(str(tmp_path / "file" / "logbook.db"))


def test_other_databases_are_refused() -> None:
    with pytest.raises(LogbookError) as caught:
        open_logbook("mysql://db/duecourse")
    assert str(caught.value) == (
        "mysql: a logbook cannot be kept there.\n"
        "    expected: a file path, sqlite:///PATH or postgresql://USER@HOST/DATABASE"
    )


def test_migrating_is_done_once_and_without_alembic_afterwards(tmp_path: Path) -> None:
    path = tmp_path / "logbook.db"
    first = open_logbook(str(path))
    born = first.instance_id()
    first.close()
    code = (
        "import sys; from worker.logbook import open_logbook; "
        f"print(open_logbook({str(path)!r}).instance_id(), 'alembic' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.split() == [born, "False"]


def test_migrations_make_exactly_the_schema(tmp_path: Path) -> None:
    path = tmp_path / "logbook.db"
    open_logbook(str(path)).close()
    engine = create_engine(f"sqlite:///{path}")
    with engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []
    engine.dispose()
    script = ScriptDirectory(str(ROOT / "worker" / "logbook" / "migrations"))
    assert [r.revision for r in reversed(list(script.walk_revisions()))] == list(REVISIONS)


def test_a_newer_schema_is_refused_untouched(tmp_path: Path) -> None:
    path = tmp_path / "logbook.db"
    open_logbook(str(path)).close()
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '0999'")
    connection.close()
    with pytest.raises(LogbookError) as caught:
        open_logbook(str(path))
    assert str(caught.value) == (
        f"{path}: this logbook was written by a newer duecourse (schema 0999; this one knows up to {REVISIONS[-1]}).\n"
        "    do this:  install that version again, or restore a backup made before it"
    )


@pytest.mark.parametrize("statement", ["UPDATE event SET subject = 'x'", "DELETE FROM event"])
def test_events_are_never_changed(tmp_path: Path, statement: str) -> None:
    path = tmp_path / "logbook.db"
    logbook = open_logbook(str(path))
    logbook.record(ORG, Event(EventKind.LOG, NOW, "c-1"))
    before = logbook.events(ORG)
    connection = sqlite3.connect(path)
    with pytest.raises(sqlite3.IntegrityError, match="never changed"):
        connection.execute(statement)
    connection.close()
    assert logbook.events(ORG) == before
    logbook.close()


RACER = """
import sys
from datetime import timedelta
from tests.logbook.values import NOW, ORG, letter, remind
from worker.logbook import open_logbook

logbook = open_logbook(sys.argv[1])
print("ready", flush=True)
sys.stdin.readline()
for n in range(40):
    planned = logbook.plan(ORG, "s", remind(f"i-{n}", key=f"k{n}"), NOW)
    claim = logbook.claim(ORG, f"k{n}", sys.argv[2], NOW, timedelta(minutes=1))
    handed = claim is not None and logbook.hand(ORG, claim, letter(f"k{n}"), b"x", "outbox", NOW)
    print(n, planned, handed, flush=True)
"""


def test_two_processes_never_hand_off_the_same_message(tmp_path: Path) -> None:
    path = tmp_path / "logbook.db"
    racers = [
        subprocess.Popen(
            [sys.executable, "-c", RACER, str(path), name],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for name in "ab"
    ]
    for racer in racers:  # both migrate the same new file at the same time
        assert racer.stdout is not None
        assert racer.stdout.readline() == "ready\n"
    lines = [line.split() for racer in racers for line in racer.communicate("go\n", timeout=60)[0].splitlines()]
    assert [racer.returncode for racer in racers] == [0, 0]
    assert len(lines) == 80
    for column in (1, 2):
        assert sorted(int(line[0]) for line in lines if line[column] == "True") == list(range(40))


def test_a_writer_that_never_lets_go_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("worker.logbook.database.BUSY_SECONDS", 0)
    path = tmp_path / "logbook.db"
    logbook = open_logbook(str(path))
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(LogbookError, match="another duecourse has held it"):
        logbook.plan(ORG, "s", remind("i-1"), NOW)
    other.execute("ROLLBACK")
    assert logbook.plan(ORG, "s", remind("i-1"), NOW)
    other.close()
    logbook.close()
