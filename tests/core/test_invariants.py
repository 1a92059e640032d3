"""What is asserted once more as a message leaves: each rule, broken by hand in a decision that was right."""

from dataclasses import replace
from datetime import date, time, timedelta
from decimal import Decimal

import pytest

from tests.core.build import as_of, books, client_settings, day, invoice, ladder, sent, settings
from worker.core.decide import decide
from worker.core.decisions import AsOf, Remind
from worker.core.history import History
from worker.core.invariants import violations
from worker.core.message import InterestFigure
from worker.core.money import Money
from worker.core.policy import QuietPeriod, Stage
from worker.core.receivable import InvoiceStatus, Snapshot
from worker.core.settings import Address, Charges, Debtor, Dispute, Hold, OrganisationSettings
from worker.core.workdays import Calendar

TODAY = as_of("2026-04-02")
POLICY = ladder("1 day after due")
BOOKS = books(invoice("A1"), invoice("A2", "2026-04-01", "70.00"))


def firm(**more: object) -> OrganisationSettings:
    return settings(client_settings(policy=POLICY), **more)


def remind(chosen: OrganisationSettings | None = None) -> Remind:
    plan = decide(BOOKS, chosen or firm(), History(), TODAY)
    (found,) = (d for d in plan.decisions if isinstance(d, Remind))
    return found


def broken(
    decision: Remind | None = None,
    snapshot: Snapshot = BOOKS,
    chosen: OrganisationSettings | None = None,
    history: History | None = None,
    at: AsOf = TODAY,
) -> list[str]:
    return violations(decision or remind(), snapshot, chosen or firm(), history or History(), at)


def test_what_was_decided_breaks_nothing() -> None:
    assert broken() == []


def test_L1_one_message_more_than_the_ceiling() -> None:
    three = tuple(sent(day("2026-04-01") - timedelta(days=n), f"x{n}") for n in range(3))
    assert broken(history=History(messages=three)) == ["one message more than 3 in 7 days"]
    ten = tuple(sent(day("2026-03-25") - timedelta(days=n), f"x{n}") for n in range(10))
    assert broken(history=History(messages=ten)) == ["one message more than 10 in 30 days"]


@pytest.mark.parametrize("at", [AsOf(date(2026, 4, 4), time(10)), AsOf(date(2026, 4, 2), time(16, 30))])
def test_L2_outside_the_window(at: AsOf) -> None:
    assert "outside the mail window" in broken(at=at)


def test_L2_on_a_holiday_of_ours_or_of_theirs() -> None:
    shut = Calendar(holidays={TODAY.day: "Maundy Thursday"})
    theirs = settings(client_settings(policy=POLICY, calendar=shut))
    assert broken(chosen=firm(calendar=shut)) == broken(chosen=theirs) == ["outside the mail window"]


def test_L3_a_step_that_was_sent_before_never_leaves_again() -> None:
    gone = sent("2026-03-20", "step-1", "A1")
    assert broken(history=History(messages=(gone,))) == ["a step that was sent before"]


def test_L4_what_is_on_hold_disputed_quiet_or_never_contacted() -> None:
    today = TODAY.day
    assert broken(chosen=firm(holds=(Hold("acme", "wait", today),))) == ["an invoice on hold"]
    assert broken(chosen=firm(holds=(Hold("acme", "wait", today, "A9"),))) == []
    assert broken(history=History(disputes=(Dispute("acme", "wrong", ("A2",)),))) == ["a disputed invoice"]
    assert broken(chosen=firm(quiet=(QuietPeriod(today, today, "closed"),))) == ["a quiet period"]
    never = settings(client_settings(policy=POLICY, never_contact="a friend"))
    assert broken(chosen=never) == ["somebody who is never contacted"]


@pytest.mark.parametrize(
    ("charges", "says"),
    [
        (Charges(Debtor.BUSINESS, "GB", True, "clause 7", Decimal("0.08")), []),  # L6, L8
        (Charges(Debtor.BUSINESS, "AU", True), ["charges without a certain basis"]),  # L9
        (Charges(Debtor.BUSINESS, "US", True, "clause 7"), ["charges without a certain basis"]),  # L10
        (Charges(Debtor.UNKNOWN, "GB", True), ["charges without a certain basis"]),  # L11
    ],
)
def test_L6_to_L11_charges_are_said_on_a_certain_basis(charges: Charges, says: list[str]) -> None:
    figure = InterestFigure("INV-A1", TODAY.day, 1, Money(Decimal(1), "GBP"), "clause 7")
    chosen = settings(client_settings(policy=POLICY, charges=charges))
    one = remind()
    final = replace(one, stage=Stage.FINAL, model=replace(one.model, interest=(figure,)))
    assert broken(final, chosen=chosen) == says
    assert broken(replace(final, stage=Stage.AFTER), chosen=chosen) == ["charges without a certain basis"]


def test_L12_what_was_sold_to_a_factor_is_never_asked_for() -> None:
    sold = settings(client_settings(policy=POLICY, factored=True))
    assert broken(chosen=sold) == ["somebody who is never contacted"]


def test_figures_recipients_dates_and_what_is_closed() -> None:
    one = remind()
    assert broken(replace(one, to=())) == ["no recipient"]
    assert broken(replace(one, cc=(Address("x@else.example.org"),))) == ["a recipient who is not this client's"]
    assert broken(replace(one, model=replace(one.model, net=()))) == ["totals that do not add up"]
    paid = books(invoice("A1", status=InvoiceStatus.PAID, open="0.00"), invoice("A2", "2026-04-01", "70.00"))
    assert broken(snapshot=paid) == ["an invoice that is not open"]
    late = replace(one.model.overdue[0], due=TODAY.day)
    moved = replace(one, model=replace(one.model, overdue=(late, *one.model.overdue[1:])))
    assert broken(moved) == ["a due date on the wrong side of today"]
