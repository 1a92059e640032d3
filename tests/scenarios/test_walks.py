"""Walks through the considerate policy: whole stories of one client, day by day."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest

from tests.core.build import client_settings, credit, day, invoice, ladder, payment, settings, step
from tests.scenarios.simulate import Diary, Firm, run
from worker.core.decisions import Bucket
from worker.core.policy import Policy, QuietPeriod
from worker.core.receivable import CreditKind
from worker.core.settings import Dispute, Reconciled
from worker.core.workdays import Calendar

LAST_FRIDAY = {"pays": "last friday", "cut_off": "3 business days"}


def firm(**more: object) -> Firm:
    return Firm(settings(client_settings(**more)))


def with_past(made: Firm, late: int, count: int = 6) -> Firm:
    """`count` invoices of last year, each paid `late` days after it was due."""
    for n in range(count):
        old = invoice(f"H{n}", date(2025, 3 + n, 3), issued=date(2025, 2 + n, 3))
        made.issue(old)
        made.payments[f"HP{n}"] = payment(f"HP{n}", old, old.due + timedelta(days=late), historic=True)  # type: ignore[operator]
        made.invoices[old.id] = replace(old, open=Decimal(0), paid=old.total, status="paid")  # type: ignore[arg-type]
    return made


# -- the last-Friday client: due on 4 March, 23 days before its run of 27 March


def test_last_friday_a_known_payer_hears_nothing_between_due_date_and_run() -> None:
    made = with_past(firm(**LAST_FRIDAY), 0).issue(invoice("A1", "2026-03-04", "900.00", issued="2026-02-02"))
    diary = run(made, "2026-02-02", "2026-04-02")
    assert diary.letters == [("2026-04-01", "nudge")]
    ((_, nudge),) = diary.reminders
    model = nudge.model
    assert (model.template, model.run_date) == ("missed-run", day("2026-03-27"))
    assert (model.next_run, model.cut_off) == (day("2026-04-24"), day("2026-04-21"))
    assert nudge.advances[0].run == day("2026-03-27")
    waiting = diary.plans[40].standings[0]
    assert (waiting.reason.code, waiting.next_on) == ("not-yet", day("2026-04-01"))
    assert "27 March" in waiting.reason.sentence


def test_last_friday_its_first_invoice_gets_a_heads_up_before_it_is_due() -> None:
    """On its run's own day (20 March) the invoice would be overdue, not "coming up": the ordinary day is used."""
    made = firm(**LAST_FRIDAY).issue(invoice("A1", "2026-03-04", "900.00", issued="2026-02-02"))
    assert run(made, "2026-02-02", "2026-04-02").letters == [("2026-02-27", "heads-up"), ("2026-04-01", "nudge")]


def test_last_friday_the_heads_up_goes_before_the_cut_off_when_the_run_is_near_the_due_date() -> None:
    made = firm(**LAST_FRIDAY).issue(invoice("A1", "2026-03-27", "900.00", issued="2026-02-25"))
    diary = run(made, "2026-02-25", "2026-04-02")
    assert diary.letters == [("2026-03-20", "heads-up"), ("2026-04-01", "nudge")]
    heads_up = diary.reminders[0][1].model
    assert ([line.days_late for line in heads_up.coming], heads_up.overdue) == ([0], ())


def test_last_friday_paying_in_its_run_means_silence() -> None:
    made = with_past(firm(**LAST_FRIDAY), 0).issue(invoice("A1", "2026-03-04", "900.00", issued="2026-02-02"))
    diary = run(made, "2026-02-02", "2026-04-30", [("2026-03-27", lambda f: f.pay("A1"))])
    assert (diary.letters, diary.thanks, diary.opened) == ([], [], [])


def test_a_written_run_beyond_patience_does_not_delay_the_nudge() -> None:
    quarterly = with_past(firm(pays="15th, only jan, apr, jul, oct"), 0)
    quarterly.issue(invoice("A1", "2026-01-20", "900.00", issued="2025-12-20"))
    assert run(quarterly, "2026-01-20", "2026-02-01").letters == [("2026-01-26", "nudge")]


def test_a_learnt_run_is_waited_for_a_week_at_most_and_never_quoted() -> None:
    made = with_past(firm(**LAST_FRIDAY, run_stated=False), 0)
    made.issue(invoice("A1", "2026-03-04", "900.00"), invoice("A2", "2026-03-25", "900.00", issued="2026-02-20"))
    diary = run(made, "2026-03-04", "2026-04-01")
    assert diary.letters == [("2026-03-10", "nudge"), ("2026-03-24", "ask"), ("2026-04-01", "nudge")]
    assert diary.reminders[2][1].advances[0].run == day("2026-03-27"), "used for timing"
    assert {(r.model.run_date, r.model.next_run, r.model.cut_off) for _, r in diary.reminders} == {(None, None, None)}
    assert [r.model.template for _, r in diary.reminders] == ["nudge", "ask", "nudge"]


# -- others


def test_monday_and_thursday_is_nudged_three_business_days_after_its_next_run() -> None:
    """Runs twice a week gain nothing and cost nothing: due Wednesday, run Thursday, nudge Tuesday."""
    made = with_past(firm(pays="monday and thursday"), 0).issue(invoice("A1", "2026-03-04", "900.00"))
    diary = run(made, "2026-03-04", "2026-03-20")
    assert diary.letters == [("2026-03-10", "nudge")]
    assert diary.reminders[0][1].model.run_date == day("2026-03-05")


def test_always_45_days_late_is_nudged_on_time_with_a_reason_that_says_so() -> None:
    made = with_past(firm(), 45).issue(invoice("A1", "2026-03-04", "900.00"))
    diary = run(made, "2026-03-04", "2026-03-11")
    assert diary.letters == [("2026-03-10", "nudge")]
    assert "usually pays 45 days late, which is no agreement" in diary.reminders[0][1].reason.sentence


def test_first_sight_at_100_days_overdue_enters_at_the_nudge_then_full_spacing() -> None:
    made = firm().issue(invoice("A1", "2026-03-04", "900.00"))
    made.calls_made = made.approving = True
    diary = run(made, "2026-06-12", "2026-08-30")
    assert diary.letters == [
        ("2026-06-12", "nudge"),
        ("2026-06-26", "ask"),
        ("2026-07-10", "firm"),
        ("2026-07-21", "final-notice"),
    ]
    assert diary.opened == [("2026-07-03", "phone"), ("2026-08-05", "decide")]
    final = diary.reminders[-1][1]
    assert final.granted == day("2026-08-04")
    assert [line.number for line in final.model.demanded] == ["INV-A1"]


def test_a_final_notice_waits_for_a_yes_and_demands_only_the_ripe_invoice() -> None:
    made = firm().issue(invoice("A1", "2026-03-04", "900.00"))
    made.calls_made = True
    diary = run(made, "2026-06-12", "2026-07-20", [("2026-07-01", lambda f: f.issue(invoice("A2", "2026-07-08")))])
    assert diary.reason("A1") == "approval"
    made.approving = True
    run(made, "2026-07-21", "2026-07-24", diary=diary)
    final = diary.reminders[-1][1]
    assert final.step == "final-notice"
    assert [line.number for line in final.model.demanded] == ["INV-A1"]
    assert [line.number for line in final.model.also_open] == ["INV-A2"]
    assert [m.amount for m in final.model.gross] == [Decimal("900.00")]


def test_one_of_five_disputed_the_others_are_chased_softly_and_a_line_names_it() -> None:
    made = with_past(firm(), 0).issue(*(invoice(f"A{n}", "2026-03-04", "100.00") for n in range(1, 6)))
    made.tell(disputes=(Dispute("acme", "wrong quantity", ("A3",), review=day("2026-04-01")),))
    diary = run(made, "2026-03-04", "2026-04-02")
    assert [name for _, name in diary.letters] == ["nudge", "ask"]
    model = diary.reminders[0][1].model
    assert [line.number for line in model.overdue] == ["INV-A1", "INV-A2", "INV-A4", "INV-A5"]
    assert [line.number for line in model.not_included] == ["INV-A3"]
    assert [m.amount for m in model.net] == [Decimal("400.00")]
    assert ("2026-04-01", "review-dispute") in diary.opened
    assert diary.reason("A3") == "dispute-review"


def test_beside_a_dispute_the_others_are_chased_softly_only() -> None:
    """Soft steps go on and name what is left out; the hard one waits until the dispute is over."""
    steps = ladder("3 days after due", "7 days after previous", "7 days after previous", "7 days after previous")
    made = Firm(settings(client_settings(policy=steps)))
    made.issue(invoice("A1", "2026-03-02"), invoice("B1", "2026-03-02"))
    made.tell(disputes=(Dispute("acme", "wrong goods", ("B1",)),))
    diary = run(made, "2026-03-03", "2026-04-10")
    assert diary.letters == [("2026-03-05", "step-1"), ("2026-03-12", "step-2")]
    assert all([line.number for line in r.model.not_included] == ["INV-B1"] for _, r in diary.reminders)
    assert diary.reason("A1") == "others-disputed"
    made.forget("disputes")
    run(made, "2026-04-11", "2026-04-14", diary=diary)
    assert diary.letters[2:] == [("2026-04-13", "step-3")]


def test_a_step_is_its_name_and_renamed_it_asks_nobody_twice() -> None:
    call = step("call", "5 days after previous", task="phone")
    before = replace(ladder("3 days after due"), steps=(*ladder("3 days after due").steps, call))
    made = Firm(settings(client_settings(policy=before))).issue(invoice("A1", "2026-03-02"))
    diary = run(made, "2026-03-05", "2026-03-11")
    assert [kind for _, kind in diary.opened] == ["phone"]
    after = replace(before, steps=(*before.steps[:-1], replace(call, name="ring", was=("call",))))
    made.settings = settings(client_settings(policy=after))
    run(made, "2026-03-12", "2026-03-20", diary=diary)
    assert [kind for _, kind in diary.opened] == ["phone"]
    assert diary.reason("A1") == "task"


def test_a_moved_due_date_moves_the_run_and_says_so() -> None:
    policy = Policy(
        "runs", (step("nudge", "3 business days after payment run"), step("ask", "5 days after payment run"))
    )
    made = Firm(settings(client_settings(policy=policy, pays="last friday")))
    made.issue(invoice("A1", "2026-03-20", issued="2026-02-20"))
    diary = run(made, "2026-03-21", "2026-04-01")
    assert diary.letters == [("2026-04-01", "nudge")]
    made.invoices["A1"] = replace(made.invoices["A1"], due=day("2026-04-10"))
    run(made, "2026-04-11", "2026-04-13", diary=diary)
    (standing,) = diary.last.standings
    assert "of 24 April; no longer that of 27 March" in standing.reason.sentence


def test_stale_books_are_warned_of() -> None:
    made = Firm(settings(client_settings(), reconciled=Reconciled("by hand", day("2026-03-06"))))
    diary = run(made, "2026-03-06", "2026-03-09")
    assert [bool(plan.warnings) for plan in diary.plans] == [False, True, True, True]


def test_a_bank_charge_left_over_is_a_task_not_a_chase() -> None:
    made = firm().issue(invoice("A1", "2026-03-04", "900.00"))
    diary = run(made, "2026-03-05", "2026-05-30", [("2026-03-06", lambda f: f.pay("A1", "885.00"))])
    assert diary.letters == []
    assert diary.opened == [("2026-03-06", "small-remainder")]
    assert [t.model.template for _, t in diary.thanks] == ["thank-you"], (
        "its first payment; the difference is not named"
    )


def test_credit_larger_than_the_debt_is_held_with_a_task() -> None:
    made = firm().issue(invoice("A1", "2026-03-04", "900.00"))
    made.credits["C1"] = credit("C1", "1000.00", CreditKind.CREDIT_NOTE)
    diary = run(made, "2026-03-01", "2026-03-31")
    assert diary.letters == []
    assert diary.opened == [("2026-03-01", "allocate")]
    assert diary.last.standings[0].bucket is Bucket.HELD
    assert diary.reason("A1") == "credit-covers"


def test_an_invoice_never_sent_is_a_task() -> None:
    made = firm().issue(invoice("A1", "2026-03-04", "900.00", sent=False))
    diary = run(made, "2026-03-01", "2026-03-31")
    assert diary.letters == []
    assert diary.opened == [("2026-03-01", "send-invoice")]
    assert diary.reason("A1") == "never-sent"


# -- quiet: 22 December to 4 January

QUIET = QuietPeriod(date(2026, 12, 22), date(2027, 1, 4), "Christmas")
XMAS = Calendar(holidays={date(2026, 12, 25): "Christmas Day", date(2027, 1, 1): "New Year"})


def quiet_firm(clients: int = 12, **more: object) -> Firm:
    ids = [f"c{n:02}" for n in range(clients)]
    chosen = (client_settings(c, calendar=XMAS, **more) for c in ids)
    return Firm(settings(*chosen, calendar=XMAS, quiet=(QUIET,)))


def test_quiet_nothing_but_thanks_leaves_and_the_return_is_staggered() -> None:
    made = quiet_firm()
    made.issue(*(invoice(f"A{n}", "2026-12-17", client_id=f"c{n:02}") for n in range(12)))
    events = [("2026-12-22", lambda f: f.pay("A0"))]
    diary = run(made, "2026-12-17", "2027-01-29", events)
    days = [on for on, _ in diary.reminders]
    assert not any(QUIET.covers(on) for on in days)
    first = [on for on, r in diary.reminders if r.step == "nudge"]
    assert len(first) == 11
    assert min(first) >= date(2027, 1, 5)
    assert max(first) <= date(2027, 1, 11)
    assert len(set(first)) >= 3
    ((thanked, _),) = diary.thanks
    assert thanked == date(2026, 12, 23)


def test_quiet_business_days_stop_counting_and_no_deadline_falls_inside() -> None:
    made = quiet_firm(1)
    made.issue(invoice("A1", "2026-11-12", "900.00", client_id="c00"))
    made.calls_made = True
    diary = run(made, "2026-11-13", "2026-12-21")
    assert diary.letters == [("2026-11-18", "nudge"), ("2026-12-02", "ask"), ("2026-12-16", "firm")]
    assert diary.reminders[-1][1].granted == date(2027, 1, 5), "seven days on would be 23 December"


def test_a_pause_for_hard_steps_lets_soft_ones_through() -> None:
    made = quiet_firm(2)
    made.settings = replace(made.settings, quiet=(replace(QUIET, hard_only=True),))
    made.issue(invoice("A1", "2026-12-18", client_id="c00"), invoice("A2", "2026-11-20", "900.00", client_id="c01"))
    made.calls_made = True
    diary = run(made, "2026-11-20", "2027-01-05")
    during = [(on, r.step) for on, r in diary.reminders if QUIET.covers(on)]
    assert {name for _, name in during} <= {"nudge", "ask"}
    assert during
    assert ("2027-01-05", "firm") in diary.letters_to("c01")


@pytest.mark.parametrize("swept", [1, 3])
def test_missing_days_send_the_same_letters_later_and_never_more(swept: int) -> None:
    def story(step_days: int) -> Diary:
        made = firm().issue(invoice("A1", "2026-03-04", "900.00"), invoice("A2", "2026-03-30", "900.00"))
        made.calls_made = True
        start = date(2026, 3, 2)
        return run(made, start, "2026-05-20", days=[start + timedelta(days=n) for n in range(0, 80, step_days)])

    daily, seldom = story(1), story(swept)
    assert [n for _, n in seldom.letters] == [n for _, n in daily.letters][: len(seldom.letters)]
    assert all(late >= early for (late, _), (early, _) in zip(seldom.letters, daily.letters, strict=False))
