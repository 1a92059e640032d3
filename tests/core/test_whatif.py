"""What could be changed: told only when it really leads to a message, and always the smallest change."""

from dataclasses import replace
from datetime import date

from tests.core import build
from worker.core.history import History
from worker.core.settings import Hold
from worker.core.simulation.ahead import if_unpaid
from worker.core.whatif import Question, what_if
from worker.core.when import Span, Unit

OLD = build.invoice("A1", "2026-02-02", "900.00", issued="2026-01-05")


def asked(on: str, history: History | None = None, **policy: object) -> Question:
    chosen = build.client_settings(policy=build.considerate(place="ours.yaml:1", **policy))
    settled = build.settings(chosen)
    return Question(build.books(OLD, read=on), settled, history or History(), build.as_of(on), "acme")


def test_asked_anyway_needs_no_change() -> None:
    question = asked("2026-03-10")
    assert question.asked() == "nudge"
    assert what_if(question) == ()


def test_the_largest_gap_that_would_do_is_told() -> None:
    second = build.invoice("A2", "2026-03-02", "900.00", issued="2026-02-05")
    past = History(messages=(build.sent("2026-03-05", "nudge", "A2"),))
    question = asked("2026-03-10", past, gap=Span(6, Unit.BUSINESS_DAY), places={"gap": "ours.yaml:4"})
    question = replace(question, snapshot=build.books(OLD, second, read="2026-03-10"))
    (found,) = [w for w in what_if(question) if "gap" in w.change]
    assert (found.change, found.place) == ("`gap` were 3 business days (it is 6 business days)", "ours.yaml:4")
    changed = asked("2026-03-10", past, gap=Span(3, Unit.BUSINESS_DAY))
    assert replace(changed, snapshot=question.snapshot).asked()
    changed = asked("2026-03-10", past, gap=Span(4, Unit.BUSINESS_DAY))
    assert not replace(changed, snapshot=question.snapshot).asked()


def test_a_hold_is_named_with_its_line() -> None:
    question = asked("2026-03-10")
    held = replace(question.settings, holds=(Hold("acme", "talks", place="config.yaml:9"),))
    (found,) = what_if(replace(question, settings=held))
    assert (found.change, found.step, found.place) == ("it were not on hold", "nudge", "config.yaml:9")


def test_a_step_that_is_not_due_says_how_much_earlier_it_would_have_to_be() -> None:
    past = History(messages=(build.sent("2026-03-02", "nudge", "A1"),))
    found = what_if(asked("2026-03-10", past))
    assert "`when` of ask were 6 business days after previous, not before 14 days after due" in {
        w.change for w in found
    }


def test_what_comes_next_has_dates_and_asks_nobody_else() -> None:
    other = build.invoice("B1", "2026-02-02", "900.00", client_id="birch", issued="2026-01-05")
    settled = build.settings(build.client_settings(), build.client_settings("birch"))
    course = if_unpaid(build.books(OLD, other, read="2026-03-10"), settled, History(), {"acme"}, date(2026, 3, 10))
    assert {s.payer_id for s in course.sent} == {"acme"}
    assert course.received == ()
    assert [s.step for s in course.sent] == ["nudge", "ask", "firm", "final-notice"]
    assert [t.kind for t in course.tasks] == ["phone", "decide"]
