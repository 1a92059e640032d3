"""The text of one cell -> text, amounts, dates, yes/no. PURE; every refusal is a ValueError with a short reason.

A decimal mark and a day-month order are properties of a whole file, so each has two halves: what a file's cells give
away, and how a cell is then read. Nothing is ever guessed from one cell.
"""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from functools import lru_cache

_EXCEL_TEXT = re.compile(r'^="(.*)"$', re.DOTALL)
_SYMBOLS = {"€": "EUR", "£": "GBP", "$": "", "¥": "", "₹": "INR", "R": "ZAR"}
_MARKED = re.compile(r"^([A-Z]{0,3}[€£$¥₹]|[A-Z]{3}|R)?([^A-Z€£$¥₹]+?)([€£$¥₹]|[A-Z]{3})?$")
_ISO = re.compile(r"^(\d{4})(?:[-/.](\d{1,2})[-/.](\d{1,2})(?:[Tt ]\d.*)?|(\d\d)(\d\d))$")
_NUMERIC = re.compile(r"^(\d{1,2})([-/.])(\d{1,2})\2(\d{4}|\d{2})(?:[Tt ]\d.*)?$")
_DAY_WORD = re.compile(r"^(\d{1,2})[ -]([a-z]{3,9})\.?[ ,-]+(\d{4}|\d{2})$")
_WORD_DAY = re.compile(r"^([a-z]{3,9})\.? (\d{1,2}),? (\d{4})$")
_MONTHS = [
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
]
_YES = frozenset(["yes", "y", "true", "1", "x", "sent", "emailed", "email", "sent"]) | {"email sent", "e-mailed"}
_NO = frozenset(("no", "n", "false", "0", "unsent", "not sent", "need to send", "needs to be sent"))
_DIGITS_BEFORE, _DIGITS_AFTER = 13, 6
YEARS = range(1980, 2100)


class Order(StrEnum):
    """Which of 03/04/2026's numbers is the day."""

    DAY_FIRST = "day first"
    MONTH_FIRST = "month first"


class Mark(StrEnum):
    """What separates units from hundredths."""

    POINT = "point"
    COMMA = "comma"


@dataclass(frozen=True, slots=True)
class Evidence:
    """What the cells of one file say about a way of writing: the first line of each kind and its text."""

    first: tuple[int, str] | None = None
    second: tuple[int, str] | None = None
    either: tuple[int, str] | None = None


def text(raw: str) -> str:
    """One line of visible text. Control characters become spaces; Excel's ="0012" is unwrapped; any other formula
    stays what it is here: text."""
    if (wrapped := _EXCEL_TEXT.match(raw.strip())) is not None:
        raw = wrapped[1].replace('""', '"')
    if raw.isascii() and raw.isprintable():
        return " ".join(raw.split())
    visible = "".join(" " if unicodedata.category(c) in ("Cc", "Zl", "Zp") else c for c in raw)
    return " ".join(visible.split()).lstrip("\ufeff")


def key(raw: str) -> str:
    """A name or heading for comparison: letters and digits only, without case."""
    return "".join(c for c in unicodedata.normalize("NFKC", raw).casefold() if c.isalnum())


def name_key(raw: str) -> str:
    """A client's name for comparison: case and spacing do not matter, everything else does."""
    return " ".join(unicodedata.normalize("NFKC", raw).casefold().split())


def truth(raw: str) -> bool | None:
    """Yes or no; None for an empty cell. A date (of sending, say) is a yes. ValueError for anything else."""
    word = raw.strip().casefold()
    if not word:
        return None
    if word in _YES:
        return True
    if word in _NO:
        return False
    if _ISO.match(word) or _NUMERIC.match(word):
        return True
    raise ValueError("is neither yes nor no")


# Amounts


@lru_cache(maxsize=65536)  # A file's cells are weighed before they are read, and amounts recur.
def _stripped(raw: str) -> tuple[bool, str, str]:
    """(negative, currency the cell itself names or "", digits and marks)."""
    bare = "".join(c for c in raw if not c.isspace() and c not in "'’").replace("−", "-").upper()
    negative = False
    if bare.startswith("(") and bare.endswith(")"):
        negative, bare = True, bare[1:-1]
    matched = _MARKED.match(bare.replace("-", "", 1))
    if bare.count("-") > 1 or matched is None or ("-" in bare and not _minus_at_an_end(bare)):
        raise ValueError("is not an amount")
    named = matched[1] or matched[3] or ""
    return (
        negative != ("-" in bare),
        _SYMBOLS.get(named, named if len(named) == 3 and named.isalpha() else ""),
        matched[2],
    )


def _minus_at_an_end(bare: str) -> bool:
    before, _, after = bare.partition("-")
    return not any(c.isdigit() for c in before) or not any(c.isdigit() for c in after)


def _votes(digits: str) -> Mark | None:
    """Which decimal mark this amount must have been written with; None when it fits both. Raises when none."""
    points, commas = digits.count("."), digits.count(",")
    if points and commas:
        return Mark.POINT if digits.rindex(".") > digits.rindex(",") else Mark.COMMA
    if points + commas == 0:
        return None
    mark, other = (Mark.POINT, Mark.COMMA) if points else (Mark.COMMA, Mark.POINT)
    if points + commas > 1:
        return other
    before, after = re.split("[.,]", digits)
    grouped = len(after) == 3 and 1 <= len(before) <= 3 and not before.startswith("0")
    return None if grouped else mark


def mark_evidence(cells: Iterable[tuple[int, str]]) -> Evidence:
    """What amounts (line, text) give away: `first` a decimal point, `second` a comma, `either` like 1,234 or 1.234."""
    found: dict[Mark | None, tuple[int, str]] = {}
    for line, raw in cells:
        try:
            digits = _stripped(raw)[2]
            vote = _votes(digits)
        except ValueError:
            continue
        if vote is not None or "." in digits or "," in digits:
            found.setdefault(vote, (line, raw))
    return Evidence(found.get(Mark.POINT), found.get(Mark.COMMA), found.get(None))


def amount(raw: str, mark: Mark) -> tuple[Decimal, str]:
    """The exact amount, negative for -12, 12- and (12), and the currency the cell itself names ("" if none)."""
    negative, named, digits = _stripped(raw)
    point, group = (".", ",") if mark is Mark.POINT else (",", ".")
    units, _, rest = digits.partition(point)
    if not re.fullmatch(rf"\d+|\d{{1,3}}({re.escape(group)}\d{{2,3}})*{re.escape(group)}\d{{3}}|", units):
        raise ValueError("is not an amount")
    if not re.fullmatch(r"\d*", rest) or not units + rest:
        raise ValueError("is not an amount")
    whole = units.replace(group, "")
    if len(whole) > _DIGITS_BEFORE or len(rest) > _DIGITS_AFTER:
        raise ValueError("has too many digits to be an amount")
    value = Decimal(f"{whole or '0'}.{rest.rstrip('0').ljust(2, '0')}")
    return (-value if negative else value), named


# Dates


def order_evidence(cells: Iterable[tuple[int, str]]) -> Evidence:
    """What dates (line, text) give away: `first` 31/01/2026, `second` 01/31/2026, `either` like 03/04/2026."""
    found: dict[str, tuple[int, str]] = {}
    for line, raw in cells:
        if (m := _NUMERIC.match(raw.strip())) is None or m[2] == ".":
            continue
        one, two = int(m[1]), int(m[3])
        if one > 12 >= two:
            found.setdefault("first", (line, raw))
        elif two > 12 >= one:
            found.setdefault("second", (line, raw))
        elif one != two and one <= 12:
            found.setdefault("either", (line, raw))
    return Evidence(found.get("first"), found.get("second"), found.get("either"))


@lru_cache(maxsize=16384)  # A file has far fewer days than rows.
def day(raw: str, order: Order) -> date:
    """A calendar date. Year-first, 31 Jan 2026, Jan 31, 2026 and 31.01.2026 mean one thing only; `order` settles the
    rest. Two-digit years are of this century; a time behind the date is dropped."""
    written = raw.strip().casefold()
    if m := _ISO.match(written):
        year, month, number = int(m[1]), int(m[2] or m[4]), int(m[3] or m[5])
    elif m := _NUMERIC.match(written):
        one, two, year = int(m[1]), int(m[3]), int(m[4])
        month, number = (one, two) if order is Order.MONTH_FIRST and m[2] != "." else (two, one)
    elif m := _DAY_WORD.match(written):
        number, month, year = int(m[1]), _month(m[2]), int(m[3])
    elif m := _WORD_DAY.match(written):
        month, number, year = _month(m[1]), int(m[2]), int(m[3])
    else:
        raise ValueError("is not a date")
    year += 2000 if year < 100 else 0
    try:
        found = date(year, month, number)
    except ValueError:
        raise ValueError("is not a date") from None
    if year not in YEARS:
        raise ValueError(f"is not a date between {YEARS.start} and {YEARS.stop - 1}")
    return found


def _month(word: str) -> int:
    for number, name in enumerate(_MONTHS, 1):
        if name.startswith(word) or (name == "september" and word == "sept"):
            return number
    raise ValueError("is not a date")
