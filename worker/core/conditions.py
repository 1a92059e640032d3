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
    if isinstance(measured, Decimal) and isinstance(test.value, Decimal):
        return _COMPARE[test.op](measured, test.value)
    return str(test.value).lower() in (measured if isinstance(measured, frozenset) else {str(measured)})


def _measure(test: Test, facts: Facts) -> Decimal | frozenset[str] | str:
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
        case Measure.PLANS:
            return "offered" if facts.ladder.policy.plans_offered else "not offered"


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
