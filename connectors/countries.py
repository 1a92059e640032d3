"""Countries as people type them into an address, turned into ISO 3166 codes. The table is the CSV file here."""

import csv
from functools import cache
from pathlib import Path


@cache
def country(text: str) -> str:
    """The ISO 3166 two-letter code for a country in words or as a code, or "" when unsure."""
    words = " ".join(text.upper().replace(".", "").split())
    table = _table()
    return table.get(words) or (words if words in table.values() else "")


@cache
def _table() -> dict[str, str]:
    with (Path(__file__).parent / "countries.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file))
    return {row[0]: row[1] for row in rows[1:]}
