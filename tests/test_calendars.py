"""Public holidays by country and region."""

from __future__ import annotations

import subprocess
import sys
from datetime import date

import pytest

from worker.calendars import calendar_for
from worker.core.workdays import Calendar

YEARS = range(2025, 2028)


def test_countries_and_regions() -> None:
    england, scotland = calendar_for("GB", "ENG", years=YEARS), calendar_for("gb", "sct", years=YEARS)
    assert england.why_closed(date(2026, 12, 25)) == "Christmas Day"
    assert england.why_closed(date(2026, 4, 6)) == "Easter Monday"
    assert scotland.is_business_day(date(2026, 4, 6))
    assert not scotland.is_business_day(date(2026, 1, 2))
    assert calendar_for("FR", years=YEARS).why_closed(date(2026, 7, 14)) == "National Day"


def test_only_the_years_asked_for_are_there() -> None:
    days = calendar_for("GB", years=range(2026, 2027)).holidays
    assert {day.year for day in days} == {2026}


def test_weekends_are_the_country_s_own() -> None:
    assert calendar_for("SA", years=YEARS).weekend == frozenset({4, 5})


def test_no_country_means_weekends_only() -> None:
    assert calendar_for(None, years=YEARS) == Calendar()


def test_the_answer_is_kept() -> None:
    assert calendar_for("DE", "BY", years=YEARS) is calendar_for("de", "by", years=YEARS)


@pytest.mark.parametrize(
    ("country", "region", "message"),
    [
        ("GBP", None, r'country "GBP": expected an ISO 3166 code such as GB, US or DE. Did you mean .*GB'),
        ("", None, 'country ""'),
        ("GB", "SCOT", r'region of GB "SCOT": expected one of ENG, NIR, SCT, WLS. Did you mean SCT\?'),
        (None, "SCT", "region SCT needs a country"),
    ],
)
def test_unknown_places_are_named_with_the_nearest(country: str | None, region: str | None, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        calendar_for(country, region, years=YEARS)


def test_a_calendar_needs_years() -> None:
    with pytest.raises(ValueError, match="at least one year"):
        calendar_for("GB", years=range(0))


def test_the_package_is_loaded_only_when_needed() -> None:
    check = (
        "import sys, worker.calendars as c; c.calendar_for(None, years=range(1)); sys.exit('holidays' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", check], check=False).returncode == 0
