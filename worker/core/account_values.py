"""A statement of account, as values: open invoices, what came in towards them, credit, and the balance. PURE."""

from dataclasses import dataclass
from datetime import date

from worker.core.money import Money


@dataclass(frozen=True, slots=True)
class StatementLine:
    """One open invoice: `total` less what was `paid` (day and amount) less what was `credited` is `open`, exactly."""

    number: str
    reference: str
    client_name: str
    issued: date | None
    due: date | None
    total: Money
    paid: tuple[tuple[date, Money], ...]
    credited: Money
    open: Money


@dataclass(frozen=True, slots=True)
class StatementPart:
    """One currency: its invoices by age, live credit (number, day, amount), and the balance: open less credit."""

    currency: str
    lines: tuple[StatementLine, ...]
    credits: tuple[tuple[str, date | None, Money], ...]
    open: Money
    balance: Money


@dataclass(frozen=True, slots=True)
class Statement:
    """The account of one payer on a day, one part per currency; currencies never mix."""

    on: date
    parts: tuple[StatementPart, ...]
