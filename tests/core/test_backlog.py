"""The backlog in piles: each overdue invoice in one of them, and all the money."""

from datetime import date, timedelta
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from tests.core import build
from worker.core.backlog import piles
from worker.core.decide import decide
from worker.core.history import Contacted, History
from worker.core.settings import Hold

TODAY = date(2026, 3, 10)


def test_four_piles() -> None:
    items = (
        build.invoice("A1", "2026-02-20", "10.00", issued="2026-01-20"),
        build.invoice("B1", "2026-02-20", "20.00", client_id="birch", issued="2026-01-20"),
        build.invoice("C1", "2025-09-20", "40.00", client_id="cedar", issued="2025-08-20"),
        build.invoice("D1", "2026-02-20", "80.00", client_id="dove", issued="2026-01-20"),
        build.invoice("E1", "2026-03-30", "160.00", client_id="elm", issued="2026-02-20"),
    )
    names = ("acme", "birch", "cedar", "dove", "elm")
    settled = build.settings(*map(build.client_settings, names), holds=(Hold("dove", "talks"),))
    past = History(contacts=(Contacted("birch", date(2026, 3, 2), "nudge", ("B1",), "nudge"),))
    snapshot = build.books(*items, read=TODAY)
    found = piles(decide(snapshot, settled, past, build.as_of(TODAY)), snapshot, settled)
    assert [(p.name, p.invoices, dict(p.amounts)) for p in found] == [
        ("start at ask", 1, {"GBP": Decimal("20.00")}),
        ("start at nudge", 1, {"GBP": Decimal("10.00")}),
        ("statement and a call", 1, {"GBP": Decimal("40.00")}),
        ("leave alone", 1, {"GBP": Decimal("80.00")}),
    ]


@given(st.lists(st.tuples(st.integers(-300, 40), st.integers(1, 900), st.booleans()), max_size=6))
def test_all_that_is_overdue_is_in_one_pile(drawn: list[tuple[int, int, bool]]) -> None:
    items = [
        build.invoice(f"A{n}", TODAY + timedelta(days=d), f"{a}.00", client_id=f"c{n % 2}", issued="2025-01-01")
        for n, (d, a, _) in enumerate(drawn)
    ]
    settled = build.settings(build.client_settings("c0"), build.client_settings("c1"))
    snapshot = build.books(*items, read=TODAY)
    found = piles(decide(snapshot, settled, History(), build.as_of(TODAY)), snapshot, settled)
    overdue = [i for i in items if i.due and i.due < TODAY]
    assert sum(p.invoices for p in found) == len(overdue)
    assert sum((p.amounts["GBP"] for p in found), Decimal(0)) == sum((i.open for i in overdue), Decimal(0))
