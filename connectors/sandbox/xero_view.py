"""One request's look at one organisation's books: from a path to the body of the answer."""

import json
from datetime import timedelta
from uuid import UUID, uuid5

from connectors.sandbox import lists
from connectors.sandbox.books import Books
from connectors.sandbox.company import Company
from connectors.sandbox.lists import Listing
from connectors.sandbox.rows import Note
from connectors.sandbox.wire import Answer, Request, Row, invalid, reply
from connectors.sandbox.world import World
from connectors.sandbox.xero_json import EPOCH, contact_full, day, history_row, invoice_full, settle, stamp
from connectors.sandbox.xero_money import payment_full
from connectors.sandbox.xero_rows import Shelf

_LISTS = {
    listing.name: listing
    for listing in (
        lists.INVOICES, lists.CONTACTS, lists.PAYMENTS, lists.BATCHES, lists.NOTES, lists.OVERPAYMENTS,
        lists.PREPAYMENTS, lists.GROUPS, lists.THEMES,
    )
}  # fmt: skip
_SPACE = UUID("8e2d3bb2-0b0c-5f0e-9a6f-6f3f2d9c7a41")


class View:
    """One request's look at one organisation's books."""

    def __init__(self, world: World, shelf: Shelf, tenant: str, books: Books, request: Request) -> None:
        self.world, self.shelf, self.tenant, self.books, self.request = world, shelf, tenant, books, request

    def envelope(self) -> Row:
        """What every answer starts with."""
        call = str(uuid5(_SPACE, f"{self.tenant}/{len(self.world.log)}"))
        now = f"/Date({(self.world.clock.now - EPOCH) // timedelta(milliseconds=1)})/"
        return {"Id": call, "Status": "OK", "ProviderName": "duecourse sandbox", "DateTimeUTC": now}

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

    def _company(self) -> Company:
        return self.world.companies[self.tenant]

    def _list(self, listing: Listing) -> Row:
        query, rows = self.request.query, self.shelf.rows(self.books, listing.name)
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
            contact = contact_full(self.books.contacts[invoice.contact], self.books, self.world.clock.now.date())
            row["Contact"] = {k: v for k, v in contact.items() if k not in {"PaymentTerms", "Balances"}}
            return {name: [row]}
        if name == "Payments":
            payment = self.books.payments.get(key.lower())
            return {name: [payment_full(payment, self.books, single=True)]} if payment else None
        rows = self.shelf.rows(self.books, name)
        found = [row for row in rows if row[_LISTS[name].id] == key.lower()]
        return {name: found} if found else None

    def _group(self, key: str) -> Row | None:
        for row in self.shelf.rows(self.books, "ContactGroups"):
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
        written = [note for tenant, note in self.world.written if tenant == self.tenant]
        notes = [note for note in [*self.books.notes, *written] if note.invoice == invoice.id]
        return [history_row(note) for note in sorted(notes, key=lambda note: note.at, reverse=True)]

    def write_history(self, key: str) -> Answer:
        """PUT .../History: keep the notes; the invoice itself does not change."""
        invoice = self.books.invoice(key)
        given = json.loads(self.request.body or b"{}")
        records = given.get("HistoryRecords") if isinstance(given, dict) else None
        rows = records if isinstance(records, list) else []
        details = [str(row.get("Details", "")) if isinstance(row, dict) else "" for row in rows]
        if not details or any(not text_ or len(text_) > 2500 for text_ in details):
            return invalid("Details must have 1 to 2500 characters", kind="ValidationException", number=10)
        now = self.world.clock.now
        notes = [Note(invoice.id, now, "Note", "System Generated", text_) for text_ in details]
        self.world.written.extend((self.tenant, note) for note in notes)
        return reply(self.envelope() | {"HistoryRecords": [history_row(note) for note in notes]})

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
