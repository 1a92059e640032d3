"""Golden texts: what duecourse says about each thing that can be wrong with a configuration."""

import os
import shutil
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from worker.calendars import calendar_for
from worker.config.load import load
from worker.config.resolve import resolve
from worker.core.receivable import Client, Invoice, InvoiceStatus, Organisation, snapshot_of
from worker.errors import ConfigError

HERE = Path(__file__).parent
CASES = sorted(p.stem for p in HERE.glob("*.yaml"))
BOOKS = snapshot_of(
    Organisation("o1", "Harbour Studio", "GBP"),
    datetime(2026, 1, 15, 8, tzinfo=UTC),
    (
        Client("c1", "Acme Ltd", account_number="A-1", groups=("Agencies",)),
        Client("c2", "Quayside Books"),
        Client("c3", "Twin Ltd"),
        Client("c4", "Twin Ltd"),
    ),
    (Invoice("i1", "c1", "INV-1", "GBP", Decimal(100), Decimal(100), InvoiceStatus.OPEN),),
)


def complaint(case: str, folder: Path) -> str:
    """What is said about a case; the empty text when nothing is."""
    shutil.copy(HERE / f"{case}.yaml", folder / "config.yaml")
    try:
        practice = load(folder, {"SET": "value"})
        for organisation in practice.organisations:
            resolve(organisation, BOOKS, date(2026, 1, 15), calendar_for)
    except ConfigError as error:
        return f"{error}\n"
    return ""


@pytest.mark.parametrize("case", CASES)
def test_every_error_reads_as_it_was_agreed(case: str, tmp_path: Path) -> None:
    said = complaint(case, tmp_path)
    golden = HERE / f"{case}.txt"
    if os.environ.get("REGENERATE"):
        golden.write_text(said, "utf-8")
    assert said, f"{case}.yaml has nothing wrong with it"
    assert said == golden.read_text("utf-8")


def test_every_text_has_its_case() -> None:
    assert sorted(p.stem for p in HERE.glob("*.txt")) == CASES


@pytest.mark.parametrize("case", CASES)
def test_every_problem_names_its_line_and_what_was_found(case: str) -> None:
    for line in (HERE / f"{case}.txt").read_text("utf-8").splitlines()[1:]:
        if not line.startswith("    "):
            place, _, found = line.partition(": ")
            assert place.startswith(("config.yaml:", "preset ")), line
            assert found


def test_a_secret_written_out_is_not_repeated() -> None:
    said = (HERE / "literal-secret.txt").read_text("utf-8")
    assert "horse" not in said
    assert "0123456789abcdef" not in said
