"""Amounts, days and counts as a bookkeeper reads them in English, in the terminal and in the digest alike."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal

from worker.core.money import Money, quantise


def amount(value: Decimal, currency: str) -> str:
    """`1,234.50` with the currency's own number of decimals."""
    exact = Money(value, currency)
    return f"{(quantise(exact) if quantise(exact).amount == value else exact).amount:,f}"


def money(totals: Mapping[str, Decimal]) -> str:
    """`GBP 1,234.50 + EUR 20.00`; never one sum of two currencies."""
    return " + ".join(f"{c} {amount(v, c)}" for c, v in sorted(totals.items())) or "nothing"


def day(value: date | None) -> str:
    """`10 Mar 2026`; "" for None."""
    return f"{value:%-d %b %Y}" if value else ""


def counted(number: int, noun: str, plural: str = "") -> str:
    """`1 invoice`, `2 invoices`."""
    return f"{number} {noun if number == 1 else plural or noun + 's'}"
