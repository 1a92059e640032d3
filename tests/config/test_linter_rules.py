"""Rules L1 to L14 at `check`: each an error or a warning with its place. The gate: tests/core/test_invariants.py."""

from pathlib import Path

import pytest

from tests.config.helpers import practice
from worker.config.rates import rate_tables
from worker.errors import ConfigError
from worker.wording.check import check_templates
from worker.wording.files import Folders

SANDBOX = "    books: {kind: sandbox}\n"
ORGANISATION = f"organisations:\n  harbour:\n{SANDBOX}"


def ours(setting: str) -> str:
    """A policy with one setting of its own."""
    return f"policies:\n  ours:\n    extends: considerate\n    {setting}\n{ORGANISATION}    policy: ours\n"


ERRORS = {
    "L1": (ours("at most: 11 a month"), "a hard ceiling can only be tightened"),
    "L2": (ours('window: {hours: "07:00-12:00"}'), "08:00"),
    "L3": (
        "policies: {ours: {steps: [{name: nudge, when: 3 days after due}]}}\n" + ORGANISATION + "    policy: ours\n",
        "never ends",
    ),
    "L5": (ORGANISATION + "    terms: pay or we go to court\n", '"court" threatens'),
    "L5 by itself": (
        "policies: {ours: {steps: [{name: final-notice, stage: final, when: 9 days after due, allow: 9 days}]}}\n"
        + ORGANISATION
        + "    policy: ours\n",
        "would go by itself",
    ),
    "L9": (
        ORGANISATION + "    debtor: business\n    law: AU\n    late payment: {interest: yes}\n",
        "there is no statutory interest in AU",
    ),
    "L10": (
        ORGANISATION + "    debtor: business\n    law: US\n    late payment: {interest: yes, clause: 7}\n",
        "the state, such as US-CA",
    ),
    "L10 consumers": (
        ORGANISATION + "    debtor: consumer\n    law: US-CA\n    late payment: {interest: yes, clause: 7}\n",
        "charges for a consumer",
    ),
    "L12": (ORGANISATION + "    debts: assigned\n", "to be collected for somebody else"),
}
WARNINGS = {
    "L1": (ours("at most: 9 a month"), "allows 9 messages in 30 days"),
    "L2": (ours("window: {days: mon-sun}"), "weekends or public holidays"),
    "L11": (ORGANISATION + "    late payment: {interest: yes}\n", "nobody says what kind of debtor"),
    "L13 long": ("retention: {messages: 84 months}\n" + ORGANISATION, "more than six years"),
    "L13 short": ("retention: {messages: 8 weeks}\n" + ORGANISATION, "less than six months"),
}


@pytest.mark.parametrize("rule", ERRORS)
def test_what_is_forbidden_stops_check(tmp_path: Path, rule: str) -> None:
    text, says = ERRORS[rule]
    with pytest.raises(ConfigError) as refused:
        practice(tmp_path, text)
    assert says in str(refused.value)
    assert "config.yaml:" in str(refused.value)


@pytest.mark.parametrize("rule", WARNINGS)
def test_what_is_unwise_is_warned_of_with_its_place(tmp_path: Path, rule: str) -> None:
    text, says = WARNINGS[rule]
    made = practice(tmp_path, text)
    assert any(says in w.found and w.place.startswith("config.yaml:") for w in made.warnings), made.warnings


@pytest.mark.parametrize("kept", ["24 months", "72 months", "6 months"])
def test_L13_what_is_usual_is_not_warned_of(tmp_path: Path, kept: str) -> None:
    assert practice(tmp_path, f"retention: {{messages: {kept}}}\n{ORGANISATION}").warnings == ()


def test_L4_a_hold_that_names_nobody_stops_the_organisation() -> None:
    """Held by the golden text hold-for-nobody; here only that it exists."""
    assert (Path(__file__).parents[1] / "errors" / "hold-for-nobody.txt").is_file()


def test_L6_to_L8_the_rates_are_dated_data_and_end() -> None:
    """No constant in code: a table speaks for the days it names, and for none after."""
    for table in rate_tables().values():
        first = table.base[0][0]
        assert table.on(first) is not None
        assert table.on(table.through.replace(year=table.through.year + 1)) is None
    assert rate_tables()["GB"].points == 8
    assert rate_tables()["DE"].points == 9


def test_L14_a_subject_that_names_an_amount_or_a_client_fails_check(tmp_path: Path) -> None:
    folder = tmp_path / "en"
    folder.mkdir()
    for name in ("net", "payer"):
        text = f"---\nsubject: Invoices for {{{{ {name} }}}}\nstage: after due\npurpose: A test.\n---\nHello.\n"
        (folder / "nudge.md").write_text(text, "utf-8")
        (problem,) = check_templates([tmp_path])
        assert problem.found == f"unknown name '{name}'" or name in problem.found
    shipped = Folders([Path(__file__).parents[2] / "policies" / "wording"])
    for name in shipped.names("en"):
        source = shipped.find("en", name)
        assert source is not None
        assert "payer" not in source.matter["subject"]
