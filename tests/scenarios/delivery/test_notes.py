"""History notes in the books: one per invoice a message moved or thanked for, and only where that was asked for."""

from datetime import timedelta

from tests.scenarios.delivery.conftest import OpenStage
from tests.scenarios.delivery.stage import Stage
from tests.scenarios.delivery.town import TEN, address, uid

WANTED = "    notes in books: yes\n"


def notes(stage: Stage) -> dict[str, list[str]]:
    """What the books' own history holds, by invoice: the sandbox's record, not ours."""
    found: dict[str, list[str]] = {}
    for _, note in stage.running.world.written:
        found.setdefault(note.invoice, []).append(note.details)
    return found


def test_every_letter_leaves_its_note_once(open_stage: OpenStage) -> None:
    stage = open_stage()
    stage.but(extra=WANTED)
    stage.sweep()
    asked = {uid(n) for n in ("INV-0001", "INV-0002", "INV-0003", "INV-0005")}
    assert set(notes(stage)) == asked | {uid("INV-0004")}
    assert all(len(written) == 1 for written in notes(stage).values())
    assert notes(stage)[uid("INV-0004")] == [f"duecourse: thanks sent to {address('cedar')}"]
    before = notes(stage)
    stage.at(TEN + timedelta(hours=2)).sweep()  # a note is no news: nothing more is read into it, sent or noted
    assert notes(stage) == before and len(stage.mails()) == 4


def test_without_being_asked_nothing_is_written_into_the_books(open_stage: OpenStage) -> None:
    stage = open_stage()
    stage.sweep()
    assert len(stage.mails()) == 4 and notes(stage) == {}


def test_a_note_that_fails_takes_no_letter_back(open_stage: OpenStage) -> None:
    stage = open_stage()
    stage.but(extra=WANTED)
    stage.control("faults", {"endpoint": "Invoices", "method": "PUT", "kind": "server error", "times": 0})
    stage.sweep()
    assert len(stage.mails()) == 4
