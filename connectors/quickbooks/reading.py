"""One reading of a company's books in QuickBooks: what is asked for when, and where the next reading starts.

Reads are metered, so an ordinary reading is one question: what changed since the last one, less five minutes. Once a
UTC day the company itself is asked for, and how many invoices are open: should that differ from what the mirror holds,
everything is read again. So it is at first, and when changes are no longer kept (thirty days). Source: Intuit's pages
"Change data capture" and "Data queries".
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime, timedelta

from msgspec import Raw

from connectors.quickbooks import rows as row
from connectors.quickbooks import statements, wire
from connectors.quickbooks.api import QuickBooksApi
from connectors.quickbooks.mark import Mark
from connectors.quickbooks.refusals import BadRow, TooOld
from connectors.quickbooks.walk import Walker
from worker.core.receivable import Organisation
from worker.errors import BooksGarbled
from worker.ports import Gone, Page

ENTITIES = ("Invoice", "Payment", "CreditMemo", "Customer", "Term")
_OVERLAP = timedelta(minutes=5)
_LAG = timedelta(days=1)
"""How far what QuickBooks shows may lag behind its clock: a mark moves no closer than this without a change seen."""

_KEPT = timedelta(days=29)  # of 30; Intuit, "Change data capture"
_PAST = timedelta(days=396)  # payments of thirteen months: a year's rhythm and one month to compare
_CUT = 1000
"""Objects in one answer of changes; there are no pages, so this many may mean more. Intuit, "Change data capture"."""


class QuickBooksReading:
    """One pass over the books; see `worker.ports.Reading`."""

    def __init__(
        self,
        walker: Walker,
        api: QuickBooksApi,
        last: Mark | None,
        now: datetime,
        known_open: Sequence[str],
        *,
        zone: str = "",
        demo: bool = False,
    ) -> None:
        """`now` only tells the UTC day and whether changes are still kept: instants are always QuickBooks' own.

        `zone`: the company's zone, should QuickBooks not name it. `demo`: these are Intuit's sandbox books.
        """
        self._walker, self._api, self._now = walker, api, now.astimezone(UTC)
        self._last, self._fallback, self._demo = last, zone, demo
        self._next = Mark(**asdict(last)) if last else Mark(api.realm)
        self._known, self._open = tuple(known_open), set(known_open)
        self._done = False
        self.full = last is None or self._now - last.seen > _KEPT

    @property
    def mark(self) -> Mark:
        """What the next reading starts from, as far as it is known yet."""
        return self._next

    def pages(self) -> Iterator[Page]:
        """See `Reading.pages`."""
        day = self._now.date().isoformat()
        if not self.full:
            try:
                yield from self._changes()
            except TooOld:
                self.full = True
        if not self.full and self._next.day != day:
            self._ask_about_company()
            self.full = self._api.count("Invoice", [statements.OPEN]) != len(self._open)
        if self.full:
            self._learn_company()
            self._learn_preferences()
        yield Page(organisation=self._organisation(), resource="organisation", total=1)
        if self.full:
            yield from self._everything()
        if self._walker.warnings:
            yield Page(warnings=tuple(dict.fromkeys(self._walker.warnings)))
        self._next.day = day
        self._next.since = self._reached().isoformat()
        self._done = True

    def watermark(self) -> str:
        """See `Reading.watermark`."""
        if not self._done:
            raise BooksGarbled("The reading did not reach its end.", "Throw it away and read again.")
        return self._next.write()

    def _reached(self) -> datetime:
        """How far changes have been seen for certain.

        Never past the first answer's time, for what changed during the reading may have been missed. Not past the
        newest change seen either, because what is shown may lag behind the clock; but by no more than a day, or a quiet
        company would fall out of the thirty days that changes are kept for.
        """
        began = self._walker.began or self._now
        seen = min(self._walker.newest or began, began)
        if self._last and not self.full:
            seen = max(seen, min(self._last.seen, began))
        return max(seen, began - _LAG)

    # -- the company -------------------------------------------------------------------------------------------------

    def _ask_about_company(self) -> None:
        """One question a day: the company on one, its preferences on the next."""
        if self._now.toordinal() % 2:
            self._learn_preferences()
        else:
            self._learn_company()

    def _learn_company(self) -> None:
        mark = self._next
        found = wire.organisation(self._api.realm, self._api.company(), "", self._fallback, demo=self._demo)
        mark.name, mark.country, mark.zone = found.name, found.country, found.zone

    def _learn_preferences(self) -> None:
        found = self._api.preferences()
        if found.CurrencyPrefs and found.CurrencyPrefs.HomeCurrency:
            self._next.home = found.CurrencyPrefs.HomeCurrency.value
        self._next.online = found.SalesFormsPrefs.ETransactionPaymentEnabled if found.SalesFormsPrefs else None

    def _organisation(self) -> Organisation:
        mark = self._next
        if not mark.zone:
            self._walker.warnings.append(
                "QuickBooks does not say in which time zone the company is: write zone: for this organisation."
            )
        return Organisation(self._api.realm, mark.name, mark.home, mark.country, mark.zone, demo=self._demo)

    # -- everything --------------------------------------------------------------------------------------------------

    def _everything(self) -> Iterator[Page]:
        walker = self._walker
        for terms in walker.everything(row.TermRow, "Term", [statements.EVERYBODY]):
            self._learn_terms(terms)
        shown: set[str] = set()
        for invoices in walker.everything(row.InvoiceRow, "Invoice", [statements.OPEN]):
            shown.update(r.Id for r in invoices)
            yield self._invoices(invoices)
        # What the mirror holds open and the walk did not show: ask what became of it before calling it deleted.
        left = [i for i in self._known if i not in shown]
        yield self._invoices([*walker.by_ids(row.InvoiceRow, "Invoice", left)])
        paid_from = statements.from_day((self._now - _PAST).date())
        for payments in walker.everything(row.PaymentRow, "Payment", [paid_from]):
            yield self._payments(payments)
        for credits in walker.everything(row.CreditMemoRow, "CreditMemo", [statements.OPEN]):
            yield self._credits(credits)
        for customers in walker.everything(row.CustomerRow, "Customer", [statements.EVERYBODY]):
            yield self._customers(customers)

    # -- changes -----------------------------------------------------------------------------------------------------

    def _changes(self) -> Iterator[Page]:
        assert self._last is not None
        since = statements.stamp(self._last.seen - _OVERLAP)
        found = self._changed(since)
        told = set(self._last.gone)
        stubs = {e: [h.Id for h in heads if _deletion(e, h) not in told] for e, (_, heads) in found.items()}
        self._next.gone = [_deletion(e, h) for e, (_, heads) in found.items() for h in heads]
        self._learn_terms(self._rows(row.TermRow, found["Term"][0]))
        yield self._customers(self._rows(row.CustomerRow, found["Customer"][0]))
        alive = self._alive(stubs)
        invoices = [*self._rows(row.InvoiceRow, found["Invoice"][0]), *alive[0]]
        payments = [*self._rows(row.PaymentRow, found["Payment"][0]), *alive[1]]
        yield self._invoices(invoices)
        yield self._payments(payments)
        yield self._credits(self._rows(row.CreditMemoRow, found["CreditMemo"][0]))
        yield self._gone(stubs, {r.Id for r in (*alive[0], *alive[1])})

    def _changed(self, since: str) -> Mapping[str, tuple[list[Raw], list[row.Head]]]:
        """Changed rows and stubs of deleted ones, by entity. Raises TooOld, other BooksError."""
        found: dict[str, tuple[list[Raw], list[row.Head]]] = {entity: ([], []) for entity in ENTITIES}
        try:
            whole = self._ask(ENTITIES, since, found)
        except BadRow:
            for entity in ENTITIES:
                self._ask_spoilt(entity, since, found)
            return found
        if not whole:
            for entity in ENTITIES:
                self._go_on(entity, since, found)
        return found

    def _ask(self, entities: Sequence[str], since: str, found: Mapping[str, tuple[list[Raw], list[row.Head]]]) -> bool:
        """One question about changes; whether its answer can be all of them. Entities go by name, never by place."""
        answer = self._api.changes(entities, since)
        self._walker.saw(wire.moment(answer.time))
        count = 0
        for part in answer.CDCResponse:
            for block in part.QueryResponse:
                for entity in entities:
                    listed: list[Raw] = getattr(block, entity)
                    count += len(listed)
                    heads = [wire.head(raw) for raw in listed]
                    self._walker.note(heads)
                    found[entity][0].extend(r for r, h in zip(listed, heads, strict=True) if h.status != "Deleted")
                    found[entity][1].extend(h for h in heads if h.status == "Deleted")
        return count < _CUT

    def _go_on(self, entity: str, since: str, found: Mapping[str, tuple[list[Raw], list[row.Head]]]) -> None:
        """Further changes of one entity, each time from the last one seen. Raises TooOld when that leads nowhere."""
        while True:
            times = [t for raw in found[entity][0] if (t := wire.newest(wire.head(raw).MetaData))]
            reached = statements.stamp(max(times)) if times else since
            if self._ask([entity], reached, found):
                return
            again = [t for raw in found[entity][0] if (t := wire.newest(wire.head(raw).MetaData))]
            if not again or statements.stamp(max(again)) == reached:
                raise TooOld(f"More {entity} rows changed at once than can be told.", "Everything is read again.")

    def _ask_spoilt(self, entity: str, since: str, found: Mapping[str, tuple[list[Raw], list[row.Head]]]) -> None:
        """One entity's changes after the common question failed on a bad row. Raises TooOld when this is the one: then
        everything is read, where a bad row can be found and left out."""
        try:
            if not self._ask([entity], since, found):
                self._go_on(entity, since, found)
        except BadRow:
            raise TooOld(f"One changed row of {entity} spoils the others.", "Everything is read again.") from None

    def _rows(self, kind: type[wire.R], listed: Sequence[Raw]) -> list[wire.R]:
        """The rows, the newest version of each."""
        newest: dict[str, wire.R] = {}
        for raw in listed:
            found = wire.one(kind, raw)
            newest[found.Id] = found
        return list(newest.values())

    def _alive(self, stubs: Mapping[str, Sequence[str]]) -> tuple[list[row.InvoiceRow], list[row.PaymentRow]]:
        """What is called deleted and is not: rows merely changed have been flagged so (DotNET-SDK#189)."""
        known = [i for i in stubs["Invoice"] if i in self._open]
        return (
            [*self._walker.by_ids(row.InvoiceRow, "Invoice", known)],
            [*self._walker.by_ids(row.PaymentRow, "Payment", stubs["Payment"])],
        )

    def _gone(self, stubs: Mapping[str, Sequence[str]], alive: set[str]) -> Page:
        invoices, payments = (tuple(i for i in stubs[e] if i not in alive) for e in ("Invoice", "Payment"))
        self._open.difference_update(invoices)
        credits = (*stubs["CreditMemo"], *(wire.unapplied_id(i) for i in payments))
        return Page(gone=Gone(invoices, credits, payments))

    # -- rows to pages -----------------------------------------------------------------------------------------------

    def _learn_terms(self, terms: Sequence[row.TermRow]) -> None:
        self._next.terms.update((r.Id, r.Name) for r in terms if r.Name)

    def _invoices(self, found: Sequence[row.InvoiceRow]) -> Page:
        invoices = tuple(wire.invoice(r, self._next.home, self._next.terms) for r in found)
        for invoice in invoices:
            (self._open.add if invoice.is_open else self._open.discard)(invoice.id)
        return Page(invoices=invoices, resource="invoices")

    def _payments(self, found: Sequence[row.PaymentRow]) -> Page:
        home = self._next.home
        credits = tuple(wire.unapplied(r, home) for r in found)
        return Page(payments=tuple(wire.payment(r, home) for r in found), credits=credits, resource="payments")

    def _credits(self, found: Sequence[row.CreditMemoRow]) -> Page:
        return Page(credits=tuple(wire.credit(r, self._next.home) for r in found), resource="credit memos")

    def _customers(self, found: Sequence[row.CustomerRow]) -> Page:
        return Page(clients=tuple(wire.client(r) for r in found), resource="customers")


def _deletion(entity: str, head: row.Head) -> str:
    return f"{entity} {head.Id} {head.MetaData.LastUpdatedTime if head.MetaData else ''}"
