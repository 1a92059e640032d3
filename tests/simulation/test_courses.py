"""Simulated courses: deterministic, never twice, payers as their cycle says, and differences that add up."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.core import build
from worker.core.history import GONE, History
from worker.core.inference.evidence import Settled
from worker.core.inference.learn import Learnt, Paid, learn
from worker.core.policy import Policy
from worker.core.receivable import Invoice, InvoiceStatus
from worker.core.settings import Dispute, OrganisationSettings, Promise
from worker.core.simulation.compare import difference, figures
from worker.core.simulation.drive import Course, Scene, play
from worker.core.simulation.invoicing import PERIOD, repeated
from worker.core.simulation.payers import Habits

START = date(2026, 3, 2)


def past(*late: int, client: str = "acme") -> list[Paid]:
    due = [date(2025, 6, 2) + timedelta(days=21 * n) for n in range(len(late))]
    return [
        Paid(client, f"H{n}", Settled(d + timedelta(days=by), d - timedelta(days=30), d))
        for n, (d, by) in enumerate(zip(due, late, strict=True))
    ]


def course(
    *invoices: Invoice,
    late: tuple[int, ...] = (5,),
    days: int = 60,
    chosen: OrganisationSettings | None = None,
    answer: int | None = None,
    **more: object,
) -> Course:
    settled = chosen or build.settings()
    habits = Habits(settled, learn(settled, past(*late), START), answer_days=answer, **more)  # type: ignore[arg-type]
    scene = Scene(build.books(*invoices, read=START), settled, History(), habits, START, days)
    return play("considerate", scene)


def test_a_payer_is_as_late_as_its_own_past() -> None:
    found = course(build.invoice("A1", "2026-03-10", issued="2026-02-10"), late=(5, 5, 5))
    (paid,) = found.received
    assert (paid.on, paid.days) == (date(2026, 3, 16), 34)  # five days late is a Sunday: the Monday after


def test_a_written_run_is_kept_and_missed_as_often_as_before() -> None:
    one = build.client_settings(pays="last friday")
    always = course(build.invoice("A1", "2026-03-10", issued="2026-02-10"), late=(), chosen=build.settings(one))
    assert [r.on for r in always.received] == [date(2026, 3, 27)]
    misses = course(build.invoice("A1", "2026-03-10", issued="2026-02-10"), late=(60,), chosen=build.settings(one))
    assert [r.on for r in misses.received] == [date(2026, 4, 24)]


def test_older_than_anything_before_stays_open_unless_asking_is_assumed_to_help() -> None:
    old = build.invoice("A1", "2026-01-05", issued="2025-12-05")
    assert course(old).received == ()
    (paid,) = course(old, answer=7).received
    first = course(old, answer=7).sent[0]
    assert paid.on >= first.on + timedelta(days=7)
    assert (paid.on - first.on).days <= 9


def test_disputes_are_not_paid_and_promises_are() -> None:
    item = build.invoice("A1", "2026-03-10", issued="2026-02-10")
    assert course(item, disputes=(Dispute("acme", "wrong"),)).received == ()
    promised = Promise("acme", date(2026, 3, 31), START, ("A1",))
    assert [r.on for r in course(item, promises=(promised,)).received] == [date(2026, 3, 31)]


def test_billing_goes_on_as_before() -> None:
    item = build.invoice("A1", "2026-03-10", issued="2026-02-10")
    paid = replace(item, id="A2", open=Decimal(0), paid=item.total, status=InvoiceStatus.PAID)
    void = replace(item, id="A3", status=InvoiceStatus.VOID)
    again = repeated([item, paid, void], START, START + 2 * PERIOD)
    assert [i.id for i in again] == ["A1+1", "A2+1", "A1+2", "A2+2"]
    assert {i.open for i in again} == {Decimal("100.00")}
    assert again[0].issued == date(2026, 2, 10) + PERIOD
    assert again[0].due == date(2026, 3, 10) + PERIOD


def test_figures_add_up() -> None:
    found = course(build.invoice("A1", "2026-02-10", issued="2026-01-10"), late=(60,), days=90)
    seen = figures(found)
    assert seen.reminders == sum(seen.steps.values()) == sum(seen.per_payer.values()) > 0
    assert seen.asked == {"GBP": Decimal("100.00")}
    assert seen.median_days == 93  # sixty days late is a Saturday


def lonely(*late: int) -> Learnt:
    return learn(build.settings(), past(*late), START)


_INVOICES = st.lists(st.tuples(st.integers(-60, 60), st.integers(10, 900)), min_size=1, max_size=4)
_LADDERS = st.sampled_from(
    [("5 days after due", "10 days after previous"), ("1 day after due",), ("9 days after due",)]
)


def scene_of(drawn: list[tuple[int, int]], policy: Policy) -> Scene:
    items = [
        build.invoice(
            f"A{n}",
            START + timedelta(days=offset),
            f"{amount}.00",
            issued=START + timedelta(days=min(offset - 14, 0)),
        )
        for n, (offset, amount) in enumerate(drawn)
    ]
    settled = build.settings(build.client_settings(policy=policy))
    habits = Habits(settled, lonely(2, 9, 20, 45), answer_days=None)
    return Scene(build.books(*items, read=START), settled, History(), habits, START, 45)


@settings(max_examples=25, deadline=None)
@given(_INVOICES, _LADDERS, _LADDERS)
def test_the_same_twice_never_twice_and_differences_balance(
    drawn: list[tuple[int, int]], one: tuple[str, ...], other: tuple[str, ...]
) -> None:
    scene = scene_of(drawn, build.ladder(*one))
    first, second = play("one", scene), play("one", scene)
    assert first == second
    rows = [(a.invoice_id, a.round, a.step) for m in first.history.messages if m.state in GONE for a in m.advances]
    assert len(rows) == len(set(rows))
    changed = play("other", scene_of(drawn, build.ladder(*other)))
    assert not difference(first, second).changes
    found = difference(first, changed)
    assert found.more - found.fewer == figures(changed).reminders - figures(first).reminders
    assert [r.on for r in first.received] == [r.on for r in changed.received]  # asking changes nothing by itself


def test_people_who_do_nothing_hold_the_ladder_up() -> None:
    old = build.invoice("A1", "2026-01-05", "900.00", issued="2025-12-05")
    settled = build.settings()
    habits = Habits(settled, lonely(1))
    scene = Scene(build.books(old, read=START), settled, History(), habits, START, 60)
    helped, alone = play("x", scene), play("x", replace(scene, helpful=False))
    assert "firm" in figures(helped).steps
    assert "firm" not in figures(alone).steps
    assert helped.approvals > alone.approvals == 0
