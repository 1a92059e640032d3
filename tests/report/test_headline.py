"""The headline adds up to the cent, whatever the books hold."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.core.build import as_of, books, client_settings, day, invoice, settings
from tests.report.tiny import TODAY, result
from worker.core.decide import decide
from worker.core.decisions import Bucket, Remind
from worker.core.history import History
from worker.core.reasons import SENTENCES
from worker.core.results import Sent
from worker.core.settings import Hold, Mode
from worker.report.data import sweep_data
from worker.report.headline import LABELS, headline, unsent

CLIENTS = ("acme", "holt", "later")
_invoices = st.lists(
    st.tuples(
        st.sampled_from(CLIENTS),
        st.sampled_from(["GBP", "EUR", "JPY"]),
        st.decimals("0.01", "99999.99", places=2),
        st.integers(-200, 90),
        st.sampled_from([True, False, None]),
    ),
    max_size=12,
)


@given(_invoices)
def test_chased_waiting_held_and_excluded_are_the_receivables(rows: list[tuple[str, str, Decimal, int, bool]]) -> None:
    made = [
        invoice(f"I{n}", day(TODAY) + timedelta(days=late), str(amount), client_id=who, currency=currency, sent=sent)
        for n, (who, currency, amount, late, sent) in enumerate(rows)
    ]
    snapshot = books(*made)
    chosen = settings(*(client_settings(c) for c in CLIENTS), holds=(Hold("holt", "x"),))
    plan = decide(snapshot, chosen, History(), as_of(TODAY))
    found = headline(plan, snapshot)
    assert found.agrees
    for currency in found.currencies:
        open_now = sum((i.open for i in made if i.currency == currency), Decimal(0))
        assert sum(found.bucket(b)[currency] for b in Bucket) == open_now == found.receivables[currency]
        asked = found.bucket(Bucket.CHASED)[currency] + found.bucket(Bucket.WAITING)[currency]
        assert found.nobody()[currency] == open_now - asked


def test_a_cent_that_is_missing_is_seen() -> None:
    shown = result()
    assert shown.plan and shown.snapshot
    lost = replace(shown.plan, standings=shown.plan.standings[1:])
    assert headline(shown.plan, shown.snapshot).agrees
    assert not headline(lost, shown.snapshot).agrees
    assert not any(m["agrees"] for m in sweep_data(replace(shown, plan=lost))["money"].values() if not m["reasons"])


@pytest.mark.parametrize(("outcome", "chased"), [("accepted", "1234.56"), ("uncertain", "1234.56"), ("rejected", "0")])
def test_only_what_was_really_asked_is_chased(outcome: str, chased: str) -> None:
    live = result(Mode.LIVE)
    assert live.plan and live.snapshot
    (remind,) = [d for d in live.plan.of(Remind) if isinstance(d, Remind)]
    done = replace(live, sent=(Sent(remind, outcome),))
    found = headline(live.plan, live.snapshot, unsent(done))
    assert found.agrees
    assert found.bucket(Bucket.CHASED)["GBP"] == Decimal(chased)


def test_every_reason_a_standing_can_have_has_a_label() -> None:
    thanks = {"thank", "thank-later", "thank-hours", "thank-tomorrow"}
    whole = set(list(SENTENCES)[list(SENTENCES).index("no-baseline") :])
    assert set(SENTENCES) - thanks - whole <= set(LABELS)
    assert set(LABELS) - {"not-sent"} <= set(SENTENCES)
