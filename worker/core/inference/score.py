"""How well each candidate explains a client's payment dates, against *any business day*: a posterior over rules.

For a rule that covers a share s of business days, and is kept with an unknown probability h, the payments weigh
(h/s)^hits * ((1-h)/(1-s))^misses, averaged over a prior for h; that is the description length saved, in bits, as a
ratio. A change of regime is a hypothesis like any other: another rule held for the payments before the newest few.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from math import exp, lgamma, log

from worker.core.inference.evidence import Evidence
from worker.core.inference.rules import FAMILY_BITS, Candidate, Family, Library
from worker.core.workdays import month_end

METHOD = 2
"""Raise it with any change to how beliefs are weighed, so that those kept from before are weighed afresh."""

KEPT = (4.0, 1.0)
"""Prior for how often a rule is kept while rules are weighed, as hits and misses already seen: 80 %, worth five."""

HABITS = ((0.4, 49.0, 1.0), (0.3, 4.0, 2.0), (0.3, 1.0, 1.0))
"""The same once a rule is believed and the next payment is to be foretold: strictly (98 %), mostly (67 %) or any way at
all, each as its weight and the hits and misses it is worth. The payments soon tell which. In weighing it would let a
few sharp payments speak too loudly."""

ENDS = (1.0, 20.0)
"""Prior for how often a rule ends, as endings and payments without one: it may have ended with the last payment seen,
with nothing to show for it yet, and the longer it has held, the less likely."""

HALF_LIFE = 90
"""Days in which a payment loses half its say in how well a rule is kept now (not in which rule it is)."""

CHANGE_BITS = 5.0
"""What believing in a change of rule costs before any evidence, in bits."""

BEYOND_DOUBT = 100.0
"""A calendar rule this many times likelier than none is there, whatever else explains the payments too."""

TAILS = (4, 6, 8, 12, 20)
"""A change is looked for before each of these many newest payment dates."""

DOUBLED = 2.0
"""A rule must at least double the odds of a payment on its days, or it explains nothing."""

LEAST_BEFORE = 4
"""... when at least this many payments lie before it."""

SPREAD = 8.0
"""How firmly a rule on several weekdays expects each to carry the invoices that fell due since the one before."""

DELAY_SHARE = {Family.AFTER_INVOICE: 1 / 10, Family.AFTER_MONTH_END: 1 / 21}
"""How many business days a rule that hangs on the invoice singles out: of the two weeks around the client's usual
delay, which proves no rule; of the whole month for a rule that hangs on the month."""

ROUND_DELAYS = frozenset({0, 7, 10, 14, 15, 20, 21, 28, 30, 45, 60, 90})
LONGEST_DELAY = 92


@dataclass(frozen=True, slots=True)
class AfterInvoice:
    """`days` after the invoice, or after the end of its month, or the next business day: for the forecast only."""

    family: Family
    days: int


@dataclass(frozen=True, slots=True)
class Belief:
    """One hypothesis with its posterior `weight` (all sum to 1), and how often it was kept of `seen` payments.

    `rule` None is *any business day*. `since` is how many of the newest payments it is judged on after a change.
    `counts` are the hits on each of the rule's parts, when it has several;
    `faded` the hits and misses with the older ones counting less.
    """

    rule: Candidate | AfterInvoice | None
    weight: float
    hits: float = 0.0
    seen: int = 0
    since: int | None = None
    counts: tuple[int, ...] = ()
    faded: tuple[float, float] | None = None

    def parts(self) -> list[tuple[int, float]]:
        """The rule's days, each weekday's apart, with the expected share of its kept payments."""
        if not isinstance(self.rule, Candidate):
            return []
        if not self.rule.parts:
            return [(self.rule.mask, 1.0)]
        total = SPREAD + sum(self.counts)
        both = zip(self.rule.parts, self.counts, strict=True)
        return [(p.mask, (SPREAD * p.weight + count) / total) for p, count in both]

    @property
    def kept(self) -> float:
        """Expected probability that the next payment keeps to the rule, which may have ended unseen."""
        hits, misses = self.faded or (self.hits, self.seen - self.hits)
        holds = 1 - ENDS[0] / (sum(ENDS) + self.seen)
        return holds * mixed(HABITS, hits, misses)


def beliefs(evidence: Evidence, library: Library) -> list[Belief]:
    """Every hypothesis worth keeping, heaviest first; *any business day* is always among them."""
    days = [library.number(d) for d in evidence.dates]
    if not days:
        return [Belief(None, 1.0)]
    found = [*_calendar(days, library), *_from_invoices(evidence, library)]
    found = _without_outdone(found)
    total = sum(b.weight for b in found)
    values = [0.5 ** ((days[-1] - day) / HALF_LIFE) for day in days]
    kept = [_aged(b, b.weight / total, days, values) for b in found if b.weight > 1e-4 * total]
    if not any(b.rule is None for b in kept):
        kept.append(Belief(None, min((b.weight for b in found if b.rule is None), default=0.0) / total))
    return sorted(kept, key=lambda b: -b.weight)


def _without_outdone(found: Sequence[Belief]) -> list[Belief]:
    """Leave out delays kept less often than a calendar rule beyond doubt: it tells which run an invoice is in,
    not on which days there are runs. Batches of a busy client otherwise look like many small delays."""
    rules = [b for b in found if isinstance(b.rule, Candidate)]
    best = max(rules, key=lambda b: b.weight, default=None)
    if best is None or best.weight <= BEYOND_DOUBT * sum(b.weight for b in found if b.rule is None):
        return list(found)
    return [b for b in found if not _is_delay(b) or b.hits * best.seen >= best.hits * b.seen]


def _is_delay(belief: Belief) -> bool:
    return isinstance(belief.rule, AfterInvoice) and belief.rule.family is Family.AFTER_INVOICE


def _aged(belief: Belief, weight: float, days: Sequence[int], values: Sequence[float]) -> Belief:
    """With its posterior weight, and its hits and misses counting less the older they are."""
    rule = belief.rule
    if not isinstance(rule, Candidate):
        return replace(belief, weight=weight)
    n, mask = belief.seen, rule.mask
    hits = sum(value for day, value in zip(days[-n:], values[-n:], strict=True) if mask >> day & 1)
    return replace(belief, weight=weight, faded=(hits, sum(values[-n:]) - hits))


def _calendar(days: Sequence[int], library: Library) -> list[Belief]:
    n = len(days)
    everything = library.mask(days)
    found = _explained(days, everything, library, 1.0, None)
    for k in TAILS:
        if n - k >= LEAST_BEFORE:
            newest = library.mask(days[-k:])
            before = sum(b.weight for b in _explained(days[:-k], everything ^ newest, library, 1.0, None))
            found += _explained(days[-k:], newest, library, before * 2.0**-CHANGE_BITS, k)
    return found


def _explained(days: Sequence[int], mask: int, library: Library, weight: float, since: int | None) -> list[Belief]:
    """Every candidate that says something about these days, with `weight` times its prior and its evidence."""
    n = len(days)
    found = [Belief(None, weight * _no_rule(days, library), n, n, since)]
    for c in library.candidates:
        hits = (c.mask & mask).bit_count()
        if hits * (1 - c.share) > DOUBLED * (n - hits) * c.share:
            counts = tuple((p.mask & mask).bit_count() for p in c.parts)
            found.append(Belief(c, weight * c.prior * _ratio(c, counts, hits, n), hits, n, since, counts))
    return found


def _no_rule(days: Sequence[int], library: Library) -> float:
    """*Any business day*, evenly or with weekends and holidays carried to the next day open, whichever is likelier."""
    carried = 1.0
    for day in days:
        carried *= library.carried(day)
    return 0.5 + 0.5 * carried


def _ratio(c: Candidate, counts: tuple[int, ...], hits: int, n: int) -> float:
    """How much better the rule explains these payments than *any business day* does."""
    misses = n - hits
    ratio = _kept(hits, misses) / (1 - c.share) ** misses
    if not c.parts:
        return ratio / c.share**hits
    ratio *= _spread(counts, tuple(p.weight for p in c.parts))
    for count, part in zip(counts, c.parts, strict=True):
        ratio /= part.share**count
    return ratio


@lru_cache(maxsize=8192)
def _kept(hits: float, misses: float) -> float:
    a, b = KEPT
    return exp(_log_beta(a + hits, b + misses) - _log_beta(a, b))


@lru_cache(maxsize=8192)
def mixed(habits: tuple[tuple[float, float, float], ...], hits: float, misses: float) -> float:
    """The probability of another hit after these, by whichever habits they speak for: each is its weight and the hits
    and misses it is worth before any are seen."""
    weights = [w * exp(_log_beta(a + hits, b + misses) - _log_beta(a, b)) for w, a, b in habits]
    means = [(a + hits) / (a + b + hits + misses) for _, a, b in habits]
    return sum(w * mean for w, mean in zip(weights, means, strict=True)) / sum(weights)


@lru_cache(maxsize=65536)
def _spread(counts: tuple[int, ...], weights: tuple[float, ...]) -> float:
    """The probability of these hits falling on these weekdays in this order, the weights being expectations only."""
    total = lgamma(SPREAD) - lgamma(SPREAD + sum(counts))
    for count, weight in zip(counts, weights, strict=True):
        total += lgamma(SPREAD * weight + count) - lgamma(SPREAD * weight)
    return exp(total)


def _log_beta(a: float, b: float) -> float:
    return lgamma(a) + lgamma(b) - lgamma(a + b)


def _from_invoices(evidence: Evidence, library: Library) -> list[Belief]:
    """Fixed delays after the invoice or its month: each payment date is one observation, shared by its invoices."""
    batches = [[s for s in batch if s.issued] for batch in evidence.by_date()]
    batches = [b for b in batches if b]
    found = []
    for family in (Family.AFTER_INVOICE, Family.AFTER_MONTH_END):
        hits: dict[int, float] = {}
        for batch in batches:
            starts = {s.issued if family is Family.AFTER_INVOICE else month_end(s.issued) for s in batch if s.issued}
            paid = library.number(batch[0].paid)
            for start in starts:
                for delay in _delays(library.number(start), paid, library):
                    hits[delay] = hits.get(delay, 0.0) + 1 / len(starts)
        n, share = len(batches), DELAY_SHARE[family]
        for delay, h in hits.items():
            if h > 0.3 * n:
                weight = _delay_prior(delay) * 2.0 ** -FAMILY_BITS[family]
                ratio = _kept(h, n - h) / share**h / (1 - share) ** (n - h)
                found.append(Belief(AfterInvoice(family, delay), weight * ratio, h, n))
    return found


def _delays(start: int, paid: int, library: Library) -> Iterable[int]:
    """Every delay that would have led to this payment date, weekends and holidays moving it to the next day open."""
    delay = paid - start
    if not library.is_open(paid):
        return
    while 0 <= delay <= LONGEST_DELAY:
        yield delay
        delay -= 1
        if library.is_open(start + delay):
            return


def _delay_prior(delay: int) -> float:
    other = LONGEST_DELAY + 1 - len(ROUND_DELAYS)
    return 0.5 / len(ROUND_DELAYS) if delay in ROUND_DELAYS else 0.5 / other


def bits(weight: float) -> float:
    """A posterior weight or a ratio of two as bits."""
    return log(max(weight, 1e-300)) / log(2)
