"""All documents of one kind as full rows, per list endpoint."""

from collections.abc import Callable, Mapping

from connectors.sandbox.books import Books
from connectors.sandbox.rows import Payment
from connectors.sandbox.wire import Row
from connectors.sandbox.world import World
from connectors.sandbox.xero_json import THEME, contact_full, group_stub, invoice_full, settle
from connectors.sandbox.xero_money import batch_full, credit_full, payment_full


class Shelf:
    """Rows made once and kept while the books and the day stay the same."""

    def __init__(self, world: World) -> None:
        self.world = world

    def rows(self, books: Books, name: str) -> list[Row]:
        """All documents of one kind (a list endpoint's name)."""
        day = self.world.clock.now.date().isoformat()
        key = ("xero", name, day if name == "Contacts" else "")  # what is overdue changes by the day
        found: list[Row] | None = books.shown.get(key)
        if found is None:
            found = books.shown[key] = _MAKERS[name](books, self.world)
        return found


def _invoices(books: Books, _: World) -> list[Row]:
    rows = {invoice.id: invoice_full(invoice, books, single=False) for invoice in books.invoices.values()}
    settle(rows, books)
    return list(rows.values())


def _contacts(books: Books, world: World) -> list[Row]:
    return [contact_full(contact, books, world.clock.now.date()) for contact in books.contacts.values()]


def _payments(books: Books, _: World) -> list[Row]:
    return [payment_full(payment, books, single=False) for payment in books.payments.values()]


def _batches(books: Books, _: World) -> list[Row]:
    members: dict[str, list[Payment]] = {batch: [] for batch in books.batches}
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
