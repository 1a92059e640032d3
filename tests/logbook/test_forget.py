"""Somebody who asked to be forgotten is nowhere any more; what they owed and what was sent still counts."""

import shutil
import sqlite3
from pathlib import Path

import psycopg
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import make_url

from tests.logbook.lived_in import CANARIES, DAY, PERSON, Places, live_in
from tests.logbook.values import CLIENT, HARBOUR, HOUR, INVOICE, NOW, ORG, read, remind
from tests.postgresql import content
from worker.core.events import Event, EventKind
from worker.logbook import SqlLogbook, open_logbook
from worker.logbook.database import open_database
from worker.logbook.forget import Erasure, forget, names_them
from worker.logbook.tidy import first_today, tidy
from worker.logbook.verify import verify
from worker.ports import Page

KINDS = ["sqlite", "postgresql"]


def everything(place: str) -> bytes:
    """Every byte of a store: of SQLite's files, journal included; of a server, every row (pages are its own care)."""
    if "://" in place and make_url(place).get_backend_name() == "postgresql":
        with psycopg.connect(place) as connection:
            assert connection.execute("SELECT 1").fetchone()
        return b"".join(content(place).values()) + b"".join(bytes.fromhex(h.decode()) for h in _hex(place))
    return b"".join(p.read_bytes() for p in Path(place).parent.glob(Path(place).name + "*"))


def _hex(place: str) -> list[bytes]:
    with psycopg.connect(place) as connection:
        return [h.encode() for (h,) in connection.execute("SELECT encode(raw, 'hex') FROM message_body")]


def canaries_in(place: str) -> list[str]:
    held = everything(place).lower()
    return [c for c in CANARIES if c.lower().encode() in held]


def erase(place: str, *, really: bool = True, client: str = "c-1") -> Erasure:
    database = open_database(place)
    try:
        return forget(database, ORG, client, NOW + DAY, "o@example.com", "asked on the phone", really=really)
    finally:
        database.close()


@pytest.mark.parametrize("kind", KINDS)
def test_nothing_is_left_of_them_but_what_the_accounts_need(places: Places, kind: str) -> None:
    place = places(kind)
    logbook = open_logbook(place)
    live_in(logbook, canary=True)
    heard = {"sender": CANARIES[2], "text": f"pause {PERSON}: done", "ignored": True, "claim": "c"}
    logbook.record("", Event(EventKind.ANSWER, NOW, "2026-03-10", "digest", heard, "answer:1"))
    before = {m.key: (m.state, m.planned_at, m.handed_at, m.step) for m in logbook.messages(ORG)}
    advances = [m.advances for m in logbook.history(ORG).messages]
    holds = len(logbook.history(ORG).holds)
    logbook.close()
    assert canaries_in(place) == list(CANARIES)
    dry = erase(place, really=False)
    assert canaries_in(place) == list(CANARIES)
    done = erase(place)
    assert done.changed == dry.changed and done.changed["message_body"] == 4
    assert canaries_in(place) == []
    logbook = open_logbook(place)
    assert {m.key: (m.state, m.planned_at, m.handed_at, m.step) for m in logbook.messages(ORG)} == before
    assert [m.advances for m in logbook.history(ORG).messages] == advances
    assert len(logbook.history(ORG).holds) == holds
    assert not logbook.plan(ORG, "s", remind("i-1", key="again"), NOW)
    snapshot = logbook.snapshot(ORG)
    assert snapshot
    client, invoice = snapshot.clients["c-1"], snapshot.by_id["i-1"]
    assert (client.name, client.email, client.erased) == (done.alias, "", True)
    assert (invoice.open, invoice.due, invoice.number) == (INVOICE.open, INVOICE.due, "INV-001")
    assert snapshot.clients["c-2"].name == "Mole & Sons"
    assert "went away" in logbook.events(ORG, "c-2")[0].data["what"]
    assert logbook.events("")[0].data["text"] == f"pause {done.alias}: done"
    logbook.close()
    database = open_database(place)
    assert verify(database).problems == ()
    database.close()


@pytest.mark.parametrize("kind", KINDS)
def test_the_next_reading_brings_nothing_back(places: Places, kind: str) -> None:
    place = places(kind)
    logbook = open_logbook(place)
    live_in(logbook, canary=True)
    logbook.close()
    alias = erase(place).alias
    logbook = open_logbook(place)
    live_in_again = Page(organisation=HARBOUR, clients=(_known_again(),))
    with logbook.reading(ORG, NOW + DAY) as writer:
        writer.add(live_in_again)
        snapshot = writer.finish("w3", full=False)
    assert (snapshot.clients["c-1"].name, snapshot.clients["c-1"].erased) == (alias, True)
    logbook.close()
    assert canaries_in(place) == []
    assert erase(place).alias == alias  # once more does no harm


def _known_again() -> object:
    from dataclasses import replace

    return replace(CLIENT, name="Zebulon Quackenbush", email=CANARIES[2])


@pytest.mark.parametrize("kind", KINDS)
def test_an_event_may_only_become_what_was_put_on_record(places: Places, kind: str) -> None:
    place = places(kind)
    logbook = open_logbook(place)
    live_in(logbook, canary=True)
    logbook.close()
    erase(place)
    database = open_database(place)
    for statement in (
        "UPDATE event SET data = '{}'",
        "UPDATE event SET at = 'x' WHERE id IN (SELECT event_id FROM erased_event)",
        "UPDATE event SET subject = 'x' WHERE id IN (SELECT event_id FROM erased_event)",
        "DELETE FROM event",
        "UPDATE erased_event SET data = '{}'",
        "DELETE FROM erased_event",
    ):
        with pytest.raises(Exception, match="never changed"), database.write() as connection:
            connection.exec_driver_sql(statement)
    database.close()


TEXT = st.text(st.characters(codec="utf-8", exclude_characters="\0", exclude_categories=("Cs",)), max_size=30)


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("prepared") / "logbook.db"
    open_logbook(str(place)).close()
    return place


@settings(max_examples=6)
@given(name=st.text("abcdeé'\"\\%_ &<", min_size=4, max_size=20).map(lambda t: f"Zyx{t}xyZ"), around=TEXT, short=TEXT)
def test_whatever_they_are_called(
    prepared: Path, tmp_path_factory: pytest.TempPathFactory, name: str, around: str, short: str
) -> None:
    place = tmp_path_factory.mktemp("one") / "logbook.db"
    shutil.copy(prepared, place)
    logbook = open_logbook(str(place))
    _say(logbook, name, f"{around} {name} {short}")
    logbook.close()
    erase(str(place))
    with sqlite3.connect(place) as connection:
        dumped = "\n".join(connection.iterdump())
    connection.close()
    assert name not in dumped and name.encode() not in everything(str(place))


def _say(logbook: SqlLogbook, name: str, words: str) -> None:
    from dataclasses import replace

    with logbook.reading(ORG, NOW) as writer:
        writer.add(Page(organisation=HARBOUR, clients=(replace(CLIENT, name=name),), warnings=(words,)))
        writer.finish("w", full=True)
    logbook.record(
        ORG,
        Event(EventKind.HOLD, NOW, "c-1", data={"why": words}),
        Event(EventKind.LOG, NOW, "c-9", name, {"what": words, "on": "2026-03-01", "invoices": []}),
    )


@pytest.mark.parametrize("kind", KINDS)
def test_letters_go_when_their_time_has_come(places: Places, kind: str) -> None:
    place = places(kind)
    logbook = open_logbook(place)
    live_in(logbook, canary=True)
    logbook.close()
    database = open_database(place)
    assert tidy(database, NOW) == 0
    assert tidy(database, NOW + HOUR, really=False) == 2
    assert tidy(database, NOW + HOUR) == 2  # the accepted and the rejected one; the others are not settled
    assert tidy(database, NOW + HOUR) == 0
    assert verify(database).problems == ()
    logbook = open_logbook(place)
    assert [bool(m.raw) for m in logbook.messages(ORG, "c-1")] == [False, True, False, True, False, False]
    assert logbook.messages(ORG)[0].to == (CANARIES[2],)
    logbook.close()
    assert first_today(database, "2026-03-02") and not first_today(database, "2026-03-02")
    assert first_today(database, "2026-03-03")
    database.close()


def test_the_bytes_of_a_letter_go_in_small_batches(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("worker.logbook.tidy.BATCH", 1)
    place = str(tmp_path / "a.db")
    logbook = open_logbook(place)
    live_in(logbook, canary=True)
    read(logbook, now=NOW + HOUR)
    database = open_database(place)
    assert tidy(database, NOW + DAY) == 2
    logbook.close()
    database.close()


def test_an_id_written_by_hand_may_be_a_name() -> None:
    words = ("Calder Mills Ltd", "Joan Smith", "c-77", "0042")
    assert names_them("joan-smith", words) and names_them("CALDER MILLS LTD (old)", words)
    assert not names_them("c-77-0042", words) and not names_them("client-9f86d081884c7d65", words)
