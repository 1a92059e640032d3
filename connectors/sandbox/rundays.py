"""When the simulated clients really pay: calendar rules, worked out here and nowhere else.

England and Wales bank holidays follow the published rules (gov.uk/bank-holidays): substitutes on the next working day.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache

DAY = timedelta(days=1)
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday")


def easter(year: int) -> date:
    """Easter Sunday of the Gregorian calendar (the anonymous algorithm printed in Nature, 1876)."""
    a, b, c = year % 19, year // 100, year % 100
    d, e = divmod(b, 4)
    g = (8 * b + 13) // 25
    h = (19 * a + b - d - g + 15) % 30
    i, k = divmod(c, 4)
    m = (32 + 2 * e + 2 * i - h - k) % 7
    n = (a + 11 * h + 22 * m) // 451
    month, day = divmod(h + m - 7 * n + 114, 31)
    return date(year, month, day + 1)


@cache
def bank_holidays(year: int) -> frozenset[date]:
    """Bank holidays of England and Wales in ``year`` (standing rules; one-off royal holidays are not included)."""
    sunday = easter(year)
    found = {sunday - 2 * DAY, sunday + DAY}
    for month, last in ((5, False), (5, True), (8, True)):
        found.add(_monday(year, month, last=last))
    for fixed in (date(year, 1, 1), date(year, 12, 25), date(year, 12, 26)):
        day = fixed
        while day.weekday() > 4 or day in found:
            day += DAY
        found.add(day)
    return frozenset(found)


def _monday(year: int, month: int, *, last: bool) -> date:
    day = date(year, month, 31 if last else 1)
    while day.weekday() != 0:
        day += -DAY if last else DAY
    return day


def is_business_day(day: date) -> bool:
    """Whether banks in England and Wales are open on ``day``."""
    return day.weekday() < 5 and day not in bank_holidays(day.year)


def roll(day: date, *, back: bool = False) -> date:
    """``day`` itself when it is a business day, otherwise the nearest one after (or before) it."""
    while not is_business_day(day):
        day += -DAY if back else DAY
    return day


def shift(day: date, business_days: int) -> date:
    """``day`` moved by a number of business days, backwards when negative."""
    step = DAY if business_days >= 0 else -DAY
    for _ in range(abs(business_days)):
        day += step
        while not is_business_day(day):
            day += step
    return day


def month_end(day: date) -> date:
    """Last calendar day of the month of ``day``."""
    return (day.replace(day=28) + 4 * DAY).replace(day=1) - DAY


@dataclass(frozen=True)
class Cycle:
    """One client's true payment cycle.

    ``rule`` says it in the words a bookkeeper writes after ``pays:``; ``days`` are weekdays (Monday 0), days of the
    month or a business-day number, as the family needs; ``anchor`` is a run date for families counted in weeks.
    """

    family: str
    rule: str
    days: tuple[int, ...]
    anchor: date = date(2024, 1, 4)
    skips_holidays: bool = False

    def runs(self, start: date) -> Iterator[date]:
        """Run dates on or after ``start``, for ever, each once and in order."""
        day, last = start - 7 * DAY, start - DAY
        while True:
            if self._falls_on(day):
                run = self._moved(day)
                if run is not None and run > last:
                    last = run
                    yield run
            day += DAY

    def _moved(self, day: date) -> date | None:
        if is_business_day(day):
            return day
        if self.skips_holidays:
            return None
        return roll(day, back=self.family != "weekly")

    def _falls_on(self, day: date) -> bool:
        match self.family:
            case "weekly" | "twice weekly":
                return day.weekday() in self.days
            case "fortnightly" | "four-weekly":
                return (day - self.anchor).days % (14 if self.family == "fortnightly" else 28) == 0
            case "last weekday":
                return day.weekday() in self.days and (day + 7 * DAY).month != day.month
            case "nth weekday":
                return day.weekday() == self.days[1] and (day.day - 1) // 7 + 1 == self.days[0]
            case "nth business day":
                first = day.replace(day=1)
                return day == shift(first - DAY, self.days[0])
        return day.day in self.days or (31 in self.days and day == month_end(day))


def weekly(*weekdays: int, skips_holidays: bool = False) -> Cycle:
    """Every week on these weekdays (Monday 0)."""
    names = " and ".join(WEEKDAYS[day] for day in weekdays)
    return Cycle(
        "weekly" if len(weekdays) == 1 else "twice weekly", f"every {names}", weekdays, skips_holidays=skips_holidays
    )


def fortnightly(anchor: date) -> Cycle:
    """Every other week, counted from ``anchor``."""
    return Cycle("fortnightly", f"every other {WEEKDAYS[anchor.weekday()]} from {anchor}", (), anchor)


def four_weekly(anchor: date) -> Cycle:
    """Every fourth week, counted from ``anchor``."""
    return Cycle("four-weekly", f"every 4 weeks from {anchor}", (), anchor)


def monthly(*days: int) -> Cycle:
    """On these days of the month; 31 is the last day. A day the banks are closed moves to the business day before."""
    said = " and ".join("last day" if day == 31 else ordinal(day) for day in days)
    return Cycle("day of month" if len(days) == 1 else "semi-monthly", said, days)


def last_weekday(weekday: int) -> Cycle:
    """On the last such weekday of the month."""
    return Cycle("last weekday", f"last {WEEKDAYS[weekday]}", (weekday,))


def nth_weekday(nth: int, weekday: int) -> Cycle:
    """On the nth such weekday of the month."""
    return Cycle("nth weekday", f"{ordinal(nth)} {WEEKDAYS[weekday]}", (nth, weekday))


def nth_business_day(nth: int) -> Cycle:
    """On the nth business day of the month."""
    return Cycle("nth business day", f"{ordinal(nth)} business day", (nth,))


def ordinal(number: int) -> str:
    """1st, 2nd, 3rd, 4th ..."""
    ending = "th" if 10 <= number % 100 <= 20 else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{ending}"
