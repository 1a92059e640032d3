"""How the page writes things: amounts, days, and names that cannot pretend to be something else."""

import hashlib
import re
from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from markupsafe import Markup

from worker.core.plain import one_line, shortened
from worker.report.terminal import amount, counted, day, money

LONGEST = 400
"""Characters of any one text from books or people; what is longer is said to be."""
_NAME = re.compile(r"[^a-z0-9]+")


def fit(text: object, limit: int = LONGEST) -> str:
    """One visible line of bounded length."""
    return shortened(one_line(str(text)[: 8 * limit]), limit)


def cleaned(value: Any) -> Any:
    """What every value on the page passes: text without control, invisible or reordering characters, of any length
    only where it was marked as safe before."""
    if isinstance(value, Markup) or not isinstance(value, str):
        return value
    if value.isascii() and value.isprintable():
        return value if len(value) <= 4 * LONGEST else fit(value, 4 * LONGEST)
    return fit(value, 4 * LONGEST)


def lines(text: str) -> str:
    """A text of several lines, each of them clean."""
    return "\n".join(one_line(line) if line.strip() else "" for line in text.split("\n"))


def file_name(name: str, id_: str) -> str:
    """A name for a file that says whose it is and is nobody else's: `harbour-hotel-1a2b3c4d.html`."""
    plain = _NAME.sub("-", name.casefold())[:40].strip("-")
    return f"{plain or 'client'}-{hashlib.sha256(id_.encode()).hexdigest()[:8]}.html"


def folder_name(name: str) -> str:
    """The folder of one firm, from its name in the config."""
    plain = _NAME.sub("-", name.casefold()).strip("-")[:60]
    same = plain == name
    return plain if same else f"{plain or 'firm'}-{hashlib.sha256(name.encode()).hexdigest()[:6]}"


def short_day(value: date | None) -> str:
    """`10 Mar`."""
    return f"{value:%-d %b}" if value else ""


def long_day(value: date) -> str:
    """`Tuesday 10 March 2026`."""
    return f"{value:%A %-d %B %Y}"


def when(value: datetime, zone: str) -> str:
    """`10 Mar 2026 09:50`, local to a zone."""
    from zoneinfo import ZoneInfo

    return f"{value.astimezone(ZoneInfo(zone)):%-d %b %Y %H:%M}"


def each(totals: Mapping[str, Decimal]) -> list[str]:
    """`GBP 1,234.50`, one text a currency; what is nothing is left out unless all is."""
    found = {c: v for c, v in totals.items() if v} or dict(list(totals.items())[:1])
    return [money({c: v}) for c, v in sorted(found.items())]


FILTERS = {
    "day": day,
    "short_day": short_day,
    "long_day": long_day,
    "money": money,
    "each": each,
    "amount": amount,
    "counted": counted,
    "fit": fit,
}
