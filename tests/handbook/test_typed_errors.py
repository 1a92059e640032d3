"""Golden texts: what the command line says about the likeliest mistakes in what was typed."""

import os
import re
import shlex
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner

from tests.e2e.conftest import NOW, Office
from tests.handbook.pages import ROOT
from tests.handbook.typed import clocked, found
from worker.cli import main

GOLDEN = ROOT / "tests/errors/typed"
FILES = {
    "no-client-column.csv": "date,customer,what\n2026-03-02,Calder Mills,nudge\n",
    "unknown-client.csv": "date,client,what\n2026-03-02,Calder Mils,nudge\n",
    "bad-date.csv": "date,client,what\n02.13.2026,Calder Mills,rang\n",
    "paper.yaml": "organisations:\n  paper:\n    books: {kind: csv, invoices: invoices.csv}\n",
    "letter.html": "an earlier letter",
    "there.backup": "something else",
}
CASES = {
    "no such command": "prevew",
    "no such option": "run --jsn",
    "no such organisation": "preview harbor",
    "no such client": 'explain "Calder Mils"',
    "no such task": "done find-address:nothing reached",
    "no such approval": "approve step-00000000",
    "a day that is none": 'promise "Calder Mills" 30.2.2026',
    "a day in the past": 'hold "Calder Mills" --until 2026-01-05 --why "talks"',
    "plan with nothing overdue": 'plan "Calder Mills" --number 3 --first 2026-04-01',
    "plan in one part": 'plan "Stonebridge Motors" --number 1 --first 2026-04-01',
    "plan from the past": 'plan "Stonebridge Motors" --number 3 --first 2026-01-05',
    "plan over that was never made": 'plan "Calder Mills" --over',
    "letter with nothing overdue": 'letter "Calder Mills" --to new.html',
    "letter over an earlier one": 'letter "Stonebridge Motors" --to letter.html',
    "pays on no day": 'pays "Calder Mills" "lst friday"',
    "pays without a day": 'pays "Calder Mills"',
    "pays with an odd cut-off": 'pays "Calder Mills" "last friday" --cut-off "3 busness days"',
    "pays over that nobody recorded": 'pays "Calder Mills" --over',
    "import a file that is not there": "import history earlier.csv",
    "import without a client column": "import history no-client-column.csv",
    "import for a client nobody knows": "import history unknown-client.csv",
    "import with an odd date": "import history bad-date.csv",
    "usage of no month": "usage --month 2026-13",
    "connect to no platform": "connect sage harbour",
    "connect books that need none": "connect xero paper --config paper.yaml",
    "disconnect what is not connected": "disconnect harbour --yes",
    "connect a mailbox nobody named": "connect mailbox harbour",
    "backup over another file": "backup there.backup",
    "restore a file that is not there": "restore nothing.backup",
    "restore something else": "restore there.backup --replace",
    "forget a client nobody knows": 'forget "Calder Mils" --yes',
    "fleet without PostgreSQL": "fleet status",
    "simulate with no such policy": "simulate --policy considrate",
    "simulate no days": "simulate --days 0",
    "simulate a file that is not there": "simulate --against policies/nothing.yaml",
    "history without a client": "history",
    "case file that is none": "history --verify policies",
    "logbook file that is not there": "logbook verify nothing.backup",
    "wording in no language": "wording preview nudge --language xx",
    "wording of no message": "wording preview nudgge",
    "pause into the past": 'pause harbour --until 2026-01-05 --why "office move"',
    "resume what is not paused": "resume harbour",
    "digest that nobody gets": "digest --send",
    "page against no policy": "preview --against considrate",
    "completion for no shell": "completion csh",
}
"""A name for each, and what is typed after `duecourse`."""


def said(typed: str) -> str:
    """What is typed, what is answered on standard error, and the exit code."""
    words = shlex.split(typed)
    try:
        now = ["--now", NOW.isoformat()] if clocked(found(words)[1]) else []
    except AssertionError:
        now = []
    done = CliRunner().invoke(main, [*words, *now], env={"NO_COLOR": "1"}, prog_name="duecourse")
    text = re.sub(r"/\S*/(?=[\w.-]+)", "", done.stderr or done.stdout)
    return f"$ duecourse {typed}\n{text.rstrip()}\n(exit code {done.exit_code})\n"


@pytest.mark.parametrize("name", CASES)
def test_every_mistake_is_answered_as_it_was_agreed(
    name: str, practised: Office, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    shutil.copytree(practised.folder, tmp_path, dirs_exist_ok=True)
    (tmp_path / "policies").mkdir()
    for file, text in FILES.items():
        (tmp_path / file).write_text(text, "utf-8")
    answer = said(CASES[name])
    golden = GOLDEN / f"{name.replace(' ', '-')}.txt"
    if os.environ.get("REGENERATE"):
        golden.write_text(answer, "utf-8")
    assert "(exit code 0)" not in answer and "(exit code 4)" not in answer
    assert answer == golden.read_text("utf-8")


def test_every_text_has_its_case() -> None:
    assert sorted(p.stem for p in GOLDEN.glob("*.txt")) == sorted(name.replace(" ", "-") for name in CASES)
