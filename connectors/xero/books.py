"""`XeroBooks`: one organisation's books in Xero, behind the Books port."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any
from urllib.parse import quote

from connectors.http import NEXT_SWEEP
from connectors.logs import warn
from connectors.meter import HISTORY
from connectors.xero import rows as row
from connectors.xero import wire
from connectors.xero.api import PLATFORM, LinkCache, Missing, XeroApi
from connectors.xero.reading import BULK, Mark, XeroReading, organisation_row, themes
from worker.core.earlier import BooksNote
from worker.core.receivable import Client, Invoice
from worker.core.usage import Used
from worker.errors import BooksError, BooksGarbled, BooksUnavailable
from worker.ports import Capability, Look

_LINKS_AT_ONCE = 40  # addresses fetched before one look, a call each: a minute has sixty


class XeroBooks:
    """See `worker.ports.Books`. Not for use by two threads at once."""

    capabilities = frozenset(Capability)

    def __init__(self, api: XeroApi, links: LinkCache, page_size: int = 1000, *, find_tenant: bool = False) -> None:
        """`page_size`: rows a page, 1 to 1000. `find_tenant`: a consent may cover several organisations, so ask which
        one is meant if none is named; a custom connection knows one only and is not asked."""
        self._api, self._links, self._size, self._find_tenant = api, links, page_size, find_tenant
        self._base: str | None = None
        self._themes: Mapping[str, str] | None = None

    def read(self, watermark: str | None, now: datetime, known_open: Sequence[str] = ()) -> XeroReading:
        """See `Books.read`; of Xero nothing but the tenant is asked before the first page is."""
        self._settle()
        return XeroReading(self._api, Mark.read(watermark), now, tuple(known_open), self._size)

    def look(self, invoice_ids: Sequence[str], client_ids: Sequence[str]) -> Look:
        """See `Books.look`. Online addresses come from the cache that `prepare` filled."""
        if not invoice_ids and not client_ids:
            return Look({}, {})
        self._settle()
        if self._base is None and invoice_ids:
            self._base = organisation_row(self._api, last_look=True).BaseCurrency or ""
        invoices: dict[str, Invoice] = {}
        for answer in self._bulk("Invoices", row.Invoices, invoice_ids, {}):
            for found in wire.invoices(answer.rows, self._base or "", self._theme):
                invoices[found.id] = _with_link(found, self._links.get(found.id))
        clients: dict[str, Client] = {}
        for answer in self._bulk("Contacts", row.Contacts, client_ids, {"includeArchived": "true"}):
            clients.update((c.id, c) for c in wire.clients(answer.rows))
        _only_asked("invoices", invoices, invoice_ids)
        _only_asked("contacts", clients, client_ids)
        return Look(invoices, clients)

    def note(self, invoice_id: str, text: str) -> None:
        """See `Books.note`. Cut at 2,500 characters. A note changes nothing that a reading shows, so it is no news."""
        self._settle()
        self._api.put(f"Invoices/{invoice_id}/History", "an invoice's history", wire.note(text))

    @property
    def spare(self) -> bool:
        """See `worker.ports.Remembering`."""
        return self._api.spare

    def history(self, invoice_id: str) -> tuple[BooksNote, ...]:
        """See `worker.ports.Remembering`. An invoice that is gone has none."""
        self._settle()
        path = f"Invoices/{quote(invoice_id, safe='')}/History"
        try:
            reply = self._api.get(path, "an invoice's history", purpose=HISTORY)
        except Missing:
            return ()
        return wire.history(wire.decode(row.HistoryRecords, reply.body).rows)

    def pdf(self, invoice_id: str) -> bytes:
        """See `Books.pdf`. Not from the calls kept for last looks."""
        self._settle()
        if not self._api.spare:
            raise BooksUnavailable("The rest of today's calls to Xero is kept for last looks.", NEXT_SWEEP)
        return self._api.pdf(invoice_id)

    @property
    def usage(self) -> Mapping[str, Used]:
        """See `worker.ports.Metered`."""
        return self._api.used

    def _settle(self) -> None:
        if self._find_tenant:
            self._api.settle_tenant()

    def _bulk(
        self, path: str, kind: type[row.Answer], ids: Sequence[str], params: Mapping[str, str]
    ) -> Iterator[row.Answer]:
        unique = sorted(set(ids))
        for at in range(0, len(unique), BULK):
            asked = {**params, "IDs": ",".join(unique[at : at + BULK]), "page": "1", "pageSize": "100"}
            reply = self._api.get(path, f"{path.lower()} by id", asked, last_look=True)
            answer = wire.decode(kind, reply.body)
            total = answer.pagination.items if answer.pagination else None
            if total is not None and total != len(answer.rows):
                raise BooksGarbled(
                    f"{len(answer.rows)} {path.lower()} came by id and {total} were announced.", "Look again."
                )
            yield answer

    def prepare(self, invoice_ids: Sequence[str]) -> None:
        """Fetch the online addresses not kept yet, a call each. They are a kindness: without them the message goes."""
        unknown = [i for i in dict.fromkeys(invoice_ids) if not self._links.get(i)]
        try:
            self._settle()
            for invoice_id in unknown[:_LINKS_AT_ONCE]:
                if not self._api.spare:
                    return
                if url := self._api.online_link(invoice_id):
                    self._links.put(invoice_id, url)
        except BooksError as error:
            warn("books.no_links", platform=PLATFORM, error=type(error).__name__)

    def _theme(self, theme_id: str) -> str:
        if self._themes is None:
            self._themes = themes(self._api, last_look=True)
        return self._themes.get(theme_id, "")


def _with_link(invoice: Invoice, url: str | None) -> Invoice:
    return replace(invoice, url=url) if url else invoice


def _only_asked(what: str, found: Mapping[str, Any], ids: Sequence[str]) -> None:
    if strange := set(found) - set(ids):
        raise BooksGarbled(f"Xero showed {len(strange)} {what} nobody asked for by id.", "Look again.")
