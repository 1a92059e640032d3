"""Where an invoice is on its ladder: entry, runs kept and re-anchored, missed runs, waits."""

from dataclasses import replace
from datetime import date

from tests.core.build import (
    as_of,
    books,
    client_settings,
    considerate,
    day,
    invoice,
    ladder,
    payment,
    sent,
    settings,
    step,
)
from worker.core.context import Context
from worker.core.history import Advance, Contacted, History, MessageState, PassedBy, PastTask, Waited
from worker.core.ladder import Ladder, Position
from worker.core.policy import Policy
from worker.core.receivable import Invoice
from worker.core.settings import ClientSettings

A1 = invoice("A1", "2026-03-04", "900.00", issued="2026-02-02")


def on_ladder(today: str, chosen: ClientSettings, history: History | None = None, item: Invoice = A1) -> Ladder:
    ctx = Context(books(item, read=today), settings(chosen), history or History(), as_of(today))
    return ctx.ladder(item, chosen)


def at(today: str, chosen: ClientSettings, history: History | None = None, item: Invoice = A1) -> Position:
    return on_ladder(today, chosen, history, item).position(item)


def name_and_day(position: Position) -> tuple[str, date | None]:
    assert position.step
    return position.step.name, position.timing.day


def test_the_run_a_step_was_anchored_on_is_kept_with_the_invoice() -> None:
    """A new cut-off would move it to April; once the nudge named March, March it stays."""
    row = Advance("A1", 0, "nudge", run=day("2026-03-27"))
    history = History(messages=(sent("2026-04-01", "nudge", advances=(row,)),))
    late = client_settings(pays="last friday", cut_off="60 days")
    assert on_ladder("2026-04-02", late).run_of(A1) == day("2026-04-24")
    assert on_ladder("2026-04-02", late, history).run_of(A1) == day("2026-03-27")


def test_a_changed_cycle_or_due_date_re_anchors() -> None:
    row = Advance("A1", 0, "nudge", run=day("2026-03-27"))
    history = History(messages=(sent("2026-04-01", "nudge", advances=(row,)),))
    assert on_ladder("2026-04-02", client_settings(pays="15th"), history).run_of(A1) == day("2026-03-16")
    moved = replace(A1, due=day("2026-04-02"))
    assert on_ladder("2026-04-02", client_settings(pays="last friday"), history, moved).run_of(moved) == day(
        "2026-04-24"
    )


def test_a_missed_run_needs_a_complete_reading_two_business_days_later_and_no_part_payment() -> None:
    chosen = client_settings(pays="last friday")
    assert on_ladder("2026-03-30", chosen).missed(A1) == ()
    assert on_ladder("2026-03-31", chosen).missed(A1) == (day("2026-03-27"),)
    assert on_ladder("2026-04-28", chosen).missed(A1) == (day("2026-03-27"), day("2026-04-24"))
    part = payment("P1", A1, "2026-03-27", "100.00")
    ctx = Context(books(A1, payments=(part,), read="2026-04-28"), settings(chosen), History(), as_of("2026-04-28"))
    assert ctx.ladder(A1, chosen).missed(A1) == (day("2026-04-24"),)


def test_a_step_on_the_second_missed_run_waits_for_it() -> None:
    policy = Policy("p", (step("second", "1 day after 2nd missed payment run"),))
    chosen = client_settings(policy=policy, pays="last friday")
    assert at("2026-04-20", chosen).timing.day is None
    assert name_and_day(at("2026-04-28", chosen)) == ("second", day("2026-04-25"))


def test_a_learnt_run_is_waited_for_once() -> None:
    chosen = client_settings(pays="monday and thursday", run_stated=False)
    item = invoice("A1", "2026-03-05", "900.00")
    position = at("2026-03-06", chosen, item=item)
    assert name_and_day(position) == ("nudge", day("2026-03-10"))
    waited = History(waited=(Waited("A1", 0, "nudge", day("2026-03-09")),))
    again = at("2026-03-11", chosen, waited, item)
    assert (again.timing.run, again.timing.day) == (None, day("2026-03-11"))


def test_a_logged_contact_counts_as_previous() -> None:
    policy = ladder("1 day after due", "7 days after previous")
    history = History(
        messages=(sent("2026-03-05", "step-1", "A1"),), contacts=(Contacted("acme", day("2026-03-10"), "rang"),)
    )
    assert name_and_day(at("2026-03-11", client_settings(policy=policy), history)) == ("step-2", day("2026-03-17"))


def test_a_task_done_counts_as_previous_and_an_open_one_does_not() -> None:
    policy = Policy("p", (step("call", "1 day after due", task="phone"), step("firm", "7 days after previous")))
    chosen = client_settings(policy=policy)
    task = PastTask("t", "acme", "phone", day("2026-03-05"), "call", (Advance("A1", 0, "call"),))
    assert name_and_day(at("2026-03-09", chosen, History(tasks=(task,))))[0] == "call"
    done = replace(task, outcome="reached", done=day("2026-03-09"))
    assert name_and_day(at("2026-03-09", chosen, History(tasks=(done,)))) == ("firm", day("2026-03-16"))


def test_messages_that_never_left_move_nothing() -> None:
    chosen = client_settings()
    for state in (MessageState.PLANNED, MessageState.CANCELLED, MessageState.REJECTED, MessageState.RESOLVED_NOT_SENT):
        history = History(messages=(sent("2026-03-10", "nudge", "A1", state=state),))
        assert name_and_day(at("2026-03-11", chosen, history))[0] == "nudge"


def test_an_older_round_says_nothing_about_this_one() -> None:
    again = replace(A1, round=1)
    history = History(messages=(sent("2026-03-10", "nudge", "A1"),))
    assert name_and_day(at("2026-03-20", client_settings(), history, again))[0] == "nudge"


def test_already_at_starts_behind_that_step() -> None:
    chosen = client_settings(already_at="ask", last_contacted=day("2026-03-20"))
    assert name_and_day(at("2026-03-25", chosen)) == ("call", day("2026-03-29"))


def test_a_renamed_step_is_still_known() -> None:
    heads_up, nudge, *rest = considerate().steps
    renamed = considerate(steps=(heads_up, replace(nudge, name="hello", was=("nudge",)), *rest))
    history = History(messages=(sent("2026-03-10", "nudge", "A1"),))
    assert name_and_day(at("2026-03-11", client_settings(policy=renamed), history))[0] == "ask"


def test_a_step_passed_by_stays_passed() -> None:
    history = History(passed=(PassedBy("A1", 0, "heads-up", day("2026-02-27")),))
    assert name_and_day(at("2026-02-28", client_settings(), history))[0] == "nudge"


def test_a_late_heads_up_does_not_put_off_the_nudge() -> None:
    history = History(messages=(sent("2026-03-04", "heads-up", "A1", after_due=False),))
    assert name_and_day(at("2026-03-05", client_settings(), history)) == ("nudge", day("2026-03-10"))
