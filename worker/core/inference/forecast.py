"""When an open invoice will probably be paid: a median date for the cash forecast, and the likeliest day for a chase.

The client's past delays, on the steadiest of three clocks, say about when; its payment cycle says on which of those
days. The two answers differ: the median of "this Thursday or the next" may well be a Monday.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from worker.core.inference.evidence import Evidence, Settled
from worker.core.inference.rules import Candidate, Family, Library
from worker.core.inference.score import AfterInvoice, Belief
from worker.core.workdays import month_end

HALF_LIFE = 365
"""Days in which a past delay loses half its weight."""

BLUR = 4
"""Days a past delay spreads to either side, in a triangle."""

TAIL, TAIL_DAYS = 0.05, 30
"""Part of the probability kept for a payment later than any before, and its mean further delay in days."""

AHEAD = 400
"""Days looked ahead; the tail beyond is nothing."""

NEWEST_DELAYS = 200


@dataclass(frozen=True, slots=True)
class Expected:
    """When one invoice is expected. `probability`: of payment on `likely` or a day next to it. `early` and `late`
    bound the middle 80 % of the distribution."""

    median: date
    likely: date
    probability: float
    early: date
    late: date


@dataclass(frozen=True, slots=True)
class _Clock:
    """Past delays in days, newest last, with their weights, and the day they count from for this invoice."""

    start: int
    delays: tuple[tuple[int, float], ...]
    spread: float


def expected(
    issued: date | None, due: date | None, evidence: Evidence, found: Sequence[Belief], library: Library, first: date
) -> Expected | None:
    """When an invoice open on the eve of `first` will be paid; None without a date to count from or any delay known.

    `first` is the first day that is still possible. `found` comes from `beliefs` for the same evidence and library.
    """
    clock = _steadiest(issued, due, evidence, first)
    if clock is None:
        return None
    start = library.number(first)
    mass = _density(clock, start)
    around = _calendar_weight(found, evidence, library, start)
    mass = [m * w for m, w in zip(mass, around, strict=True)]
    mass = _with_delays(mass, issued, found, library, start)
    total = sum(mass)
    if total <= 0:
        return None
    mass = [m / total for m in mass]
    likely, probability = _likeliest(mass)
    days = [_quantile(mass, q) for q in (0.1, 0.5, 0.9)]
    low, middle, high = (date.fromordinal(first.toordinal() + n) for n in days)
    return Expected(middle, date.fromordinal(first.toordinal() + likely), probability, low, high)


def _steadiest(issued: date | None, due: date | None, evidence: Evidence, first: date) -> _Clock | None:
    newest = [s for s in evidence.settled[-NEWEST_DELAYS:] if s.paid <= first]
    clocks = []
    for day, start_of in ((issued, _issued), (due, _due), (issued and month_end(issued), _month_end)):
        if day is None:
            continue
        seen: dict[tuple[int, int], float] = {}
        for one in newest:
            start = start_of(one)
            if start is not None:
                weight = 0.5 ** ((first - one.paid).days / HALF_LIFE)
                seen[(one.paid - start).days, one.paid.toordinal()] = weight
        if seen:
            delays = tuple((delay, weight) for (delay, _), weight in seen.items())
            clocks.append(_Clock(day.toordinal() - first.toordinal(), delays, _spread(delays)))
    return min(clocks, key=lambda c: c.spread, default=None)


def _issued(one: Settled) -> date | None:
    return one.issued


def _due(one: Settled) -> date | None:
    return one.due


def _month_end(one: Settled) -> date | None:
    return month_end(one.issued) if one.issued else None


def _spread(delays: Sequence[tuple[int, float]]) -> float:
    """The mean distance from the median, by weight."""
    total, run, middle = sum(w for _, w in delays), 0.0, 0
    for delay, weight in sorted(delays):
        run += weight
        if run >= total / 2:
            middle = delay
            break
    return sum(abs(delay - middle) * w for delay, w in delays) / total


def _density(clock: _Clock, start: int) -> list[float]:
    """The blurred past delays as masses of the days from the first on; what lies before it has not happened."""
    mass = [0.0] * AHEAD
    total = sum(w for _, w in clock.delays)
    peak = (BLUR + 1) ** 2
    for delay, weight in clock.delays:
        for off in range(-BLUR, BLUR + 1):
            day = clock.start + delay + off
            if 0 <= day < AHEAD:
                mass[day] += weight / total * (BLUR + 1 - abs(off)) / peak
    fade = (TAIL_DAYS - 1) / TAIL_DAYS
    tail = TAIL / TAIL_DAYS
    for day in range(AHEAD):
        mass[day] = (1 - TAIL) * mass[day] + tail
        tail *= fade
    return mass


def _calendar_weight(found: Sequence[Belief], evidence: Evidence, library: Library, start: int) -> list[float]:
    """How much likelier each day is than the average business day, over every rule believed in."""
    closed = sum(not library.is_open(library.number(d)) for d in evidence.dates)
    n = len(evidence.dates)
    off = (closed + 0.2) / (n + 10) * 5 / 2
    plain, rules = 0.0, []
    for belief in found:
        rule = belief.rule
        if isinstance(rule, Candidate):
            kept, share = belief.kept, rule.share
            rules.append((rule.mask, belief.weight * kept / share, belief.weight * (1 - kept) / (1 - share)))
        else:
            plain += belief.weight
    weights = []
    for day in range(start, start + AHEAD):
        if not library.is_open(day):
            weights.append(off)
            continue
        weights.append(plain + sum(on if mask >> day & 1 else other for mask, on, other in rules))
    return weights


def _with_delays(
    mass: list[float], issued: date | None, found: Sequence[Belief], library: Library, start: int
) -> list[float]:
    """Fixed delays after the invoice or its month, as single days, for as much as they are believed."""
    if issued is None:
        return mass
    for belief in found:
        rule = belief.rule
        if isinstance(rule, AfterInvoice):
            from_day = issued if rule.family is Family.AFTER_INVOICE else month_end(issued)
            day = library.next_open(library.number(from_day) + rule.days) - start
            if 0 <= day < AHEAD:
                mass[day] += belief.weight * belief.kept * sum(mass)
    return mass


def _likeliest(mass: Sequence[float]) -> tuple[int, float]:
    """The heaviest day of the heaviest three days in a row, and their mass."""
    best = max(range(len(mass)), key=lambda n: sum(mass[max(0, n - 1) : n + 2]))
    window = range(max(0, best - 1), min(len(mass), best + 2))
    return max(window, key=lambda n: mass[n]), sum(mass[n] for n in window)


def _quantile(mass: Sequence[float], share: float) -> int:
    run = 0.0
    for day, m in enumerate(mass):
        run += m
        if run >= share:
            return day
    return len(mass) - 1
