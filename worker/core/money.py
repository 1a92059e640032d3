"""Money: an exact amount in one currency. Currencies never mix and nothing is ever a float."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

# Currencies whose smallest unit is not a hundredth. Source: ISO 4217, list one, column "minor unit".
_CODES_BY_MINOR_DIGITS = {
    0: "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF",
    3: "BHD IQD JOD KWD LYD OMR TND",
    4: "CLF UYW",
}
_MINOR_DIGITS = {code: digits for digits, codes in _CODES_BY_MINOR_DIGITS.items() for code in codes.split()}

_SEEN: set[object] = set()
"""Currency codes found well-formed before: there are few, and amounts are made by the thousand."""


class MixedCurrencies(ValueError):
    """Two currencies met in one sum or comparison. Keep a total per currency instead (see `totals`)."""

    def __init__(self, left: str, right: str) -> None:
        super().__init__(f"{left} and {right} cannot be added or compared: keep one total per currency")
        self.left = left
        self.right = right


@dataclass(frozen=True, slots=True)
class Money:
    """An exact amount (major units, e.g. pounds) in one currency (ISO 4217, three capital letters).

    Negative amounts are credits. `+`, `-` and ordering need one currency, else `MixedCurrencies`; amounts in different
    currencies are simply unequal. Raises TypeError for anything but a Decimal, ValueError for NaN, infinities and
    malformed currency codes.
    """

    amount: Decimal
    currency: str

    def __post_init__(self) -> None:
        if not isinstance(self.amount, Decimal):
            raise TypeError(f"an amount is a Decimal, not {type(self.amount).__name__} ({self.amount!r})")
        if not self.amount.is_finite():
            raise ValueError(f"an amount is a finite number, not {self.amount}")
        if self.currency not in _SEEN:
            _check_currency(self.currency)

    def __add__(self, other: Money) -> Money:
        return Money(self.amount + self._same(other), self.currency)

    def __sub__(self, other: Money) -> Money:
        return Money(self.amount - self._same(other), self.currency)

    def __neg__(self) -> Money:
        return Money(-self.amount, self.currency)

    def __lt__(self, other: Money) -> bool:
        return self.amount < self._same(other)

    def __le__(self, other: Money) -> bool:
        return self.amount <= self._same(other)

    def __gt__(self, other: Money) -> bool:
        return self.amount > self._same(other)

    def __ge__(self, other: Money) -> bool:
        return self.amount >= self._same(other)

    def __str__(self) -> str:
        return f"{self.amount:f} {self.currency}"

    def _same(self, other: Money) -> Decimal:
        if not isinstance(other, Money):
            raise TypeError(f"money meets money only, not {type(other).__name__}")
        if other.currency != self.currency:
            raise MixedCurrencies(self.currency, other.currency)
        return other.amount


def zero(currency: str) -> Money:
    """Nothing, in `currency`: the start of a sum."""
    return Money(Decimal(0), currency)


def minor_digits(currency: str) -> int:
    """Decimal places of the currency's smallest unit (JPY 0, KWD 3, most others 2). Source: ISO 4217."""
    _check_currency(currency)
    return _MINOR_DIGITS.get(currency, 2)


def quantise(money: Money) -> Money:
    """Rounded to the currency's smallest unit, halves away from zero, as invoices are."""
    step = Decimal(1).scaleb(-minor_digits(money.currency))
    return Money(money.amount.quantize(step, rounding=ROUND_HALF_UP), money.currency)


def totals(amounts: Iterable[Money]) -> dict[str, Decimal]:
    """One exact total per currency, sorted by currency; a currency that nets to nothing stays, as 0."""
    sums: dict[str, Decimal] = {}
    for money in amounts:
        sums[money.currency] = sums.get(money.currency, Decimal(0)) + money.amount
    return dict(sorted(sums.items()))


def _check_currency(currency: str) -> None:
    if not (isinstance(currency, str) and len(currency) == 3 and currency.isascii() and currency.isalpha()):
        raise ValueError(f"a currency is three letters such as GBP, not {currency!r}")
    if not currency.isupper():
        raise ValueError(f"a currency is written in capitals: {currency.upper()}, not {currency}")
    _SEEN.add(currency)
