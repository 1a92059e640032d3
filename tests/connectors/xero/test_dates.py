"""Xero's dates: calendar dates never move, timestamps keep their instant."""

from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from connectors.xero import dates

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def ms(moment: datetime) -> int:
    return (moment - EPOCH) // timedelta(milliseconds=1)


def midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC)


@given(st.dates(), st.sampled_from(["", "+0000", "-0000"]))
@example(date(2018, 10, 20), "+0000")
def test_a_calendar_date_is_the_utc_date_of_its_midnight(day: date, offset: str) -> None:
    assert dates.day(f"/Date({ms(midnight(day))}{offset})/") == day


@given(st.dates(date(1900, 1, 1), date(2200, 1, 1)), st.integers(-14 * 60, 14 * 60))
def test_an_offset_is_added_before_the_date_is_taken(day: date, minutes: int) -> None:
    local = datetime(day.year, day.month, day.day, tzinfo=timezone(timedelta(minutes=minutes)))
    sign, rest = "-" if minutes < 0 else "+", abs(minutes)
    assert dates.day(f"/Date({ms(local)}{sign}{rest // 60:02d}{rest % 60:02d})/") == day


@given(st.dates())
def test_the_text_form_and_the_number_form_agree(day: date) -> None:
    assert dates.day(f"{day.isoformat()}T00:00:00") == dates.day(f"/Date({ms(midnight(day))}+0000)/") == day


@given(st.datetimes(datetime(1970, 1, 1), datetime(2200, 1, 1)), st.sampled_from(["", "+0000", "+1300", "-0800"]))
def test_a_timestamp_is_its_milliseconds_whatever_the_offset_says(moment: datetime, offset: str) -> None:
    aware = moment.replace(tzinfo=UTC, microsecond=moment.microsecond // 1000 * 1000)
    assert dates.instant(f"/Date({ms(aware)}{offset})/") == aware


@given(st.datetimes(datetime(1970, 1, 1), datetime(2200, 1, 1)))
def test_the_changed_since_header_is_utc_to_the_second_without_an_offset(moment: datetime) -> None:
    text = dates.stamp(moment.replace(tzinfo=UTC).astimezone(timezone(timedelta(hours=-8))))
    assert text == moment.replace(microsecond=0).isoformat()
    assert dates.instant(text) == moment.replace(microsecond=0, tzinfo=UTC)


def test_known_values() -> None:
    assert dates.day("/Date(1539993600000+0000)/") == date(2018, 10, 20)
    assert dates.instant("/Date(1552326816230)/") == datetime(2019, 3, 11, 17, 53, 36, 230000, UTC)
    assert dates.instant("2018-11-02T16:31:30Z") == datetime(2018, 11, 2, 16, 31, 30, tzinfo=UTC)
    assert dates.literal(date(2026, 1, 31)) == "DateTime(2026, 01, 31)"


@pytest.mark.parametrize(
    "text", ["", "soon", "/Date()/", "/Date(99999999999999999)/", "/Date(253402300800000)/", "2026-13-01", "31/01/2026"]
)
def test_what_is_no_date_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r".*"):
        dates.day(text)
