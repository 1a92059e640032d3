"""`QuickBooksBooks`: one company's books in QuickBooks Online, behind the Books port."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, Protocol

from connectors.logs import warn
from connectors.quickbooks import rows as row
from connectors.quickbooks import statements, wire
from connectors.quickbooks.api import QuickBooksApi
from connectors.quickbooks.mark import Mark
from connectors.quickbooks.reading import QuickBooksReading
from connectors.quickbooks.refusals import PLATFORM
from connectors.quickbooks.walk import Walker
from worker.core.receivable import Client, Invoice
from worker.core.usage import Used
from worker.errors import BooksError, BooksGarbled, ConnectionBroken
from worker.ports import Capability, Look

_LINKS_AT_ONCE = 40


class LinkCache(Protocol):
    """Where pay links are kept between sweeps: each costs a call, and is a capability (never log it)."""

    def get(self, invoice_id: str) -> str | None:
        """The address kept for an invoice, or None."""

    def put(self, invoice_id: str, url: str) -> None:
        """Keep an address."""


class QuickBooksBooks:
    """See `worker.ports.Books`. Not for use by two threads at once."""

    capabilities = frozenset(
        {
            Capability.PAY_LINKS,
            Capability.BATCHES,
            Capability.SENT_FLAG,
            Capability.LAST_LOOK,
            Capability.INCREMENTAL,
            Capability.PDF,
        }
    )

    def __init__(
        self,
        api: QuickBooksApi,
        links: LinkCache,
        page_size: int = statements.PAGE,
        *,
        zone: str = "",
        demo: bool = False,
    ) -> None:
        """`page_size`: rows a page, 1 to 1000. `zone`, `demo`: see `QuickBooksReading`."""
        self._api, self._links, self._size, self._zone, self._demo = api, links, page_size, zone, demo
        self._mark: Mark | None = None
        self._linkless: set[str] = set()

    @property
    def usage(self) -> Mapping[str, Used]:
        """See `worker.ports.Metered`: Intuit charges for reads beyond the free ones."""
        return self._api.used

    def read(self, watermark: str | None, now: datetime, known_open: Sequence[str] = ()) -> QuickBooksReading:
        """See `Books.read`; nothing is asked of QuickBooks before the first page is."""
        last = Mark.read(watermark)
        if last and last.realm != self._api.realm:
            raise ConnectionBroken(
                f"These are other books: company {self._api.realm} answers where {last.realm} was read.",
                "Check the company's id (realm); to chase for this company now, resync it.",
            )
        reading = QuickBooksReading(
            Walker(self._api, self._size), self._api, last, now, known_open, zone=self._zone, demo=self._demo
        )
        self._mark = reading.mark
        return reading

    def look(self, invoice_ids: Sequence[str], client_ids: Sequence[str]) -> Look:
        """See `Books.look`. One call for each hundred; a row QuickBooks cannot deliver counts as gone."""
        walker = Walker(self._api)
        found = [*walker.by_ids(row.InvoiceRow, "Invoice", invoice_ids, last_look=True)]
        home = self._home() if any(r.CurrencyRef is None for r in found) else ""
        terms = self._mark.terms if self._mark else {}
        invoices = {i.id: self._linked(i) for i in (wire.invoice(r, home, terms) for r in found)}
        customers = walker.by_ids(row.CustomerRow, "Customer", client_ids, also=[statements.EVERYBODY], last_look=True)
        clients: dict[str, Client] = {c.id: c for c in map(wire.client, customers)}
        _only_asked("invoices", invoices, invoice_ids)
        _only_asked("customers", clients, client_ids)
        for warning in walker.warnings:
            warn("books.left_out", platform=PLATFORM, why=warning.partition(".")[0])
        return Look(invoices, clients)

    def prepare(self, invoice_ids: Sequence[str]) -> None:
        """Fetch the pay links not kept yet, a call each, unless nobody can pay online; a message goes without."""
        if self._mark and self._mark.online is False:
            return
        unknown = [i for i in dict.fromkeys(invoice_ids) if i not in self._linkless and not self._links.get(i)]
        try:
            for invoice_id in [i for i in unknown if i.isdecimal()][:_LINKS_AT_ONCE]:
                if url := self._api.invoice_link(invoice_id):
                    self._links.put(invoice_id, url)
                else:
                    self._linkless.add(invoice_id)
        except BooksError as error:
            warn("books.no_links", platform=PLATFORM, error=type(error).__name__)

    def note(self, invoice_id: str, text: str) -> None:  # noqa: ARG002
        """Not done: a private note is the bookkeeper's own text, and writing one would look like a change."""
        raise BooksGarbled("QuickBooks has no history to write notes into.", "Set notes in books: no.")

    def pdf(self, invoice_id: str) -> bytes:
        """See `Books.pdf`."""
        return self._api.pdf(invoice_id)

    def _home(self) -> str:
        if self._mark and self._mark.home:
            return self._mark.home
        found = self._api.preferences(last_look=True).CurrencyPrefs
        return found.HomeCurrency.value if found and found.HomeCurrency else ""

    def _linked(self, invoice: Invoice) -> Invoice:
        url = self._links.get(invoice.id)
        return replace(invoice, url=url) if url else invoice


def _only_asked(what: str, found: Mapping[str, Any], ids: Sequence[str]) -> None:
    if strange := set(found) - set(ids):
        raise BooksGarbled(f"QuickBooks showed {len(strange)} {what} nobody asked for by id.", "Look again.")
