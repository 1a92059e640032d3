"""Thanks: for money only, once per receipt, after two readings, within hours, and never to those who must not hear."""

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from tests.core.build import (
    as_of,
    books,
    client,
    client_settings,
    considerate,
    day,
    invoice,
    ladder,
    paid,
    payment,
    sent,
    settings,
)
from tests.scenarios.simulate import Firm, run
from worker.core.decide import decide
from worker.core.decisions import Plan, Remind, Thank, Wait
from worker.core.history import Baseline, History, MessageKind, MessageState, PastMessage
from worker.core.policy import ThankFor
from worker.core.receivable import Client, Payment, PaymentKind
from worker.core.settings import Hold, OrganisationSettings

A1 = invoice("A1", "2026-03-04", "900.00")
DONE = paid(A1)
ASKED = sent("2026-03-10", "nudge", "A1")
MONEY = payment("P1", A1, "2026-03-17")
THANK_ALL = settings(client_settings(policy=considerate(thank_for=ThankFor.ALL)))


def plan(
    *money: Payment,
    chosen: OrganisationSettings | None = None,
    history: History | None = None,
    at: str = "10:00",
    who: Client | None = None,
) -> Plan:
    snapshot = books(DONE, clients=(who or client(),), payments=money, read="2026-03-17")
    return decide(snapshot, chosen or settings(), history or History(messages=(ASKED,)), as_of("2026-03-17", at))


def thanks(*money: Payment, **more: object) -> list[Thank]:
    return [d for d in plan(*money, **more).decisions if isinstance(d, Thank)]  # type: ignore[arg-type]


def test_money_after_we_asked_is_thanked_with_its_figures() -> None:
    (found,) = thanks(MONEY)
    assert [m.amount for m in found.model.received] == [Decimal("900.00")]
    assert (found.model.template, found.model.nothing_else_due) == ("thank-you", True)
    assert found.model.received_on == day("2026-03-17")
    assert "after we had asked" in found.reason.sentence


@pytest.mark.parametrize(
    "changed",
    [
        {"kind": PaymentKind.OTHER},
        {"kind": PaymentKind.REFUND},
        {"active": False},
        {"historic": True},
        {"amount": Decimal(0)},
        {"allocations": ()},
        {"date": day("2026-03-18")},
        {"first_seen": None},
        {"first_seen": datetime(2026, 3, 17, 8, 51, tzinfo=UTC)},
    ],
    ids=lambda changed: ", ".join(f"{k}={v}" for k, v in changed.items()),
)
def test_what_is_not_money_seen_twice_thanks_nobody(changed: dict[str, object]) -> None:
    assert thanks(replace(MONEY, **changed)) == []  # type: ignore[arg-type]


def test_an_hour_between_two_readings_is_enough() -> None:
    assert thanks(replace(MONEY, first_seen=datetime(2026, 3, 17, 8, 50, tzinfo=UTC)))


def test_once_only_whatever_became_of_the_message() -> None:
    for state in (MessageState.ACCEPTED, MessageState.UNCERTAIN, MessageState.BOUNCED):
        before = PastMessage("t", MessageKind.THANKS, "acme", state, day("2026-03-17"), payment_ids=("P1",))
        assert thanks(MONEY, history=History(messages=(ASKED, before))) == []


def test_nothing_from_before_the_baseline() -> None:
    assert thanks(MONEY, history=History(messages=(ASKED,), baseline=Baseline(day("2026-03-18"), "x", "chase"))) == []


def test_a_batch_or_one_day_and_account_is_one_receipt() -> None:
    half = replace(MONEY, amount=Decimal("450.00"), allocations=())
    half = replace(half, allocations=(replace(MONEY.allocations[0], amount=Decimal("450.00")),))
    (found,) = thanks(half, replace(half, id="P2"))
    assert [p.id for p in found.payments] == ["P1", "P2"]
    assert [m.amount for m in found.model.received] == [Decimal("900.00")]
    apart = plan(half, replace(half, id="P2", account="savings"))
    assert [[p.id for p in d.payments] for d in apart.decisions if isinstance(d, Thank)] == [["P1"]]
    assert [d.reason.code for d in apart.decisions if isinstance(d, Wait)] == ["thank-tomorrow"]
    batched = replace(half, batch_id="b")
    assert len(thanks(batched, replace(batched, id="P2", date=day("2026-03-16")))) == 1


def test_chased_means_asked_listed_first_payment_or_promise() -> None:
    earlier = payment("P0", invoice("A0"), "2026-01-05", historic=True)
    assert thanks(MONEY, earlier, history=History()) == []
    assert "first payment ever" in thanks(MONEY, history=History())[0].reason.sentence
    listed = History(messages=(sent("2026-03-10", "nudge", "A9", listed=("A1",)),))
    assert thanks(MONEY, earlier, history=listed)
    heads_up = History(messages=(sent("2026-03-01", "heads-up", "A1", after_due=False),))
    assert thanks(MONEY, earlier, history=heads_up) == []
    assert thanks(MONEY, earlier, history=History(), chosen=THANK_ALL)
    none = settings(client_settings(policy=considerate(thank_for=ThankFor.NONE)))
    assert thanks(MONEY, chosen=none) == []


def test_outside_hours_it_waits_for_the_window() -> None:
    for at, until in (("08:59", "2026-03-17"), ("16:30", "2026-03-18")):
        (wait,) = [d for d in plan(MONEY, at=at).decisions if isinstance(d, Wait)]
        assert (wait.reason.code, wait.until) == ("thank-hours", day(until))


@pytest.mark.parametrize("stop", ["never contact", "erased", "hold", "group", "bounced", "moved"])
def test_not_even_thanks_to_those_who_must_not_hear_from_us(stop: str) -> None:
    history, chosen, who = History(messages=(ASKED,)), settings(), client()
    match stop:
        case "never contact":
            chosen = settings(client_settings(never_contact="a friend"))
        case "erased":
            who = client(erased=True)
        case "hold":
            history = replace(history, holds=(Hold("acme", "in court"),))
        case "group":
            who = client(groups=("No reminders",))
        case "bounced":
            history = History(messages=(replace(ASKED, state=MessageState.BOUNCED),))
        case "moved":
            history = replace(history, addresses={"acme": "accounts@elsewhere.example.org"})
    found = plan(MONEY, chosen=chosen, history=history, who=who)
    assert not [d for d in found.decisions if isinstance(d, Thank)]
    assert [d.until for d in found.decisions if isinstance(d, Wait)] == [None], "said, not silent"


def test_other_overdue_invoices_a_reminder_due_soon_opens_with_the_thanks() -> None:
    steps = ladder("5 days after due", "12 days after due")
    made = Firm(settings(client_settings(policy=steps)))
    made.issue(invoice("A1", "2026-03-03"), invoice("A2", "2026-03-03"))
    diary = run(made, "2026-03-09", "2026-03-09")
    run(made, "2026-03-10", "2026-03-25", [("2026-03-11", lambda f: f.pay("A1"))], diary=diary)
    assert diary.letters == [("2026-03-09", "step-1"), ("2026-03-16", "step-2")]
    assert diary.thanks == []
    letter = diary.reminders[1][1]
    assert [p.id for p in letter.payments] == ["P001"]
    assert letter.model.thanks_first
    assert not letter.model.thanks_first.nothing_else_due
    assert [d.reason.code for _, d in diary.waits] == ["thank-later"] * 4


def test_a_reminder_waits_two_business_days_after_thanks() -> None:
    earlier = PastMessage(
        "t", MessageKind.THANKS, "acme", MessageState.ACCEPTED, day("2026-03-16"), payment_ids=("P0",)
    )
    chosen = settings(client_settings(policy=ladder("5 days after due")))
    for today, leaves in (("2026-03-17", False), ("2026-03-18", True)):
        found = decide(books(A1, read=today), chosen, History(messages=(earlier,)), as_of(today))
        assert bool(found.of(Remind)) is leaves
        assert leaves or found.standings[0].reason.code == "after-thanks"
