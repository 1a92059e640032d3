"""Instalment plans, collections and statements, day by day: what was agreed comes first, one thing at a time."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

from tests.core.build import client_settings, invoice, ladder, settings, step
from tests.scenarios.simulate import Diary, Firm, run
from worker.core.arranged import FAILED
from worker.core.decisions import Remind
from worker.core.payment_run import RunSchedule, parse_pays
from worker.core.policy import Policy, Statements
from worker.core.settings import Collection, InstalmentPlan

HALVES = InstalmentPlan(
    "half", "acme", ("A1",), "GBP", ((date(2026, 3, 6), Decimal(50)), (date(2026, 4, 6), Decimal(50)))
)
AGREED = (step("instalment", "2 business days after instalment"), step("collection-failed", "on collection"))


def policy(*more: str, **options: object) -> Policy:
    made = ladder(*(more or ("5 days after due", "10 days after previous")), **options)
    return replace(made, steps=(*AGREED, *made.steps))


def firm(plan: InstalmentPlan | None = HALVES, chosen: Policy | None = None, **more: object) -> Firm:
    made = Firm(settings(client_settings(policy=chosen or policy(), **more), plans=(plan,) if plan else ()))
    return made.issue(invoice("A1", "2026-03-02", "100.00", issued="2026-02-01"))


def messages(diary: Diary) -> list[tuple[str, str, str]]:
    """(day, step, amount of the instalment) of every reminder."""
    said = [(on, r, r.model.instalment) for on, r in diary.reminders]
    return [(on.isoformat(), r.step, f"{part.amount.amount:.2f}" if part else "") for on, r, part in said]


def test_E2_one_instalment_at_a_time_and_only_the_missed_one() -> None:
    """Due 6 March (Friday): believed missed on the 10th, asked for two business days after the day itself."""
    made = firm()
    diary = run(made, "2026-03-02", "2026-03-27")
    assert messages(diary) == [("2026-03-10", "instalment", "50.00")]
    (_, remind), part = diary.reminders[0], diary.reminders[0][1].model.instalment
    assert part is not None
    assert (part.number, part.count, part.remains.amount) == (1, 2, Decimal("50.00"))
    assert [x.number for x in remind.model.demanded] == ["INV-A1"]
    assert [a.step for a in remind.advances] == ["instalment@half.1"]


def test_E2_a_paid_instalment_is_silent_and_the_next_is_asked_for_on_its_own_day() -> None:
    made = firm()
    diary = run(made, "2026-03-02", "2026-04-30", [("2026-03-05", lambda f: f.pay("A1", "50.00"))])
    assert messages(diary) == [("2026-04-08", "instalment", "50.00")]
    assert not diary.thanks, "an instalment that was agreed is no part payment to wonder about"


def test_E2_the_plan_ends_in_thanks() -> None:
    made = firm()
    events = [("2026-03-05", lambda f: f.pay("A1", "50.00")), ("2026-04-02", lambda f: f.pay("A1", "50.00"))]
    diary = run(made, "2026-03-02", "2026-04-30", events)
    assert diary.letters == []
    assert [(on.isoformat(), t.model.template) for on, t in diary.thanks] == [("2026-04-03", "thank-you")]


def test_E2_a_payment_that_is_taken_back_reopens_its_instalment() -> None:
    made = firm()

    def take_back(f: Firm) -> None:
        f.payments["P001"] = replace(f.payments["P001"], active=False)
        f.invoices["A1"] = replace(f.invoices["A1"], open=Decimal(100), paid=Decimal(0))

    diary = run(
        made, "2026-03-02", "2026-03-31", [("2026-03-05", lambda f: f.pay("A1", "50.00")), ("2026-03-20", take_back)]
    )
    assert messages(diary) == [("2026-03-20", "instalment", "50.00")]


def test_a_part_of_an_instalment_leaves_the_rest_to_ask_for() -> None:
    diary = run(firm(), "2026-03-02", "2026-03-20", [("2026-03-05", lambda f: f.pay("A1", "20.00"))])
    assert messages(diary) == [("2026-03-10", "instalment", "30.00")]


def test_an_instalment_nobody_answers_is_a_task_and_a_second_one_missed_another() -> None:
    diary = run(firm(), "2026-03-02", "2026-04-20")
    assert messages(diary) == [("2026-03-10", "instalment", "50.00")]
    assert diary.opened == [("2026-03-11", "missed-instalment"), ("2026-04-08", "plan-broken")]
    assert diary.reason("A1") == "plan-broken"


def test_a_policy_without_a_step_for_it_asks_a_person_at_once() -> None:
    diary = run(firm(chosen=ladder("5 days after due")), "2026-03-02", "2026-03-20")
    assert diary.letters == []
    assert diary.opened == [("2026-03-10", "missed-instalment")]


def test_when_a_plan_is_over_the_ladder_goes_on_with_full_spacing() -> None:
    made = firm()
    run(made, "2026-03-02", "2026-03-12")
    made.settings = replace(made.settings, plans=())
    assert run(made, "2026-03-13", "2026-04-10").letters == [("2026-03-16", "step-1"), ("2026-03-26", "step-2")]


def test_other_invoices_are_chased_beside_a_plan_but_never_in_its_message() -> None:
    made = firm().issue(invoice("B1", "2026-03-05", "70.00"))
    diary = run(made, "2026-03-02", "2026-03-20")
    assert diary.letters == [("2026-03-10", "instalment"), ("2026-03-16", "step-1")]
    first, second = (r.model for _, r in diary.reminders)
    assert [x.number for x in first.demanded] == ["INV-A1"]
    assert [x.number for x in first.also_open] == ["INV-B1"]
    assert [x.number for x in second.overdue] == ["INV-B1"], "what is in a plan is not asked for twice"
    reasons = [s.reason.code for s in diary.plans[8].standings if s.invoice_id == "B1"]
    assert reasons == ["arranged-first"]


# -- collections ---------------------------------------------------------------------------------------------------

MONTHLY = Collection("direct debit", "5th", RunSchedule(parse_pays("5th")))


def test_a_collection_that_did_not_come_is_a_task_then_a_message_then_silence_until_the_next() -> None:
    """Due 2 March, collected on the 5th; five business days later the money should be in the books."""
    made = firm(None, collects=MONTHLY)
    diary = run(made, "2026-03-02", "2026-03-13")
    assert diary.letters == []
    assert diary.opened == [("2026-03-12", "collection-missed")]
    made.today = date(2026, 3, 16)
    made.done("collection-missed:A1:0:2026-03-05", FAILED)
    run(made, "2026-03-16", "2026-04-10", diary=diary)
    assert diary.letters == [("2026-03-16", "collection-failed")]
    model = diary.reminders[0][1].model
    assert (model.collected_by, model.collected_on) == ("direct debit", date(2026, 3, 5))
    assert diary.reason("A1") == "collects"
    run(made, "2026-04-11", "2026-04-14", diary=diary)
    assert diary.opened[1:] == [("2026-04-13", "collection-missed")], "the next collection day has passed as well"


def test_a_collection_settled_otherwise_sends_nothing() -> None:
    made = firm(None, collects=MONTHLY)
    diary = run(made, "2026-03-02", "2026-03-13")
    made.done("collection-missed:A1:0:2026-03-05", "reached")
    assert run(made, "2026-03-14", "2026-04-10", diary=diary).letters == []
    assert diary.reason("A1") == "collects"


def test_a_collection_on_no_known_day_is_never_missed() -> None:
    diary = run(firm(None, collects=Collection("card")), "2026-03-02", "2026-06-30")
    assert (diary.letters, diary.opened) == ([], [])


# -- statements ----------------------------------------------------------------------------------------------------


def statement_only(at_most: int = 6) -> Policy:
    end = step("decide", "180 days after due", task="decide")
    made = Policy("statements", (step("statement", "on statement", message="statement"), end))
    return replace(made, statements=Statements(parse_pays("1st business day"), at_most))


def test_one_statement_a_month_lists_everything_open() -> None:
    made = firm(None, statement_only()).issue(invoice("B1", "2026-04-20", "70.00", issued="2026-03-20"))
    diary = run(made, "2026-03-02", "2026-05-29", [("2026-04-15", lambda f: f.pay("A1"))])
    assert diary.letters == [("2026-03-02", "statement"), ("2026-04-01", "statement"), ("2026-05-01", "statement")]
    listed = [[x.number for x in (*r.model.overdue, *r.model.coming)] for _, r in diary.reminders]
    assert listed == [["INV-A1", "INV-B1"], ["INV-A1", "INV-B1"], ["INV-B1"]]
    assert diary.plans[1].standings[0].reason.code == "statement"


def test_a_statement_missed_by_a_week_is_left_to_the_next_one() -> None:
    days = ["2026-03-10", "2026-03-11", "2026-04-03", "2026-04-06"]
    diary = run(firm(None, statement_only()), "2026-03-10", "2026-04-10", days=days)
    assert diary.letters == [("2026-04-03", "statement")]


def test_statements_end_by_themselves() -> None:
    diary = run(firm(None, statement_only(2)), "2026-03-02", "2026-10-01")
    assert diary.letters == [("2026-03-02", "statement"), ("2026-04-01", "statement")]
    assert [kind for _, kind in diary.opened] == ["decide"]


def test_a_statement_counts_as_a_contact_and_waits_for_the_gap() -> None:
    both = replace(statement_only(), steps=(*statement_only().steps[:1], *ladder("28 days after due").steps))
    diary = run(firm(None, both), "2026-03-02", "2026-04-10")
    assert diary.letters == [("2026-03-02", "statement"), ("2026-03-30", "step-1"), ("2026-04-03", "statement")]


def test_the_same_question_waits_a_fortnight_and_takes_along_what_came_due() -> None:
    from worker.core.when import Span, Unit

    often = ladder("3 days after due", "20 days after due", again=Span(10, Unit.BUSINESS_DAY))
    made = Firm(settings(client_settings(policy=often)))
    made.issue(*(invoice(f"A{n}", f"2026-03-{n:02}", "100.00") for n in (2, 9, 11, 13)))
    diary = run(made, "2026-03-02", "2026-03-31")
    assert diary.letters == [("2026-03-05", "step-1"), ("2026-03-19", "step-1"), ("2026-03-25", "step-2")]
    assert [len(r.advances) for _, r in diary.reminders] == [1, 3, 1]
    assert [type(d) for d in diary.plans[7].decisions if isinstance(d, Remind)] == []
