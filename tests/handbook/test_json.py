"""The JSON Schemas in docs/reference are what the commands print, and say so of every key."""

import json
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from tests.e2e.conftest import Office
from tests.handbook.pages import ROOT
from tests.json_shapes import hold
from worker.report.schemas import ANSWERS

ASKED = {
    "run": ["preview", "--json"],
    "explain": ["explain", "Stonebridge Motors", "--json"],
    "status": ["status", "--json"],
    "history": ["history", "Stonebridge Motors", "--json"],
    "runs": ["runs", "--json"],
    "runs-score": ["runs", "--score", "--json"],
    "forecast": ["forecast", "--json"],
    "simulate": ["simulate", "--days", "7", "--against", "gentle", "--json"],
    "digest": ["digest", "--json"],
    "usage": ["usage", "--json", "--days"],
    "connections": ["connections", "--json"],
}
"""Those that need nothing but a company; all others are held to their shapes where they are tested."""


def schema(name: str) -> Any:
    return json.loads((ROOT / f"docs/reference/{name}.schema.json").read_text("utf-8"))


@pytest.mark.parametrize("name", ASKED)
def test_an_answer_keeps_to_its_schema(name: str, practised: Office) -> None:
    answer = practised(*ASKED[name])
    Draft202012Validator(schema(name)).validate(answer.data)


def test_every_schema_is_one() -> None:
    for name in ANSWERS:
        Draft202012Validator.check_schema(schema(name))


@pytest.mark.parametrize("wrong", [{"unknown": 1}, {"schema": 2}, {"organisations": "none"}])
def test_an_answer_that_is_not_as_documented_is_found(wrong: dict[str, object], practised: Office) -> None:
    data = practised("runs", "--json").data
    with pytest.raises((AssertionError, ValueError)):
        hold("runs", json.dumps(data | wrong))


def test_every_command_with_json_is_documented() -> None:
    from scripts.reference_pages import all_commands

    asking = {
        n.replace(" ", "-") for n, made in all_commands().items() if any(p.name == "as_json" for p in made.params)
    }
    assert {"run" if n == "preview" else n for n in asking} == set(ANSWERS) - {
        "history-verify",
        "runs-score",
        "digest-sent",
    }
