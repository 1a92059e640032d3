"""The image itself, run as operators are told to run it. Needs DUECOURSE_IMAGE (scripts/image.sh builds one)."""

import json
import os
import subprocess
from datetime import timedelta
from pathlib import Path

import pytest
import requests

from connectors.sandbox.server import serve
from tests.scenarios.delivery.town import TEN, company, uid

pytestmark = pytest.mark.image
IMAGE = os.environ.get("DUECOURSE_IMAGE", "")
NOBODY = 10001

CONFIG = """\
mode: preview
state: /state
allow test endpoints: yes
mail: {{mailer: outbox, outbox: {{folder: /state/outbox}}}}
organisations:
  fern:
    books: {{kind: sandbox, face: quickbooks, url: "{url}", tenant: {tenant}}}
    zone: Europe/London
    country: GB
    sender: {{name: Accounts, email: accounts@fern.example.com}}
    ways to pay: [Bank transfer to the account on your invoice]
    reconciled: daily
"""


def run(folder: Path, *words: str, entry: str = "") -> subprocess.CompletedProcess[str]:
    """One container: read-only, no capabilities, nothing to write on but the state volume."""
    safety = ["--read-only", "--cap-drop", "all", "--security-opt", "no-new-privileges", "--memory", "512m"]
    volumes = ["-v", f"{folder / 'state'}:/state", "-v", f"{folder / 'config'}:/config:ro"]
    start = ["--entrypoint", entry] if entry else []
    command = ["podman", "run", "--rm", *safety, *volumes, *start, IMAGE, *words]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    if not IMAGE:
        pytest.skip("no image was built: make image")
    (tmp_path / "config").mkdir()
    (tmp_path / "state").mkdir(mode=0o700)
    os.chown(tmp_path / "state", NOBODY, NOBODY)
    return tmp_path


def test_it_runs_as_nobody_on_a_root_it_cannot_write(folder: Path) -> None:
    done = run(folder, "-c", "id -u; touch /usr/x || touch /opt/duecourse/x || echo refused", entry="/bin/sh")
    assert done.stdout.split() == [str(NOBODY), "refused"]
    caps = run(folder, "-c", "grep CapEff /proc/self/status", entry="/bin/sh").stdout.split()
    assert int(caps[1], 16) == 0
    assert run(folder, "--version").stdout.startswith("duecourse ")


def test_a_token_rotated_inside_survives_a_restart(folder: Path) -> None:
    with serve(company(), now=TEN) as running:
        (folder / "config/config.yaml").write_text(CONFIG.format(url=running.url, tenant=uid("fern")), "utf-8")
        for now in (TEN, TEN + timedelta(hours=2)):  # access lives an hour: the second run needs what the first rotated
            requests.post(f"{running.url}/_sandbox/clock", json={"now": now.isoformat()}, timeout=5).raise_for_status()
            done = run(folder, "run", "--json", "--now", now.isoformat())
            (one,) = json.loads(done.stdout)["organisations"]
            assert not one["skipped"] and one["open_invoices"] == 4, done.stderr
        status = json.loads(run(folder, "status", "--json", "--now", now.isoformat()).stdout)
        assert status["organisations"][0]["last_read"]
    kept = [p for p in (folder / "state").rglob("*") if p.is_file() and "token" in str(p.parent)]
    assert kept and all(p.stat().st_uid == NOBODY and p.stat().st_mode & 0o077 == 0 for p in kept)
