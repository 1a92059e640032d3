"""Candidate payment cycles, each turned into the set of business days it pays on, as one big integer.

Bit n of a mask stands for the n-th day of the library's span. A client's payment dates become a mask too, so that the
payments a rule explains are one AND and one bit count: a few hundred candidates cost a client a few milliseconds.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import cached_property
from hashlib import blake2b

from worker.core.payment_run import DayOfMonth, Monthly, Roll, RunRule, Unit, Weekly
from worker.core.workdays import Calendar, Closure, day_in_month, month_end


class Family(StrEnum):
    """Kinds of payment cycle. The last two hang on the invoice, not on the calendar: for the forecast only."""

    ANY = "any business day"
    WEEKLY = "weekly"
    TWICE = "twice weekly"
    FORTNIGHTLY = "fortnightly"
    FOUR_WEEKLY = "four-weekly"
    DAY_OF_MONTH = "day of the month"
    BUSINESS_DAY = "business day of the month"
    NTH_WEEKDAY = "weekday of the month"
    SEMI_MONTHLY = "twice a month"
    AFTER_INVOICE = "days after the invoice"
    AFTER_MONTH_END = "days after the end of the invoice's month"


FAMILY_BITS = {
    Family.WEEKLY: 1.5,
    Family.TWICE: 0.5,
    Family.FORTNIGHTLY: 3.0,
    Family.FOUR_WEEKLY: 3.0,
    Family.DAY_OF_MONTH: 3.0,
    Family.BUSINESS_DAY: 5.0,
    Family.NTH_WEEKDAY: 3.0,
    Family.SEMI_MONTHLY: 4.0,
    Family.AFTER_INVOICE: 3.0,
    Family.AFTER_MONTH_END: 3.0,
}
"""What naming a family costs before any evidence, in bits; *any business day* costs nothing.

Roughly how rare each is among real payers (docs/bookkeeper/learnt-runs.md); the choice within a family costs its own
bits.
"""

ROUND_DAYS = (1, 5, 7, 10, 15, 20, 25, 28, -1)
"""Days of the month people choose: half of the family's weight is theirs."""

PAIRS = ((1, 15), (15, -1), (5, 20), (10, 25), (7, 21), (14, 28), (15, 30), (10, 20), (8, 22), (12, 27))
"""Days of the month that go together when a client pays twice a month."""

CHRISTMAS = Closure((12, 24), (1, 2))
"""The fortnight in which many a client pays nobody."""

_WEEK = range(5)


@dataclass(frozen=True, slots=True)
class Part:
    """One weekday of a rule that runs on several: its days, its share of business days, and its expected weight."""

    mask: int
    share: float
    weight: float


@dataclass(frozen=True, slots=True)
class Candidate:
    """A calendar rule as days. `share`: of all business days; `prior`: its weight against *any business day* (1)."""

    family: Family
    rule: RunRule
    mask: int
    share: float
    prior: float
    parts: tuple[Part, ...] = ()


class Library:
    """Every candidate over the days from `first` to `last` on one calendar. Closures are left to the schedule."""

    def __init__(self, calendar: Calendar, first: date, last: date) -> None:
        self.calendar = Calendar(calendar.weekend, calendar.holidays)
        self.first, self.last, self.base = first, last, first.toordinal()
        self.days = last.toordinal() - self.base + 1
        self._roll()
        self.business = self.mask(n for n in range(self.days) if self._open[n])
        self._total = max(1, self.business.bit_count())
        self.candidates = tuple(self._all())

    @cached_property
    def mark(self) -> str:
        """What these candidates are made of, in 32 hex digits: the days, which of them are open, and every rule."""
        rules = " ".join(f"{c.family}/{c.rule.words()}/{c.prior}" for c in self.candidates)
        made = f"{self.first}|{self.days}|{self.business:x}|{rules}"
        return blake2b(made.encode(), digest_size=16).hexdigest()

    @cached_property
    def christmas(self) -> int:
        """Every day of a Christmas fortnight, as a mask."""
        return self.mask(n for n in range(self.days) if CHRISTMAS.covers(self.day(n)))

    def mask(self, days: Iterable[int]) -> int:
        """Day numbers (0 = the first day) as a mask; those outside the span are left out."""
        bits = bytearray(self.days // 8 + 1)
        for day in days:
            if 0 <= day < self.days:
                bits[day >> 3] |= 1 << (day & 7)
        return int.from_bytes(bits, "little")

    def span(self, first: int, last: int) -> int:
        """All days from `first` to `last`, both included, as a mask."""
        first, last = max(first, 0), min(last, self.days - 1)
        return ((1 << (last - first + 1)) - 1) << first if last >= first else 0

    def dates(self, mask: int) -> list[date]:
        """The days of a mask, in order."""
        return [date.fromordinal(self.base + n) for n in _bits(mask)]

    def number(self, day: date) -> int:
        """The number of a day; negative before the span."""
        return day.toordinal() - self.base

    def day(self, number: int) -> date:
        """The day with a number."""
        return date.fromordinal(self.base + number)

    def next_open(self, day: int) -> int:
        """The first business day on or after a day number."""
        return self._next[min(max(day, 0), self.days - 1)]

    def previous_open(self, day: int) -> int:
        """The last business day on or before a day number."""
        return self._previous[min(max(day, 0), self.days - 1)]

    def is_open(self, day: int) -> bool:
        """Whether a day of the span is a business day."""
        return 0 <= day < self.days and self._open[day]

    def carried(self, day: int) -> float:
        """How many times likelier than the average business day this one is when closed days are carried to it."""
        before = self._previous[min(max(day - 1, 0), self.days - 1)]
        return max(1, day - before) * self._total / self.days if self.is_open(day) else 1.0

    # -- building ----------------------------------------------------------------------------------------------------

    def _roll(self) -> None:
        weekend, holidays = self.calendar.weekend, {d.toordinal() - self.base for d in self.calendar.holidays}
        monday = self.first.weekday()
        self._open = [(monday + n) % 7 not in weekend and n not in holidays for n in range(self.days)]
        self._next, self._previous = [self.days - 1] * self.days, [0] * self.days
        for n in range(self.days - 2, -1, -1):
            self._next[n] = n if self._open[n] else self._next[n + 1]
        for n in range(1, self.days):
            self._previous[n] = n if self._open[n] else self._previous[n - 1]

    def _rolled(self, days: Iterable[int], roll: Roll | None) -> int:
        """The mask of days as `roll` moves them; None accepts either side: which one it is, is learnt afterwards."""
        found: set[int] = set()
        for day in days:
            if 0 <= day < self.days:
                if roll is not Roll.PREVIOUS:
                    found.add(self._next[day])
                if roll is not Roll.NEXT:
                    found.add(self._previous[day])
        return self.mask(found)

    def _made(self, family: Family, rule: RunRule, mask: int, within: float, parts: tuple[Part, ...] = ()) -> Candidate:
        share = mask.bit_count() / self._total
        return Candidate(family, rule, mask, share, within * 2.0 ** -FAMILY_BITS[family], parts)

    def _all(self) -> Iterator[Candidate]:
        yield from self._weekdays()
        yield from self._every_other()
        yield from self._days_of_month()
        yield from self._weekdays_of_month()
        yield from self._business_days()

    def _on(self, weekday: int, every: int = 1, phase: int = 0) -> range:
        # Phases are counted from a fixed Monday, so that they mean the same on every library.
        first = (weekday - self.first.weekday()) % 7
        while every > 1 and ((self.base + first - weekday - 1) // 7) % every != phase:
            first += 7
        return range(first, self.days, 7 * every)

    def _weekdays(self) -> Iterator[Candidate]:
        single = {w: self._rolled(self._on(w), None) for w in _WEEK}
        for w in _WEEK:
            yield self._made(Family.WEEKLY, RunRule(Weekly((w,))), single[w], 1 / 5)
        pairs = [(a, b) for a in _WEEK for b in range(a + 1, 5)]
        for a, b in pairs:
            # Each carries what fell due since the other: a Tuesday after a Monday carries a day's worth.
            parts = (
                Part(single[a], single[a].bit_count() / self._total, (a - b + 7) / 7),
                Part(single[b], single[b].bit_count() / self._total, (b - a) / 7),
            )
            rule = RunRule(Weekly((a, b)))
            yield self._made(Family.TWICE, rule, single[a] | single[b], 1 / len(pairs), parts)

    def _every_other(self) -> Iterator[Candidate]:
        for family, every in ((Family.FORTNIGHTLY, 2), (Family.FOUR_WEEKLY, 4)):
            for w in _WEEK:
                for phase in range(every):
                    days = self._on(w, every, phase)
                    start = date.fromordinal(self.base + days[0])
                    rule = RunRule(Weekly((w,), every, start))
                    yield self._made(family, rule, self._rolled(days, None), 1 / (5 * every))

    def _months(self) -> Iterator[tuple[int, int]]:
        last = date.fromordinal(self.base + self.days - 1)
        for index in range(self.first.year * 12 + self.first.month - 1, last.year * 12 + last.month):
            yield index // 12, index % 12 + 1

    def _day_of_month(self, day: int) -> list[int]:
        wanted = 31 if day == -1 else day
        return [day_in_month(y, m, wanted).toordinal() - self.base for y, m in self._months()]

    def _days_of_month(self) -> Iterator[Candidate]:
        days = {d: self._day_of_month(d) for d in (*range(1, 31), -1)}
        rolls = (Roll.PREVIOUS, Roll.NEXT)
        for d, found in days.items():
            weight = 0.5 / len(ROUND_DAYS) if d in ROUND_DAYS else 0.5 / (len(days) - len(ROUND_DAYS))
            for roll in rolls:
                rule = RunRule(Monthly((DayOfMonth(d),)), roll=roll)
                yield self._made(Family.DAY_OF_MONTH, rule, self._rolled(found, roll), weight / 2)
        for a, b in PAIRS:
            for roll in rolls:
                rule = RunRule(Monthly((DayOfMonth(a), DayOfMonth(b))), roll=roll)
                mask = self._rolled([*days[a], *days[b]], roll)
                yield self._made(Family.SEMI_MONTHLY, rule, mask, 0.5 / len(PAIRS))

    def _weekdays_of_month(self) -> Iterator[Candidate]:
        for nth in (1, 2, 3, 4, -1):
            for w in _WEEK:
                day = DayOfMonth(nth, Unit(w))
                days = [found.toordinal() - self.base for y, m in self._months() if (found := _nth(nth, w, y, m))]
                rule = RunRule(Monthly((day,)))
                yield self._made(Family.NTH_WEEKDAY, rule, self._rolled(days, None), 1 / 25)

    def _business_days(self) -> Iterator[Candidate]:
        # The first and the last are days of the month: "1st, or next" and "last day, or previous".
        months = []
        for y, m in self._months():
            first = date(y, m, 1)
            start, end = first.toordinal() - self.base, month_end(first).toordinal() - self.base
            months.append([n for n in range(start, end + 1) if self.is_open(n)])
        wanted = (2, 3, 4, 5, -2, -3, -4, -5)
        for nth in wanted:
            place = nth - 1 if nth > 0 else nth
            mask = self.mask(days[place] for days in months if len(days) >= 5)
            rule = RunRule(Monthly((DayOfMonth(nth, Unit.BUSINESS_DAY),)))
            yield self._made(Family.BUSINESS_DAY, rule, mask, 1 / len(wanted))


def _nth(nth: int, weekday: int, year: int, month: int) -> date | None:
    if nth > 0:
        first = date(year, month, 1)
        return first.replace(day=1 + (weekday - first.weekday()) % 7 + 7 * (nth - 1))
    last = month_end(date(year, month, 1))
    return last.replace(day=last.day - (last.weekday() - weekday) % 7)


def _bits(mask: int) -> Iterator[int]:
    while mask:
        low = mask & -mask
        yield low.bit_length() - 1
        mask ^= low
