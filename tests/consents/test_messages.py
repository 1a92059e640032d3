"""Golden texts: what a person reads when connecting does not work, word for word (messages.txt; REGENERATE=1)."""

import os
import re
import socket
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
import responses

from connectors.callback import Callback
from connectors.consent import App, Attempt, Consented, Provider
from tests.connectors.person import answer
from tests.consents.conftest import HARBOUR, MILL, QUAY, Office
from worker.core.secret import Secret
from worker.errors import BooksError

GOLDEN = Path(__file__).parent / "messages.txt"
AWAY = Provider(
    "Xero", "https://login.example.com/ask", "https://login.example.com/token", ("offline_access", "a", "b")
)
GIVEN = {"access_token": "a", "refresh_token": "r", "token_type": "Bearer", "expires_in": 1800}


def attempt(provider: Provider = AWAY) -> tuple[Attempt, str]:
    """An attempt and its state."""
    made = Attempt(provider, App("app", Secret("word"), "http://localhost:8910/callback"))
    return made, parse_qs(urlsplit(made.url).query)["state"][0]


def read(text: str, provider: Provider = AWAY) -> object:
    made, state = attempt(provider)
    return made.read(text.replace("STATE", state))


def redeemed(status: int = 200, **body: Any) -> Consented:
    made, state = attempt()
    with responses.RequestsMock() as server:
        if body:
            server.post(AWAY.token_url, json=body, status=status)
        elif status == 302:
            server.post(AWAY.token_url, status=302, headers={"Location": "https://elsewhere.example.com/"})
        elif status:
            server.post(AWAY.token_url, body="<html>sign in</html>", status=status, content_type="text/html")
        else:
            server.post(AWAY.token_url, body=requests.ConnectionError("reset"))
        return made.redeem(made.read(f"code=c&state={state}"))


def busy() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        Callback(f"http://localhost:{taken.getsockname()[1]}/callback")


def nobody() -> None:
    with Callback("http://localhost:0/callback") as door:
        door.expect(attempt()[0])
        door.wait(0.01)


def twice() -> None:
    made, state = attempt()
    made.read(f"code=c&state={state}")
    made.read(f"code=c&state={state}")


HERE: dict[str, Callable[[], object]] = {
    "denied": lambda: read("error=access_denied&state=STATE"),
    "the app may not ask for this": lambda: read("error=invalid_scope&state=STATE"),
    "the app is unknown": lambda: read("error=unauthorized_client&state=STATE"),
    "another error": lambda: read("error=server_error&state=STATE"),
    "another attempt's state": lambda: read("code=c&state=other"),
    "no state at all": lambda: read("https://books.example.com/callback?code=c"),
    "not an answer": lambda: read(
        "what?", Provider("QuickBooks", AWAY.authorize_url, AWAY.token_url, ("a",), pkce=False)
    ),
    "an empty code": lambda: read("code=&state=STATE"),
    "an answer twice": twice,
    "nobody answers": nobody,
    "the port is busy": busy,
    "a callback elsewhere": lambda: Callback("https://books.example.com/callback"),
    "the code is too old": lambda: redeemed(400, error="invalid_grant"),
    "the secret is wrong": lambda: redeemed(401, error="invalid_client"),
    "another refusal": lambda: redeemed(400, error="temporarily<unavailable>"),
    "less than asked for": lambda: redeemed(**GIVEN, scope="offline_access a"),
    "no lasting access": lambda: redeemed(**{**GIVEN, "refresh_token": ""}, scope="offline_access a b"),
    "a page instead of a token": lambda: redeemed(200),
    "sent elsewhere": lambda: redeemed(302),
    "no answer": lambda: redeemed(0),
}


def in_the_office(office: Office) -> dict[str, Callable[[], object]]:
    """What only shows once a consent was given."""
    here = office.tenant(HARBOUR)

    def too_late() -> None:
        office.write(harbour="xero")
        clock = office.sandbox.world.clock

        def slowly(url: str) -> str:
            back = answer(url, HARBOUR)
            clock.now += timedelta(minutes=6)
            return back

        office.connect("harbour", person=slowly)

    def written(text: str, *chosen: str, **given: Any) -> Callable[[], object]:
        def run() -> object:
            office.write(harbour=text)
            return office.connect("harbour", *chosen, **given)

        return run

    return {
        "another organisation than written": written(f"xero, tenant: {here}", QUAY),
        "several organisations": written("xero", QUAY, MILL),
        "another company than written": written(f'quickbooks, realm: "{office.realm(HARBOUR)}"', office.realm(QUAY)),
        "the code is too old, at the platform": too_late,
        "an address that is not registered": written('xero, redirect: "http://localhost:8999/callback"', HARBOUR),
    }


def said(deed: Callable[[], object]) -> str:
    try:
        deed()
    except (BooksError, AssertionError) as error:
        text = str(error)
    else:
        raise RuntimeError("nothing went wrong")
    text = re.sub(r"(?s)<!doctype.*?<p>(.*?)</p>.*", r"(the platform's own page) \1", text)
    return re.sub(r"\b\d{4,5}(?=\b(?! minutes))", "PORT", text) if "Port" in text else text


def test_every_message_reads_as_it_was_agreed(office: Office) -> None:
    cases = {**HERE, **in_the_office(office)}
    found = "\n".join(f"{name}\n    {said(deed)}\n" for name, deed in cases.items())
    if os.environ.get("REGENERATE"):
        GOLDEN.write_text(found, "utf-8")
    assert found == GOLDEN.read_text("utf-8")
    assert office.names() == ()  # whatever went wrong, nothing was kept


@pytest.mark.parametrize("name", sorted(HERE))
def test_no_message_tells_the_code_or_the_state(name: str) -> None:
    with pytest.raises(BooksError) as caught:
        HERE[name]()
    assert "state=" not in str(caught.value) and "code=" not in str(caught.value)
