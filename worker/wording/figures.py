"""Dates and money as the client writes them, exactly: no amount is ever rounded on the way to a message."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import lru_cache

from babel import Locale, UnknownLocaleError
from babel.dates import format_date
from babel.lists import format_list
from babel.numbers import format_currency, get_currency_symbol, get_decimal_symbol, get_territory_currencies

from worker.core.money import Money

# Signs that several countries share: beside anyone else's money they name no currency.
_SHARED_SIGNS = frozenset({"$", "¥", "kr", "kr.", "R", "Rs", "₨"})
_NBSP = "\u00a0"


@lru_cache(maxsize=512)
def locale_of(language: str, country: str) -> Locale:
    """The locale of a language (`en`, `fr-CA`) as written in a country (ISO 3166, two letters; may be empty).

    The region of the language itself goes before the country.

    English without a known country is `en_001`, whose dates cannot be misread and whose dollars are told apart; so is
    English for a country that writes `1.234,50`, which beside English words could be read either way. Raises ValueError
    for a language nobody knows.
    """
    language, _, region = language.partition("-")
    country = (region or country).upper()
    for name in (f"{language}_{country}" if country else "", "en_001" if language == "en" else language):
        try:
            found = Locale.parse(name) if name else None
            if found and (language != "en" or get_decimal_symbol(found) == "."):
                return found
        except (UnknownLocaleError, ValueError):
            continue
    raise ValueError(f"there is no language {language!r}; expected a code such as en, fr, de, es or nl")


@dataclass(frozen=True, slots=True)
class Figures:
    """Formats for one reader. All methods are pure; the text they give never holds a line end."""

    locale: Locale

    def money(self, money: Money) -> str:
        """`£1,234.50`; with the ISO 4217 code instead of a sign that could be another country's."""
        return _money(self.locale, money.amount, money.currency)

    def day(self, day: date) -> str:
        """`3 November 2025`, for sentences."""
        return _day(self.locale, day, "long")

    def short_day(self, day: date) -> str:
        """`3 Nov 2025`, for tables."""
        return _day(self.locale, day, "medium")

    def plural_form(self, count: int) -> str:
        """The grammatical number that goes with a count: one, few, many, other ... (CLDR's plural rules)."""
        return str(self.locale.plural_form(count))

    def listed(self, items: Sequence[str]) -> str:
        """`a, b and c`."""
        return str(format_list(items, locale=self.locale))


@lru_cache(maxsize=8192)
def _money(locale: Locale, amount: Decimal, currency: str) -> str:
    # Without decimal quantization Babel shows every digit there is, and never fewer than the currency has.
    text = format_currency(_trimmed(amount), currency, locale=locale, decimal_quantization=False)
    sign = get_currency_symbol(currency, locale)
    own = locale.territory and locale.territory.isalpha() and currency in get_territory_currencies(locale.territory)
    shown = currency if sign in _SHARED_SIGNS and not own else sign
    return _with_sign(text, sign, shown)


def _trimmed(amount: Decimal) -> Decimal:
    """Without trailing zeros (1234.5000 is 1234.5 and then shown as 1,234.50), exponents or a negative nought."""
    if amount == 0:
        return Decimal(0)
    trimmed = amount.normalize() if len(amount.as_tuple().digits) <= 28 else amount
    return Decimal(f"{trimmed:f}")


def _with_sign(text: str, sign: str, shown: str) -> str:
    at = text.find(sign)
    if at < 0:
        return text
    before, after = text[:at], text[at + len(sign) :]
    if shown[-1:].isalpha() and after[:1].isdigit():
        after = _NBSP + after
    return before + shown + after


@lru_cache(maxsize=8192)
def _day(locale: Locale, day: date, style: str) -> str:
    text = format_date(day, style, locale=locale)
    # Babel writes 1 mars; French says the first of a month as an ordinal, and only the first.
    first = locale.language == "fr" and day.day == 1 and text.startswith("1 ")
    return f"1er{text[1:]}" if first else text
