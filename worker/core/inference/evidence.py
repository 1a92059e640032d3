"""What a client's payments say about its payment cycle: distinct payment dates, newest first in weight, and no more."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

NEWEST = 40
"""Distinct payment dates that are looked at: older ones tell of an older client."""

FEWEST = 6
"""Below this many distinct payment dates the answer is "not known yet"."""


@dataclass(frozen=True, slots=True)
class Settled:
    """One invoice paid: when it was issued, due and first paid. `issued` and `due` may be unknown."""

    paid: date
    issued: date | None = None
    due: date | None = None


@dataclass(frozen=True, slots=True)
class Evidence:
    """A client's (or a payer's) settled invoices by payment date; `dates` are the newest distinct ones, in order."""

    settled: tuple[Settled, ...]
    dates: tuple[date, ...]

    @property
    def enough(self) -> bool:
        """True when there are enough distinct payment dates to name a rule at all."""
        return len(self.dates) >= FEWEST

    def by_date(self) -> list[list[Settled]]:
        """What was settled on each of `dates`: a batch is one observation however many invoices it paid."""
        found: dict[date, list[Settled]] = defaultdict(list)
        for one in self.settled:
            found[one.paid].append(one)
        return [found[day] for day in self.dates]


def evidence_of(settled: Iterable[Settled]) -> Evidence:
    """Arrange settled invoices as evidence; their order and repetition do not matter."""
    ordered = tuple(sorted(set(settled), key=lambda s: (s.paid, s.issued or date.min, s.due or date.min)))
    return Evidence(ordered, tuple(sorted({s.paid for s in ordered})[-NEWEST:]))
