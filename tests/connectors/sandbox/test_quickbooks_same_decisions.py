"""The same simulated company, read through either face, gives the same decisions, to the client and the invoice.

What one platform cannot tell is named here: QuickBooks has no contact groups and no expected payment dates; the clients
those are about are left out of the comparison, and counted.
"""

from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from worker.app import App
from worker.clock import SystemClock
from worker.config.load import load
from worker.core.decisions import Plan, Remind, Task, Thank
from worker.core.receivable import Snapshot

UNTOLD = {"Holloway Arts Trust": "held by its contact group", "Ravenscar Tours": "an expected payment date"}
CONFIG = """
mode: preview
state: ./state
organisations:
  harbour-and-pine:
    books: {kind: sandbox, face: FACE}
    zone: Europe/London
    country: GB
    sender: {name: "Accounts, Harbour & Pine Studio", email: accounts@harbourpine.example.com}
    signature: {name: Accounts team, email: accounts@harbourpine.example.com}
    own domains: [harbourpine.example.com]
    ways to pay: [Bank transfer]
    reconciled: daily
    backlog: chase
    payers:
      Bracken Holdings: [Bracken Holdings, Bracken Hotels (North), Bracken Hotels (South)]
    clients:
      - client: Northquay Brewing Co
        pays: friday
      - client: Meridian Fitness
        collects: direct debit on 5th
      - client: Sterling Cross Legal
        needs po: yes
"""
MOMENTS = [
    datetime(2026, 3, 10, 10, tzinfo=UTC),
    pytest.param(datetime(2026, 9, 30, 9, tzinfo=UTC), marks=pytest.mark.matrix),
]


@cache
def decided(face: str, now: datetime, folder: Path) -> tuple[Snapshot, Plan]:
    """What is decided at a moment after two readings, the second an incremental one an hour after the first."""
    home = folder / f"{face}-{now:%Y%m%d}"
    home.mkdir()
    (home / "config.yaml").write_text(CONFIG.replace("FACE", face), "utf-8")
    for moment in (now - timedelta(hours=1), now):
        with App(load(home, {}), SystemClock(moment)) as app:
            (result,) = app.run(deliver=False)
    assert result.snapshot and result.plan, result.skipped
    return result.snapshot, result.plan


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("faces")


def names(snapshot: Snapshot) -> dict[str, str]:
    """Ids as people know them."""
    clients = {c.id: c.name for c in snapshot.clients.values()}
    return {**clients, **{i.id: i.number for i in snapshot.invoices}}


def shown(face: str, now: datetime, folder: Path) -> dict[str, Any]:
    """A plan in words that are the same on both platforms."""
    snapshot, plan = decided(face, now, folder)
    known = names(snapshot)
    kept = [s for s in plan.standings if known[s.client_id] not in UNTOLD]
    paid = {i.number: i.open for i in snapshot.invoices if i.is_open}
    reminds = [d for d in plan.decisions if isinstance(d, Remind) and known[d.payer_id] not in UNTOLD]
    return {
        "standings": sorted(
            (known[s.invoice_id], known[s.client_id], known[s.payer_id], s.currency, s.amount, str(s.bucket),
             s.reason.code, s.step, s.next_on)
            for s in kept
        ),
        "reminders": sorted(
            (known[d.payer_id], d.step, tuple(a.email for a in d.to), tuple(a.email for a in d.cc),
             tuple(sorted(known[a.invoice_id] for a in d.advances)), tuple(sorted(known[i] for i in d.listed)))
            for d in reminds
        ),
        "thanks": sorted(known[d.payer_id] for d in plan.decisions if isinstance(d, Thank)),
        "tasks": sorted(
            (known[d.payer_id], d.kind) for d in plan.decisions
            if isinstance(d, Task) and d.payer_id and known[d.payer_id] not in UNTOLD
        ),
        "owed": paid,
    }  # fmt: skip


@pytest.mark.parametrize("now", MOMENTS, ids=str)
def test_both_faces_decide_alike(now: datetime, folder: Path) -> None:
    xero, quickbooks = shown("xero", now, folder), shown("quickbooks", now, folder)
    for part in xero:
        assert quickbooks[part] == xero[part], part
    assert len(xero["standings"]) > 100 and len(xero["reminders"]) > 10 and xero["tasks"]


@pytest.mark.parametrize("now", MOMENTS, ids=str)
def test_what_cannot_be_told_is_little(now: datetime, folder: Path) -> None:
    snapshot, plan = decided("quickbooks", now, folder)
    known = names(snapshot)
    left_out = {known[s.client_id] for s in plan.standings} & set(UNTOLD)
    assert len({s.client_id for s in plan.standings}) - len(left_out) > 50


@pytest.mark.parametrize("now", MOMENTS, ids=str)
def test_both_faces_show_the_same_money(now: datetime, folder: Path) -> None:
    found = []
    for face in ("xero", "quickbooks"):
        snapshot, _ = decided(face, now, folder)
        known = {c.id: c.name for c in snapshot.clients.values()}
        open_ = sorted((i.number, i.currency, i.open, i.total, i.due, i.issued, i.reference, bool(i.sent), i.repeating)
                       for i in snapshot.invoices if i.is_open)  # fmt: skip
        credits = sorted((known[c.client_id], c.currency, c.remaining) for c in snapshot.credits)
        found.append((open_, credits, len(snapshot.clients)))
    assert found[0] == found[1]
