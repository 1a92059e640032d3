"""A step's `if`: each measure on its own, joined, and over past runs."""

from dataclasses import replace
from decimal import Decimal

import pytest

from tests.core.build import (
    as_of,
    books,
    client,
    client_settings,
    condition,
    considerate,
    day,
    invoice,
    paid,
    payment,
    sent,
    settings,
)
from worker.core.conditions import Facts, holds, missed_runs
from worker.core.context import Context
from worker.core.history import History
from worker.core.policy import Condition, Measure, PlanOffer
from worker.core.policy import Test as Check
from worker.core.receivable import Payment

TODAY = "2026-03-20"
A1 = invoice("A1", "2026-03-04", "900.00")
A2 = invoice("A2", "2026-03-15", "100.00")
A3 = invoice("A3", "2026-04-15", "50.00")
EURO = invoice("A4", "2026-03-10", "7.00", currency="EUR")


def facts(history: History | None = None, payments: tuple[Payment, ...] = (), **more: object) -> Facts:
    chosen = client_settings(**more)
    snapshot = books(A1, A2, A3, EURO, clients=(client(groups=("VIP",)),), payments=payments)
    ctx = Context(snapshot, settings(chosen), history or History(), as_of(TODAY))
    return Facts(ctx, A1, ctx.ladder(A1, chosen), (A1, A2, A3, EURO))


@pytest.mark.parametrize(
    ("measure", "op", "value", "expected"),
    [
        (Measure.BALANCE, ">", Decimal(1049), True),
        (Measure.BALANCE, ">", Decimal(1050), False),
        (Measure.BALANCE, ">=", Decimal(1050), True),
        (Measure.BALANCE, "<=", Decimal(1050), True),
        (Measure.BALANCE, "<", Decimal(1050), False),
        (Measure.OLDEST, "=", Decimal(16), True),
        (Measure.INVOICES, "=", Decimal(3), True),
        (Measure.CURRENCY, "=", "gbp", True),
        (Measure.CURRENCY, "=", "EUR", False),
        (Measure.GROUP, "=", "vip", True),
        (Measure.GROUP, "=", "vi", False),
        (Measure.FIRST_INVOICE, "=", "yes", True),
        (Measure.PLANS, "=", "offered", False),
    ],
)
def test_each_measure(measure: Measure, op: str, value: Decimal | str, expected: bool) -> None:
    assert holds(condition(Check(measure, op, value)), facts()) is expected


def test_all_any_and_nesting() -> None:
    yes, no = Check(Measure.CURRENCY, "=", "GBP"), Check(Measure.CURRENCY, "=", "EUR")
    assert holds(Condition(()), facts())
    assert not holds(condition(yes, no), facts())
    assert holds(condition(yes, no, any_=True), facts())
    assert holds(condition(yes, condition(no, yes, any_=True)), facts())


def test_plans_offered() -> None:
    offered = facts(policy=considerate(plans=PlanOffer()))
    plans = condition(Check(Measure.PLANS, "=", "offered"))
    assert holds(plans, replace(offered, open_of_payer=(A1, A2)))
    assert not holds(plans, offered), "two currencies are overdue, and a plan is made in one"
    assert not holds(plans, facts())


def test_a_first_invoice_is_the_oldest_of_a_client_that_never_paid_and_never_heard_from_us() -> None:
    first = condition(Check(Measure.FIRST_INVOICE, "=", "yes"))
    assert not holds(first, replace(facts(), invoice=A2))
    assert not holds(first, facts(History(messages=(sent("2026-03-10", "nudge", "A2"),))))
    assert not holds(first, facts(payments=(payment("P1", invoice("A0"), "2026-01-01"),)))


def test_missed_runs_counts_runs_not_invoices_and_only_the_last_ones() -> None:
    chosen = client_settings(pays="last friday")
    late = [paid(invoice(f"L{n}", f"2025-{n:02}-20")) for n in (8, 9, 10)]
    prompt = paid(invoice("P", "2025-11-20"))
    money = [payment(f"M{n}", i, f"2025-{n:02}-28") for n, i in zip((9, 10, 11), late, strict=True)]
    money.append(payment("MP", prompt, "2025-11-28"))
    snapshot = books(A1, *late, prompt, payments=tuple(money))
    ctx = Context(snapshot, settings(chosen), History(), as_of(TODAY))
    found = Facts(ctx, A1, ctx.ladder(A1, chosen), (A1,))
    assert [missed_runs(found, last) for last in (3, 5, 6, 7, 12)] == [0, 1, 2, 3, 3]
    assert ctx.ladder(late[0], chosen).run_of(late[0]) == day("2025-08-29")
    assert missed_runs(facts(), 6) == 0, "no run known"
