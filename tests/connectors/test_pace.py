"""Rate limits as the platforms tell them: per tenant, per application, per second; and the reserve for last looks."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from structlog.testing import capture_logs

from connectors.pace import APP_FLOOR, APP_PAUSE, Pace
from connectors.quickbooks.api import PER_MINUTE as QUICKBOOKS_PER_MINUTE
from connectors.quickbooks.api import PER_SECOND
from connectors.xero.api import DAY_LIMITS, PER_MINUTE, RATE_HEADERS
from tests.connectors.stage import FakeClock
from worker.errors import BooksUnavailable

MINUTE, DAY, APP = "X-MinLimit-Remaining", "X-DayLimit-Remaining", "X-AppMinLimit-Remaining"


def xero(clock: FakeClock) -> Pace:
    return Pace(clock, "Xero", PER_MINUTE, DAY_LIMITS, RATE_HEADERS)


def quickbooks(clock: FakeClock) -> Pace:
    return Pace(clock, "QuickBooks", QUICKBOOKS_PER_MINUTE, (), (), PER_SECOND)


def test_the_names_are_those_on_the_wire() -> None:
    assert RATE_HEADERS == (MINUTE, DAY, APP)


@given(st.lists(st.floats(0, 3), min_size=1, max_size=300))
def test_no_second_and_no_minute_of_a_company_holds_too_much(gaps: list[float]) -> None:
    clock = FakeClock()
    pace, times = quickbooks(clock), []
    for gap in gaps:
        clock.passed += gap
        pace.before(last_look=False)
        times.append(clock.passed)
    for n, start in enumerate(times):
        assert sum(1 for t in times[n:] if t < start + 0.999) <= PER_SECOND < 10
        assert sum(1 for t in times[n:] if t < start + 59.999) <= QUICKBOOKS_PER_MINUTE < 500


def test_a_thousand_reads_of_a_company_in_a_row_keep_to_both_limits() -> None:
    clock = FakeClock()
    pace = quickbooks(clock)
    for _ in range(1000):
        pace.before(last_look=False)
    assert 120 <= clock.passed <= 180


def test_the_minute_of_the_whole_application_is_shared() -> None:
    clock = FakeClock()
    pace = xero(clock)
    pace.before(last_look=False)
    pace.after({MINUTE: "50", DAY: "900", APP: str(APP_FLOOR)})
    clock.passed += 5
    with capture_logs() as logs:
        pace.before(last_look=False)
    assert clock.slept == [APP_PAUSE - 5] and logs[0]["event"] == "books.pacing"
    pace.after({APP: str(APP_FLOOR + 1)})
    pace.before(last_look=False)
    assert len(clock.slept) == 1, "enough is left: nobody waits"


def test_a_minute_somebody_else_used_up_is_waited_for_as_long_as_ours_is_young() -> None:
    clock = FakeClock()
    pace = xero(clock)
    pace.before(last_look=False)
    clock.passed += 70
    pace.before(last_look=False)
    pace.after({MINUTE: "0"})
    pace.before(last_look=False)
    assert clock.slept == [60.0], "not from the call of a minute ago, which is in no window any more"


def test_a_starter_day_ends_at_its_reserve_and_last_looks_go_on() -> None:
    clock = FakeClock()
    pace, calls, left = xero(clock), 0, 1000
    with pytest.raises(BooksUnavailable, match="kept for last looks"):
        while True:
            pace.before(last_look=False)
            calls, left = calls + 1, left - 1
            pace.after({MINUTE: "30", DAY: str(left), APP: "9000"})
    assert calls == 900 and not pace.spare and pace.reserve == 100
    for _ in range(100):
        pace.before(last_look=True)


@pytest.mark.parametrize("odd", ["", "many", "-3", "1.5", "٣"])
def test_odd_headers_hold_nothing_up(odd: str) -> None:
    clock = FakeClock()
    pace = xero(clock)
    pace.before(last_look=False)
    pace.after({MINUTE: odd, DAY: odd, APP: odd})
    pace.before(last_look=False)
    assert clock.slept == []
