"""A run that is told to end: by its deadline, anywhere, or by SIGTERM in the middle of a letter."""

import json
import signal
import subprocess
import sys
from itertools import count
from pathlib import Path
from typing import BinaryIO

from tests.scenarios.delivery.conftest import OpenStage
from tests.scenarios.delivery.post import Post
from tests.scenarios.delivery.stage import Stage
from tests.scenarios.delivery.town import TEN
from worker.core.results import SweepResult
from worker.halt import ASKED, NO_TIME, Halt

NAMES = ("fern", "heron")


def cut_after(stage: Stage, questions: int) -> tuple[tuple[SweepResult, ...], bool]:
    """A run whose time is up at the nth time it asks; and whether it was ever cut."""
    asked = count(1)
    cut = False

    def left() -> float:
        nonlocal cut
        cut = cut or next(asked) > questions
        return 0.0 if cut else 1000.0

    with stage.app() as app:
        app.halt = Halt(left)
        return app.run(deliver=True), cut


def test_a_run_cut_anywhere_loses_nothing_and_repeats_nothing(open_stage: OpenStage, tmp_path: Path) -> None:
    whens = []
    for questions in count():
        folder = tmp_path / str(questions)
        folder.mkdir()
        stage = open_stage(folder=folder)
        results, cut = cut_after(stage, questions)
        if not cut:
            break
        why = {d.why for r in results for d in r.dropped}
        assert why <= {NO_TIME}
        assert any(r.left for r in results) or why
        assert not any(r.left and r.needs_person for r in results)
        whens.append(len(stage.mails()))
        assert not any(r.uncertain or r.skipped for r in stage.sweep())
        assert len({(m.key, m.to) for m in stage.mails()}) == len(stage.mails()) == 4, questions
    assert len(whens) > 10 and set(whens) == set(range(4)), whens


def test_those_who_waited_longest_come_first_where_time_may_run_out(open_stage: OpenStage) -> None:
    stage = open_stage(names=NAMES)
    with stage.app() as app:
        app.run(("fern",), deliver=True)
        app.halt = Halt(lambda: 1000.0)
        assert [r.organisation for r in app.run(deliver=True)] == ["heron", "fern"]


class Summons(Post):
    """Asks a process to end between the last byte of its first letter and the reply."""

    process: subprocess.Popen[str] | None = None

    def _letter(self, reader: BinaryIO) -> bool:
        goes_on = super()._letter(reader)
        if len(self.accepted) == 1 and self.process:
            self.process.send_signal(signal.SIGTERM)
        return goes_on


def test_sigterm_finishes_the_letter_in_hand(open_stage: OpenStage) -> None:
    stage = open_stage(mailer="smtp")
    post = Summons()
    stage.but(smtp=post.port)
    command = [sys.executable, "-m", "worker.cli", "run", "--json", "--now", TEN.isoformat()]
    command += ["--config", str(stage.folder / "config.yaml")]
    post.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    out, wrong = post.process.communicate(timeout=60)
    assert not wrong, wrong
    assert post.process.returncode == 0
    answer = json.loads(out)
    (one,) = answer["organisations"]
    assert [s["outcome"] for s in one["sent"]] == ["accepted"]
    assert [d["why"] for d in one["dropped"]] == [ASKED] * 3
    assert len(post.accepted) == 1
    (after,) = stage.sweep()
    assert len(after.sent) == 3 and not after.uncertain
    assert len(post.accepted) == 4
    post.close()
