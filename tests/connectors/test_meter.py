"""Calls and bytes are counted as they cross the wire: compressed, failed ones too, by purpose."""

import gzip

import pytest
import responses

from connectors.http import Session
from connectors.meter import Meter
from tests.connectors.contract import mirror_of
from tests.connectors.stage import FakeClock
from tests.connectors.test_http import JSON, URL, WHAT
from tests.connectors.xero.stage import XeroStage, staged
from worker.core.usage import Used
from worker.errors import BooksUnavailable


@pytest.fixture
def meter() -> Meter:
    return Meter()


@pytest.fixture
def session(meter: Meter) -> Session:
    return Session(FakeClock(), "Example", meter=meter)


def test_bytes_are_those_on_the_wire(meter: Meter, session: Session) -> None:
    plain = b'{"rows":[' + b"1," * 20_000 + b"1]}"
    packed = gzip.compress(plain, mtime=0)
    with responses.RequestsMock() as wire:
        wire.get(URL, body=packed, headers={**JSON, "Content-Encoding": "gzip"}, auto_calculate_content_length=True)
        assert session.ask("GET", URL, WHAT).body == plain
    assert meter.used == {"reading": Used(1, 1, len(packed))}
    assert len(packed) * 100 < len(plain)


def test_every_attempt_counts_and_only_answers_are_answered(meter: Meter, session: Session) -> None:
    with responses.RequestsMock() as wire:
        wire.get(URL, status=500, body=b"12345")
        wire.get(URL, body=ConnectionError("cut"))
        wire.get(URL, json={})
        session.ask("GET", URL, WHAT, last_look=True)
    assert meter.used == {"last look": Used(3, 1, 7)}


def test_purposes_stay_apart(meter: Meter, session: Session) -> None:
    with responses.RequestsMock() as wire:
        wire.get(URL, json={})
        wire.put(URL, status=503)
        session.ask("GET", URL, WHAT, purpose="pdf")
        with pytest.raises(BooksUnavailable):
            session.ask("PUT", URL, WHAT, purpose="note")
    assert meter.used["pdf"].answered == 1 and meter.used["note"] == Used(1, 0, 0)


def test_the_platforms_compress_and_we_take_it(tmp_path) -> None:
    """A real reading over real HTTP: what was counted is a fraction of what was read."""
    stages = staged(tmp_path, seeds=(7,))
    stage: XeroStage = next(stages)
    books = stage.books()
    mirror_of(books, stage.now)
    used = books.usage
    assert used["token"].calls == used["organisation"].calls == 1
    calls = sum(u.calls for name, u in used.items() if name != "token")
    assert calls == len(stage.asked())
    unpacked = 0
    ask = books._api._session.ask

    def counted(*words, **named):
        nonlocal unpacked
        reply = ask(*words, **named)
        unpacked += len(reply.body)
        return reply

    books._api._session.ask = counted
    before = sum(u.size for u in books.usage.values())
    mirror_of(books, stage.now)
    wire = sum(u.size for u in books.usage.values()) - before
    assert 0 < wire * 3 < unpacked
    stages.close()
