"""Every request we make is one that Xero's own OpenAPI file allows, and ten thousand invoices cost ten of them."""

import json
import re
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from urllib.parse import parse_qsl, urlsplit

import pytest
import responses
from openapi_core.testing import MockRequest
from requests import PreparedRequest

from connectors.http import Session
from connectors.pace import Pace
from connectors.xero.api import DAY_LIMITS, PER_MINUTE, RATE_HEADERS, TRACE, XeroApi
from connectors.xero.books import XeroBooks
from tests.connectors.contract import Mirror, mirror_of
from tests.connectors.stage import NOW, FakeClock, Links
from tests.specs import xero_spec
from worker.core.secret import Secret

BASE = "https://api.xero.com/api.xro/2.0"
TENANT = "45e4708e-d862-4111-ab3a-dd8cd03913e1"
STAMP = "/Date(1788220812345+0000)/"


class Given:
    """A token that is never refused."""

    def access(self) -> Secret:
        return Secret("token")

    def renew(self, rejected: Secret) -> Secret:
        return rejected


def invoice(n: int) -> dict[str, object]:
    return {
        "Type": "ACCREC", "InvoiceID": ident(n), "InvoiceNumber": f"INV-{n}", "AmountDue": 1.10, "Total": 1.10,
        "Contact": {"ContactID": ident(n % 2000)}, "Status": "AUTHORISED", "CurrencyCode": "GBP",
        "DueDateString": "2026-09-01T00:00:00", "UpdatedDateUTC": STAMP, "BrandingThemeID": ident(1),
    }  # fmt: skip


def ident(n: int) -> str:
    return f"00000000-0000-4000-8000-{n:012d}"


LISTS: dict[str, list[dict[str, object]]] = {
    "Invoices": [invoice(n) for n in range(10_000)],
    "Contacts": [{"ContactID": ident(n), "Name": f"Client {n} Ltd", "UpdatedDateUTC": STAMP} for n in range(2_000)],
    "Payments": [], "CreditNotes": [], "Overpayments": [], "Prepayments": [],
}  # fmt: skip
SINGLE = {
    "Organisation": {"Organisations": [{"OrganisationID": "o", "Name": "Any Books", "BaseCurrency": "GBP"}]},
    "InvoiceReminders/Settings": {"InvoiceReminders": [{"Enabled": False}]},
    "BrandingThemes": {"BrandingThemes": [{"BrandingThemeID": ident(1), "Name": "Plain"}]},
}


def answer(request: PreparedRequest) -> tuple[int, dict[str, str], str]:
    parts = urlsplit(request.url or "")
    path, query = str(parts.path).removeprefix("/api.xro/2.0/"), dict(parse_qsl(str(parts.query)))
    if path.endswith("/History"):
        return 200, {}, json.dumps({"HistoryRecords": []})
    if path not in LISTS:
        link = {"OnlineInvoices": [{"OnlineInvoiceUrl": "https://in.xero.com/any"}]}
        return 200, {}, json.dumps(SINGLE.get(path, link))
    asked = set(query["IDs"].split(",")) if "IDs" in query else set()
    key = f"{path[:-1]}ID"
    rows = [r for r in LISTS[path] if not asked or r[key] in asked]
    if "If-Modified-Since" in request.headers:
        rows = [{**r, "AmountDue": 0, "Status": "PAID"} for r in rows[:50]] if path == "Invoices" else []
    page, size = int(query["page"]), int(query["pageSize"])
    told = {"page": page, "pageSize": size, "pageCount": -(-len(rows) // size), "itemCount": len(rows)}
    return 200, {}, json.dumps({"DateTimeUTC": STAMP, "pagination": told, path: rows[(page - 1) * size : page * size]})


@pytest.fixture
def wire() -> Iterator[responses.RequestsMock]:
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        for method in (responses.GET, responses.PUT):
            mock.add_callback(method, re.compile(f"{re.escape(BASE)}/.*"), answer, content_type="application/json")
        yield mock


@pytest.fixture
def books() -> XeroBooks:
    clock = FakeClock()
    pace = Pace(clock, "Xero", PER_MINUTE, DAY_LIMITS, RATE_HEADERS)
    return XeroBooks(XeroApi(Session(clock, "Xero", pace=pace, trace=TRACE), Given(), TENANT, BASE), Links())


def everything(books: XeroBooks) -> Mirror:
    """Every kind of question there is."""
    mirror = mirror_of(books, NOW)
    mirror.take(books.read(mirror.watermark, NOW, mirror.open))
    mirror.take(books.read(mirror.watermark, NOW.replace(day=2), [*mirror.open, ident(99_999_999)]))
    books.look(mirror.open[:2], sorted(mirror.clients)[:2])
    books.note(mirror.open[0], "Reminder 1 sent")
    assert books.history(mirror.open[0]) == ()
    return mirror


def test_ten_thousand_invoices(wire: responses.RequestsMock, books: XeroBooks) -> None:
    mirror = mirror_of(books, NOW)
    assert len(mirror.open) == 10_000 and len(mirror.clients) == 2_000
    counts = Counter(urlsplit(call.request.url or "").path.removeprefix("/api.xro/2.0/") for call in wire.calls)
    assert counts["Invoices"] == 10 and counts["Contacts"] == 2
    assert counts.total() <= 20


def test_fifty_changes_among_ten_thousand_cost_seven_calls(wire: responses.RequestsMock, books: XeroBooks) -> None:
    mirror = mirror_of(books, NOW)
    wire.calls.reset()
    mirror.take(books.read(mirror.watermark, NOW + timedelta(hours=1), mirror.open))
    paths = [urlsplit(call.request.url or "").path.removeprefix("/api.xro/2.0/") for call in wire.calls]
    assert not mirror.full and len(mirror.open) == 9_950
    assert len(paths) == 7 and len(set(paths)) == 7
    changes = [c for c in wire.calls if "If-Modified-Since" in c.request.headers]
    assert len(changes) == 6, "everything but the organisation is asked for changes only"
    (invoices,) = [c for c in changes if "/Invoices?" in str(c.request.url)]
    assert "summaryOnly=true" in str(invoices.request.url)


def test_every_request_is_one_the_spec_allows(wire: responses.RequestsMock, books: XeroBooks) -> None:
    """If-Modified-Since is left out: the spec types it as a date-time with a zone, which Xero misreads."""
    spec = xero_spec()
    everything(books)
    kinds = set()
    for call in wire.calls:
        parts = urlsplit(call.request.url or "")
        headers = {k: v for k, v in call.request.headers.items() if k.lower() != "if-modified-since"}
        query = dict(parse_qsl(str(parts.query)))
        kinds.add((call.request.method, parts.path.rpartition("/")[2], *sorted(query)))
        body = call.request.body if isinstance(call.request.body, bytes) else None
        request = MockRequest(
            "https://api.xero.com", str(call.request.method).lower(), str(parts.path), args=query, headers=headers,
            data=body, content_type="application/json" if body else "",
        )  # fmt: skip
        spec.validate_request(request)
    assert len(kinds) >= 12


def test_every_request_says_what_it_must(wire: responses.RequestsMock, books: XeroBooks) -> None:
    everything(books)
    for call in wire.calls:
        headers = call.request.headers
        assert headers["Accept"] == "application/json" and headers["Accept-Encoding"] == "gzip"
        assert headers["xero-tenant-id"] == TENANT and headers["Authorization"] == "Bearer token"
        if since := headers.get("If-Modified-Since"):
            assert re.fullmatch(r"2026-\d\d-\d\dT\d\d:\d\d:\d\d", since)
    assert any("If-Modified-Since" in call.request.headers for call in wire.calls)


def test_lists_are_walked_in_an_order_that_edits_do_not_change(wire: responses.RequestsMock, books: XeroBooks) -> None:
    everything(books)
    for call in wire.calls:
        parts = urlsplit(call.request.url or "")
        query = dict(parse_qsl(str(parts.query)))
        if parts.path.endswith(("/Invoices", "/Contacts", "/Payments")) and query["pageSize"] == "1000":
            assert query["order"] == f"{parts.path.rpartition('/')[2][:-1]}ID"
