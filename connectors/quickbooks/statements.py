"""QuickBooks' query language, as much of it as we speak. PURE. Source: Intuit's page "Data queries".

One SELECT of one entity; conditions joined with AND; values quoted, with a backslash before a quote; an explicit
MAXRESULTS, because the server would silently stop at 100; STARTPOSITION counts from 1.
"""

from collections.abc import Iterable
from datetime import date, datetime

PAGE = 1000
"""Rows in one answer at most; Intuit, "Data queries"."""

UPDATED = "MetaData.LastUpdatedTime"
EVERYBODY = "Active IN (true, false)"
OPEN = "Balance > '0'"


def quoted(text: str) -> str:
    """A value in quotes."""
    escaped = text.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"


def since(moment: str) -> str:
    """Changed at or after an instant, in QuickBooks' own spelling of it."""
    return f"{UPDATED} >= {quoted(moment)}"


def ids(found: Iterable[str]) -> str:
    """Any of these ids."""
    return f"Id IN ({', '.join(quoted(i) for i in found)})"


def from_day(day: date) -> str:
    """Dated on or after a day."""
    return f"TxnDate >= {quoted(day.isoformat())}"


def stamp(moment: datetime) -> str:
    """An aware instant as QuickBooks takes it, to the second."""
    return moment.replace(microsecond=0).isoformat()


def select(entity: str, where: Iterable[str], start: int = 1, most: int = PAGE) -> str:
    """Rows of an entity, oldest change first."""
    return f"SELECT * FROM {entity}{_where(where)} ORDERBY {UPDATED} STARTPOSITION {start} MAXRESULTS {most}"  # noqa: S608


def count(entity: str, where: Iterable[str]) -> str:
    """How many rows there are."""
    return f"SELECT COUNT(*) FROM {entity}{_where(where)}"  # noqa: S608


def _where(conditions: Iterable[str]) -> str:
    joined = " AND ".join(c for c in conditions if c)
    return f" WHERE {joined}" if joined else ""
