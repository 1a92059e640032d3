"""A1, A2: whom to write to, what to list, and the gap between two letters."""

from datetime import date, timedelta

from tests.core.build import client_settings, invoice, ladder, sent, settings
from tests.scenarios.simulate import Firm, run
from worker.core.history import Contacted
from worker.core.receivable import Invoice
from worker.core.when import Span, Unit

TODAY = date(2026, 3, 18)


def days_overdue(id_: str, days: int, client_id: str = "acme") -> Invoice:
    return invoice(id_, TODAY - timedelta(days=days), client_id=client_id)


def test_A1_whom_to_write_to_and_what_to_list_are_two_questions() -> None:
    trigger = ladder("10 days after due")
    made = Firm(settings(client_settings("x", trigger), client_settings("y", trigger)))
    made.issue(days_overdue("X1", 15, "x"), days_overdue("X2", 2, "x"), days_overdue("Y1", 2, "y"))
    made.issue(invoice("X3", TODAY + timedelta(days=5), client_id="x"))
    ((_, letter),) = run(made, TODAY, TODAY).reminders
    assert letter.payer_id == "x"
    assert [line.number for line in letter.model.overdue] == ["INV-X1", "INV-X2"]
    assert letter.model.coming == ()
    assert [a.invoice_id for a in letter.advances] == ["X1"]
    assert letter.listed == ("X2",)


def test_A1_the_threshold_is_inclusive() -> None:
    """The source is exclusive here; ours triggers on the very day."""
    made = Firm(settings(client_settings("x", ladder("10 days after due")))).issue(days_overdue("X1", 10, "x"))
    assert len(run(made, TODAY, TODAY).letters) == 1


def firm_with_gap() -> Firm:
    policy = ladder("5 days after due", "10 days after due", gap=Span(5, Unit.DAY))
    return Firm(settings(client_settings(policy=policy))).issue(days_overdue("A1", 12), days_overdue("A2", 6))


def test_A2_the_gap_covers_the_whole_client() -> None:
    four, five = TODAY - timedelta(days=4), TODAY - timedelta(days=5)
    made = firm_with_gap()
    made.tell(messages=(sent(four, "step-1", "A1"),))
    diary = run(made, TODAY, TODAY)
    assert diary.letters == []
    assert {s.reason.code for s in diary.last.standings} == {"gap", "asked"}
    made = firm_with_gap()
    made.tell(messages=(sent(five, "step-1", "A1"),))
    ((_, letter),) = run(made, TODAY, TODAY).reminders
    assert {(a.invoice_id, a.step) for a in letter.advances} == {("A1", "step-2"), ("A2", "step-1")}
    assert letter.step == "step-2"


def test_A2_a_call_counts_for_the_gap_and_moves_no_step() -> None:
    made = firm_with_gap()
    made.tell(contacts=(Contacted("acme", TODAY - timedelta(days=1), "rang"),))
    diary = run(made, TODAY, TODAY + timedelta(days=5))
    assert diary.letters == [("2026-03-23", "step-1")]
