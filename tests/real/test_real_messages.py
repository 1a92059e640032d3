"""A real ledger from CSV files to messages: every amount a client would read equals an independent recount."""

import csv
import email
import email.policy
import json
import os
import re
import subprocess
import sys
from collections import defaultdict
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.report.paged import shown_piles

ROOT = Path(__file__).resolve().parents[2]
_GIVEN = os.environ.get("DUECOURSE_SHARED")
_PLACES = [Path(_GIVEN)] if _GIVEN else [ROOT.parent / "shared", ROOT.parents[1] / "shared"]
SHARED = next((place for place in _PLACES if (place / "data").is_dir()), None)
pytestmark = pytest.mark.skipif(SHARED is None, reason="no shared data folder beside the checkout (DUECOURSE_SHARED)")

SETS = {"smallco": ("smallco_ledger.dev.csv", "2015-06-30"), "ibm": ("ibm_ar.dev.csv", "2012-12-31")}
AMOUNT = re.compile(r"€([\d,]+\.\d\d)")


def duecourse(folder: Path, *args: str) -> subprocess.CompletedProcess[str]:
    env = {**os.environ, "PYTHONPATH": str(ROOT), "NO_COLOR": "1", "COLUMNS": "300"}
    command = [sys.executable, "-m", "worker.cli", *args]
    return subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True, check=False)


def raw_open(name: str, as_of: str) -> dict[str, dict[str, Decimal]]:
    """Open amounts by client and invoice, from the raw file alone: issued on or before the day and paid after it."""
    assert SHARED is not None
    found: dict[str, dict[str, Decimal]] = defaultdict(dict)
    with (SHARED / "data" / SETS[name][0]).open(newline="", encoding="utf-8") as rows:
        for row in csv.DictReader(rows):
            if row["issued"] <= as_of < row["paid"] and Decimal(row["amount"]) > 0:
                found[row["payer"].lower()][row["invoice_id"]] = Decimal(row["amount"])
    return found


def sent_by(folder: Path, name: str, as_of: str) -> tuple[dict[str, Any], list[Any]]:
    """Run the real thing, live into an outbox: the JSON of the last run and the messages that left."""
    script = [sys.executable, str(ROOT / "scripts" / "real_books.py"), str(folder), "--set", name, "--as-of", as_of]
    subprocess.run(script, check=True, capture_output=True)
    config = folder / "config.yaml"
    config.write_text(config.read_text("utf-8").replace("mode: preview", "mode: live"), "utf-8")
    now = ("--now", f"{as_of}T10:00")
    first = json.loads(duecourse(folder, "run", *now, "--json").stdout)
    assert first["exit_code"] == 3  # the baseline waits for a yes
    approval = first["organisations"][0]["approvals"][0]["id"]
    assert duecourse(folder, "approve", approval, *now).returncode == 0
    done = duecourse(folder, "run", *now, "--json")
    assert done.returncode in {0, 1}, done.stderr
    letters = [
        email.message_from_bytes(f.read_bytes(), policy=email.policy.default)
        for f in sorted((folder / "state" / "outbox").glob("*.eml"))
    ]
    return json.loads(done.stdout), letters


@pytest.mark.parametrize("name", sorted(SETS))
def test_every_amount_in_every_message_adds_up_against_the_raw_file(tmp_path: Path, name: str) -> None:
    as_of = SETS[name][1]
    raw = raw_open(name, as_of)
    summary, letters = sent_by(tmp_path, name, as_of)
    assert len(letters) > 3
    numbers = sorted((n for owed in raw.values() for n in owed), key=len, reverse=True)
    for letter in letters:
        payer = str(letter["To"].addresses[0].domain).removesuffix(".example.com")
        text = letter.get_body(("plain",)).get_content()
        shown = {n for n in numbers if re.search(rf"(?<!\w){re.escape(n)}(?!\w)", text)}
        assert shown <= set(raw[payer]), f"{payer} reads of somebody else's invoices"
        said = sorted(Decimal(a.replace(",", "")) for a in AMOUNT.findall(text))
        lines = [raw[payer][n] for n in shown]
        expected = sorted([*lines, sum(lines, Decimal(0))])
        assert sorted(set(said)) == sorted(set(expected)), (payer, said, expected)
    money = summary["organisations"][0]["money"]["EUR"]
    total = sum((amount for owed in raw.values() for amount in owed.values()), Decimal(0))
    assert Decimal(money["receivables"]) == total
    assert sum((Decimal(money[b]) for b in ("chased", "waiting", "held", "excluded")), Decimal(0)) == total
    page = (tmp_path / "state" / "page" / "index.html").read_text("utf-8")
    four, reasons, said = shown_piles(page)
    assert four == said == {"EUR": total}
    assert reasons == {"EUR": Decimal(money["nobody_chasing"])}
