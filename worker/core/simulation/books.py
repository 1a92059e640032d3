"""Books in memory: invoices that come in, money that settles them, and a complete reading of both at any moment."""

from dataclasses import dataclass, field, replace
from datetime import date, datetime
from decimal import Decimal

from worker.core.receivable import (
    Allocation,
    Client,
    Credit,
    Invoice,
    InvoiceStatus,
    Organisation,
    Payment,
    Snapshot,
    snapshot_of,
)


@dataclass
class Books:
    """One organisation's books. Amounts are in each invoice's own currency."""

    organisation: Organisation
    clients: dict[str, Client] = field(default_factory=dict)
    invoices: dict[str, Invoice] = field(default_factory=dict)
    payments: dict[str, Payment] = field(default_factory=dict)
    credits: dict[str, Credit] = field(default_factory=dict)

    @classmethod
    def of(cls, snapshot: Snapshot) -> "Books":
        """A copy of these books that may go on from here."""
        return cls(
            snapshot.organisation,
            dict(snapshot.clients),
            dict(snapshot.by_id),
            {p.id: p for p in snapshot.payments},
            {c.id: c for c in snapshot.credits},
        )

    def receive(self, payment: Payment) -> Payment:
        """Enter money that settles the invoices it is allocated to. Raises ValueError for more than is owed."""
        for part in payment.allocations:
            self.settle(part.invoice_id, part.amount)
            item = self.invoices[part.invoice_id]
            self.invoices[part.invoice_id] = replace(item, paid=item.paid + part.amount)
        self.payments[payment.id] = payment
        return payment

    def pay(self, payment_id: str, invoice_id: str, on: date, amount: Decimal | None = None) -> Payment:
        """Money for one invoice, all that is open unless `amount` says otherwise."""
        item = self.invoices[invoice_id]
        part = item.open if amount is None else amount
        allocated = (Allocation(invoice_id, part),)
        return self.receive(Payment(payment_id, item.client_id, on, item.currency, part, allocations=allocated))

    def settle(self, invoice_id: str, amount: Decimal) -> None:
        """Take this much off what is open; nothing left closes the invoice. Raises ValueError for more than is owed."""
        item = self.invoices[invoice_id]
        left = item.open - amount
        if left < 0:
            raise ValueError(f"{amount} is more than the {item.open} owed on {item.number}")
        self.invoices[invoice_id] = replace(item, open=left, status=item.status if left else InvoiceStatus.PAID)

    def read(self, at: datetime) -> Snapshot:
        """A complete reading that ended at `at` (UTC); it is the first to show whatever money came before."""
        for id_, made in self.payments.items():
            if made.first_seen is None:
                self.payments[id_] = replace(made, first_seen=at)
        return snapshot_of(
            self.organisation,
            at,
            tuple(self.clients.values()),
            tuple(self.invoices.values()),
            tuple(self.credits.values()),
            tuple(self.payments.values()),
        )
