"""Dates and money as readers write them, exactly."""

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from worker.core.money import Money, minor_digits
from worker.wording.figures import Figures, locale_of

NBSP = "\u00a0"


@pytest.mark.parametrize(
    ("language", "country", "amount", "currency", "expected"),
    [
        ("en", "GB", "1234.5", "GBP", "£1,234.50"),
        ("en", "GB", "1234.5000", "GBP", "£1,234.50"),
        ("en", "GB", "1234.505", "GBP", "£1,234.505"),
        ("en", "GB", "1E+3", "GBP", "£1,000.00"),
        ("en", "GB", "-0.00", "GBP", "£0.00"),
        ("en", "GB", "-12", "GBP", "-£12.00"),
        ("en", "GB", "5", "USD", "US$5.00"),
        ("en", "US", "5", "USD", "$5.00"),
        ("en", "AU", "5", "AUD", "$5.00"),
        ("en", "IN", "5", "USD", f"USD{NBSP}5.00"),
        ("en", "IN", "1234567", "INR", "₹12,34,567.00"),
        ("en", "", "5", "USD", "US$5.00"),
        ("en", "DE", "1234.5", "EUR", "€1,234.50"),
        ("en", "", "1234", "JPY", "JP¥1,234"),
        ("en", "", "1.5", "KWD", f"KWD{NBSP}1.500"),
        ("de", "DE", "1234.5", "EUR", f"1.234,50{NBSP}€"),
        ("de", "CH", "1234.5", "CHF", f"CHF{NBSP}1’234.50"),
        ("de", "CH", "5", "USD", f"USD{NBSP}5.00"),
        ("nl", "", "1234.5", "EUR", f"€{NBSP}1.234,50"),
        ("fr", "FR", "1234.5", "EUR", f"1\u202f234,50{NBSP}€"),
    ],
)
def test_money(language: str, country: str, amount: str, currency: str, expected: str) -> None:
    assert Figures(locale_of(language, country)).money(Money(Decimal(amount), currency)) == expected


@settings(deadline=None)
@given(
    st.decimals(-(10**12), 10**12, places=4),
    st.sampled_from(["GBP", "EUR", "USD", "JPY", "KWD"]),
    st.sampled_from([("en", "GB"), ("en", ""), ("de", "DE"), ("fr", "FR"), ("es", "ES"), ("nl", "NL"), ("de", "CH")]),
)
def test_money_reads_back_exactly(amount: Decimal, currency: str, reader: tuple[str, str]) -> None:
    locale = locale_of(*reader)
    text = Figures(locale).money(Money(amount, currency))
    point = locale.number_symbols["latn"]["decimal"]
    digits = "".join("." if c == point else c for c in text if c.isdigit() or c == point)
    negative = "-" in text or "\u2212" in text
    assert Decimal(digits.strip(".")) * (-1 if negative else 1) == amount
    decimals = len(digits.partition(".")[2])
    assert decimals >= minor_digits(currency)


@pytest.mark.parametrize(
    ("language", "country", "long", "short"),
    [
        ("en", "GB", "3 November 2026", "3 Nov 2026"),
        ("en", "US", "November 3, 2026", "Nov 3, 2026"),
        ("en", "", "3 November 2026", "3 Nov 2026"),
        ("en", "XX", "3 November 2026", "3 Nov 2026"),
        ("de", "", "3. November 2026", "03.11.2026"),
        ("fr", "BE", "3 novembre 2026", "3 nov. 2026"),
    ],
)
def test_days(language: str, country: str, long: str, short: str) -> None:
    figures = Figures(locale_of(language, country))
    assert (figures.day(date(2026, 11, 3)), figures.short_day(date(2026, 11, 3))) == (long, short)


def test_lists_and_unknown_languages() -> None:
    assert Figures(locale_of("en", "GB")).listed(["a", "b", "c"]) == "a, b and c"
    with pytest.raises(ValueError, match="there is no language 'xx'"):
        locale_of("xx", "")
