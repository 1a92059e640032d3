"""The options of CSV books, as the `books:` part of an organisation's configuration gives them."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from connectors.csvfile.cells import Mark, Order
from worker.errors import ConfigError, Problem

_FILES: Final = ("invoices", "clients", "payments", "credits")
_KNOWN: Final = frozenset((*_FILES, "kind", "currency", "dates", "decimals", "name", "zone", "country", "base"))


@dataclass(frozen=True, slots=True)
class Options:
    """Where the files are and what they do not say themselves.

    `currency` (ISO 4217) is for rows that name none; `dates` and `decimals` settle what a file leaves open.
    """

    invoices: Path
    clients: Path | None = None
    payments: Path | None = None
    credits: Path | None = None
    currency: str = ""
    dates: Order | None = None
    decimals: Mark | None = None
    name: str = ""
    zone: str = ""
    country: str = ""

    def files(self) -> dict[str, Path]:
        """The files given, by kind."""
        given = {kind: getattr(self, kind) for kind in _FILES}
        return {kind: path for kind, path in given.items() if path is not None}


def options_of(options: Mapping[str, object]) -> Options:
    """Check and type the options. Raises ConfigError with every problem at once."""
    problems: list[Problem] = []

    def wrong(option: str, found: object, expected: str, todo: str) -> None:
        problems.append(Problem("books", f"{option}: {found}", expected, todo))

    texts = {name: _text(value) for name, value in options.items()}
    for option in sorted(set(options) - _KNOWN):
        wrong(option, "not an option of CSV books", ", ".join(sorted(_KNOWN)), "remove or rename it")
    if not texts.get("invoices"):
        wrong("invoices", "no file is named", "a CSV file", "write invoices: invoices.csv")
    currency = texts.get("currency", "")
    if currency and not (len(currency) == 3 and currency.isascii() and currency.isalpha() and currency.isupper()):
        wrong("currency", currency, "three capital letters", "write for example currency: EUR")
    dates, decimals = texts.get("dates", ""), texts.get("decimals", "")
    if dates and dates not in tuple(Order):
        wrong("dates", dates, "day first or month first", "write dates: day first")
    if decimals and decimals not in tuple(Mark):
        wrong("decimals", decimals, "point or comma", "write decimals: comma for 1.234,56")
    if problems:
        raise ConfigError(problems)
    base = Path(texts.get("base") or ".")
    paths = {kind: base / texts[kind] for kind in _FILES if texts.get(kind)}
    return Options(
        paths["invoices"],
        paths.get("clients"),
        paths.get("payments"),
        paths.get("credits"),
        currency,
        Order(dates) if dates else None,
        Mark(decimals) if decimals else None,
        texts.get("name", ""),
        texts.get("zone", ""),
        texts.get("country", ""),
    )


def _text(value: object) -> str:
    return "" if value is None else str(value).strip()
