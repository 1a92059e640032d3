"""E2, E3: credit notes, part payments, and money that comes back. Instalments have no day in these books yet."""

from decimal import Decimal

from tests.core.build import client_settings, credit, invoice, ladder, settings
from tests.scenarios.simulate import Diary, Firm, run

STEPS = ladder("5 days after due", "15 days after due", "25 days after due")


def firm(amount: str = "100.00") -> tuple[Firm, Diary]:
    """Chased once, on 10 March."""
    made = Firm(settings(client_settings(policy=STEPS))).issue(invoice("A1", "2026-03-05", amount))
    return made, run(made, "2026-03-10", "2026-03-10")


def test_E2_part_paid_stays_unpaid_and_the_amount_is_what_is_open_now() -> None:
    made, diary = firm()
    run(made, "2026-03-11", "2026-03-31", [("2026-03-12", lambda f: f.pay("A1", "60.00"))], diary=diary)
    assert diary.letters == [("2026-03-10", "step-1"), ("2026-03-20", "step-2"), ("2026-03-30", "step-3")]
    (line,) = diary.reminders[1][1].model.overdue
    assert (line.open.amount, line.total.amount, line.part_paid) == (Decimal("40.00"), Decimal("100.00"), True)
    ((on, thanks),) = diary.thanks
    assert (on.isoformat(), thanks.model.template) == ("2026-03-13", "thank-you-part")


def test_E2_money_that_comes_back_reopens_in_a_new_round_after_a_pause_and_a_look() -> None:
    made, diary = firm()
    events = [("2026-03-12", lambda f: f.pay("A1")), ("2026-03-16", lambda f: f.reopen("A1", "100.00"))]
    run(made, "2026-03-11", "2026-03-25", events, diary=diary)
    assert diary.letters == [("2026-03-10", "step-1")]
    assert diary.opened == [("2026-03-16", "look-at-reopened")]
    made.done("look-at-reopened:A1:1")
    run(made, "2026-03-26", "2026-03-27", diary=diary)
    assert diary.letters[1:] == [("2026-03-26", "step-1")]
    assert diary.reminders[1][1].advances[0].round == 1


def test_E2_a_credit_note_against_the_invoice_closes_it_without_thanks() -> None:
    made, diary = firm()
    run(made, "2026-03-11", "2026-04-10", [("2026-03-12", lambda f: f.apply_credit("A1", "100.00"))], diary=diary)
    assert diary.letters == [("2026-03-10", "step-1")]
    assert diary.thanks == []
    assert diary.last.standings == ()


def test_E2_a_credit_note_that_stands_on_its_own_is_netted_not_closing() -> None:
    made, diary = firm()
    made.credits["C1"] = credit("C1", "30.00")
    run(made, "2026-03-11", "2026-03-20", diary=diary)
    model = diary.reminders[1][1].model
    assert [m.amount for m in (*model.gross, *model.credit, *model.net)] == [
        Decimal("100.00"),
        Decimal("30.00"),
        Decimal("70.00"),
    ]
    made.credits["C1"] = credit("C1", "30.00", live=False)
    run(made, "2026-03-21", "2026-03-30", diary=diary)
    assert diary.reminders[2][1].model.credit == ()


def test_E3_a_fee_alone_never_keeps_anyone_in_the_chase() -> None:
    """Charges are figures for wording: paying exactly the invoice ends the chase and earns thanks."""
    made, diary = firm()
    run(made, "2026-03-11", "2026-05-30", [("2026-03-12", lambda f: f.pay("A1", "100.00"))], diary=diary)
    assert diary.letters == [("2026-03-10", "step-1")]
    ((_, thanks),) = diary.thanks
    assert thanks.model.template == "thank-you"
    assert thanks.model.nothing_else_due
    assert diary.last.standings == ()
