"""What each reason means: every code has its line, with something to do."""

from scripts.reason_notes import NOTES
from scripts.reference_pages import reason_groups
from worker.core.reasons import SENTENCES


def test_every_reason_says_what_to_do() -> None:
    assert SENTENCES.keys() <= NOTES.keys(), "write a line for it in scripts/reason_notes.py"


def test_every_reason_is_in_one_group() -> None:
    grouped = [code for _, codes in reason_groups() for code in codes]
    assert sorted(grouped) == sorted(SENTENCES)
