"""`make run` and `make quarter` as they are, in a folder of their own: full size, over HTTP, nothing sent twice."""

import re
import subprocess
import sys
from pathlib import Path

from tests.report.paged import shown_piles

ROOT = Path(__file__).resolve().parents[2]


def demo(*words: str) -> str:
    done = subprocess.run(
        [sys.executable, str(ROOT / "scripts" / "demo.py"), *words],
        capture_output=True,
        text=True,
        cwd=ROOT,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr
    return done.stdout


def test_run_twice(tmp_path: Path) -> None:
    first = demo("run", "--folder", str(tmp_path))
    size = re.search(r"(\d+) clients and (\d+) invoices read", first)
    assert size
    assert int(size[1]) >= 60
    assert int(size[2]) >= 400
    sent = re.search(r"^(\d+) new messages in .*, 0 from before", first, re.MULTILINE)
    assert sent
    files = sorted(p.name for p in (tmp_path / "outbox").glob("*.eml"))
    assert len(files) == int(sent[1]) > 10
    assert first.splitlines()[-1].strip().startswith("less ")
    assert "Side by side, the same company" in first and "as QuickBooks" in first
    alike = re.search(r"(\d+) of (\d+) open invoices stand exactly the same, to the day and the reason", first)
    assert alike and int(alike[1]) >= 0.95 * int(alike[2])
    assert "differ, and should not" not in first
    four, reasons, said = shown_piles((tmp_path / "page" / "index.html").read_text("utf-8"))
    assert four == said and len(said) == 3 and any(reasons.values())
    assert f"open {tmp_path / 'page' / 'index.html'} in a browser" in first
    second = demo("run", "--folder", str(tmp_path))
    assert f"0 new messages in {tmp_path / 'outbox'}, {len(files)} from before" in second
    assert sorted(p.name for p in (tmp_path / "outbox").glob("*.eml")) == files
    group = [f.read_text(encoding="utf-8") for f in (tmp_path / "outbox").glob("*.eml")]
    bracken = [m for m in group if "accounts@brackenholdings.example.org" in m]
    assert len(bracken) <= 1  # the parent and its two hotels hear as one
    assert not [m for m in group if "accounts@greywater.example.org" in m]  # disputed
    assert not [m for m in group if "accounts@fenwickhall.example.org" in m]  # on hold
    assert not [m for m in group if "accounts@meridian.example.org" in m]  # collected by direct debit


def test_the_first_days_of_a_quarter(tmp_path: Path) -> None:
    told = demo("quarter", "--folder", str(tmp_path), "--days", "10")
    assert "8 working days: " in told
    assert "waits " in told
    assert "thanks " in told
    assert "0 Message-IDs, 0 invoices at one step, 0 payments thanked" in told
    assert "Nobody was asked or thanked twice." in told
