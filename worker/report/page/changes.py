"""What another policy would change: for whom, how, and how much per firm. The courses are the simulation's own."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from worker.core.simulation.compare import Change, Difference, difference
from worker.report.page.words import file_name
from worker.report.simulation import Played, difference_words, figure_lines

MOST = 500


@dataclass(frozen=True, slots=True)
class Changed:
    """One client for whom something changes."""

    name: str
    file: str
    change: Change


@dataclass(frozen=True, slots=True)
class ChangesPage:
    """One firm under two policies, from `first` to `last`."""

    organisation: str
    title: str
    before: str
    after: str
    first: date
    last: date
    lines: tuple[tuple[str, list[str]], ...]
    more: int
    fewer: int
    moved: int
    clients: int
    words: str
    changes: tuple[Change, ...]
    changed: tuple[Changed, ...]

    @property
    def left_out(self) -> int:
        """Clients who are counted and not listed."""
        return self.clients - len(self.changed)


def changes_page(played: Played, title: str, pages: frozenset[str]) -> ChangesPage | None:
    """The page; None without a second course."""
    if played.other is None:
        return None
    found, one, other = difference(played.one, played.other), played.one, played.other
    return ChangesPage(
        played.organisation,
        title,
        one.name,
        other.name,
        one.first,
        one.last,
        tuple(figure_lines([one, other])),
        found.more,
        found.fewer,
        found.moved,
        len(found.changes),
        _capital(difference_words(found)),
        found.changes,
        tuple(
            Changed(
                played.name(c.payer_id),
                file_name(played.name(c.payer_id), c.payer_id) if c.payer_id in pages else "",
                c,
            )
            for c in found.changes[:MOST]
        ),
    )


def in_all(pages: Sequence[ChangesPage]) -> str:
    """What changes over all firms together, in one sentence."""
    return _capital(difference_words(Difference(tuple(c for p in pages for c in p.changes))))


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
