"""Books that cannot be read: no letter for that organisation, every letter for the next, and words that help.

The sentences are kept in upstream.txt; UPDATE_GOLDEN=1 rewrites it, for a person to read.
"""

import os
import re
from functools import partial
from pathlib import Path

import pytest

from connectors import http
from tests.scenarios.delivery.conftest import OpenStage
from tests.scenarios.delivery.stage import Stage
from tests.scenarios.delivery.town import CLIENTS, uid
from worker.core.results import SweepResult, exit_code

GOLDEN = Path(__file__).with_name("upstream.txt")
FAULTS: dict[str, dict[str, object]] = {
    "401, even with a fresh token": {"kind": "unauthorised"},
    "401, a scope is missing": {"kind": "insufficient scope"},
    "403": {"kind": "forbidden"},
    "404": {"kind": "not found"},
    "429 with Retry-After": {"kind": "minute limit", "value": "20"},
    "429 without Retry-After": {"kind": "minute limit"},
    "429 for the day": {"kind": "day limit", "value": "40000"},
    "500": {"kind": "server error"},
    "502 with HTML": {"kind": "bad gateway"},
    "503 with text": {"kind": "offline"},
    "connection cut": {"kind": "drop"},
    "truncated JSON": {"kind": "truncated"},
    "body cut short": {"kind": "cut short"},
    "wrong shape": {"kind": "wrong shape"},
    "wrong content type": {"kind": "wrong type"},
    "empty 200": {"kind": "empty"},
    "a page that repeats": {"kind": "duplicate row"},
    "a row is missing": {"kind": "missing row"},
    "row count mismatch": {"kind": "item count"},
}


def swept(stage: Stage) -> tuple[SweepResult, ...]:
    """The first organisation fails, the second must not notice."""
    faulty, fine = results = stage.sweep()
    assert (faulty.organisation, fine.organisation) == ("fern", "oak")
    return results


def broken(open_stage: OpenStage, fault: dict[str, object], endpoint: str) -> Stage:
    stage = open_stage(names=("fern", "oak"))
    stage.control("faults", [{"endpoint": endpoint, "times": 0, "tenant": uid("fern"), **fault}])
    return stage


def sentence(result: SweepResult) -> str:
    """What a person reads, without what differs from run to run."""
    return re.sub(r"correlation id [0-9a-f-]{36}", "correlation id ID", f"{result.skipped}\n    {result.todo}")


@pytest.fixture(scope="module")
def golden() -> dict[str, str]:
    text = GOLDEN.read_text(encoding="utf-8") if GOLDEN.exists() else ""
    return dict(block.split("\n", 1) for block in text.strip().split("\n\n") if block)


@pytest.mark.parametrize("name", FAULTS)
def test_trouble_with_one_organisations_invoices(open_stage: OpenStage, golden: dict[str, str], name: str) -> None:
    stage = broken(open_stage, FAULTS[name], "Invoices")
    results = swept(stage)
    faulty, fine = results
    assert faulty.skipped and not faulty.sent and faulty.plan is None
    assert [s.outcome for s in fine.sent] == ["accepted"] * len(CLIENTS)
    assert len(stage.mails()) == len(CLIENTS) and all("Oak Press Ltd" in m.text for m in stage.mails())
    assert exit_code(results) == 1
    assert faulty.skipped.endswith(".") and len(faulty.todo) >= 10, "it says what happened and what to do"
    if os.environ.get("UPDATE_GOLDEN"):
        golden[name] = sentence(faulty)
        ordered = {k: golden[k] for k in FAULTS if k in golden}
        GOLDEN.write_text("\n\n".join(f"{k}\n{v}" for k, v in ordered.items()) + "\n", encoding="utf-8")
    assert sentence(faulty) == golden[name]


@pytest.mark.parametrize("endpoint", ["Organisation", "Contacts", "Payments", "CreditNotes", "token"])
def test_whatever_cannot_be_read_nothing_is_sent(open_stage: OpenStage, endpoint: str) -> None:
    stage = open_stage(names=("fern",))
    stage.control("faults", [{"kind": "unavailable", "endpoint": endpoint, "times": 0}])
    (result,) = stage.sweep()
    assert result.skipped and result.todo and not stage.mails()


def test_no_answer_in_time(open_stage: OpenStage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http, "Limits", partial(http.Limits, read=0.05))
    stage = broken(open_stage, {"kind": "hold", "value": "1"}, "Invoices")
    faulty, fine = swept(stage)
    assert faulty.skipped == "Xero did not answer in time while asked for invoices." and faulty.todo
    assert len(stage.mails()) == len(fine.sent) == len(CLIENTS)


def test_pages_without_end_are_read_to_the_announced_row_and_no_further(open_stage: OpenStage) -> None:
    """The rows add up, so the reading counts; the promise of one more page is not followed for ever."""
    stage = broken(open_stage, {"kind": "endless pages"}, "Invoices")
    swept(stage)
    assert len(stage.mails()) == 2 * len(CLIENTS)
    assert len(stage.running.world.log) < 80


def test_trouble_that_passes_costs_nothing(open_stage: OpenStage) -> None:
    stage = open_stage()
    stage.control("faults", [{"kind": "server error", "endpoint": "Invoices", "times": 0}])
    assert stage.sweep()[0].skipped and not stage.mails()
    stage.control("faults", [])
    stage.sweep()
    assert len(stage.mails()) == len(CLIENTS)


def test_one_401_in_the_middle_is_mended_by_a_new_token(open_stage: OpenStage) -> None:
    stage = open_stage()
    stage.control("faults", [{"kind": "expired", "endpoint": "Contacts", "times": 1}])
    assert not stage.sweep()[0].skipped
    assert len(stage.mails()) == len(CLIENTS)
