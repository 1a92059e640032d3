"""What a bookkeeper may write after `pays:`, and what we answer when it cannot be read."""

from __future__ import annotations

from contextlib import suppress
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from worker.core.payment_run import (
    CutOff,
    DayOfMonth,
    GrammarProblem,
    Monthly,
    Roll,
    RunRule,
    Unit,
    Weekly,
    parse_cut_off,
    parse_pays,
)
from worker.core.payment_run_grammar import EXAMPLES
from worker.core.workdays import parse_closure

LAST = DayOfMonth(-1)
LAST_FRIDAY = DayOfMonth(-1, Unit.FRIDAY)
FROM = date(2026, 1, 8)


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("last friday", RunRule(Monthly((LAST_FRIDAY,)))),
        ("  The LAST  Friday of the month ", RunRule(Monthly((LAST_FRIDAY,)))),
        ("every last friday", RunRule(Monthly((LAST_FRIDAY,)))),
        ("15th and last day", RunRule(Monthly((DayOfMonth(15), LAST)))),
        ("the 15th & the end of the month", RunRule(Monthly((DayOfMonth(15), LAST)))),
        ("month end", RunRule(Monthly((LAST,)))),
        ("31st", RunRule(Monthly((LAST,)))),
        ("fridays", RunRule(Weekly((4,)))),
        ("every friday", RunRule(Weekly((4,)))),
        ("weekly on friday", RunRule(Weekly((4,)))),
        ("every week on fri", RunRule(Weekly((4,)))),
        ("thurs, mon", RunRule(Weekly((0, 3)))),
        ("monday and thursday", RunRule(Weekly((0, 3)))),
        ("mon - fri", RunRule(Weekly((0, 1, 2, 3, 4)))),
        ("every other thursday from 2026-01-08", RunRule(Weekly((3,), 2, FROM))),
        ("every other week on thursday from 2026-01-08", RunRule(Weekly((3,), 2, FROM))),
        ("fortnightly on thursday from 2026-01-08", RunRule(Weekly((3,), 2, FROM))),
        ("every 4 weeks on thursday from 2026-01-08", RunRule(Weekly((3,), 4, FROM))),
        ("2nd tuesday", RunRule(Monthly((DayOfMonth(2, Unit.TUESDAY),)))),
        ("second tuesday", RunRule(Monthly((DayOfMonth(2, Unit.TUESDAY),)))),
        ("1st and 3rd friday", RunRule(Monthly((DayOfMonth(1, Unit.FRIDAY), DayOfMonth(3, Unit.FRIDAY))))),
        ("1st and last friday", RunRule(Monthly((DayOfMonth(1, Unit.FRIDAY), LAST_FRIDAY)))),
        ("1st of the month and last friday", RunRule(Monthly((DayOfMonth(1), LAST_FRIDAY)))),
        ("15th and last friday", RunRule(Monthly((DayOfMonth(15), LAST_FRIDAY)))),
        ("1st, 15th and last friday", RunRule(Monthly((DayOfMonth(1), DayOfMonth(15), LAST_FRIDAY)))),
        ("3 business days after 2nd tuesday", RunRule(Monthly((DayOfMonth(2, Unit.TUESDAY),)), 3)),
        ("2 working days before the last day", RunRule(Monthly((LAST,)), -2)),
        ("25th", RunRule(Monthly((DayOfMonth(25),)))),
        ("25", RunRule(Monthly((DayOfMonth(25),)))),
        ("last business day", RunRule(Monthly((DayOfMonth(-1, Unit.BUSINESS_DAY),)))),
        ("3rd business day", RunRule(Monthly((DayOfMonth(3, Unit.BUSINESS_DAY),)))),
        ("2nd last business day", RunRule(Monthly((DayOfMonth(-2, Unit.BUSINESS_DAY),)))),
        ("2nd to last working day of the month", RunRule(Monthly((DayOfMonth(-2, Unit.BUSINESS_DAY),)))),
        ("every 2 months on the 15th", RunRule(Monthly((DayOfMonth(15),), 2))),
        ("every other month on the 15th", RunRule(Monthly((DayOfMonth(15),), 2))),
        ("quarterly on the last day", RunRule(Monthly((LAST,), 3))),
        ("every 2 months on the 15th from 2026-02", RunRule(Monthly((DayOfMonth(15),), 2, (2026, 2)))),
        ("every 5 months on the 15th from 2026-02-15", RunRule(Monthly((DayOfMonth(15),), 5, (2026, 2)))),
        ("15th, only jan, apr, jul, oct", RunRule(Monthly((DayOfMonth(15),)), months=(1, 4, 7, 10))),
        ("15th only in november - february", RunRule(Monthly((DayOfMonth(15),)), months=(1, 2, 11, 12))),
        ("15th of jan and jul", RunRule(Monthly((DayOfMonth(15),)), months=(1, 7))),
        ("25th, or previous business day", RunRule(Monthly((DayOfMonth(25),)), roll=Roll.PREVIOUS)),
        ("25th or the next working day", RunRule(Monthly((DayOfMonth(25),)), roll=Roll.NEXT)),
        ("mondays, or skipped", RunRule(Weekly((0,)), roll=Roll.SKIP)),
        ("25th or next business day, only june", RunRule(Monthly((DayOfMonth(25),)), months=(6,), roll=Roll.NEXT)),
    ],
)
def test_what_can_be_written(text: str, rule: RunRule) -> None:
    assert parse_pays(text) == rule


@pytest.mark.parametrize("example", EXAMPLES)
def test_the_examples_are_canonical(example: str) -> None:
    assert parse_pays(example).words() == example


@pytest.mark.parametrize(
    ("text", "why", "nearest"),
    [
        ("", "nothing is written", None),
        ("lst fridy", "a day was expected", "last friday"),
        ("evry other thrusday from 2026-01-08", "a day was expected", "every other thursday from 2026-01-08"),
        ("25th or prevous business day", '"previous" was expected', "25th, or previous business day"),
        (
            "every other thursday",
            "a run date is missing, so which weeks are meant is unknown: add, say, from 2026-01-08",
            None,
        ),
        ("every other thursday from 2026-01-09", "2026-01-09 is a friday, but the runs are on thursday", None),
        ("every other thursday from 2026-02-30", '"2026-02-30" is not a date', None),
        ("every other thursday from january", "such as 2026-01-08 is missing", "every other thursday from 2026-01-08"),
        ("fridays from 2026-01", "runs in weeks start from a day", None),
        ("every 2nd tuesday", 'or "every 2 weeks on tuesday from 2026-01-06"', None),
        ("32nd", "a month has no 32nd day", None),
        ("0", "a month has no 0th day", None),
        ("6th friday", "a month has no 6th friday", None),
        ("every 5 months on the 1st", "a first month is missing", None),
        ("every 0 weeks on friday", "runs are 1 to 52 weeks apart", None),
        ("every 2 months on the 15th, only feb", "it would never run", None),
        ("0 business days after the 15th", "leave it out", None),
        ("fridays and", "a weekday was expected", None),
        ("15th and fridays", "a day was expected", None),
        ("weekly on the 15th", "a weekday was expected", None),
        ("last", '"day", "business day" or a weekday was expected', None),
        ("25th or skipped or skipped", '"or" does not fit here', None),
        ("25th, only", "a month was expected", None),
        ("net 30", "a day was expected", None),
        ("25th €", '"€" is not a word', None),
        ("١٥", "is not a word", None),
    ],
)
def test_what_cannot_be_read_is_explained(text: str, why: str, nearest: str | None) -> None:
    with pytest.raises(GrammarProblem) as caught:
        parse_pays(text)
    problem = caught.value
    assert problem.why is not None
    assert why in problem.why
    assert problem.nearest == nearest
    assert problem.found == text
    assert problem.expected == EXAMPLES


def test_the_whole_message() -> None:
    with pytest.raises(GrammarProblem) as caught:
        parse_pays("lst fridy")
    assert str(caught.value) == (
        '"lst fridy" is not a payment cycle we can read: a day was expected at "lst". Did you mean "last friday"? '
        "Write for example: last friday; 15th and last day; monday and thursday; every other thursday from 2026-01-08; "
        "3 business days after 2nd tuesday; every 2 months on the 15th; 25th, or previous business day."
    )


def test_a_novel_is_cut_short() -> None:
    with pytest.raises(GrammarProblem, match="it is longer than 200 characters") as caught:
        parse_pays("friday " * 100)
    assert len(str(caught.value)) < 700


SCRAPS = (
    "every other last first 2nd 15 31st - , and the of month day days business after before from only or skipped next "
    "previous friday mondays jan weeks months end to 3 0 2026-01 2026-01-08 9999-12-31 weekly fortnightly year"
)
scrapheap = st.lists(st.sampled_from(SCRAPS.split()), max_size=9).map(" ".join)


@given(st.text() | scrapheap)
def test_nothing_but_a_grammar_problem_escapes(text: str) -> None:
    for parse in (parse_pays, parse_cut_off, parse_closure):
        with suppress(GrammarProblem):
            parse(text)


@given(scrapheap)
def test_whatever_is_read_has_words_that_read_the_same(text: str) -> None:
    with suppress(GrammarProblem):
        rule = parse_pays(text)
        assert parse_pays(rule.words()) == rule
    with suppress(GrammarProblem):
        cut_off: CutOff = parse_cut_off(text)
        assert parse_cut_off(cut_off.words()) == cut_off
    with suppress(GrammarProblem):
        closure = parse_closure(text)
        assert parse_closure(closure.words()) == closure
