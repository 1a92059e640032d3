"""The door on this machine: one answer, on loopback only, shut afterwards; and what is taken for an answer."""

import http.client
import socket
import threading
from collections.abc import Callable, Iterator
from urllib.parse import parse_qs, urlsplit

import pytest

from connectors.callback import Callback, obtain
from connectors.consent import App, Attempt, ConsentFailed, Provider, Reply
from worker.core.secret import Secret

XERO = Provider(
    "Xero", "https://login.example.com/authorize", "https://login.example.com/token", ("offline_access", "a")
)
PLAIN = Provider("QuickBooks", XERO.authorize_url, XERO.token_url, ("a",), pkce=False)


def attempt(provider: Provider = XERO, redirect: str = "http://localhost:1/back") -> Attempt:
    return Attempt(provider, App("app-1", Secret("word"), redirect))


def asked(one: Attempt) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(urlsplit(one.url).query).items()}


@pytest.fixture
def door() -> Iterator[Callback]:
    with Callback("http://localhost:0/back") as found:
        yield found


class Visitor:
    """A browser of sorts: waits in a thread while the test asks."""

    def __init__(self, door: Callback, one: Attempt) -> None:
        self.port = urlsplit(door.redirect).port or 0
        self.result: Reply | ConsentFailed | None = None
        self._thread = threading.Thread(target=self._wait, args=(door,))
        door.expect(one)
        self._thread.start()

    def _wait(self, door: Callback) -> None:
        try:
            self.result = door.wait(20)
        except ConsentFailed as failed:
            self.result = failed

    def get(self, path: str, host: str = "localhost", at: str = "127.0.0.1") -> tuple[int, str, dict[str, str]]:
        line = http.client.HTTPConnection(at, self.port, timeout=5)
        line.request("GET", path, headers={"Host": f"{host}:{self.port}"})
        answer = line.getresponse()
        found = answer.status, answer.read().decode(), dict(answer.headers)
        line.close()
        return found

    def end(self) -> Reply | ConsentFailed | None:
        self._thread.join(10)
        return self.result


Visit = Callable[[Attempt], Visitor]


@pytest.fixture
def visit(door: Callback) -> Visit:
    return lambda one: Visitor(door, one)


def test_one_answer_and_the_door_is_shut(visit: Visit) -> None:
    one = attempt()
    visitor = visit(one)
    status, page, headers = visitor.get(f"/back?code=the-code&state={asked(one)['state']}&realmId=77")
    found = visitor.end()
    assert status == 200 and "You can close this page" in page and "the-code" not in page
    assert isinstance(found, Reply) and found.code.reveal() == "the-code" and found.told == {"realmId": "77"}
    assert headers["Cache-Control"] == "no-store" and headers["Referrer-Policy"] == "no-referrer"
    assert "the-code" not in repr(found)
    with pytest.raises(OSError):
        visitor.get("/back?code=another")


@pytest.mark.parametrize(
    ("path", "host"), [("/favicon.ico", "localhost"), ("/", "localhost"), ("/back", "evil.example.com")]
)
def test_what_is_not_the_callback_answers_nothing(visit: Visit, path: str, host: str) -> None:
    one = attempt()
    visitor = visit(one)
    assert visitor.get(f"{path}?code=stolen&state={asked(one)['state']}", host)[0] == 404
    assert visitor.get(f"/back?code=mine&state={asked(one)['state']}")[0] == 200
    found = visitor.end()
    assert isinstance(found, Reply) and found.code.reveal() == "mine"


def test_a_wrong_state_ends_the_attempt(visit: Visit) -> None:
    visitor = visit(attempt())
    status, page, _ = visitor.get("/back?code=the-code&state=guess")
    assert status == 400 and "Not connected" in page
    found = visitor.end()
    assert isinstance(found, ConsentFailed) and "another attempt" in str(found)


def test_idle_connections_hold_nobody_up(visit: Visit) -> None:
    one = attempt()
    visitor = visit(one)
    with socket.create_connection(("127.0.0.1", visitor.port)):  # a browser's speculation
        assert visitor.get(f"/back?code=c&state={asked(one)['state']}")[0] == 200
        assert isinstance(visitor.end(), Reply)


def test_both_families_are_ours(door: Callback) -> None:
    port = urlsplit(door.redirect).port or 0
    for family, host in ((socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1")):
        try:
            taken = socket.socket(family, socket.SOCK_STREAM)
            taken.bind((host, 0))
        except OSError:
            continue  # this machine has no such family
        with taken, socket.socket(family, socket.SOCK_STREAM) as other, pytest.raises(OSError):
            other.bind((host, port))


def test_nobody_answers(door: Callback) -> None:
    with pytest.raises(ConsentFailed, match=r"Nobody answered within 0\.01 seconds"):
        door.expect(attempt())
        door.wait(0.01)


def test_a_busy_port_is_named() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(ConsentFailed, match=f"Port {port} of this machine cannot be used"):
            Callback(f"http://localhost:{port}/back")


def test_an_address_elsewhere_is_not_waited_for() -> None:
    with pytest.raises(ConsentFailed, match="not on this machine"):
        Callback("https://books.example.com/back")


def test_the_address_asks_with_a_proof_and_a_state_nobody_guesses() -> None:
    one, other = asked(attempt()), asked(attempt())
    assert one["response_type"] == "code" and one["scope"] == "offline_access a"
    assert one["code_challenge_method"] == "S256" and len(one["code_challenge"]) == 43
    assert len(one["state"]) >= 22  # of 62 letters: 128 bits take 21.5
    assert one["state"] != other["state"] and one["code_challenge"] != other["code_challenge"]
    assert "word" not in attempt().url
    assert "code_challenge" not in asked(attempt(PLAIN))


def test_what_may_be_pasted() -> None:
    one = attempt()
    state = asked(one)["state"]
    assert one.read(f"  https://a.example.com/back?code=x%2Fy&state={state}\n").code.reveal() == "x/y"
    two = attempt(PLAIN)
    read = two.read(f"code=x&state={asked(two)['state']}&realmId=9")
    assert (read.code.reveal(), read.told) == ("x", {"realmId": "9"})
    assert attempt().read("4/0Abc==").code.reveal() == "4/0Abc=="


@pytest.mark.parametrize("text", ["", "hello there", "https://a.example.com/back", "?x=1"])
def test_what_is_no_answer_may_be_pasted_again(text: str) -> None:
    two = attempt(PLAIN)
    with pytest.raises(ConsentFailed, match="holds no answer"):
        two.read(text)
    assert two.read(f"code=x&state={asked(two)['state']}")


def test_a_bare_code_needs_the_proof_that_ties_it_to_us() -> None:
    with pytest.raises(ConsentFailed, match="holds no answer"):
        attempt(PLAIN).read("just-the-code")


def test_an_answer_is_good_once() -> None:
    one = attempt()
    answer = f"code=x&state={asked(one)['state']}"
    one.read(answer)
    with pytest.raises(ConsentFailed, match="used already"):
        one.read(answer)


def test_an_answer_may_come_before_anybody_waits() -> None:
    """A platform that asks nothing sends the browser back at once; some browsers are only left afterwards."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    seen: list[int] = []

    def show(url: str) -> None:
        state = parse_qs(urlsplit(url).query)["state"][0]
        line = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
        line.request("GET", f"/back?error=access_denied&state={state}", headers={"Host": f"localhost:{port}"})
        seen.append(line.getresponse().status)
        line.close()

    with pytest.raises(ConsentFailed, match="denied"):
        obtain(XERO, App("app-1", Secret("word"), f"http://localhost:{port}/back"), show, patience=20)
    assert seen == [400]
