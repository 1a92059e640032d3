"""Who is copied on which step, and until when books reconciled by hand are trusted."""

from datetime import date

import pytest

from tests.core.build import as_of, books, client_settings, invoice
from tests.core.build import settings as settings_of
from worker.core.context import Context
from worker.core.history import History
from worker.core.model import copies
from worker.core.payer_guards import is_stale
from worker.core.settings import Address, Reconciled


def test_escalation_contacts_are_copied_on_hard_steps_only() -> None:
    chosen = client_settings(cc=(Address("copy@example.net"),), escalate_to=(Address("finance@example.net"),))
    ctx = Context(books(invoice()), settings_of(chosen), History(), as_of("2026-04-10"))
    assert [a.email for a in copies(ctx, "acme", ())] == ["copy@example.net"]
    assert [a.email for a in copies(ctx, "acme", (), True)] == ["copy@example.net", "finance@example.net"]


@pytest.mark.parametrize(("on", "stale"), [("2026-04-16", False), ("2026-04-17", False), ("2026-04-18", True)])
def test_a_reconciliation_dated_by_hand_counts_through_its_last_day(on: str, stale: bool) -> None:
    reconciled = Reconciled("by hand", date(2026, 4, 17))
    ctx = Context(books(invoice()), settings_of(client_settings(), reconciled=reconciled), History(), as_of(on))
    assert is_stale(ctx) is stale
