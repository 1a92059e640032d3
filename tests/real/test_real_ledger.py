"""Real ledgers through the CSV books: every total equals an independent count of the raw file, to the cent."""

import importlib.util
import os
import re
import subprocess
import sys
from datetime import date
from decimal import Decimal
from pathlib import Path
from types import ModuleType

import pytest
import yaml

from connectors.csvfile import CsvBooks
from connectors.csvfile.settings import options_of

ROOT = Path(__file__).resolve().parents[2]
SCRIPT = ROOT / "scripts" / "real_books.py"


def _shared() -> Path | None:
    given = os.environ.get("DUECOURSE_SHARED")
    places = [Path(given)] if given else [ROOT.parent / "shared", ROOT.parents[1] / "shared"]
    return next((place for place in places if (place / "data").is_dir()), None)


SHARED = _shared()
pytestmark = pytest.mark.skipif(SHARED is None, reason="no shared data folder beside the checkout (DUECOURSE_SHARED)")
DAYS = {
    "smallco": ("2012-09-30", "2013-12-31", "2015-06-30", "2017-03-31"),
    "ibm": ("2012-03-31", "2012-12-31", "2013-11-30"),
}


def _script() -> ModuleType:
    spec = importlib.util.spec_from_file_location("real_books", SCRIPT)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["real_books"] = module  # Dataclasses look their module up.
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize(("name", "as_of"), [(name, day) for name, days in DAYS.items() for day in days])
def test_open_receivables_equal_the_independent_recount(tmp_path: Path, name: str, as_of: str) -> None:
    script = _script()
    script.main([str(tmp_path), "--set", name, "--as-of", as_of])
    expected = script.recount(tmp_path)
    assert expected["open invoices"] > 0
    config = yaml.safe_load((tmp_path / "config.yaml").read_text(encoding="utf-8"))
    given = config["organisations"][name]["books"]
    found = CsvBooks(options_of({**given, "base": str(tmp_path)})).contents()
    still_open = [invoice for invoice in found.invoices if invoice.is_open]
    assert f"{sum((i.open for i in still_open), Decimal(0)):.2f} EUR" == expected["open"]
    assert len(still_open) == expected["open invoices"]
    assert len({i.client_id for i in still_open}) == expected["clients owing"]
    overdue = [i for i in still_open if i.due is not None and i.due < date.fromisoformat(as_of)]
    assert f"{sum((i.open for i in overdue), Decimal(0)):.2f} EUR" == expected["of which overdue"]
    assert found.notes == ()


def test_money_in_and_money_owed_make_up_everything_ever_invoiced(tmp_path: Path) -> None:
    _script().main([str(tmp_path), "--as-of", "2016-02-29"])
    options = {k: f"{k}.csv" for k in ("invoices", "clients", "payments")}
    found = CsvBooks(options_of({**options, "base": str(tmp_path)})).contents()
    received, owed = sum(p.amount for p in found.payments), sum(i.open for i in found.invoices)
    assert received + owed == sum(i.total for i in found.invoices)
    assert all(len(p.allocations) == 1 for p in found.payments)
    assert {c.email.rpartition(".example.")[2] for c in found.clients} == {"com"}


def test_the_recount_does_not_import_the_product() -> None:
    imported = re.findall(r"^(?:from|import) (\w+)", SCRIPT.read_text(encoding="utf-8"), re.MULTILINE)
    assert not {"worker", "connectors", "policies"} & set(imported)


def test_a_simulated_set_is_called_simulated(tmp_path: Path) -> None:
    for arguments in ([str(tmp_path), "--set", "ibm", "--as-of", "2012-12-31"], ["--recount", str(tmp_path)]):
        done = subprocess.run([sys.executable, str(SCRIPT), *arguments], capture_output=True, text=True, check=True)
        assert "SIMULATED" in done.stdout
