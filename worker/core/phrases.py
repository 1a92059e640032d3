"""What the small English grammars share: tokens, names of days and months, and one kind of error."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Sequence
from datetime import date

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
MONTHS = (
    *("january", "february", "march", "april", "may", "june"),
    *("july", "august", "september", "october", "november", "december"),
)
_WEEKDAY_SHORT = {"tues": 1, "weds": 2, "thur": 3, "thurs": 3}
_ORDINALS = ("first", "second", "third", "fourth", "fifth")
_TOKEN = re.compile(
    r"\s*(?:(\d{4}-\d{2}(?:-\d{2})?(?![\d-]))|(\d+(?:st|nd|rd|th)?(?![a-z0-9]))|([a-z]+)|([-–—])|([&+])|[,;.])\s*",
    re.ASCII,
)


# No phrase needs more; it keeps errors and guesses short.
_LONGEST = 200


class GrammarProblem(ValueError):
    """A phrase that cannot be read.

    `found` is what was written, `expected` examples that would work, `nearest` our best guess at what was meant,
    `why` what is wrong in particular; the last two may be None.
    """

    def __init__(
        self, what: str, found: str, expected: Iterable[str], nearest: str | None = None, why: str | None = None
    ) -> None:
        self.what = what
        self.found = found
        self.expected = tuple(expected)
        self.nearest = nearest
        self.why = why
        guess = f' Did you mean "{nearest}"?' if nearest else ""
        reason = f": {why}." if why else "."
        shown = found if len(found) <= _LONGEST else f"{found[:_LONGEST]}..."
        super().__init__(
            f'"{shown}" is not {what} we can read{reason}{guess} Write for example: {"; ".join(self.expected)}.'
        )


class Unreadable(Exception):
    """Why a phrase stopped making sense; a grammar turns it into a `GrammarProblem`. Never leaves the core."""


def tokens(text: str) -> list[str]:
    """Lower-case words, numbers, ISO dates and dashes of `text`; commas only separate. Raises Unreadable."""
    text = text.strip().lower()
    if len(text) > _LONGEST:
        raise Unreadable(f"it is longer than {_LONGEST} characters")
    found: list[str] = []
    position = 0
    while position < len(text):
        match = _TOKEN.match(text, position)
        if match is None:
            raise Unreadable(f'"{text[position : position + 12]}" is not a word, a number or a date')
        iso, number, word, dash, plus = match.groups()
        token = iso or number or word or ("-" if dash else "") or ("and" if plus else "")
        found += [token] if token else []
        position = match.end()
    return found


class Reader:
    """A cursor over tokens; the `take` methods move on only when they match."""

    def __init__(self, items: Sequence[str]) -> None:
        self.items = tuple(items)
        self.position = 0

    def peek(self, ahead: int = 0) -> str:
        """The token `ahead` places on, or "" beyond the end."""
        place = self.position + ahead
        return self.items[place] if place < len(self.items) else ""

    def take(self, *words: str) -> bool:
        """Take the next token if it is one of `words`."""
        if self.peek() in words and self.peek():
            self.position += 1
            return True
        return False

    def take_all(self, *words: str) -> bool:
        """Take the next tokens if they are exactly `words`, in this order."""
        if self.items[self.position : self.position + len(words)] != words:
            return False
        self.position += len(words)
        return True

    def need(self, *words: str) -> None:
        """Take one of `words` or raise Unreadable."""
        if not self.take(*words):
            raise Unreadable(f'"{words[0]}" was expected {self.where()}')

    def number(self) -> int:
        """Take a plain number or raise Unreadable."""
        text = self.peek()
        if not text.isdigit() or len(text) > 4:
            raise Unreadable(f"a number was expected {self.where()}")
        self.position += 1
        return int(text)

    def where(self) -> str:
        """Where the cursor stands, in words."""
        if self.peek():
            return f'at "{self.peek()}"'
        return f'after "{self.items[-1]}"' if self.items else "but nothing is written"

    def end(self) -> None:
        """Raise Unreadable unless everything was read."""
        if self.peek():
            raise Unreadable(f'"{self.peek()}" does not fit here')


def weekday_of(word: str) -> int | None:
    """Monday 0 ... Sunday 6 for "mon", "tues", "friday", "fridays"; None otherwise."""
    if word in _WEEKDAY_SHORT:
        return _WEEKDAY_SHORT[word]
    return next((i for i, name in enumerate(WEEKDAYS) if word in (name, name + "s", name[:3])), None)


def month_of(word: str) -> int | None:
    """1 ... 12 for "jan", "sept", "october"; None otherwise."""
    if word == "sept":
        return 9
    return next((i for i, name in enumerate(MONTHS, start=1) if word in (name, name[:3])), None)


def ordinal_of(word: str) -> int | None:
    """2 for "2nd" and "second"; None for plain numbers and everything else."""
    if word in _ORDINALS:
        return _ORDINALS.index(word) + 1
    if word[-2:] in ("st", "nd", "rd", "th") and word[:-2].isdigit() and len(word) <= 4:
        return int(word[:-2])
    return None


def iso_date(word: str) -> date:
    """The date of a token such as 2026-01-08; raises Unreadable when there is no such day."""
    try:
        return date.fromisoformat(word)
    except ValueError:
        raise Unreadable(f'"{word}" is not a date' if word else "a date such as 2026-01-08 is missing") from None


def ordinal(number: int) -> str:
    """1st, 2nd, 3rd, 4th, 11th, 22nd..."""
    teen = 10 <= number % 100 <= 20
    return f"{number}{'th' if teen else {1: 'st', 2: 'nd', 3: 'rd'}.get(number % 10, 'th')}"


def listed(items: Sequence[str]) -> str:
    """One, two and three."""
    return items[0] if len(items) == 1 else f"{', '.join(items[:-1])} and {items[-1]}"


def counted(number: int, noun: str) -> str:
    """1 day, 2 days."""
    return f"{number} {noun}{'' if number == 1 else 's'}"


def respelled(text: str, vocabulary: Iterable[str]) -> str:
    """`text` with each unknown word replaced by the known word most like it, where one is close."""
    known = sorted(set(vocabulary))

    def mend(match: re.Match[str]) -> str:
        word = match.group()
        if word in known or word[:3] in ("st", "nd", "rd", "th"):
            return word
        return next(iter(difflib.get_close_matches(word, known, n=1, cutoff=0.6)), word)

    return re.sub(r"(?<!\d)[a-z]+", mend, text.lower()[:_LONGEST])
