"""The simulated books: rows, the events that make them, and nothing about any platform's wire form.

Amounts are Decimals in the document's own currency. Dates are the organisation's calendar dates; ``updated`` and event
times are instants in UTC. A state is only ever made by applying events in order, so any moment can be looked at again.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any

ZERO = Decimal("0.00")


@dataclass(frozen=True)
class Event:
    """Something that happened to one row (``kind`` is ``thing.deed``) at an instant in UTC."""

    at: datetime
    kind: str
    id: str
    data: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Person:
    """A further person at a client; by role, for the sandbox names nobody."""

    role: str
    email: str
    included: bool


@dataclass
class Contact:
    """A client or a supplier."""

    id: str
    name: str
    email: str
    account_number: str
    updated: datetime
    people: tuple[Person, ...] = ()
    groups: tuple[str, ...] = ()
    currency: str = "GBP"
    country: str = "United Kingdom"
    city: str = ""
    terms: tuple[int, str] | None = None
    status: str = "ACTIVE"
    merged_to: str | None = None


@dataclass(frozen=True)
class Line:
    """One line of an invoice: net amount and tax."""

    description: str
    net: Decimal
    tax: Decimal


@dataclass
class Invoice:
    """A sales invoice (``ACCREC``) or a supplier's bill (``ACCPAY``)."""

    id: str
    number: str
    contact: str
    issued: date
    due: date
    lines: tuple[Line, ...]
    updated: datetime
    type: str = "ACCREC"
    reference: str = ""
    currency: str = "GBP"
    rate: Decimal = Decimal(1)
    status: str = "DRAFT"
    sent: bool = False
    expected: date | None = None
    repeating: str | None = None
    paid: Decimal = ZERO
    credited: Decimal = ZERO
    settled_on: date | None = None
    allocated_on: date | None = None

    @property
    def total(self) -> Decimal:
        """Net and tax of all lines."""
        return sum((line.net + line.tax for line in self.lines), ZERO)

    @property
    def open(self) -> Decimal:
        """What is still owed; nothing once void or deleted."""
        return ZERO if self.status in {"VOIDED", "DELETED"} else self.total - self.paid - self.credited


@dataclass
class Payment:
    """Money against one invoice. ``date`` is the day the bank shows, which is not the day it was recorded."""

    id: str
    invoice: str
    date: date
    amount: Decimal
    updated: datetime
    reference: str = ""
    batch: str | None = None
    status: str = "AUTHORISED"


@dataclass
class Batch:
    """One lump of money that paid several invoices."""

    id: str
    date: date
    reference: str
    updated: datetime
    status: str = "AUTHORISED"


@dataclass(frozen=True)
class Allocation:
    """Part of a credit set against an invoice."""

    id: str
    invoice: str
    amount: Decimal
    date: date


@dataclass
class Credit:
    """A credit note, an overpayment or a prepayment (``kind``: note, overpayment, prepayment)."""

    id: str
    kind: str
    number: str
    contact: str
    date: date
    total: Decimal
    updated: datetime
    currency: str = "GBP"
    rate: Decimal = Decimal(1)
    status: str = "AUTHORISED"
    reference: str = ""
    allocations: tuple[Allocation, ...] = ()

    @property
    def remaining(self) -> Decimal:
        """What is not yet set against an invoice."""
        return ZERO if self.status == "VOIDED" else self.total - sum((a.amount for a in self.allocations), ZERO)


@dataclass(frozen=True)
class Note:
    """One line of an invoice's history."""

    invoice: str
    at: datetime
    changes: str
    user: str
    details: str


class ImpossibleError(ValueError):
    """An event that these books cannot take, with the reason."""


class Books:
    """All rows as known at one moment."""

    def __init__(self) -> None:
        self.contacts: dict[str, Contact] = {}
        self.invoices: dict[str, Invoice] = {}
        self.payments: dict[str, Payment] = {}
        self.batches: dict[str, Batch] = {}
        self.credits: dict[str, Credit] = {}
        self.notes: list[Note] = []

    def apply(self, event: Event) -> None:
        """Let ``event`` happen. Raises ImpossibleError when it cannot."""
        deed = _DEEDS.get(event.kind)
        if deed is None:
            raise ImpossibleError(f"unknown event {event.kind!r}; known: {', '.join(sorted(_DEEDS))}")
        deed(self, event)

    def invoice(self, key: str) -> Invoice:
        """An invoice by id or number."""
        found = self.invoices.get(key) or next((i for i in self.invoices.values() if i.number == key), None)
        if found is None:
            raise ImpossibleError(f"no invoice {key!r} in these books at this moment")
        return found

    def note(self, event: Event, changes: str, details: str, invoice: str | None = None) -> None:
        """Add a line to an invoice's history. History never moves an invoice's update time."""
        user = "System Generated" if changes == "Note" else "Studio"
        self.notes.append(Note(invoice or event.id, event.at, changes, user, details))


def _contact_add(books: Books, event: Event) -> None:
    books.contacts[event.id] = Contact(id=event.id, updated=event.at, **event.data)


def _contact_edit(books: Books, event: Event) -> None:
    books.contacts[event.id] = replace(books.contacts[event.id], updated=event.at, **event.data)


def _contact_merge(books: Books, event: Event) -> None:
    into = event.data["into"]
    _contact_edit(books, replace(event, data={"status": "ARCHIVED", "merged_to": into}))
    for rows in (books.invoices.values(), books.credits.values()):
        for row in rows:
            if row.contact == event.id:
                row.contact = into


def _invoice_add(books: Books, event: Event) -> None:
    books.invoices[event.id] = Invoice(id=event.id, updated=event.at, **event.data)
    books.note(event, "Created", f"{event.data['number']} created")


def _invoice_edit(books: Books, event: Event) -> None:
    """Change fields. On a part-paid invoice an edit that makes no journal does not move the update time.

    Source: Xero's developer site, "Requests and responses": due date and sent mark of part-paid invoices.
    """
    invoice = books.invoice(event.id)
    silent = (
        invoice.status == "AUTHORISED" and invoice.paid + invoice.credited > 0 and set(event.data) <= {"due", "sent"}
    )
    for name, value in event.data.items():
        setattr(invoice, name, value)
    invoice.updated = invoice.updated if silent else event.at
    books.note(event, "Edited", ", ".join(f"{name}: {value}" for name, value in event.data.items()), invoice.id)


def _invoice_status(books: Books, event: Event) -> None:
    wanted = event.kind.partition(".")[2]
    invoice = books.invoice(event.id)
    allowed = {"approve": ("DRAFT", "SUBMITTED"), "void": ("AUTHORISED",), "delete": ("DRAFT", "SUBMITTED")}[wanted]
    if invoice.status not in allowed or (wanted == "void" and invoice.paid + invoice.credited > 0):
        raise ImpossibleError(f"cannot {wanted} {invoice.number}: it is {invoice.status}, {invoice.paid} paid")
    invoice.status = {"approve": "AUTHORISED", "void": "VOIDED", "delete": "DELETED"}[wanted]
    invoice.updated = event.at
    books.note(event, invoice.status.capitalize(), f"{invoice.number} {invoice.status.lower()}", invoice.id)


def _payment_add(books: Books, event: Event) -> None:
    invoice = books.invoice(event.data["invoice"])
    amount = event.data.get("amount") or invoice.open
    if invoice.status != "AUTHORISED" or not ZERO < amount <= invoice.open:
        raise ImpossibleError(f"cannot pay {amount} on {invoice.number}: {invoice.status}, {invoice.open} open")
    fields = {**event.data, "invoice": invoice.id, "amount": amount}
    books.payments[event.id] = Payment(id=event.id, updated=event.at, **fields)
    invoice.paid += amount
    _settle(invoice, event, event.data["date"])
    books.note(event, "Payment", f"{amount} {invoice.currency} received", invoice.id)


def _payment_delete(books: Books, event: Event) -> None:
    payment = books.payments[event.id]
    if payment.status == "DELETED":
        raise ImpossibleError(f"payment {event.id} is already deleted")
    invoice = books.invoices[payment.invoice]
    payment.status, payment.updated = "DELETED", event.at
    invoice.paid -= payment.amount
    invoice.status, invoice.settled_on, invoice.updated = "AUTHORISED", None, event.at
    books.note(event, "Payment deleted", f"{payment.amount} {invoice.currency} removed", invoice.id)


def _settle(invoice: Invoice, event: Event, on: date, *, silent: bool = False) -> None:
    if invoice.open == 0:
        invoice.status, invoice.settled_on = "PAID", on
    if not silent:
        invoice.updated = event.at


def _batch_add(books: Books, event: Event) -> None:
    books.batches[event.id] = Batch(id=event.id, updated=event.at, **event.data)


def _credit_add(books: Books, event: Event) -> None:
    books.credits[event.id] = Credit(id=event.id, updated=event.at, **event.data)


def _credit_allocate(books: Books, event: Event) -> None:
    """Set a credit against an invoice.

    Whether this moves the *invoice's* update time is documented nowhere, so here it does not: a reader that copes with
    that copes with either.
    """
    credit, invoice, amount = books.credits[event.id], books.invoice(event.data["invoice"]), event.data["amount"]
    if credit.currency != invoice.currency or not ZERO < amount <= min(credit.remaining, invoice.open):
        raise ImpossibleError(f"cannot set {amount} of {credit.number} against {invoice.number} ({invoice.open} open)")
    day = max(credit.date, invoice.issued)
    credit.allocations += (Allocation(event.data["allocation"], invoice.id, amount, day),)
    credit.updated = event.at
    credit.status = "PAID" if credit.remaining == 0 else credit.status
    invoice.credited += amount
    _settle(invoice, event, day, silent=True)
    invoice.allocated_on = event.at.date()


def _credit_void(books: Books, event: Event) -> None:
    credit = books.credits[event.id]
    if credit.allocations:
        raise ImpossibleError(f"cannot void {credit.number}: part of it is allocated")
    credit.status, credit.updated = "VOIDED", event.at


def _note_add(books: Books, event: Event) -> None:
    invoice = books.invoice(event.id)
    books.note(event, event.data.get("changes", "Note"), event.data["details"], invoice.id)


_DEEDS: dict[str, Callable[[Books, Event], None]] = {
    "contact.add": _contact_add,
    "contact.edit": _contact_edit,
    "contact.merge": _contact_merge,
    "invoice.add": _invoice_add,
    "invoice.edit": _invoice_edit,
    "invoice.approve": _invoice_status,
    "invoice.void": _invoice_status,
    "invoice.delete": _invoice_status,
    "payment.add": _payment_add,
    "payment.delete": _payment_delete,
    "batch.add": _batch_add,
    "credit.add": _credit_add,
    "credit.allocate": _credit_allocate,
    "credit.void": _credit_void,
    "note.add": _note_add,
}
