"""Xero's words for time zones, turned into IANA names. The table is the CSV file here.

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
