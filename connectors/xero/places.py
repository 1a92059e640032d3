"""Xero's words for time zones and countries, turned into IANA names and ISO codes. The tables are the CSV files here.

Xero writes Windows zone ids in capitals without spaces; the counterparts follow the Unicode CLDR Windows-zone table
(unicode.org/cldr, windowsZones, territory 001), with the two ids it lacks added by meaning.
"""

import csv
from functools import cache
from pathlib import Path


@cache
def _table(name: str) -> dict[str, str]:
    with (Path(__file__).parent / name).open(encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file))
    return {row[0]: row[1] for row in rows[1:]}


def zone(text: str) -> str:
    """The IANA name for Xero's `Timezone`, or "" when it is not known."""
    return _table("zones.csv").get("".join(c for c in text.upper() if c.isalnum() or c == "+"), "")


@cache
def country(text: str) -> str:
    """The ISO 3166 code for a country as people type it into an address, or "" when unsure."""
    words = " ".join(text.upper().replace(".", "").split())
    table = _table("countries.csv")
    return table.get(words) or (words if words in table.values() else "")
