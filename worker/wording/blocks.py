"""Tables and lists, drawn twice: as HTML and as aligned lines of plain text. Every datum is one inert line."""

import html
import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from urllib.parse import urlsplit

from worker.core.message import ClientTotal, InvoiceLine, ReceivedLine
from worker.core.money import Money
from worker.core.plain import one_line, shortened
from worker.wording.figures import Figures

_WORK_LIMIT = 80
_WIDEST = 28
_URL = re.compile(r"https://[A-Za-z0-9._~:/?#\[\]@!$&'()*+,;=%-]+\Z")  # the characters of RFC 3986
_TABLE = 'style="border-collapse:collapse;margin:0 0 14px"'
_HEAD = "text-align:{};padding:4px 14px 4px 0;border-bottom:1px solid #999;font-weight:600"
_CELL = "text-align:{};padding:4px 14px 4px 0;vertical-align:top"


@dataclass(frozen=True, slots=True)
class Row:
    """One row: a text per column, then lines below it (what for) and a link."""

    cells: tuple[str, ...]
    below: tuple[str, ...] = ()
    url: str = ""


@dataclass(frozen=True, slots=True)
class Grid:
    """A table: headings (none: a plain list), rows, and which columns are aligned right."""

    heads: tuple[str, ...]
    rows: tuple[Row, ...]
    right: frozenset[int]


@dataclass(frozen=True, slots=True)
class Drawing:
    """What drawing needs to know: formats, the language's words, and the hosts links may point to (none: any)."""

    figures: Figures
    words: Mapping[str, str]
    link_hosts: frozenset[str] = frozenset()

    def grid(self, lines: Sequence[object], late: bool) -> Grid:
        """The table of these lines, by what they are. Raises ValueError for what has no table."""
        first = lines[0] if lines else None
        if isinstance(first, InvoiceLine):
            return self._invoices([line for line in lines if isinstance(line, InvoiceLine)], late)
        if isinstance(first, ReceivedLine):
            return self._received([line for line in lines if isinstance(line, ReceivedLine)])
        if isinstance(first, ClientTotal):
            pairs = [(line.client_name, line.total) for line in lines if isinstance(line, ClientTotal)]
            return self._pairs([(one_line(name), self.figures.money(total)) for name, total in pairs])
        if isinstance(first, tuple):
            dated = [line for line in lines if isinstance(line, tuple)]
            return self._pairs([(self.figures.day(day), self.figures.money(money)) for day, money in dated])
        if first is None:
            return Grid((), (), frozenset())
        raise ValueError(f"there is no table of {type(first).__name__}")

    def _pairs(self, pairs: Iterable[tuple[str, str]]) -> Grid:
        return Grid((), tuple(Row(pair) for pair in pairs), frozenset({1}))

    def _invoices(self, lines: Sequence[InvoiceLine], late: bool) -> Grid:
        clients = len({line.client_name for line in lines}) > 1
        columns = [("client", [one_line(line.client_name) for line in lines] if clients else [])]
        columns += [
            ("number", [one_line(line.number) for line in lines]),
            ("reference", [one_line(line.reference) for line in lines]),
            ("issued", [self._day(line.issued) for line in lines]),
            ("due", [self._day(line.due) for line in lines]),
            ("late", [str(line.days_late) for line in lines] if late else []),
            ("open", [self._open(line) for line in lines]),
        ]
        works = [shortened(one_line(line.work), _WORK_LIMIT) for line in lines]
        below = [(work,) if work else () for work in works]
        return self._columns(columns, below, [self._safe_url(line.url) for line in lines])

    def _received(self, lines: Sequence[ReceivedLine]) -> Grid:
        partly = any(line.remains.amount for line in lines)
        columns = [
            ("number", [one_line(line.number) for line in lines]),
            ("reference", [one_line(line.reference) for line in lines]),
            ("paid", [self.figures.money(line.paid) for line in lines]),
            ("remains", [self.figures.money(line.remains) for line in lines] if partly else []),
        ]
        return self._columns(columns, [()] * len(lines), [""] * len(lines))

    def _columns(
        self, columns: Sequence[tuple[str, list[str]]], below: Sequence[tuple[str, ...]], urls: Sequence[str]
    ) -> Grid:
        shown = [(name, cells) for name, cells in columns if any(cells)]
        right = frozenset(i for i, (name, _) in enumerate(shown) if name in ("late", "open", "paid", "remains"))
        cells = [tuple(column[i] for _, column in shown) for i in range(len(urls))]
        rows = tuple(Row(*each) for each in zip(cells, below, urls, strict=True))
        return Grid(tuple(self.words[name] for name, _ in shown), rows, right)

    def _day(self, day: date | None) -> str:
        return self.figures.short_day(day) if day else ""

    def _open(self, line: InvoiceLine) -> str:
        amount = self.figures.money(line.open)
        if not line.part_paid:
            return amount
        return self.words["part_of"].replace("{open}", amount).replace("{total}", self.figures.money(line.total))

    def _safe_url(self, url: str) -> str:
        """The address when it is plain https to a host we may link to, else nothing (S9)."""
        if not _URL.match(url):
            return ""
        try:
            parts = urlsplit(url)
        except ValueError:
            return ""
        host = (parts.hostname or "").lower()
        known = not self.link_hosts or any(host == own or host.endswith("." + own) for own in self.link_hosts)
        return url if host and known and parts.username is None and parts.password is None else ""


def html_table(grid: Grid, view: str) -> str:
    """The grid as an HTML table; `view` is the text of a row's link."""
    if not grid.rows:
        return ""
    align = ["right" if i in grid.right else "left" for i in range(len(grid.rows[0].cells))]
    out = [f"<table {_TABLE}>"]
    if grid.heads:
        heads = (f'<th style="{_HEAD.format(a)}">{html.escape(h)}</th>' for a, h in zip(align, grid.heads, strict=True))
        out.append(f"<tr>{''.join(heads)}</tr>")
    for row in grid.rows:
        cells = (f'<td style="{_CELL.format(a)}">{html.escape(c)}</td>' for a, c in zip(align, row.cells, strict=True))
        out.append(f"<tr>{''.join(cells)}</tr>")
        below = [html.escape(text) for text in row.below]
        if row.url:
            below.append(f'<a href="{html.escape(row.url)}">{html.escape(view)}</a>')
        if below:
            style = "padding:0 14px 8px 0;color:#555"
            out.append(f'<tr><td colspan="{len(align)}" style="{style}">{"<br>".join(below)}</td></tr>')
    return "\n".join([*out, "</table>"])


def text_table(grid: Grid) -> str:
    """The grid as aligned lines. Cells wider than 28 characters push their line rather than widen every other one."""
    lines = [grid.heads, *(row.cells for row in grid.rows)] if grid.heads else [row.cells for row in grid.rows]
    if not lines:
        return ""
    widths = [min(_WIDEST, max(_width(line[i]) for line in lines)) for i in range(len(lines[0]))]
    out = [_aligned(grid.heads, widths, grid.right)] if grid.heads else []
    for row in grid.rows:
        out.append(_aligned(row.cells, widths, grid.right))
        out += [f"    {text}" for text in (*row.below, row.url) if text]
    return "\n".join(out) + "\n\n"


def _aligned(cells: Sequence[str], widths: Sequence[int], right: frozenset[int]) -> str:
    padded = []
    for i, (cell, width) in enumerate(zip(cells, widths, strict=True)):
        gap = " " * (width - _width(cell))
        padded.append(gap + cell if i in right else cell + gap)
    return "  ".join(padded).rstrip()


def _width(text: str) -> int:
    """Columns the text takes in a fixed-width font."""
    if text.isascii():
        return len(text)
    wide = sum(unicodedata.east_asian_width(c) in "WF" for c in text)
    return len(text) + wide - sum(bool(unicodedata.combining(c)) for c in text)


def amounts(figures: Figures, money: Iterable[Money]) -> str:
    """`£10.00 and €20.00`."""
    return figures.listed([figures.money(each) for each in money])
