"""What clients paid and when, from the mirror: the evidence for their payment cycles; and what was inferred from it."""

from collections.abc import Iterator
from datetime import date

from sqlalchemy import Connection, func, select

from worker.core.inference.evidence import Settled
from worker.core.inference.keep import Kept
from worker.core.inference.learn import Paid
from worker.core.receivable import Invoice, InvoiceStatus, PaymentKind
from worker.logbook import rows, schema


def paid(connection: Connection, organisation: str, since: date) -> Iterator[Paid]:
    """Every invoice that money came for since a day, with the day of the first money; undone payments do not count."""
    payment, allocation, invoice = schema.payment, schema.allocation, schema.invoice
    first = func.min(payment.c.date)
    live = (payment.c.active, payment.c.kind == PaymentKind.MONEY.value, ~payment.c.amount.startswith("-"))
    found = (
        select(payment.c.client_id, allocation.c.invoice_id, invoice.c.issued, invoice.c.due, first)
        .join(
            allocation,
            (allocation.c.organisation == payment.c.organisation) & (allocation.c.payment_id == payment.c.id),
        )
        .outerjoin(
            invoice, (invoice.c.organisation == payment.c.organisation) & (invoice.c.id == allocation.c.invoice_id)
        )
        .where(payment.c.organisation == organisation, *live)
        .group_by(payment.c.client_id, allocation.c.invoice_id, invoice.c.issued, invoice.c.due)
        .having(first >= since.isoformat())
    )
    for client_id, invoice_id, issued, due, day in connection.execute(found):
        yield Paid(client_id, invoice_id, Settled(date.fromisoformat(day), _day(issued), _day(due)))


def cycles(connection: Connection, organisation: str) -> dict[str, Kept]:
    """What was inferred before, by payer."""
    table = schema.cycle
    mine = select(table.c.payer_id, table.c.mark, table.c.beliefs).where(table.c.organisation == organisation)
    return {payer: Kept(mark, beliefs) for payer, mark, beliefs in connection.execute(mine)}


def issued(connection: Connection, organisation: str, since: date) -> Iterator[Invoice]:
    """Every invoice issued since a day, paid ones included: what clients are usually billed."""
    invoice = schema.invoice
    columns = [c for c in invoice.columns if c.name != "organisation"]
    wanted = (invoice.c.organisation == organisation, invoice.c.issued >= since.isoformat())
    billed = invoice.c.status.in_([InvoiceStatus.OPEN.value, InvoiceStatus.PAID.value])
    for row in connection.execute(select(*columns).where(*wanted, billed)):
        yield rows.invoice_of(tuple(row), "")


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None
