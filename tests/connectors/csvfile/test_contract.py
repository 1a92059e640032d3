"""CSV books keep the Books contract: two folders of files, changed as a bookkeeper would."""

import csv
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from connectors.csvfile import CsvBooks, open_books
from tests.connectors.contract import BooksContract

START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
FILES = {"invoices": "invoices.csv", "clients": "clients.csv", "payments": "payments.csv"}


class StageClock:
    """A clock that stands still."""

    def now(self) -> datetime:
        return START

    def monotonic(self) -> float:
        return 0.0

    def sleep(self, seconds: float) -> None:
        raise AssertionError("CSV books never wait")


class FileStage:
    """Two organisations' folders."""

    def __init__(self, folder: Path) -> None:
        self.now = START
        self.folders = [folder / "harbour", folder / "mill"]
        for place, letter in zip(self.folders, "HM", strict=True):
            place.mkdir()
            rows = [
                (f"{letter}{n}", f"Client {letter}{n % 3}", f"2026-0{1 + n % 2}-15", f"{n * 10}.50")
                for n in range(1, 7)
            ]
            self._write(
                place / "clients.csv",
                ["client", "email"],
                [(c, "a@b.example.com") for c in sorted({r[1] for r in rows})],
            )
            self._write(place / "payments.csv", ["client", "date", "amount", "invoice"], [])
            self._write(
                place / "invoices.csv",
                ["number", "client", "due", "total", "open", "work"],
                [(number, client, due, total, total, f"Work {number}") for number, client, due, total in rows],
            )

    def books(self, which: int = 0) -> CsvBooks:
        place = self.folders[which]
        return open_books({**FILES, "base": str(place), "name": place.name, "currency": "EUR"}, StageClock())

    def pay(self, invoice_id: str) -> None:
        place = self.folders[0]
        paid = self.books().look([invoice_id], []).invoices[invoice_id]
        with (place / "invoices.csv").open(newline="") as file:
            header, *rows = list(csv.reader(file))
        client = next(row[1] for row in rows if row[0] == paid.number)
        self._write(
            place / "invoices.csv", header, [(*r[:4], "0.00" if r[0] == paid.number else r[4], r[5]) for r in rows]
        )
        with (place / "payments.csv").open("a", newline="") as file:
            csv.writer(file).writerow((client, self.now.date().isoformat(), str(paid.open), paid.number))

    def break_last_page(self) -> None:
        (self.folders[0] / "payments.csv").write_text(json.dumps({"not": "payments"}))

    def later(self, length: timedelta) -> None:
        self.now += length

    @staticmethod
    def _write(path: Path, header: list[str], rows: list[tuple[str, ...]]) -> None:
        with path.open("w", newline="") as file:
            csv.writer(file).writerows([header, *rows])


class TestCsv(BooksContract):
    @pytest.fixture
    def stage(self, tmp_path: Path) -> FileStage:
        return FileStage(tmp_path)
