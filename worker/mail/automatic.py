"""Automatic answers: recognised by their headers (RFC 3834 and what programs really write), and what they say."""

import re
import unicodedata
from collections.abc import Mapping
from datetime import date, timedelta
from functools import cache

LANGUAGES = ("en", "fr", "de", "es", "nl")
FURTHEST = timedelta(days=90)
"""An absence that would last longer than this was misread."""

_GONE = re.compile(
    r"no longer (?:work|employ|with|at|part|active|in use|monitored)|(?:has|have) left (?:the|our|us)\b"
    r"|nicht mehr (?:für|bei|im|in|aktiv|tätig|erreichbar)|arbeitet nicht mehr|ausgeschieden"
    r"|ne travaille plus|a quitté|ne fait plus partie|n'est plus|ya no (?:trabaja|forma)|ha dejado"
    r"|niet (?:meer|langer) (?:werkzaam|in dienst|actief)|werkt niet (?:meer|langer)",
    re.IGNORECASE,
)


def is_automatic(headers: Mapping[str, str]) -> bool:
    """Whether no person wrote it. `headers`: names in lower case."""
    submitted = headers.get("auto-submitted", "no").split(";")[0].strip().lower()
    if submitted not in {"no", ""}:
        return True
    if any(name in headers for name in ("x-autoreply", "x-autorespond", "x-auto-reply", "list-id")):
        return True
    return headers.get("precedence", "").strip().lower() in {"auto_reply", "bulk", "junk", "list"}


def says_gone(text: str) -> bool:
    """Whether an automatic answer says that its owner no longer works there."""
    return bool(_GONE.search(" ".join(text.split())))


def away_until(text: str, received: date) -> date | None:
    """The last day of an absence: the latest date it names from the day it came, within FURTHEST; None without one."""
    named = (d for d in _dates(text, received) if received <= d <= received + FURTHEST)
    return max(named, default=None)


_ISO = re.compile(r"\b(\d{4})-(\d{2})-(\d{2})\b")
_NUMBERS = re.compile(r"\b(\d{1,2})([./-])(\d{1,2})(?:\2(\d{4}|\d{2})|(?<=/\d)|(?<=/\d\d))(?![\d/])")
_DAY_MONTH = re.compile(
    r"\b(\d{1,2})(?:st|nd|rd|th|er|e|\.)?\s+(?:de |of )?([^\W\d_]{3,})\.?,?(?:\s+(?:de |del )?(\d{4}))?"
)
_MONTH_DAY = re.compile(r"\b([^\W\d_]{3,})\.?\s+(\d{1,2})(?:st|nd|rd|th)?\b(?!\s*[:.]\d)(?:,?\s+(\d{4}))?")


def _dates(text: str, received: date) -> list[date]:
    plain = _folded(text)
    found: list[date | None] = [_day(int(y), int(m), int(d)) for y, m, d in _ISO.findall(plain)]
    for first, mark, second, year in _NUMBERS.findall(plain):
        readings = [(int(second), int(first))]  # day first, as most of the world writes it
        if mark == "/":
            readings.append((int(first), int(second)))
        found += [_near(month, day, year, received) for month, day in readings]
    months = _months()
    for day, word, year in _DAY_MONTH.findall(plain):
        if word in months:
            found.append(_near(months[word], int(day), year, received))
    for word, day, year in _MONTH_DAY.findall(plain):
        if word in months:
            found.append(_near(months[word], int(day), year, received))
    return [d for d in found if d is not None]


def _near(month: int, day: int, year: str, received: date) -> date | None:
    """A date without a year is the next one from the day the mail came."""
    if year:
        return _day(int(year) + (2000 if len(year) == 2 else 0), month, day)
    this = _day(received.year, month, day)
    return _day(received.year + 1, month, day) if this is not None and this < received else this


def _day(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _folded(text: str) -> str:
    decomposed = unicodedata.normalize("NFKD", text.lower())
    return "".join(c for c in decomposed if not unicodedata.combining(c))


@cache
def _months() -> dict[str, int]:
    """Month names, wide and short, in every language duecourse writes."""
    from babel.dates import get_month_names

    found: dict[str, int] = {}
    for language in LANGUAGES:
        for width in ("wide", "abbreviated"):
            names = get_month_names(width, locale=language)
            found |= {_folded(str(names[n])).rstrip("."): n for n in range(1, 13)}
    return {name: n for name, n in found.items() if len(name) >= 3}
