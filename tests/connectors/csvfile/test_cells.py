"""One cell at a time: amounts, dates, names, and what a whole column gives away."""

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.csvfile import cells
from connectors.csvfile.cells import Mark, Order


@pytest.mark.parametrize(
    ("written", "mark", "value", "named"),
    [
        ("1,234.56", Mark.POINT, "1234.56", ""),
        ("$1,234.56", Mark.POINT, "1234.56", ""),
        ("(12.00)", Mark.POINT, "-12.00", ""),
        ("($1,012.00)", Mark.POINT, "-1012.00", ""),
        ("-$12.00", Mark.POINT, "-12.00", ""),
        ("12.00-", Mark.POINT, "-12.00", ""),
        ("−7", Mark.POINT, "-7.00", ""),
        ("96.0000", Mark.POINT, "96.00", ""),
        (".50", Mark.POINT, "0.50", ""),
        ("1.234,56", Mark.COMMA, "1234.56", ""),
        ("1.234,56 €", Mark.COMMA, "1234.56", "EUR"),
        ("EUR 12,5", Mark.COMMA, "12.50", "EUR"),
        ("£99", Mark.POINT, "99.00", "GBP"),
        ("1 234,56", Mark.COMMA, "1234.56", ""),
        ("1\u202f234,56", Mark.COMMA, "1234.56", ""),
        ("1’234.50", Mark.POINT, "1234.50", ""),
        ("12,34,567.00", Mark.POINT, "1234567.00", ""),
        ("1,234", Mark.POINT, "1234.00", ""),
        ("1,234", Mark.COMMA, "1.234", ""),
    ],
)
def test_amounts_as_people_and_exports_write_them(written: str, mark: Mark, value: str, named: str) -> None:
    assert cells.amount(written, mark) == (Decimal(value), named)


@pytest.mark.parametrize(
    "written",
    [
        "",
        "abc",
        "=1+2",
        "1.2.3,4",
        "12-3",
        "--5",
        "1,23",
        "1,2345.00",
        "1e5",
        "NaN",
        "Infinity",
        "5%",
        "9" * 14,
        "1-2-",
    ],
)
def test_what_is_not_an_amount_is_refused(written: str) -> None:
    with pytest.raises(ValueError):
        cells.amount(written, Mark.POINT)


@given(
    st.decimals(min_value=-(10**12), max_value=10**12, places=2, allow_nan=False),
    st.sampled_from([("{:,.2f}", Mark.POINT), ("{:.2f}", Mark.POINT), ("comma", Mark.COMMA)]),
)
def test_what_is_written_is_read_back_to_the_cent(value: Decimal, style: tuple[str, Mark]) -> None:
    form, mark = style
    written = f"{value:,.2f}".translate(str.maketrans(",.", ".,")) if form == "comma" else form.format(value)
    assert cells.amount(written, mark)[0] == value
    evidence = cells.mark_evidence([(2, written)])
    assert (evidence.first is not None, evidence.second is not None) == (mark is Mark.POINT, mark is Mark.COMMA)


def test_a_lone_group_of_three_gives_nothing_away() -> None:
    evidence = cells.mark_evidence([(2, "500"), (3, "1,234"), (4, "not money")])
    assert (evidence.first, evidence.second, evidence.either) == (None, None, (3, "1,234"))
    assert cells.mark_evidence([(2, "1,234,567")]).first == (2, "1,234,567")
    assert cells.mark_evidence([(2, "0,123")]).second == (2, "0,123")


@pytest.mark.parametrize(
    ("written", "order", "found"),
    [
        ("2026-01-31", Order.MONTH_FIRST, date(2026, 1, 31)),
        ("2026/1/31", Order.DAY_FIRST, date(2026, 1, 31)),
        ("20260131", Order.DAY_FIRST, date(2026, 1, 31)),
        ("2026-01-31T00:00:00", Order.DAY_FIRST, date(2026, 1, 31)),
        ("31/01/2026", Order.DAY_FIRST, date(2026, 1, 31)),
        ("1/2/26", Order.DAY_FIRST, date(2026, 2, 1)),
        ("1/2/26", Order.MONTH_FIRST, date(2026, 1, 2)),
        ("03.04.2026", Order.MONTH_FIRST, date(2026, 4, 3)),
        ("31-01-2026 00:00", Order.DAY_FIRST, date(2026, 1, 31)),
        ("31 Jan 2026", Order.MONTH_FIRST, date(2026, 1, 31)),
        ("31-Jan-26", Order.DAY_FIRST, date(2026, 1, 31)),
        ("Sept 5, 2026", Order.DAY_FIRST, date(2026, 9, 5)),
        ("29/02/2024", Order.DAY_FIRST, date(2024, 2, 29)),
    ],
)
def test_dates(written: str, order: Order, found: date) -> None:
    assert cells.day(written, order) == found


@pytest.mark.parametrize(
    "written",
    [
        "31/02/2026",
        "2026-13-01",
        "29/02/2026",
        "46000",
        "202611",
        "tomorrow",
        "1/2",
        "0226-01-02",
        "01/31/2026",
        "31 Foo 2026",
    ],
)
def test_what_is_not_a_date_is_refused(written: str) -> None:
    with pytest.raises(ValueError, match="is not a date"):
        cells.day(written, Order.DAY_FIRST)


@given(st.dates(date(2000, 1, 1), date(2099, 12, 31)), st.sampled_from(list(Order)), st.sampled_from("/-"))
def test_a_date_written_in_an_order_is_read_back_in_it(day: date, order: Order, sign: str) -> None:
    form = f"%d{sign}%m{sign}%Y" if order is Order.DAY_FIRST else f"%m{sign}%d{sign}%Y"
    written = day.strftime(form)
    assert cells.day(written, order) == day
    evidence = cells.order_evidence([(2, written)])
    wrong = evidence.second if order is Order.DAY_FIRST else evidence.first
    assert wrong is None
    if day.day <= 12 and day.day != day.month:
        assert evidence.either is not None


def test_formulas_are_text_and_control_characters_are_spaces() -> None:
    assert cells.text('=HYPERLINK("http://x.example")') == '=HYPERLINK("http://x.example")'
    assert cells.text('="00123"') == "00123"
    assert cells.text("Acme\r\nBcc: a@b.example") == "Acme Bcc: a@b.example"
    assert cells.text("  two\u00a0  words\u2028 ") == "two words"


def test_yes_no_and_neither() -> None:
    assert [cells.truth(w) for w in ("Yes", "sent", "2026-01-02", "no", "Unsent", "")] == [
        True,
        True,
        True,
        False,
        False,
        None,
    ]
    with pytest.raises(ValueError, match="neither yes nor no"):
        cells.truth("perhaps")
