"""Public holidays by country and region, as core calendars. The only place that knows the `holidays` package."""

from __future__ import annotations

import difflib
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from functools import lru_cache
from threading import Lock
from types import ModuleType

from worker.core.workdays import Calendar

_COUNTRIES = "holidays.countries"
_ALONE = Lock()


def calendar_for(country: str | None, region: str | None = None, *, years: range) -> Calendar:
    """The weekend and public holidays of a country (ISO 3166-1, such as GB) and region (ISO 3166-2 part, such as SCT).

    `years`: the calendar years to cover; holidays outside them are not in the answer. Names are English where the
    package has them. None gives Saturdays and Sundays only. Raises ValueError, with the nearest codes, for an unknown
    country or region, and when `years` is empty.
    """
    if country is None:
        if region is not None:
            raise ValueError(f"region {region} needs a country: write for example country: GB, region: {region}")
        return Calendar()
    if not years:
        raise ValueError("a calendar needs at least one year")
    return _calendar(country.strip().upper(), region.strip().upper() if region else None, years)


@lru_cache(maxsize=512)
def _calendar(country: str, region: str | None, years: range) -> Calendar:
    import holidays  # time that previews without a country need not pay
    from holidays.registry import EntityLoader

    # The public list of countries with their regions would import every country there is.
    known = list(EntityLoader.get_country_codes(include_aliases=True))
    if country not in known:
        raise ValueError(_unknown("country", country, known, "an ISO 3166 code such as GB, US or DE"))
    with _no_other_country(holidays):
        codes = list(getattr(holidays, country).subdivisions)
    regions = {code.upper(): code for code in codes}
    subdivision = regions.get(region) if region else None
    if region and subdivision is None:
        listed = ", ".join(sorted(codes)) or "none: leave the region out"
        raise ValueError(_unknown(f"region of {country}", region, codes, f"one of {listed}"))
    found = holidays.country_holidays(country, subdiv=subdivision, years=years, language="en_US")
    named: dict[date, str] = dict(sorted(found.items()))
    return Calendar(frozenset(found.weekend), named)


@contextmanager
def _no_other_country(holidays: ModuleType) -> Iterator[None]:
    """Meanwhile a country is imported by itself. Its package would import all 250: a tenth of a small run, 10 MiB.

    For the length of one import a bare package with the same folder stands in; the real one can be imported later.
    """
    with _ALONE:
        if _COUNTRIES in sys.modules:
            yield
            return
        bare = ModuleType(_COUNTRIES)
        bare.__path__ = [f"{folder}/countries" for folder in holidays.__path__]
        sys.modules[_COUNTRIES] = bare
        try:
            yield
        finally:
            del sys.modules[_COUNTRIES]


def _unknown(what: str, code: str, known: list[str], expected: str) -> str:
    close = difflib.get_close_matches(code.upper(), known, n=3, cutoff=0.5)
    guess = f" Did you mean {' or '.join(close)}?" if close else ""
    return f'no public holidays are known for {what} "{code}": expected {expected}.{guess}'
