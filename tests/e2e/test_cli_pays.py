"""A new client is welcomed once, its answer is recorded, and what it said is the best evidence there is."""

import pytest

from tests.e2e.conftest import Office

CLIENT = "Calder Mills"


def settled(office: Office, name: str = "payment run") -> list[str]:
    """What explain says under a heading of `Settled`."""
    out = office("explain", CLIENT).out
    return [line.strip() for line in out.splitlines() if line.strip().startswith(name)]


def test_what_a_client_said_is_recorded_used_and_taken_back(office: Office) -> None:
    before = settled(office)
    answer = office("pays", CLIENT, "last friday", "--cut-off", "3 business days")
    assert answer.code == 0, answer.err
    assert "pays last friday" in answer.out
    assert f'duecourse pays "{CLIENT}" --over' in answer.out
    assert 'pays: "last friday", cut-off: 3 business days' in answer.out
    (line,) = settled(office)
    assert "last Friday of the month" in line
    assert "recorded 2026-03-10" in line
    known = {c["name"]: c for c in office("runs", "--json").data["organisations"][0]["clients"]}
    assert known[CLIENT]["source"] == "written"
    assert known[CLIENT]["stated"] is True
    assert known[CLIENT]["runs"][0] == {"run": "2026-03-27", "cut_off": "2026-03-24"}
    assert office("pays", CLIENT, "--over").code == 0
    assert settled(office) == before


def test_the_later_answer_counts_and_unstated_runs_are_not_quoted(office: Office) -> None:
    assert office("pays", CLIENT, "fridays").code == 0
    assert office("pays", CLIENT, "thursdays", "--unstated").code == 0
    known = {c["name"]: c for c in office("runs", "--json").data["organisations"][0]["clients"]}
    assert known[CLIENT]["runs"][0]["run"] == "2026-03-12"
    assert known[CLIENT]["stated"] is False


def test_what_a_file_says_is_changed_in_the_file(office: Office) -> None:
    office.write(more=f"    clients: [{{client: {CLIENT}, pays: fridays}}]\n")
    refused = office("pays", CLIENT, "thursdays")
    assert refused.code == 2
    assert "is written at config.yaml:" in refused.err
    assert "change it there" in refused.err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([], "needs the run, or --over"),
        (["fridays", "--over"], "needs the run, or --over"),
        (["someday soon"], '"someday soon" is not a payment cycle'),
        (["fridays", "--cut-off", "soonish"], '"soonish" is not'),
        (["--over"], "no payment run"),
    ],
)
def test_what_cannot_be_used_changes_nothing(office: Office, words: list[str], said: str) -> None:
    answer = office("pays", CLIENT, *words)
    assert answer.code == 2
    assert said in answer.err
