"""Xero's two kinds of date in JSON. PURE.

`/Date(ms)/` and `/Date(ms+hhmm)/` count milliseconds since 1970 in UTC. For a *calendar date* (invoice date, due date,
payment date) that instant is midnight of the organisation's own date, written as if it were UTC, so the date must never
pass through a zone; an offset that is not zero is added first. For a *timestamp* the instant is the milliseconds and
the offset says nothing. Source: developer.xero.com, "Dates and timestamps"; the samples of Xero's OpenAPI file.
"""

import re
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MS_DATE = re.compile(r"/Date\((-?\d{1,18})(?:([+-])(\d\d)(\d\d))?\)/")


@lru_cache(maxsize=8192)
def day(text: str) -> date:
    """A calendar date from `/Date(..)/` or `2026-01-31T00:00:00`. Raises ValueError."""
    found = _MS_DATE.fullmatch(text)
    if not found:
        return date.fromisoformat(text[:10])
    ms, sign, hours, minutes = found.groups()
    offset = timedelta(hours=int(hours or 0), minutes=int(minutes or 0))
    return _at(int(ms), -offset if sign == "-" else offset).date()


def instant(text: str) -> datetime:
    """A UTC instant from `/Date(..)/` or `2026-01-31T08:15:30[.fff][Z]`. Raises ValueError."""
    found = _MS_DATE.fullmatch(text)
    if found:
        return _at(int(found[1]), timedelta())
    moment = datetime.fromisoformat(text)
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def stamp(moment: datetime) -> str:
    """For `If-Modified-Since`: UTC to the second, with no offset, the one form Xero never misreads."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S")


def literal(value: date) -> str:
    """A date inside a `where` expression."""
    return f"DateTime({value.year}, {value.month:02d}, {value.day:02d})"


def _at(ms: int, offset: timedelta) -> datetime:
    try:
        return _EPOCH + timedelta(milliseconds=ms) + offset
    except OverflowError:
        raise ValueError(f"no such date: {ms} ms") from None
