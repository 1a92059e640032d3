"""Moving, backing up, restoring, verifying: on both databases, to both, and back."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from tests.logbook.lived_in import DAY, Places, live_in
from tests.logbook.values import MINUTE, NOW, ORG, hand_off, remind
from worker.core.events import Event, EventKind
from worker.core.history import MessageState
from worker.errors import LogbookError, Refused
from worker.logbook import open_logbook
from worker.logbook.backup import back_up, restore
from worker.logbook.database import open_database
from worker.logbook.transfer import move
from worker.logbook.verify import verify

KINDS = ["sqlite", "postgresql"]
WAYS = [("sqlite", "postgresql"), ("postgresql", "sqlite")]


def lived_in(place: str) -> str:
    """Live in it; returns its id."""
    logbook = open_logbook(place)
    live_in(logbook)
    id_ = logbook.instance_id()
    logbook.close()
    return id_


def told(place: str) -> Any:
    """All that a logbook says of its organisations."""
    logbook = open_logbook(place)
    try:
        return [
            (logbook.snapshot(o), logbook.history(o), logbook.messages(o, "c-1"), logbook.events(o), logbook.links(o))
            for o in (ORG, "ridge")
        ]
    finally:
        logbook.close()


@pytest.mark.parametrize(("here", "there"), WAYS)
def test_moving_loses_nothing_and_takes_the_identity_along(places: Places, here: str, there: str) -> None:
    old, new = places(here), places(there)
    born = lived_in(old)
    before = told(old)
    source, target = open_database(old), open_database(new)
    counted = move(source, target, NOW)
    assert (counted["message"].rows, counted["message_body"].rows, counted["event"].rows) == (7, 4, 4)
    assert verify(target).problems == () and verify(target).sums == counted == verify(source).sums
    assert told(new) == before
    home, left = open_logbook(new), open_logbook(old)
    assert home.instance_id() == born != left.instance_id()
    assert "moved to" in left.instance_why()
    with pytest.raises(LogbookError, match="nothing is swept from here"):
        left.lease(ORG, "a", NOW, MINUTE)
    home.record(ORG, Event(EventKind.LOG, NOW, "c-1"))  # numbers go on where they were
    assert not home.plan(ORG, "s", remind("i-1", key="k0"), NOW)
    for logbook in (home, left):
        logbook.close()
    for database in (source, target):
        database.close()


def test_there_and_back_again(places: Places) -> None:
    first, server, last = places("sqlite"), places("postgresql"), places("sqlite") + ".new"
    born, before = lived_in(first), told(first)
    opened = [open_database(p) for p in (first, server, last)]
    move(opened[0], opened[1], NOW)
    move(opened[1], opened[2], NOW)
    for database in opened:
        database.close()
    logbook = open_logbook(last)
    assert (logbook.instance_id(), told(last)) == (born, before)
    logbook.close()


def test_moving_refuses_what_would_lose_rows(places: Places) -> None:
    old, new = places("sqlite"), places("postgresql")
    born = lived_in(old)
    source, target = open_database(old), open_database(new)
    logbook = open_logbook(old)
    logbook.lease(ORG, "b", NOW, MINUTE)
    with pytest.raises(Refused, match=r"a sweep is running \(harbour\)"):
        move(source, target, NOW)
    logbook.unlease(ORG, "b")
    lived_in(new)
    with pytest.raises(Refused, match="there are rows in it already"):
        move(source, target, NOW)
    assert logbook.instance_id() == born
    for one in (logbook, source, target):
        one.close()


@pytest.mark.parametrize("when", ["after the rows", "after the source gave up"])
def test_killed_while_moving_at_most_one_is_live(places: Places, monkeypatch: pytest.MonkeyPatch, when: str) -> None:
    old, new = places("sqlite"), places("postgresql")
    born = lived_in(old)
    name = {"after the rows": "renew", "after the source gave up": "adopt"}[when]
    source, target = open_database(old), open_database(new)
    with monkeypatch.context() as broken:
        broken.setattr(f"worker.logbook.transfer.identity.{name}", lambda *_, **__: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            move(source, target, NOW)
    ids = [open_logbook(p).instance_id() for p in (old, new)]
    assert ids.count(born) == (1 if name == "renew" else 0)
    assert verify(target).sums == verify(source).sums
    source.close()
    target.close()


@pytest.mark.parametrize(("here", "there"), [(a, b) for a in KINDS for b in KINDS])
def test_a_backup_comes_back_as_another_instance(places: Places, tmp_path: Path, here: str, there: str) -> None:
    old, new, file = places(here), places(there), tmp_path / "safe" / "one.backup"
    born, before = lived_in(old), told(old)
    database = open_database(old)
    counted = back_up(database, file, NOW)
    assert file.stat().st_mode & 0o777 == 0o600
    assert [p.name for p in file.parent.iterdir()] == ["one.backup"]
    with pytest.raises(Refused, match="there is a file of this name"):
        back_up(database, file, NOW)
    database.close()
    restored = restore(new, file, NOW + DAY, replace=False)
    assert restored.sums == counted and (restored.kept, restored.unknown) == ("", 0)
    assert told(new) == before == told(old)
    logbook = open_logbook(new)
    assert logbook.instance_id() == restored.instance != born
    assert logbook.instance_why() == (
        f"it was restored on 2026-03-03 09:00 UTC, and it is a backup of {born}, made 2026-03-02 09:00 UTC"
    )
    assert logbook.lease(ORG, "b", NOW, MINUTE)
    logbook.close()


@pytest.mark.parametrize("kind", KINDS)
def test_restoring_over_a_living_logbook_keeps_it_beside(places: Places, tmp_path: Path, kind: str) -> None:
    place, file = places(kind), tmp_path / "safe.backup"
    lived_in(place)
    database = open_database(place)
    back_up(database, file, NOW)
    database.close()
    logbook = open_logbook(place)
    logbook.unlease(ORG, "a")
    assert hand_off(logbook, "k8", NOW + DAY)  # sent after the backup: the backup knows nothing of it
    logbook.close()
    after = told(place)
    with pytest.raises(Refused, match="add --replace"):
        restore(place, file, NOW + DAY, replace=False)
    assert told(place) == after
    done = restore(place, file, NOW + DAY, replace=True)
    assert done.unknown == 1
    assert told(done.kept) == after
    logbook = open_logbook(place)
    assert {m.key: m.state for m in logbook.messages(ORG)}["k8~2"] is MessageState.PLANNED
    assert logbook.lease(ORG, "x", NOW + DAY, MINUTE)
    logbook.close()
    with pytest.raises(Refused, match="a sweep is running"):
        restore(place, file, NOW + DAY, replace=True)


@pytest.mark.parametrize("kind", KINDS)
def test_saved_connections_stay_and_never_travel_in_a_backup(places: Places, tmp_path: Path, kind: str) -> None:
    place, file = places(kind), tmp_path / "safe.backup"
    lived_in(place)
    logbook = open_logbook(place)
    logbook.connections().write("xero", b"sealed-canary")
    database = open_database(place)
    back_up(database, file, NOW)
    database.close()
    assert b"sealed-canary" not in file.read_bytes()
    logbook.connections().write("xero", b"newer")
    logbook.close()
    restore(place, file, NOW, replace=True)
    logbook = open_logbook(place)
    assert logbook.connections().read("xero") == b"newer"
    logbook.close()


def test_a_backup_holds_while_others_write(places: Places, tmp_path: Path) -> None:
    place = places("sqlite")
    lived_in(place)
    database, writer = open_database(place), open_logbook(place)
    with writer._database.write() as connection:
        connection.exec_driver_sql("DELETE FROM link")  # not committed yet
        counted = back_up_outside(database, tmp_path / "b")
    assert counted["link"].rows == 1
    writer.close()


def back_up_outside(database: Any, file: Path) -> Any:
    """What another process would do: the id is known, so nothing needs to be written first."""
    from worker.logbook import backup

    backup._copy_file(database, file)
    copy = open_database(str(file))
    try:
        return verify(copy).sums
    finally:
        copy.close()
        database.close()


def test_what_is_no_backup_is_refused(places: Places, tmp_path: Path) -> None:
    place, file = places("sqlite"), tmp_path / "other"
    with pytest.raises(Refused, match="no such file"):
        restore(place, file, NOW, replace=False)
    file.write_bytes(b"something else" * 400)
    with pytest.raises(LogbookError):
        restore(place, file, NOW, replace=False)
    assert file.read_bytes() == b"something else" * 400
    assert not [p for p in tmp_path.iterdir() if "restoring" in p.name]


DAMAGE = {
    "no longer holds its steps": "UPDATE message_row SET live = false WHERE key = 'k0'",
    "still holds its steps": "UPDATE message SET state = 'cancelled', handed_at = NULL WHERE key = 'k2'",
    "its bytes are not those": "UPDATE message_body SET sha256 = 'x' WHERE key = 'k0'",
    "its bytes are not on record": "DELETE FROM message_body WHERE key = 'k1'",
    "unknown state": "UPDATE message SET state = 'lost' WHERE key = 'k0'",
    "yet it was planned again": "UPDATE message SET state = 'accepted' WHERE key = 'k8'",
    "but it was handed off": "UPDATE message SET state = 'cancelled' WHERE key = 'k0'",
    "claimed by nobody": "UPDATE message SET state = 'claimed', holder = '' WHERE key = 'k8~2'",
    "nobody knows when": "UPDATE message SET handed_at = NULL WHERE key = 'k3'",
    "cannot be read": "UPDATE message SET reason = '{' WHERE key = 'k0'",
    "unknown kind": "INSERT INTO event (organisation, kind, at, subject, by, data) VALUES ('o', 'x', '', '', '', '{}')",
    "its data": "INSERT INTO event (organisation, kind, at, subject, by, data) VALUES ('o', 'log', '', '', '', '[]')",
    "numbers were given out": "INSERT INTO event (id, organisation, kind, at, subject, by, data) "
    "VALUES (99, 'o', 'log', '', '', '', '{}')",
}


@pytest.mark.parametrize("kind", KINDS)
def test_verify_finds_what_is_wrong(places: Places, kind: str) -> None:
    place = places(kind)
    lived_in(place)
    database = open_database(place)
    assert verify(database).problems == ()
    missed = []
    for words, statement in DAMAGE.items():
        given = statement
        if kind == "sqlite" and words == "numbers were given out":
            given = "UPDATE sqlite_sequence SET seq = 1 WHERE name = 'event'"
        with database.write() as connection:
            try:
                connection.execute(text("SAVEPOINT s"))
                connection.execute(text(given))
                found = _problems(connection)
            finally:
                connection.execute(text("ROLLBACK TO SAVEPOINT s"))
        if not any(words in problem for problem in found):
            missed.append((words, found))
    assert not missed
    database.close()


def _problems(connection: Any) -> list[str]:
    from worker.logbook import verify as v

    checks = (v._file, v._orphans, v._guards, v._events, v._messages, v._generations, v._children)
    return [problem for check in checks for problem in check(connection)]


@pytest.mark.parametrize("kind", KINDS)
def test_verify_misses_no_guard(places: Places, kind: str) -> None:
    place = places(kind)
    database = open_database(place)
    drop = "DROP TRIGGER event_no_update" + (" ON event" if kind == "postgresql" else "")
    with database.write() as connection:
        connection.execute(text("SAVEPOINT s"))
        connection.execute(text(drop))
        found = _problems(connection)
        connection.execute(text("ROLLBACK TO SAVEPOINT s"))
    assert [p for p in found if "event_no_update" in p]
    database.close()


def test_an_older_schema_is_named_not_judged(tmp_path: Path) -> None:
    old = open_database(str(tmp_path / "a.db"), revision="0001")
    assert verify(old).problems == ("its schema is 0001: run duecourse logbook migrate first",)
    old.close()


def test_the_sum_of_a_table_sees_every_change() -> None:
    from worker.logbook.transfer import Sum

    row = {"a": "x", "b": b"\x00", "c": True, "d": None, "e": 1}
    one = Sum().plus(row)
    assert Sum().plus({**row, "d": ""}) != one != Sum().plus({**row, "c": False})
    assert Sum().plus(row).plus({"a": "y"}) == Sum().plus({"a": "y"}).plus(row)
    assert replace(one, rows=2) != one
