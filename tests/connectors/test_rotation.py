"""Lost answers, dead tokens, lifetimes, and which saved connection the settings mean."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import requests
import responses

from connectors.grants import Lifetimes, first_grant, token_hash
from connectors.quickbooks import LIFETIMES as INTUIT
from connectors.quickbooks import open_books as open_quickbooks
from connectors.rotation import GRACE
from connectors.xero import LIFETIMES as XERO
from connectors.xero import open_books as open_xero
from tests.vault.identity import START, StoppedClock
from tests.vault.support import NAME, consented, file_tokens, source
from worker.core.grant import Grant, GrantState, Intent
from worker.core.secret import Secret
from worker.errors import BooksError, BooksUnavailable, ConnectionBroken
from worker.vault.tokens import SealedTokens

URL = "https://identity.example.com/token"
TOKEN = {"access_token": "a1", "expires_in": 1800, "refresh_token": "r1"}


@pytest.fixture
def tokens(tmp_path: Path) -> SealedTokens:
    kept = file_tokens(tmp_path / "tokens")
    kept.save(NAME, consented("r0"))
    return kept


def lost(_: object) -> Any:
    raise requests.ReadTimeout


def unreached(_: object) -> Any:
    raise requests.ConnectTimeout


def served(mock: responses.RequestsMock, *answers: Any) -> list[str]:
    """Answer in turn, the last one for good; what was asked."""
    asked: list[str] = []

    def answer(request: Any) -> Any:
        asked.append(request.body.decode())
        found = answers[min(len(asked), len(answers)) - 1]
        if callable(found):
            return found(request)
        import json

        return (found[0], {}, json.dumps(found[1])) if isinstance(found, tuple) else (200, {}, json.dumps(found))

    mock.add_callback(responses.POST, URL, answer, content_type="application/json")
    return asked


def outcome(tokens: SealedTokens, clock: StoppedClock, *answers: Any) -> tuple[list[str], BooksError | str, Grant]:
    """What was asked, how it ended, and what is kept then."""
    with responses.RequestsMock() as mock:
        asked = served(mock, *answers)
        try:
            ended: BooksError | str = source(tokens, URL, clock).access().reveal()
        except BooksError as error:
            ended = error
    kept = tokens.load(NAME)
    assert kept is not None
    return asked, ended, kept


def test_the_intent_is_kept_before_the_question_and_gone_after_the_answer(tokens: SealedTokens) -> None:
    seen: list[Grant | None] = []

    def answer(_: object) -> Any:
        seen.append(tokens.load(NAME))
        return (200, {}, '{"access_token": "a1", "expires_in": 1800, "refresh_token": "r1"}')

    asked, ended, kept = outcome(tokens, StoppedClock(), answer)
    assert len(asked) == 1 and ended == "a1"
    assert seen[0] is not None and seen[0].intent == Intent(token_hash(Secret("r0")), START)
    assert seen[0].refresh == Secret("r0")
    assert (kept.intent, kept.generation, kept.previous) == (None, 1, Secret("r0"))
    assert kept.refreshed == START and kept.ends == START + timedelta(days=60)


def test_a_lost_answer_is_asked_for_with_the_same_token_until_the_grace_ends(tokens: SealedTokens) -> None:
    clock = StoppedClock()
    asked, ended, kept = outcome(tokens, clock, lost)
    assert isinstance(ended, BooksUnavailable)
    assert len(set(asked)) == 1 and len(asked) > 10
    assert timedelta(minutes=23) < timedelta(seconds=clock.slept) <= GRACE
    assert kept.refresh == Secret("r0") and kept.intent is not None and kept.intent.since == START


@pytest.mark.parametrize("trouble", [unreached, (429, {}), (503, {})])
def test_a_platform_that_did_nothing_leaves_no_intent(tokens: SealedTokens, trouble: Any) -> None:
    asked, ended, kept = outcome(tokens, StoppedClock(), trouble)
    assert isinstance(ended, BooksUnavailable) and len(asked) == 4
    assert kept.intent is None and kept.refresh == Secret("r0")


def test_a_long_wait_is_for_the_next_sweep(tokens: SealedTokens) -> None:
    clock = StoppedClock()
    with responses.RequestsMock() as mock:
        mock.post(URL, status=429, headers={"Retry-After": "9999"})
        with pytest.raises(BooksUnavailable):
            source(tokens, URL, clock).access()
    kept = tokens.load(NAME)
    assert clock.slept == 0 and kept is not None and kept.intent is None


@pytest.mark.parametrize("trouble", [lost, (500, {}), (502, {}), (504, {})])
def test_what_may_have_been_done_is_asked_for_longer(tokens: SealedTokens, trouble: Any) -> None:
    asked, ended, _ = outcome(tokens, StoppedClock(), trouble, unreached, unreached, unreached, unreached, TOKEN)
    assert ended == "a1" and len(asked) == 6


def test_an_intent_found_after_a_crash_keeps_its_time(tokens: SealedTokens) -> None:
    since = START - timedelta(minutes=20)
    tokens.save(NAME, replace(consented("r0"), intent=Intent(token_hash(Secret("r0")), since)))
    clock = StoppedClock()
    asked, ended, kept = outcome(tokens, clock, lost)
    assert isinstance(ended, BooksUnavailable) and len(asked) > 2
    assert clock.slept <= 300, "only what is left of the grace"
    assert kept.intent is not None and kept.intent.since == since
    assert outcome(tokens, StoppedClock(), TOKEN)[1] == "a1"


def test_after_the_grace_one_question_a_sweep_remains(tokens: SealedTokens) -> None:
    """The platform may never have heard the first one: an outage must not cost every consent."""
    since = START - timedelta(hours=5)
    tokens.save(NAME, replace(consented("r0"), intent=Intent(token_hash(Secret("r0")), since)))
    asked, ended, _ = outcome(tokens, StoppedClock(), lost)
    assert isinstance(ended, BooksUnavailable) and len(asked) == 1
    asked, ended, kept = outcome(tokens, StoppedClock(), (400, {"error": "invalid_grant"}))
    assert isinstance(ended, ConnectionBroken) and len(asked) == 1
    assert "lost and could not be asked for again in time" in kept.why


def test_an_intent_of_an_older_token_means_nothing(tokens: SealedTokens) -> None:
    tokens.save(NAME, replace(consented("r0"), intent=Intent("of another", START - timedelta(hours=5))))
    asked, _, kept = outcome(tokens, StoppedClock(), unreached)
    assert len(asked) == 4 and kept.intent is None


def test_a_dead_connection_is_marked_kept_and_not_asked_about_again(tokens: SealedTokens) -> None:
    asked, ended, kept = outcome(tokens, StoppedClock(), (400, {"error": "invalid_grant"}))
    assert len(asked) == 1 and isinstance(ended, ConnectionBroken)
    assert "Connect this organisation again" in str(ended)
    assert (kept.state, kept.refresh) == (GrantState.NEEDS_CONSENT, Secret("r0"))
    with pytest.raises(ConnectionBroken, match="no longer accepts this connection"):
        source(tokens, URL).access()  # without a question: nothing is served
    before = tokens.load(NAME)
    again = first_grant("xero", "app", {**TOKEN, "refresh_token": "r9"}, START, XERO, before=before)
    assert again.generation == 1 and again.state is GrantState.GOOD
    tokens.save(NAME, again)
    assert source(tokens, URL).access() == Secret("a1"), "a new consent mends it"


def test_other_refusals_mark_nothing(tokens: SealedTokens) -> None:
    _, ended, kept = outcome(tokens, StoppedClock(), (400, {"error": "invalid_client"}))
    assert isinstance(ended, ConnectionBroken) and kept.state is GrantState.GOOD


def test_a_grant_of_another_platform_or_application_is_refused(tokens: SealedTokens) -> None:
    for wrong in (consented("r0", "quickbooks"), replace(consented("r0"), client_id="another")):
        tokens.save(NAME, wrong)
        with pytest.raises(ConnectionBroken, match=r"is to quickbooks|another application"):
            source(tokens, URL).access()


def test_lifetimes() -> None:
    now, year = START, timedelta(days=365)
    assert XERO.ends({}, now - year, now) == now + timedelta(days=60)
    assert INTUIT.ends({}, None, now) == now + timedelta(days=100)
    assert INTUIT.ends({"x_refresh_token_expires_in": 86400}, now, now) == now + timedelta(days=1)
    assert INTUIT.ends({}, now - 5 * year + timedelta(days=3), now) == now + timedelta(days=3)
    hard = {"x_refresh_token_expires_in": 8726400, "x_refresh_token_hard_expires_in": 60}
    assert INTUIT.ends(hard, now - year, now) == now + timedelta(seconds=60)
    assert Lifetimes(timedelta(1)).ends({"": 5}, now, now) == now + timedelta(1)


Opening = Callable[..., Any]


def _open(opener: Opening, tokens: SealedTokens, **options: object) -> Any:
    return opener({"client_id": "app", **options}, StoppedClock(), tokens, {})


def test_which_saved_connection_is_meant(tokens: SealedTokens) -> None:
    shared = replace(consented("r0"), tenants=(("t-1", "One"), ("t-2", "Two")))
    tokens.save("practice", shared)
    tokens.save("harbour", replace(consented("r5"), tenants=(("t-9", "Harbour"),)))

    def books(**options: object) -> tuple[str, str, str]:
        api = _open(open_xero, tokens, **options)._api
        return type(api._source).__name__, getattr(api._source, "_name", ""), api._tenant

    saved = "RefreshToken"
    assert books(connection="practice", tenant="t-2", organisation="harbour") == (saved, "practice", "t-2")
    assert books(connection="practice") == (saved, "practice", ""), "which of two is asked for, or written"
    assert books(organisation="harbour") == (saved, "harbour", "t-9")
    assert books(organisation="harbour", client_secret="s") == (saved, "harbour", "t-9")
    assert books(organisation="harbour", client_secret="s", grant="client credentials")[0] == "ClientCredentials"
    assert books(organisation="nobody", client_secret="s")[0] == "ClientCredentials"
    assert books(organisation="harbour", refresh_token="r7")[1].startswith("xero-")
    assert books(organisation="harbour", client_id=None)[1] == "harbour", "the consent knows its application"
    with pytest.raises(ConnectionBroken, match='no saved connection "nobody"') as error:
        books(organisation="nobody")
    assert "duecourse connect" in error.value.todo
    with pytest.raises(ConnectionBroken, match="made by another application"):
        books(connection="practice", client_id="other")
    with pytest.raises(ConnectionBroken, match="is to xero, but the settings say quickbooks"):
        _open(open_quickbooks, tokens, connection="practice", realm="1")


def test_a_company_of_a_saved_connection(tokens: SealedTokens) -> None:
    tokens.save("quay", replace(consented("r0", "quickbooks"), tenants=(("123", "Quay"),)))
    books = _open(open_quickbooks, tokens, organisation="quay")
    assert books._api.realm == "123" and books._api._source._name == "quay"
    assert _open(open_quickbooks, tokens, connection="quay", realm="7")._api.realm == "7"
    with pytest.raises(ConnectionBroken, match="no saved connection"):
        _open(open_quickbooks, tokens, organisation="nobody", realm="7")
