"""Small books and small configurations."""

from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

from worker.calendars import calendar_for
from worker.config.load import load
from worker.config.resolve import resolve
from worker.config.values import Practice
from worker.core.receivable import Client, Invoice, InvoiceStatus, Organisation, Snapshot, snapshot_of
from worker.core.settings import OrganisationSettings

TODAY = date(2026, 1, 15)


def books(*clients: Client, zone: str = "") -> Snapshot:
    """Books with these clients, each with one open invoice INV-<id>."""
    invoices = tuple(
        Invoice(f"i-{c.id}", c.id, f"INV-{c.id}", "GBP", Decimal(100), Decimal(100), InvoiceStatus.OPEN)
        for c in clients
    )
    organisation = Organisation("o1", "Harbour Studio Ltd", "GBP", zone=zone)
    return snapshot_of(organisation, datetime(2026, 1, 15, 8, tzinfo=UTC), clients, invoices)


def practice(folder: Path, text: str, **env: str) -> Practice:
    """Load a config.yaml with this text."""
    (folder / "config.yaml").write_text(text, "utf-8")
    return load(folder, env)


def settings(folder: Path, text: str, snapshot: Snapshot, as_of: date = TODAY) -> OrganisationSettings:
    """Load, and resolve the only organisation."""
    (organisation,) = practice(folder, text).organisations
    return resolve(organisation, snapshot, as_of, calendar_for)
