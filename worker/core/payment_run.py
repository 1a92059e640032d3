"""A client's payment runs: when they are, what must be in by when, and which run an invoice belongs to."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from enum import Enum

from worker.core.payment_rule import DayOfMonth, Monthly, Roll, RunRule, Unit, Weekly
from worker.core.payment_run_grammar import parse_pays
from worker.core.phrases import GrammarProblem, Reader, Unreadable, counted, ordinal, ordinal_of, tokens
from worker.core.workdays import Calendar, add_months, day_in_month

__all__ = [
    "CutOff",
    "CutOffKind",
    "DayOfMonth",
    "GrammarProblem",
    "Monthly",
    "Roll",
    "RunRule",
    "RunSchedule",
    "Takes",
    "Unit",
    "Weekly",
    "parse_cut_off",
    "parse_pays",
    "parse_takes",
]

# A cycle with no run in five years has none; outside these years dates are not about money.
_HORIZON = 5
_YEARS = range(1900, 2200)
_CUT_OFF_EXAMPLES = ("3 business days", "10 days", "25th", "end of previous month")


class Takes(Enum):
    """Which approved invoices a run pays."""

    DUE_BY_THE_RUN = "due by the run"
    DUE_BEFORE_NEXT_RUN = "due before the next run"
    EVERYTHING_APPROVED = "everything approved"


_TAKES_WORDS = {
    Takes.DUE_BY_THE_RUN: "",
    Takes.DUE_BEFORE_NEXT_RUN: "; a run takes what falls due before the next one",
    Takes.EVERYTHING_APPROVED: "; a run takes everything approved, due or not",
}


class CutOffKind(Enum):
    """How `CutOff.number` is meant."""

    BUSINESS_DAYS = "business days before the run"
    DAYS = "days before the run"
    DAY_OF_MONTH = "the latest such day on or before the run"
    DAY_OF_PREVIOUS_MONTH = "that day of the month before the run's"


@dataclass(frozen=True, slots=True)
class CutOff:
    """The last day an invoice can be approved for a run: a number of days, or a day of a month (31 = its last)."""

    kind: CutOffKind
    number: int

    def __post_init__(self) -> None:
        counts = self.kind in (CutOffKind.BUSINESS_DAYS, CutOffKind.DAYS)
        if not (0 if counts else 1) <= self.number <= (100 if counts else 31):
            raise ValueError(f"{self.number} is no {'number of days' if counts else 'day of a month'} for a cut-off")

    def of(self, run: date, calendar: Calendar) -> date:
        """The cut-off of `run`, never after it; business days as the client's `calendar` has them."""
        if self.kind is CutOffKind.BUSINESS_DAYS:
            return calendar.add(run, -self.number) if self.number else run
        if self.kind is CutOffKind.DAYS:
            return run - timedelta(days=self.number)
        this_month = day_in_month(run.year, run.month, self.number)
        if self.kind is CutOffKind.DAY_OF_MONTH and this_month <= run:
            return this_month
        before = add_months(run.replace(day=1), -1)
        return day_in_month(before.year, before.month, self.number)

    def words(self) -> str:
        """As `parse_cut_off` reads it: "3 business days", "25th", "end of previous month"."""
        if self.kind is CutOffKind.BUSINESS_DAYS:
            return counted(self.number, "business day")
        if self.kind is CutOffKind.DAYS:
            return counted(self.number, "day")
        if self.kind is CutOffKind.DAY_OF_MONTH:
            return ordinal(self.number) if self.number < 31 else "end of month"
        return "end of previous month" if self.number == 31 else f"{ordinal(self.number)} of previous month"

    def describe(self) -> str:
        """For people, after "must be in": "3 business days before", "by the 25th"."""
        if self.kind in (CutOffKind.BUSINESS_DAYS, CutOffKind.DAYS):
            return f"{self.words()} before" if self.number else "by the run itself"
        day = "end of the" if self.number == 31 else f"{ordinal(self.number)} of the"
        return f"by the {day} {'month' if self.kind is CutOffKind.DAY_OF_MONTH else 'previous month'}"


def parse_cut_off(text: str) -> CutOff:
    """Read "3 business days", "10 days", "25th", "end of previous month"; raises GrammarProblem."""
    try:
        reader = Reader(tokens(text))
        cut_off = _cut_off(reader)
        reader.end()
        return cut_off
    except (Unreadable, ValueError) as problem:
        raise GrammarProblem("a cut-off", text, _CUT_OFF_EXAMPLES, why=str(problem)) from None


def _cut_off(reader: Reader) -> CutOff:
    reader.take("the")
    number = 31 if reader.take("end") else ordinal_of(reader.peek())
    if number is None:
        number = reader.number()
        kind = CutOffKind.BUSINESS_DAYS if reader.take("business", "working") else CutOffKind.DAYS
        if reader.take("week", "weeks"):
            number *= 7
        else:
            reader.need("days", "day")
        if reader.take("before"):
            reader.take("the")
            reader.need("run")
        return CutOff(kind, number)
    if reader.items[reader.position - 1] != "end":
        reader.position += 1
    kind = CutOffKind.DAY_OF_MONTH
    if reader.take("of"):
        reader.take("the")
        kind = CutOffKind.DAY_OF_PREVIOUS_MONTH if reader.take("previous", "last") else kind
        reader.need("month")
    return CutOff(kind, number)


def parse_takes(text: str) -> Takes:
    """Read "due by the run", "due before the next run" or "everything approved"; raises GrammarProblem."""
    wanted = " ".join(text.lower().split())
    for takes in Takes:
        if wanted == takes.value:
            return takes
    raise GrammarProblem("what a run takes", text, [takes.value for takes in Takes])


@dataclass(frozen=True)
class RunSchedule:
    """A client's payment cycle on its own calendar.

    Runs are business days of `calendar`: a holiday or weekend moves a run as the rule says, a run inside a closure is
    left out altogether. No run is looked for outside the years 1900 to 2199.
    """

    rule: RunRule
    cut_off: CutOff | None = None
    takes: Takes = Takes.DUE_BY_THE_RUN
    calendar: Calendar = field(default_factory=Calendar)
    _years: dict[int, tuple[date, ...]] = field(default_factory=dict, init=False, repr=False, compare=False)

    def runs(self, start: date, end: date) -> tuple[date, ...]:
        """The runs in [start, end], in order."""
        found: list[date] = []
        for year in range(max(start.year, _YEARS.start), min(end.year + 1, _YEARS.stop)):
            found += self._runs_in(year)
        return tuple(found[bisect_left(found, start) : bisect_right(found, end)])

    def next_run(self, on_or_after: date) -> date | None:
        """The first run on or after a day; None when there is none in five years."""
        return next(self._from(on_or_after), None)

    def runs_after(self, run: date, until: date) -> tuple[date, ...]:
        """The runs after `run` up to and including `until`."""
        return self.runs(run + timedelta(days=1), until)

    def cut_off_of(self, run: date) -> date:
        """The last day an invoice can be approved for `run`; the run itself when no cut-off is known."""
        return self.cut_off.of(run, self.calendar) if self.cut_off else run

    def run_for(self, ready: date, due: date | None) -> date | None:
        """The run that should pay an invoice: the earliest whose cut-off is not before `ready` and that takes `due`.

        `ready` is the approval date if known, else the issue date; without a due date every run takes the invoice.
        None when there is no such run in five years.
        """
        wanted = due if due and self.takes is not Takes.EVERYTHING_APPROVED else ready
        if self.takes is Takes.DUE_BEFORE_NEXT_RUN:
            return self._before_next(ready, wanted)
        return next((run for run in self._from(max(ready, wanted)) if ready <= self.cut_off_of(run)), None)

    def _before_next(self, ready: date, due: date) -> date | None:
        start = max(ready, self._last_run_by(due) or due)
        return next((run for run in self._from(start) if ready <= self.cut_off_of(run)), None)

    def _last_run_by(self, day: date) -> date | None:
        for year in range(min(day.year, _YEARS.stop - 1), max(day.year - _HORIZON, _YEARS.start) - 1, -1):
            runs = self._runs_in(year)
            place = bisect_right(runs, day)
            if place:
                return runs[place - 1]
        return None

    def describe(self) -> str:
        """For people: "pays on the last Friday of the month; invoices must be in 3 business days before"."""
        cut_off = f"; invoices must be in {self.cut_off.describe()}" if self.cut_off else ""
        return f"pays {self.rule.describe()}{cut_off}{_TAKES_WORDS[self.takes]}"

    def _from(self, day: date) -> Iterator[date]:
        for year in range(max(day.year, _YEARS.start), min(day.year + _HORIZON + 1, _YEARS.stop)):
            for run in self._runs_in(year):
                if run >= day:
                    yield run

    def _runs_in(self, year: int) -> tuple[date, ...]:
        # A memo of a pure answer: thousands of invoices ask the same schedule.
        if year not in self._years:
            open_all_year = replace(self.calendar, closures=())
            runs = self.rule.dates(date(year, 1, 1), date(year, 12, 31), open_all_year)
            self._years[year] = tuple(sorted(run for run in runs if not self.calendar.in_closure(run)))
        return self._years[year]
