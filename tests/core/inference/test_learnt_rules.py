"""Payment dates go in, a named rule or an honest "no run known" comes out."""

from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from worker.core.inference.answer import Cycle, infer
from worker.core.inference.evidence import FEWEST, NEWEST, Settled, evidence_of
from worker.core.inference.rules import CHRISTMAS, Library
from worker.core.inference.score import AfterInvoice, Family
from worker.core.payment_run import RunSchedule, parse_pays
from worker.core.workdays import Calendar

TODAY = date(2026, 3, 10)
OPEN = Calendar()
LIBRARY = Library(OPEN, date(2021, 1, 1), date(2027, 12, 31))


def cycle_of(days: list[date], today: date = TODAY) -> Cycle:
    return infer(evidence_of(Settled(day) for day in days), LIBRARY, today)


def newest_runs(pays: str, count: int, today: date = TODAY, calendar: Calendar = OPEN) -> list[date]:
    runs = RunSchedule(parse_pays(pays), calendar=calendar).runs(today - timedelta(days=1500), today)
    return [r for r in runs if not CHRISTMAS.covers(r)][-count:]


@pytest.mark.parametrize(
    "pays",
    [
        "fridays",
        "monday and thursday",
        "every other thursday from 2024-01-04",
        "every 4 weeks on tuesday from 2024-01-02",
        "25th, or next business day",
        "last day, or previous business day",
        "last friday",
        "2nd tuesday",
        "3rd business day",
        "15th and last day, or previous business day",
    ],
)
def test_every_family_is_named_from_a_dozen_clean_payments_and_its_runs_are_right(pays: str) -> None:
    cycle = cycle_of(newest_runs(pays, 12))
    assert cycle.rule is not None
    assert cycle.confidence >= 0.7
    schedule = cycle.schedule(OPEN)
    assert schedule is not None
    ahead = (TODAY + timedelta(days=1), TODAY + timedelta(days=180))
    assert schedule.runs(*ahead) == RunSchedule(parse_pays(pays), calendar=OPEN).runs(*ahead)


def test_fewer_than_six_payment_dates_are_not_known_yet_however_sharp() -> None:
    five = newest_runs("fridays", FEWEST - 1)
    cycle = cycle_of(five)
    assert cycle.rule is None
    assert not cycle.enough
    assert cycle.why == "not known yet: 5 payment dates, and 6 are needed"
    assert cycle_of(newest_runs("fridays", FEWEST)).rule is not None


def test_ten_invoices_in_one_run_are_one_observation() -> None:
    batch = [Settled(newest_runs("fridays", 1)[0], issued=TODAY - timedelta(days=40 + n)) for n in range(10)]
    assert evidence_of(batch).dates == tuple(newest_runs("fridays", 1))
    assert infer(evidence_of(batch), LIBRARY, TODAY).rule is None


def test_payments_on_every_weekday_name_no_rule_and_give_every_business_day() -> None:
    days = [TODAY - timedelta(days=n) for n in range(1, 120, 3)]
    cycle = cycle_of([d for d in days if d.weekday() < 5])
    assert cycle.rule is None
    assert cycle.enough
    assert cycle.schedule(OPEN) is None
    assert cycle.confidence > 0.9


def test_weekends_carried_to_monday_are_no_monday_run() -> None:
    # Due on any day, paid on the next business day: three in seven land on a Monday, and nobody runs on Mondays.
    days = [OPEN.next_business_day(TODAY - timedelta(days=n)) for n in range(10, 410, 10)]
    mondays = sum(d.weekday() == 0 for d in days)
    assert mondays / len(days) > 0.35
    assert cycle_of(days).rule is None


def test_the_evidence_is_said_in_words_for_the_bookkeeper() -> None:
    days = newest_runs("thursdays", 12)
    days[3] -= timedelta(days=1)
    days[7] += timedelta(days=1)
    cycle = cycle_of(days)
    assert cycle.why == "10 of its last 12 payments fell on a Thursday"
    assert cycle_of(newest_runs("monday and thursday", 12)).why.endswith("fell on a Monday or Thursday")


def test_a_change_of_rule_is_noticed_and_said() -> None:
    changed = TODAY - timedelta(days=80)
    before = newest_runs("25th, or next business day", 20, today=changed)
    after = [r for r in newest_runs("tuesdays", 8) if r > changed]
    cycle = cycle_of(before + after)
    assert cycle.rule is not None
    assert cycle.rule.pattern == parse_pays("tuesdays").pattern
    assert cycle.since is not None
    assert cycle.since >= after[0]
    assert "paid otherwise" in cycle.why


def test_a_delay_after_the_invoice_is_believed_for_the_forecast_and_never_a_run() -> None:
    issued = [TODAY - timedelta(days=60 + 17 * n) for n in range(12)]
    settled = [Settled(OPEN.next_business_day(i + timedelta(days=30)), issued=i) for i in issued]
    cycle = infer(evidence_of(settled), LIBRARY, TODAY)
    assert cycle.found[0].rule == AfterInvoice(Family.AFTER_INVOICE, 30)
    assert cycle.rule is None


def test_no_run_is_expected_in_the_christmas_fortnight() -> None:
    schedule = cycle_of(newest_runs("fridays", 20)).schedule(OPEN)
    assert schedule is not None
    assert schedule.runs(date(2026, 12, 24), date(2027, 1, 2)) == ()
    assert schedule.runs(date(2027, 1, 3), date(2027, 1, 8)) == (date(2027, 1, 8),)


@settings(deadline=None, max_examples=40)
@given(
    days=st.lists(st.dates(date(2022, 1, 1), TODAY), max_size=60),
    rounds=st.integers(1, 3),
)
def test_any_dates_give_a_probability_and_order_and_repetition_do_not_matter(days: list[date], rounds: int) -> None:
    cycle = cycle_of(days)
    again = cycle_of(sorted(days * rounds, reverse=True))
    assert 0 < cycle.confidence < 1
    assert (cycle.rule, cycle.why, cycle.confidence) == (again.rule, again.why, again.confidence)
    assert sum(b.weight for b in cycle.found) == pytest.approx(1, abs=0.05)
    assert len(cycle.dates) <= NEWEST
    if len(set(days)) < FEWEST:
        assert cycle.rule is None
