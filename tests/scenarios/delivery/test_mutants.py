"""Every mutant must be killed by the quick tests it names, run on a broken copy of the source."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.scenarios.delivery.mutants import MUTANTS, Mutant

ROOT = Path(__file__).parents[3]


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda m: m.name)
def test_a_mutant_still_fits_the_source(mutant: Mutant) -> None:
    assert (ROOT / mutant.file).read_text(encoding="utf-8").count(mutant.old) == 1


@pytest.mark.matrix
@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda m: m.name)
def test_killed(tmp_path: Path, mutant: Mutant) -> None:
    for part in ("worker", "connectors", "policies", "tests"):
        shutil.copytree(ROOT / part, tmp_path / part, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    file = tmp_path / mutant.file
    file.write_text(file.read_text(encoding="utf-8").replace(mutant.old, mutant.new), encoding="utf-8")
    command = [sys.executable, "-m", "pytest", "-x", "-m", "not matrix", f"tests/scenarios/delivery/{mutant.by}"]
    environment = {k: v for k, v in os.environ.items() if not k.startswith("PYTEST_")}
    run = subprocess.run(
        command, check=False, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=300
    )
    assert run.returncode == 1, f"survived:\n{run.stdout[-2000:]}"
    assert " error" not in run.stdout.splitlines()[-1], f"not killed but broken:\n{run.stdout[-2000:]}"
