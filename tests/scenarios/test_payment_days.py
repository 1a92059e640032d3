"""P1-P3: payment days, closures and cut-offs, as the timing of a step hung on the payment run.

The figures are of calendars without weekends, as in the sources.
"""

from datetime import date

import pytest

from tests.core.build import ORGANISATION, as_of, books, client_settings, day, invoice, ladder, settings
from worker.core.context import Context
from worker.core.history import History
from worker.core.workdays import Calendar, parse_closure

EVERY_DAY = Calendar(frozenset())
CLOSURES = ("2021-02-01 - 2021-02-28", "2021-03-01 - 2021-04-01", "2021-06-12 - 2021-06-13", "2021-06-15 - 2021-06-16")
CLOSED = Calendar(frozenset(), {}, tuple(parse_closure(c) for c in CLOSURES))
DAY_AFTER = ladder("1 day after payment run")


def run_for(due: str, pays: str, cut_off: str = "", calendar: Calendar = EVERY_DAY) -> date | None:
    """The run an invoice issued and due on `due` is timed by."""
    chosen = client_settings(policy=DAY_AFTER, calendar=calendar, pays=pays, cut_off=cut_off)
    item = invoice("A1", due)
    ctx = Context(books(item, organisation=ORGANISATION), settings(chosen), History(), as_of(due))
    timing = ctx.ladder(item, chosen).position(item).timing
    assert timing.run is None or timing.day is not None
    return timing.run


@pytest.mark.parametrize(
    ("pays", "due", "expected"),
    [
        ("5th and 10th", "2020-01-01", "2020-01-05"),
        ("5th and 10th", "2020-01-06", "2020-01-10"),
        ("5th", "2020-01-06", "2020-02-05"),
        ("15th and 20th", "2020-01-18", "2020-01-20"),
        ("15th and 20th", "2020-01-25", "2020-02-15"),
    ],
)
def test_P1_payment_days(pays: str, due: str, expected: str) -> None:
    assert run_for(due, pays) == day(expected)


@pytest.mark.parametrize("pays", ["5,10", "10-5", "5 10", "5 - 10"])
def test_P1_the_lists_mean_the_same(pays: str) -> None:
    assert run_for("2020-01-06", pays) == day("2020-01-10")


def test_P1_a_run_on_a_weekend_moves_where_the_client_is_closed_then() -> None:
    """Ours beside the source: 5 January 2020 is a Sunday."""
    assert run_for("2020-01-01", "5th and 10th", calendar=Calendar()) == day("2020-01-06")


@pytest.mark.parametrize(
    ("due", "expected"), [("2021-02-01", "2021-04-02"), ("2021-06-12", "2021-06-14"), ("2021-06-13", "2021-06-14")]
)
def test_P2_closures_without_payment_days(due: str, expected: str) -> None:
    chosen = client_settings(policy=ladder("1 business day after due"), calendar=CLOSED)
    item = invoice("A1", due)
    ctx = Context(books(item), settings(chosen), History(), as_of(due))
    assert ctx.ladder(item, chosen).position(item).timing.day == day(expected)


def test_P2_closures_with_payment_days() -> None:
    assert run_for("2021-02-01", "5th and 10th", calendar=CLOSED) == day("2021-04-05")


@pytest.mark.parametrize(
    ("issued", "expected"),
    [
        ("2026-11-05", "2026-11-25"),
        ("2026-12-06", "2026-12-25"),
        ("2027-01-05", "2027-01-25"),
        ("2026-11-15", "2026-11-25"),
        ("2026-11-16", "2026-12-25"),
        ("2026-12-20", "2027-01-25"),
    ],
)
def test_P3_run_day_with_a_cut_off(issued: str, expected: str) -> None:
    """The dates are issue dates of invoices due on receipt: readiness is issue or approval, not the end of terms."""
    assert run_for(issued, "25th", "10 days") == day(expected)


def test_P3_the_31st_of_a_short_month_is_its_last_day() -> None:
    assert run_for("2026-11-20", "31st") == day("2026-11-30")
