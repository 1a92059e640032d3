"""The list itself: every organisation's items, in the order in which a bookkeeper should read them."""

from collections.abc import Iterable
from datetime import date
from decimal import Decimal

from worker.core.attention.item import Item, Morning, Section, read_of
from worker.core.attention.people import calls, decisions, replies, skipped, uncertain, went_wrong
from worker.core.attention.standing import held
from worker.core.attention.today import came_in, drafts, goes_out, promised, worth

PARTS = (went_wrong, uncertain, held, decisions, replies, calls, came_in, promised, goes_out, drafts, worth)


def attention(mornings: Iterable[Morning]) -> tuple[Item, ...]:
    """Section by section; within one what needs a yes, then what is oldest, then the most money."""
    found: list[Item] = []
    for morning in mornings:
        found += skipped(morning)
        if read := read_of(morning):
            found += [item for part in PARTS for item in part(read)]
    order = list(Section)
    return tuple(sorted(found, key=lambda i: (order.index(i.section), *_rank(i))))


def _rank(item: Item) -> tuple[bool, date, Decimal, str, str, str]:
    largest = max(item.amounts.values(), default=Decimal(0))
    return (
        not item.kind.startswith("approve-"),
        item.since or date.max,
        -largest,
        item.organisation,
        item.client.casefold(),
        item.key,
    )
