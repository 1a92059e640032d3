"""When an open invoice will probably be paid: a median date for the cash forecast, and the likeliest day for a chase.

The client's past delays say about when, on three clocks (since the invoice, since its due date, since the end of its
month), the steadiest counting most; its payment cycle says on which of those days. The two answers differ: the median
of "this Thursday or the next" may well be a Monday.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from worker.core.inference.evidence import Evidence, Settled
from worker.core.inference.holidays import at_christmas, closed_rate
from worker.core.inference.rules import Candidate, Family, Library
from worker.core.inference.score import AfterInvoice, Belief
from worker.core.workdays import Closure, month_end

HALF_LIFE = 180
"""Days in which a past delay loses half its weight."""

BLUR = 5
"""Days a past delay spreads to either side, in a triangle."""

TAIL, TAIL_DAYS = 0.1, 15
"""Part of the probability kept for a payment unlike any before, and its mean further delay in days."""

STEADY = 4
"""Clocks count by their spread to this power: one twice as steady counts sixteen times as much."""

LIKELY = 0.1
"""A day is likely itself when it is at least this likely as the likeliest beside it."""

AHEAD = 400
"""Days looked ahead; the tail beyond is nothing."""

NEWEST_DELAYS = 200


TOLD = 0.9
"""How much a given date is trusted: of claims released for payment at a university, 92.5 % came on the next run."""


@dataclass(frozen=True, slots=True)
class Said:
    """What is known of one invoice beyond the client's habits: a date given for it, the first run that can still pay
    it (after its cut-off), the days on which the client is closed, and whether a person wrote its run, which then holds
    at Christmas as in any week."""

    on: date | None = None
    not_before: date | None = None
    closures: tuple[Closure, ...] = ()
    run_written: bool = False

    def rules_out(self, day: date) -> bool:
        """True when it cannot be paid that day."""
        early = self.not_before is not None and day < self.not_before
        return early or any(c.covers(day) for c in self.closures)


NOTHING = Said()


@dataclass(frozen=True, slots=True)
class Expected:
    """When one invoice is expected. `probability`: of payment on `likely` or a day next to it. `early` and `late`
    bound the middle 80 % of the distribution, and `mass` is all of it, a value a day from the first possible one."""

    median: date
    likely: date
    probability: float
    early: date
    late: date
    mass: tuple[float, ...] = ()


def expected(
    issued: date | None,
    due: date | None,
    evidence: Evidence,
    found: Sequence[Belief],
    library: Library,
    first: date,
    said: Said = NOTHING,
) -> Expected | None:
    """When an invoice open on the eve of `first` will be paid; None without a date to count from.

    Where no past delay is known the due date is assumed. `first` is the first day that is still possible. `found`
    comes from `beliefs` for the same evidence and library. What is `said` of this invoice outranks all of it.
    """
    days = _days(issued, due, evidence, first)
    if not days:
        return None
    start = library.number(first)
    around = _calendar_weight(found, evidence, library, start)
    mass = _moved(_density(days), around, said, first)
    mass = [m * w for m, w in zip(mass, around, strict=True)]
    mass = _with_delays(mass, issued, found, library, start)
    total = sum(mass)
    if total <= 0:
        return None
    mass = [m / total for m in mass]
    quiet = mass if said.run_written else _quiet_at_christmas(mass, evidence, library, start)
    likely, probability = _likeliest(_as_told(quiet, said, library, start))
    mass = _as_told(mass, said, library, start)
    low, middle, high = (date.fromordinal(first.toordinal() + _quantile(mass, q)) for q in (0.1, 0.5, 0.9))
    return Expected(middle, date.fromordinal(first.toordinal() + likely), probability, low, high, tuple(mass))


def _moved(mass: list[float], around: Sequence[float], said: Said, first: date) -> list[float]:
    """Nothing comes on days that are ruled out: it waits for the first day after them on which the client may pay."""
    if said.not_before is None and not said.closures:
        return mass
    moved, waiting = [0.0] * len(mass), 0.0
    for n, here in enumerate(mass):
        day = date.fromordinal(first.toordinal() + n)
        waiting += here
        if not said.rules_out(day):
            if waiting == here or around[n] >= 1:
                moved[n], waiting = waiting, 0.0
            else:
                moved[n], waiting = here, waiting - here
    return moved


def _quiet_at_christmas(mass: Sequence[float], evidence: Evidence, library: Library, start: int) -> list[float]:
    """With the days of a Christmas fortnight as unlikely as they were for this client. For the likely day only: what is
    not paid in the fortnight comes before it or after, nobody knows which, and the median stays where it was."""
    rate, shut = at_christmas(evidence, library), library.christmas >> start
    less = [m * rate if shut >> n & 1 else m for n, m in enumerate(mass)]
    total = sum(less)
    return [m / total for m in less]


def _as_told(mass: list[float], said: Said, library: Library, start: int) -> list[float]:
    """A date that was given takes most of the probability, as long as it is not past."""
    place = library.next_open(library.number(said.on)) - start if said.on else -1
    if not 0 <= place < len(mass):
        return mass
    mass = [m * (1 - TOLD) for m in mass]
    mass[place] += TOLD
    return mass


def _days(issued: date | None, due: date | None, evidence: Evidence, first: date) -> list[tuple[int, float]]:
    """The days, counted from `first`, on which this invoice would be paid if it went like each one before, weighted."""
    newest = [s for s in evidence.settled[-NEWEST_DELAYS:] if s.paid <= first]
    found = []
    for day, start_of in ((issued, _issued), (due, _due), (issued and month_end(issued), _month_end)):
        if day is None:
            continue
        delays: dict[tuple[int, date], float] = {}
        for one in newest:
            start = start_of(one)
            if start is not None:  # a batch on one clock is one observation
                delays[(one.paid - start).days, one.paid] = 0.5 ** ((first - one.paid).days / HALF_LIFE)
        seen = [(delay, weight) for (delay, _), weight in delays.items()]
        if seen:
            steady = (_spread(seen) + 1) ** -STEADY / sum(weight for _, weight in seen)
            offset = day.toordinal() - first.toordinal()
            found += [(offset + delay, weight * steady) for delay, weight in seen]
    day = due or issued
    if not found and day:  # no delay is known: what was agreed is all there is to go by
        return [(day.toordinal() - first.toordinal(), 1.0)]
    return found


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


def _density(days: Sequence[tuple[int, float]]) -> list[float]:
    """The blurred days as masses from the first on; what lies before it has not happened."""
    mass = [0.0] * AHEAD
    total = sum(weight for _, weight in days) * (BLUR + 1) ** 2
    for middle, weight in days:
        for off in range(-BLUR, BLUR + 1):
            if 0 <= middle + off < AHEAD:
                mass[middle + off] += weight / total * (BLUR + 1 - abs(off))
    fade = (TAIL_DAYS - 1) / TAIL_DAYS
    tail = TAIL / TAIL_DAYS
    for day in range(AHEAD):
        mass[day] = (1 - TAIL) * mass[day] + tail
        tail *= fade
    return mass


def _calendar_weight(found: Sequence[Belief], evidence: Evidence, library: Library, start: int) -> list[float]:
    """How much likelier each day is than the average business day, over every rule believed in."""
    off = closed_rate(evidence, library) * 5 / 2
    plain, rules = 0.0, []
    for belief in found:
        rule = belief.rule
        if isinstance(rule, Candidate):
            off_rule = belief.weight * (1 - belief.kept) / (1 - rule.share)
            plain += off_rule
            on_rule = belief.weight * belief.kept / rule.share
            size = rule.mask.bit_count()
            for mask, part in belief.parts():
                rules.append((mask, on_rule * part * size / mask.bit_count() - off_rule))
        else:
            plain += belief.weight
    more, span = [0.0] * AHEAD, (1 << AHEAD) - 1
    for mask, weight in rules:
        days = mask >> start & span  # few of the days are a rule's own: only those are looked at
        while days:
            first = days & -days
            more[first.bit_length() - 1] += weight
            days ^= first
    return [plain + more[n] if library.is_open(start + n) else off for n in range(AHEAD)]


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
    """The day to name, and the mass of it and its neighbours: of the heaviest three days in a row, the one with most
    around it, among those that are likely days themselves."""

    around = [a + b + c for a, b, c in zip((0.0, *mass), mass, (*mass[1:], 0.0), strict=False)]
    best = max(range(len(mass)), key=around.__getitem__)
    window = range(max(0, best - 1), min(len(mass), best + 2))
    top = max(mass[n] for n in window)
    day = max((n for n in window if mass[n] >= LIKELY * top), key=around.__getitem__)
    return day, around[day]


def _quantile(mass: Sequence[float], share: float) -> int:
    run = 0.0
    for day, m in enumerate(mass):
        run += m
        if run >= share:
            return day
    return len(mass) - 1
