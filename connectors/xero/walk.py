"""Walking a list of Xero's page by page, and refusing to believe one that does not add up (I6, I29)."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from connectors.http import Reply
from connectors.xero import rows as row
from connectors.xero import wire
from connectors.xero.api import XeroApi
from worker.errors import BooksGarbled

_GROWTH = 5  # pages a list may grow by while it is read
_UNPAGED_LIMIT = 1000  # pages, when no answer says how many there are


@dataclass(frozen=True, slots=True)
class Listing:
    """One resource that comes in pages. `order` keeps rows in place while others are edited; "" leaves it to Xero."""

    name: str
    path: str
    kind: type[row.Answer]
    id: str
    order: str = ""
    params: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Leaf:
    """One page: its rows, how many rows the whole list has (if told), and Xero's own time of the answer (if told)."""

    answer: row.Answer
    total: int | None
    clock: datetime | None


class Moved(BooksGarbled):
    """The pages do not add up to the list; it probably changed while we read it."""

    def __init__(self, listing: Listing, found: str) -> None:
        super().__init__(
            f"The list of {listing.name} does not add up: {found}.",
            "Nothing is sent for this organisation until a reading adds up: the next sweep tries again.",
        )


def walk(
    api: XeroApi, listing: Listing, params: Mapping[str, str], since: datetime | None, size: int
) -> Iterator[Leaf]:
    """All pages of a list. One that does not add up is read once more from the start: rows may then come twice.

    Stops at the announced number of rows, so that a full last page costs no extra call. Raises BooksError.
    """
    asked = {**listing.params, **params, "pageSize": str(size)}
    if listing.order:
        asked["order"] = listing.order
    try:
        yield from _once(api, listing, asked, since, size)
    except Moved:
        yield from _once(api, listing, asked, since, size)


def _once(
    api: XeroApi, listing: Listing, asked: Mapping[str, str], since: datetime | None, size: int
) -> Iterator[Leaf]:
    seen: set[str] = set()
    first: row.Pagination | None = None
    number = 0
    while True:
        number += 1
        reply = api.get(listing.path, listing.name, {**asked, "page": str(number)}, since)
        answer = wire.decode(listing.kind, reply.body)
        told = answer.pagination or row.Pagination()
        first = first or told
        ids = {getattr(r, listing.id) for r in answer.rows}
        if len(ids) != len(answer.rows) or ids & seen:
            raise Moved(listing, f"page {number} repeats rows")
        seen |= ids
        if told.items is not None and first.items is not None and told.items < first.items:
            raise Moved(listing, f"it shrank from {first.items} to {told.items} rows")
        yield Leaf(answer, told.items, _clock(answer, reply))
        if told.items is None:
            if len(answer.rows) < size:
                return
            if len(answer.rows) > size or number >= _UNPAGED_LIMIT:
                raise Moved(listing, "it is not paged as asked")
        elif len(seen) == told.items:
            return
        elif len(seen) > told.items or not ids or number >= (told.pages or 0):
            raise Moved(listing, f"{len(seen)} different rows came and {told.items} were announced")
        elif number >= (first.pages or 0) + _GROWTH:
            raise Moved(listing, f"it grew from {first.pages} pages to {told.pages}")


def _clock(answer: row.Answer, reply: Reply) -> datetime | None:
    if answer.DateTimeUTC:
        return wire.moment(answer.DateTimeUTC)
    try:
        return parsedate_to_datetime(reply.headers["Date"]).astimezone(UTC)
    except (KeyError, ValueError):
        return None
