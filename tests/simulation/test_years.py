"""Eight presets, five languages, a simulated year: every sweep under `Watch`, and the table in the docs true to it."""

from pathlib import Path

import pytest

from tests.config.helpers import practice
from tests.e2e.conftest import NOW, Office, office, story  # noqa: F401 - fixtures
from tests.simulation.years import HEAD, LANGUAGES, MOMENT, PRESETS, ROOT, YEAR, demo_config, played, row
from worker.errors import ConfigError


def test_a_quarter_of_one_preset_in_one_language(office: Office) -> None:  # noqa: F811
    office.write(more="    policy: considerate\n    what happens next: We will decide.\n")
    office("run", "--json")
    watch, found = played(office.config, NOW, 92, ("nl",))
    assert found.reminders >= 10
    assert found.reminders <= watch.rendered["nl"] == found.reminders + found.thanks


def test_the_eighth_has_no_ladder_of_its_own_and_is_not_taken_for_a_policy(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="never ends"):
        practice(tmp_path, "organisations: {harbour: {books: {kind: sandbox}, policy: base}}\n")


@pytest.mark.matrix
@pytest.mark.parametrize("preset", PRESETS)
def test_a_year_of_a_preset_in_every_language(preset: str, tmp_path: Path) -> None:
    watch, found = played(demo_config(tmp_path, preset), MOMENT, YEAR, LANGUAGES)
    assert set(watch.rendered) == set(LANGUAGES)
    table = (ROOT / "docs" / "bookkeeper" / "presets.md").read_text(encoding="utf-8")
    assert row(preset, found) in table, f"out of date: python tests/simulation/years.py\n{row(preset, found)}"


def test_the_docs_hold_a_row_of_every_preset() -> None:
    table = (ROOT / "docs" / "bookkeeper" / "presets.md").read_text(encoding="utf-8")
    assert "\n".join(HEAD) in table
    assert [preset for preset in PRESETS if f"| {preset} |" not in table] == []
