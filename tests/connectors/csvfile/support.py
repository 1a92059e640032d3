"""Builds CSV books from text; every company in these tests is invented."""

import csv
import io
from collections.abc import Iterable, Sequence
from pathlib import Path

from connectors.csvfile import CsvBooks
from connectors.csvfile.books import Contents
from connectors.csvfile.settings import options_of

SAMPLES = Path(__file__).resolve().parents[3] / "connectors" / "csvfile" / "samples"
HEADER = "number,client,issued,due,currency,total,open"


def books(folder: Path, invoices: str | bytes, /, **given: str | bytes) -> CsvBooks:
    """CSV books in `folder`; `clients`, `payments` and `credits` are files' texts, all else options."""
    options: dict[str, object] = {"base": str(folder), "name": "test"}
    for kind, text in {"invoices": invoices, **given}.items():
        if kind in ("invoices", "clients", "payments", "credits"):
            raw = text.encode() if isinstance(text, str) else text
            (folder / f"{kind}.csv").write_bytes(raw)
            options[kind] = f"{kind}.csv"
        else:
            options[kind] = text
    return CsvBooks(options_of(options))


def contents(folder: Path, invoices: str | bytes, /, **given: str | bytes) -> Contents:
    """What such books say."""
    return books(folder, invoices, **given).contents()


def sample(**options: object) -> Contents:
    """What the shipped samples say."""
    return CsvBooks(options_of({"base": str(SAMPLES), "name": "sample", **options})).contents()


def written(rows: Iterable[Sequence[str]], separator: str = ",", *, quoting: int = csv.QUOTE_MINIMAL) -> str:
    """Rows as a CSV writer puts them."""
    out = io.StringIO()
    csv.writer(out, delimiter=separator, quoting=quoting).writerows(rows)  # type: ignore[arg-type]
    return out.getvalue()
