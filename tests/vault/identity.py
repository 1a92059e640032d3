"""A token service over real HTTP whose memory outlives any process that asks it, and books to know what was asked."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs

START = datetime(2026, 10, 1, 8, tzinfo=UTC)
DAY = timedelta(days=1)


class Identity:
    """`shape` xero: each use gives a new token, and the old one works again for `grace` after its first use. `shape`
    intuit: the value changes when it is a day old, and the old one dies at once. Using a token ends its predecessor.
    """

    def __init__(self, shape: str, grace: timedelta = timedelta(0)) -> None:
        self.shape, self.grace, self.now = shape, grace, START
        self.posts: list[str] = []
        self.refused: list[str] = []
        self.url = ""
        self._tokens: dict[str, dict[str, Any]] = {}
        self._made = 0
        self._lock = threading.Lock()

    def consent(self) -> str:
        """A first token."""
        return self._fresh("")

    def answer(self, token: str) -> tuple[int, dict[str, Any]]:
        with self._lock:
            self.posts.append(token)
            held = self._tokens.get(token)
            gone = held is not None and held["used"] is not None and self.now - held["used"] >= self.grace
            if held is None or gone:
                self.refused.append(token)
                return 400, {"error": "invalid_grant"}
            self._tokens.pop(held["before"], None)
            if self.shape == "xero":
                held["used"] = held["used"] or self.now
                token = self._fresh(token)
            elif self.now - held["made"] >= DAY:
                del self._tokens[token]
                token = self._fresh("")
            self._made += 1
            life = {"x_refresh_token_expires_in": 8726400} if self.shape == "intuit" else {}
            return 200, {"access_token": f"access-{self._made}", "expires_in": 1800, "refresh_token": token, **life}

    def _fresh(self, before: str) -> str:
        self._made += 1
        token = f"refresh-{self._made}"
        self._tokens[token] = {"made": self.now, "used": None, "before": before}
        return token


@contextmanager
def serving(identity: Identity) -> Iterator[Identity]:
    """The service at `identity.url` for as long as the block lasts."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            status, answer = identity.answer(parse_qs(body)["refresh_token"][0])
            text = json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        def log_message(self, *_: object) -> None:
            """Nothing."""

        def handle(self) -> None:
            with suppress(ConnectionError):  # whoever asked was killed
                super().handle()

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    identity.url = f"http://127.0.0.1:{server.server_address[1]}/token"
    try:
        yield identity
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class StoppedClock:
    """A moment, and sleep that only counts."""

    def __init__(self, now: datetime = START) -> None:
        self.start, self.slept = now, 0.0

    def now(self) -> datetime:
        return self.start + timedelta(seconds=self.slept)

    def monotonic(self) -> float:
        return self.slept

    def sleep(self, seconds: float) -> None:
        self.slept += seconds
