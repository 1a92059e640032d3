"""Beliefs as text, so that a payer is weighed again only when its payments, its holidays or the method changed.

What is kept is what was inferred, bit for bit: with or without it the answers are the same.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any

from worker.core.inference.evidence import Evidence
from worker.core.inference.rules import Family, Library
from worker.core.inference.score import METHOD, AfterInvoice, Belief


@dataclass(frozen=True, slots=True)
class Kept:
    """One payer's beliefs: `mark` names the evidence, calendar and method they rest on, `beliefs` is JSON text."""

    mark: str
    beliefs: str


def mark_of(evidence: Evidence, library: Library) -> str:
    """What the beliefs rest on, in 32 hex digits: other payments, holidays or rules give another mark."""
    seen = (f"{s.paid}/{s.issued}" for batch in evidence.by_date() for s in batch)
    return blake2b(f"{METHOD}|{library.mark}|{' '.join(seen)}".encode(), digest_size=16).hexdigest()


def packed(found: Sequence[Belief], library: Library) -> str:
    """Beliefs as JSON text; rules by their place in the library."""
    places = {id(c): n for n, c in enumerate(library.candidates)}
    return json.dumps([_plain(b, places) for b in found], separators=(",", ":"))


def unpacked(text: str, library: Library) -> tuple[Belief, ...]:
    """The beliefs `packed` wrote for the same mark."""
    return tuple(_belief(row, library) for row in json.loads(text))


def _plain(belief: Belief, places: dict[int, int]) -> list[Any]:
    rule: Any = belief.rule
    if isinstance(rule, AfterInvoice):
        rule = [rule.family.value, rule.days]
    elif rule is not None:
        rule = places[id(rule)]
    return [rule, belief.weight, belief.hits, belief.seen, belief.since, belief.counts, belief.faded]


def _belief(row: list[Any], library: Library) -> Belief:
    rule, weight, hits, seen, since, counts, faded = row
    if isinstance(rule, list):
        rule = AfterInvoice(Family(rule[0]), rule[1])
    elif rule is not None:
        rule = library.candidates[rule]
    return Belief(rule, weight, hits, seen, since, tuple(counts), tuple(faded) if faded else None)
