"""Results as JSON values with stable keys: amounts as exact decimal text, dates as ISO text, ids in full."""

from collections.abc import Collection, Mapping, Sequence
from decimal import Decimal
from typing import Any

from worker.core.backlog import piles
from worker.core.decisions import Bucket, Decision, Plan, Proposal, Reason, Refuse, Remind, Standing, Task, Thank, Wait
from worker.core.history import Advance
from worker.core.receivable import Snapshot
from worker.core.results import SweepResult
from worker.report.headline import headline, unsent

SCHEMA = 1
"""Rises when a key changes its meaning or goes away; new keys may appear at any time."""


def run_data(results: Sequence[SweepResult], counts: Mapping[str, int], mode: str, code: int) -> dict[str, Any]:
    """A whole run."""
    return {
        "schema": SCHEMA,
        "mode": mode,
        "exit_code": code,
        "counts": dict(counts),
        "organisations": [sweep_data(r) for r in results],
    }


def sweep_data(result: SweepResult) -> dict[str, Any]:
    """One organisation's sweep."""
    found: dict[str, Any] = {
        "organisation": result.organisation,
        "sweep": result.sweep_id,
        "mode": result.mode,
        "delivered": result.delivered,
        "skipped": result.skipped,
        "todo": result.todo,
        "broken": result.broken,
        "uncertain": list(result.uncertain),
        "asked": {"calls": result.asked.calls, "answered": result.asked.answered, "bytes": result.asked.size},
        "sent": [
            {"key": s.decision.key, "payer": s.decision.payer_id, "kind": _kind(s.decision), "outcome": s.outcome}
            | {"detail": s.detail}
            for s in result.sent
        ],
        "dropped": [{"payer": d.payer_id, "why": d.why} for d in result.dropped],
    }
    if result.plan is not None and result.snapshot is not None:
        found |= _planned(result, result.plan, result.snapshot)
    return found


def _planned(result: SweepResult, plan: Plan, snapshot: Snapshot) -> dict[str, Any]:
    return {
        "as_of": f"{plan.as_of.day.isoformat()}T{plan.as_of.at:%H:%M}",
        "read_at": snapshot.read_at.isoformat(timespec="seconds"),
        "clients": len(snapshot.clients),
        "invoices": len(snapshot.invoices),
        "open_invoices": sum(i.is_open for i in snapshot.invoices),
        "money": money_data(plan, snapshot, unsent(result)),
        "decisions": [decision_data(d, snapshot) for d in plan.decisions],
        "standings": [standing_data(s, snapshot) for s in plan.standings],
        "approvals": [_proposal(p) for p in plan.proposals],
        "backlog": [
            {
                "pile": p.name,
                "invoices": p.invoices,
                "clients": len(p.clients),
                "amounts": {c: _text(v) for c, v in sorted(p.amounts.items())},
            }
            for p in (piles(plan, snapshot, result.settings) if result.settings else ())
        ],
        "warnings": list(plan.warnings),
    }


def money_data(plan: Plan, snapshot: Snapshot, not_asked: Collection[str] = ()) -> dict[str, Any]:
    """The headline, per currency."""
    found = headline(plan, snapshot, not_asked)
    data: dict[str, Any] = {}
    for currency in found.currencies:
        data[currency] = {str(b): _text(found.bucket(b)[currency]) for b in Bucket}
        data[currency] |= {
            "nobody_chasing": _text(found.nobody()[currency]),
            "receivables": _text(found.receivables.get(currency, Decimal(0))),
            "agrees": found.sum()[currency] == found.receivables.get(currency, Decimal(0)),
            "reasons": [
                {"bucket": str(s.bucket), "code": s.code, "label": s.label, "amount": _text(s.amounts[currency])}
                for s in found.shares
                if currency in s.amounts
            ],
        }
    return data


def decision_data(decision: Decision, snapshot: Snapshot) -> dict[str, Any]:
    """One decision, whatever its kind."""
    client = snapshot.clients.get(decision.payer_id)
    common: dict[str, Any] = {
        "kind": _kind(decision),
        "payer": decision.payer_id,
        "name": client.name if client else "",
    }
    common |= {"reason": reason_data(decision.reason)}
    match decision:
        case Remind():
            return common | {
                "key": decision.key,
                "step": decision.step,
                "stage": str(decision.stage),
                "to": [a.email for a in decision.to],
                "cc": [a.email for a in decision.cc],
                "invoices": [_advance(a, snapshot) for a in decision.advances],
                "listed": list(decision.listed),
                "thanks_for": [p.id for p in decision.payments],
            }
        case Thank():
            return common | {
                "key": decision.key,
                "to": [a.email for a in decision.to],
                "payments": [
                    {"id": p.id, "amount": _text(p.amount), "currency": p.currency} for p in decision.payments
                ],
            }
        case Task():
            return common | {"id": decision.id, "task": decision.kind, "what": decision.what, "new": decision.is_new}
        case Wait():
            return common | {"until": decision.until.isoformat() if decision.until else None}
        case Refuse():
            return common | {"approval": decision.approval, "paste": decision.to_paste}


def standing_data(standing: Standing, snapshot: Snapshot) -> dict[str, Any]:
    """Where one open invoice stands."""
    invoice = snapshot.invoice(standing.invoice_id)
    return {
        "invoice": standing.invoice_id,
        "number": invoice.number if invoice else "",
        "client": standing.client_id,
        "payer": standing.payer_id,
        "currency": standing.currency,
        "amount": _text(standing.amount),
        "due": invoice.due.isoformat() if invoice and invoice.due else None,
        "bucket": str(standing.bucket),
        "step": standing.step,
        "next_on": standing.next_on.isoformat() if standing.next_on else None,
        "reason": reason_data(standing.reason),
    }


def reason_data(reason: Reason) -> dict[str, Any]:
    """A reason with its evidence and the place that decided."""
    return {
        "code": reason.code,
        "sentence": reason.sentence,
        "evidence": dict(reason.evidence),
        "place": reason.place,
    }


def _advance(advance: Advance, snapshot: Snapshot) -> dict[str, Any]:
    invoice = snapshot.invoice(advance.invoice_id)
    return {
        "id": advance.invoice_id,
        "number": invoice.number if invoice else "",
        "round": advance.round,
        "step": advance.step,
        "amount": _text(advance.amount),
        "currency": advance.currency,
        "run": advance.run.isoformat() if advance.run else None,
    }


def _proposal(proposal: Proposal) -> dict[str, Any]:
    return {
        "id": proposal.id,
        "kind": proposal.kind,
        "sentence": proposal.sentence,
        "names": list(proposal.names),
        "paste": f"approvals: [{proposal.id}]",
        "command": f"duecourse approve {proposal.id}",
    }


def _kind(decision: Decision) -> str:
    return type(decision).__name__.lower()


def _text(value: Decimal) -> str:
    return f"{value:f}"
