"""The backlog at the start: what is overdue already, in four piles, so that somebody can choose what happens to it."""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal

from worker.core.decisions import Bucket, Plan
from worker.core.policy import Policy, Stage
from worker.core.receivable import Snapshot
from worker.core.settings import OrganisationSettings

OLD = timedelta(days=90)
"""Overdue for longer, and never asked as far as anybody recorded: a reminder out of the blue is not how to begin."""

ALONE = "leave alone"
CALL = "statement and a call"


@dataclass(slots=True)
class Pile:
    """Part of the backlog: `name` says what would happen to it, `amounts` are per currency."""

    name: str
    invoices: int = 0
    clients: set[str] = field(default_factory=set)
    amounts: dict[str, Decimal] = field(default_factory=lambda: defaultdict(Decimal))


def piles(plan: Plan, snapshot: Snapshot, settings: OrganisationSettings) -> tuple[Pile, ...]:
    """Every invoice overdue on the plan's day, once each: start at the first step, start at a later one, a statement
    and a call, leave alone. Together they are all that is overdue, per currency."""
    found: dict[str, Pile] = {}
    later = {s.invoice_id for s in plan.standings if s.bucket is Bucket.CHASED and s.reason.code in _ASKED}
    for standing in plan.standings:
        invoice = snapshot.invoice(standing.invoice_id)
        if invoice is None or invoice.due is None or invoice.due >= plan.as_of.day:
            continue
        chosen = settings.clients.get(snapshot.survivor(standing.client_id))
        first = _first(chosen.policy) if chosen else ""
        known = invoice.id in later or standing.step not in ("", first)
        if standing.bucket in (Bucket.HELD, Bucket.EXCLUDED):
            name = ALONE
        elif not known and plan.as_of.day - invoice.due > OLD:
            name = CALL
        else:
            name = f"start at {standing.step or first}"
        pile = found.setdefault(name, Pile(name))
        pile.invoices += 1
        pile.clients.add(standing.client_id)
        pile.amounts[standing.currency] += standing.amount
    return tuple(sorted(found.values(), key=lambda p: (_order(p.name), p.name)))


_ASKED = frozenset({"asked", "asked-end", "deadline"})


def _first(policy: Policy) -> str:
    return next((s.name for s in policy.ladder if s.stage is not Stage.BEFORE), "")


def _order(name: str) -> int:
    return {CALL: 1, ALONE: 2}.get(name, 0)
