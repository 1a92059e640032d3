"""The exhaustive matrix: a reference run is killed before and after every port operation it makes."""

import shutil
from pathlib import Path

import pytest

from tests.scenarios.delivery.child import Doom
from tests.scenarios.delivery.conftest import OpenStage
from tests.scenarios.delivery.oracle import DAY, SOON, check, until_quiet
from tests.scenarios.delivery.test_crash_points import MAILERS, killed

pytestmark = pytest.mark.matrix

UNSURE = {
    ("logbook.hand", "after"),
    ("outbox.link", "before"),
    ("outbox.link", "after"),
    ("mailer.send", "after"),
    ("logbook.settle", "before"),
}
"""From the committed hand-off to the stored outcome: C4 to C7. Nowhere else may anything become uncertain."""


@pytest.mark.parametrize("store", ["sqlite", "postgresql"])
@pytest.mark.parametrize("mailer", MAILERS)
def test_killed_at_every_operation(open_stage: OpenStage, tmp_path: Path, mailer: str, store: str) -> None:
    (tmp_path / "reference").mkdir()
    reference = open_stage(mailer, folder=tmp_path / "reference", store=store)
    reference.run(trace=True)
    passed = [line.split() for line in (reference.folder / "trace-1").read_text(encoding="utf-8").splitlines()]
    cells = [Doom(op, when, int(nth)) for op, nth in passed for when in ("before", "after")]
    assert len(cells) > 100
    wrong = []
    for n, doom in enumerate(cells):
        folder = tmp_path / str(n)
        folder.mkdir()
        stage = open_stage(mailer, folder=folder, store=store)
        try:
            killed(stage, doom)
            until_quiet(stage, SOON, DAY)
            check(stage, uncertain=int((doom.op, doom.when) in UNSURE))
        except AssertionError as error:
            wrong.append(f"{doom}: {error}")
        stage.running.stop()
        shutil.rmtree(folder)
    print(f"{mailer}, {store}: {len(cells)} cells, {len(wrong)} wrong")
    assert not wrong, "\n".join(wrong)
