"""The account of one payer, put together from the books: what a statement says. PURE."""

from collections import defaultdict
from collections.abc import Collection
from datetime import date
from decimal import Decimal

from worker.core.account_values import Statement, StatementLine, StatementPart
from worker.core.context import Context
from worker.core.money import Money
from worker.core.receivable import Invoice


def statement_of(ctx: Context, payer_id: str, client_ids: Collection[str] = ()) -> Statement:
    """The payer's account as of the sweep's day: all its clients' open invoices, disputed ones included."""
    clients = {payer_id, *client_ids}
    mine = [i for i in ctx.open_invoices if ctx.payer_of(i.client_id) == payer_id]
    clients |= {ctx.snapshot.survivor(i.client_id) for i in mine}
    invoices: dict[str, list[Invoice]] = defaultdict(list)
    for invoice in mine:
        invoices[invoice.currency].append(invoice)
    credits: dict[str, list[tuple[str, date | None, Money]]] = defaultdict(list)
    for client_id in sorted(clients):
        for credit in ctx.credits_of.get(client_id, ()):
            amount = Money(credit.remaining, credit.currency)
            credits[credit.currency].append((credit.number, credit.issued, amount))
    parts = tuple(_part(ctx, code, invoices[code], credits[code]) for code in sorted({*invoices, *credits}))
    return Statement(ctx.day, parts)


def _part(
    ctx: Context, currency: str, invoices: list[Invoice], credits: list[tuple[str, date | None, Money]]
) -> StatementPart:
    ordered = sorted(invoices, key=lambda i: (i.due or date.max, i.number, i.id))
    total = sum((i.open for i in ordered), Decimal(0))
    less = sum((amount.amount for _, _, amount in credits), Decimal(0))
    lines = tuple(_line(ctx, i) for i in ordered)
    return StatementPart(currency, lines, tuple(credits), Money(total, currency), Money(total - less, currency))


def _line(ctx: Context, invoice: Invoice) -> StatementLine:
    gone = invoice.total - invoice.open
    paid = tuple(sorted((p.date, Money(a.amount, invoice.currency)) for p, a in ctx.paid_towards.get(invoice.id, ())))
    known = sum((amount.amount for _, amount in paid), Decimal(0))
    # Money in another currency, or of which the books keep no date, cannot be listed: then only the sum is told.
    if known > gone or any(p.currency != invoice.currency for p, _ in ctx.paid_towards.get(invoice.id, ())):
        paid, known = (), Decimal(0)
    client = ctx.client(invoice.client_id)
    return StatementLine(
        number=invoice.number,
        reference=invoice.reference,
        client_name=client.name if client else "",
        issued=invoice.issued,
        due=invoice.due,
        total=Money(invoice.total, invoice.currency),
        paid=paid,
        credited=Money(gone - known, invoice.currency),
        open=Money(invoice.open, invoice.currency),
    )
