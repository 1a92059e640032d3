"""Whole sweeps over a simulated platform with one fault each: the real connector, sweep, gate and logbook, a mailer in
memory, a clock that never waits. Every sweep starts from a copy of the same logbook, so that cells know nothing of each
other."""

import json
import shutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import requests
from requests.adapters import HTTPAdapter

from connectors import connector
from connectors.sandbox.company import Company
from connectors.sandbox.faults import Fault
from connectors.sandbox.limits import Limits
from connectors.sandbox.quickbooks_json import digits
from connectors.sandbox.server import Running, serve
from connectors.sandbox.story import ident
from tests.connectors.matrix.cells import LINES, Cell
from tests.connectors.stage import FakeClock
from tests.vault.support import file_tokens
from worker.app import App
from worker.config.load import load
from worker.core.results import SweepResult
from worker.logbook.store import open_logbook
from worker.mail.memory import MemoryMailer
from worker.sweep import sweep

START, UNTIL = date(2025, 10, 1), date(2026, 3, 31)
EARLIER = datetime(2026, 3, 10, 9, tzinfo=UTC)
NOW = datetime(2026, 3, 10, 10, tzinfo=UTC)
PAGE = 4
"""Rows a page: small, so that a small company has first, middle and last pages."""

CONFIG = """\
mode: live
state: ./state
mail: {{mailer: outbox, outbox: {{folder: ./outbox}}}}
organisations:
  harbour:
    books: {{kind: sandbox, face: {face}, url: {url}, tenant: {tenant}}}
    zone: Europe/London
    country: GB
    sender: {{name: Accounts, email: accounts@harbourpine.example.com}}
    signature: {{name: Accounts team, email: accounts@harbourpine.example.com}}
    ways to pay: [Bank transfer to the account on your invoice]
    reconciled: daily
    backlog: chase
    notes in books: yes
    attach: invoice pdf
    approvals: [{approvals}]
"""


@dataclass
class Watched:
    """Books that remember which errors they raised."""

    books: Any
    raised: list[type[Exception]] = field(default_factory=list)

    def __getattr__(self, name: str) -> Any:
        found = getattr(self.books, name)
        return self._watching(found) if name in {"read", "look"} else found

    def _watching(self, deed: Callable[..., Any]) -> Callable[..., Any]:
        def call(*words: Any) -> Any:
            try:
                found = deed(*words)
            except Exception as error:
                self.raised.append(type(error))
                raise
            if hasattr(found, "pages"):
                pages = found.pages
                found.pages = lambda: self._paged(pages())
            return found

        return call

    def _paged(self, pages: Iterator[Any]) -> Iterator[Any]:
        try:
            yield from pages
        except Exception as error:
            self.raised.append(type(error))
            raise


class Line(HTTPAdapter):
    """The line between us and the platform: at one request it times out, or drips."""

    def __init__(self, clock: FakeClock, trouble: str, strikes: Callable[[requests.PreparedRequest], bool]) -> None:
        super().__init__(max_retries=0)
        self.clock, self.trouble, self.strikes = clock, trouble, strikes

    def send(self, request: requests.PreparedRequest, *words: Any, **named: Any) -> requests.Response:
        if not self.strikes(request):
            return super().send(request, *words, **named)
        if self.trouble == "connect time-out":
            raise requests.ConnectTimeout("no answer", request=request)
        response = super().send(request, *words, **named)
        if self.trouble == "read time-out":
            raise requests.ReadTimeout("no end", request=request)
        read = response.raw.read1

        def drip(*sizes: Any, **how: Any) -> bytes:
            self.clock.passed += 300
            return bytes(read(*sizes, **how))

        response.raw.read1 = drip  # type: ignore[method-assign]
        return response


@dataclass
class Outcome:
    """How one sweep ended: `letters` as (recipients, subject), `error` the class of what the books raised last."""

    result: SweepResult
    letters: list[tuple[str, str]]
    error: type[Exception] | None
    asked: list[dict[str, Any]]
    passed: float
    since: Any


class Office:
    """Both faces of one small company, and the logbooks from which sweeps start."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        company = Company.simulate(7, START, UNTIL, clients=12, invoices_per_month=12)
        self.running: Running = serve(company, now=EARLIER, limits=Limits(None, None, None, None), tick=timedelta(0))
        self.tenant = self.running.tenants[0]
        self._control("clock", {"now": (EARLIER - timedelta(days=3)).isoformat()})
        for kind in ("note", "overpayment", "prepayment"):
            self._credit(kind, 1)
        self._control("clock", {"now": EARLIER.isoformat()})
        self._count = 0
        self._refresh: dict[str, str] = {}
        self.references: dict[tuple[str, str], Outcome] = {}
        self.practices: dict[str, Any] = {}
        for platform in ("xero", "quickbooks"):
            self._prepare(platform)
        self._control("clock", {"now": (NOW - timedelta(minutes=20)).isoformat()})
        self._news()
        self._control("clock", {"now": NOW.isoformat()})
        for platform in ("xero", "quickbooks"):
            for start in ("full", "changes"):
                self.references[platform, start] = self.sweep(platform, start)

    def close(self) -> None:
        self.running.stop()

    def still_owed(self) -> set[str]:
        """Ids, in both platforms' shapes, of the invoices that are open in the books themselves."""
        books = self.running.world.books(self.tenant)
        found = [i.id for i in books.invoices.values() if i.status == "AUTHORISED" and i.open > 0]
        return {*found, *map(digits, found)}

    # -- the story -----------------------------------------------------------------------------------------------------

    def _control(self, deed: str, payload: Any) -> None:
        answer = requests.post(f"{self.running.url}/_sandbox/{deed}", json=payload, timeout=5)
        assert answer.ok, answer.text

    def _credit(self, kind: str, nth: int) -> None:
        books = self.running.world.books(self.tenant)
        contact = sorted(books.contacts)[nth]
        data = {"kind": kind, "number": f"CN-{nth}", "contact": contact, "date": "2026-03-05", "total": "1.00"}
        data |= {"currency": books.contacts[contact].currency, "rate": "1"}
        self._control("events", {"kind": "credit.add", "id": ident(7, kind, nth), "data": data})

    def _news(self) -> None:
        """Between the two readings: something of every kind changes."""
        books = self.running.world.books(self.tenant)
        paid = next(
            i for i in books.invoices.values() if i.type == "ACCREC" and i.status == "AUTHORISED" and not i.paid
        )
        self._control("events", {"kind": "payment.add", "id": "", "data": {"invoice": paid.id}})
        contact = books.contacts[paid.contact]
        self._control("events", {"kind": "contact.edit", "id": contact.id, "data": {"city": "Leeds"}})
        for kind in ("note", "overpayment", "prepayment"):
            self._credit(kind, 2)

    # -- sweeps --------------------------------------------------------------------------------------------------------

    def _prepare(self, platform: str) -> None:
        """A logbook that has read nothing, and one that has read everything an hour ago."""
        home = self.folder / platform
        home.mkdir()

        def write(approvals: str) -> None:
            text = CONFIG.format(face=platform, url=self.running.url, tenant=self.tenant, approvals=approvals)
            (home / "config.yaml").write_text(text, encoding="utf-8")

        write("")
        self.practices[platform] = load(home, {})
        open_logbook(str(home / "full.db")).close()
        shutil.copy(home / "full.db", home / "changes.db")
        first = self._swept(platform, home / "changes.db", FakeClock(EARLIER), deliver=False)
        assert first.result.plan, first.result.skipped
        (baseline,) = [p.id for p in first.result.plan.proposals if p.kind == "baseline"]
        write(baseline)
        self.practices[platform] = load(home, {})

    def sweep(self, platform: str, start: str, cell: Cell | None = None) -> Outcome:
        """One live sweep, from a logbook that has read nothing (`full`) or everything an hour ago (`changes`)."""
        self._count += 1
        path = self.folder / f"{self._count}.db"
        shutil.copy(self.folder / platform / f"{start}.db", path)
        skew = {"clock ahead": 1, "clock behind": -1}.get(cell.sandbox, 0) if cell else 0
        try:
            return self._swept(
                platform, path, FakeClock(NOW + timedelta(days=skew)), deliver=True, cell=cell, start=start
            )
        finally:
            self.running.world.faults.clear()
            for file in self.folder.glob(f"{self._count}.db*"):
                file.unlink()

    def _swept(
        self, platform: str, path: Path, clock: FakeClock, *, deliver: bool, cell: Cell | None = None, start: str = ""
    ) -> Outcome:
        practice, mailer = self.practices[platform], MemoryMailer()
        logbook = open_logbook(str(path))
        self.running.world.log.clear()
        self.running.quickbooks._minute.clear()  # time stands still here, so its minute would never end
        try:
            app = App(practice, clock, _logbook=logbook)  # type: ignore[arg-type]
            (organisation,) = practice.organisations
            opened = self._open(platform, clock)
            if cell:
                self._strike(cell, start, opened, clock)
            books = Watched(opened)
            result = sweep(app.outfit(organisation, books, mailer, deliver=deliver), "s")  # type: ignore[arg-type]
            watermark = logbook.watermark("harbour")
        finally:
            logbook.close()
        letters = sorted((", ".join(a.email for a in d.letter.to), d.letter.subject) for d in mailer.delivered)
        since = json.loads(watermark)["since"] if watermark else None
        error = books.raised[-1] if books.raised else None
        return Outcome(result, letters, error, list(self.running.world.log), clock.passed, since)

    def _open(self, platform: str, clock: FakeClock) -> Any:
        base, running = self.running.url, self.running
        options: dict[str, object] = {"client_id": running.client_id, "client_secret": running.client_secret}
        if platform == "xero":
            reached = {"identity_url": f"{base}/connect/token", "api_url": f"{base}/api.xro/2.0"}
            options |= {**reached, "refresh_token": running.refresh_token(), "page_size": PAGE, "per_minute": 6000}
        else:
            realm = running.realms[0]
            reached = {"token_url": f"{base}/oauth2/v1/tokens/bearer", "api_url": base, "realm": realm}
            options |= {**reached, "refresh_token": running.quickbooks_refresh_token(realm), "zone": "Europe/London"}
            options |= {"page_size": PAGE, "per_minute": 6000, "per_second": 6000}
        return connector(platform)(options, clock, file_tokens(self.folder / f"tokens-{self._count}"), _Links())

    # -- faults --------------------------------------------------------------------------------------------------------

    def _strike(self, cell: Cell, start: str, opened: Any, clock: FakeClock) -> None:
        """Arrange for the cell's fault at the cell's request."""
        if cell.sandbox in {"clock ahead", "clock behind"}:
            return
        known = self.references[cell.platform, start].asked
        at = target(cell, known)
        name = face_name(known[at])
        nth = sum(face_name(e) == name for e in known[: at + 1])
        if cell.kind not in LINES:
            value = None if cell.value is None else str(cell.value)
            self.running.world.faults.append(Fault(cell.sandbox, name, nth=nth, times=cell.times, value=value))
            return
        seen = 0

        def strikes(request: requests.PreparedRequest) -> bool:
            nonlocal seen
            parts = urlsplit(request.url or "")
            if face_name({"path": str(parts.path), "query": dict(parse_qsl(str(parts.query)))}) != name:
                return False
            seen += 1
            return seen == nth

        line = Line(clock, cell.kind, strikes)
        api = opened._api
        for session in (api._session, api._source._endpoint._session):
            session._requests.mount("http://", line)


class _Links(dict[str, str]):
    def put(self, invoice_id: str, url: str) -> None:
        self[invoice_id] = url


def face_name(entry: dict[str, Any]) -> str:
    """What faults call a request."""
    path, query = entry["path"], entry["query"]
    if path.startswith("/v3/company/"):
        parts = path.strip("/").split("/")[3:]
        if parts[-1] == "pdf":
            return "pdf"
        if parts[0] != "query":
            return str(parts[0])
        words = query["query"].split()
        return str(words[words.index("FROM") + 1])
    if path.endswith(("/connect/token", "/tokens/bearer")):
        return "token"
    parts = path.removeprefix("/api.xro/2.0/").strip("/").split("/")
    if parts[0] == "Invoices" and len(parts) == 2:
        return "pdf"
    return str(parts[-1] if parts[0] == "Invoices" else parts[0])


def place_name(entry: dict[str, Any]) -> str:
    """What the matrix calls a request: lists, their counts and questions by id apart."""
    name, query = face_name(entry), entry["query"]
    statement = query.get("query", "")
    if "IDs" in query or " Id IN " in statement:
        return f"{name} by id"
    if "COUNT(*)" in statement:
        return f"{name} count"
    return "link" if name == "invoice" else name


def target(cell: Cell, known: Sequence[dict[str, Any]]) -> int:
    """Which request of the reference sweep the cell strikes."""
    found = [n for n, entry in enumerate(known) if place_name(entry) == cell.place.name]
    assert found, f"{cell.place.name} is never asked for: {sorted({place_name(e) for e in known})}"
    if cell.place.position == "only":
        return found[0]
    assert len(found) >= 3, f"{cell.place.name} has {len(found)} pages"
    return found[{"first": 0, "middle": len(found) // 2, "last": -1}[cell.place.position]]
