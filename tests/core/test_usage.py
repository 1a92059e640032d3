"""What counts in a price list, which tier it needs and where the month is heading."""

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.prices import price_lists
from worker.core.usage import GIB, PriceList, Used, UsedOn, forecast_of, month, month_of

TODAY = date(2026, 11, 10)
XERO, QUICKBOOKS = price_lists()["xero"], price_lists()["quickbooks"]


def row(purpose: str, calls: int, size: int = 0, day: date = date(2026, 11, 1), platform: str = "xero") -> UsedOn:
    return UsedOn("harbour", day, platform, purpose, Used(calls, calls, size))


def test_every_list_is_dated_and_says_where_it_was_read() -> None:
    for prices in price_lists().values():
        assert prices.as_of <= date(2026, 11, 22) and prices.sources
        fees = [t.fee for t in prices.tiers if t.fee is not None]
        assert fees == sorted(fees) and fees[0] == 0


def test_the_organisation_endpoint_and_tokens_are_not_egress() -> None:
    rows = [row("reading", 7, 1000), row("organisation", 1, 500), row("token", 1, 400), row("note", 1, 300)]
    assert month(XERO, rows, 1, TODAY).quantity == 1000


def test_only_answered_reads_count_at_intuit() -> None:
    rows = [
        UsedOn("harbour", TODAY, "quickbooks", "reading", Used(10, 8, 5000)),
        row("pdf", 3, day=TODAY, platform="quickbooks"),
        row("token", 2, day=TODAY, platform="quickbooks"),
    ]
    assert month(QUICKBOOKS, rows, 1, TODAY).quantity == 11


@pytest.mark.parametrize(
    ("connections", "name"),
    [(0, "Starter"), (5, "Starter"), (6, "Core"), (50, "Core"), (1000, "Plus"), (10_001, "Enterprise")],
)
def test_xero_tiers_go_by_connections(connections: int, name: str) -> None:
    tier = month(XERO, [row("reading", 1, 1)], connections, TODAY).tier
    assert tier is not None and tier.name == name


def test_egress_beyond_the_tier_costs_extra() -> None:
    found = month(XERO, [row("reading", 100, 4 * GIB)], 6, TODAY)
    assert (found.forecast, found.share, found.fee) == (12 * GIB, Decimal("0.4000"), Decimal("35"))
    assert found.extra == Decimal("4.80"), "two GiB at 2.40"


def test_a_month_that_would_be_blocked_names_the_tier_it_needs() -> None:
    found = month(QUICKBOOKS, [row("reading", 200_000, platform="quickbooks")], 3, TODAY)
    assert found.tier and found.tier.name == "Builder" and found.share == Decimal("0.4000")
    assert found.forecast == 600_000
    assert found.next_tier and found.next_tier.name == "Silver"
    assert found.extra is None, "Builder sells nothing beyond"


def test_a_month_begun_late_is_not_stretched_over_days_before() -> None:
    assert forecast_of(100, [date(2026, 11, 9)], TODAY) == 100 + 100 * 20 // 2
    assert forecast_of(100, [TODAY], TODAY) == 100 + 100 * 20
    assert forecast_of(0, [], TODAY) == 0


def test_the_busiest_day_is_of_one_organisation_and_without_tokens() -> None:
    rows = [row("reading", 7), row("last look", 3), row("token", 50), row("reading", 4, day=TODAY)]
    rows.append(UsedOn("quay", date(2026, 11, 1), "xero", "reading", Used(6, 6, 1)))
    assert month(XERO, rows, 2, TODAY).busiest == 10


@given(st.dates(date(2024, 1, 1), date(2032, 12, 31)), st.integers(0, 10**12))
def test_a_forecast_is_never_less_than_what_was_used_and_nothing_more_on_the_last_day(day: date, used: int) -> None:
    first, last = month_of(day)
    assert first.day == 1 and first.month == last.month == day.month
    assert forecast_of(used, [first], day) >= used
    assert forecast_of(used, [first], last) == used


def test_units_are_what_the_lists_say() -> None:
    silver = next(t for t in QUICKBOOKS.tiers if t.name == "Silver")
    assert isinstance(QUICKBOOKS, PriceList) and silver.included == 1_000_000
    core = next(t for t in XERO.tiers if t.name == "Core")
    assert core.included == 10 * GIB
