"""Money is exact and never mixes currencies."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from worker.core.money import MixedCurrencies, Money, minor_digits, quantise, totals, zero

amounts = st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**12), max_value=10**12, places=4)
moneys = st.builds(Money, amounts, st.sampled_from(["EUR", "GBP", "JPY", "KWD"]))


def gbp(text: str) -> Money:
    return Money(Decimal(text), "GBP")


def test_arithmetic_and_order_in_one_currency() -> None:
    assert gbp("1.10") + gbp("2.20") == gbp("3.3")
    assert gbp("1") - gbp("2.50") == -gbp("1.5")
    assert gbp("1") < gbp("2") <= gbp("2.00") and gbp("3") > gbp("2") >= gbp("2.0")
    assert hash(gbp("1.0")) == hash(gbp("1.00"))
    assert str(gbp("1E+3")) == "1000 GBP"
    assert zero("GBP") == gbp("0")


def test_currencies_never_mix() -> None:
    euro = Money(Decimal(1), "EUR")
    assert gbp("1") != euro
    for meet in (Money.__add__, Money.__sub__, Money.__lt__, Money.__le__, Money.__gt__, Money.__ge__):
        with pytest.raises(MixedCurrencies, match="GBP and EUR cannot be added or compared"):
            meet(gbp("1"), euro)


@pytest.mark.parametrize("amount", [1.5, 1, True, "1", None])
def test_an_amount_is_a_decimal(amount: object) -> None:
    with pytest.raises(TypeError, match="an amount is a Decimal"):
        Money(amount, "GBP")  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="money meets money only"):
        gbp("1") + amount  # type: ignore[operator]


@pytest.mark.parametrize("amount", ["NaN", "sNaN", "Infinity", "-Infinity"])
def test_an_amount_is_finite(amount: str) -> None:
    with pytest.raises(ValueError, match="finite"):
        gbp(amount)


@pytest.mark.parametrize("currency", ["gbp", "GB", "GBPP", "", "G1P", "ÄÖÜ", None])
def test_a_currency_is_three_capitals(currency: str) -> None:
    with pytest.raises(ValueError, match="a currency is"):
        Money(Decimal(1), currency)


def test_smallest_units() -> None:
    assert [minor_digits(code) for code in ("JPY", "KWD", "GBP", "CLF", "XXX")] == [0, 3, 2, 4, 2]
    assert quantise(gbp("0.125")) == gbp("0.13")
    assert quantise(gbp("-0.125")) == gbp("-0.13")
    assert str(quantise(Money(Decimal("12.5"), "JPY"))) == "13 JPY"
    assert str(quantise(Money(Decimal(1), "KWD"))) == "1.000 KWD"


@given(st.lists(moneys, max_size=20))
def test_totals_lose_nothing_and_mix_nothing(many: list[Money]) -> None:
    sums = totals(many)
    assert list(sums) == sorted({money.currency for money in many})
    for currency, total in sums.items():
        assert total == sum((money.amount for money in many if money.currency == currency), Decimal(0))


@given(amounts, amounts)
def test_taking_away_undoes_adding(one: Decimal, other: Decimal) -> None:
    assert Money(one, "EUR") + Money(other, "EUR") - Money(other, "EUR") == Money(one, "EUR")
