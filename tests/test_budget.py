"""The contact budget warns, holds nothing, and names no other firm."""

from datetime import date

from tests.core.build import as_of, books, client_settings, invoice, ladder, sent, settings
from worker.budget import contacts, warnings
from worker.core.decide import decide
from worker.core.history import History, MessageState
from worker.core.results import SweepResult

DAY = date(2026, 4, 2)


def told(own: int, elsewhere: int, budget: int = 4, **more: object) -> tuple[str, ...]:
    """What is said when the client heard so often from this firm and from another."""
    snapshot = books(invoice())
    plan = decide(snapshot, settings(client_settings(policy=ladder("1 day after due"))), History(), as_of(DAY))
    result = SweepResult("birch", "s1", "preview", plan=plan, snapshot=snapshot)
    mine = History(messages=tuple(sent(f"2026-03-{n + 10:02}", f"x{n}") for n in range(own)))
    other = History(messages=tuple(sent(f"2026-03-{n + 10:02}", f"y{n}", **more) for n in range(elsewhere)))
    return warnings(result, contacts([("birch", mine), ("secret-firm", other)], DAY), budget)


def test_over_the_budget_of_several_books_it_warns_without_a_name() -> None:
    (said,) = told(2, 3)
    assert "Acme: accounts@acme.example.com heard from books you keep 5 times in 30 days" in said
    assert "secret" not in said


def test_within_the_budget_or_from_one_firm_alone_it_is_silent() -> None:
    assert told(2, 2) == ()
    assert told(9, 0) == ()
    assert told(2, 3, state=MessageState.REJECTED) == (), "what never left was not heard"
