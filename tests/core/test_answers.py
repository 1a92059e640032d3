"""The language of answers: what is an order is read exactly, everything else is left alone or explained."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from worker.core.answers import MARKER, OUTCOMES, Order, Verb, read_answer, read_day

TODAY = date(2026, 11, 22)  # a Sunday


def orders(text: str) -> tuple[Order, ...]:
    found, mistakes = read_answer(text, TODAY)
    assert not mistakes, mistakes
    return found


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("yes 3, 5", Order(Verb.YES, "yes 3, 5", (3, 5))),
        ("Yes #3 and 5.", Order(Verb.YES, "Yes #3 and 5", (3, 5))),
        ("yes 3-5", Order(Verb.YES, "yes 3-5", (3, 4, 5))),
        ("stop 3 7", Order(Verb.STOP, "stop 3 7", (3, 7))),
        ("no 3: too early", Order(Verb.NO, "no 3: too early", (3,), note="too early")),
        ("no 3 - too early", Order(Verb.NO, "no 3 - too early", (3,), note="too early")),
        ("hold 2", Order(Verb.HOLD, "hold 2", (2,))),
        (
            "hold 2 until 12 jan because they moved: twice",
            Order(
                Verb.HOLD,
                "hold 2 until 12 jan because they moved: twice",
                (2,),
                day=date(2027, 1, 12),
                note="they moved: twice",
            ),
        ),
        (
            "done 4 promised 15 dec",
            Order(Verb.DONE, "done 4 promised 15 dec", (4,), outcome="promised", day=date(2026, 12, 15)),
        ),
        ("done 4 no answer", Order(Verb.DONE, "done 4 no answer", (4,), outcome="no-answer")),
        ("done 5", Order(Verb.DONE, "done 5", (5,))),
        (
            "pause “Acme Ltd” until monday",
            Order(Verb.PAUSE, "pause “Acme Ltd” until monday", name="Acme Ltd", day=date(2026, 11, 23)),
        ),
        ("undo 2", Order(Verb.UNDO, "undo 2", (2,))),
    ],
)
def test_what_people_write(text: str, expected: Order) -> None:
    assert orders(text) == (expected,)


def test_several_orders_in_one_mail_and_what_is_no_order() -> None:
    text = "Morning!\nyes 3. stop 7; hold 2\n\nThe rest is fine, thanks\nJo"
    assert [(o.verb, o.codes) for o in orders(text)] == [("yes", (3,)), ("stop", (7,)), ("hold", (2,))]
    assert orders("Thanks, will do.\nthere were 3 of them\nwe stop 3") == ()


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("stop", "no number"),
        ("yes please", "no number"),
        ("yes 3 please", '"please" is not understood'),
        ("yes 12345", "is no number of an item"),
        ("stop 7%", "is no number of an item"),
        ("yes 5-3", "is no range"),
        ("yes 1-999", "is no range"),
        ("hold 2 until 12/1", "write it as 12 jan"),
        ("hold 2 until 30 feb", "is no day"),
        ("hold 2 until 2020-01-01", "is in the past"),
        ("hold 2 until 2036-01-01", "more than a year away"),
        ("hold 2 for ever", "is not understood"),
        ("done 4 promised", "a promise needs its day"),
        ("done 4 sleeping", "is no outcome: reached"),
        ("pause Acme", "whom and until when"),
        ("yes 3\nno 3", "something else of the same item"),
        (f"yes 3 because {'x' * 300}", "characters in one line"),
    ],
)
def test_a_mistake_says_what_is_wrong_and_does_nothing(text: str, why: str) -> None:
    found, mistakes = read_answer(text, TODAY)
    assert found == ()
    assert why in mistakes[0].why and mistakes[0].expected


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("today", date(2026, 11, 22)),
        ("tomorrow", date(2026, 11, 23)),
        ("sunday", date(2026, 11, 29)),
        ("next tue", date(2026, 11, 24)),
        ("the 3rd of december", date(2026, 12, 3)),
        ("dec 3", date(2026, 12, 3)),
        ("3 dec 2026", date(2026, 12, 3)),
        ("1 nov", date(2027, 11, 1)),
        ("2026-12-03", date(2026, 12, 3)),
        ("end of the month", date(2026, 11, 30)),
    ],
)
def test_days_are_the_next_ones(text: str, day: date) -> None:
    assert read_day(text, TODAY) == day


WORDS = st.sampled_from(
    [*Verb, *OUTCOMES, "3", "5,", "7", "#2", "3-5", "until", "12", "jan", "monday", "because", ":", "acme", "> ", "\n"]
)


@given(st.lists(WORDS | st.text(max_size=6), max_size=25).map(" ".join) | st.text(max_size=400))
def test_nothing_makes_it_fail_and_every_order_is_bounded(text: str) -> None:
    found, mistakes = read_answer(text, TODAY)
    for order in found:
        assert order.codes or order.verb is Verb.PAUSE
        assert all(0 <= c <= 999 for c in order.codes)
        assert order.day is None or TODAY <= order.day <= TODAY + timedelta(days=366)
        assert order.verb is not Verb.DONE or (order.outcome == "promised") == (order.day is not None)
    assert len(found) + len(mistakes) <= 2 * 51


@given(st.lists(st.sampled_from(["yes 3", "stop 7", "no 3", "hold 2 until monday"]), min_size=1, max_size=4))
def test_what_is_quoted_is_never_obeyed(lines: list[str]) -> None:
    quoted = [f"> {line}" for line in lines] + [f"    | {line}" for line in lines]
    below = [f"--- {MARKER} ---", *lines]
    assert read_answer("\n".join(["Thanks!", *quoted, *below]), TODAY) == ((), ())
