"""By when to issue so that the next run can pay it."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.core.build import invoice
from worker.core.issue_by import issue_by, usual_terms
from worker.core.payment_run import RunSchedule, Takes, parse_cut_off, parse_pays

TODAY = date(2026, 3, 10)


@pytest.mark.parametrize(
    ("takes", "terms", "expected"),
    [
        (Takes.DUE_BY_THE_RUN, 14, (date(2026, 3, 13), date(2026, 3, 27))),
        (Takes.DUE_BY_THE_RUN, 30, (date(2026, 3, 25), date(2026, 4, 24))),
        (Takes.DUE_BY_THE_RUN, 0, (date(2026, 3, 24), date(2026, 3, 27))),  # the cut-off comes first
        (Takes.EVERYTHING_APPROVED, 30, (date(2026, 3, 24), date(2026, 3, 27))),
        (Takes.DUE_BEFORE_NEXT_RUN, 30, (date(2026, 3, 24), date(2026, 3, 27))),
    ],
)
def test_the_last_day_to_issue_for_the_next_run(takes: Takes, terms: int, expected: tuple[date, date]) -> None:
    schedule = RunSchedule(parse_pays("last friday"), parse_cut_off("3 business days"), takes)
    assert issue_by(schedule, terms, TODAY) == expected


@given(st.sampled_from(["fridays", "last friday", "15th"]), st.integers(0, 60), st.sampled_from(Takes))
def test_issued_that_day_makes_the_run_and_issued_the_day_after_does_not(pays: str, terms: int, takes: Takes) -> None:
    schedule = RunSchedule(parse_pays(pays), parse_cut_off("2 days"), takes)
    found = issue_by(schedule, terms, TODAY)
    assert found is not None
    last, run = found
    assert schedule.run_for(last, last + timedelta(days=terms)) == run
    after = last + timedelta(days=1)
    later = schedule.run_for(after, after + timedelta(days=terms))
    assert later is not None
    assert later > run


def test_usual_terms_are_those_of_the_newest_invoices() -> None:
    old = [invoice(f"O{n}", "2025-01-31", issued="2025-01-01") for n in range(20)]
    new = [invoice(f"N{n}", "2026-01-15", issued="2026-01-01") for n in range(12)]
    assert usual_terms([*old, *new]) == 14
    assert usual_terms([]) is None
