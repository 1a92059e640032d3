"""The sandbox over real HTTP on this machine: threads, keep-alive, gzip and a record of every request."""

import gzip
import threading
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import ClassVar
from urllib.parse import parse_qsl, urlsplit
from uuid import UUID, uuid5

from connectors.sandbox import control
from connectors.sandbox.apps import CLIENT_ID, CLIENT_WORD
from connectors.sandbox.company import Company
from connectors.sandbox.faults import Fault
from connectors.sandbox.limits import Limits
from connectors.sandbox.quickbooks_face import PATHS as QUICKBOOKS_PATHS
from connectors.sandbox.quickbooks_face import TRACE as QUICKBOOKS_TRACE
from connectors.sandbox.quickbooks_face import QuickBooksFace
from connectors.sandbox.tokens import SCOPES
from connectors.sandbox.wire import Answer, Request
from connectors.sandbox.world import World
from connectors.sandbox.xero_face import XeroFace

XERO_TRACE = "Xero-Correlation-Id"
_SPACE = UUID("4f5f9b0e-83f3-5c0d-b2b5-2a8a3d3c6b10")


class Running:
    """A sandbox that is being served; a context manager that stops it at the end.

    ``url`` is the base of everything: ``/connect/token``, ``/connections``, ``/api.xro/2.0`` and ``/_sandbox``; and,
    for the same companies as QuickBooks shows them, ``/oauth2/v1/tokens/bearer`` and ``/v3/company``.
    """

    client_id = CLIENT_ID
    client_secret = CLIENT_WORD

    def __init__(self, world: World, host: str, port: int) -> None:
        self.world = world
        self._over = threading.Event()
        self.quickbooks = QuickBooksFace(world)
        shared = {"world": world, "xero": XeroFace(world), "quickbooks": self.quickbooks, "over": self._over}
        handler = type("Handler", (_Handler,), shared)
        self._server = ThreadingHTTPServer((host, port), handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)
        self._thread.start()
        self.url = f"http://{host}:{self._server.server_address[1]}"

    @property
    def tenants(self) -> list[str]:
        """The ids of the organisations served."""
        return list(self.world.companies)

    @property
    def realms(self) -> list[str]:
        """The company ids under which QuickBooks' face shows the organisations, in the order of `tenants`."""
        return [self.quickbooks.realm(tenant) for tenant in self.tenants]

    def quickbooks_refresh_token(self, realm: str) -> str:
        """A valid refresh token for a company of QuickBooks' face, as if someone had just consented."""
        with self.world.lock:
            return self.quickbooks.bearers.seed(realm, self.world.clock.service)

    def token(self, scope: str = " ".join(sorted(SCOPES))) -> str:
        """A valid access token, for tests that are not about tokens."""
        with self.world.lock:
            return self.world.tokens.access(scope, self.world.clock.service)

    def refresh_token(self, scope: str = " ".join(sorted(SCOPES))) -> str:
        """A valid refresh token, as if someone had just consented."""
        with self.world.lock:
            return self.world.tokens.seed_refresh(scope, self.world.clock.service)

    def stop(self) -> None:
        """Stop serving; connections being held are cut."""
        self._over.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def __enter__(self) -> "Running":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


def serve(
    company: Company | Iterable[Company],
    host: str = "127.0.0.1",
    port: int = 0,
    *,
    now: datetime,
    limits: Limits | None = None,
    tick: timedelta = timedelta(seconds=1),
    faults: Iterable[Fault] = (),
) -> Running:
    """Serve one or several companies as known at ``now`` (aware); port 0 takes a free one.

    ``now`` moves only through ``POST /_sandbox/clock``. Each request takes ``tick`` of the time that budgets and tokens
    go by, so an unhurried reader is never refused; a zero tick makes the sixty-first request in a row fail.
    """
    companies = [company] if isinstance(company, Company) else list(company)
    world = World.of(companies, now, limits or Limits(), tick)
    world.faults.extend(faults)
    return Running(world, host, port)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1
    world: ClassVar[World]
    xero: ClassVar[XeroFace]
    quickbooks: ClassVar[QuickBooksFace]
    over: ClassVar[threading.Event]

    def do_GET(self) -> None:
        self._serve()

    do_POST = do_PUT = do_DELETE = do_GET  # noqa: N815 - names the standard library looks up

    def _serve(self) -> None:
        parts = urlsplit(self.path)
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        headers = {name.lower(): value for name, value in self.headers.items()}
        query = dict(parse_qsl(parts.query, keep_blank_values=True))
        request = Request(self.command, parts.path, query, headers, body)
        if parts.path.startswith(control.BASE):
            self._send(request, control.handle(self.world, request), "")
            return
        other = parts.path.startswith(QUICKBOOKS_PATHS)
        answer = (self.quickbooks if other else self.xero).handle(request)
        with self.world.lock:
            place = len(self.world.log)
            entry = {
                "method": request.method,
                "path": request.path,
                "query": query,
                "status": answer.status,
                "fault": answer.fault,
            }
            self.world.log.append(
                {
                    **entry,
                    "tenant": self.quickbooks.tenant(parts.path) if other else headers.get("xero-tenant-id"),
                    "now": self.world.clock.now.isoformat(),
                }
            )
        if answer.close:
            self.over.wait(answer.hold)
            self.close_connection = True
            return
        self._send(request, answer, str(uuid5(_SPACE, str(place))), QUICKBOOKS_TRACE if other else XERO_TRACE)

    def _send(self, request: Request, answer: Answer, correlation: str, trace: str = "") -> None:
        body, headers = answer.body, dict(answer.headers)
        if len(body) > 512 and "gzip" in request.headers.get("accept-encoding", ""):
            body, headers["Content-Encoding"] = gzip.compress(body, 1, mtime=0), "gzip"
        headers |= {trace: correlation} if correlation else {}
        self.send_response_only(answer.status)
        # The simulated date: nothing here ever tells the wall clock.
        self.send_header("Date", format_datetime(self.world.clock.service.astimezone(UTC), usegmt=True))
        for name, value in {**headers, "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body[: len(body) // 2] if answer.cut else body)
        self.close_connection = self.close_connection or answer.cut
        self.wfile.flush()

    def log_message(self, *_: object) -> None:
        """Say nothing; the log is at /_sandbox/log."""
