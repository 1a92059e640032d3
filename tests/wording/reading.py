"""Reads what a message says: the words that are not data, and the shape of its HTML."""

import dataclasses
import html
import re
from collections.abc import Iterator
from datetime import date
from html.parser import HTMLParser
from pathlib import Path

from worker.core.message import MessageModel
from worker.core.money import Money
from worker.wording.figures import Figures, locale_of
from worker.wording.render import Templates

SHIPPED = Path(__file__).parents[2] / "policies" / "wording"
WORDING = Templates([SHIPPED])


def figures_of(model: MessageModel) -> set[str]:
    """Every amount and date of the model, as its reader writes them."""
    figures = Figures(locale_of(model.language, model.country))
    found: set[str] = set()
    for value in _values(model):
        if isinstance(value, Money):
            found.add(figures.money(value))
        elif isinstance(value, date):
            found |= {figures.day(value), figures.short_day(value)}
    return found


def data_of(model: MessageModel) -> set[str]:
    """Every other datum: names, numbers, references, links, free words."""
    return {value for value in _values(model) if isinstance(value, str) and len(value) > 2}


def _values(value: object) -> Iterator[object]:
    if dataclasses.is_dataclass(value) and not isinstance(value, Money):
        for field in dataclasses.fields(value):
            yield from _values(getattr(value, field.name))
    elif isinstance(value, tuple):
        for each in value:
            yield from _values(each)
    else:
        yield value


def without(text: str, known: set[str]) -> str:
    """The text with each known value (longest first) replaced by a space."""
    pattern = "|".join(re.escape(each) for each in sorted(known, key=len, reverse=True))
    return re.sub(pattern, " ", text) if known else text


class _Shape(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: list[tuple[str, tuple[tuple[str, str | None], ...]]] = []
        self.words: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, tuple(attrs)))

    def handle_data(self, data: str) -> None:
        self.words.append(data)


def shape(page: str) -> list[tuple[str, tuple[tuple[str, str | None], ...]]]:
    """Elements and attributes, in order."""
    parser = _Shape()
    parser.feed(page)
    return parser.tags


def words_of(page: str) -> str:
    """What the HTML says, without its title."""
    parser = _Shape()
    parser.feed(re.sub(r"<head>.*?</head>", "", page, flags=re.DOTALL))
    return html.unescape(" ".join(parser.words))
