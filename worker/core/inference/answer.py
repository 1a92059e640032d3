"""What we believe of one client's payment cycle, fit for people and for the ladder: a named rule, or none.

A rule is named only when it earned it; most clients pay on any business day, and a tool that always names a run is
wrong more often than right. A named rule still carries its confidence: the probability that the next payment lands on
one of its dates. The evidence in words is for the bookkeeper, never for a client.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from math import log2

from worker.core.inference.evidence import CLOSED, FEWEST, Evidence
from worker.core.inference.holidays import learnt_roll
from worker.core.inference.rules import Candidate, Library
from worker.core.inference.score import AfterInvoice, Belief, beliefs
from worker.core.payment_run import RunRule, RunSchedule, Weekly
from worker.core.phrases import WEEKDAYS, listed
from worker.core.workdays import Calendar, Closure

HORIZON = 35
"""Days ahead for which a cycle's dates, and the probability that the next payment is on one of them, are given."""

EARNED = 0.5
"""A rule is named when it is at least this likely that the client follows any calendar rule at all."""

WORTH_SHOWING = 0.02
"""Rules less likely than this are not considered for a name."""

CHRISTMAS = Closure((12, 24), (1, 2))
"""No learnt run is expected in these days, whatever the rule says."""

SHOWN = 12
"""Newest payments counted in the evidence shown to people."""


@dataclass(frozen=True, slots=True)
class Cycle:
    """One client's learnt cycle. `rule` None: none is known, or none yet (`enough` false).

    `confidence` is the probability that the next payment, if it comes within `HORIZON` days, lands on one of the days
    named; without a rule those are all business days. `since` is the first payment after a change of rule.
    """

    rule: RunRule | None
    confidence: float
    enough: bool
    dates: tuple[date, ...]
    why: str
    since: date | None = None
    found: tuple[Belief, ...] = ()

    @property
    def hunch(self) -> Candidate | AfterInvoice | None:
        """The single likeliest hypothesis, named or not; None is *any business day*. Never acted on."""
        weights: dict[int, float] = {}
        rules = {id(b.rule): b.rule for b in self.found}
        for b in self.found:
            weights[id(b.rule)] = weights.get(id(b.rule), 0.0) + b.weight
        return rules[max(weights, key=lambda k: weights[k])] if weights else None

    def schedule(self, calendar: Calendar) -> RunSchedule | None:
        """The runs to expect on the client's own calendar, none of them in the Christmas fortnight."""
        if self.rule is None:
            return None
        shut = calendar.closures if CHRISTMAS in calendar.closures else (*calendar.closures, CHRISTMAS)
        return RunSchedule(self.rule, calendar=replace(calendar, closures=shut))


def infer(evidence: Evidence, library: Library, today: date, found: tuple[Belief, ...] | None = None) -> Cycle:
    """What a client's payments up to `today` say about its cycle.

    The library must span them and `HORIZON` days more. `found`: the beliefs for this evidence and library, when known.
    """
    found = tuple(beliefs(evidence, library)) if found is None else found
    best = _named(found, library, today) if evidence.enough else None
    if best is None:
        confidence = _lands(library.business, found, library, today) * _on_business_days(evidence, library)
        return Cycle(None, confidence, evidence.enough, evidence.dates, _why_not(evidence), found=found)
    since = _since(best, found, evidence)
    rule = replace(best.rule, roll=best.rule.roll or learnt_roll(best.rule, evidence, library, since))
    confidence = _lands(best.mask, found, library, today) * _on_business_days(evidence, library)
    why = _why(rule, best, since, evidence, library)
    return Cycle(rule, confidence, True, evidence.dates, why, since, found)


def _named(found: Sequence[Belief], library: Library, today: date) -> Candidate | None:
    """The rule that tells most about the next payment, if it is likely enough that there is a rule."""
    rules: dict[int, tuple[Candidate, float]] = {}
    for b in found:
        if isinstance(b.rule, Candidate):
            rules[id(b.rule)] = (b.rule, rules.get(id(b.rule), (b.rule, 0.0))[1] + b.weight)
    if sum(weight for _, weight in rules.values()) < EARNED:
        return None
    told = [(_told(c, found, library, today), c) for c, weight in rules.values() if weight >= WORTH_SHOWING]
    bits, best = max(told, key=lambda t: t[0], default=(0.0, None))
    return best if bits > 0 else None


def _told(c: Candidate, found: Sequence[Belief], library: Library, today: date) -> float:
    """Bits expected from naming this rule's days for the next payment instead of every business day."""
    ahead = _ahead(library, today)
    share = (c.mask & ahead).bit_count() / max(1, ahead.bit_count())
    hit = _lands(c.mask, found, library, today)
    if not 0 < share < hit < 1:
        return 0.0
    return hit * log2(hit / share) + (1 - hit) * log2((1 - hit) / (1 - share))


def _ahead(library: Library, today: date) -> int:
    """The business days on which a rule could run: Christmas left out, unless there is nothing else."""
    start = library.number(today)
    days = library.business & library.span(start + 1, start + HORIZON)
    return (
        days & ~library.mask(n for n in range(start, start + HORIZON + 1) if CHRISTMAS.covers(library.day(n))) or days
    )


def _lands(days: int, found: Sequence[Belief], library: Library, today: date) -> float:
    """The probability, over every rule believed in, that a payment on a business day ahead is on one of `days`."""
    ahead = _ahead(library, today)
    days &= ahead
    total = max(1, ahead.bit_count())
    even = days.bit_count() / total
    probability = 0.0
    for b in found:
        own = b.rule.mask & ahead if isinstance(b.rule, Candidate) else 0
        size = own.bit_count()
        if not size or size == total:
            probability += b.weight * even
            continue
        inside = sum(share * _part(mask & ahead, days) for mask, share in b.parts())
        outside = (days & ~own).bit_count() / (total - size)
        probability += b.weight * (b.kept * inside + (1 - b.kept) * outside)
    return probability


def _part(own: int, days: int) -> float:
    return (own & days).bit_count() / max(1, own.bit_count())


def _on_business_days(evidence: Evidence, library: Library) -> float:
    """How often this client's payments are dated on business days at all; nearly always until seen otherwise."""
    closed = sum(not library.is_open(library.number(d)) for d in evidence.dates)
    return 1 - (closed + CLOSED[0]) / (len(evidence.dates) + sum(CLOSED))


def _since(best: Candidate, found: Sequence[Belief], evidence: Evidence) -> date | None:
    """The first payment of the present rule, when a change is likelier than not."""
    own = [b for b in found if b.rule is best]
    changed = [b for b in own if b.since]
    if 2 * sum(b.weight for b in changed) <= sum(b.weight for b in own):
        return None
    newest = max(changed, key=lambda b: b.weight).since or 1
    return next((d for d in evidence.dates[-newest:]), None)


def _why(rule: RunRule, best: Candidate, since: date | None, evidence: Evidence, library: Library) -> str:
    dates = [d for d in evidence.dates if since is None or d >= since][-SHOWN:]
    hits = (best.mask & library.mask(library.number(d) for d in dates)).bit_count()
    said = f"{hits} of its last {len(dates)} payments fell {_on(rule)}"
    return f"{said}; before {since:%-d %B %Y} it paid otherwise" if since else said


def _why_not(evidence: Evidence) -> str:
    n = len(evidence.dates)
    if not evidence.enough:
        return f"not known yet: {n} payment dates, and {FEWEST} are needed"
    return f"no run known: its last {min(n, SHOWN)} payments follow no calendar we can tell from any business day"


def _on(rule: RunRule) -> str:
    if isinstance(rule.pattern, Weekly) and rule.pattern.every == 1:
        names = [WEEKDAYS[w].capitalize() for w in rule.pattern.weekdays]
        return f"on a {names[0]}" if len(names) == 1 else f"on a {listed(names).replace(' and ', ' or ')}"
    plain = replace(rule, roll=None).describe()
    return plain if plain.startswith("on ") else f"on {plain}"
