"""Business days, closures and months."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from worker.core.phrases import GrammarProblem
from worker.core.workdays import Calendar, Closure, add_months, month_end, parse_closure

CHRISTMAS = Calendar(
    holidays={date(2026, 12, 25): "Christmas Day", date(2026, 12, 28): "Boxing Day (observed)"},
    closures=(parse_closure("1 aug - 31 aug"),),
)
days = st.dates(date(1990, 1, 1), date(2060, 12, 31))
yearly = st.tuples(st.integers(1, 12), st.integers(1, 31))
calendars = st.builds(
    Calendar,
    st.frozensets(st.integers(0, 6), max_size=4),
    st.dictionaries(days, st.just("Holiday"), max_size=20),
    st.sampled_from(["", "22 dec - 4 jan", "1 aug - 31 aug", "31 feb - 3 mar", "2026-08-01 - 2027-02-01"]).map(
        lambda text: (parse_closure(text),) if text else ()
    ),
)


def test_why_closed() -> None:
    assert CHRISTMAS.why_closed(date(2026, 12, 25)) == "Christmas Day"
    assert CHRISTMAS.why_closed(date(2026, 12, 26)) == "Saturday"
    assert CHRISTMAS.why_closed(date(2026, 8, 15)) == "closed 1 aug - 31 aug"
    assert CHRISTMAS.why_closed(date(2026, 12, 24)) is None


def test_moving_over_weekends_holidays_and_closures() -> None:
    assert CHRISTMAS.next_business_day(date(2026, 12, 25)) == date(2026, 12, 29)
    assert CHRISTMAS.previous_business_day(date(2026, 12, 28)) == date(2026, 12, 24)
    assert CHRISTMAS.next_business_day(date(2026, 12, 24)) == date(2026, 12, 24)
    assert CHRISTMAS.add(date(2026, 12, 24), 1) == date(2026, 12, 29)
    assert CHRISTMAS.add(date(2026, 12, 26), 1) == date(2026, 12, 29)
    assert CHRISTMAS.add(date(2026, 9, 1), -1) == date(2026, 7, 31)
    assert CHRISTMAS.add(date(2026, 12, 25), 0) == date(2026, 12, 29)
    assert CHRISTMAS.between(date(2026, 12, 24), date(2026, 12, 31)) == 3
    assert CHRISTMAS.between(date(2026, 12, 31), date(2026, 12, 24)) == -3
    assert CHRISTMAS.between(date(2026, 11, 2), date(2026, 11, 7)) == 4
    assert CHRISTMAS.between(date(2026, 11, 7), date(2026, 11, 9)) == 1


def test_a_calendar_that_is_never_open_says_so() -> None:
    with pytest.raises(ValueError, match="never open"):
        Calendar(weekend=frozenset(range(7)))
    with pytest.raises(ValueError, match="weekend days are numbers"):
        Calendar(weekend=frozenset({7}))
    with pytest.raises(ValueError, match="no business day within 800 days of 2026-01-01"):
        Calendar(closures=(parse_closure("1 jan - 31 dec"),)).next_business_day(date(2026, 1, 1))


def test_joined_is_closed_when_either_is() -> None:
    gulf = Calendar(frozenset({4, 5}), {date(2026, 12, 25): "ours", date(2026, 3, 20): "Eid al-Fitr"})
    both = CHRISTMAS.joined(gulf)
    assert both.why_closed(date(2026, 12, 25)) == "Christmas Day"
    assert both.why_closed(date(2026, 3, 20)) == "Eid al-Fitr"
    assert both.why_closed(date(2026, 12, 4)) == "Friday"
    assert both.closures == CHRISTMAS.closures
    assert CHRISTMAS.joined(CHRISTMAS) == CHRISTMAS
    assert hash(CHRISTMAS.joined(CHRISTMAS)) == hash(CHRISTMAS)


@pytest.mark.parametrize(
    ("text", "inside", "outside"),
    [
        ("1 aug - 31 aug", [(2026, 8, 1), (2030, 8, 31)], [(2026, 7, 31), (2026, 9, 1)]),
        ("22 dec - 4 jan every year", [(2026, 12, 22), (2026, 12, 31), (2027, 1, 4)], [(2026, 12, 21), (2027, 1, 5)]),
        ("1 feb - 31 feb", [(2021, 2, 28), (2024, 2, 29)], [(2021, 3, 1), (2021, 1, 31)]),
        ("31 feb - 2 mar", [(2021, 2, 28), (2024, 2, 29)], [(2024, 2, 28), (2021, 2, 27)]),
        ("2026-08-01 - 2026-08-31", [(2026, 8, 1)], [(2027, 8, 1)]),
        ("2026-12-22 to 2027-01-04", [(2027, 1, 1)], [(2027, 1, 5)]),
        ("Aug 1 – August 31", [(2026, 8, 31)], [(2026, 9, 1)]),
        ("24 dec", [(2026, 12, 24)], [(2026, 12, 25)]),
    ],
)
def test_closures(text: str, inside: list[tuple[int, int, int]], outside: list[tuple[int, int, int]]) -> None:
    closure = parse_closure(text)
    assert all(closure.covers(date(*day)) for day in inside)
    assert not any(closure.covers(date(*day)) for day in outside)
    assert parse_closure(closure.words()) == closure


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("august", "a number was expected"),
        ("1 aug - 32 aug", "there is no day 32 in month 8"),
        ("2026-08-31 - 2026-08-01", "ends on or after its first day"),
        ("2026-08-01 - 31 aug", "a year at both ends or at neither"),
        ("2026-08-01 - 2026-08-31 every year", "happens once"),
        ("2026-02-30", '"2026-02-30" is not a date'),
        ("1 aug - 31 aug 2026", '"2026" does not fit here'),
        ("1 aug -", 'a number was expected after "-"'),
        ("5 things", "a month such as aug was expected"),
    ],
)
def test_closures_that_cannot_be_read(text: str, why: str) -> None:
    with pytest.raises(GrammarProblem, match="Write for example: 1 aug - 31 aug") as problem:
        parse_closure(text)
    assert problem.value.why is not None
    assert why in problem.value.why


def test_months() -> None:
    assert month_end(date(2024, 2, 1)) == date(2024, 2, 29)
    assert month_end(date(2100, 2, 1)) == date(2100, 2, 28)
    assert add_months(date(2026, 1, 31), 1) == date(2026, 2, 28)
    assert add_months(date(2024, 2, 29), 12) == date(2025, 2, 28)
    assert add_months(date(2026, 1, 31), -2) == date(2025, 11, 30)
    assert add_months(date(2026, 12, 15), 1) == date(2027, 1, 15)


@given(yearly, yearly, days)
def test_a_yearly_closure_covers_its_ends_and_reads_back(
    first: tuple[int, int], last: tuple[int, int], day: date
) -> None:
    closure = Closure(first, last)
    assert parse_closure(closure.words()) == closure
    for month, number in (first, last):
        assert closure.covers(
            min(date(day.year, month, 1) + timedelta(days=number - 1), month_end(date(day.year, month, 1)))
        )


@given(calendars, days, st.integers(-60, 60))
def test_adding_business_days_can_be_undone(calendar: Calendar, day: date, count: int) -> None:
    start = calendar.next_business_day(day)
    end = calendar.add(start, count)
    assert calendar.is_business_day(end)
    assert calendar.add(end, -count) == start
    assert calendar.between(start, end) == count


@given(calendars, days)
def test_rolling_reaches_the_nearest_open_day(calendar: Calendar, day: date) -> None:
    after, before = calendar.next_business_day(day), calendar.previous_business_day(day)
    assert before <= day <= after
    assert (before == day) == (after == day) == (calendar.why_closed(day) is None)
    assert calendar.between(before, after) == (before != after)


@given(calendars, calendars, days)
def test_joined_agrees_with_both(one: Calendar, other: Calendar, day: date) -> None:
    if len(one.weekend | other.weekend) < 7:
        assert one.joined(other).is_business_day(day) == (one.is_business_day(day) and other.is_business_day(day))
