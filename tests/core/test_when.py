"""The `when` grammar: round trips, what is refused and how, and the dates it comes to."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.core.build import CALENDAR, day
from worker.core.policy import Stage, stage_of
from worker.core.when import (
    Anchor,
    Clause,
    EndOfMonth,
    Moment,
    Span,
    Unit,
    When,
    WhenProblem,
    evaluate,
    parse_span,
    parse_when,
)

spans = st.builds(Span, st.integers(0, 999), st.sampled_from(Unit))
anchors = st.one_of(
    st.sampled_from([a for a in Anchor if a is not Anchor.MISSED_RUN]).map(Moment),
    st.integers(1, 99).map(lambda n: Moment(Anchor.MISSED_RUN, n)),
)


def clauses_on(moments: st.SearchStrategy[Moment | EndOfMonth]) -> st.SearchStrategy[Clause]:
    return st.one_of(st.builds(Clause, moments), st.builds(Clause, moments, spans, st.booleans()))


clauses = st.recursive(clauses_on(anchors), lambda inner: clauses_on(st.builds(EndOfMonth, inner)), max_leaves=3)
whens = st.builds(When, clauses, st.lists(clauses, max_size=2).map(tuple), st.lists(clauses, max_size=2).map(tuple))


@given(whens)
def test_words_read_back_as_the_same_value(when: When) -> None:
    assert parse_when(when.words()) == when
    assert parse_when(f"  {when.words().upper()} ".replace(" ", "  ")) == when


@given(st.text())
def test_any_text_is_read_or_refused_with_a_when_problem(text: str) -> None:
    try:
        assert parse_when(parse_when(text).words()) == parse_when(text)
    except WhenProblem as problem:
        assert problem.found
        assert problem.expected


VOCABULARY = """on the 3 0 -1 9999 business days day weeks months before after due payment run missed 1st 2nd first
previous end of month not at latest , issued cut-off promised date ² ٣"""
words = st.sampled_from(VOCABULARY.split())


@given(st.lists(words, max_size=14).map(" ".join))
def test_any_shuffled_phrase_is_read_or_refused_with_a_when_problem(text: str) -> None:
    try:
        when = parse_when(text)
    except WhenProblem:
        return
    assert parse_when(when.words()) == when


@given(whens)
def test_evaluation_never_raises_for_days_of_our_time(when: When) -> None:
    found = evaluate(when, lambda moment: date(2026, 3, 2), CALENDAR)
    assert found is None or isinstance(found, date)


DAYS = {Anchor.DUE: "2026-01-30", Anchor.ISSUED: "2025-12-31", Anchor.RUN: "2026-02-27", Anchor.PREVIOUS: "2026-02-05"}


def resolve(moment: Moment) -> date | None:
    return day(DAYS[moment.anchor]) if moment.anchor in DAYS else None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("on due", "2026-01-30"),
        ("on the payment run", "2026-02-27"),
        ("3 days before due", "2026-01-27"),
        ("1 business day after due", "2026-02-02"),
        ("3 business days after payment run", "2026-03-04"),
        ("0 business days after due", "2026-01-30"),
        ("2 weeks after issued", "2026-01-14"),
        ("2 months after issued", "2026-02-28"),
        ("1 month after due", "2026-02-28"),
        ("on end of month of on due", "2026-01-31"),
        ("on end of month of 30 days after due", "2026-03-31"),
        ("2 days before end of month of 1 month after due", "2026-02-26"),
        ("1 day after end of month of 1 day after end of month of on due", "2026-03-01"),
        ("10 days after previous, not before 14 days after due", "2026-02-15"),
        ("1 day after previous, not before 14 days after due", "2026-02-13"),
        ("30 days after previous, at latest 20 days after due", "2026-02-19"),
        ("30 days after previous, at latest on 3rd missed payment run", "2026-03-07"),
        ("30 days after previous, at latest 5 days after due, not before 10 days after due", "2026-02-09"),
        ("on promised date", None),
        ("1 day after due, not before on promised date", None),
    ],
)
def test_what_it_comes_to(text: str, expected: str | None) -> None:
    when = parse_when(text)
    assert evaluate(when, resolve, CALENDAR) == (day(expected) if expected else None)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "3 bussiness days after due",
            '"3 bussiness days after due"; expected a whole number up to 999 and a unit, such as ',
        ),
        ("3 days after do", 'unknown anchor "do"; expected one of issued, due, cut-off, payment run, previous'),
        ("3 days after payment runs", "did you mean payment run?"),
        ("3 days", 'expected "before" or "after" and a moment behind "3 days"'),
        ("due", '"due"; expected "on ..." or a span, such as "3 business days after payment run"'),
        ("on due, after 3 days", '"after 3 days" after the comma; expected "not before ..." or "at latest ..."'),
        ("-3 days after due", "a whole number up to 999 and a unit"),
        ("4000 days after due", "a whole number up to 999"),
        ("on end of month of due", '"due"; expected "on ..." or a span'),
        ("1 day after due, not before promised date", '"promised date"; expected "on ..." or a span'),
        ("on 0th missed payment run", '"1st missed payment run" or later'),
        ("", 'expected "on ..." or a span'),
    ],
)
def test_problems_name_what_was_found_and_what_was_expected(text: str, message: str) -> None:
    with pytest.raises(WhenProblem) as caught:
        parse_when(text)
    assert message in str(caught.value)


def test_a_span_alone() -> None:
    assert parse_span(" 4  Business Days ") == Span(4, Unit.BUSINESS_DAY)
    with pytest.raises(WhenProblem, match="did you mean business days"):
        parse_span("4 busness days")


@pytest.mark.parametrize(
    ("text", "stage"),
    [
        ("2 business days before cut-off", Stage.BEFORE),
        ("1 day before payment run", Stage.BEFORE),
        ("on due", Stage.BEFORE),
        ("7 days after issued", Stage.BEFORE),
        ("0 days after due", Stage.AFTER),
        ("on payment run", Stage.AFTER),
        ("on end of month of 30 days after due", Stage.AFTER),
        ("2 days before end of month of 30 days after due", Stage.AFTER),
        ("on end of month of 2 months before due", Stage.BEFORE),
        ("10 days after previous, not before 45 days after due", Stage.AFTER),
        ("on 2nd missed payment run", Stage.AFTER),
    ],
)
def test_the_stage_a_step_has_unless_it_says(text: str, stage: Stage) -> None:
    assert stage_of(parse_when(text)) is stage
