"""A simulated business and its clients: told once from a seed, then looked at as of any moment.

Pure: no clock, no files, no network. Amounts are Decimals in the document's currency, moments aware datetimes in UTC.
"""

from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time

from connectors.sandbox.books import Books, Event
from connectors.sandbox.clients import OWN_DOMAIN, Client, cast
from connectors.sandbox.incidents import INCIDENTS, Scene, gone
from connectors.sandbox.rundays import DAY, Cycle
from connectors.sandbox.story import contact_events, ident, invoice_events, payment_events, plans

DEFAULT_START = date(2025, 9, 1)

_KEPT = 4
"""States of the books kept to look at: now, a stale moment, and what was asked for just before."""


@dataclass(frozen=True)
class Truth:
    """What is really so about one client, whatever its payments suggest."""

    contact_id: str
    name: str
    cycle: Cycle | None
    cut_off: int
    late: int
    traits: frozenset[str]


@dataclass(frozen=True)
class Organisation:
    """Whose books these are. ``timezone`` is spelt as the platform spells it."""

    id: str
    name: str
    domain: str = OWN_DOMAIN
    currency: str = "GBP"
    country: str = "GB"
    timezone: str = "GMTSTANDARDTIME"
    short_code: str = "!hPs25"
    demo: bool = False
    reminders: bool = False


class Company:
    """An organisation with its whole story; ``at`` gives its books as known at a moment."""

    def __init__(
        self, organisation: Organisation, seed: int, events: Iterable[Event], truths: Iterable[Truth] = ()
    ) -> None:
        self.organisation = organisation
        self.seed = seed
        self._events = sorted(events, key=lambda event: event.at)
        self._truths = {truth.contact_id: truth for truth in truths}
        self._known: dict[int, Books] = {}

    @classmethod
    def simulate(
        cls,
        seed: int,
        start: date,
        until: date,
        *,
        clients: int = 64,
        invoices_per_month: float = 120.0,
        name: str = "Harbour & Pine Studio Ltd",
    ) -> "Company":
        """Tell the story of ``seed`` from ``start`` to the end of ``until``.

        ``clients`` takes that many from the cast (at most 115, the telling ones first). A story told further is the
        same story: nothing before the earlier end changes.
        """
        people = cast(clients)
        share = invoices_per_month / sum(client.weight for client in people)
        events: list[Event] = []
        for client in people:
            events.extend(_tell(seed, client, start, until, client.weight * share))
        end = datetime.combine(until + DAY, time(), UTC)
        told = sorted((event for event in events if event.at < end), key=lambda event: event.at)
        organisation = Organisation(ident(seed, "organisation"), name)
        return cls(organisation, seed, _numbered(told), [_truth(seed, client) for client in people])

    @classmethod
    def demo(cls, until: date, seed: int = 7) -> "Company":
        """The sample company every demonstration shows, from its fixed first day; any two tell one story."""
        return cls.simulate(seed, DEFAULT_START, until)

    @property
    def events(self) -> tuple[Event, ...]:
        """The whole story in order."""
        return tuple(self._events)

    def happened(self, moment: datetime) -> int:
        """How many events had happened by ``moment``."""
        return bisect_right(self._events, moment, key=lambda event: event.at)

    def at(self, moment: datetime) -> Books:
        """The books as known at ``moment`` (aware, UTC)."""
        books = Books()
        for event in self._events[: self.happened(moment)]:
            books.apply(event)
        return books

    def known(self, moment: datetime) -> Books:
        """The same, to look at only: made once, and kept for all copies of this company while the story is the same."""
        count = self.happened(moment)
        found = self._known.get(count)
        if found is None:
            while len(self._known) >= _KEPT:
                self._known.pop(next(iter(self._known)), None)
            found = self._known[count] = self.at(moment)
        return found

    def add(self, event: Event) -> None:
        """Let something happen that the story did not foresee. Raises ImpossibleError when the books cannot take it.

        What the story had planned later and is no longer possible (a payment of an invoice now void, say) is dropped.
        """
        books, place = self.at(event.at), self.happened(event.at)
        books.apply(event)
        self._events = [*self._events[:place], event, *_possible(books, self._events[place:])]
        self._known = {}  # a new one: copies told the story as it was keep theirs

    def truth(self, contact_id: str) -> Truth:
        """The truth about one client. Raises KeyError for an id that is not in the cast."""
        return self._truths[contact_id]

    @property
    def truths(self) -> tuple[Truth, ...]:
        """The truth about every client."""
        return tuple(self._truths.values())

    def contact_id(self, trait: str) -> str:
        """The first client with a trait, such as ``disputes``; raises LookupError when nobody has it."""
        for truth in self._truths.values():
            if trait in truth.traits:
                return truth.contact_id
        raise LookupError(f"no client with the trait {trait!r}")


def _truth(seed: int, client: Client) -> Truth:
    return Truth(ident(seed, client.key), client.name, client.cycle, client.cut_off, client.late, client.traits)


def _tell(seed: int, client: Client, start: date, until: date, per_month: float) -> list[Event]:
    end = min(until, gone(client, start) or until)
    told = list(plans(seed, client, start, end, per_month))
    events = list(contact_events(seed, client, start))
    for plan in told:
        events.extend(invoice_events(seed, plan))
    events.extend(payment_events(seed, client, told))
    for trait, incident in INCIDENTS.items():
        if trait in client.traits:
            events.extend(incident(Scene(seed, client, start, tuple(told))))
    return events


def _numbered(events: Iterable[Event]) -> Iterable[Event]:
    """Give sales invoices their numbers in the order they were made."""
    number = 0
    for event in events:
        if event.kind == "invoice.add" and "number" not in event.data:
            number += 1
            yield replace(event, data={**event.data, "number": f"INV-{number:04d}"})
        else:
            yield event


def _possible(books: Books, events: list[Event]) -> list[Event]:
    kept = []
    for event in events:
        try:
            books.apply(event)
        except (ValueError, KeyError):
            continue
        kept.append(event)
    return kept
