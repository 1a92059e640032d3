"""A firm small enough to check by hand: four clients, one of each fate."""

from dataclasses import replace

from tests.core.build import as_of, books, client, client_settings, day, invoice, settings
from worker.core.decide import decide
from worker.core.decisions import Plan
from worker.core.history import History
from worker.core.receivable import Snapshot
from worker.core.results import SweepResult
from worker.core.settings import Hold, Mode, OrganisationSettings

TODAY = "2026-03-10"


def firm() -> tuple[Snapshot, OrganisationSettings]:
    """Acme is asked today, Holt is on hold, Later waits, Noway has no address; amounts differ in every digit."""
    snapshot = books(
        invoice("A1", "2026-03-02", "1234.56"),
        invoice("A2", "2026-04-30", "10.00", currency="EUR"),
        invoice("H1", "2026-02-01", "77.70", client_id="holt"),
        invoice("L1", "2026-04-15", "0.01", client_id="later"),
        invoice("N1", "2026-03-01", "300.00", client_id="noway"),
        clients=(client("noway", email="", name="No[red]way\x1b[31m Ltd"),),
        read=TODAY,
    )
    chosen = settings(
        *(client_settings(i) for i in ("acme", "holt", "later", "noway")),
        mode=Mode.PREVIEW,
        holds=(Hold("holt", "they asked us to", day("2026-03-31"), place="config.yaml:7"),),
        display_name="Birch & Sons Ltd",
    )
    return snapshot, chosen


def result(mode: Mode = Mode.PREVIEW) -> SweepResult:
    """A preview (or a refused live sweep) of the firm."""
    snapshot, chosen = firm()
    chosen = replace(chosen, mode=mode)
    plan: Plan = decide(snapshot, chosen, History(), as_of(TODAY))
    return SweepResult("birch", "s-1", str(mode), snapshot=snapshot, settings=chosen, plan=plan)
