"""A letter before action demands only what is ripe, and states interest only where everything is certain."""

from dataclasses import replace
from datetime import date

from tests.core import build
from worker.config.rates import rate_tables
from worker.core.decide import decide
from worker.core.demand import Demand, demand_of
from worker.core.history import Contacted, History, MessageState
from worker.core.settings import Charges, Debtor, Dispute, OrganisationSettings
from worker.report.letter import BLANK, letter_page

ITEMS = (
    build.invoice("A1", "2026-01-10", "900.00", issued="2025-12-10"),
    build.invoice("A2", "2026-01-20", "300.00", issued="2025-12-20"),
    build.invoice("A3", "2026-03-30", "50.00", issued="2026-02-28"),
)
PAST = History(
    messages=(
        build.sent("2026-01-20", "nudge", "A1"),
        build.sent("2026-02-03", "ask", "A1", state=MessageState.BOUNCED),
    ),
    contacts=(Contacted("acme", date(2026, 2, 10), "rang"),),
)


def letter(charges: Charges | None = None, **more: object) -> tuple[Demand, OrganisationSettings]:
    one = build.client_settings(charges=charges or Charges())
    settled = build.settings(one, disputes=(Dispute("acme", "short <count>", ("A2",)),), rates=rate_tables(), **more)
    snapshot = build.books(*ITEMS, read="2026-03-10")
    return demand_of(
        "acme", snapshot, settled, PAST, decide(snapshot, settled, PAST, build.as_of("2026-03-10"))
    ), settled


def test_only_what_is_overdue_and_undisputed_and_what_really_reached_them() -> None:
    found, settled = letter()
    assert [i.id for i in found.invoices] == ["A1"]
    assert [i.id for i, _ in found.left_out] == ["A2"]
    assert found.contacts == ((date(2026, 1, 20), "nudge by e-mail"), (date(2026, 2, 10), "rang"))
    assert found.interest == ()
    assert found.why_no_interest == "debtor is not said to be a business or a public body"
    assert found.until == date(2026, 4, 9)  # who may be a person gets thirty days
    page = letter_page(build.client(name="Acme <Ltd>"), replace(settled, next_action=""), found)
    assert "Acme &lt;Ltd&gt;" in page
    assert f"by then: {BLANK}" in page
    assert "GBP 900.00 overdue" in page
    assert "300.00" not in page
    assert "nterest" not in page


def test_interest_where_law_debtor_and_basis_are_stated() -> None:
    found, settled = letter(Charges(debtor=Debtor.BUSINESS, law="GB", interest=True))
    (figure,) = found.interest
    assert figure.number == "INV-A1"
    assert found.until == date(2026, 3, 24)
    assert found.why_no_interest == ""
    assert figure.basis in letter_page(build.client(), settled, found)
