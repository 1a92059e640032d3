"""Tokens: rotated once, on disk before use, never lost, never shown."""

import json
import logging
import stat
import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import pytest
import requests
import responses
from requests import PreparedRequest

from connectors.grants import Lifetimes, grant_name
from connectors.http import Session
from connectors.oauth import ClientCredentials, TokenEndpoint
from connectors.rotation import RefreshToken
from tests.connectors.stage import NOW, FakeClock
from tests.vault.support import file_tokens
from worker.core.grant import Grant
from worker.core.secret import Secret
from worker.errors import BooksGarbled, BooksUnavailable, ConnectionBroken
from worker.vault.tokens import SealedTokens

URL = "https://identity.example.com/connect/token"
LIFETIMES = Lifetimes(unused=timedelta(days=60))
CANARY = "canary-5d1e"


class Identity:
    """An identity service that rotates refresh tokens and, unless `grace`, kills the old one at once."""

    def __init__(self, grace: bool = True) -> None:
        self.grace, self.live, self.used = grace, {"r0"}, list[str]()
        self.forms: list[dict[str, str]] = []
        self.headers: list[dict[str, str]] = []
        self.lose = 0
        self.lock = threading.Lock()

    def __call__(self, request: PreparedRequest) -> tuple[int, dict[str, str], str]:
        with self.lock:
            body = request.body.decode() if isinstance(request.body, bytes) else str(request.body)
            form = {k: v[0] for k, v in parse_qs(body).items()}
            self.forms.append(form)
            self.headers.append(dict(request.headers))
            answer: dict[str, Any] = {"access_token": f"a{len(self.forms)}", "expires_in": 1800, "token_type": "Bearer"}
            if form["grant_type"] == "refresh_token":
                old = form["refresh_token"]
                if old not in self.live:
                    return 400, {}, '{"error":"invalid_grant"}'
                if not self.grace:
                    self.live.discard(old)
                answer["refresh_token"] = f"r{len(self.forms)}"
                self.live.add(answer["refresh_token"])
                self.used.append(old)
            if self.lose:
                self.lose -= 1
                raise requests.ReadTimeout
            return 200, {}, json.dumps(answer)


@pytest.fixture
def identity() -> Iterator[Identity]:
    service = Identity()
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        mock.add_callback(responses.POST, URL, service, content_type="application/json")
        yield service


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def tokens(tmp_path: Path) -> SealedTokens:
    return file_tokens(tmp_path / "tokens")


def endpoint(clock: FakeClock, secret: str = CANARY) -> TokenEndpoint:
    return TokenEndpoint(Session(clock, "Example"), URL, "app", Secret(secret))


def source(clock: FakeClock, tokens: SealedTokens, first: str = "r0") -> RefreshToken:
    return RefreshToken(endpoint(clock), tokens, "one", Secret(first), platform="xero", lifetimes=LIFETIMES)


# --- client credentials ---------------------------------------------------------------------------------------------


def test_client_credentials(identity: Identity, clock: FakeClock) -> None:
    access = ClientCredentials(endpoint(clock))
    assert access.access() == access.access() == Secret("a1")
    assert identity.forms == [{"grant_type": "client_credentials"}]
    assert identity.headers[0]["Authorization"].startswith("Basic ")
    clock.passed = 1700
    assert access.access() == Secret("a1")
    clock.passed = 1741
    assert access.access() == Secret("a2"), "renewed a minute before its end"
    assert access.renew(Secret("a2")) == Secret("a3")


# --- rotation -------------------------------------------------------------------------------------------------------


def test_rotation_is_on_disk_before_the_token_is_used(
    identity: Identity, clock: FakeClock, tokens: SealedTokens
) -> None:
    assert source(clock, tokens).access() == Secret("a1")
    kept = tokens.load("one")
    assert kept == Grant(
        Secret("r1"),
        Secret("a1"),
        NOW + timedelta(seconds=1740),
        Secret("r0"),
        1,
        platform="xero",
        client_id="app",
        refreshed=NOW,
        ends=NOW + timedelta(days=60),
    )
    assert source(clock, tokens, "").access() == Secret("a1"), "another process uses what is kept"
    clock.passed = 1741
    assert source(clock, tokens).access() == Secret("a2")
    assert identity.used == ["r0", "r1"]
    assert tokens.load("one").previous == Secret("r1")


def test_a_lost_reply_is_asked_for_again_with_the_same_token(
    identity: Identity, clock: FakeClock, tokens: SealedTokens
) -> None:
    identity.lose = 2
    assert source(clock, tokens).access() == Secret("a3")
    assert identity.used == ["r0", "r0", "r0"]
    assert clock.passed < 25 * 60


def test_replies_lost_for_good_leave_the_old_token_for_next_time(
    identity: Identity, clock: FakeClock, tokens: SealedTokens
) -> None:
    first = source(clock, tokens)
    first.access()
    clock.passed = 1741
    identity.lose = 99
    with pytest.raises(BooksUnavailable):
        first.access()
    assert tokens.load("one").refresh == Secret("r1")
    identity.lose = 0
    assert source(clock, tokens).access()
    assert set(identity.used) == {"r0", "r1"}


def test_an_unwritable_store_stops_the_refresh_before_it_is_asked_for(
    identity: Identity, clock: FakeClock, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(ConnectionBroken, match="cannot be written"):
        source(clock, file_tokens(tmp_path / "file" / "tokens")).access()
    assert identity.forms == []


def test_a_full_disk_is_found_before_and_nothing_is_lost(
    identity: Identity, clock: FakeClock, tokens: SealedTokens, monkeypatch: pytest.MonkeyPatch
) -> None:
    tokens.save("one", Grant(Secret("r0"), Secret(""), NOW, Secret("")))

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("worker.vault.files.os.fsync", full)
    with pytest.raises(ConnectionBroken, match="No space left on device"):
        source(clock, tokens).access()
    assert identity.forms == []
    monkeypatch.undo()
    assert tokens.load("one").refresh == Secret("r0")


def test_a_token_dead_here_may_be_newer_in_the_store(
    identity: Identity, clock: FakeClock, tokens: SealedTokens, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another machine refreshed between our look and our question: read once more, then believe it."""
    identity.live = {"r7"}
    newer = Grant(Secret("r7"), Secret(""), NOW, Secret("r0"))
    answers = iter([None, None, newer])
    monkeypatch.setattr(tokens, "load", lambda _: next(answers))
    assert source(clock, tokens).access()
    assert [f["refresh_token"] for f in identity.forms] == ["r0", "r7"]


def test_a_dead_token_is_kept_and_a_person_asked(identity: Identity, clock: FakeClock, tokens: SealedTokens) -> None:
    source(clock, tokens).access()
    identity.live.clear()
    clock.passed = 1741
    with pytest.raises(ConnectionBroken, match="no longer accepts this connection") as error:
        source(clock, tokens).access()
    assert error.value.todo == "Connect this organisation again; nothing is sent for it until then."
    assert tokens.load("one").refresh == Secret("r1"), "never deleted"


def test_many_at_once_refresh_once(identity: Identity, clock: FakeClock, tokens: SealedTokens) -> None:
    identity.grace = False
    sources = [source(clock, tokens) for _ in range(8)]
    found: list[Secret] = []
    threads = [threading.Thread(target=lambda s=s: found.append(s.access())) for s in sources]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert identity.used == ["r0"]
    assert found == [Secret("a1")] * 8


def test_a_rejected_token_is_not_given_again(identity: Identity, clock: FakeClock, tokens: SealedTokens) -> None:
    one, other = source(clock, tokens), source(clock, tokens)
    first = one.access()
    assert other.access() == first
    second = one.renew(first)
    assert second != first
    assert other.renew(first) == second, "the other one takes what was refreshed meanwhile"
    assert len(identity.forms) == 2


def test_nothing_kept_and_nothing_given(clock: FakeClock, tokens: SealedTokens) -> None:
    with pytest.raises(ConnectionBroken, match="no saved connection"):
        source(clock, tokens, "").access()


def test_an_application_without_a_secret_names_itself_in_the_form(
    identity: Identity, clock: FakeClock, tokens: SealedTokens
) -> None:
    RefreshToken(endpoint(clock, ""), tokens, "one", Secret("r0"), platform="xero", lifetimes=LIFETIMES).access()
    assert identity.forms[0] == {"grant_type": "refresh_token", "refresh_token": "r0", "client_id": "app"}
    assert "Authorization" not in identity.headers[0]


# --- what the identity service may say ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "body", "kind", "error"),
    [
        (400, '{"error":"invalid_client"}', "application/json", ConnectionBroken),
        (400, '{"error":"invalid_scope","error_description":"x"}', "application/json", ConnectionBroken),
        (401, "{}", "application/json", ConnectionBroken),
        (200, "{}", "application/json", BooksGarbled),
        (200, "[]", "application/json", BooksGarbled),
        (200, '{"access_token":7}', "application/json", BooksGarbled),
        (200, "{", "application/json", BooksGarbled),
        (200, "", "application/json", BooksGarbled),
        (200, "<html>", "text/html", BooksGarbled),
        (302, "", "text/html", BooksGarbled),
        (500, "", "text/html", BooksUnavailable),
        (429, "", "text/html", BooksUnavailable),
    ],
)
def test_refusals(clock: FakeClock, status: int, body: str, kind: str, error: type[Exception]) -> None:
    with responses.RequestsMock() as mock:
        mock.post(URL, status=status, body=body, content_type=kind)
        with pytest.raises(error):
            ClientCredentials(endpoint(clock)).access()


# --- files ----------------------------------------------------------------------------------------------------------


def test_files_are_for_their_owner_only(
    identity: Identity, clock: FakeClock, tokens: SealedTokens, tmp_path: Path
) -> None:
    source(clock, tokens).access()
    folder = tmp_path / "tokens"
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    files = list(folder.iterdir())
    assert files and {stat.S_IMODE(f.stat().st_mode) for f in files} == {0o600}


def test_a_name_cannot_leave_the_folder(tokens: SealedTokens, tmp_path: Path) -> None:
    grant = Grant(Secret("r"), Secret("a"), NOW, Secret(""))
    tokens.save("../../etc/x", grant)
    assert tokens.load("../../etc/x") == grant
    assert [f.parent for f in tmp_path.rglob("*.json")] == [tmp_path / "tokens"]


@pytest.mark.parametrize("spoilt", ["", "{", "[]", '{"refresh":"r"}', '{"refresh":1,"access":2,"expires":"x"}'])
def test_a_spoilt_file_is_said_and_not_replaced(tokens: SealedTokens, tmp_path: Path, spoilt: str) -> None:
    tokens.save("one", Grant(Secret("r"), Secret("a"), NOW, Secret("")))
    (file,) = (tmp_path / "tokens").glob("one.json")
    file.write_text(spoilt)
    with pytest.raises(ConnectionBroken, match="cannot be read"):
        tokens.load("one")
    assert file.read_text() == spoilt


def test_a_new_consent_has_a_new_name_and_a_shared_one_the_same() -> None:
    assert grant_name("xero", "app", "r0") == grant_name("xero", "app", "r0")
    assert len({grant_name("xero", "app", "r0"), grant_name("xero", "app", "r1"), grant_name("xero", "b", "r0")}) == 3
    assert CANARY not in grant_name("xero", "app", CANARY)


# --- secrets --------------------------------------------------------------------------------------------------------


def test_secrets_are_shown_by_nothing() -> None:
    secret = Secret(CANARY)
    grant = Grant(secret, secret, NOW, secret)
    shown = [repr(secret), str(secret), f"{secret}", f"{secret!r:>30}", f"{[secret]}", repr(grant), f"{secret:>20}"]
    assert not any(CANARY in text for text in shown)
    assert secret.reveal() == CANARY and secret == Secret(CANARY) and hash(secret) == hash(Secret(CANARY))


def test_errors_and_logs_never_carry_one(clock: FakeClock, tokens: SealedTokens, caplog, capsys) -> None:
    caplog.set_level(logging.DEBUG)
    for status, body in (
        (400, f'{{"error":"{CANARY} {CANARY}"}}'),
        (500, CANARY),
        (200, f'{{"refresh_token":"{CANARY}"}}'),
    ):
        with responses.RequestsMock() as mock:
            mock.post(URL, status=status, body=body, content_type="application/json")
            with pytest.raises((ConnectionBroken, BooksUnavailable, BooksGarbled)) as error:
                source(clock, tokens, CANARY).access()
        assert CANARY not in str(error.value) + repr(error.value)
    assert CANARY not in caplog.text + "".join(capsys.readouterr())
