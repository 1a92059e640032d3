"""What an organisation's books say: clients, invoices, credits, payments, and the snapshot that holds them.

All amounts are `Decimal` in the currency named beside them; all dates are calendar dates of the organisation, never
instants. Ids are the platform's own, unique within one organisation only.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum


class InvoiceStatus(StrEnum):
    """Where an invoice stands in the books; `OTHER` is a status we do not know and therefore never chase."""

    DRAFT = "draft"
    OPEN = "open"
    PAID = "paid"
    VOID = "void"
    DELETED = "deleted"
    OTHER = "other"


class CreditKind(StrEnum):
    """Why a client is in credit. All but `CREDIT_NOTE` are money we already hold."""

    CREDIT_NOTE = "credit note"
    OVERPAYMENT = "overpayment"
    PREPAYMENT = "prepayment"
    UNAPPLIED_PAYMENT = "unapplied payment"

    @property
    def is_money(self) -> bool:
        """True when the client has paid this in; false for a document that only reduces what it owes."""
        return self is not CreditKind.CREDIT_NOTE


class PaymentKind(StrEnum):
    """`MONEY` came in from the client; a `REFUND` went back; `OTHER` moved no money (a credit applied, a write-off)."""

    MONEY = "money"
    REFUND = "refund"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody at the client's, as the books know them. `copied`: the books mark them to be copied on e-mails."""

    name: str
    email: str
    copied: bool = False


@dataclass(frozen=True, slots=True)
class Client:
    """Who owes the organisation money. `owed_by_us` is what we owe it overdue, in base currency, if the books say."""

    id: str
    name: str
    email: str = ""
    first_name: str = ""
    last_name: str = ""
    people: tuple[Person, ...] = ()
    account_number: str = ""
    groups: tuple[str, ...] = ()
    country: str = ""
    archived: bool = False
    erased: bool = False
    merged_into: str = ""
    parent_id: str = ""
    billed_with_parent: bool = False
    owed_by_us: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Invoice:
    """One sales invoice. `open` is what is owed now; `total`, `open`, `paid`, `credited` are all in `currency`.

    `sent` is None when the books cannot say; `approved` and `expected` (the books' expected payment date) are often
    unknown. `round` rises when a closed invoice is re-opened, and `reopened` is the day we saw that.
    """

    id: str
    client_id: str
    number: str
    currency: str
    total: Decimal
    open: Decimal
    status: InvoiceStatus
    issued: date | None = None
    due: date | None = None
    paid: Decimal = Decimal(0)
    credited: Decimal = Decimal(0)
    reference: str = ""
    sent: bool | None = None
    delivery_problem: str = ""
    approved: date | None = None
    expected: date | None = None
    work: str = ""
    url: str = ""
    theme: str = ""
    terms: str = ""
    repeating: bool = False
    round: int = 0
    reopened: date | None = None

    @property
    def is_open(self) -> bool:
        """Awaiting payment, wholly or in part."""
        return self.status is InvoiceStatus.OPEN and self.open > 0


@dataclass(frozen=True, slots=True)
class Credit:
    """A credit note, overpayment, prepayment or unapplied payment; `remaining` is what is not yet used up."""

    id: str
    client_id: str
    kind: CreditKind
    currency: str
    remaining: Decimal
    live: bool = True
    number: str = ""
    issued: date | None = None


@dataclass(frozen=True, slots=True)
class Allocation:
    """How much of a payment (in its currency) settled one invoice."""

    invoice_id: str
    amount: Decimal


@dataclass(frozen=True, slots=True)
class Payment:
    """Money (or its undoing) as the books record it; never edited, only deleted (`active` false).

    `date` is typed by a person and may lie in the past or the future. `first_seen` is the UTC instant of the complete
    reading that first showed it; `historic` marks what was already there at the first reading, which thanks nobody.
    """

    id: str
    client_id: str
    date: date
    currency: str
    amount: Decimal
    kind: PaymentKind = PaymentKind.MONEY
    active: bool = True
    batch_id: str = ""
    account: str = ""
    reference: str = ""
    allocations: tuple[Allocation, ...] = ()
    first_seen: datetime | None = None
    historic: bool = False


@dataclass(frozen=True, slots=True)
class Organisation:
    """The business whose books these are, as the books describe it.

    `zone` is an IANA name or "" when unknown. `platform_reminders`: the platform itself already sends reminders.
    """

    id: str
    name: str
    base_currency: str = ""
    country: str = ""
    zone: str = ""
    demo: bool = False
    platform_reminders: bool | None = None
    url: str = ""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The mirror of one organisation as of the complete reading that ended at `read_at` (UTC)."""

    organisation: Organisation
    read_at: datetime
    clients: Mapping[str, Client]
    invoices: tuple[Invoice, ...]
    credits: tuple[Credit, ...] = ()
    payments: tuple[Payment, ...] = ()
    warnings: tuple[str, ...] = ()
    by_id: Mapping[str, Invoice] = field(default_factory=dict)

    def invoice(self, invoice_id: str) -> Invoice | None:
        """The invoice with this id, if the mirror holds it."""
        return self.by_id.get(invoice_id)

    def survivor(self, client_id: str) -> str:
        """Follow merges to the client that remains; a loop or a missing client ends the walk."""
        first = self.clients.get(client_id)
        if first is None or not first.merged_into:
            return client_id
        seen = {client_id}
        while (client := self.clients.get(client_id)) and client.merged_into and client.merged_into not in seen:
            client_id = client.merged_into
            seen.add(client_id)
        return client_id


def snapshot_of(
    organisation: Organisation,
    read_at: datetime,
    clients: tuple[Client, ...],
    invoices: tuple[Invoice, ...],
    credits: tuple[Credit, ...] = (),
    payments: tuple[Payment, ...] = (),
    warnings: tuple[str, ...] = (),
) -> Snapshot:
    """Build a snapshot in a canonical order, so that the order in which rows were read never matters (I30)."""
    ordered = tuple(sorted(invoices, key=lambda i: i.id))
    return Snapshot(
        organisation,
        read_at,
        {c.id: c for c in sorted(clients, key=lambda c: c.id)},
        ordered,
        tuple(sorted(credits, key=lambda c: c.id)),
        tuple(sorted(payments, key=lambda p: p.id)),
        tuple(sorted(warnings)),
        {i.id: i for i in ordered},
    )
