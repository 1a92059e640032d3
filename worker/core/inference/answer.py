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

from worker.core.inference.evidence import FEWEST, Evidence
from worker.core.inference.holidays import at_christmas, closed_rate, learnt_roll
from worker.core.inference.rules import CHRISTMAS, Candidate, Library
from worker.core.inference.score import Belief, beliefs
from worker.core.payment_run import RunRule, RunSchedule, Weekly
from worker.core.phrases import WEEKDAYS, listed
from worker.core.workdays import Calendar

HORIZON = 35
"""Days ahead for which a cycle's dates, and the probability that the next payment is on one of them, are given."""

EARNED = 0.5
"""A rule is named when it is at least this likely that the client follows any calendar rule at all."""

WORTH_SHOWING = 0.02
"""Rules less likely than this are not considered for a name."""

PAYS_AT_CHRISTMAS = 0.5
"""Runs are expected in the Christmas fortnight of a client that pays more than this often then, against its usual."""

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
    at_christmas: bool = False

    def schedule(self, calendar: Calendar) -> RunSchedule | None:
        """The runs to expect on the client's own calendar, in the Christmas fortnight if it was seen to pay then."""
        if self.rule is None:
            return None
        if self.at_christmas:
            return RunSchedule(self.rule, calendar=calendar)
        shut = calendar.closures if CHRISTMAS in calendar.closures else (*calendar.closures, CHRISTMAS)
        return RunSchedule(self.rule, calendar=replace(calendar, closures=shut))


def infer(evidence: Evidence, library: Library, today: date, found: tuple[Belief, ...] | None = None) -> Cycle:
    """What a client's payments up to `today` say about its cycle.

    The library must span them and `HORIZON` days more. `found`: the beliefs for this evidence and library, when known.
    """
    found = tuple(beliefs(evidence, library)) if found is None else found
    fortnight = at_christmas(evidence, library)
    ahead = Ahead(library, today, HORIZON, fortnight)
    best = _named(found, ahead) if evidence.enough else None
    on_business_days = 1 - closed_rate(evidence, library)
    if best is None:
        confidence = _lands(library.business, found, ahead) * on_business_days
        return Cycle(None, confidence, evidence.enough, evidence.dates, _why_not(evidence), found=found)
    since = _since(best, found, evidence)
    rule = replace(best.rule, roll=best.rule.roll or learnt_roll(best.rule, evidence, library, since))
    pays_then = fortnight > PAYS_AT_CHRISTMAS
    named = best.mask if pays_then else best.mask & ~library.christmas
    if not ahead.count(named):
        ahead = Ahead(library, today, 2 * HORIZON, fortnight)
    confidence = _lands(named, found, ahead) * on_business_days
    why = _why(rule, best, since, evidence, library)
    return Cycle(rule, confidence, True, evidence.dates, why, since, found, pays_then)


class Ahead:
    """The business days of the next `horizon` days; those of a Christmas fortnight count `fortnight` of a day."""

    def __init__(self, library: Library, today: date, horizon: int, fortnight: float) -> None:
        first = library.number(today) + 1
        self._days = library.business & library.span(first, first + horizon - 1)
        self._christmas, self._missing = self._days & library.christmas, 1 - fortnight
        self.total = self.count(self._days) or 1.0

    def count(self, mask: int) -> float:
        """How many of these days are in a mask."""
        mask &= self._days
        return mask.bit_count() - self._missing * (mask & self._christmas).bit_count() if mask else 0.0


def _named(found: Sequence[Belief], ahead: Ahead) -> Candidate | None:
    """The rule that tells most about the next payment, if it is likely enough that there is a rule."""
    rules: dict[int, tuple[Candidate, float]] = {}
    for b in found:
        if isinstance(b.rule, Candidate):
            rules[id(b.rule)] = (b.rule, rules.get(id(b.rule), (b.rule, 0.0))[1] + b.weight)
    if sum(weight for _, weight in rules.values()) < EARNED:
        return None
    told = [(_told(c, found, ahead), c) for c, weight in rules.values() if weight >= WORTH_SHOWING]
    bits, best = max(told, key=lambda t: t[0], default=(0.0, None))
    return best if bits > 0 else None


def _told(c: Candidate, found: Sequence[Belief], ahead: Ahead) -> float:
    """Bits expected from naming this rule's days for the next payment instead of every business day."""
    share = ahead.count(c.mask) / ahead.total
    hit = _lands(c.mask, found, ahead)
    if not 0 < share < hit < 1:
        return 0.0
    return hit * log2(hit / share) + (1 - hit) * log2((1 - hit) / (1 - share))


def _lands(days: int, found: Sequence[Belief], ahead: Ahead) -> float:
    """The probability, over every rule believed in, that a payment on a business day ahead is on one of `days`."""
    total = ahead.total
    even = ahead.count(days) / total
    probability = 0.0
    for b in found:
        own = b.rule.mask if isinstance(b.rule, Candidate) else 0
        size = ahead.count(own)
        if not 0 < size < total:
            probability += b.weight * even
            continue
        inside = sum(share * ahead.count(mask & days) / (ahead.count(mask) or 1) for mask, share in b.parts())
        outside = ahead.count(days & ~own) / (total - size)
        probability += b.weight * (b.kept * inside + (1 - b.kept) * outside)
    return probability


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
