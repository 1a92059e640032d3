"""One reading of an organisation's books in Xero: what is asked for when, and where the next reading starts.

Three rhythms. Every reading: what changed since the last one, less five minutes, whatever its status, for a filter
would hide that an open invoice was paid or voided. Once a UTC day: everything open again, because Xero does not mark
some edits of part-paid invoices (a new due date, the sent mark) as changes. Once a week: all contacts, because their
balances move unmarked too. Sources: developer.xero.com, "Requests and responses", "Contacts".
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, date, datetime, timedelta

from connectors.xero import dates, wire
from connectors.xero import rows as row
from connectors.xero.api import XeroApi
from connectors.xero.walk import Leaf, Listing, walk
from worker.errors import BooksGarbled, ConnectionBroken
from worker.ports import Page

BULK = 40  # ids in one question; developer.xero.com, "Requests and responses"
_OVERLAP = timedelta(minutes=5)
_PAST = timedelta(days=396)  # payments of thirteen months: a year's rhythm and one month to compare
_WEEK = 7

INVOICES = Listing("invoices", "Invoices", row.Invoices, "InvoiceID", "InvoiceID")
CONTACTS = Listing("contacts", "Contacts", row.Contacts, "ContactID", "ContactID", {"includeArchived": "true"})
PAYMENTS = Listing("payments", "Payments", row.Payments, "PaymentID", "PaymentID")
CREDITS = (
    (Listing("credit notes", "CreditNotes", row.CreditNotes, "CreditNoteID"), "ACCRECCREDIT"),
    (Listing("overpayments", "Overpayments", row.Overpayments, "OverpaymentID"), "RECEIVE-OVERPAYMENT"),
    (Listing("prepayments", "Prepayments", row.Prepayments, "PrepaymentID"), "RECEIVE-PREPAYMENT"),
)
_SALES = {"where": 'Type=="ACCREC"', "summaryOnly": "true"}


@dataclass(slots=True)
class Mark:
    """A watermark. `since`: per resource the newest change seen, ISO UTC. `opened`, `contacts`: UTC dates of the last
    daily and weekly re-reads. `organisation`: whose books these were. `reminders`, `themes`: asked for once a day."""

    organisation: str = ""
    opened: str = ""
    contacts: str = ""
    reminders: bool | None = None
    since: dict[str, str] = field(default_factory=dict)
    themes: dict[str, str] = field(default_factory=dict)

    @classmethod
    def read(cls, text: str | None) -> "Mark | None":
        """A watermark of ours; anything else means reading everything again, which is always right."""
        try:
            mark = cls(**json.loads(text or ""))
            for when in mark.since.values():
                datetime.fromisoformat(when)
            date.fromisoformat(mark.contacts)
        except (ValueError, TypeError, AttributeError):
            return None
        return mark

    def write(self) -> str:
        """As text, for the mirror to keep."""
        return json.dumps(asdict(self), sort_keys=True)

    def after(self, name: str) -> datetime | None:
        """From when to ask for changes of a resource."""
        kept = self.since.get(name)
        return datetime.fromisoformat(kept) if kept else None


class XeroReading:
    """One pass over the books; see `worker.ports.Reading`."""

    def __init__(self, api: XeroApi, mark: Mark | None, now: datetime, known_open: Sequence[str], size: int) -> None:
        """`now` only tells the UTC day: instants of changes are always Xero's own."""
        self._api, self._mark, self._known, self._size = api, mark, known_open, size
        self._today = now.astimezone(UTC).date()
        self._base = ""
        self._done = False
        self.full = mark is None or mark.opened != self._today.isoformat()
        self._next = Mark(since=dict(mark.since), themes={} if self.full else mark.themes) if mark else Mark()
        days = (self._today - date.fromisoformat(mark.contacts)).days if mark else _WEEK
        self._all_contacts = not 0 <= days < _WEEK

    def pages(self) -> Iterator[Page]:
        """See `Reading.pages`."""
        yield self._organisation()
        yield from self.invoices()
        yield from self._payments()
        yield from self._credits()
        yield from self._contacts()
        last = self._mark or self._next
        self._next.opened = self._today.isoformat() if self.full else last.opened
        self._next.contacts = self._today.isoformat() if self._all_contacts else last.contacts
        self._done = True

    def watermark(self) -> str:
        """See `Reading.watermark`."""
        if not self._done:
            raise BooksGarbled("The reading did not reach its end.", "Throw it away and read again.")
        return self._next.write()

    def theme(self, theme_id: str) -> str:
        """A branding theme's name; they are asked for when the first invoice carries one we do not know."""
        if theme_id not in self._next.themes:
            self._next.themes = {theme_id: "", **themes(self._api)}
        return self._next.themes[theme_id]

    def _organisation(self) -> Page:
        found = organisation_row(self._api)
        if self._mark and self._mark.organisation != found.OrganisationID:
            raise ConnectionBroken(
                f"These are other books: {found.Name or found.OrganisationID} answers where another one was read.",
                "Check tenant and client id; to chase for this organisation now, resync it.",
            )
        if self.full or self._mark is None:
            reply = self._api.get("InvoiceReminders/Settings", "the reminder settings")
            settings = wire.decode(row.Reminders, reply.body).rows
            self._next.reminders = settings[0].Enabled if settings else None
        else:
            self._next.reminders = self._mark.reminders
        self._next.organisation, self._base = found.OrganisationID, found.BaseCurrency or ""
        return Page(organisation=wire.organisation(found, self._next.reminders), resource="organisation", total=1)

    def invoices(self) -> Iterator[Page]:
        shown: set[str] = set()
        questions = [_SALES] if self._mark else []
        if self.full:
            questions.append({**_SALES, "Statuses": "AUTHORISED"})
        for asked in questions:
            for leaf in self._walk(INVOICES, asked, changes="Statuses" not in asked):
                shown.update(r.InvoiceID for r in leaf.answer.rows)
                yield self._page_of_invoices(leaf)
        if self.full:
            yield from self._left_over([i for i in self._known if i not in shown])

    def _left_over(self, ids: Sequence[str]) -> Iterator[Page]:
        """What the mirror holds open and no list has shown: ask by id what became of it before calling it deleted."""
        for at in range(0, len(ids), BULK):
            asked = {"IDs": ",".join(ids[at : at + BULK]), "summaryOnly": "true"}
            for leaf in walk(self._api, INVOICES, asked, None, 100):
                yield self._page_of_invoices(leaf)

    def _page_of_invoices(self, leaf: Leaf) -> Page:
        found = wire.invoices(leaf.answer.rows, self._base, self.theme)
        return Page(invoices=found, resource="invoices", total=leaf.total)

    def _payments(self) -> Iterator[Page]:
        where = 'PaymentType=="ACCRECPAYMENT"'
        if self._mark is None:
            where += f" AND Date>={dates.literal(self._today - _PAST)}"
        for leaf in self._walk(PAYMENTS, {"where": where}, changes=True):
            found = wire.payments(leaf.answer.rows, self._base)
            yield Page(payments=found, resource="payments", total=leaf.total)

    def _credits(self) -> Iterator[Page]:
        for listing, kind in CREDITS:
            where = f'Type=="{kind}"'
            questions = [where] if self._mark else []
            if self.full:
                questions.append(f'{where} AND Status=="AUTHORISED"')
            for asked in questions:
                for leaf in self._walk(listing, {"where": asked}, changes=asked == where):
                    found = wire.credits(leaf.answer.rows, self._base)
                    yield Page(credits=found, resource=listing.name, total=leaf.total)

    def _contacts(self) -> Iterator[Page]:
        for leaf in self._walk(CONTACTS, {}, changes=not self._all_contacts):
            yield Page(clients=wire.clients(leaf.answer.rows), resource="contacts", total=leaf.total)

    def _walk(self, listing: Listing, asked: Mapping[str, str], *, changes: bool) -> Iterator[Leaf]:
        """Walk a list and note how far its changes were seen."""
        old = self._mark.after(listing.name) if self._mark else None
        since = old - _OVERLAP if old and changes else None
        began: datetime | None = None
        newest: datetime | None = None
        for leaf in walk(self._api, listing, asked, since, self._size):
            began = began or leaf.clock
            newest = max(filter(None, (newest, wire.newest(leaf.answer.rows))), default=None)
            yield leaf
        sees_all = changes or self._mark is None or listing is CONTACTS  # else: only what is open
        if sees_all and (reached := _reached(old, began, newest)):
            self._next.since[listing.name] = reached.isoformat()


def _reached(old: datetime | None, began: datetime | None, newest: datetime | None) -> datetime | None:
    """How far changes have been seen for certain.

    Never past the newest change seen, because Xero's clock may be ahead of its data; never past the walk's beginning,
    because what changed during the walk may have been missed. Rows seen move it on only; if nothing was seen it stays,
    but for a mark in the future, which would hide every change to come.
    """
    if newest is None:
        return min(filter(None, (old, began)), default=None)
    seen = min(filter(None, (newest, began)))
    return max(filter(None, (old, seen)))


def organisation_row(api: XeroApi, *, last_look: bool = False) -> row.OrganisationRow:
    """The one organisation of this connection. Raises BooksError."""
    found = wire.decode(row.Organisations, api.get("Organisation", "the organisation", last_look=last_look).body).rows
    if len(found) != 1 or not found[0].OrganisationID:
        raise BooksGarbled(f"Xero names {len(found)} organisations where it always names one.", "Run again.")
    return found[0]


def themes(api: XeroApi, *, last_look: bool = False) -> Mapping[str, str]:
    """Branding themes by id. Raises BooksError."""
    found = wire.decode(row.Themes, api.get("BrandingThemes", "the branding themes", last_look=last_look).body).rows
    return {r.BrandingThemeID: r.Name or "" for r in found}
