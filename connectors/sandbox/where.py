"""The filter and order languages of the Accounting API, as far as its pages call them optimised.

Comparisons joined with AND (or &&). ``OR`` is refused: it keeps callers on the csv parameters the platform recommends.
"""

import re
from collections.abc import Callable
from datetime import UTC, datetime
from functools import lru_cache
from operator import eq, ge, gt, le, lt, ne
from typing import Any

Row = dict[str, Any]
_TERM = re.compile(
    r"""\s*(?P<field>[A-Za-z.]+)\s*(?P<op>==|!=|>=|<=|=|>|<)\s*
    (?: "(?P<text>[^"]*)" | [Gg]uid\(\s*"(?P<guid>[^"]*)"\s*\)
      | DateTime\(\s*(?P<date>\d{4}\s*,\s*\d{1,2}\s*,\s*\d{1,2})[\s,\d]*\)
      | (?P<number>-?\d+(?:\.\d+)?)[mM]? | (?P<word>true|false|null) )\s*""",
    re.VERBOSE,
)
_OPERATORS: dict[str, Callable[[Any, Any], bool]] = {
    "==": eq, "=": eq, "!=": ne, ">": gt, ">=": ge, "<": lt, "<=": le,
}  # fmt: skip
_MS_DATE = re.compile(r"/Date\((-?\d+)(?:[+-]\d{4})?\)/")
_SPELT: dict[str, str] = {}
"""How a field was last spelt, by its name in lower case: looked for first, since rows of one kind are alike."""
Test = Callable[[Row], bool]


class QueryError(ValueError):
    """A filter or order that the platform would answer with 400."""


def parse(text: str, fields: frozenset[str]) -> Test:
    """A test of rows for a ``where`` text; ``fields`` are the names this endpoint can filter on (lower case)."""
    tests: list[Test] = []
    rest = text
    while True:
        found = _TERM.match(rest)
        if not found:
            raise QueryError(f"cannot read the filter from {rest!r}; expected Field == value terms joined with AND")
        tests.append(_test(found, fields))
        rest = rest[found.end() :]
        if not rest:
            return lambda row: all(test(row) for test in tests)
        joined = re.match(r"(AND\b|&&)", rest, re.IGNORECASE)
        if not joined:
            raise QueryError(f"expected AND or && before {rest!r}")
        rest = rest[joined.end() :]


def _test(found: re.Match[str], fields: frozenset[str]) -> Test:
    path = found["field"].lower()
    if path not in fields:
        raise QueryError(f"no property or field {found['field']!r} to filter on here")
    compare, wanted = _OPERATORS[found["op"]], _literal(found)

    def test(row: Row) -> bool:
        value = look(row, path)
        if value is None or wanted is None:
            return compare in {eq, ne} and compare(value, wanted)
        if isinstance(wanted, str) and found["guid"]:
            value = str(value).lower()
        try:
            return compare(value, wanted)
        except TypeError as error:
            raise QueryError(f"operator {found['op']} does not fit {found['field']}") from error

    return test


def _literal(found: re.Match[str]) -> Any:
    if found["date"]:
        year, month, day = (int(part) for part in found["date"].split(","))
        try:
            return datetime(year, month, day, tzinfo=UTC)
        except ValueError as error:
            raise QueryError(f"no such date: DateTime({found['date']})") from error
    if found["number"]:
        return float(found["number"])
    if found["word"]:
        return {"true": True, "false": False, "null": None}[found["word"]]
    return found["guid"].lower() if found["guid"] else found["text"]


def look(row: Row, path: str) -> Any:
    """The value at a dotted path (lower case), platform dates as instants; None when it is not there."""
    value: Any = row
    for part in path.split("."):
        if not isinstance(value, dict):
            return None
        name = _SPELT.get(part)
        if name not in value:
            name = next((name for name in value if name.lower() == part), None)
            if name is None:
                return None
            _SPELT[part] = name
        value = value[name]
    return _moment(value) if isinstance(value, str) and value.startswith("/Date(") else value


@lru_cache(maxsize=1 << 16)
def _moment(text: str) -> datetime | str:
    found = _MS_DATE.fullmatch(text)
    return datetime.fromtimestamp(int(found[1]) / 1000, UTC) if found else text


def order(rows: list[Row], text: str, fields: frozenset[str]) -> list[Row]:
    """Rows sorted by ``Field``, ``Field DESC`` or several of them with commas; rows without the field come first."""
    for part in reversed(text.split(",")):
        name, _, direction = part.strip().partition(" ")
        if name.lower() not in fields or direction.strip().upper() not in {"", "ASC", "DESC"}:
            raise QueryError(f"cannot order by {part.strip()!r}")

        def key(row: Row, path: str = name.lower()) -> tuple[bool, Any]:
            value = look(row, path)
            return (value is not None, "" if value is None else value)

        rows = sorted(rows, key=key, reverse=direction.strip().upper() == "DESC")
    return rows
