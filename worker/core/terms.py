"""Payment terms: how a due date follows from an invoice date.

The due date written on the invoice always wins; terms explain it and help to see a client's cycle.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from enum import Enum

from worker.core.phrases import counted, ordinal
from worker.core.workdays import add_months, day_in_month, month_end


class TermsKind(Enum):
    """How `PaymentTerms.days` is meant. Sources: Xero Accounting API, "Types"; QuickBooks Online API v3, "Term"."""

    AFTER_INVOICE = "days after the invoice date"  # Xero DAYSAFTERBILLDATE, QuickBooks STANDARD (DueDays)
    AFTER_MONTH_END = "days after the end of the invoice month"  # Xero DAYSAFTERBILLMONTH
    OF_MONTH = "day of the invoice month"  # Xero OFCURRENTMONTH
    OF_NEXT_MONTH = "day of the following month"  # Xero OFFOLLOWINGMONTH
    NEXT_ON_DAY = "next such day of a month"  # QuickBooks DATE_DRIVEN (DayOfMonthDue, DueNextMonthDays)


@dataclass(frozen=True, slots=True)
class PaymentTerms:
    """Terms of one kind; `days` is a number of days or a day of a month (31 = its last day) as the kind says.

    `grace` is for NEXT_ON_DAY only: an invoice issued at most that many days before the day moves one month on
    (0: never). Raises ValueError for numbers that make no sense.
    """

    kind: TermsKind
    days: int
    grace: int = 0

    def __post_init__(self) -> None:
        if self.days < 0 or self.grace < 0:
            raise ValueError(f"payment terms count forward: {self.days} and {self.grace} must not be negative")
        if self.kind not in (TermsKind.AFTER_INVOICE, TermsKind.AFTER_MONTH_END) and self.days == 0:
            raise ValueError("a month has no day 0")
        if self.grace and self.kind is not TermsKind.NEXT_ON_DAY:
            raise ValueError(f"only terms on a day of the month move to the next one, not {self.kind.value}")

    def due_date(self, issued: date) -> date:
        """The due date of an invoice issued on `issued`. OF_MONTH may give a day before it, as Xero does."""
        if self.kind is TermsKind.AFTER_INVOICE:
            return issued + timedelta(days=self.days)
        if self.kind is TermsKind.AFTER_MONTH_END:
            return month_end(issued) + timedelta(days=self.days)
        day = day_in_month(issued.year, issued.month, self.days)
        if self.kind is TermsKind.OF_MONTH:
            return day
        if self.kind is TermsKind.OF_NEXT_MONTH:
            return self._a_month_on(day)
        if day < issued:
            day = self._a_month_on(day)
        if self.grace and (day - issued).days <= self.grace:
            day = self._a_month_on(day)
        return day

    def words(self) -> str:
        """For people: "30 days after the invoice date", "the 20th of the following month"."""
        if self.kind is TermsKind.AFTER_INVOICE:
            return f"{counted(self.days, 'day')} after the invoice date" if self.days else "on receipt"
        if self.kind is TermsKind.AFTER_MONTH_END:
            return f"{counted(self.days, 'day')} after the end of the invoice month" if self.days else "end of month"
        day = "the last day" if self.days >= 31 else f"the {ordinal(self.days)}"
        if self.kind is TermsKind.OF_MONTH:
            return f"{day} of the invoice month"
        if self.kind is TermsKind.OF_NEXT_MONTH:
            return f"{day} of the following month"
        late = f", a month later if issued within {counted(self.grace, 'day')} of it" if self.grace else ""
        return f"{day} of the month{late}"

    def _a_month_on(self, day: date) -> date:
        first = add_months(day.replace(day=1), 1)
        return day_in_month(first.year, first.month, self.days)
