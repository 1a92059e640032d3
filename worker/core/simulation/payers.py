"""How simulated payers behave: as their cycle says (written, or learnt), with the lateness of their own past.

Nothing is drawn by chance: each invoice takes one of the payer's own past delays, chosen by the invoice's id, so that
the same books always give the same future. What a message does to a payer is not known and not guessed; `answer_days`
is an assumption its user makes.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

from worker.core.inference.evidence import Settled
from worker.core.inference.learn import Learnt
from worker.core.payment_run import RunSchedule
from worker.core.receivable import Invoice
from worker.core.settings import ClientSettings, Dispute, OrganisationSettings, Promise

NEWEST = 36
"""Past payments of a payer that tell how late it pays."""


@dataclass
class Habits:
    """`settings` carry the payment runs, `learnt` the past payments. `answer_days`: an invoice asked for after its due
    date is paid in the next run that can still take it, or, where no run is known, so many days later; None: asking
    changes nothing."""

    settings: OrganisationSettings
    learnt: Learnt
    disputes: tuple[Dispute, ...] = ()
    promises: tuple[Promise, ...] = ()
    answer_days: int | None = None
    _past: dict[str, tuple[Settled, ...]] = field(default_factory=dict)

    def pays_on(self, invoice: Invoice, client_id: str, first: date) -> date | None:
        """The day this invoice is paid, `first` or later; None: not by itself, as far as its payer's past tells."""
        if any(d.client_id == client_id and (not d.invoice_ids or invoice.id in d.invoice_ids) for d in self.disputes):
            return None
        chosen = self.settings.clients.get(client_id)
        said = [p for p in self.promises if p.client_id == client_id]
        promised = [p.by for p in said if not p.invoice_ids or invoice.id in p.invoice_ids]
        if promised and max(promised) >= first:
            return max(promised)
        days = self._days(invoice, chosen, client_id, first)
        return _one_of(days, invoice.id) if days else None

    def answers_on(self, client_id: str, asked: date) -> date | None:
        """The day a client's invoice is paid because it was asked for; None where asking changes nothing."""
        if self.answer_days is None:
            return None
        chosen = self.settings.clients.get(client_id)
        schedule = _schedule(chosen)
        if schedule and (run := schedule.run_for(asked + timedelta(days=1), None)):
            return run
        return _business_day(chosen, asked + timedelta(days=self.answer_days))

    def _days(self, invoice: Invoice, chosen: ClientSettings | None, client_id: str, first: date) -> list[date]:
        """Every day on which the payer would pay it, were it as late as one of its invoices before."""
        past = self._of(chosen.payer_id if chosen else client_id)
        schedule, start = _schedule(chosen), invoice.due or invoice.issued
        if start is None:
            return []
        if schedule:
            return _on_runs(schedule, invoice, past, first)
        delays = [(s.paid - s.due).days for s in past if s.due] or [0]
        days = (_business_day(chosen, start + timedelta(days=d)) for d in sorted(delays))
        return [d for d in days if d >= first]

    def _of(self, payer_id: str) -> tuple[Settled, ...]:
        if payer_id not in self._past:
            own = self.learnt.evidence(payer_id).settled
            self._past[payer_id] = (own or self._everyone())[-NEWEST:]
        return self._past[payer_id]

    def _everyone(self) -> tuple[Settled, ...]:
        if "" not in self._past:
            self._past[""] = self.learnt.everyone().settled
        return self._past[""]


def _schedule(chosen: ClientSettings | None) -> RunSchedule | None:
    if chosen is None:
        return None
    return chosen.collects.schedule if chosen.collects and chosen.collects.schedule else chosen.schedule


def _on_runs(schedule: RunSchedule, invoice: Invoice, past: Sequence[Settled], first: date) -> list[date]:
    """The run that should pay it and those after, as many missed as each invoice before missed."""
    ready = invoice.approved or invoice.issued or invoice.due
    run = schedule.run_for(ready, invoice.due) if ready else None
    if run is None:
        return []
    runs = (run, *schedule.runs_after(run, max(run, first) + timedelta(days=366)))
    missed = sorted(_missed(schedule, one) for one in past) or [0]
    return [runs[n] for n in missed if n < len(runs) and runs[n] >= first]


def _missed(schedule: RunSchedule, one: Settled) -> int:
    ready = one.issued or one.due
    run = schedule.run_for(ready, one.due) if ready else None
    return len(schedule.runs_after(run, one.paid)) if run and run < one.paid else 0


def _business_day(chosen: ClientSettings | None, on: date) -> date:
    return chosen.calendar.next_business_day(on) if chosen else on


def _one_of(days: Sequence[date], key: str) -> date:
    """The same one for the same key, on every machine and in every run."""
    return days[int.from_bytes(hashlib.sha256(key.encode()).digest()[:4], "big") % len(days)]
