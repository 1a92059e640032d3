"""The rows of the simulated books, with nothing about any platform's wire form.

Amounts are Decimals in the document's own currency. Dates are the organisation's calendar dates; ``updated`` is an
instant in UTC.
"""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

ZERO = Decimal("0.00")


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
