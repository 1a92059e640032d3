"""Policy values: tolerances, quiet periods, steps by name."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.core.build import considerate
from worker.core.policy import QuietPeriod, Tolerance


@pytest.mark.parametrize(
    ("net", "invoiced", "covered"),
    [
        ("5.00", "100", True),
        ("5.01", "100", False),
        ("10.00", "1000", True),
        ("10.01", "1000", False),
        ("-3", "9", True),
    ],
)
def test_a_tolerance_is_inclusive_and_the_larger_of_its_two(net: str, invoiced: str, covered: bool) -> None:
    assert Tolerance().covers(Decimal(net), Decimal(invoiced)) is covered


@given(st.decimals(0, 10_000, places=2), st.decimals(0, 10_000, places=2), st.decimals(0, 10_000, places=2))
def test_what_is_tolerated_stays_tolerated_when_less_is_owed(net: Decimal, less: Decimal, invoiced: Decimal) -> None:
    if Tolerance().covers(net, invoiced):
        assert Tolerance().covers(min(net, less), invoiced)


def test_both_ends_of_a_quiet_period_are_quiet() -> None:
    quiet = QuietPeriod(date(2026, 12, 22), date(2027, 1, 4), "Christmas")
    days = [date(2026, 12, 21), date(2026, 12, 22), date(2027, 1, 4), date(2027, 1, 5)]
    assert [quiet.covers(d) for d in days] == [False, True, True, False]


def test_a_step_is_found_by_its_present_and_its_former_name() -> None:
    first, *rest = considerate().steps
    policy = considerate(steps=(replace(first, was=("hello", "hi")), *rest))
    assert policy.step("hi") == policy.step("heads-up") == policy.steps[0]
    assert [policy.index(n) for n in ("hello", "decide", "unknown")] == [0, 7, -1]
    assert policy.step("unknown") is None
