"""A large company behind a Xero-shaped face, for measuring: `books_server.py PORT INVOICES CLIENTS`.

Shapes follow the examples in Xero's OpenAPI file. Everything is serialised once, pages are joined and compressed once,
so that what is measured is the reader. Nothing ever changes in these books: an `If-Modified-Since` finds no rows.

`/__stats` tells what was asked since `/__reset`: requests, connections, bytes out, requests by path; and what the books
hold: invoices, cents owed.
"""

import gzip
import json
import socketserver
import sys
import uuid
from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, timedelta
from http.server import BaseHTTPRequestHandler
from typing import Any, ClassVar
from urllib.parse import parse_qsl, urlsplit

TODAY = date(2026, 3, 17)
"""The Tuesday these books are seen on."""
TENANT = "11111111-1111-4111-8111-111111111111"
_SPACE = uuid.UUID(TENANT)


def _id(kind: str, number: int) -> str:
    return str(uuid.uuid5(_SPACE, f"{kind}/{number}"))


def _ms(day: date) -> str:
    return f"/Date({int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp()) * 1000}+0000)/"


def _dump(row: Mapping[str, Any]) -> bytes:
    return json.dumps(row, separators=(",", ":"), ensure_ascii=False).encode()


class Company:
    """All rows, serialised. Every fourth invoice is part-paid; due dates lie from 30 days ahead to 90 days back."""

    def __init__(self, invoices: int, clients: int) -> None:
        self.count, self.cents = invoices, 0
        self.changed = 0  # invoices that "changed since" shows
        self.rows: dict[str, list[bytes]] = {"Invoices": [], "Contacts": [], "Payments": [], "summary": []}
        self.by_id: dict[str, bytes] = {}
        self._answers: dict[object, tuple[bytes, bytes]] = {}
        stubs = [self._contact(n) for n in range(clients)]
        for number in range(invoices):
            self._invoice(number, stubs[number % clients])
        self.rows["Organisation"] = [_dump(_ORGANISATION)]

    def _contact(self, number: int) -> dict[str, Any]:
        stub = {"ContactID": _id("contact", number), "Name": f"Client {number:05d} Ltd"}
        empty = {"Addresses": [], "Phones": [], "ContactGroups": [], "ContactPersons": []}
        phones = [{"PhoneType": kind, "PhoneNumber": ""} for kind in ("DDI", "DEFAULT", "FAX", "MOBILE")]
        address = {"AddressLine1": f"{number} Example Street", "City": "Leeds", "Country": "United Kingdom"}
        balance = {"Outstanding": 760.0, "Overdue": 920.0}
        row = {
            **stub,
            "ContactStatus": "ACTIVE",
            "FirstName": "Accounts",
            "LastName": "Payable",
            "EmailAddress": f"ap{number:05d}@client{number:05d}.example.com",
            "BankAccountDetails": "",
            "Addresses": [{"AddressType": "STREET", "City": "", "Country": ""}, {"AddressType": "POBOX", **address}],
            "Phones": phones,
            "UpdatedDateUTC": _ms(TODAY - timedelta(days=200 + number % 100)),
            "ContactGroups": [],
            "IsSupplier": False,
            "IsCustomer": True,
            "DefaultCurrency": "GBP",
            "Balances": {"AccountsReceivable": balance},
            "ContactPersons": [],
            "HasAttachments": False,
            "HasValidationErrors": False,
        }
        self._keep("Contacts", row["ContactID"], _dump(row))
        return {**stub, **empty, "HasValidationErrors": False}

    def _invoice(self, number: int, contact: Mapping[str, Any]) -> None:
        units = (1 + number % 5, 1 + number % 3)
        prices = (4000 + number * 7919 % 90000, 1500 + number * 104729 % 30000)
        net = sum(u * p for u, p in zip(units, prices, strict=True))
        tax = net // 5
        paid = net // 3 if number % 4 == 0 else 0
        self.cents += net + tax - paid
        due = TODAY + timedelta(days=30 - number % 121)
        issued, ident, on = due - timedelta(days=30), _id("invoice", number), due - timedelta(days=5)
        stub = {"Type": "ACCREC", "InvoiceID": ident, "InvoiceNumber": f"INV-{number:06d}"}
        payment = {"PaymentID": _id("payment", number), "Date": _ms(on), "Amount": paid / 100, "CurrencyRate": 1.0}
        lines = [
            {
                "Description": text,
                "UnitAmount": price / 100,
                "TaxType": "OUTPUT2",
                "LineAmount": unit * price / 100,
                "AccountCode": "200",
                "Tracking": [],
                "Quantity": float(unit),
                "LineItemID": _id(text, number),
                "ValidationErrors": [],
            }
            for text, unit, price in zip(
                (f"Consulting, phase {number % 9}", f"Hosting — month {1 + number % 12}"), units, prices, strict=True
            )
        ]
        more = {
            "AmountDue": (net + tax - paid) / 100,
            "AmountPaid": paid / 100,
            "AmountCredited": 0.0,
            "SentToContact": True,
            "CurrencyRate": 1.0,
            "HasErrors": False,
            "IsDiscounted": False,
            "HasAttachments": False,
            "Contact": contact,
            "DateString": f"{issued}T00:00:00",
            "Date": _ms(issued),
            "DueDateString": f"{due}T00:00:00",
            "DueDate": _ms(due),
            "Status": "AUTHORISED",
            "LineAmountTypes": "Exclusive",
            "SubTotal": net / 100,
            "TotalTax": tax / 100,
            "Total": (net + tax) / 100,
            "UpdatedDateUTC": _ms(min(issued, TODAY - timedelta(days=1))),
            "CurrencyCode": "GBP",
            "Reference": f"PO {9000 + number}",
        }
        payments = {"Payments": [payment] if paid else [], "CreditNotes": [], "Prepayments": [], "Overpayments": []}
        self._keep("Invoices", ident, _dump({**stub, **payments, **more, "LineItems": lines}))
        self.rows["summary"].append(_dump({**stub, **more, "LineItems": []}))
        if paid:
            self._payment(payment, stub, contact, on)

    def _payment(
        self, payment: Mapping[str, Any], invoice: Mapping[str, Any], contact: Mapping[str, Any], on: date
    ) -> None:
        row = {
            **payment,
            "Reference": "",
            "PaymentType": "ACCRECPAYMENT",
            "Status": "AUTHORISED",
            "UpdatedDateUTC": _ms(min(on, TODAY - timedelta(days=1))),
            "HasAccount": True,
            "IsReconciled": True,
            "Account": {"AccountID": TENANT, "Code": "970"},
            "Invoice": {**invoice, "Payments": [], "LineItems": [], "Contact": contact, "CurrencyCode": "GBP"},
            "HasValidationErrors": False,
        }
        self.rows["Payments"].append(_dump(row))

    def _keep(self, name: str, ident: str, row: bytes) -> None:
        self.rows[name].append(row)
        self.by_id[ident] = row

    def answer(self, resource: str, asked: Mapping[str, str], *, changes: bool) -> tuple[bytes, bytes]:
        """The answer as plain and as compressed bytes."""
        if "IDs" in asked:
            found = [self.by_id[i] for i in asked["IDs"].split(",") if i in self.by_id]
            return self._joined(resource, found, 1, max(1, len(found)))
        page, size = int(asked.get("page", "1")), min(1000, int(asked.get("pageSize", "100")))
        short = resource == "Invoices" and asked.get("summaryOnly", "").lower() == "true"
        key = (resource, short, page, size, self.changed if changes else None)
        if key not in self._answers:
            rows = self.rows.get("summary" if short else resource, [])
            if changes:
                rows = rows[: self.changed] if resource == "Invoices" else []
            self._answers[key] = self._joined(resource, rows, page, size)
        return self._answers[key]

    def _joined(self, resource: str, rows: list[bytes], page: int, size: int) -> tuple[bytes, bytes]:
        part = rows[(page - 1) * size : page * size]
        told = {"page": page, "pageSize": size, "pageCount": -(-len(rows) // size), "itemCount": len(rows)}
        name = "Organisations" if resource == "Organisation" else resource
        head = b'{"Status":"OK","DateTimeUTC":"%s",' % _ms(TODAY).encode()
        body = b'%s"pagination":%s,"%s":[%s]}' % (head, _dump(told), name.encode(), b",".join(part))
        return body, gzip.compress(body, 6, mtime=0)


_ORGANISATION = {
    "OrganisationID": TENANT,
    "Name": "Bench Company",
    "BaseCurrency": "GBP",
    "CountryCode": "GB",
    "Timezone": "GMTSTANDARDTIME",
    "ShortCode": "!bench",
    "IsDemoCompany": False,
}
_OTHER = {
    "BrandingThemes": _dump({"BrandingThemes": []}),
    "InvoiceReminders/Settings": _dump({"InvoiceReminders": [{"Enabled": False}]}),
    "token": _dump({"access_token": "bench", "token_type": "Bearer", "expires_in": 1800, "scope": ""}),
}
_LINK = b'{"OnlineInvoices":[{"OnlineInvoiceUrl":"https://in.example.com/%s"}]}'


class Face(BaseHTTPRequestHandler):
    """The HTTP face; kept connections, gzip when asked for."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1
    company: ClassVar[Company]
    stats: ClassVar[Counter[str]] = Counter()
    paths: ClassVar[Counter[str]] = Counter()

    def setup(self) -> None:
        super().setup()
        self.counted = False

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        if parts.path.startswith("/__"):
            self._control(parts.path)
            return
        if not self.counted:
            self.counted = True
            self.stats["connections"] += 1
        self.stats["requests"] += 1
        resource = parts.path.removeprefix("/api.xro/2.0/").strip("/")
        self.paths[resource.split("/")[-1]] += 1
        if parts.path == "/connect/token":
            plain, packed = _OTHER["token"], b""
        elif resource.endswith("/OnlineInvoice"):
            plain, packed = _LINK % resource.split("/")[1].encode(), b""
        elif resource in _OTHER:
            plain, packed = _OTHER[resource], b""
        else:
            changes = "If-Modified-Since" in self.headers
            plain, packed = self.company.answer(resource, dict(parse_qsl(parts.query)), changes=changes)
        self._write(plain, packed if "gzip" in self.headers.get("Accept-Encoding", "") else b"")

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length", "0")))
        self.do_GET()

    def _write(self, plain: bytes, packed: bytes) -> None:
        lines: Iterable[str] = (
            "HTTP/1.1 200 OK",
            "Content-Type: application/json; charset=utf-8",
            *(["Content-Encoding: gzip"] if packed else []),
            f"Content-Length: {len(packed or plain)}",
            "",
            "",
        )
        out = "\r\n".join(lines).encode() + (packed or plain)
        self.stats["bytes_out"] += len(out)
        self.wfile.write(out)
        self.wfile.flush()

    def _control(self, path: str) -> None:
        if path.startswith("/__changed/"):
            self.company.changed = int(path.rpartition("/")[2])
        if path == "/__reset":
            self.stats.clear()
            self.paths.clear()
        known = {"requests": 0, "connections": 0, "bytes_out": 0, **self.stats}
        held = {"invoices": self.company.count, "sum_due_cents": self.company.cents}
        body = _dump({**known, **held, "by_path": dict(self.paths)})
        self.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\nConnection: close\r\n\r\n%s" % (len(body), body))
        self.close_connection = True

    def log_message(self, *args: object) -> None:
        """Quietly."""


class Server(socketserver.ThreadingTCPServer):
    """One thread a connection."""

    allow_reuse_address = True
    daemon_threads = True


def start(port: int, invoices: int, clients: int) -> Server:
    """A server, listening but not yet serving; port 0 picks a free one."""
    face = type("Face", (Face,), {"company": Company(invoices, clients), "stats": Counter(), "paths": Counter()})
    return Server(("127.0.0.1", port), face)


if __name__ == "__main__":
    with start(*map(int, sys.argv[1:4])) as server:
        print("ready", server.server_address[1], flush=True)
        server.serve_forever()
