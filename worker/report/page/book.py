"""All pages of one run: a practice's index, and for each firm its overview, its clients and each of them."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from worker.core.money import Money, totals
from worker.core.results import SweepResult
from worker.report.page.client import client_page
from worker.report.page.clients import STATES, Row, rows
from worker.report.page.figures import PEOPLE, Person
from worker.report.page.firm import FirmPage, firm_page
from worker.report.page.render import rendered
from worker.report.page.source import Source
from worker.report.page.words import folder_name

if TYPE_CHECKING:
    from worker.report.page.changes import ChangesPage

LATER = 14
"""Days ahead of the day that examples of holds and promises name."""


@dataclass(frozen=True, slots=True)
class Firm:
    """One firm of a run. Without a `source` nothing is known of it; `changes`: what another policy would do."""

    result: SweepResult
    source: Source | None = None
    changes: "ChangesPage | None" = None

    @property
    def title(self) -> str:
        """Its name as people know it."""
        return self.source.title if self.source else self.result.organisation


@dataclass(frozen=True, slots=True)
class Book:
    """One run. `others` are firms of the practice it did not look at, and whether an earlier page of theirs is there;
    `mode` is preview or live; `made` an aware instant; `zone` whose clock the pages show; `note`: a word about it."""

    firms: Sequence[Firm]
    made: datetime
    mode: str
    practice: bool = False
    others: Mapping[str, bool] | None = None
    redirected: str = ""


def pages(book: Book) -> Iterator[tuple[str, str]]:
    """Every page, name and HTML, one at a time; `index.html` is where one begins."""
    if not book.practice:
        for firm in book.firms:
            yield from firm_pages(book, firm)
        return
    made = []
    for firm in book.firms:
        folder = folder_name(firm.result.organisation)
        view = firm_page(firm.source) if firm.source else None
        made.append((folder, firm, view))
        for name, html in firm_pages(book, firm, view):
            yield f"{folder}/{name}", html
    made.sort(key=lambda one: not (one[2] is None or one[2].refused))  # trouble first, else as the config has them
    others = [(name, folder_name(name) if there else "") for name, there in (book.others or {}).items()]
    listed = [(folder, firm.changes) for folder, firm, _ in made if firm.changes]
    alone = totals(Money(v, c) for _, _, view in made if view for c, v in view.alone.items())
    nobody = sorted(alone.items(), key=lambda found: (-found[1], found[0]))
    shared = several((firm.title, view.heard) for _, firm, view in made if view)
    shown = {"book": book, "in_all": _in_all([c for _, c in listed]), "shared": shared[:PEOPLE]}
    yield "index.html", rendered("practice.html", firms=made, others=others, nobody=nobody, **shown)
    if listed:
        yield "changes.html", rendered("practice_changes.html", listed=listed, **shown)


def _in_all(compared: "Sequence[ChangesPage]") -> str:
    if not compared:
        return ""
    from worker.report.page.changes import in_all

    return in_all(compared)


@dataclass(slots=True)
class Shared:
    """Somebody who hears from several firms: how often this month and from which."""

    address: str
    contacts: int
    firms: list[str]


def several(heard: Iterable[tuple[str, Sequence[Person]]]) -> list[Shared]:
    """Addresses that more than one firm wrote to this month (or does today), most often first."""
    found: dict[str, Shared] = {}
    for title, people in heard:
        for person in people:
            one = found.setdefault(person.address.lower(), Shared(person.address, 0, []))
            one.contacts += person.reminders + person.thanks + person.today
            one.firms.append(title)
    return sorted((s for s in found.values() if len(s.firms) > 1), key=lambda s: (-s.contacts, s.address))


def firm_pages(book: Book, firm: Firm, view: FirmPage | None = None) -> Iterator[tuple[str, str]]:
    """One firm's pages. They name no other firm and link to none, so that its owner can be given the folder."""
    source = firm.source
    if source is None:
        yield "index.html", rendered("skipped.html", book=book, firm=firm)
        return
    view = view or firm_page(source)
    listed = rows(source)
    in_a_while = source.plan.as_of.day + timedelta(days=LATER)
    common = {"book": book, "firm": firm, "source": source, "next_month": in_a_while.isoformat()}
    yield "index.html", rendered("firm.html", view=view, **common)
    yield "clients.html", rendered("clients.html", rows=listed, states=counts(listed), **common)
    for row in listed:
        yield f"clients/{row.file}", rendered("client.html", row=row, page=client_page(source, row), **common)
    if firm.changes:
        yield "changes.html", rendered("changes.html", changes=firm.changes, **common)


def counts(listed: Sequence[Row]) -> list[tuple[str, str, int]]:
    """How many clients are in each state: key, words, number."""
    found = [(key, words, sum(r.state == key for r in listed)) for key, words in STATES.items()]
    return [(key, words if n == 1 else _many(words), n) for key, words, n in found if n]


def _many(words: str) -> str:
    return words.replace("hears", "hear").replace("owes", "owe")
