"""Pages made of values in a line or two, and read back as a browser without scripts would."""

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from html.parser import HTMLParser

from worker.core.decide import decide
from worker.core.decisions import AsOf, Remind, Thank
from worker.core.history import History
from worker.core.inference.learn import learn
from worker.core.receivable import Snapshot
from worker.core.results import SweepResult
from worker.core.settings import OrganisationSettings
from worker.report.forecast import forecast_of
from worker.report.page.book import Book, Firm, pages
from worker.report.page.source import Paper, Source

TEN = time(10)
MADE = datetime(2026, 3, 10, 10, tzinfo=UTC)


def source_of(
    snapshot: Snapshot,
    settings: OrganisationSettings,
    history: History,
    day: date,
    *,
    forecast: bool = False,
    name: str = "birch",
    worded: Callable[[Remind | Thank], Paper] = lambda _: Paper("Hello", "Dear all", "<p>Dear all</p>"),
) -> Source:
    """The firm as a preview on this day sees it."""
    plan = decide(snapshot, settings, history, AsOf(day, TEN))
    result = SweepResult(name, "s-1", "preview", snapshot=snapshot, settings=settings, plan=plan)
    learnt = learn(settings, (), day)
    expected = forecast_of(snapshot, learnt, 8, history.promises) if forecast else None
    return Source(result, snapshot, settings, plan, history, learnt, expected, worded=worded)


def book_of(*sources: Source, practice: bool = False) -> Book:
    """One preview of these firms."""
    return Book([Firm(s.result, s) for s in sources], MADE + timedelta(0), "preview", practice)


def files_of(*sources: Source, practice: bool = False) -> dict[str, str]:
    """Every page by name."""
    return dict(pages(book_of(*sources, practice=practice)))


class Tables(HTMLParser):
    """The cells of every table that has an id, row by row; and how many elements there are."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: dict[str, list[list[str]]] = {}
        self.elements = 0
        self._table = ""
        self._cell = False
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements += 1
        if tag == "table":
            self._table = dict(attrs).get("id") or ""
            self.found.setdefault(self._table, [])
        elif tag == "tr" and self._table:
            self.found[self._table].append([])
        elif tag in ("td", "th") and self._table:
            self.found[self._table][-1].append("")
            self._cell = True

    def handle_endtag(self, tag: str) -> None:
        if tag == "table":
            self._table = ""
        elif tag in ("td", "th"):
            self._cell = False

    def handle_data(self, data: str) -> None:
        if self._cell and self._table:
            self.found[self._table][-1][-1] += data


PILES = ("Held", "Excluded", "Waiting", "Chased")


def shown_piles(html: str) -> tuple[dict[str, Decimal], dict[str, Decimal], dict[str, Decimal]]:
    """As the page says, per currency: the four piles' sum, the reasons nobody is chasing summed, the receivables."""
    rows = Tables(html).found.get("piles", [])
    if not rows:
        return {}, {}, {}
    currencies = rows[0][2:]
    four = {c: Decimal(0) for c in currencies}
    reasons = dict(four)
    for label, _, *cells in rows[1:-1]:
        into = four if label.strip().startswith(PILES) else reasons
        for currency, cell in zip(currencies, cells, strict=True):
            into[currency] += Decimal(cell.replace(",", "") or 0)
    assert "agrees to the cent" in rows[-1][0]
    said = {c: Decimal(v.replace(",", "")) for c, v in zip(currencies, rows[-1][2:], strict=True)}
    return four, reasons, said
