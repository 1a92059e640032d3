"""simulate on the command line: the config's policy, another's, and what changes; nothing is written."""

from tests.e2e.conftest import Office

LATER = """\
description: Later.
extends: considerate
steps:
  - name: nudge
    when: 15 business days after payment run
    when unknown: 15 business days after due
"""


def test_a_course_is_the_same_twice_and_leaves_nothing(office: Office) -> None:
    office("run")
    before = office("status", "--json").data
    first, second = (office("simulate", "--days", "30", "--json") for _ in range(2))
    assert first.code == 0, first.err
    assert first.out == second.out
    (one,) = first.data["organisations"]
    (course,) = one["courses"]
    assert (one["from"], one["to"], course["policy"]) == ("2026-03-10", "2026-04-08", "considerate")
    assert course["reminders"] == sum(m["kind"] == "reminder" for m in course["messages"]) > 0
    assert course["new_invoices"] > 0
    assert office.letters == []
    assert office("status", "--json").data == before


def test_another_policy_from_a_file_and_what_it_changes(office: Office) -> None:
    office("run")
    mine = office.folder / "tighter.yaml"
    mine.write_text(LATER)
    answer = office("simulate", "--days", "30", "--against", str(mine))
    assert answer.code == 0, answer.err
    assert "With tighter instead of considerate: " in answer.out
    data = office("simulate", "--days", "30", "--against", str(mine), "--json").data
    (one,) = data["organisations"]
    first, second = one["courses"]
    assert data["changes"]["more"] - data["changes"]["fewer"] == second["reminders"] - first["reminders"]
    assert one["changes"]["by_client"]
    assert "nothing changes." in office("simulate", "--days", "10", "--against", "considerate").out


def test_a_policy_that_is_wrong_is_explained(office: Office) -> None:
    answer = office("simulate", "--policy", "considerat")
    assert answer.code == 2
    assert 'there is no policy "considerat"' in answer.err
    wrong = office.folder / "wrong.yaml"
    wrong.write_text("description: x\nextends: base\nsteps: [{name: a, whn: 3 days after due}]\n")
    answer = office("simulate", "--policy", str(wrong))
    assert answer.code == 2
    assert "wrong.yaml:3" in answer.err
