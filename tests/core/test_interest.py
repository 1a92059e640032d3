"""Interest per day, split where the rate changes, and never without law, kind of debtor and basis."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.core.build import as_of, books, client_settings, invoice, ladder, sent, settings, step
from worker.config.rates import rate_tables
from worker.core.decide import decide
from worker.core.decisions import Remind
from worker.core.early import early_payment
from worker.core.history import Approval, History
from worker.core.interest import RateTable, figure, periods, why_not
from worker.core.money import Money
from worker.core.policy import Stage
from worker.core.settings import Charges, Debtor, EarlyDiscount

TABLES = rate_tables()
UK = Charges(Debtor.BUSINESS, "GB", interest=True)
E1 = RateTable(
    Decimal(8),
    ((date(2025, 1, 1), Decimal("3.0")), (date(2025, 7, 1), Decimal("3.5"))),
    date(2025, 12, 31),
    False,
    "law",
)


def test_E1_interest_is_split_by_period_and_each_period_is_rounded() -> None:
    """1000 due 20 June, counted to 10 July: ten days at 11 % and ten at 11.5 %."""
    found = periods(Money(Decimal(1000), "EUR"), date(2025, 6, 20), date(2025, 7, 10), E1)
    assert [(p.first.isoformat(), p.days, p.rate, p.amount) for p in found] == [
        ("2025-06-21", 10, Decimal("11.0"), Decimal("3.01")),
        ("2025-07-01", 10, Decimal("11.5"), Decimal("3.15")),
    ]


def test_E1_a_contract_rate() -> None:
    """100, 15 days late, 10 % a year over 365."""
    agreed = Charges(Debtor.BUSINESS, "US-CA", True, "clause 7", Decimal("0.10"))
    found = figure(invoice("A1", "2026-03-01"), date(2026, 3, 16), agreed, TABLES)
    assert found is not None
    assert (found.amount.amount, found.days, found.fixed) == (Decimal("0.41"), 15, None)
    assert found.basis == "clause 7, 10 % a year"


def test_E1_days_without_a_rate_on_file_carry_none() -> None:
    assert periods(Money(Decimal(1000), "EUR"), date(2025, 12, 21), date(2026, 1, 10), E1)[-1].last == date(
        2025, 12, 31
    )
    assert periods(Money(Decimal(1000), "EUR"), date(2026, 3, 1), date(2026, 4, 1), E1) == ()


def test_one_rate_for_the_whole_delay_where_the_law_says_so() -> None:
    """A British debt overdue since December 2025 keeps the rate of that half-year."""
    found = figure(invoice("A1", "2025-12-01", "1000.00"), date(2026, 3, 1), UK, TABLES)
    assert found is not None
    assert (found.days, found.since) == (90, date(2025, 12, 2))
    assert found.amount.amount == Decimal("30.21"), "12.25 % on 1000 for 90 days"
    assert found.fixed == Money(Decimal(70), "GBP")


@pytest.mark.parametrize(("owed", "fixed"), [("999.99", 40), ("1000.00", 70), ("9999.99", 70), ("10000.00", 100)])
def test_fixed_sums_by_the_size_of_the_debt(owed: str, fixed: int) -> None:
    found = figure(invoice("A1", "2026-01-05", owed), date(2026, 2, 5), UK, TABLES)
    assert found is not None
    assert found.fixed == Money(Decimal(fixed), "GBP")


@pytest.mark.parametrize(
    ("charges", "why"),
    [
        (replace(UK, debtor=Debtor.UNKNOWN), "debtor is not said"),
        (replace(UK, debtor=Debtor.CONSUMER), "debtor is not said"),
        (replace(UK, law=""), "whose law"),
        (replace(UK, law="AU"), "only a clause"),
        (replace(UK, law="US-NY"), "only a clause"),
        (replace(UK, law="US", clause="7", rate=Decimal("0.1")), "the state's law"),
        (replace(UK, law="PL"), "no statutory rate is on file for PL"),
        (replace(UK, rate=Decimal("0.1")), "without the clause"),
        (UK, ""),
        (replace(UK, debtor=Debtor.PUBLIC, law="DE"), ""),
    ],
)
def test_nothing_is_said_unless_everything_is_certain(charges: Charges, why: str) -> None:
    assert (why in why_not(charges, TABLES)) and bool(why) == bool(why_not(charges, TABLES))
    assert (figure(invoice("A1", "2026-01-05"), date(2026, 3, 1), charges, TABLES) is None) == bool(why)


def test_every_table_names_its_source_and_rises_by_half_years() -> None:
    assert set(TABLES) == {"GB", "DE", "FR", "IE", "ES", "IT", "LU", "NL"}
    for table in TABLES.values():
        days = [day for day, _ in table.base]
        assert days == sorted(days)
        assert all((d.month, d.day) in {(1, 1), (7, 1)} for d in days)
        assert table.through - days[-1] < timedelta(days=184)


@given(st.integers(1, 10_000_000), st.integers(1, 900), st.sampled_from(sorted(TABLES)))
def test_days_are_counted_once_and_more_debt_never_costs_less(cents: int, days: int, law: str) -> None:
    due, owed = date(2023, 6, 1), Money(Decimal(cents).scaleb(-2), "EUR")
    found = periods(owed, due, due + timedelta(days=days), TABLES[law])
    assert sum(p.days for p in found) == days
    more = periods(Money(owed.amount * 2, "EUR"), due, due + timedelta(days=days), TABLES[law])
    assert sum(p.amount for p in more) >= sum(p.amount for p in found) >= 0


def test_T8_figures_are_shown_in_a_final_notice_and_change_nothing_that_is_owed() -> None:
    """The source books a fee per step; ours says what the law allows, once, and the invoice stays what it was."""
    final = step("final-notice", "30 days after due", stage=Stage.FINAL, allow=14, approval=True)
    chosen = client_settings(policy=replace(ladder("1 day after due"), steps=(final,)), charges=UK)
    item = invoice("A1", "2026-01-05", "1000.00", issued="2025-12-05")
    yes = Approval(
        "step-1", "step", True, as_of("2026-02-05").day, ("A1:0:final-notice",), amounts={"A1:0:final-notice": "1000"}
    )
    told = decide(books(item), settings(chosen, rates=TABLES), History(approvals=(yes,)), as_of("2026-02-05"))
    (remind,) = (d for d in told.decisions if isinstance(d, Remind))
    assert [f.amount.amount for f in remind.model.interest] == [Decimal("9.98")]
    assert remind.model.net == (Money(Decimal(1000), "GBP"),)
    soft = decide(
        books(item),
        settings(client_settings(policy=ladder("1 day after due"), charges=UK), rates=TABLES),
        History(messages=(sent("2026-01-06", "x", "A1"),)),
        as_of("2026-02-05"),
    )
    assert all(not d.model.interest for d in soft.decisions if isinstance(d, Remind))


@pytest.mark.parametrize(
    ("terms", "day", "discount"),
    [
        ("2% 10 Net 30", "2026-03-11", "2.00"),
        ("2/10 net 30", "2026-03-11", "2.00"),
        ("2% 10 Net 30", "2026-03-12", ""),
        ("Net 30", "2026-03-02", ""),
        ("0% 10 Net 30", "2026-03-02", ""),
    ],
)
def test_early_payment_as_the_terms_say(terms: str, day: str, discount: str) -> None:
    item = invoice("A1", "2026-03-31", "100.00", issued="2026-03-01", terms=terms)
    found = early_payment(item, date.fromisoformat(day), None)
    assert (f"{found.discount.amount}" if found else "") == discount
    assert found is None or found.pay.amount + found.discount.amount == item.total


def test_early_payment_is_over_once_part_is_paid() -> None:
    item = invoice("A1", "2026-03-31", "100.00", issued="2026-03-01", open="90.00")
    assert early_payment(item, date(2026, 3, 2), EarlyDiscount(Decimal("0.02"), 10)) is None
