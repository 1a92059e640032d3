"""What a client does with a run that falls on a day it is closed (skips it, or pays the day after or before), and
whether it pays at Christmas at all."""

from __future__ import annotations

from datetime import date, timedelta
from math import log

from worker.core.inference.evidence import Evidence
from worker.core.inference.rules import Library
from worker.core.inference.score import mixed
from worker.core.payment_run import Roll, RunRule, Weekly

USUAL = {Roll.NEXT: 0.5, Roll.SKIP: 0.3, Roll.PREVIOUS: 0.2}
"""Before any holiday was seen. Assuming the next day costs a day's delay at worst; the others chase too early."""

AFTER = timedelta(days=7)
"""How far behind the last payment a closed run day may lie that it was brought forward from."""

LEAST, MOST = 0.02, 0.98
"""Bounds of the rates compared: a handful of holidays proves nothing to the last per cent."""


AT_CHRISTMAS = (0.5, 2.0)
"""Prior for how much a client pays in the Christmas fortnight against other business days, as payments seen and
payments there would usually have been: a quarter. A university and a multinational paid (next to) nothing then, a small
firm under half as often as ever, eight public payers from 0.4 to 1.4 times as often: the client's own past decides."""

CLOSED = ((0.9, 0.1, 10.0), (0.1, 10.0, 25.0))
"""Habits of being paid on closed days: never, or on any day of the week alike, two in seven being a weekend's."""


def closed_rate(evidence: Evidence, library: Library) -> float:
    """The probability that a payment of this client is dated on a weekend or a holiday."""
    closed = sum(not library.is_open(library.number(d)) for d in evidence.dates)
    return mixed(CLOSED, closed, len(evidence.dates) - closed)


def at_christmas(evidence: Evidence, library: Library) -> float:
    """How often the client pays on business days of the Christmas fortnight, against its usual (1), as far as the
    fortnights between its payments tell."""
    days = library.mask(library.number(s.paid) for s in evidence.settled)
    seen = 0
    if evidence.settled:  # from the day after the first payment, which was bound to be one
        seen = library.span(library.number(evidence.settled[0].paid) + 1, library.number(evidence.settled[-1].paid))
    fortnights = seen & library.business & library.christmas
    others = seen & library.business & ~library.christmas
    usual = (days & others).bit_count() / max(1, others.bit_count())
    paid, expected = (days & fortnights).bit_count(), usual * fortnights.bit_count()
    return min(1.0, (AT_CHRISTMAS[0] + paid) / (AT_CHRISTMAS[1] + expected))


def learnt_roll(rule: RunRule, evidence: Evidence, library: Library, since: date | None = None) -> Roll:
    """The likeliest of the three, from the closed run days among all of the client's payments seen (since a day).

    Holidays are few: payments older than those the rule rests on still tell what became of them.
    """
    dates = sorted({s.paid for s in evidence.settled if since is None or s.paid >= since})
    first, last = dates[0], dates[-1]
    paid = {library.number(d) for d in dates}
    nominal = _nominal(rule, first, last + AFTER, library)
    end = library.number(last)
    # A run day after the last payment says something only if that payment was its run, brought forward.
    closed = [n for n in nominal if not library.is_open(n) and (n <= end or library.previous_open(n) == end)]
    nominal = [n for n in nominal if n <= end]
    if not closed:
        return Roll.NEXT
    runs = [n for n in nominal if library.is_open(n)]
    used = _rate(sum(n in paid for n in runs), len(runs))
    span = library.business & library.span(library.number(first), library.number(last))
    others = span.bit_count() - len(runs)
    stray = _rate(sum(d not in runs and library.is_open(d) for d in paid), others)
    scores = {roll: log(usual) for roll, usual in USUAL.items()}
    for day in closed:
        after, before = library.next_open(day) in paid, library.previous_open(day) in paid
        scores[Roll.NEXT] += _seen(after, used) + _seen(before, stray)
        scores[Roll.PREVIOUS] += _seen(after, stray) + _seen(before, used)
        scores[Roll.SKIP] += _seen(after, stray) + _seen(before, stray)
    return max(USUAL, key=lambda roll: scores[roll])


def _nominal(rule: RunRule, first: date, last: date, library: Library) -> list[int]:
    if isinstance(rule.pattern, Weekly):
        days = rule.pattern.dates(first, last)
    else:
        days = rule.pattern.dates(first, last, library.calendar)
    return [library.number(day) for day, _ in days if first <= day <= last]


def _rate(seen: int, of: int) -> float:
    return min(MOST, max(LEAST, (seen + 0.5) / (of + 1)))


def _seen(paid: bool, rate: float) -> float:
    return log(rate) if paid else log(1 - rate)
