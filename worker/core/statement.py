"""The monthly statement of a payer's account: everything open, by the calendar, whatever step its invoices are at.

It is a contact like any other (gap, ceilings and hours hold), goes only when nothing else goes that day, and stops by
itself when everything late on it was listed as often as the policy allows.
"""

from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import TYPE_CHECKING

from worker.core.conditions import Facts, holds
from worker.core.context import key_of
from worker.core.decisions import Bucket, Remind
from worker.core.history import Advance
from worker.core.ladder import Position, Timing, named, plain_name
from worker.core.model import base_model, copies, lines, net_of, recipients, subtotals, sums
from worker.core.payer_guards import hold_on_money
from worker.core.payment_run import RunSchedule
from worker.core.policy import Stage, Statements, Step, Track
from worker.core.reasons import day_words, reason
from worker.core.receivable import Invoice
from worker.core.reminder import Due
from worker.core.screen import address_of
from worker.core.sendable import delay

if TYPE_CHECKING:
    from worker.core.payer import PayerDesk

LATE_BY = 7
"""Days a statement may be late: after that the next one is nearer."""


@dataclass
class Statement:
    """Today's statement for one payer, or the day of the next; `live` are the invoices of its ladders."""

    desk: "PayerDesk"
    live: list[Invoice]

    def decide(self) -> None:
        """Send it, or say when it comes."""
        ctx, chosen = self.desk.ctx, self.desk.ctx.settings.clients.get(self.desk.payer_id)
        terms = chosen.policy.statements if chosen else None
        step = next(iter(chosen.policy.on(Track.STATEMENT)), None) if chosen else None
        if chosen is None or terms is None or step is None or not self.live:
            return
        covered = hold_on_money(ctx, self.desk.client_ids, self.live, chosen.policy)
        self.live = [i for i in self.live if i.currency not in covered]
        if not self.live:
            return
        schedule = RunSchedule(terms.on, calendar=ctx.sending(chosen, chosen.policy))
        today = self._day(schedule, step)
        if today and self._worth_it(step, terms) and not ctx.index.unheard(self.desk.payer_id, self._address()):
            self._send(step, today)
        else:
            self._announce(step, terms, schedule.next_run(ctx.day + timedelta(days=1)))

    def _address(self) -> str:
        return address_of(self.desk.ctx, self.desk.client_ids[0])

    def _day(self, schedule: RunSchedule, step: Step) -> date | None:
        """The statement day that has come and was not kept yet, if any."""
        ctx = self.desk.ctx
        days = schedule.runs(ctx.day - timedelta(days=LATE_BY), ctx.day)
        if not days:
            return None
        said = {row.step for m in ctx.index.reminders.get(self.desk.payer_id, ()) for row in m.advances}
        return None if named(step.name, days[-1].isoformat()) in said else days[-1]

    def _listed(self, invoice: Invoice, step: Step) -> int:
        rungs = self.desk.ctx.index.rungs.get((invoice.id, invoice.round), ())
        return sum(plain_name(r.step) == step.name for r in rungs)

    def _worth_it(self, step: Step, terms: Statements) -> bool:
        """Something on it was not listed too often already, and the step's own condition holds for something."""
        ctx = self.desk.ctx
        fresh = [i for i in self.live if self._listed(i, step) < terms.at_most]
        if step.condition is None:
            return bool(fresh)
        facts = (Facts(ctx, i, self._ladder(i), tuple(self.live)) for i in fresh)
        return any(holds(step.condition, f) for f in facts)

    def _ladder(self, invoice: Invoice):  # type: ignore[no-untyped-def]
        chosen = self.desk.ctx.chosen(invoice.client_id) or self.desk.ctx.settings.clients[self.desk.payer_id]
        return self.desk.ctx.ladder(invoice, chosen)

    def _send(self, step: Step, on: date) -> None:
        desk, ctx, invoice = self.desk, self.desk.ctx, self.live[0]
        top = Due(Position(invoice, step, Timing(on, why="statement day")), self._ladder(invoice), step)
        wait = delay(ctx, desk.payer_id, desk.client_ids, top)
        if wait:
            for standing in self._mine():
                desk.standings.append(replace(standing, reason=wait.reason, step=step.name, next_on=wait.on))
            return
        remind = self._remind(step, on)
        desk.remind, desk.remind_on = remind, ctx.day
        desk.decisions.append(remind)
        for standing in self._mine(held=True):
            bucket = standing.bucket if standing.bucket is Bucket.HELD else Bucket.CHASED
            why = standing.reason if standing.bucket is Bucket.HELD else remind.reason
            desk.standings.append(replace(standing, bucket=bucket, reason=why, step=step.name, next_on=ctx.day))

    def _mine(self, *, held: bool = False):  # type: ignore[no-untyped-def]
        """The standings of what a statement would list, taken out to be put back."""
        ids = {i.id for i in self.live}
        kept = (Bucket.WAITING, Bucket.CHASED, *((Bucket.HELD,) if held else ()))
        mine = [s for s in self.desk.standings if s.invoice_id in ids and s.bucket in kept]
        self.desk.standings = [s for s in self.desk.standings if s not in mine]
        return mine

    def _announce(self, step: Step, terms: Statements, on: date | None) -> None:
        """Say that the statement is what comes next, where nothing else does before it."""
        if on is None or not self._worth_it(step, terms):
            return
        for standing in self._mine():
            if standing.next_on is None or standing.next_on > on:
                why = reason("statement", step.place, step=step.name, on=day_words(on))
                standing = replace(standing, reason=why, step=step.name, next_on=on)  # noqa: PLW2901
            self.desk.standings.append(standing)

    def _remind(self, step: Step, on: date) -> Remind:
        desk, ctx = self.desk, self.desk.ctx
        rows = [Advance(i.id, i.round, named(step.name, on.isoformat()), i.open, i.currency) for i in self.live]
        advances = tuple(sorted(rows, key=lambda a: (a.invoice_id, a.round)))
        to = recipients(ctx, desk.payer_id, desk.client_ids, role=step.to)
        gross = sums(self.live)
        credit, net = net_of(gross, [c for cid in desk.client_ids for c in ctx.credits_of.get(cid, ())])
        overdue = [i for i in self.live if i.due and i.due < ctx.day]
        model = base_model(ctx, step.message or step.name, desk.payer_id, to, step.signed_by)
        model = replace(
            model,
            coming=lines(ctx, [i for i in self.live if i not in overdue]),
            overdue=lines(ctx, overdue),
            not_included=lines(ctx, desk.disputed),
            subtotals=subtotals(ctx, self.live),
            gross=gross,
            credit=credit,
            net=net,
        )
        return Remind(
            key=key_of(ctx.settings.name, "reminder", *(f"{a.invoice_id}/{a.round}/{a.step}" for a in advances)),
            payer_id=desk.payer_id,
            step=step.name,
            stage=Stage.AFTER if overdue else Stage.BEFORE,
            to=to,
            cc=copies(ctx, desk.payer_id, to),
            advances=advances,
            model=model,
            reason=reason("remind", step.place, step=step.name, why=f"statement day {day_words(on)}"),
            client_ids=tuple(desk.client_ids),
        )
