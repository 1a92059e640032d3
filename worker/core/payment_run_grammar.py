"""How a person writes a client's payment cycle: `pays:`, `cut-off:` and `takes:`.

    pays    = [ number "business day(s)" ( "after" | "before" ) ] days { suffix }
    days    = weekdays | month days | "every" [ "other" | number ] ( "week(s)" | "month(s)" ) "on" ... | "every" ...
    suffix  = "from" date | ( "only" | "of" ) months
            | "or" ( "previous business day" | "next business day" | "skipped" )

Commas, "and" and dashes between days of a month mean the same; a dash between weekdays or months is a range.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from worker.core.payment_rule import DayOfMonth, Monthly, Roll, RunRule, Unit, Weekly
from worker.core.phrases import (
    MONTHS,
    WEEKDAYS,
    GrammarProblem,
    Reader,
    Unreadable,
    iso_date,
    month_of,
    ordinal_of,
    respelled,
    tokens,
    weekday_of,
)

EXAMPLES = (
    "last friday",
    "15th and last day",
    "monday and thursday",
    "every other thursday from 2026-01-08",
    "3 business days after 2nd tuesday",
    "every 2 months on the 15th",
    "25th, or previous business day",
)
_WORDS = (
    "every other weeks months on the of month day days business after before from only or previous next skipped and "
    "last weekly fortnightly monthly quarterly first second third fourth fifth end"
)
_VOCABULARY = (*WEEKDAYS, *(f"{name}s" for name in WEEKDAYS), *MONTHS, *_WORDS.split())
_PERIODS = {"weekly": ("week", 1), "fortnightly": ("week", 2), "monthly": ("month", 1), "quarterly": ("month", 3)}
_BUSINESS = ("business", "working", "bank", "banking")


def parse_pays(text: str) -> RunRule:
    """Read a payment cycle such as "last friday"; capitals and spaces do not matter.

    Raises GrammarProblem with what was found, examples that work, and the nearest readable phrase if one is close.
    """
    try:
        return _pays(Reader(tokens(text)))
    except Unreadable as problem:
        raise GrammarProblem("a payment cycle", text, EXAMPLES, _nearest(text), str(problem)) from None
    except ValueError as problem:  # read, but no such cycle exists: nothing to guess
        raise GrammarProblem("a payment cycle", text, EXAMPLES, why=str(problem)) from None


def _nearest(text: str) -> str | None:
    mended = respelled(text, _VOCABULARY)
    try:
        return _pays(Reader(tokens(mended))).words()
    except (Unreadable, ValueError):
        close = difflib.get_close_matches(mended, EXAMPLES, n=1, cutoff=0.75)
        return close[0] if close and "-" not in text else None  # an example's date is never what was meant


def _pays(reader: Reader) -> RunRule:
    shift = _shift(reader)
    unit, every = _period(reader)
    reader.take("on")
    reader.take("the")
    parts = _Suffixes()
    if unit != "month" and weekday_of(reader.peek()) is not None:
        weekdays = _names(reader, weekday_of, 0, 7)
        parts.read(reader)
        if parts.month:
            raise Unreadable("runs in weeks start from a day, such as from 2026-01-08")
        return RunRule(Weekly(weekdays, every, parts.day), shift, parts.months, parts.roll)
    if unit == "week":
        raise Unreadable(f"a weekday was expected {reader.where()}")
    days = _month_days(reader)
    parts.read(reader)
    start = parts.month or ((parts.day.year, parts.day.month) if parts.day else None)
    return RunRule(Monthly(days, every, start), shift, parts.months, parts.roll)


def _shift(reader: Reader) -> int:
    """Take "3 business days after" (3), "... before" (-3), or nothing (0)."""
    side = reader.peek(3)
    if reader.peek(1) not in _BUSINESS or reader.peek(2) not in ("day", "days") or side not in ("after", "before"):
        return 0
    number = reader.number()
    if number == 0:
        raise Unreadable("0 business days from a day is that day: leave it out")
    reader.position += 3
    return number if side == "after" else -number


def _period(reader: Reader) -> tuple[str, int]:
    """Take what says how often: ("week" | "month" | "" when only the days will tell, every how many)."""
    if reader.peek() in _PERIODS:
        period = _PERIODS[reader.peek()]
        reader.position += 1
        return period
    if not reader.take("every", "each"):
        return "", 1
    if reader.take("other"):
        if reader.take("month"):
            return "month", 2
        reader.take("week")
        return "week", 2
    if reader.peek().isdigit() and reader.peek(1) in ("week", "weeks", "month", "months"):
        number, unit = reader.number(), reader.peek().removesuffix("s")
        reader.position += 1
        return unit, number
    if reader.take("week"):
        return "week", 1
    if reader.take("month"):
        return "month", 1
    weekday = weekday_of(reader.peek(1))
    if ordinal_of(reader.peek()) in range(2, 6) and weekday is not None:
        nth, name = reader.peek(), WEEKDAYS[weekday]
        raise Unreadable(
            f'"every {nth} {name}" can mean two things: write "{nth} {name}" for one a month, '
            f'or "every {ordinal_of(nth)} weeks on {name} from {date(2026, 1, 5 + weekday)}"'
        )
    return "", 1


@dataclass
class _Suffixes:
    day: date | None = None
    month: tuple[int, int] | None = None
    months: tuple[int, ...] = ()
    roll: Roll | None = None

    def read(self, reader: Reader) -> None:
        """Take every suffix, each at most once, up to the end."""
        while reader.peek():
            if not (self.day or self.month) and reader.take("from", "starting"):
                self._since(reader)
            elif not self.months and reader.take("only", "of", "in"):
                reader.take("in")
                self.months = _names(reader, month_of, 1, 12)
            elif not self.roll and reader.take("or"):
                self.roll = _roll(reader)
            else:
                reader.end()

    def _since(self, reader: Reader) -> None:
        word = reader.peek()
        if len(word) == 7 and word[4] == "-":
            first = iso_date(f"{word}-01")
            self.month = (first.year, first.month)
        else:
            self.day = iso_date(word if "-" in word else "")
        reader.position += 1


def _roll(reader: Reader) -> Roll:
    reader.take("the")
    if reader.take("skipped", "skip"):
        return Roll.SKIP
    word = reader.peek()
    reader.need("previous", "next")
    if reader.take(*_BUSINESS):
        reader.need("day")
    return Roll.PREVIOUS if word == "previous" else Roll.NEXT


def _names(reader: Reader, index_of: Callable[[str], int | None], first: int, size: int) -> tuple[int, ...]:
    """Take a list of weekdays or months; a dash makes a range, which may wrap."""
    found: list[int] = []
    ranged = False
    while True:
        index = index_of(reader.peek())
        if index is None:
            raise Unreadable(f"a {'weekday' if size == 7 else 'month'} was expected {reader.where()}")
        reader.position += 1
        if ranged:
            while found[-1] != index:
                found.append((found[-1] - first + 1) % size + first)
        else:
            found.append(index)
        ranged = reader.take("-")
        if not ranged and not reader.take("and") and index_of(reader.peek()) is None:
            return tuple(found)


def _month_days(reader: Reader) -> tuple[DayOfMonth, ...]:
    """Take a list of days of a month. "1st and 3rd tuesday" shares its noun; "1st and 15th" has none to share."""
    found: list[DayOfMonth] = []
    waiting: list[int] = []  # bare ordinals, which may still turn out to count a weekday or business days
    more = True
    while more:
        nth, unit = _month_day(reader)
        if unit is None:
            waiting.append(nth)
        else:
            shared = unit if unit is not Unit.DAY and max(waiting, default=0) <= 5 else Unit.DAY
            found += [DayOfMonth(n, shared) for n in waiting] + [DayOfMonth(nth, unit)]
            waiting = []
        more = reader.take("and", "-") or _starts_month_day(reader.peek())
    return tuple(found + [DayOfMonth(nth) for nth in waiting])


def _starts_month_day(word: str) -> bool:
    return word.isdigit() or ordinal_of(word) is not None or word in ("last", "end", "month")


def _month_day(reader: Reader) -> tuple[int, Unit | None]:
    """Take one day of a month; the unit is None for a bare "15th"."""
    reader.take("the")
    if any(
        reader.take_all(*words) for words in (("month", "end"), ("end", "of", "the", "month"), ("end", "of", "month"))
    ):
        return -1, Unit.DAY
    if reader.peek().isdigit():
        return reader.number(), Unit.DAY
    nth = ordinal_of(reader.peek())
    if nth is not None:
        reader.position += 1
    if nth is not None and not (reader.peek() == "last" or reader.peek() == "to"):
        return nth, _unit(reader)
    reader.take("to")
    if not reader.take("last"):
        raise Unreadable(f"a day was expected {reader.where()}")
    unit = _unit(reader)
    if unit is None:
        raise Unreadable(f'"day", "business day" or a weekday was expected {reader.where()}')
    return -(nth or 1), unit


def _unit(reader: Reader) -> Unit | None:
    """Take "day", "business day", "friday" with or without "of the month"; None if none of them is there."""
    unit: Unit | None = None
    weekday = weekday_of(reader.peek())
    if weekday is not None:
        reader.position += 1
        unit = Unit(weekday)
    elif reader.take(*_BUSINESS):
        reader.need("day", "days")
        unit = Unit.BUSINESS_DAY
    elif reader.take("day"):
        unit = Unit.DAY
    if any(reader.take_all("of", *words, "month") for words in (("the",), ("each",), ("every",), ())):
        unit = unit or Unit.DAY
    return unit
