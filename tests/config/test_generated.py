"""What is generated is in step, and what it shows is true."""

import json
import os
import re
import subprocess
import sys
from collections import defaultdict
from pathlib import Path

from worker.config.load import load

ROOT = Path(__file__).resolve().parents[2]


def test_generated_files_are_in_step() -> None:
    run = subprocess.run(
        [sys.executable, "-m", "scripts.generate", "--check"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    assert run.returncode == 0, run.stdout + run.stderr


def test_the_example_loads_as_it_stands(tmp_path: Path) -> None:
    text = (ROOT / "config.example.yaml").read_text("utf-8")
    (tmp_path / "config.yaml").write_text(text, "utf-8")
    env = defaultdict(str, dict.fromkeys(re.findall(r"\{env: (\w+)\}", text), "value"))
    assert [o.name for o in load(tmp_path, env).organisations] == ["demo", "harbour-studio", "quayside-books"]


def test_the_schema_forbids_unknown_keys_everywhere() -> None:
    schema = json.loads((ROOT / "docs/reference/config.schema.json").read_text("utf-8"))
    assert schema["additionalProperties"] is False
    assert "ways to pay" in schema["$defs"]["OrganisationOptions"]["properties"]
    assert all(d.get("additionalProperties") is False for d in schema["$defs"].values() if d["type"] == "object")


def test_every_option_says_what_it_is() -> None:
    schema = json.loads((ROOT / "docs/reference/config.schema.json").read_text("utf-8"))
    for model in [schema, *schema["$defs"].values()]:
        assert all(field.get("description") for field in model["properties"].values())
