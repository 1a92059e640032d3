"""The bytes of one file -> records by field name, each with its line. PURE.

Encodings: UTF-8 (with or without a mark), UTF-16 with a mark, else Windows-1252. Separators: comma, semicolon, tab.
Lines above the header (a report's title) are passed over.
"""

import csv
import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice

from connectors.csvfile import cells
from connectors.csvfile.columns import Dialect, Layout, assign, dialect_of, repeated, unused
from connectors.csvfile.notes import Findings, listed

MAX_BYTES = 50 * 1024 * 1024
MAX_ROWS = 500_000
_HEADER_WITHIN = 25
_SEPARATORS = (",", ";", "\t")


@dataclass(frozen=True, slots=True)
class Record:
    """One row: the line it starts on and its cells by field, cleaned; an absent or empty cell is ""."""

    line: int
    values: Mapping[str, str]
    cells: tuple[str, ...] = ()

    def get(self, name: str) -> str:
        """The cell of that field, or ""."""
        return self.values.get(name, "")


@dataclass(frozen=True, slots=True)
class Table:
    """One file. `fields` are those its header offers; `headings` how the file itself calls them."""

    name: str
    dialect: Dialect
    header_line: int
    headings: Mapping[str, str]
    records: tuple[Record, ...]
    positions: Mapping[str, int] = field(default_factory=dict)

    def has(self, name: str) -> bool:
        """Whether the header offers this field."""
        return name in self.headings

    def column(self, *names: str) -> Iterator[tuple[int, str]]:
        """(line, text) of every non-empty cell of these fields."""
        for record in self.records:
            for name in names:
                if value := record.get(name):
                    yield record.line, value


def decode(raw: bytes) -> str:
    """Text of the bytes; raises ValueError when no encoding we take fits."""
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        return raw.decode("utf-16")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        return raw.decode("cp1252")


def read_table(name: str, raw: bytes, layout: Layout, findings: Findings) -> Table | None:
    """The table in `raw`; None (with the reason in `findings`) when it cannot be told what its columns are."""
    expected = f"a CSV file of {layout.kind}"
    if not raw.strip():
        findings.problem(name, 0, "the file is empty", expected, "export it again")
        return None
    if raw.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0", b"%PDF")):
        findings.problem(
            name, 0, "is a workbook or a PDF, not CSV", expected, "save it as CSV (in Excel: Save as, CSV UTF-8)"
        )
        return None
    try:
        text = decode(raw)
    except UnicodeDecodeError:
        text = "\0"
    if "\0" in text:
        findings.problem(name, 0, "is not text", expected + " in UTF-8", "export it again as CSV UTF-8")
        return None
    separator, header_line, header = _header(text, layout)
    used = assign(layout, header)
    dialect = dialect_of(header)
    grouped = dialect is Dialect.QUICKBOOKS and layout.kind == "invoices"
    if not _usable(name, header_line, header, used, layout, findings, grouped=grouped):
        return None
    records = tuple(_records(name, text, separator, header_line, header, used, findings, ragged=grouped))
    if extra := unused(header, used, dialect):
        findings.note(name, f"columns not used: {listed(extra)}")
    headings = {field_name: header[position] for field_name, position in used.items()}
    return Table(name, dialect, header_line, headings, records, used)


class _NotCsv(Exception):
    """The row that starts on `line` cannot be read."""

    def __init__(self, line: int, reason: str) -> None:
        super().__init__(reason)
        self.line = line


def _rows(text: str, separator: str) -> Iterator[tuple[int, list[str]]]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    start = 1
    try:
        for row in reader:
            yield start, row
            start = reader.line_num + 1
    except csv.Error as error:
        raise _NotCsv(start, str(error)) from None


def _header(text: str, layout: Layout) -> tuple[str, int, list[str]]:
    """(separator, line, cells) of the row near the top that looks most like a header of this layout."""
    best: tuple[int, str, int, list[str]] = (0, ",", 1, [])
    for separator in _SEPARATORS:
        try:
            for line, row in islice(_rows(text, separator), _HEADER_WITHIN):
                header = [cells.text(cell) for cell in row]
                score = len(assign(layout, header))
                if score > best[0]:
                    best = score, separator, line, header
        except _NotCsv:
            continue
    return best[1:]


def _usable(
    name: str,
    line: int,
    header: list[str],
    used: Mapping[str, int],
    layout: Layout,
    findings: Findings,
    *,
    grouped: bool,
) -> bool:
    if not used:
        findings.problem(
            name,
            line,
            "no row near the top names columns we know",
            f'a header of {layout.kind}, such as "{", ".join(wanted[0] for wanted, _ in layout.needed)}"',
            "add the header row, or export the file again",
        )
        return False
    missing = [
        (wanted, words)
        for wanted, words in layout.needed
        if not any(w in used for w in wanted) and not (grouped and "client" in wanted)
    ]
    for wanted, words in missing:
        names = " or ".join(f'"{w.replace("_", " ")}"' for w in wanted)
        seen = f"; the columns are {listed([h for h in header if h])}" if header else ""
        findings.problem(name, line, f"no column says {words}{seen}", f"a column {names}", "add or rename that column")
    twice = repeated(header, used)
    for heading in twice:
        findings.problem(
            name, line, f'two columns are called "{heading}"', "each name once", "rename or delete one of them"
        )
    return not missing and not twice


def _records(
    name: str,
    text: str,
    separator: str,
    header_line: int,
    header: list[str],
    used: Mapping[str, int],
    findings: Findings,
    *,
    ragged: bool,
) -> Iterator[Record]:
    count = 0
    try:
        for line, row in _rows(text, separator):
            if line <= header_line or not any(cell.strip() for cell in row):
                continue
            count += 1
            if count > MAX_ROWS:
                findings.problem(name, line, "the file goes on", f"at most {MAX_ROWS} rows", "split it by year")
                return
            if any(cell.strip() for cell in row[len(header) :]) and not ragged:
                _too_wide(name, line, len(row), len(header), findings)
                continue
            cleaned = tuple(cells.text(cell) for cell in row)
            yield Record(line, {f: cleaned[p] for f, p in used.items() if p < len(cleaned)}, cleaned)
    except _NotCsv as error:
        findings.problem(
            name,
            error.line,
            f"from here the file is not CSV ({error})",
            'cells with quotes written as "a ""b"" c", and every quote closed',
            "look for a stray quote, or export the file again: it may have been cut off",
        )


def _too_wide(name: str, line: int, width: int, expected: int, findings: Findings) -> None:
    findings.problem(
        name,
        line,
        f"the row has {width} cells, the header {expected}",
        "as many cells as headings",
        "put quotes around the cell that contains the separator",
    )
