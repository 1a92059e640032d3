"""Sample values for logbook tests: a company, its clients, and decisions about them."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from worker.core.decisions import Reason, Remind, Thank
from worker.core.history import Advance
from worker.core.message import Letter, MessageModel
from worker.core.policy import Stage
from worker.core.receivable import (
    Allocation,
    Client,
    Credit,
    CreditKind,
    Invoice,
    InvoiceStatus,
    Organisation,
    Payment,
    Snapshot,
)
from worker.core.settings import Address, Signature
from worker.logbook import SqlLogbook
from worker.ports import Page

ORG = "harbour"
NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)
HARBOUR = Organisation("t-1", "Harbour Joinery", "GBP", "GB", "Europe/London")
CLIENT = Client("c-1", "Quay Cafes Ltd", "accounts@quay.example.com", groups=("cafes",))
INVOICE = Invoice(
    "i-1",
    "c-1",
    "INV-001",
    "GBP",
    Decimal("1200.10"),
    Decimal("1200.10"),
    InvoiceStatus.OPEN,
    date(2026, 1, 5),
    date(2026, 2, 4),
    sent=True,
)
PAYMENT = Payment("p-1", "c-1", date(2026, 3, 1), "GBP", Decimal("100"), allocations=(Allocation("i-1", Decimal(100)),))
CREDIT = Credit("cn-1", "c-1", CreditKind.CREDIT_NOTE, "GBP", Decimal("15.50"), issued=date(2026, 2, 1))
ADDRESS = Address("accounts@quay.example.com", "Quay Cafes")
MODEL = MessageModel("nudge", "en", "Harbour Joinery", "Quay Cafes Ltd", "Hello,", Signature("Office", "o@example.com"))
REASON = Reason("due", "The reminder is due.")


def paid(invoice: Invoice) -> Invoice:
    """The same invoice, paid in full."""
    return replace(invoice, status=InvoiceStatus.PAID, open=Decimal(0), paid=invoice.total)


def read(
    logbook: SqlLogbook,
    *,
    now: datetime = NOW,
    full: bool = True,
    organisation: str = ORG,
    watermark: str = "w1",
    **rows: tuple[object, ...],
) -> Snapshot:
    """One complete reading that shows these rows."""
    with logbook.reading(organisation, now) as writer:
        writer.add(Page(organisation=HARBOUR, clients=(CLIENT,)))
        writer.add(Page(**rows))  # type: ignore[arg-type]
        return writer.finish(watermark, full=full)


def remind(
    *invoices: str, step: str = "nudge", key: str = "", round_: int = 0, payments: tuple[Payment, ...] = ()
) -> Remind:
    """A reminder that moves these invoices to `step`; its key comes from them unless given."""
    advances = tuple(Advance(i, round_, step, Decimal("12.50"), "GBP", date(2026, 2, 27)) for i in invoices)
    key = key or f"{step}-{round_}-" + "-".join(invoices)
    return Remind(
        key,
        "c-1",
        step,
        Stage.AFTER,
        (ADDRESS,),
        (),
        advances,
        MODEL,
        REASON,
        listed=("i-9",),
        granted=date(2026, 3, 9),
        client_ids=("c-1",),
        payments=payments,
    )


def thank(*payments: Payment, key: str = "") -> Thank:
    """A thank-you for these payments."""
    key = key or "thanks-" + "-".join(p.id for p in payments)
    return Thank(key, "c-1", (ADDRESS,), (), payments, MODEL, REASON, ("c-1",))


def letter(key: str, attempt: int = 1) -> Letter:
    """A letter as the gate would compose it."""
    return Letter(key, f"{key}.{attempt}@example.com", ADDRESS, None, (ADDRESS,), "Invoice INV-001", "text", "<p>")


def hand_off(logbook: SqlLogbook, key: str, now: datetime = NOW, organisation: str = ORG) -> bool:
    """Claim and hand off, as one sweep does; whether it came to the hand-off."""
    claim = logbook.claim(organisation, key, "sweep", now, MINUTE)
    if claim is None:
        return False
    raw = f"{claim.key} attempt {claim.attempt}".encode()
    return logbook.hand(organisation, claim, letter(claim.key, claim.attempt), raw, "outbox", now)
