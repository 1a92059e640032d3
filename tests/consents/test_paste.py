"""Connecting where no browser comes back to the machine: the real command, an address out, an answer in."""

import json
import os
import re
import subprocess
import sys

from connectors.sandbox.apps import LIVE_ID
from tests.connectors.person import answer
from tests.consents.conftest import ENV, HARBOUR, QUAY, Office


def test_production_keys_and_a_page_of_ones_own(office: Office) -> None:
    """QuickBooks' production keys refuse localhost, so the answer is pasted without being asked for."""
    back = "https://books.example.com/duecourse/callback"
    office.sandbox.world.quickbooks_apps.register(back, LIVE_ID)
    office.write(quay=f'quickbooks, redirect: "{back}"')
    words = ["connect", "quickbooks", "quay", "--json", "--config", str(office.folder / "config.yaml")]
    command = subprocess.Popen(
        [sys.executable, "-m", "worker.cli", *words],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, **ENV, "APP_ID": LIVE_ID},
    )
    assert command.stdin and command.stderr and command.stdout
    said = ""
    while not (found := re.search(r"^(http\S+)$", said, re.M)):
        line = command.stderr.readline()
        assert line, said
        said += line
    sent_to = answer(found[1], office.realm(QUAY))
    assert sent_to.startswith(back)
    out, err = command.communicate(sent_to.partition("?")[2] + "\n", timeout=30)
    assert command.returncode == 0, err
    assert json.loads(out)["tenant"] == {"id": office.realm(QUAY), "name": QUAY}
    kept = office.grant("quay")
    assert kept.client_id == LIVE_ID
    for secret in (kept.refresh, kept.access):
        assert secret.reveal() not in out + err + said


def test_what_cannot_be_connected_says_why(office: Office) -> None:
    office.write(
        files="csv, invoices: a.csv, currency: GBP",
        demo="sandbox",
        own="xero, grant: client credentials",
        harbour="xero",
        old="xero, refresh token from: {env: APP_WORD}",
    )
    for name, words in {
        "files": "need no consent",
        "demo": "run duecourse sandbox",
        "own": "need no consent",
        "old": 'remove "refresh token from"',
        "nobody": 'no organisation "nobody"',
    }.items():
        done = office.run("connect", "xero", name)
        assert done.exit_code == 2 and words in done.stderr, done.stderr
    done = office.run("connect", "quickbooks", "harbour")
    assert done.exit_code == 2 and "duecourse connect xero harbour" in done.stderr


def test_nothing_pasted_ends_it(office: Office) -> None:
    office.write(harbour="xero")
    done = office.run("connect", "xero", "harbour", "--paste", text="")
    assert done.exit_code == 1 and office.names() == ()
    done = office.run("connect", "xero", "harbour", "--paste", text="https://books.example.com/\n")
    assert done.exit_code == 1 and "holds no answer" in done.stderr and HARBOUR not in done.stdout
