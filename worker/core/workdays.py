"""Business days: weekends, public holidays and yearly closures, as values. Dates are dates, never instants."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta

from worker.core.phrases import MONTHS, WEEKDAYS, GrammarProblem, Reader, Unreadable, iso_date, month_of, tokens

_DAY = timedelta(days=1)
# Longer than any real closure (a yearly one wraps at most a year): beyond it the calendar is simply never open.
_NEVER_OPEN = 800
_CLOSURE_EXAMPLES = ("1 aug - 31 aug", "22 dec - 4 jan every year", "2026-08-01 - 2026-08-31")


def month_end(day: date) -> date:
    """The last day of the month `day` is in."""
    return day.replace(day=monthrange(day.year, day.month)[1])


def day_in_month(year: int, month: int, day: int) -> date:
    """That day of that month, or the month's last day when it is shorter (31 in February is the 28th or 29th)."""
    return date(year, month, min(day, monthrange(year, month)[1]))


def add_months(day: date, months: int) -> date:
    """The same day `months` later (earlier when negative), clamped to the month's end: 31 Jan + 1 = 28 or 29 Feb."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return day_in_month(year, month + 1, day.day)


@dataclass(frozen=True, slots=True)
class Closure:
    """Days on which a business does nothing, both ends included.

    Either two dates (`date`), or two yearly days as (month, day), which may wrap the year end (22 Dec - 4 Jan). A day
    a month does not have means its last day. Raises ValueError when the ends are of two kinds, in the wrong order, or
    not days at all.
    """

    first: date | tuple[int, int]
    last: date | tuple[int, int]

    def __post_init__(self) -> None:
        if isinstance(self.first, date) and isinstance(self.last, date):
            if self.first > self.last:
                raise ValueError(f"a closure ends on or after its first day, not {self.first} - {self.last}")
        elif isinstance(self.first, date) or isinstance(self.last, date):
            raise ValueError(f"a closure has a year at both ends or at neither, not {self.first} - {self.last}")
        else:
            for month, day in (self.first, self.last):
                if not (1 <= month <= 12 and 1 <= day <= 31):
                    raise ValueError(f"there is no day {day} in month {month}")

    def covers(self, day: date) -> bool:
        """Whether `day` is inside."""
        if isinstance(self.first, date) and isinstance(self.last, date):
            return self.first <= day <= self.last
        first = day_in_month(day.year, *_yearly(self.first))
        last = day_in_month(day.year, *_yearly(self.last))
        if _yearly(self.first) <= _yearly(self.last):
            return first <= day <= last
        return day >= first or day <= last

    def words(self) -> str:
        """As `parse_closure` reads it: "1 aug - 31 aug", or "2026-08-01 - 2026-08-31"."""
        return f"{_end_words(self.first)} - {_end_words(self.last)}"


def _yearly(end: date | tuple[int, int]) -> tuple[int, int]:
    return (end.month, end.day) if isinstance(end, date) else end


def _end_words(end: date | tuple[int, int]) -> str:
    return end.isoformat() if isinstance(end, date) else f"{end[1]} {MONTHS[end[0] - 1][:3]}"


def parse_closure(text: str) -> Closure:
    """Read "1 aug - 31 aug", "22 dec - 4 jan every year", "2026-08-01 - 2026-08-31"; raises GrammarProblem."""
    try:
        reader = Reader(tokens(text))
        first = _closure_end(reader)
        last = _closure_end(reader) if reader.take("-", "to", "until") else first
        if reader.take("every"):
            reader.need("year")
            if isinstance(first, date):
                raise Unreadable("a closure with years in it happens once, not every year")
        reader.end()
        return Closure(first, last)
    except (Unreadable, ValueError) as problem:
        raise GrammarProblem("a closure", text, _CLOSURE_EXAMPLES, why=str(problem)) from None


def _closure_end(reader: Reader) -> date | tuple[int, int]:
    if len(reader.peek()) == 10 and reader.peek()[4:5] == "-":
        day = iso_date(reader.peek())
        reader.position += 1
        return day
    month = month_of(reader.peek())
    if month:
        reader.position += 1
    number = reader.number()
    if not month:
        month = month_of(reader.peek())
        if not month:
            raise Unreadable(f"a month such as aug was expected {reader.where()}")
        reader.position += 1
    return (month, number)


@dataclass(frozen=True)
class Calendar:
    """When a business is open.

    `weekend`: weekdays that are never business days (Monday 0 ... Sunday 6). `holidays`: public holidays and their
    names; a year that is not in it simply has none. Raises ValueError if all seven days are weekend.
    """

    weekend: frozenset[int] = frozenset({5, 6})
    holidays: Mapping[date, str] = field(default_factory=dict, hash=False)
    closures: tuple[Closure, ...] = ()
    _counted: dict[tuple[date, int], date] = field(default_factory=dict, init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        if not self.weekend <= set(range(7)):
            raise ValueError(f"weekend days are numbers from 0 (Monday) to 6 (Sunday), not {sorted(self.weekend)}")
        if len(self.weekend) == 7:
            raise ValueError("a calendar whose weekend is the whole week is never open")

    def is_business_day(self, day: date) -> bool:
        """Whether business is done on `day`."""
        if day.weekday() in self.weekend or day in self.holidays:
            return False
        return not (self.closures and self.in_closure(day))

    def in_closure(self, day: date) -> bool:
        """Whether `day` is inside a closure, whatever else it is."""
        return any(closure.covers(day) for closure in self.closures)

    def why_closed(self, day: date) -> str | None:
        """Why `day` is no business day ("closed 1 aug - 31 aug", "Christmas Day", "Saturday"); None if it is one."""
        for closure in self.closures:
            if closure.covers(day):
                return f"closed {closure.words()}"
        if day in self.holidays:
            return self.holidays[day]
        return WEEKDAYS[day.weekday()].capitalize() if day.weekday() in self.weekend else None

    def next_business_day(self, day: date) -> date:
        """`day` itself if open, else the first business day after it. Raises ValueError if there is none for years."""
        return self._nearest(day, _DAY)

    def previous_business_day(self, day: date) -> date:
        """`day` itself if open, else the last business day before it. Raises ValueError if there is none for years."""
        return self._nearest(day, -_DAY)

    def add(self, day: date, business_days: int) -> date:
        """The n-th business day after `day` (before it when negative).

        `day` itself is never counted, open or not, so 1 business day after a Saturday is the Monday. 0 gives `day`
        rolled to the next business day. From a business day, adding n and then -n returns to it.
        """
        found = self._counted.get((day, business_days))
        if found is None:  # thousands of invoices ask about the same few days
            found = self._counted[day, business_days] = self._count(day, business_days)
        return found

    def between(self, start: date, end: date) -> int:
        """Business days in (start, end]; negative, of (end, start], when `end` is the earlier."""
        if end < start:
            return -self.between(end, start)
        return sum(self.is_business_day(start + n * _DAY) for n in range(1, (end - start).days + 1))

    def joined(self, other: Calendar) -> Calendar:
        """Closed when either is closed. Raises ValueError when that leaves no day of the week."""
        extra = tuple(closure for closure in other.closures if closure not in self.closures)
        return Calendar(self.weekend | other.weekend, {**other.holidays, **self.holidays}, self.closures + extra)

    def _count(self, day: date, business_days: int) -> date:
        if business_days == 0:
            return self.next_business_day(day)
        step = _DAY if business_days > 0 else -_DAY
        for _ in range(abs(business_days)):
            day = self._nearest(day + step, step)
        return day

    def _nearest(self, day: date, step: timedelta) -> date:
        start = day
        for _ in range(_NEVER_OPEN):
            if self.is_business_day(day):
                return day
            day += step
        raise ValueError(f"no business day within {_NEVER_OPEN} days of {start}: look at the closures of this calendar")
