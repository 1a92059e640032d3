"""The HTTP session: bounded, paced, repeated only where that is safe, and silent about what it carries."""

import gzip
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
import requests
import responses
from hypothesis import given
from hypothesis import strategies as st
from structlog.testing import capture_logs

from connectors.http import Limits, Reply, Session, seconds
from connectors.pace import Pace
from tests.connectors.stage import FakeClock
from worker.errors import BooksError, BooksGarbled, BooksUnavailable

URL = "https://api.example.com/things/1"
WHAT = "the things"
JSON = {"Content-Type": "application/json; charset=utf-8"}


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def session(clock: FakeClock) -> Session:
    return Session(clock, "Example", trace="X-Trace")


@pytest.fixture
def wire() -> Iterator[responses.RequestsMock]:
    with responses.RequestsMock() as mock:
        yield mock


def test_a_reply_is_read_whole(wire: responses.RequestsMock, session: Session) -> None:
    wire.get(URL, body=b'{"a":1}', headers={**JSON, "X-Trace": "t-1"})
    reply = session.ask("GET", URL, WHAT)
    assert (reply.status, reply.json(WHAT), reply.trace) == (200, b'{"a":1}', "t-1")


@pytest.mark.parametrize("status", [200, 204, 400, 401, 403, 404, 412, 501])
def test_what_a_connector_must_judge_is_handed_to_it(
    wire: responses.RequestsMock, session: Session, clock: FakeClock, status: int
) -> None:
    wire.get(URL, status=status)
    assert session.ask("GET", URL, WHAT).status == status
    assert clock.slept == []


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
def test_passing_trouble_is_tried_again(
    wire: responses.RequestsMock, session: Session, clock: FakeClock, status: int
) -> None:
    wire.get(URL, status=status)
    wire.get(URL, status=status)
    wire.get(URL, json={})
    assert session.ask("GET", URL, WHAT).status == 200
    assert clock.slept == [2.0, 4.0]


@pytest.mark.parametrize("error", [requests.ConnectTimeout, requests.ReadTimeout, requests.ConnectionError])
def test_lost_replies_are_tried_again_for_a_get(
    wire: responses.RequestsMock, session: Session, error: type[Exception]
) -> None:
    wire.get(URL, body=error("secret in the message"))
    wire.get(URL, json={})
    assert session.ask("GET", URL, WHAT).status == 200


@pytest.mark.parametrize("method", ["PUT", "POST"])
@pytest.mark.parametrize("trouble", [requests.ReadTimeout(), requests.ConnectionError(), 500, 503, 429])
def test_what_changes_something_is_never_repeated(
    wire: responses.RequestsMock, session: Session, method: str, trouble: Exception | int
) -> None:
    if isinstance(trouble, int):
        wire.add(method, URL, status=trouble)
    else:
        wire.add(method, URL, body=trouble)
    with pytest.raises(BooksUnavailable):
        session.ask(method, URL, WHAT, body=b"x")
    assert len(wire.calls) == 1


def test_attempts_are_bounded(wire: responses.RequestsMock, session: Session, clock: FakeClock) -> None:
    wire.get(URL, status=500)
    with pytest.raises(BooksUnavailable, match=r"Example could not answer \(500\) when asked for the things\."):
        session.ask("GET", URL, WHAT)
    assert len(wire.calls) == 4 and clock.slept == [2.0, 4.0, 8.0]


def test_total_time_is_bounded(wire: responses.RequestsMock, clock: FakeClock) -> None:
    wire.get(URL, status=429, headers={"Retry-After": "200"})
    with pytest.raises(BooksUnavailable):
        Session(clock, "Example", limits=Limits(attempts=50, patience=500)).ask("GET", URL, WHAT)
    assert clock.slept == [200.0, 200.0]


def test_retry_after_is_obeyed_exactly(wire: responses.RequestsMock, session: Session, clock: FakeClock) -> None:
    wire.get(URL, status=429, headers={"Retry-After": "13", "X-Rate-Limit-Problem": "minute"})
    wire.get(URL, json={})
    session.ask("GET", URL, WHAT)
    assert clock.slept == [13.0]


@pytest.mark.parametrize("wait", ["301", "40000", "99999999999999999999"])
def test_a_long_retry_after_is_never_slept(
    wire: responses.RequestsMock, session: Session, clock: FakeClock, wait: str
) -> None:
    wire.get(URL, status=429, headers={"Retry-After": wait, "X-Rate-Limit-Problem": "day"})
    with pytest.raises(BooksUnavailable, match="limit: day") as error:
        session.ask("GET", URL, WHAT)
    assert clock.slept == [] and len(wire.calls) == 1
    assert error.value.retry_after == float(wait)


@pytest.mark.parametrize("wait", ["", "soon", "-5", "1e3", "NaN", "Wed, 21 Oct 2026 07:28:00 GMT", "٣"])
def test_a_retry_after_that_is_no_number_of_seconds_means_our_own_wait(wait: str) -> None:
    assert seconds(wait) is None


@given(st.integers(0, 10**9))
def test_a_retry_after_in_seconds(wait: int) -> None:
    assert seconds(f" {wait} ") == wait


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_redirects_are_never_followed(wire: responses.RequestsMock, session: Session, status: int) -> None:
    wire.get(URL, status=status, headers={"Location": "https://elsewhere.example.net/"})
    with pytest.raises(BooksGarbled, match="sent us elsewhere"):
        session.ask("GET", URL, WHAT, headers={"Authorization": "Bearer t"})
    assert len(wire.calls) == 1


def test_a_body_beyond_bounds_is_refused(wire: responses.RequestsMock, clock: FakeClock) -> None:
    wire.get(URL, body=b"x" * 3_000_000, headers=JSON)
    with pytest.raises(BooksGarbled, match="larger than 2 MiB"):
        Session(clock, "Example", limits=Limits(body=2 << 20)).ask("GET", URL, WHAT)


def test_a_small_body_that_unpacks_to_a_huge_one_is_refused(wire: responses.RequestsMock, clock: FakeClock) -> None:
    wire.get(URL, body=gzip.compress(b"\0" * (64 << 20)), headers={**JSON, "Content-Encoding": "gzip"})
    with pytest.raises(BooksGarbled, match="larger than 1 MiB"):
        Session(clock, "Example", limits=Limits(body=1 << 20)).ask("GET", URL, WHAT)


def test_a_body_that_drips_is_given_up(wire: responses.RequestsMock) -> None:
    clock = FakeClock(tick=61.0)
    wire.get(URL, body=b"x" * (1 << 20), headers=JSON)
    with pytest.raises(BooksUnavailable, match="too slowly"):
        Session(clock, "Example", limits=Limits(whole=60.0, attempts=2)).ask("GET", URL, WHAT)


def test_spoilt_compression_is_trouble_that_passes(wire: responses.RequestsMock, session: Session) -> None:
    wire.get(URL, body=b"not gzip", headers={**JSON, "Content-Encoding": "gzip"})
    wire.get(URL, json={})
    assert session.ask("GET", URL, WHAT).status == 200


def test_no_trusted_connection_is_not_tried_again(wire: responses.RequestsMock, session: Session) -> None:
    wire.get(URL, body=requests.exceptions.SSLError("certificate verify failed"))
    with pytest.raises(BooksUnavailable, match="No trusted connection"):
        session.ask("GET", URL, WHAT)
    assert len(wire.calls) == 1


@pytest.mark.parametrize(
    ("kind", "body", "said"),
    [
        ("application/json", b"", "An empty answer came instead of the things (correlation id t-9)."),
        ("application/json", b" \n", "An empty answer came instead of the things (correlation id t-9)."),
        ("text/html", b"<html>", "text/html came instead of the things (correlation id t-9)."),
        ("", b"{}", "Something without a content type came instead of the things (correlation id t-9)."),
    ],
)
def test_only_json_is_taken_for_json(kind: str, body: bytes, said: str) -> None:
    with pytest.raises(BooksGarbled) as error:
        Reply(200, {"Content-Type": kind}, body, "t-9").json(WHAT)
    assert error.value.what == said and error.value.todo.endswith(".")


@pytest.mark.parametrize("kind", ["application/json", "Application/JSON; charset=utf-8", "application/problem+json"])
def test_json_by_any_of_its_names(kind: str) -> None:
    assert Reply(200, {"Content-Type": kind}, b"{}").json(WHAT) == b"{}"


def test_netrc_cannot_replace_our_authorization(
    wire: responses.RequestsMock, session: Session, tmp_path, monkeypatch: pytest.MonkeyPatch
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine api.example.com login somebody password else\n")
    monkeypatch.setenv("NETRC", str(netrc))
    wire.get(URL, json={})
    session.ask("GET", URL, WHAT, headers={"Authorization": "Bearer t"})
    assert wire.calls[0].request.headers["Authorization"] == "Bearer t"


CANARY = "canary-7f3a"


def test_neither_errors_nor_logs_show_what_was_carried(wire: responses.RequestsMock, session: Session) -> None:
    wire.get(URL, status=503, body=f"<b>{CANARY}</b>", content_type="text/html")
    with capture_logs() as logs, pytest.raises(BooksError) as error:
        session.ask("GET", URL, WHAT, params={"q": CANARY}, headers={"Authorization": CANARY}, body=CANARY.encode())
    assert logs and CANARY not in repr(logs) and CANARY not in str(error.value)
    assert {entry["path"] for entry in logs} == {"/things/1"}


# --- pacing ---------------------------------------------------------------------------------------------------------


def paced(clock: FakeClock, per_minute: int = 55) -> Pace:
    return Pace(clock, "Example", per_minute, (1000, 5000), ("Minute", "Day"))


def test_a_minute_holds_only_so_many_calls(clock: FakeClock) -> None:
    pace = paced(clock, per_minute=3)
    for _ in range(3):
        pace.before(last_look=False)
        clock.passed += 1
    pace.before(last_look=False)
    assert clock.slept == [57.0]


def test_an_empty_minute_is_waited_for(clock: FakeClock) -> None:
    pace = paced(clock)
    pace.before(last_look=True)
    pace.after({"Minute": "0"})
    clock.passed += 10
    pace.before(last_look=True)
    assert clock.slept == [50.0]


@given(st.lists(st.floats(0, 30), min_size=1, max_size=200), st.integers(1, 60))
def test_no_window_of_a_minute_ever_holds_more(gaps: list[float], per_minute: int) -> None:
    clock = FakeClock()
    pace, times = paced(clock, per_minute), []
    for gap in gaps:
        clock.passed += gap
        pace.before(last_look=False)
        times.append(clock.passed)
    for n, start in enumerate(times):
        assert sum(1 for t in times[n:] if t < start + 59.999) <= per_minute


@pytest.mark.parametrize(
    ("seen", "reserve"), [((999,), 100), ((1000,), 100), ((4000, 800), 500), ((1001,), 500), ((9000,), 900)]
)
def test_a_tenth_of_the_day_is_kept(clock: FakeClock, seen: tuple[int, ...], reserve: int) -> None:
    pace = paced(clock)
    for day in seen:
        pace.after({"Day": str(day)})
    assert pace.reserve == reserve


def test_the_reserve_is_for_last_looks_only(clock: FakeClock) -> None:
    pace = paced(clock)
    pace.after({"Day": "101"})
    pace.before(last_look=False)
    pace.after({"Day": "100"})
    with pytest.raises(BooksUnavailable, match="kept for last looks"):
        pace.before(last_look=False)
    pace.before(last_look=True)


def test_a_worker_that_lives_on_asks_again_after_an_hour(clock: FakeClock) -> None:
    pace = paced(clock)
    pace.after({"Day": "5"})
    clock.passed += 3601
    pace.before(last_look=False)


@pytest.mark.parametrize("odd", ["", "many", "-3", "1.5"])
def test_odd_headers_hold_nothing_up(clock: FakeClock, odd: str) -> None:
    pace = paced(clock)
    pace.after({"Minute": odd, "Day": odd})
    pace.before(last_look=False)
    pace.before(last_look=False)
    assert clock.slept == []


# --- over a real line -----------------------------------------------------------------------------------------------


class Server(ThreadingHTTPServer):
    """Counts connections; `script` holds what to do with each request in turn, afterwards all is well."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.connections, self.script = 0, list[str]()
        self.over = threading.Event()

    def process_request(self, request, client_address) -> None:
        self.connections += 1
        super().process_request(request, client_address)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/x"


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Server

    def do_GET(self) -> None:
        deed = self.server.script.pop(0) if self.server.script else "well"
        if deed == "hang":
            self.server.over.wait(5)
            self.close_connection = True
            return
        if deed == "drop":
            self.close_connection = True
            return
        body = gzip.compress(b'{"rows":[' + b"1," * 100_000 + b"1]}")
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Encoding", "gzip")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body if deed == "well" else body[: len(body) // 2])
        self.close_connection = deed != "well"

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def server() -> Iterator[Server]:
    server = Server()
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    yield server
    server.over.set()
    server.shutdown()
    server.server_close()


def test_one_connection_carries_everything(server: Server, session: Session) -> None:
    for _ in range(20):
        assert len(session.ask("GET", server.url, WHAT).json(WHAT)) == 200_012
    assert server.connections == 1


@pytest.mark.parametrize("deed", ["hang", "drop", "half"])
def test_a_broken_line_is_tried_again(server: Server, clock: FakeClock, deed: str) -> None:
    server.script = ["well", deed]
    session = Session(clock, "Example", limits=Limits(read=0.1))
    session.ask("GET", server.url, WHAT)
    assert len(session.ask("GET", server.url, WHAT).body) == 200_012
    assert clock.slept == [2.0]


@pytest.mark.parametrize(("deed", "said"), [("hang", "did not answer in time"), ("half", "broke the connection")])
def test_a_line_that_stays_broken_is_given_up(server: Server, clock: FakeClock, deed: str, said: str) -> None:
    server.script = [deed] * 9
    with pytest.raises(BooksUnavailable, match=said):
        Session(clock, "Example", limits=Limits(read=0.1)).ask("GET", server.url, WHAT)
    assert len(server.script) == 5
