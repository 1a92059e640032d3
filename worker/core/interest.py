"""Interest on late payment: simple, per day, split where the rate changes. Pure figures; nothing is ever booked.

Statutory rates come from dated tables (policies/rates); a day for which no rate is on file carries none.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal

from worker.core.message import InterestFigure
from worker.core.money import Money, minor_digits
from worker.core.receivable import Invoice
from worker.core.settings import Charges, Debtor

YEAR = 365
NEEDS_CLAUSE = frozenset({"AU", "US"})
"""Countries without statutory interest on trade debts: only a contract's clause can be a basis."""


@dataclass(frozen=True, slots=True)
class RateTable:
    """A country's statutory rate: `points` over a `base` that changes on the days given, both in percent a year.

    `fixed_at_start`: the base of the day interest began to run counts for the whole delay. `through` is the last day
    the table speaks for; `fixed` are sums for recovery costs, by the least debt each is for, in `currency`.
    """

    points: Decimal
    base: tuple[tuple[date, Decimal], ...]
    through: date
    fixed_at_start: bool
    basis: str
    currency: str = ""
    fixed: tuple[tuple[Decimal, Decimal], ...] = ()

    def on(self, day: date) -> Decimal | None:
        """The rate of one day, in percent a year; None when the table does not say."""
        if day > self.through:
            return None
        known = [rate for start, rate in self.base if start <= day]
        return known[-1] + self.points if known else None


@dataclass(frozen=True, slots=True)
class Period:
    """Days in a row at one rate (percent a year), both ends included, and the interest of them."""

    first: date
    last: date
    rate: Decimal
    amount: Decimal

    @property
    def days(self) -> int:
        """How many."""
        return (self.last - self.first).days + 1


def periods(open_: Money, due: date, day: date, rate_on: Mapping[date, Decimal] | RateTable) -> tuple[Period, ...]:
    """The interest on `open_` from the day after `due` through `day`, each period rounded half up to the currency."""
    unit = Decimal(1).scaleb(-minor_digits(open_.currency))
    first = due + timedelta(days=1)
    found: list[Period] = []
    start: date | None = None
    current: Decimal | None = None
    for n in range((day - due).days + 1):
        on = first + timedelta(days=n)
        rate = _rate(rate_on, first, on) if on <= day else None
        if rate == current and on <= day:
            continue
        if start and current is not None:
            last = on - timedelta(days=1)
            days = (last - start).days + 1
            exact = open_.amount * current * days / (100 * YEAR)
            found.append(Period(start, last, current, exact.quantize(unit, ROUND_HALF_UP)))
        start, current = (on, rate) if rate is not None else (None, None)
    return tuple(found)


def _rate(table: Mapping[date, Decimal] | RateTable, first: date, on: date) -> Decimal | None:
    if not isinstance(table, RateTable):
        return table.get(on)
    if table.fixed_at_start:
        return table.on(first)
    return table.on(on)


def figure(invoice: Invoice, day: date, charges: Charges, tables: Mapping[str, RateTable]) -> InterestFigure | None:
    """What may be said of the interest on one invoice; None unless law, kind of debtor and basis are all certain."""
    if not charges.interest or invoice.due is None or day <= invoice.due or why_not(charges, tables):
        return None
    owed = Money(invoice.open, invoice.currency)
    since, days = invoice.due + timedelta(days=1), (day - invoice.due).days
    if charges.rate is not None:
        flat = {since + timedelta(days=n): charges.rate * 100 for n in range(days)}
        amount = sum((p.amount for p in periods(owed, invoice.due, day, flat)), Decimal(0))
        basis = f"{charges.clause}, {(charges.rate * 100).normalize():f} % a year"
        return InterestFigure(invoice.number, since, days, Money(amount, invoice.currency), basis)
    table = tables[charges.law[:2]]
    split = periods(owed, invoice.due, day, table)
    if not split:
        return None
    amount, counted = sum((p.amount for p in split), Decimal(0)), sum(p.days for p in split)
    tiers = [fixed for least, fixed in table.fixed if invoice.open >= least]
    fixed = Money(tiers[-1], table.currency) if tiers and table.currency == invoice.currency else None
    return InterestFigure(invoice.number, since, counted, Money(amount, invoice.currency), table.basis, fixed)


def why_not(charges: Charges, tables: Mapping[str, RateTable]) -> str:
    """Why no charge may be spoken of ("" when it may): each answer names what is missing."""
    country, _, state = charges.law.partition("-")
    if charges.debtor not in {Debtor.BUSINESS, Debtor.PUBLIC}:
        return "debtor is not said to be a business or a public body"
    if not country:
        return "nobody says whose law governs"
    if country in NEEDS_CLAUSE and not charges.clause:
        return f"in {country} only a clause of the contract can be a basis"
    if country == "US" and not state:
        return "in the US the state's law counts"
    if charges.rate is not None and not charges.clause:
        return "an agreed rate without the clause it stands in"
    if charges.interest and charges.rate is None and country not in tables:
        return f"no statutory rate is on file for {country}"
    return ""
