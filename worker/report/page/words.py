"""How the page writes things: amounts, days, and names that cannot pretend to be something else."""

import hashlib
import json
import re
import shlex
from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from markupsafe import Markup

from worker.core.plain import one_line, shortened
from worker.report.terminal import amount, counted, day, money

LONGEST = 400
"""Characters of any one text from books or people; what is longer is said to be."""
_NAME = re.compile(r"[^a-z0-9]+")
_SPACES = re.compile(r"( *)([^ ]+)")


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
    """A text of several lines, each of them clean; columns made of spaces stay columns."""
    return "\n".join(_SPACES.sub(_kept, line) for line in text.split("\n"))


def _kept(part: re.Match[str]) -> str:
    return part[1] + one_line(part[2])


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
    return f"{value.astimezone(ZoneInfo(zone)):%-d %b %Y %H:%M}"


def each(totals: Mapping[str, Decimal]) -> list[str]:
    """`GBP 1,234.50`, one text a currency; what is nothing is left out unless all is."""
    found = {c: v for c, v in totals.items() if v} or dict(list(totals.items())[:1])
    return [money({c: v}) for c, v in sorted(found.items())]


def exact(value: Decimal | int, currency: str) -> str:
    """An amount, also when it is nothing at all."""
    return amount(Decimal(value), currency)


def compact(value: Decimal) -> str:
    """`12.3k`, where there is room for a few characters only."""
    size = float(value)
    for least, unit in ((1e9, "bn"), (1e6, "m"), (1e3, "k")):
        if size >= least:
            return f"{size / least:.3g}{unit}" if size / least < 1000 else f"{size / least:.0f}{unit}"
    return f"{size:.0f}"


def moment(value: datetime) -> str:
    """`10 Mar 2026 09:50`, on the clock it carries."""
    return f"{value:%-d %b %Y %H:%M}"


def quoted(text: str) -> str:
    """As YAML takes it."""
    return json.dumps(fit(text, 120), ensure_ascii=False)


def sh(text: str) -> str:
    """As a shell takes it."""
    return shlex.quote(fit(text, 120))


def capitalised(text: str) -> str:
    """With a capital first letter."""
    return text[:1].upper() + text[1:]


def typed(command: str, again: str) -> str:
    """A command as it is typed here: with the options that make it work as it stands."""
    head, gap, tail = command.partition("  (")
    return f"{head}{again}{gap}{tail}"


FILTERS = {
    "capitalised": capitalised,
    "compact": compact,
    "exact": exact,
    "local": when,
    "moment": moment,
    "quoted": quoted,
    "sh": sh,
    "typed": typed,
    "day": day,
    "short_day": short_day,
    "long_day": long_day,
    "money": money,
    "each": each,
    "amount": amount,
    "counted": counted,
    "fit": fit,
}
