"""Waiting on this machine for the browser to come back with a platform's answer: one answer, then the door is shut.

RFC 8252, section 7.3. The door is on the loopback interface only, in both families where there are two (a browser may
take `localhost` for either, and nobody else must stand behind the other). Pages carry no script from elsewhere, are not
kept, and take the code out of the address the browser shows.
"""

import html
import queue
import socket
import threading
from collections.abc import Callable
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import ClassVar
from urllib.parse import urlsplit

from connectors.consent import LOOPBACK, App, Attempt, Consented, ConsentFailed, Provider, Reply, is_loopback

PATIENCE = 300.0
"""Seconds for a person to sign in, choose and allow."""

_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>{title} - duecourse</title>
<style>body{{font:1.1rem/1.5 system-ui,sans-serif;max-width:34rem;margin:12vh auto;padding:0 1rem;color:#1d2733}}
h1{{font-size:1.5rem}}</style></head>
<body><main><h1>{title}</h1><p>{text}</p></main>
<script>history.replaceState(null, "", "/")</script></body></html>
"""


class Callback:
    """A door on this machine; a context manager that shuts it. `redirect` is the address it really has."""

    def __init__(self, redirect: str) -> None:
        """Opens at once. Port 0 takes a free one, for platforms that allow any. Raises ConsentFailed when it cannot."""
        parts = urlsplit(redirect)
        if not is_loopback(redirect):
            raise ConsentFailed(
                f"{redirect} is not on this machine.", "Use http://localhost:PORT/..., or paste the answer (--paste)."
            )
        self._answers: queue.Queue[Reply | ConsentFailed] = queue.Queue()
        self._attempt: Attempt | None = None
        self._lock = threading.Lock()
        self._path = parts.path or "/"
        self._servers: list[ThreadingHTTPServer] = []
        port = 80 if parts.port is None else parts.port
        try:
            for family, host in _families(parts.hostname or ""):
                server = _open(family, host, port, self)
                self._servers.append(server)
                threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
                port = int(server.server_address[1])
        except OSError as error:
            self.close()
            raise ConsentFailed(
                f"Port {port} of this machine cannot be used ({error.strerror}), and the app's callback address"
                f" names it: {redirect}.",
                "Stop what uses it, or register another address with the app and write it as redirect:, or paste the"
                " answer (--paste).",
            ) from None
        self.redirect = parts._replace(netloc=f"{_bracketed(parts.hostname or '')}:{port}").geturl()

    def expect(self, attempt: Attempt) -> None:
        """Take the next visit for the answer to this attempt. Say so before anybody can answer."""
        self._attempt = attempt

    def wait(self, patience: float = PATIENCE) -> Reply:
        """The answer expected. Raises ConsentFailed: denied, not ours, or none within `patience` seconds."""
        try:
            found = self._answers.get(timeout=patience)
        except queue.Empty:
            raise ConsentFailed(
                f"Nobody answered within {_minutes(patience)}.", "Nothing was changed. Connect again when ready."
            ) from None
        finally:
            self.close()
        if isinstance(found, ConsentFailed):
            raise found
        return found

    def close(self) -> None:
        """Shut the door; what is being answered is answered to its end."""
        for server in self._servers:
            server.shutdown()
            server.server_close()
        self._servers.clear()

    def __enter__(self) -> "Callback":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def page(self, target: str) -> tuple[int, str, Reply | ConsentFailed | None]:
        """The status and page for a request, and what it answers if it is the answer."""
        with self._lock:
            attempt, parts = self._attempt, urlsplit(target)
            if parts.path != self._path or attempt is None:
                return 404, _said("Nothing here", "This is not the address that the app is registered with."), None
            self._attempt = None  # one answer
        try:
            reply = attempt.read(f"http://localhost{target}")
        except ConsentFailed as failed:
            return 400, _said("Not connected", f"{failed} You can close this page."), failed
        words = "duecourse goes on in the terminal, and says there how it ended. You can close this page."
        return 200, _said("Thank you", words), reply

    def told(self, found: Reply | ConsentFailed) -> None:
        """Pass an answer on, once its page was written."""
        self._answers.put(found)


def obtain(
    provider: Provider,
    app: App,
    show: Callable[[str], None],
    paste: Callable[[], str] | None = None,
    patience: float = PATIENCE,
) -> Consented:
    """Ask for consent from beginning to end. `show` gets the address to open. With `paste`, the answer is what that
    returns; without it, what comes to this machine at the app's redirect address within `patience` seconds.

    Raises ConsentFailed, BooksUnavailable.
    """
    if paste is not None:
        attempt = Attempt(provider, app)
        show(attempt.url)
        return attempt.redeem(attempt.read(paste()))
    with Callback(app.redirect) as door:
        attempt = Attempt(provider, replace(app, redirect=door.redirect))
        door.expect(attempt)
        show(attempt.url)
        return attempt.redeem(door.wait(patience))


class _Handler(BaseHTTPRequestHandler):
    callback: ClassVar[Callback]
    timeout = 10  # seconds; browsers open connections they never use

    def do_GET(self) -> None:
        host = urlsplit(f"//{self.headers.get('Host', '')}").hostname
        if host in LOOPBACK:
            status, page, found = self.callback.page(self.path)
        else:  # a name that somebody else's page resolves to us
            status, page, found = 404, _said("Nothing here", "Ask for localhost."), None
        body = page.encode()
        self.send_response_only(status)
        for name, value in _HEADERS.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
        self.wfile.flush()
        if found is not None:
            self.callback.told(found)

    def log_message(self, *_: object) -> None:
        """Say nothing: the address holds the code."""


_HEADERS = {
    "Content-Type": "text/html; charset=utf-8",
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'",
    "Connection": "close",
}


def _open(family: socket.AddressFamily, host: str, port: int, callback: Callback) -> ThreadingHTTPServer:
    handler = type("Handler", (_Handler,), {"callback": callback})
    server = type("Server", (ThreadingHTTPServer,), {"address_family": family, "allow_reuse_address": True})
    made: ThreadingHTTPServer = server((host, port), handler)
    made.daemon_threads, made.block_on_close = True, False
    return made


def _families(host: str) -> list[tuple[socket.AddressFamily, str]]:
    """Where to open the door for a host name; the second family only where this machine has it."""
    four, six = (socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1")
    if host != "localhost":
        return [six if host == "::1" else four]
    return [four, six] if _has(six) else [four]


def _has(place: tuple[socket.AddressFamily, str]) -> bool:
    try:
        with socket.socket(place[0], socket.SOCK_STREAM) as probe:
            probe.bind((place[1], 0))
    except OSError:
        return False
    return True


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host


def _said(title: str, text: str) -> str:
    return _PAGE.format(title=html.escape(title), text=html.escape(text))


def _minutes(seconds: float) -> str:
    return f"{seconds / 60:.0f} minutes" if seconds >= 120 else f"{seconds:g} seconds"
