"""The contract on a real PostgreSQL, and what only a server can do: hang up, be locked, be another one."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import psycopg
import pytest
from sqlalchemy import create_engine, event, make_url, text
from sqlalchemy.exc import DBAPIError

from tests.logbook.contract import LogbookContract
from tests.logbook.values import MINUTE, NOW, ORG, letter, remind
from tests.postgresql import Server, hang_up
from worker.core.history import MessageState
from worker.errors import LogbookError
from worker.logbook import SqlLogbook, open_logbook
from worker.logbook.server import moved


@pytest.fixture
def location(postgresql: Server) -> Iterator[str]:
    """A database of its own for each test."""
    with postgresql.migrated() as url:
        yield url


@pytest.fixture
def logbook(location: str) -> Iterator[SqlLogbook]:
    """A new store in that database."""
    logbook = open_logbook(location)
    yield logbook
    logbook.close()


class TestPostgresql(LogbookContract):
    """Every promise of the port."""

    @pytest.fixture
    def logbook(self, location: str) -> Iterator[SqlLogbook]:
        logbook = open_logbook(location)
        yield logbook
        logbook.close()


@contextmanager
def hanging_up(logbook: SqlLogbook, location: str, word: str, times: int = 1) -> Iterator[list[str]]:
    """The server hangs up right before the first statements that begin with `word`."""
    done: list[str] = []
    engine = logbook._database._engine

    def before(_c: object, _cursor: object, statement: str, *_: object) -> None:
        if statement.lstrip().startswith(word) and len(done) < times:
            done.append(statement)
            hang_up(location)

    event.listen(engine, "before_cursor_execute", before)
    yield done
    event.remove(engine, "before_cursor_execute", before)


@pytest.mark.parametrize("statement", ["UPDATE event SET subject = 'x'", "DELETE FROM event", "TRUNCATE event"])
def test_events_are_never_changed(location: str, logbook: SqlLogbook, statement: str) -> None:
    from worker.core.events import Event, EventKind

    logbook.record(ORG, Event(EventKind.LOG, NOW, "c-1"))
    engine = create_engine(make_url(location).set(drivername="postgresql+psycopg"))
    with engine.connect() as connection, pytest.raises(DBAPIError, match="never changed"):
        connection.execute(text(statement))
    engine.dispose()


def test_between_two_calls_a_lost_connection_is_made_anew(location: str, logbook: SqlLogbook) -> None:
    hang_up(location)
    assert logbook.plan(ORG, "s", remind("i-1", key="k"), NOW)


def test_before_the_hand_off_a_lost_connection_is_made_anew(location: str, logbook: SqlLogbook) -> None:
    with hanging_up(logbook, location, "INSERT INTO message"):
        assert logbook.plan(ORG, "s", remind("i-1", key="k"), NOW)
    with hanging_up(logbook, location, "UPDATE message"):
        assert logbook.claim(ORG, "k", "a", NOW, MINUTE)
    with hanging_up(logbook, location, "SELECT message"):
        assert [m.state for m in logbook.messages(ORG)] == [MessageState.CLAIMED]


def test_from_the_hand_off_on_nothing_is_tried_again(location: str, logbook: SqlLogbook) -> None:
    logbook.plan(ORG, "s", remind("i-1", key="k"), NOW)
    claim = logbook.claim(ORG, "k", "a", NOW, MINUTE)
    assert claim
    with hanging_up(logbook, location, "UPDATE message") as done, pytest.raises(LogbookError, match="cannot be used"):
        logbook.hand(ORG, claim, letter("k"), b"x", "outbox", NOW)
    assert len(done) == 1
    assert [m.state for m in logbook.messages(ORG)] == [MessageState.CLAIMED]


def test_a_server_that_stays_away_is_told(location: str, logbook: SqlLogbook) -> None:
    with hanging_up(logbook, location, "INSERT INTO message", times=2), pytest.raises(LogbookError) as caught:
        logbook.plan(ORG, "s", remind("i-1", key="k"), NOW)
    assert "nothing was sent after this" in str(caught.value)


def test_a_claim_that_another_is_taking_is_not_waited_for(location: str, logbook: SqlLogbook) -> None:
    logbook.plan(ORG, "s", remind("i-1", key="k"), NOW)
    with psycopg.connect(location) as other:
        other.execute("SELECT * FROM message FOR UPDATE")
        assert logbook.claim(ORG, "k", "a", NOW, MINUTE) is None
    assert logbook.claim(ORG, "k", "a", NOW, MINUTE)


def test_who_holds_the_database_too_long_is_told(location: str, logbook: SqlLogbook) -> None:
    with psycopg.connect(location) as other:
        other.execute("LOCK TABLE message IN ACCESS EXCLUSIVE MODE")
        with logbook._database._engine.connect() as mine:
            mine.exec_driver_sql("SET lock_timeout = 1")
            mine.commit()
        with pytest.raises(LogbookError, match="another program holds the database"):
            logbook.claim(ORG, "k", "a", NOW, MINUTE)


def test_the_session_is_durable_and_never_waits_for_ever(logbook: SqlLogbook) -> None:
    names = ("synchronous_commit", "statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout")
    with logbook._database.read() as connection:
        found = [connection.exec_driver_sql(f"SHOW {name}").scalar() for name in (*names, "application_name")]
    assert found == ["on", "1min", "30s", "2min", "duecourse"]


def test_a_database_that_was_copied_is_another_instance(postgresql: Server, location: str) -> None:
    with_id = open_logbook(location)
    born = with_id.instance_id()
    with_id.close()
    copy = postgresql.make(location)
    clone = open_logbook(copy)
    renewed = clone.instance_id()
    assert renewed != born
    assert clone.instance_id() == renewed
    assert "another database" in clone.instance_why()
    clone.close()
    with_id = open_logbook(location)
    assert (with_id.instance_id(), with_id.instance_why()) == (born, "")
    with_id.close()


@pytest.mark.parametrize(
    ("before", "now", "words"),
    [
        ("7/00000001/16384", "7/00000001/16384", ""),
        ("7/00000001/16384", "7/00000002/16384", "another timeline of the server (restored, or failed over)"),
        ("7/00000001/16384", "8/00000001/16384", "another server"),
        ("7/00000001/16384", "7/00000001/16999", "another database"),
        ("?/?/16384", "7/00000001/16384", ""),
        ("", "7/00000001/16384", ""),
    ],
)
def test_what_makes_another_place(before: str, now: str, words: str) -> None:
    assert moved(before, now) == words


def test_a_server_gone_back_in_time_is_another_instance(location: str, logbook: SqlLogbook) -> None:
    """What promoting a replica or restoring a base backup does: the same rows on another timeline."""
    born = logbook.instance_id()
    with psycopg.connect(location, autocommit=True) as admin:
        admin.execute("UPDATE instance SET place = regexp_replace(place, '/0+1/', '/00000000/')")
    assert logbook.instance_id() != born
    assert "another timeline" in logbook.instance_why()


def test_a_failover_in_the_middle_of_a_run_ends_it(
    location: str, logbook: SqlLogbook, monkeypatch: pytest.MonkeyPatch
) -> None:
    logbook.instance_id()
    monkeypatch.setattr("worker.logbook.server.place", lambda *_: "7/00000002/1")
    hang_up(location)
    with pytest.raises(LogbookError, match="changed in the middle of a run"):
        logbook.plan(ORG, "s", remind("i-1", key="k"), NOW)


def test_an_ordinary_role_is_enough(postgresql: Server, location: str) -> None:
    with psycopg.connect(location, autocommit=True) as admin:
        admin.execute("DO $$ BEGIN CREATE ROLE clerk LOGIN; EXCEPTION WHEN duplicate_object THEN NULL; END $$")
        admin.execute("GRANT ALL ON ALL TABLES IN SCHEMA public TO clerk")
        admin.execute("GRANT ALL ON ALL SEQUENCES IN SCHEMA public TO clerk")
    clerk = open_logbook(make_url(location).set(username="clerk").render_as_string(hide_password=False))
    assert "?" not in clerk._database.place
    assert clerk.plan(ORG, "s", remind("i-1", key="k"), NOW)
    assert clerk.lease(ORG, "a", NOW, timedelta(minutes=1))
    clerk.close()


def test_without_the_driver_it_says_which_command_brings_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(LogbookError) as caught:
        open_logbook("postgresql://clerk:secret@db.example.com/duecourse")
    assert str(caught.value).startswith(
        "postgresql://clerk:***@db.example.com/duecourse: the PostgreSQL driver is missing"
    )
    assert str(caught.value).endswith("do this:  pip install 'duecourse[postgres]'")
