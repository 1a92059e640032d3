"""The clients file as CSV: what a bookkeeper edits in a spreadsheet. Columns of their own are kept and never read."""

import csv
import io
from collections.abc import Iterable, Sequence
from pathlib import Path

from worker.config.source import MAX_BYTES, Located, LocatedList, nearest, plain
from worker.core.receivable import Client
from worker.errors import ConfigError, Problem

COLUMNS = (
    *("id", "client", "policy", "pays", "cut-off", "takes", "closed", "pays stated", "collects", "hold until", "why"),
    *("accounts payable", "thank-you", "escalation", "treasurer", "language", "needs po", "delivered by", "factored"),
    *("deducts", "last contacted", "already at", "country", "region", "debtor", "law", "never hand over"),
)
"""Every column we read; several values in one cell are separated by semicolons."""

_ROLES = frozenset({"accounts payable", "thank-you", "escalation", "treasurer"})
_SKELETON = (
    "id",
    "client",
    "policy",
    "pays",
    "cut-off",
    "hold until",
    "why",
    "accounts payable",
    "last contacted",
    "already at",
)
# A spreadsheet of tens of thousands of clients is fine; this only stops what is no clients file at all.
_MAX_BYTES = 64 * MAX_BYTES


def read_clients(path: Path, shown: str = "") -> LocatedList:
    """The rows that settle something, each as the mapping a YAML file would hold. Raises ConfigError."""
    name = shown or path.name
    raw = path.read_bytes()
    if len(raw) > _MAX_BYTES:
        raise ConfigError([Problem(name, f"{len(raw)} bytes", f"at most {_MAX_BYTES}", "is this the right file?")])
    return parse_clients(decoded(raw, name), name)


def parse_clients(text: str, name: str) -> LocatedList:
    """CSV text (comma or semicolon, as spreadsheets write it) as located rows. Raises ConfigError."""
    rows = csv_rows(text, name)
    found = LocatedList(f"{name}:1")
    if not rows:
        return found
    header = _header(rows[0][1], name)
    problems: list[Problem] = []
    for line, cells in rows[1:]:
        if len(cells) > len(header):
            todo = "quote cells that contain the separator"
            problems.append(
                Problem(f"{name}:{line}", f"{len(cells)} cells", f"{len(header)}, as in the first line", todo)
            )
            continue
        row = _row(dict(zip(header, cells, strict=False)), f"{name}:{line}", problems)
        if row is not None:
            found.append(row)
            found.places.append(row.place)
    if problems:
        raise ConfigError(problems)
    return found


def decoded(raw: bytes, name: str) -> str:
    """UTF-8 text, with or without its mark. Raises ConfigError."""
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        todo = 'in the spreadsheet, choose "CSV UTF-8" when saving'
        raise ConfigError([Problem(f"{name}:{line}", "not UTF-8 text", "a CSV file in UTF-8", todo)]) from None


def csv_rows(text: str, name: str) -> list[tuple[int, list[str]]]:
    """Numbered lines of cells; commas or semicolons, as spreadsheets write them. Raises ConfigError."""
    first = text.partition("\n")[0]
    reader = csv.reader(
        io.StringIO(text, newline=""), delimiter=";" if first.count(";") > first.count(",") else ",", strict=True
    )
    rows: list[tuple[int, list[str]]] = []
    try:
        start = 1
        for cells in reader:
            if any(c.strip() for c in cells):
                rows.append((start, [c.strip() for c in cells]))
            start = reader.line_num + 1
    except csv.Error as error:
        raise ConfigError(
            [Problem(f"{name}:{reader.line_num}", f"not CSV: {error}", "cells, quoted where needed")]
        ) from None
    return rows


def _header(cells: Sequence[str], name: str) -> list[str]:
    by_plain = {plain(c): c for c in COLUMNS}
    header: list[str] = []
    problems: list[Problem] = []
    for cell in cells:
        known = by_plain.get(plain(cell))
        near = "" if known else nearest(cell, COLUMNS)
        # A column of your own may be called anything but something we would mistake for one of ours.
        if near and _close(cell, near):
            todo = f'write "{near}", or give your own column another name'
            problems.append(Problem(f"{name}:1", f'the column "{cell}"', f'"{near}"', todo))
        if known and known in header:
            problems.append(Problem(f"{name}:1", f'the column "{known}" is there twice', "each once", "remove one"))
        header.append(known or f"own: {cell}")
    if not {"id", "client"} & set(header):
        problems.append(Problem(f"{name}:1", 'no column "id" or "client"', "a first line with the names of columns"))
    if problems:
        raise ConfigError(problems)
    return header


def _close(one: str, other: str) -> bool:
    from difflib import SequenceMatcher

    return SequenceMatcher(None, plain(one), plain(other)).ratio() >= 0.8


def _row(cells: dict[str, str], place: str, problems: list[Problem]) -> Located | None:
    said = {k: v for k, v in cells.items() if v and k in COLUMNS and k not in {"id", "client"}}
    client = cells.get("id") or cells.get("client") or ""
    if not said:
        return None
    if not client:
        problems.append(
            Problem(place, "a row with settings but no client", 'something under "id" or "client"', "fill it in")
        )
        return None
    row, contacts = Located(place), Located(place)
    row.put("client", client, place)
    for key, value in said.items():
        (contacts if key in _ROLES else row).put(key, value, place)
    if contacts:
        row.put("contacts", contacts, place)
    return row


def clients_skeleton(clients: Iterable[Client], existing: str = "") -> str:
    """The clients file with a row for every client: existing rows and columns are kept as they are, new ones added.

    Existing rows are recognised by id, else by exact name; rows of clients the books no longer have are kept too.
    """
    rows = csv_rows(existing, "clients.csv") if existing.strip() else []
    header = list(rows[0][1]) if rows else list(_SKELETON)
    places = {plain(c): n for n, c in enumerate(header)}
    known: set[str] = set()
    out: list[list[str]] = []
    for _, cells in rows[1:]:
        out.append([*cells, *[""] * (len(header) - len(cells))])
        known |= {out[-1][places[k]].casefold() for k in ("id", "client") if k in places and out[-1][places[k]]}
    for client in sorted(clients, key=lambda c: (c.name.casefold(), c.id)):
        if client.archived or client.id.casefold() in known or ("id" not in places and client.name.casefold() in known):
            continue
        row = [""] * len(header)
        for key, value in (("id", client.id), ("client", client.name)):
            if key in places:
                row[places[key]] = _safe(value)
        out.append(row)
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(out)
    return buffer.getvalue()


def _safe(value: str) -> str:
    # A name that begins like a formula would be run by a spreadsheet (CSV injection, OWASP).
    return f"'{value}" if value[:1] in "=+-@\t" else value
