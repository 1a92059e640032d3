"""Promises and the books' own expectations, day by day: what pauses, what is broken, what is said then."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

from tests.core.build import client_settings, day, invoice, ladder, settings
from tests.scenarios.simulate import Firm, run
from worker.core.settings import Promise

STEPS = ladder("3 days after due", "10 days after due", "20 days after due", "30 days after due")


def firm(**more: object) -> Firm:
    return Firm(settings(client_settings(policy=STEPS), **more)).issue(invoice("A1", "2026-03-02"))


def promise(by: str, made: str, *ids: str, **more: object) -> Promise:
    return Promise("acme", day(by), day(made), ids, **more)  # type: ignore[arg-type]


def test_the_books_expectation_pauses_and_is_never_called_a_promise() -> None:
    """Xero's ExpectedPaymentDate of 20 March: silence until two business days after it, then an ordinary message."""
    made = firm()
    made.invoices["A1"] = replace(made.invoices["A1"], expected=day("2026-03-20"))
    diary = run(made, "2026-03-05", "2026-03-24")
    assert diary.plans[0].standings[0].reason.code == "expected"
    assert diary.letters == [("2026-03-24", "step-1")]
    model = diary.reminders[0][1].model
    assert (model.template, model.promised) == ("step-1", None)
    run(made, "2026-03-25", "2026-06-30", [("2026-03-26", lambda f: f.pay("A1"))], diary=diary)
    assert [t.reason.evidence["why"] for _, t in diary.thanks] == [", after we had asked"]


def test_the_books_expectation_pauses_for_30_days_at_most_and_needs_no_issue_date() -> None:
    made = firm()
    made.invoices["A1"] = replace(made.invoices["A1"], expected=day("2026-12-24"), issued=None)
    assert run(made, "2026-03-05", "2026-04-09").letters == [("2026-04-03", "step-1")]


def test_an_expectation_up_to_the_due_date_says_nothing() -> None:
    made = firm()
    made.invoices["A1"] = replace(made.invoices["A1"], expected=day("2026-03-02"))
    assert run(made, "2026-03-05", "2026-03-05").letters == [("2026-03-05", "step-1")]


def test_a_promise_kept_in_january_says_nothing_about_an_invoice_of_march() -> None:
    """It was made for what was due then; the invoice of March is asked for like any other, and was never promised."""
    made = firm(promises=(promise("2026-01-20", "2026-01-10"),))
    made.invoices["A1"] = replace(made.invoices["A1"], issued=day("2026-02-02"))
    diary = run(made, "2026-03-05", "2026-03-05")
    assert [(r.model.template, r.model.promised) for _, r in diary.reminders] == [("step-1", None)]


def test_a_promise_does_not_speak_of_what_was_not_due_by_its_day() -> None:
    made = firm(promises=(promise("2026-02-20", "2026-02-10"),))
    made.invoices["A1"] = replace(made.invoices["A1"], issued=day("2026-02-02"))
    diary = run(made, "2026-03-05", "2026-03-05")
    assert [(r.model.template, r.model.promised) for _, r in diary.reminders] == [("step-1", None)]


def test_the_second_broken_promise_is_a_task() -> None:
    two = (promise("2026-03-05", "2026-03-03", "A1"), promise("2026-03-12", "2026-03-09", "A1"))
    diary = run(firm(promises=two), "2026-03-03", "2026-03-31")
    assert diary.letters == []
    assert diary.opened == [("2026-03-16", "broken-promises")]


def test_a_date_moved_before_it_came_was_not_broken() -> None:
    two = (promise("2026-03-05", "2026-03-03", "A1"), promise("2026-03-12", "2026-03-04", "A1"))
    diary = run(firm(promises=two), "2026-03-03", "2026-03-31")
    assert diary.letters[0][0] == "2026-03-16"
    assert diary.reminders[0][1].model.template == "promise-broken"
    assert diary.reminders[0][1].model.promised == date(2026, 3, 12)
    assert not diary.opened


def test_where_nobody_wrote_when_they_were_made_two_days_gone_by_are_two_broken_promises() -> None:
    guessed = {"day_guessed": True}
    two = (promise("2026-03-05", "2026-02-03", "A1", **guessed), promise("2026-03-12", "2026-02-10", "A1", **guessed))
    assert run(firm(promises=two), "2026-03-03", "2026-03-31").opened == [("2026-03-13", "broken-promises")]


def test_a_day_still_to_come_is_not_broken_when_its_pause_is_over() -> None:
    """A pause of 30 days at most: what follows does not say that anything was broken."""
    far = (promise("2026-03-05", "2026-03-03", "A1"), promise("2026-06-30", "2026-03-04", "A1"))
    diary = run(firm(promises=far), "2026-03-03", "2026-04-09")
    assert [r.model.promised for _, r in diary.reminders] == [None]
    assert not diary.opened


def test_a_kept_promise_is_thanked() -> None:
    made = firm(promises=(promise("2026-03-12", "2026-03-03"),))
    made.pay("A1", "1.00", "2026-01-02", historic=True)  # not the first payment ever
    diary = run(made, "2026-03-03", "2026-03-16", [("2026-03-11", lambda f: f.pay("A1"))])
    assert [(on.isoformat(), t.reason.evidence["why"]) for on, t in diary.thanks] == [("2026-03-12", ", as promised")]
    assert not diary.thanks[0][1].model.first_ever, "they paid before duecourse came"
    assert diary.letters == []
    assert made.invoices["A1"].open == Decimal(0)
