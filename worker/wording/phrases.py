"""Set phrases, dates and money for a paper a person prints: in the reader's language, as messages have them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path

from worker.core.money import Money
from worker.wording.figures import Figures, locale_of
from worker.wording.files import LETTER, Folders
from worker.wording.typography import typeset


@dataclass(frozen=True, slots=True)
class Phrases:
    """What a printed page says in one language."""

    language: str
    words: Mapping[str, str]
    figures: Figures

    def say(self, key: str, **values: str) -> str:
        """A phrase with its blanks filled in; what fills them is plain text."""
        text = self.words[key]
        for name, value in values.items():
            text = text.replace(f"{{{name}}}", value)
        return text

    def money(self, amounts: Mapping[str, Decimal]) -> str:
        """One total per currency, by currency, listed."""
        return self.figures.listed([self.figures.money(Money(v, c)) for c, v in amounts.items()])

    def day(self, day: date | None) -> str:
        """A date as sentences write it; "" for none."""
        return self.figures.day(day) if day else ""


def letter_phrases(folders: Sequence[Path], language: str, country: str) -> Phrases:
    """The phrases of the letter before action, and of tables, for a reader. Raises WordingError."""
    within = Folders(folders)
    said = {**within.words(language), **within.words(language, LETTER)}
    return Phrases(
        language,
        {key: typeset(phrase, language) for key, phrase in said.items()},
        Figures(locale_of(language, country)),
    )
