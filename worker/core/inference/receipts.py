"""Expected receipts: every open invoice's own expectation, summed by week and currency, with an honest range."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from math import sqrt

from worker.core.inference.evidence import Evidence
from worker.core.inference.forecast import Expected, Said, expected
from worker.core.inference.learn import Learnt
from worker.core.receivable import Invoice, Snapshot
from worker.core.settings import ClientSettings, Promise

EIGHTY = 1.2816
"""Standard deviations to either side that hold 80 % of a normal distribution."""

TOGETHER = 0.3
"""How far the open invoices of one payer come together: 0 each for itself, 1 all or none. With this about four weeks in
five lay within the range, with 1 nine in ten (docs/bookkeeper/learnt-runs.md)."""

_CENT = Decimal("0.01")


@dataclass(frozen=True, slots=True)
class Outlook:
    """One open invoice and when it is expected; `own` false: judged by how everyone pays, or by its due date."""

    invoice: Invoice
    payer_id: str
    expected: Expected
    own: bool


@dataclass(frozen=True, slots=True)
class Week:
    """Receipts of one currency in the seven days from `start`: expected, and within what range in four of five."""

    start: date
    currency: str
    amount: Decimal
    low: Decimal
    high: Decimal


def outlooks(
    snapshot: Snapshot, learnt: Learnt, promises: Iterable[Promise] = ()
) -> tuple[tuple[Outlook, ...], tuple[Invoice, ...]]:
    """Every open invoice with its expectation, soonest first, and those of which nothing can be said.

    Strongest first: a date promised or set for the invoice, the run a person wrote, what payments suggest.
    """
    everyone: Evidence | None = None
    promised = _by_client(snapshot, [*learnt.settings.promises, *promises])
    found: list[Outlook] = []
    nothing: list[Invoice] = []
    for invoice in snapshot.invoices:
        if not invoice.is_open:
            continue
        client = snapshot.survivor(invoice.client_id)
        chosen = learnt.settings.clients.get(client)
        payer = chosen.payer_id if chosen else client
        evidence = learnt.evidence(payer)
        own = any(s.issued or s.due for s in evidence.settled)
        if not own:
            evidence = everyone = everyone or learnt.everyone()
        written = learnt.written(chosen) if chosen else ()
        found_out = written or learnt.cycle(payer).found
        said = _said(invoice, chosen, learnt, promised.get(client, ()), bool(written))
        when = expected(invoice.issued, invoice.due, evidence, found_out, learnt.library(payer), learnt.day, said)
        if when:
            found.append(Outlook(invoice, payer, when, own))
        else:
            nothing.append(invoice)
    return tuple(sorted(found, key=lambda o: (o.expected.median, o.invoice.id))), tuple(nothing)


def _by_client(snapshot: Snapshot, promises: Iterable[Promise]) -> dict[str, list[Promise]]:
    made: dict[str, list[Promise]] = defaultdict(list)
    for promise in sorted(promises, key=lambda p: p.made_on):
        made[snapshot.survivor(promise.client_id)].append(promise)
    return made


def _said(
    invoice: Invoice, chosen: ClientSettings | None, learnt: Learnt, promises: Sequence[Promise], written: bool
) -> Said:
    """What is known of this very invoice; the newest promise counts, else the date the books expect it."""
    mine = [p.by for p in promises if not p.invoice_ids or invoice.id in p.invoice_ids]
    on = mine[-1] if mine else invoice.expected
    ready = invoice.approved or invoice.issued or invoice.due
    schedule = chosen.schedule if chosen else None
    if chosen and schedule is None and invoice.approved:
        schedule = learnt.cycle(chosen.payer_id).schedule(chosen.calendar)
    run = schedule.run_for(ready, invoice.due) if schedule and ready else None
    return Said(on, run, chosen.calendar.closures if chosen else (), written)


def weeks(found: tuple[Outlook, ...], day: date, count: int) -> tuple[Week, ...]:
    """Receipts of the next `count` weeks from `day` on, by currency; the invoices of one payer come partly together."""
    means: dict[tuple[int, str], float] = defaultdict(float)
    variances: dict[tuple[int, str], float] = defaultdict(float)
    owed: dict[tuple[str, str], float] = defaultdict(float)
    coming: dict[tuple[str, str, int], float] = defaultdict(float)
    alone: dict[tuple[str, str, int], float] = defaultdict(float)
    for one in found:
        amount, currency = float(one.invoice.open), one.invoice.currency
        owed[one.payer_id, currency] += amount
        for week in range(count):
            share = sum(one.expected.mass[7 * week : 7 * week + 7])
            coming[one.payer_id, currency, week] += amount * share
            alone[one.payer_id, currency, week] += amount * amount * share * (1 - share)
    for (payer, currency, week), amount in coming.items():
        means[week, currency] += amount
        apart, joined = alone[payer, currency, week], amount * (owed[payer, currency] - amount)
        variances[week, currency] += apart + TOGETHER * (joined - apart)
    totals: dict[str, float] = defaultdict(float)
    for (_, currency), amount in owed.items():
        totals[currency] += amount
    made = []
    for week, currency in sorted(means):
        mean, reach = means[week, currency], EIGHTY * sqrt(max(0.0, variances[week, currency]))
        low, high = max(0.0, mean - reach), min(totals[currency], mean + reach)
        made.append(Week(day + timedelta(weeks=week), currency, _money(mean), _money(low), _money(high)))
    return tuple(made)


def _money(amount: float) -> Decimal:
    # A forecast is an estimate: the books' own amounts stay exact, this sum is rounded to cents once.
    return Decimal(str(amount)).quantize(_CENT)
