"""What waiting for payment runs was worth on the user's own books: each wait against a plain reminder.

A wait records the day the reminder would have gone without it. Money that came from that day on and before the day
waited for spared a reminder; otherwise the reminder went later, and by how much is the price. Recorded payments may
themselves have been chased by others, so this counts what was spared; it proves no cause.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from worker.core.events import Event
from worker.core.inference.learn import Paid


@dataclass(frozen=True, slots=True)
class Spared:
    """How many waits there were, what became of them, and by how many days the rest went later on average."""

    waits: int
    spared: int
    later: int
    pending: int
    days_later: float


def spared(waited: Iterable[Event], paid: Iterable[Paid], day: date) -> Spared:
    """Count the WAITED events that say when the step would ordinarily have come, as of `day`."""
    first = {p.invoice_id: p.settled.paid for p in paid}
    saved = pending = 0
    delays: list[int] = []
    for event in waited:
        if "ordinary" not in event.data:
            continue
        ordinary, until = (date.fromisoformat(event.data[key]) for key in ("ordinary", "until"))
        came = first.get(event.subject)
        if came is not None and ordinary <= came < until:
            saved += 1
        elif until > day:
            pending += 1
        else:
            delays.append((until - ordinary).days)
    mean = sum(delays) / len(delays) if delays else 0.0
    return Spared(saved + pending + len(delays), saved, len(delays), pending, mean)
