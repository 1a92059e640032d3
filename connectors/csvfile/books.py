"""CsvBooks: an organisation's books kept in CSV files, behind the Books port. The only I/O of this connector."""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from connectors.csvfile.columns import CLIENTS, CREDITS, INVOICES, PAYMENTS
from connectors.csvfile.exports import documents
from connectors.csvfile.invoices import read_invoices
from connectors.csvfile.notes import Findings
from connectors.csvfile.payments import read_credits, read_payments
from connectors.csvfile.people import read_clients
from connectors.csvfile.settings import Options, options_of
from connectors.csvfile.table import MAX_BYTES, Table, read_table
from worker.core.receivable import Client, Credit, Invoice, Organisation, Payment
from worker.errors import BooksError, BooksUnavailable
from worker.ports import Capability, Clock, Look, Page

_MARK = "csv:"
_LAYOUTS = {layout.kind: layout for layout in (INVOICES, CLIENTS, PAYMENTS, CREDITS)}


@dataclass(frozen=True, slots=True)
class Contents:
    """Everything a set of files says, and the hash of the bytes that said it."""

    digest: str
    clients: tuple[Client, ...]
    invoices: tuple[Invoice, ...]
    credits: tuple[Credit, ...]
    payments: tuple[Payment, ...]
    notes: tuple[str, ...]


class CsvReading:
    """One complete reading. The files are read when `pages()` starts and checked whole before the first page."""

    full = True

    def __init__(self, books: "CsvBooks") -> None:
        """`books` are the files to read."""
        self._books = books
        self._watermark = ""

    def pages(self) -> Iterator[Page]:
        """One page per kind of row. Raises BooksError before the first page or not at all."""
        contents = self._books.contents()
        yield Page(organisation=self._books.organisation, warnings=contents.notes)
        clients = contents.clients
        yield Page(clients=clients, resource="clients", total=len(clients), every_client=True)
        yield Page(invoices=contents.invoices, resource="invoices", total=len(contents.invoices))
        yield Page(credits=contents.credits, resource="credits", total=len(contents.credits))
        yield Page(payments=contents.payments, resource="payments", total=len(contents.payments))
        self._watermark = self._books.mark + contents.digest

    def watermark(self) -> str:
        """Whose books, and a hash of the files' bytes: readings are full, so it only tells whether anything changed."""
        if not self._watermark:
            raise BooksError("The reading has not come to its end.", "Read all pages first.")
        return self._watermark


class CsvBooks:
    """The books of one organisation in one to four files. Safe to read again at any time; never writes."""

    capabilities = frozenset({Capability.LAST_LOOK, Capability.SENT_FLAG})

    def __init__(self, options: Options) -> None:
        """Nothing is opened yet."""
        self._options = options
        self._last: Contents | None = None
        name = options.name or options.invoices.resolve().parent.name
        self.organisation = Organisation(
            id=name, name=name, base_currency=options.currency, country=options.country, zone=options.zone
        )
        self.mark = f"{_MARK}{hashlib.sha256(name.encode()).hexdigest()[:12]}:"

    def read(self, watermark: str | None, now: datetime, known_open: Sequence[str] = ()) -> CsvReading:
        """A full reading, whatever the watermark, for the files show everything. Raises BooksError for a watermark of
        another organisation's CSV books: somebody mixed up the files or the names."""
        del now, known_open
        if watermark and watermark.startswith(_MARK) and not watermark.startswith(self.mark):
            raise BooksError(
                f'The last reading was of other CSV books than those of "{self.organisation.name}".',
                "Correct the files or the name; if the organisation was renamed, run duecourse resync.",
            )
        return CsvReading(self)

    def look(self, invoice_ids: Sequence[str], client_ids: Sequence[str]) -> Look:
        """Read the files again: a row paid, changed or removed since then shows. Raises BooksError."""
        contents = self.contents()
        wanted, whom = frozenset(invoice_ids), frozenset(client_ids)
        return Look(
            {invoice.id: invoice for invoice in contents.invoices if invoice.id in wanted},
            {client.id: client for client in contents.clients if client.id in whom},
        )

    def prepare(self, invoice_ids: Sequence[str]) -> None:
        """Nothing here is slow."""

    def note(self, invoice_id: str, text: str) -> None:
        """CSV books cannot take notes: always raises BooksError."""
        del text
        raise BooksError(f"CSV books take no notes (invoice {invoice_id}).", "Keep notes in the accounting package.")

    def pdf(self, invoice_id: str) -> bytes:
        """CSV books hold no documents: always raises BooksError."""
        raise BooksError(
            f"CSV books hold no PDF of invoice {invoice_id}.", "Attach nothing, or read a platform's books."
        )

    def contents(self) -> Contents:
        """What the files say now. Bytes seen before are not parsed again. Raises BooksError."""
        raw = {kind: _bytes(path) for kind, path in self._options.files().items()}
        digest = _digest(raw)
        if self._last is None or self._last.digest != digest:
            self._last = _parse(raw, self._options, digest)
        return self._last


def open_books(
    options: Mapping[str, object], clock: Clock, tokens: object = None, links: object = None, budget: object = None
) -> CsvBooks:
    """CSV books from the options under `books:`. Raises ConfigError.

    Clock, tokens, links and budget are for platforms that are asked over a network; files need none of them.
    """
    del clock, tokens, links, budget
    return CsvBooks(options_of(options))


def _bytes(path: Path) -> bytes:
    """The whole file, as it was at one moment."""
    try:
        before = path.stat()
        if before.st_size > MAX_BYTES:
            raise BooksError(
                f"{path.name} has {before.st_size // 2**20} MB; CSV books take {MAX_BYTES // 2**20} MB at most.",
                "Export a shorter period.",
            )
        raw = path.read_bytes()
        after = path.stat()
    except OSError as error:
        raise BooksError(
            f"{path} cannot be read ({error.strerror}).", "Put the file there or correct the path."
        ) from None
    if (before.st_mtime_ns, before.st_size) != (after.st_mtime_ns, after.st_size) or len(raw) != after.st_size:
        raise BooksUnavailable(f"{path.name} was being written while we read it.", "Nothing to do: we shall try again.")
    return raw


def _digest(raw: Mapping[str, bytes]) -> str:
    whole = hashlib.sha256()
    for kind in sorted(raw):
        whole.update(f"{kind}:{len(raw[kind])}:".encode())
        whole.update(raw[kind])
    return whole.hexdigest()


def _parse(raw: Mapping[str, bytes], options: Options, digest: str) -> Contents:
    findings = Findings()
    tables: dict[str, Table | None] = {
        kind: read_table(path.name, raw[kind], _LAYOUTS[kind], findings) for kind, path in options.files().items()
    }
    directory = read_clients(tables.get("clients"), findings)
    invoices: tuple[Invoice, ...] = ()
    owed: list[Credit] = []
    payments: list[Payment] = []
    if (table := tables["invoices"]) is not None:
        arranged = documents(table, findings)
        if not arranged.records:
            findings.note(table.name, "the file has a header but no invoices")
        found = read_invoices(arranged, arranged.records, directory, options, findings)
        invoices = tuple(found.invoices)
        owed, payments = found.credits, found.payments
        if (given := tables.get("payments")) is not None:
            payments += read_payments(given, found.by_number, directory, options, findings)
    if (given := tables.get("credits")) is not None:
        owed += read_credits(given, directory, options, findings)
    findings.stop_if_any()
    clients = tuple(sorted(directory.by_id.values(), key=lambda client: client.id))
    return Contents(digest, clients, invoices, tuple(owed), tuple(payments), findings.notes())
