"""The Accounting API's face of the sandbox: routes, checks and documents, from a Request to an Answer."""

import json
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qsl
from uuid import UUID, uuid5

from connectors.sandbox import lists
from connectors.sandbox.books import Books, ImpossibleError, Note
from connectors.sandbox.faults import REPLACING, SPOILING, TWISTING, Fault
from connectors.sandbox.lists import Listing
from connectors.sandbox.wire import Answer, Request, Row, invalid, problem, reply, text
from connectors.sandbox.world import World
from connectors.sandbox.xero_json import (
    EPOCH,
    THEME,
    batch_full,
    contact_full,
    credit_full,
    day,
    group_stub,
    history_row,
    invoice_full,
    payment_full,
    settle,
    stamp,
)

BASE = "/api.xro/2.0/"
_NEEDS = {
    "Invoices": "invoices", "CreditNotes": "invoices", "Payments": "payments", "BatchPayments": "payments",
    "Overpayments": "payments", "Prepayments": "payments", "Contacts": "contacts", "ContactGroups": "contacts",
}  # fmt: skip
_LISTS = {
    listing.name: listing
    for listing in (
        lists.INVOICES, lists.CONTACTS, lists.PAYMENTS, lists.BATCHES, lists.NOTES, lists.OVERPAYMENTS,
        lists.PREPAYMENTS, lists.GROUPS, lists.THEMES,
    )
}  # fmt: skip
_NOT_FOUND = text("The resource you're looking for cannot be found", 404)
_SPACE = UUID("c0a7f0b6-7f0e-5b39-8a50-5a0b8b1a9d11")


class XeroFace:
    """Answers requests for the organisations of a world."""

    def __init__(self, world: World) -> None:
        self.world = world
        self._rows: dict[tuple[object, ...], list[Row]] = {}

    def handle(self, request: Request) -> Answer:
        """Answer one request and count its time; faults strike before and after the true answer."""
        tenant = request.headers.get("xero-tenant-id", "").lower()
        self.world.limiter.enter(tenant)
        try:
            with self.world.lock:
                return self._struck(request)
        finally:
            self.world.limiter.leave(tenant)

    def _struck(self, request: Request) -> Answer:
        page, endpoint = request.query.get("page", "1"), _endpoint(request.path)
        self.world.clock.request()
        fault = self.world.fault(request.method, endpoint, int(page) if page.isdigit() else 1)
        if fault and fault.kind in REPLACING:
            return REPLACING[fault.kind](fault)
        answer = self._route(request, fault)
        return SPOILING[fault.kind](answer) if fault and fault.kind in SPOILING else answer

    def _route(self, request: Request, fault: Fault | None) -> Answer:
        now, tokens = self.world.clock.service, self.world.tokens
        if request.path == "/connect/token" and request.method == "POST":
            return tokens.grant(request, dict(parse_qsl(request.body.decode())), now)
        if request.path == "/identity/connect/authorize" and request.method == "GET":
            return tokens.consent(request.query, now)
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        scopes = tokens.scopes(token, now) if scheme == "Bearer" else "AuthenticationUnsuccessful"
        if isinstance(scopes, str):
            return problem(401, "Unauthorized", scopes)
        if request.path.lower() == "/connections" and request.method == "GET":
            return reply(self._connections())
        if not request.path.startswith(BASE):
            return _NOT_FOUND
        return self._accounting(request, scopes, fault)

    def _connections(self) -> list[Row]:
        since = f"{self.world.clock.now:%Y-%m-%d}T00:00:00.0000000"
        return [
            {
                "id": str(uuid5(_SPACE, tenant)),
                "authEventId": str(uuid5(_SPACE, "consent")),
                "tenantId": tenant,
                "tenantType": "ORGANISATION",
                "tenantName": company.organisation.name,
                "createdDateUtc": since,
                "updatedDateUtc": since,
            }
            for tenant, company in self.world.companies.items()
        ]

    def _accounting(self, request: Request, scopes: frozenset[str], fault: Fault | None) -> Answer:
        tenant = request.headers.get("xero-tenant-id", "").lower()
        if tenant not in self.world.companies:
            return problem(403, "Forbidden", "AuthenticationUnsuccessful")
        now, limiter = self.world.clock.service, self.world.limiter
        answer = limiter.start(tenant, now) or self._allowed(request, tenant, scopes, fault)
        return Answer(answer.status, answer.body, {**answer.headers, **limiter.remaining(tenant, now)})

    def _allowed(self, request: Request, tenant: str, scopes: frozenset[str], fault: Fault | None) -> Answer:
        area = _NEEDS.get(_endpoint(request.path), "settings")
        wanted = {f"accounting.{area}"} | ({f"accounting.{area}.read"} if request.method == "GET" else set())
        if not wanted & scopes:
            refusal = 'Bearer error="insufficient_scope"'
            return problem(401, "Unauthorized", "AuthorizationUnsuccessful", WWW_Authenticate=refusal)
        if "application/json" not in request.headers.get("accept", ""):
            note = "<Response><Message>XML is the default here; ask with Accept: application/json</Message></Response>"
            return text(note, 406, "text/xml")
        try:
            return self._document(request, tenant, fault)
        except ImpossibleError:
            return _NOT_FOUND
        except ValueError as error:
            return invalid(str(error))

    def _document(self, request: Request, tenant: str, fault: Fault | None) -> Answer:
        parts = request.path[len(BASE) :].strip("/").split("/")
        view = _View(self, tenant, self._books(tenant, fault), request)
        if request.method == "PUT" and len(parts) == 3 and parts[0] == "Invoices" and parts[2] == "History":
            return view.write_history(parts[1])
        if request.method != "GET":
            return Answer(501)
        body = view.document(parts)
        if body is None:
            return _NOT_FOUND
        if fault and fault.kind in TWISTING:
            page = str(max(1, int(request.query.get("page", "1")) - 1))
            before = Request("GET", request.path, {**request.query, "page": page}, request.headers)
            earlier = _View(self, tenant, view.books, before).document(parts)
            body = TWISTING[fault.kind](body, earlier or {})
        return reply(self.envelope(tenant) | body)

    def _books(self, tenant: str, fault: Fault | None) -> Books:
        if fault and fault.kind == "stale":
            return self.world.books(tenant, timedelta(minutes=float(fault.value or 60)))
        return self.world.books(tenant)

    def envelope(self, tenant: str) -> Row:
        """What every Accounting answer starts with."""
        call = str(uuid5(_SPACE, f"{tenant}/{len(self.world.log)}"))
        now = f"/Date({(self.world.clock.now - EPOCH) // timedelta(milliseconds=1)})/"
        return {"Id": call, "Status": "OK", "ProviderName": "duecourse sandbox", "DateTimeUTC": now}

    def rows(self, tenant: str, books: Books, name: str) -> list[Row]:
        """All documents of one kind as full rows, remembered while the books stay the same."""
        today = self.world.clock.now.date()
        key = (tenant, name, id(books), today)
        if key not in self._rows:
            for other in [other for other in self._rows if other[2] != id(books) or other[3] != today]:
                del self._rows[other]
            self._rows[key] = _MAKERS[name](books, self.world)
        return self._rows[key]


class _View:
    """One request's look at one organisation's books."""

    def __init__(self, face: XeroFace, tenant: str, books: Books, request: Request) -> None:
        self.face, self.tenant, self.books, self.request = face, tenant, books, request

    def document(self, parts: list[str]) -> Row | None:
        """The body (without envelope) for a path; None when there is nothing there."""
        match parts:
            case ["Organisation"]:
                return {"Organisations": [self._organisation()]}
            case ["InvoiceReminders", "Settings"]:
                return {"InvoiceReminders": [{"Enabled": self._company().organisation.reminders}]}
            case [name] if name in _LISTS:
                return self._list(_LISTS[name])
            case ["ContactGroups", key]:
                return self._group(key)
            case [name, key] if name in _LISTS:
                return self._single(name, key)
            case ["Invoices", key, "OnlineInvoice"]:
                return self._online(key)
            case ["Invoices", key, "History"]:
                return {"HistoryRecords": self._history(key)}
        return None

    def _company(self) -> Any:
        return self.face.world.companies[self.tenant]

    def _list(self, listing: Listing) -> Row:
        query, rows = self.request.query, self.face.rows(self.tenant, self.books, listing.name)
        if listing is lists.CONTACTS and query.get("includeArchived", "").lower() != "true":
            rows = [row for row in rows if row["ContactStatus"] != "ARCHIVED"]
        return lists.page_of(listing, lists.select(listing, rows, query, self._modified()), query)

    def _modified(self) -> str | None:
        return self.request.headers.get("if-modified-since")

    def _single(self, name: str, key: str) -> Row | None:
        if name == "Invoices":
            invoice = self.books.invoice(key)
            row = invoice_full(invoice, self.books, single=True)
            settle({invoice.id: row}, self.books)
            contact = contact_full(self.books.contacts[invoice.contact], self.books, self.face.world.clock.now.date())
            row["Contact"] = {k: v for k, v in contact.items() if k not in {"PaymentTerms", "Balances"}}
            return {name: [row]}
        if name == "Payments":
            payment = self.books.payments.get(key.lower())
            return {name: [payment_full(payment, self.books, single=True)]} if payment else None
        rows = self.face.rows(self.tenant, self.books, name)
        found = [row for row in rows if row[_LISTS[name].id] == key.lower()]
        return {name: found} if found else None

    def _group(self, key: str) -> Row | None:
        for row in self.face.rows(self.tenant, self.books, "ContactGroups"):
            if row["ContactGroupID"] == key.lower():
                members = [c for c in self.books.contacts.values() if row["Name"] in c.groups]
                return {"ContactGroups": [{**row, "Contacts": [{"ContactID": c.id, "Name": c.name} for c in members]}]}
        return None

    def _online(self, key: str) -> Row | None:
        invoice = self.books.invoice(key)
        if invoice.type != "ACCREC" or invoice.status in {"DRAFT", "SUBMITTED", "DELETED"}:
            return None
        return {"OnlineInvoices": [{"OnlineInvoiceUrl": f"https://pay.example.com/{uuid5(_SPACE, invoice.id).hex}"}]}

    def _history(self, key: str) -> list[Row]:
        invoice = self.books.invoice(key)
        written = [note for tenant, note in self.face.world.written if tenant == self.tenant]
        notes = [note for note in [*self.books.notes, *written] if note.invoice == invoice.id]
        return [history_row(note) for note in sorted(notes, key=lambda note: note.at, reverse=True)]

    def write_history(self, key: str) -> Answer:
        """PUT .../History: keep the notes; the invoice itself does not change."""
        invoice = self.books.invoice(key)
        records = json.loads(self.request.body or b"{}").get("HistoryRecords", [])
        details = [str(record.get("Details", "")) for record in records]
        if not details or any(not text_ or len(text_) > 2500 for text_ in details):
            return invalid("Details must have 1 to 2500 characters", kind="ValidationException", number=10)
        now = self.face.world.clock.now
        notes = [Note(invoice.id, now, "Note", "System Generated", text_) for text_ in details]
        self.face.world.written.extend((self.tenant, note) for note in notes)
        return reply(self.face.envelope(self.tenant) | {"HistoryRecords": [history_row(note) for note in notes]})

    def _organisation(self) -> Row:
        organisation, company = self._company().organisation, self._company()
        return {
            "OrganisationID": organisation.id,
            "Name": organisation.name,
            "LegalName": organisation.name,
            "PaysTax": True,
            "Version": "UK",
            "OrganisationType": "COMPANY",
            "OrganisationEntityType": "COMPANY",
            "BaseCurrency": organisation.currency,
            "CountryCode": organisation.country,
            "IsDemoCompany": organisation.demo,
            "OrganisationStatus": "ACTIVE",
            "FinancialYearEndDay": 31,
            "FinancialYearEndMonth": 3,
            "CreatedDateUTC": stamp(company.events[0].at) if company.events else day(EPOCH.date()),
            "Timezone": organisation.timezone,
            "ShortCode": organisation.short_code,
            "Class": "DEMO" if organisation.demo else "PREMIUM",
            "Edition": "BUSINESS",
            "Addresses": [],
            "Phones": [],
            "ExternalLinks": [],
            "PaymentTerms": {"Sales": {"Day": 30, "Type": "DAYSAFTERBILLDATE"}},
        }


def _endpoint(path: str) -> str:
    tail = path[len(BASE) :] if path.startswith(BASE) else path.strip("/").rpartition("/")[2]
    return tail.partition("/")[0]


def _invoices(books: Books, _: World) -> list[Row]:
    rows = {invoice.id: invoice_full(invoice, books, single=False) for invoice in books.invoices.values()}
    settle(rows, books)
    return list(rows.values())


def _contacts(books: Books, world: World) -> list[Row]:
    return [contact_full(contact, books, world.clock.now.date()) for contact in books.contacts.values()]


def _payments(books: Books, _: World) -> list[Row]:
    return [payment_full(payment, books, single=False) for payment in books.payments.values()]


def _batches(books: Books, _: World) -> list[Row]:
    members: dict[str, list[Any]] = {batch: [] for batch in books.batches}
    for payment in books.payments.values():
        if payment.batch in members:
            members[payment.batch].append(payment)
    return [batch_full(batch, members[batch.id], books) for batch in books.batches.values() if members[batch.id]]


def _credits(kind: str) -> Callable[[Books, World], list[Row]]:
    return lambda books, _: [credit_full(credit, books) for credit in books.credits.values() if credit.kind == kind]


def _groups(books: Books, _: World) -> list[Row]:
    return [group_stub(name) for name in sorted({name for c in books.contacts.values() for name in c.groups})]


def _themes(_: Books, __: World) -> list[Row]:
    return [{"BrandingThemeID": THEME, "Name": "Standard", "Type": "INVOICE", "SortOrder": 0}]


_MAKERS: Mapping[str, Callable[[Books, World], list[Row]]] = {
    "Invoices": _invoices,
    "Contacts": _contacts,
    "Payments": _payments,
    "BatchPayments": _batches,
    "CreditNotes": _credits("note"),
    "Overpayments": _credits("overpayment"),
    "Prepayments": _credits("prepayment"),
    "ContactGroups": _groups,
    "BrandingThemes": _themes,
}
