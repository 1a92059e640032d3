"""plan: put on record, seen by the next decision, pasted into the config, and taken back."""

import re

import pytest

from tests.e2e.conftest import Office
from tests.e2e.test_cli_records import CLIENT, number_of


def codes(office: Office, number: str) -> set[str]:
    """The reason codes of one invoice."""
    data = office("explain", number, "--json").data
    return {s["reason"]["code"] for s in data["standings"] if s["number"] == number}


def test_a_plan_is_made_of_equal_parts_and_can_be_taken_back(office: Office) -> None:
    number = number_of(office)
    answer = office("plan", CLIENT, "--number", "3", "--first", "2026-04-01", "--invoice", number)
    assert answer.code == 0, answer.err
    assert f"{CLIENT} pays {number} in 3 instalments" in answer.out
    assert len(re.findall(r"on 2026-\d\d-\d\d", answer.out.partition("to undo")[0])) == 3
    assert codes(office, number) == {"plan"}
    over = office("plan", CLIENT, "--over")
    assert over.code == 0
    assert "plan" not in codes(office, number)
    again = re.search(r"to undo: +duecourse (plan .*)", over.out)
    assert again is not None
    assert again[1].count("--instalment") == 3


def test_a_plan_written_in_the_config_does_the_same(office: Office) -> None:
    number = number_of(office)
    answer = office("plan", CLIENT, "--number", "2", "--first", "2026-04-01", "--invoice", number)
    (pasted,) = re.findall(r"in the config.*?: (plans: .*)", answer.out)
    office("plan", CLIENT, "--over")
    office.write(more=f"    {pasted}\n")
    assert office("check").code == 0
    assert codes(office, number) == {"plan"}
    still = office("plan", CLIENT, "--over")
    assert still.code == 1
    assert "is still in force" in still.out


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--over",), "has no plan on record"),
        (("--over", "--number", "3"), "--over alone"),
        (("--instalment", "soon"), "500.00 on 2026-03-31"),
        (("--instalment", "1.00 on 2026-04-01"), "the instalments come to 1.00"),
        (("--number", "3", "--instalment", "1.00 on 2026-04-01"), "leave one out"),
        (("--first", "2026-01-01"), "an instalment in the past"),
    ],
)
def test_what_cannot_be_agreed_changes_nothing(office: Office, words: tuple[str, ...], said: str) -> None:
    number = number_of(office)
    named = () if "--over" in words else ("--invoice", number)
    answer = office("plan", CLIENT, *words, *named)
    assert answer.code == 2
    assert said in answer.err + answer.out
    assert "plan" not in codes(office, number)
