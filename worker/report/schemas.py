"""Every documented JSON answer: the command, its shape, and from that its JSON Schema in docs/reference/."""

from typing import Any

import msgspec

from worker.report import shapes_ahead, shapes_care, shapes_digest, shapes_run
from worker.report.status_data import Status

ANSWERS: dict[str, tuple[str, type[msgspec.Struct]]] = {
    "run": ("duecourse run --json, duecourse preview --json", shapes_run.Run),
    "explain": ("duecourse explain CLIENT --json", shapes_run.Case),
    "status": ("duecourse status --json", Status),
    "history": ("duecourse history CLIENT --json", shapes_ahead.History),
    "history-verify": ("duecourse history --verify FOLDER --json", shapes_care.CaseVerified),
    "runs": ("duecourse runs --json", shapes_ahead.Runs),
    "runs-score": ("duecourse runs --score --json", shapes_ahead.Score),
    "forecast": ("duecourse forecast --json", shapes_ahead.Forecasts),
    "simulate": ("duecourse simulate --json", shapes_ahead.Simulation),
    "digest": ("duecourse digest --json", shapes_digest.Digest),
    "digest-sent": ("duecourse digest --send --json", shapes_digest.DigestSent),
    "check": ("duecourse check --json", shapes_care.Check),
    "wording-list": ("duecourse wording list --json", shapes_care.WordingListed),
    "wording-check": ("duecourse wording check --json", shapes_care.WordingChecked),
    "connect": ("duecourse connect PLATFORM ORG --json", shapes_care.Connected),
    "connections": ("duecourse connections --json", shapes_care.Connections),
    "usage": ("duecourse usage --json", shapes_care.Usage),
    "vault-check": ("duecourse vault check --json", shapes_care.VaultChecked),
    "logbook-verify": ("duecourse logbook verify --json", shapes_care.LogbookVerified),
    "fleet-status": ("duecourse fleet status --json", shapes_care.FleetStatus),
}
"""By the name of the schema's file."""


def schema_of(name: str) -> dict[str, Any]:
    """One answer's JSON Schema, 2020-12. Raises KeyError for an answer that is not documented."""
    command, shape = ANSWERS[name]
    made = msgspec.json.schema(shape)
    title = command.partition(",")[0]
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": title, **made}
