"""Which run pays an invoice: the peers' scenarios, and the rule against brute force."""

from __future__ import annotations

import itertools
from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from worker.core.payment_run import (
    CutOff,
    CutOffKind,
    DayOfMonth,
    GrammarProblem,
    Monthly,
    Roll,
    RunRule,
    RunSchedule,
    Takes,
    Unit,
    Weekly,
    parse_cut_off,
    parse_pays,
    parse_takes,
)
from worker.core.workdays import Calendar, Closure, parse_closure

OPEN_ALWAYS = Calendar(weekend=frozenset())
ENGLAND_2026 = Calendar(
    holidays={
        date(2026, 4, 3): "Good Friday",
        date(2026, 4, 6): "Easter Monday",
        date(2026, 12, 25): "Christmas Day",
        date(2026, 12, 28): "Boxing Day (observed)",
    }
)


def schedule(
    pays: str, cut_off: str = "", takes: Takes = Takes.DUE_BY_THE_RUN, calendar: Calendar | None = None
) -> RunSchedule:
    return RunSchedule(parse_pays(pays), parse_cut_off(cut_off) if cut_off else None, takes, calendar or Calendar())


@pytest.mark.parametrize(
    ("pays", "terms_end", "run"),
    [
        ("5 and 10", date(2020, 1, 1), date(2020, 1, 5)),
        ("5 and 10", date(2020, 1, 6), date(2020, 1, 10)),
        ("5", date(2020, 1, 6), date(2020, 2, 5)),
        ("15, 20", date(2020, 1, 18), date(2020, 1, 20)),
        ("15, 20", date(2020, 1, 25), date(2020, 2, 15)),
    ],
)
def test_p1_payment_days(pays: str, terms_end: date, run: date) -> None:
    assert schedule(pays, calendar=OPEN_ALWAYS).run_for(terms_end, terms_end) == run


@pytest.mark.parametrize("text", ["5,10", "10-5", "5 10", "5 - 10", "5 and 10", " 10TH & 5th "])
def test_p1_lists_of_days_mean_the_same(text: str) -> None:
    assert parse_pays(text) == RunRule(Monthly((DayOfMonth(5), DayOfMonth(10))))


CLOSED_2021 = Calendar(
    weekend=frozenset(),
    closures=tuple(map(parse_closure, ("1 feb - 31 feb", "1 mar - 1 apr", "12 jun - 13 jun", "15 jun - 16 jun"))),
)


@pytest.mark.parametrize(
    ("terms_end", "pay_day"),
    [
        (date(2021, 2, 1), date(2021, 4, 2)),
        (date(2021, 4, 11), date(2021, 4, 11)),
        (date(2021, 6, 12), date(2021, 6, 14)),
        (date(2021, 6, 13), date(2021, 6, 14)),
    ],
)
def test_p2_closures_move_the_terms_end(terms_end: date, pay_day: date) -> None:
    assert CLOSED_2021.next_business_day(terms_end) == pay_day


def test_p2_closures_leave_payment_days_out() -> None:
    assert schedule("5, 10", calendar=CLOSED_2021).run_for(date(2021, 2, 1), date(2021, 2, 1)) == date(2021, 4, 5)


@pytest.mark.parametrize(
    ("issued", "run"),
    [
        (date(2026, 11, 5), date(2026, 11, 25)),
        (date(2026, 12, 6), date(2026, 12, 25)),
        (date(2027, 1, 5), date(2027, 1, 25)),
        (date(2026, 11, 15), date(2026, 11, 25)),
        (date(2026, 11, 16), date(2026, 12, 25)),
        (date(2026, 12, 20), date(2027, 1, 25)),
    ],
)
def test_p3_run_on_the_25th_with_papers_ten_days_before(issued: date, run: date) -> None:
    # Ours reads the source's dates as issue dates, due on receipt: ready is approval or issue, not terms' end.
    assert schedule("25th", "10 days").run_for(issued, issued) == run


def test_p3_run_on_the_31st_of_a_shorter_month() -> None:
    assert schedule("31st").run_for(date(2026, 11, 20), date(2026, 11, 20)) == date(2026, 11, 30)


def test_a_last_friday_client_with_a_due_date_23_days_before_its_run() -> None:
    client = schedule("last friday", "3 business days")
    due = date(2026, 10, 7)
    run = client.run_for(date(2026, 9, 7), due)
    assert run == date(2026, 10, 30)
    assert (run - due).days == 23
    assert client.cut_off_of(run) == date(2026, 10, 27)
    assert client.run_for(date(2026, 10, 27), due) == run
    assert client.run_for(date(2026, 10, 28), due) == date(2026, 11, 27)


def test_a_monday_and_thursday_payer_over_easter() -> None:
    client = schedule("monday and thursday", calendar=ENGLAND_2026)
    # Easter Monday moves to the Tuesday; Thursday stays.
    assert client.runs(date(2026, 3, 30), date(2026, 4, 10)) == (
        date(2026, 3, 30),
        date(2026, 4, 2),
        date(2026, 4, 7),
        date(2026, 4, 9),
    )


@pytest.mark.parametrize(
    ("pays", "december"),
    [
        ("last friday", (date(2026, 12, 24),)),
        ("last friday, or next business day", (date(2026, 12, 29),)),
        ("last friday, or skipped", ()),
        ("25th", (date(2026, 12, 29),)),
        ("25th, or previous business day", (date(2026, 12, 24),)),
        ("25th or skipped", ()),
        ("2 business days after the 25th", (date(2026, 12, 30),)),
        ("2 business days before last day", (date(2026, 12, 29),)),
        ("2nd last business day", (date(2026, 12, 30),)),
        ("3rd business day", (date(2026, 12, 3),)),
        ("5th friday", ()),
        ("5th thursday", (date(2026, 12, 31),)),
        ("15th, only jan, apr, jul, oct", ()),
        ("every 2 months on the 15th", ()),
        ("every 2 months on the 15th from 2026-02", (date(2026, 12, 15),)),
        ("every 4 weeks on thursday from 2026-01-08", (date(2026, 12, 10),)),
        ("3 business days after 2nd tuesday", (date(2026, 12, 11),)),
    ],
)
def test_runs_of_december(pays: str, december: tuple[date, ...]) -> None:
    client = schedule(pays, calendar=ENGLAND_2026)
    assert client.runs(date(2026, 12, 1), date(2026, 12, 31)) == december


def test_month_ends_stay_in_the_month_and_other_days_move_on() -> None:
    client = schedule("15th and last day")
    assert client.runs(date(2026, 8, 1), date(2026, 8, 31)) == (date(2026, 8, 17), date(2026, 8, 31))
    assert client.runs(date(2026, 2, 1), date(2026, 2, 28)) == (date(2026, 2, 16), date(2026, 2, 27))


def test_a_run_inside_a_closure_is_left_out_even_when_a_holiday_moves_it_there() -> None:
    calendar = Calendar(holidays=ENGLAND_2026.holidays, closures=(parse_closure("27 dec - 4 jan"),))
    client = schedule("25th", calendar=calendar)
    assert client.next_run(date(2026, 12, 1)) == date(2027, 1, 25)


def test_nothing_runs_before_its_first_date() -> None:
    client = schedule("every other thursday from 2026-01-08")
    assert client.next_run(date(2025, 6, 1)) == date(2026, 1, 8)
    assert client.runs(date(2026, 1, 1), date(2026, 2, 10)) == (date(2026, 1, 8), date(2026, 1, 22), date(2026, 2, 5))


def test_a_client_closed_all_year_has_no_run() -> None:
    calendar = Calendar(closures=(parse_closure("1 jan - 31 dec"),))
    assert schedule("fridays", calendar=calendar).next_run(date(2026, 1, 1)) is None
    assert schedule("fridays", calendar=calendar).run_for(date(2026, 1, 1), None) is None


def test_dates_far_out_have_no_run() -> None:
    client = schedule("fridays")
    assert client.next_run(date.max) is None
    assert client.runs(date.min, date(1800, 1, 1)) == ()


def test_what_a_run_takes() -> None:
    due, ready = date(2026, 10, 7), date(2026, 9, 1)
    by_run = schedule("last friday")
    before_next = schedule("last friday", takes=Takes.DUE_BEFORE_NEXT_RUN)
    everything = schedule("last friday", takes=Takes.EVERYTHING_APPROVED)
    assert by_run.run_for(ready, due) == date(2026, 10, 30)
    assert before_next.run_for(ready, due) == date(2026, 9, 25)
    assert before_next.run_for(ready, date(2026, 10, 30)) == date(2026, 10, 30)
    assert everything.run_for(ready, date(2027, 1, 1)) == date(2026, 9, 25)
    assert by_run.run_for(ready, None) == date(2026, 9, 25)


def test_runs_after_a_missed_one() -> None:
    client = schedule("fridays")
    assert client.runs_after(date(2026, 10, 2), date(2026, 10, 16)) == (date(2026, 10, 9), date(2026, 10, 16))


@pytest.mark.parametrize(
    ("text", "run", "cut_off"),
    [
        ("3 business days", date(2026, 10, 30), date(2026, 10, 27)),
        ("10 days before the run", date(2026, 11, 25), date(2026, 11, 15)),
        ("2 weeks", date(2026, 11, 25), date(2026, 11, 11)),
        ("25th", date(2026, 10, 30), date(2026, 10, 25)),
        ("25th of the month", date(2026, 10, 5), date(2026, 9, 25)),
        ("end of previous month", date(2026, 3, 31), date(2026, 2, 28)),
        ("the 20th of the previous month", date(2026, 3, 31), date(2026, 2, 20)),
        ("end of the month", date(2026, 3, 30), date(2026, 2, 28)),
    ],
)
def test_cut_offs(text: str, run: date, cut_off: date) -> None:
    parsed = parse_cut_off(text)
    assert parsed.of(run, Calendar()) == cut_off
    assert parse_cut_off(parsed.words()) == parsed


@pytest.mark.parametrize(
    "text", ["", "soon", "three days", "3", "0th", "400 days", "25th of next month", "3 days after"]
)
def test_cut_offs_that_cannot_be_read(text: str) -> None:
    with pytest.raises(GrammarProblem) as problem:
        parse_cut_off(text)
    assert problem.value.found == text
    assert problem.value.expected


def test_takes_are_read_by_their_words() -> None:
    assert [parse_takes(f" {takes.value.upper()} ") for takes in Takes] == list(Takes)
    with pytest.raises(GrammarProblem, match="everything approved"):
        parse_takes("everything")


@pytest.mark.parametrize(
    ("client", "sentence"),
    [
        (
            schedule("last friday", "3 business days"),
            "pays on the last Friday of the month; invoices must be in 3 business days before",
        ),
        (schedule("monday and thursday"), "pays every Monday and Thursday"),
        (
            schedule("every other thursday from 2026-01-08", "25th"),
            "pays every other Thursday from 8 January 2026; invoices must be in by the 25th of the month",
        ),
        (
            schedule("15th and last day, only jan, jul, or previous business day", takes=Takes.EVERYTHING_APPROVED),
            "pays on the 15th and the last day of the month, in January and July only, or the previous business day "
            "when that is closed; a run takes everything approved, due or not",
        ),
        (schedule("3 business days after 2nd tuesday"), "pays 3 business days after the 2nd Tuesday of the month"),
        (
            schedule("every 2 months on the 15th from 2026-01", "end of previous month", Takes.DUE_BEFORE_NEXT_RUN),
            "pays on the 15th of every 2nd month from January 2026; invoices must be in by the end of the previous "
            "month; a run takes what falls due before the next one",
        ),
        (schedule("every 4 weeks on friday from 2026-01-09"), "pays every 4 weeks on Friday from 9 January 2026"),
    ],
)
def test_sentences(client: RunSchedule, sentence: str) -> None:
    assert client.describe() == sentence


# Properties

days = st.dates(date(2019, 1, 1), date(2031, 12, 31))
units = st.sampled_from(Unit)
nths = st.integers(1, 23).flatmap(lambda n: st.sampled_from([n, -n]))


def _day_of_month(nth: int, unit: Unit) -> DayOfMonth:
    limit = {Unit.DAY: 31, Unit.BUSINESS_DAY: 23}.get(unit, 5)
    return DayOfMonth(nth if abs(nth) <= limit else (-1 if nth < 0 else 1), unit)


weekly = st.builds(
    lambda start, extra, every: Weekly((start.weekday(), *extra), every, start),
    days,
    st.lists(st.integers(0, 6), max_size=2),
    st.integers(1, 6),
) | st.builds(Weekly, st.lists(st.integers(0, 6), min_size=1, max_size=7).map(tuple))
monthly = st.builds(
    Monthly,
    st.lists(st.builds(_day_of_month, nths | st.integers(1, 31), units), min_size=1, max_size=3).map(tuple),
    st.integers(1, 12),
    st.tuples(st.integers(2018, 2030), st.integers(1, 12)),
) | st.builds(
    Monthly,
    st.lists(st.builds(_day_of_month, nths, units), min_size=1, max_size=3).map(tuple),
    st.sampled_from([1, 2, 3, 4, 6, 12]),
)


@st.composite
def rules(draw: st.DrawFn) -> RunRule:
    pattern = draw(weekly | monthly)
    possible = sorted(pattern.months())
    months = draw(st.lists(st.integers(1, 12), max_size=3))
    if months and not set(months) & set(possible):
        months.append(possible[0])
    shift = draw(st.just(0) | st.integers(-5, 5))
    return RunRule(pattern, shift, tuple(months), draw(st.none() | st.sampled_from(Roll)))


closures = st.builds(
    Closure, st.tuples(st.integers(1, 12), st.integers(1, 31)), st.tuples(st.integers(1, 12), st.integers(1, 31))
)
calendars = st.builds(
    Calendar,
    st.frozensets(st.integers(0, 6), max_size=3),
    st.dictionaries(days, st.just("Holiday"), max_size=20),
    st.lists(closures, max_size=1).map(tuple),
)
cut_offs = st.none() | st.builds(
    lambda kind, number: CutOff(kind, max(number, 1)), st.sampled_from(CutOffKind), st.integers(0, 31)
)


@given(rules())
def test_words_read_back_to_the_same_rule(rule: RunRule) -> None:
    assert parse_pays(rule.words()) == rule


@given(rules(), calendars, days)
@settings(deadline=None)
def test_runs_are_open_days_in_order_and_windows_agree(rule: RunRule, calendar: Calendar, start: date) -> None:
    client = RunSchedule(rule, calendar=calendar)
    end = start + timedelta(days=400)
    runs = client.runs(start, end)
    assert list(runs) == sorted(set(runs))
    assert all(start <= run <= end and calendar.is_business_day(run) for run in runs)
    middle = start + timedelta(days=150)
    assert runs == client.runs(start, middle) + client.runs_after(middle, end)


@given(rules(), calendars, days, st.integers(0, 60))
@settings(deadline=None)
def test_the_next_run_never_goes_back(rule: RunRule, calendar: Calendar, day: date, later: int) -> None:
    client = RunSchedule(rule, calendar=calendar)
    first, second = client.next_run(day), client.next_run(day + timedelta(days=later))
    if second is not None:
        assert first is not None
        assert day <= first <= second
    if first is not None:
        assert client.next_run(first) == first


@given(rules(), calendars, cut_offs, st.sampled_from(Takes), days, st.none() | st.integers(-40, 120))
@settings(deadline=None, max_examples=200)
def test_run_for_is_the_earliest_by_brute_force(
    rule: RunRule, calendar: Calendar, cut_off: CutOff | None, takes: Takes, ready: date, terms: int | None
) -> None:
    client = RunSchedule(rule, cut_off, takes, calendar)
    due = None if terms is None else ready + timedelta(days=terms)
    runs = client.runs(ready - timedelta(days=100), ready + timedelta(days=1500))

    def takes_it(run: date, after: date) -> bool:
        if due is None or takes is Takes.EVERYTHING_APPROVED:
            return True
        return run >= due if takes is Takes.DUE_BY_THE_RUN else after > due

    found = [
        run
        for run, after in itertools.pairwise(runs)
        if ready <= client.cut_off_of(run) <= run and takes_it(run, after)
    ]
    if found:
        assert client.run_for(ready, due) == found[0]
