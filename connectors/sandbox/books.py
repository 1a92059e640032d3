"""The simulated books: what can happen to their rows, one event at a time.

Event times are instants in UTC. A state is only ever made by applying events in order, so any moment can be looked at
again.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any

from connectors.sandbox.rows import ZERO, Allocation, Batch, Contact, Credit, Invoice, Note, Payment


@dataclass(frozen=True)
class Event:
    """Something that happened to one row (``kind`` is ``thing.deed``) at an instant in UTC."""

    at: datetime
    kind: str
    id: str
    data: Mapping[str, Any] = field(default_factory=dict)


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
        self.shown: dict[tuple[str, ...], Any] = {}
        """What the faces made of books that no longer change, by face and kind."""

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
    allowed = {
        "approve": ("DRAFT", "SUBMITTED"), "void": ("AUTHORISED",), "delete": ("DRAFT", "SUBMITTED"),
        "remove": ("AUTHORISED",),  # Xero has no such thing; QuickBooks deletes any invoice
    }[wanted]  # fmt: skip
    if invoice.status not in allowed or (wanted in {"void", "remove"} and invoice.paid + invoice.credited > 0):
        raise ImpossibleError(f"cannot {wanted} {invoice.number}: it is {invoice.status}, {invoice.paid} paid")
    invoice.status = {"approve": "AUTHORISED", "void": "VOIDED", "delete": "DELETED", "remove": "DELETED"}[wanted]
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
    "invoice.remove": _invoice_status,
    "payment.add": _payment_add,
    "payment.delete": _payment_delete,
    "batch.add": _batch_add,
    "credit.add": _credit_add,
    "credit.allocate": _credit_allocate,
    "credit.void": _credit_void,
    "note.add": _note_add,
}
