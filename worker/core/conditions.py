"""Whether a step's `if` holds for one invoice: pure comparisons over the payer's open items and its past runs."""

import operator
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from worker.core.context import Context
from worker.core.ladder import MISSED_AFTER, Ladder
from worker.core.policy import Condition, Measure, Test
from worker.core.receivable import Invoice
from worker.core.when import Unit
from worker.core.workdays import add_months

USUAL_FROM = 5
"""Paid invoices from which on a client's usual day counts as known."""

_COMPARE: dict[str, Callable[[Decimal, Decimal], bool]] = {
    ">": operator.gt,
    ">=": operator.ge,
    "<": operator.lt,
    "<=": operator.le,
    "=": operator.eq,
}


@dataclass(frozen=True, slots=True)
class Facts:
    """What a condition may look at: the invoice, its ladder and all open invoices of its payer that may be chased."""

    ctx: Context
    invoice: Invoice
    ladder: Ladder
    open_of_payer: tuple[Invoice, ...]


def holds(condition: Condition, facts: Facts) -> bool:
    """All tests true (or any, when the condition says so); an empty condition holds."""
    results = (holds(t, facts) if isinstance(t, Condition) else _test(t, facts) for t in condition.tests)
    return any(results) if condition.any_ else all(results)


def _test(test: Test, facts: Facts) -> bool:
    measured = _measure(test, facts)
    if measured is None:  # what is not known fits no comparison
        return False
    own = next(((op, value) for currency, op, value in test.values if currency == facts.invoice.currency), None)
    op, value = own or (test.op, test.value)
    if isinstance(measured, Decimal):
        return isinstance(value, Decimal) and _COMPARE[op](measured, value)
    return str(test.value).lower() in (measured if isinstance(measured, frozenset) else {str(measured)})


def _measure(test: Test, facts: Facts) -> Decimal | frozenset[str] | str | None:
    invoice, ctx = facts.invoice, facts.ctx
    same = [i for i in facts.open_of_payer if i.currency == invoice.currency]
    overdue = [i for i in facts.open_of_payer if facts.ladder.overdue(i)]
    match test.measure:
        case Measure.BALANCE:
            return sum((i.open for i in same), Decimal(0))
        case Measure.OLDEST:
            return Decimal(max(((ctx.day - i.due).days for i in overdue if i.due), default=0))
        case Measure.INVOICES:
            return Decimal(len(overdue))
        case Measure.CURRENCY:
            return invoice.currency.lower()
        case Measure.GROUP:
            client = ctx.client(invoice.client_id)
            return frozenset(g.lower() for g in client.groups) if client else frozenset()
        case Measure.FIRST_INVOICE:
            return "yes" if is_first(ctx, invoice) else "no"
        case Measure.MISSED_RUNS:
            return Decimal(missed_runs(facts, test.last))
        case Measure.PAID_LATE:
            return Decimal(sum(late > 0 for late in lateness(ctx, invoice.client_id)[-test.last :]))
        case Measure.USUAL:
            return usual(ctx, invoice.client_id)
        case Measure.CLIENT_SINCE:
            return _known_for(ctx, invoice, test.unit)
        case Measure.PLANS:
            return "offered" if facts.ladder.policy.plans and _one_currency(facts) else "not offered"


def _one_currency(facts: Facts) -> bool:
    """A plan is made in one currency: with two owed there is none to offer."""
    return len({i.currency for i in facts.open_of_payer if facts.ladder.overdue(i)}) <= 1


def lateness(ctx: Context, client_id: str) -> list[int]:
    """Days after its due date on which each paid invoice of this client was settled, in the order of payment."""
    found = [
        (paid[-1], (paid[-1] - invoice.due).days)
        for invoice in ctx.invoices_of(ctx.snapshot.survivor(client_id))
        if (paid := ctx.paid_on.get(invoice.id)) and invoice.due and not invoice.is_open
    ]
    return [late for _, late in sorted(found)]


def usual(ctx: Context, client_id: str) -> Decimal | None:
    """How many days after the due date this client usually pays (the median); None while too few payments are known."""
    late = lateness(ctx, client_id)
    return Decimal(sorted(late)[len(late) // 2]) if len(late) >= USUAL_FROM else None


def _known_for(ctx: Context, invoice: Invoice, unit: Unit) -> Decimal | None:
    """Whole days, weeks or months since the first invoice of this client in the books."""
    client_id = ctx.snapshot.survivor(invoice.client_id)
    since = min((i.issued for i in ctx.invoices_of(client_id) if i.issued), default=None)
    if since is None or since > ctx.day:
        return None
    if unit is Unit.MONTH:
        months = (ctx.day.year - since.year) * 12 + ctx.day.month - since.month
        return Decimal(months if add_months(since, months) <= ctx.day else months - 1)
    return Decimal((ctx.day - since).days // (7 if unit is Unit.WEEK else 1))


def is_first(ctx: Context, invoice: Invoice) -> bool:
    """True when the books show no earlier invoice and no payment of this client, and we never wrote to it."""
    client_id = ctx.snapshot.survivor(invoice.client_id)
    if ctx.index.reminders.get(ctx.payer_of(client_id)) or ctx.paid_by_client(client_id):
        return False
    others = ctx.invoices_of(client_id)
    mine = (invoice.issued or date.max, invoice.id)
    return all((o.issued or date.max, o.id) >= mine for o in others)


def missed_runs(facts: Facts, last: int) -> int:
    """How many of this client's `last` runs before today passed an invoice by that should have been in them."""
    ladder, ctx = facts.ladder, facts.ctx
    schedule = ladder.settings.schedule
    if schedule is None:
        return 0
    missed: set[date] = set()
    for invoice in ctx.invoices_of(ctx.snapshot.survivor(facts.invoice.client_id)):
        run = ladder.run_of(invoice)
        settled_by = ladder.calendar.add(run, MISSED_AFTER) if run else None
        if run is None or settled_by is None or settled_by > ctx.day:
            continue
        paid = ctx.paid_on.get(invoice.id, ())
        if invoice.is_open or (paid and paid[-1] > settled_by):
            missed.add(run)
    recent = [r for r in schedule.runs(ctx.day - timedelta(days=1100), ctx.day) if r < ctx.day][-last:]
    return len(missed & set(recent))
