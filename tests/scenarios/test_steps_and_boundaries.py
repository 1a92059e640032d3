"""T1-T7: steps and boundaries. D is Thursday 5 March 2026; steps at 5, 20 and 40 days after due."""

from datetime import date, timedelta
from decimal import Decimal

from tests.core.build import client_settings, credit, invoice, ladder, paid, sent, settings
from tests.scenarios.simulate import Diary, Firm, run
from worker.core.history import MessageState
from worker.core.policy import Policy
from worker.core.receivable import CreditKind
from worker.core.settings import Hold

D = date(2026, 3, 5)
STEPS = ladder("5 days after due", "20 days after due", "40 days after due")


def after(days: int) -> date:
    return D + timedelta(days=days)


def firm(policy: Policy = STEPS) -> Firm:
    return Firm(settings(client_settings(policy=policy))).issue(invoice("A1", D), paid(invoice("A0", "2026-02-01")))


def on(made: Firm, days: int, diary: Diary | None = None) -> Diary:
    return run(made, after(days), after(days), diary=diary)


def test_T1_threshold_day_is_inclusive() -> None:
    assert on(firm(), 4).letters == []
    diary = on(firm(), 5)
    assert diary.letters == [("2026-03-10", "step-1")]
    assert [line.number for line in diary.reminders[0][1].model.overdue] == ["INV-A1"]


def test_T2_an_unsent_step_does_not_advance() -> None:
    made = firm()
    made.tell(messages=(sent(after(5), "step-1", "A1", state=MessageState.PLANNED),))
    diary = Diary()
    made.sending = False
    on(made, 30, diary)
    (standing,) = diary.last.standings
    assert standing.step == "step-1"
    made.sending = True
    assert on(made, 32).letters == [("2026-04-06", "step-1")]


def test_T3_a_block_freezes_and_lifting_it_resumes_at_the_next_step() -> None:
    made = firm()
    diary = on(made, 5)
    made.tell(holds=(Hold("acme", "asked to wait"),))
    on(made, 29, diary)
    assert diary.letters == [("2026-03-10", "step-1")]
    assert diary.reason("A1") == "hold"
    made.forget("holds")
    on(made, 29, diary)
    assert diary.letters == [("2026-03-10", "step-1"), ("2026-04-03", "step-2")]


def test_T4_payment_ends_everything() -> None:
    made = firm()
    diary = on(made, 5)
    made.today = after(29)
    made.pay("A1")
    run(made, after(29), after(60), diary=diary)
    assert diary.letters == [("2026-03-10", "step-1")]
    assert diary.last.standings == ()


def test_T5_the_end_of_the_ladder_is_a_task_and_never_a_letter() -> None:
    """Nothing is late on the due date, so a step 0 days after due comes on the day after it."""
    made = firm(ladder("0 days after due"))
    diary = run(made, D, after(60))
    assert diary.letters == [("2026-03-06", "step-1")]
    assert diary.opened == [("2026-03-07", "decide")]
    assert diary.reason("A1") == "ladder-end"


def test_T6_first_sight_of_an_old_debt_enters_at_step_1() -> None:
    """Peers would send the harshest letter or none; we start at the first after-due step, then space fully."""
    made = firm()
    diary = run(made, after(100), after(150))
    assert diary.letters == [("2026-06-15", "step-1"), ("2026-06-30", "step-2"), ("2026-07-20", "step-3")]


def test_T7_unmatched_money_is_shown_and_enough_of_it_stops_the_letter() -> None:
    made = firm()
    made.credits["C1"] = credit("C1", "50.00", CreditKind.UNAPPLIED_PAYMENT)
    ((_, letter),) = on(made, 5).reminders
    assert [(m.amount, m.currency) for m in letter.model.credit] == [(Decimal("50.00"), "GBP")]
    assert [m.amount for m in letter.model.net] == [Decimal("50.00")]

    made = firm()
    made.credits["C1"] = credit("C1", "100.00", CreditKind.UNAPPLIED_PAYMENT)
    diary = on(made, 5)
    assert diary.letters == []
    assert diary.reason("A1") == "unmatched-money"
    assert diary.opened == [("2026-03-10", "allocate")]
