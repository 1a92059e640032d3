"""Payment cycles as values: which days a client's payment runs fall on, and the words for it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from enum import Enum

from worker.core.phrases import MONTHS, WEEKDAYS, counted, listed, ordinal
from worker.core.workdays import Calendar, day_in_month, month_end

_DAY = timedelta(days=1)


class Roll(Enum):
    """What a client does with a run that falls on a day it is closed (a holiday or a weekend)."""

    NEXT = "next business day"
    PREVIOUS = "previous business day"
    SKIP = "skipped"


class Unit(Enum):
    """What `DayOfMonth.nth` counts: days, business days, or one weekday."""

    DAY = -1
    BUSINESS_DAY = -2
    MONDAY = 0
    TUESDAY = 1
    WEDNESDAY = 2
    THURSDAY = 3
    FRIDAY = 4
    SATURDAY = 5
    SUNDAY = 6


_NTH_LIMIT = {Unit.DAY: 31, Unit.BUSINESS_DAY: 23}


@dataclass(frozen=True, slots=True)
class DayOfMonth:
    """The nth day, business day or weekday of a month, from its end when negative (-1 the last).

    A month too short for the nth day or business day has it on its last one; a month without a 5th Friday has no such
    day. Raises ValueError when `nth` is 0 or beyond any month.
    """

    nth: int
    unit: Unit = Unit.DAY

    def __post_init__(self) -> None:
        limit = _NTH_LIMIT.get(self.unit, 5)
        if self.nth == 0 or abs(self.nth) > limit:
            raise ValueError(f"a month has no {ordinal(abs(self.nth))} {self.unit.name.lower().replace('_', ' ')}")
        if self.unit is Unit.DAY and self.nth == 31:  # shorter months clamp it, so it is the last day everywhere
            object.__setattr__(self, "nth", -1)

    def of(self, year: int, month: int, calendar: Calendar) -> date | None:
        """The date in that month; business days as `calendar` has them."""
        if self.unit is Unit.DAY:
            last = month_end(date(year, month, 1))
            return day_in_month(year, month, self.nth if self.nth > 0 else max(1, last.day + 1 + self.nth))
        days = [day for day in _days_of(year, month) if self._counts(day, calendar)]
        if self.unit is Unit.BUSINESS_DAY and days:
            return days[min(self.nth, len(days)) - 1] if self.nth > 0 else days[max(self.nth, -len(days))]
        return days[self.nth - (self.nth > 0)] if abs(self.nth) <= len(days) else None

    def _counts(self, day: date, calendar: Calendar) -> bool:
        if self.unit is Unit.BUSINESS_DAY:
            return calendar.is_business_day(day)
        return Unit(day.weekday()) is self.unit

    def words(self) -> str:
        """ "15th", "last day", "2nd last business day", "last friday"."""
        if self.nth > 0:
            position = ordinal(self.nth)
        else:
            position = "last" if self.nth == -1 else f"{ordinal(-self.nth)} last"
        if self.unit is Unit.DAY:
            return position if self.nth > 0 else f"{position} day"
        return f"{position} {self.unit.name.lower().replace('_', ' ')}"

    def describe(self) -> str:
        """For people: as `words`, with weekdays capitalised."""
        weekday = self.unit.name.lower()
        return self.words().replace(weekday, weekday.capitalize()) if self.unit.value >= 0 else self.words()

    def _order(self) -> tuple[bool, int, int]:
        return (self.nth < 0, -self.unit.value, self.nth)


@dataclass(frozen=True, slots=True)
class Weekly:
    """Some weekdays (Monday 0) of every week, or of every n-th week from the week of `start`, never before it."""

    weekdays: tuple[int, ...]
    every: int = 1
    start: date | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "weekdays", tuple(sorted(set(self.weekdays))))
        if not self.weekdays or not set(self.weekdays) <= set(range(7)):
            raise ValueError("a weekly run needs weekdays, Monday 0 to Sunday 6")
        if not 1 <= self.every <= 52:
            raise ValueError(f"runs are 1 to 52 weeks apart, not {self.every}")
        if self.every > 1 and self.start is None:
            example = date(2026, 1, 5 + self.weekdays[0])
            raise ValueError(f"a run date is missing, so which weeks are meant is unknown: add, say, from {example}")
        if self.start and self.start.weekday() not in self.weekdays:
            weekday = WEEKDAYS[self.start.weekday()]
            runs = listed([WEEKDAYS[weekday] for weekday in self.weekdays])
            raise ValueError(f"{self.start} is a {weekday}, but the runs are on {runs}")

    def dates(self, start: date, end: date) -> Iterator[tuple[date, Roll]]:
        """The days in [start, end] before holidays move them, with what a holiday does by default."""
        day = max(start, self.start or start)
        monday = self.start - self.start.weekday() * _DAY if self.start else None
        while day <= end:
            week = (day - monday).days // 7 if monday else 0
            if day.weekday() in self.weekdays and week % self.every == 0:
                yield day, Roll.NEXT
            day += _DAY

    def months(self) -> frozenset[int]:
        """Months this can fall in."""
        return frozenset(range(1, 13))

    def words(self) -> str:
        """ "fridays", "monday and thursday", "every other thursday from 2026-01-08"."""
        names = [WEEKDAYS[weekday] for weekday in self.weekdays]
        since = f" from {self.start}" if self.start else ""
        if self.every == 2:
            return f"every other {listed(names)}{since}"
        if self.every > 2:
            return f"every {self.every} weeks on {listed(names)}{since}"
        return (f"{names[0]}s" if len(names) == 1 else listed(names)) + since

    def describe(self) -> str:
        """For people: "every Friday", "every other Thursday from 8 January 2026"."""
        names = listed([WEEKDAYS[weekday].capitalize() for weekday in self.weekdays])
        since = f" from {self.start.day} {_month_name(self.start.month)} {self.start.year}" if self.start else ""
        if self.every > 2:
            return f"every {self.every} weeks on {names}{since}"
        return f"every {'other ' if self.every == 2 else ''}{names}{since}"


@dataclass(frozen=True, slots=True)
class Monthly:
    """Some days of every month, or of every n-th month counted from `start` (year, month), never before it.

    Without `start` the months are counted from January, which needs an n that divides 12.
    """

    days: tuple[DayOfMonth, ...]
    every: int = 1
    start: tuple[int, int] | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "days", tuple(sorted(set(self.days), key=DayOfMonth._order)))
        if not self.days:
            raise ValueError("a monthly run needs days")
        if not 1 <= self.every <= 12:
            raise ValueError(f"runs are 1 to 12 months apart, not {self.every}")
        if self.start is None and 12 % self.every:
            raise ValueError(f"a first month is missing for every {self.every} months: add from 2026-01")
        if self.start and not 1 <= self.start[1] <= 12:
            raise ValueError(f"there is no month {self.start[1]}")

    def dates(self, start: date, end: date, calendar: Calendar) -> Iterator[tuple[date, Roll]]:
        """The days of the months from `start`'s to `end`'s before holidays move them, with the default roll."""
        first = self.start[0] * 12 + self.start[1] - 1 if self.start else 0
        for index in range(max(first, start.year * 12 + start.month - 1), end.year * 12 + end.month):
            if (index - first) % self.every == 0:
                for day in self.days:
                    found = day.of(index // 12, index % 12 + 1, calendar)
                    if found:
                        yield found, (Roll.PREVIOUS if day.nth < 0 else Roll.NEXT)

    def months(self) -> frozenset[int]:
        """Months this can fall in."""
        first = self.start[1] - 1 if self.start else 0
        return frozenset((first + step * self.every) % 12 + 1 for step in range(12))

    def words(self) -> str:
        """ "15th and last day", "2nd tuesday", "every 2 months on the 15th from 2026-01"."""
        mixed = any(day.unit is not Unit.DAY for day in self.days)
        # "1st and last friday" would read as two Fridays
        names = [
            f"{d.words()} of the month" if mixed and d.unit is Unit.DAY and d.nth > 0 else d.words() for d in self.days
        ]
        since = f" from {self.start[0]:04d}-{self.start[1]:02d}" if self.start else ""
        return (f"every {self.every} months on the " if self.every > 1 else "") + listed(names) + since

    def describe(self) -> str:
        """For people: "the 15th and the last day of the month", "the last Friday of every 2nd month from ..."."""
        names = listed([f"the {day.describe()}" for day in self.days])
        since = f" from {_month_name(self.start[1])} {self.start[0]}" if self.start else ""
        return f"{names} of {'the' if self.every == 1 else f'every {ordinal(self.every)}'} month{since}"


@dataclass(frozen=True, slots=True)
class RunRule:
    """A client's payment cycle: a pattern of days, perhaps some business days from it, perhaps only in some months.

    `shift`: business days after (+) or before (-) the pattern's day; the day itself is not counted, open or not.
    `months`: 1 to 12, of the pattern's day; empty for all. `roll`: what a run on a closed day does, None for our
    default, which is the next business day: assuming a run too early would chase before the money left, assuming it too
    late costs a day or two. Days counted from a month's end (last day, last friday) move to the previous one instead,
    because they are there to close the month. A shifted run and a business day of the month never need it.
    Raises ValueError when the rule could never run.
    """

    pattern: Weekly | Monthly
    shift: int = 0
    months: tuple[int, ...] = ()
    roll: Roll | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "months", tuple(sorted(set(self.months))))
        if not set(self.months) <= set(range(1, 13)):
            raise ValueError(f"months are 1 to 12, not {self.months}")
        if abs(self.shift) > 30:
            raise ValueError(f"a run is at most 30 business days from its day, not {abs(self.shift)}")
        if self.months and not self.pattern.months() & set(self.months):
            raise ValueError("it would never run: none of these months is one of its months")

    @property
    def reach(self) -> timedelta:
        """How far a run may end up from its pattern's day; one that would move further is no run at all."""
        return timedelta(days=14 + 3 * abs(self.shift))

    def dates(self, start: date, end: date, calendar: Calendar) -> set[date]:
        """The runs in [start, end] as weekends and holidays of `calendar` move them; pass it without closures."""
        found = set()
        first, last = start - self.reach, end + self.reach
        pattern = self.pattern
        days = pattern.dates(first, last) if isinstance(pattern, Weekly) else pattern.dates(first, last, calendar)
        for day, default in days:
            if not self.months or day.month in self.months:
                run = self._moved(day, self.roll or default, calendar)
                if run and start <= run <= end and abs(run - day) <= self.reach:
                    found.add(run)
        return found

    def _moved(self, day: date, roll: Roll, calendar: Calendar) -> date | None:
        if self.shift:
            return calendar.add(day, self.shift)
        if calendar.is_business_day(day):
            return day
        if roll is Roll.SKIP:
            return None
        return calendar.next_business_day(day) if roll is Roll.NEXT else calendar.previous_business_day(day)

    def words(self) -> str:
        """Canonical text; `parse_pays` reads it back to an equal rule."""
        side = "after" if self.shift > 0 else "before"
        shift = f"{counted(abs(self.shift), 'business day')} {side} " if self.shift else ""
        only = f", only {', '.join(MONTHS[month - 1][:3] for month in self.months)}" if self.months else ""
        return shift + self.pattern.words() + only + (f", or {self.roll.value}" if self.roll else "")

    def describe(self) -> str:
        """For people, after "pays": "on the last Friday of the month", "3 business days after every Friday"."""
        days = self.pattern.describe()
        if self.shift:
            days = f"{counted(abs(self.shift), 'business day')} {'after' if self.shift > 0 else 'before'} {days}"
        elif isinstance(self.pattern, Monthly):
            days = f"on {days}"
        only = f", in {listed([_month_name(month) for month in self.months])} only" if self.months else ""
        return days + only + (_ROLL_WORDS[self.roll] if self.roll else "")


_ROLL_WORDS = {
    Roll.NEXT: ", or the next business day when that is closed",
    Roll.PREVIOUS: ", or the previous business day when that is closed",
    Roll.SKIP: ", or not at all when that is closed",
}


def _month_name(month: int) -> str:
    return MONTHS[month - 1].capitalize()


def _days_of(year: int, month: int) -> list[date]:
    first = date(year, month, 1)
    return [first + n * _DAY for n in range(month_end(first).day)]
