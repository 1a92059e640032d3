"""The rule of the script itself, on a ledger small enough to count on fingers; needs no shared data."""

import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).resolve().parents[2] / "scripts" / "real_books.py"
LEDGER = """\
payer,invoice_id,issued,due,paid,amount
p1,a,2015-06-01,2015-06-29,2015-06-30,1.00
p1,b,2015-06-01,2015-06-29,2015-07-01,2.01
p2,c,2015-06-30,2015-07-30,2015-08-01,4.02
p2,d,2015-06-30,2015-06-30,,8.04
p3,e,2015-07-01,2015-07-30,2015-08-01,16.00
"""


@pytest.mark.parametrize(
    ("as_of", "count", "total", "overdue"), [("2015-06-30", 3, "14.07", "2.01"), ("2015-07-01", 3, "28.06", "8.04")]
)
def test_open_from_the_day_of_issue_until_the_day_before_payment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, as_of: str, count: int, total: str, overdue: str
) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "smallco_ledger.dev.csv").write_text(LEDGER)
    monkeypatch.setenv("DUECOURSE_SHARED", str(tmp_path))
    for arguments in ([str(tmp_path / "out"), "--as-of", as_of], ["--recount", str(tmp_path / "out")]):
        done = subprocess.run([sys.executable, str(SCRIPT), *arguments], capture_output=True, text=True, check=True)
    said = dict(line.split("  ", 1) for line in done.stdout.splitlines() if "  " in line)
    said = {what: value.strip() for what, value in said.items()}
    assert (said["open invoices"], said["open"]) == (str(count), f"{total} EUR")
    assert f"of which overdue  {overdue} EUR" in done.stdout
