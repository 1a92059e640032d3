"""M1-M4: late letters, dated pauses, unknown outcomes, one broken invoice. Steps at 3, 10, 20 and 30 days after due."""

from dataclasses import replace
from datetime import date, timedelta

from tests.core.build import client_settings, invoice, ladder, sent, settings
from tests.scenarios.simulate import Diary, Firm, run
from worker.core.decisions import Remind
from worker.core.history import MessageState
from worker.core.settings import Hold, Promise
from worker.core.when import Span, Unit

D = date(2026, 3, 2)
STEPS = ladder("3 days after due", "10 days after due", "20 days after due", "30 days after due", gap=Span(1, Unit.DAY))


def after(days: int) -> date:
    return D + timedelta(days=days)


def firm(*invoices: str) -> Firm:
    made = Firm(settings(client_settings(policy=STEPS)))
    return made.issue(*(invoice(i, D) for i in invoices or ("A1",)))


def next_on(made: Firm, today: date) -> date | None:
    diary = Diary()
    made.sending, made.today = False, today
    made.sweep(diary)
    return diary.last.standings[0].next_on


def test_M1_a_late_letter_moves_the_next_one() -> None:
    """Sent on day 14 instead of 3: the second keeps its seven days and comes on day 21 (Monday), not on day 15."""
    made = firm()
    made.tell(messages=(sent(after(14), "step-1", "A1"),))
    assert next_on(made, after(15)) == after(21)


def test_M1_full_spacing_where_the_late_letter_counted_from_the_one_before() -> None:
    """Planned on day 3, 10 (seven days after it) and 20: ten days lie between the second and the third."""
    whens = ("3 days after due", "7 days after previous", "20 days after due")
    made = Firm(settings(client_settings(policy=ladder(*whens, gap=Span(1, Unit.DAY))))).issue(invoice("A1", D))
    late = (sent(after(49), "step-1", "A1"), sent(after(56), "step-2", "A1"))
    made.tell(messages=late)
    assert next_on(made, after(57)) == after(66)


def test_M1_a_granted_deadline_blocks_until_the_day_after_it() -> None:
    made = firm()
    made.tell(messages=(sent(after(14), "step-1", "A1", granted=after(24)),))
    assert next_on(made, after(15)) == after(25)
    diary = Diary()
    made.sweep(diary)
    assert diary.reason("A1") == "deadline"


def promised() -> Firm:
    """Step 1 was sent on time; a promise for day 9 keeps the peace through day 10."""
    made = firm()
    made.tell(messages=(sent(after(3), "step-1", "A1"),), promises=(Promise("acme", after(9), after(4)),))
    return made


def test_M2_a_dry_run_announces_exactly_what_the_run_then_sends() -> None:
    made = promised()
    diary = Diary()
    made.sending, made.today = False, after(11)
    dry = made.sweep(diary)
    assert made.sweep(diary) == dry
    made.sending = True
    assert made.sweep(diary) == dry
    ((_, letter),) = diary.reminders
    assert [(a.invoice_id, a.step) for a in letter.advances] == [("A1", "step-2")]
    assert letter.model.template == "promise-broken"
    assert letter.model.promised == after(9)


def test_M2_a_promise_pauses_until_two_business_days_after_its_day() -> None:
    diary = run(promised(), after(4), after(11))
    assert diary.letters == [(after(11).isoformat(), "step-2")]


def test_M2_a_hold_lasts_through_its_last_day_and_covers_every_invoice() -> None:
    made = firm("A1", "A2")
    made.tell(holds=(Hold("acme", "in talks", after(4)),))
    diary = run(made, after(3), after(4))
    assert diary.letters == []
    assert {s.reason.code for s in diary.last.standings} == {"hold"}
    assert "in talks" in diary.last.standings[0].reason.sentence
    run(made, after(5), after(8), diary=diary)
    assert diary.letters == [(after(7).isoformat(), "step-1")], "day 5 and 6 are a weekend"


def test_M3_a_rejected_hand_off_is_not_a_step_and_goes_once_after_repair() -> None:
    made = firm()
    made.tell(messages=(sent(after(3), "step-1", "A1", state=MessageState.REJECTED),))
    assert run(made, after(4), after(6)).letters == [(after(4).isoformat(), "step-1")]


def test_M3_an_unknown_outcome_blocks_until_a_person_resolves_it() -> None:
    """No retry, no skipping, and after ten business days a task; never a send by itself."""
    made = firm()
    diary = run(made, after(3), after(3))
    made.settle(MessageState.UNCERTAIN)
    run(made, after(4), after(60), diary=diary)
    assert diary.letters == [(after(3).isoformat(), "step-1")]
    assert diary.opened == [(after(17).isoformat(), "resolve-message")]
    made.settle(MessageState.RESOLVED_SENT)
    run(made, after(61), after(75), diary=diary)
    assert diary.letters[1:] == [(after(63).isoformat(), "step-2"), (after(73).isoformat(), "step-3")]


def test_M3_resolved_as_not_sent_the_same_step_goes() -> None:
    made = firm()
    diary = run(made, after(3), after(3))
    made.settle(MessageState.UNCERTAIN)
    run(made, after(4), after(9), diary=diary)
    made.settle(MessageState.RESOLVED_NOT_SENT)
    run(made, after(10), after(10), diary=diary)
    assert diary.letters == [(after(3).isoformat(), "step-1"), (after(10).isoformat(), "step-1")]


def test_M4_one_broken_invoice_stops_nobody_else() -> None:
    made = Firm(settings(*(client_settings(c, STEPS) for c in ("acme", "brown", "cole"))))
    made.issue(invoice("A1", D), invoice("B1", D, client_id="brown"), invoice("C1", D, client_id="cole"))
    made.invoices["B1"] = replace(made.invoices["B1"], due=date(1026, 3, 2))
    diary = run(made, after(3), after(3))
    assert [r.payer_id for _, r in diary.reminders] == ["acme", "cole"]
    assert diary.opened == [(after(3).isoformat(), "fix-due-date")]


def test_M4_one_letter_a_client_a_sweep() -> None:
    made = firm("A1", "A2")
    made.invoices["A2"] = invoice("A2", D - timedelta(days=30))
    plan = run(made, after(3), after(3)).last
    assert len(plan.of(Remind)) == 1
