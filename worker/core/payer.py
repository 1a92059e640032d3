"""What one payer hears today: its invoices screened, placed on their ladders, and joined into at most one message."""

from collections import defaultdict
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from functools import cached_property

from worker.core.conditions import Facts, holds
from worker.core.context import Context, amount_words, key_of
from worker.core.decisions import Bucket, Decision, Note, Proposal, Reason, Remind, Standing, Task
from worker.core.held import Held
from worker.core.history import Advance, PastTask
from worker.core.ladder import Ladder, Position, named
from worker.core.payer_guards import deaf_to, hold_on_money, hold_on_payer, hold_on_step
from worker.core.policy import Stage, Step, Track
from worker.core.reasons import day_words, reason
from worker.core.receivable import Invoice
from worker.core.reminder import Due, build_remind
from worker.core.screen import Screened, guard_task_id, screen
from worker.core.sendable import Delay, delay
from worker.core.statement import Statement

REFUSED_FOR = 5
"""Business days for which a refused proposal is not made again."""

TASK_WORDS = {
    "phone": "call them",
    "decide": "decide: write off, letter before action, agency or keep",
    "send-invoice": "send the invoice, or record that it was delivered",
    "get-po": "get a PO number and put it into the reference",
    "fix-due-date": "correct the due date in the books",
    "find-address": "find whom to write to",
    "find-client": "find out whose invoice this is",
    "archived-client": "find out whom to ask now",
    "erased-client": "write off or restore the client",
    "own-domain": "confirm that this is a client, or exclude it",
    "look-at-reopened": "look at the re-opened invoice",
    "review-dispute": "decide what happens with the dispute",
    "broken-promises": "talk to them about the second broken promise",
    "small-remainder": "write off or ask about the remainder",
    "check-deduction": "match the deduction",
    "allocate": "allocate the credit or unmatched money",
    "resolve-message": "resolve the message nobody knows the outcome of",
    "reconcile": "reconcile the bank, then record it",
    "find-who-pays": "find who pays",
    "read-reply": "read the reply, and say what follows",
    "we-owe-them": "pay them, or agree to offset",
    "collection-missed": "find out what happened to the collection",
    "missed-instalment": "talk to them about the missed instalment",
    "plan-broken": "decide what happens with the plan",
    "decide-here": "decide: write off, agree on a plan or keep asking",
}


@dataclass
class PayerDesk:
    """Decides for one payer. Collects decisions, standings, notes and proposals as it goes."""

    ctx: Context
    payer_id: str
    invoices: list[Invoice]
    decisions: list[Decision] = field(default_factory=list)
    standings: list[Standing] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)
    proposals: list[Proposal] = field(default_factory=list)
    remind: Remind | None = None
    remind_on: date | None = None
    disputed: list[Invoice] = field(default_factory=list)
    _wanted: dict[tuple[str, int], list[tuple[str, Invoice, Step]]] = field(default_factory=lambda: defaultdict(list))
    for_people: list[Due] = field(default_factory=list)

    def decide(self) -> None:
        """Fill everything in: screen, hold, place, then send or wait."""
        live = [i for i in self.invoices if not self._screened_out(i)]
        live = self._held_as_a_whole(live)
        due = [d for i in live if (d := self._place(i, live))]
        self._ask_people()
        self._ask_for_a_yes()
        agreed = [d for d in due if d.step.track is not Track.LADDER]
        agreed = [d for d in agreed if d not in self._covered(agreed, [], final=False)]
        live = [i for i in live if not self.ctx.suspended(i)]
        due = self._worth_sending([d for d in due if d not in agreed], live)
        if agreed:
            self._speak_of_agreed(agreed, due, live)
        elif due:
            self._send_or_wait(due, live)
        if self.remind is None:
            Statement(self, live).decide()

    @cached_property
    def client_ids(self) -> list[str]:
        """The clients this payer answers for, the payer itself first when it owes something."""
        found = {self.ctx.snapshot.survivor(i.client_id) for i in self.invoices}
        return sorted(found, key=lambda c: (c != self.payer_id, c))

    # -- standings -----------------------------------------------------------------------------------------------

    def _stand(self, invoice: Invoice, bucket: Bucket, why: Reason, step: str = "", on: date | None = None) -> None:
        client = self.ctx.snapshot.survivor(invoice.client_id)
        self.standings.append(
            Standing(invoice.id, client, self.payer_id, invoice.currency, invoice.open, bucket, why, step, on)
        )

    def _open_task(self, task_id: str, kind: str, why: Reason, step: str = "", rows: tuple[Advance, ...] = ()) -> None:
        if any(isinstance(d, Task) and d.id == task_id for d in self.decisions):
            return
        known = self.ctx.index.task_by_id.get(task_id)
        what = TASK_WORDS.get(kind, kind)
        if known is None or known.is_open:
            self.decisions.append(Task(task_id, self.payer_id, kind, what, why, rows, step, known is None))

    # -- screening -----------------------------------------------------------------------------------------------

    def _screened_out(self, invoice: Invoice) -> bool:
        found: Screened | None = screen(self.ctx, invoice)
        if found is None:
            return False
        self._stand(invoice, found.bucket, found.reason, on=found.next_on)
        if found.reason.code.startswith("dispute"):
            self.disputed.append(invoice)
        if found.task:
            self._open_task(found.task_id or guard_task_id(found.task, invoice), found.task, found.reason)
        return True

    def _held_as_a_whole(self, live: list[Invoice]) -> list[Invoice]:
        if not live:
            return live
        held = hold_on_payer(self.ctx, self.payer_id, self.client_ids)
        if held:
            self._hold(held, live, held.task_id or f"{held.task}:{self.payer_id}")
            return []
        overdue = [i for i in live if i.due and i.due < self.ctx.day]
        policy = self.ctx.settings.clients[self.payer_id].policy
        by_money = hold_on_money(self.ctx, self.client_ids, overdue, policy)
        for currency, hold in by_money.items():
            task_id = f"allocate:{self.payer_id}:{currency}:{self.ctx.day:%Y-%m}"
            self._hold(hold, [i for i in overdue if i.currency == currency], task_id)
        stopped = {i.id for i in overdue if i.currency in by_money}
        return [i for i in live if i.id not in stopped]

    def _hold(self, held: Held, invoices: list[Invoice], task_id: str) -> None:
        bucket = {"too-small": Bucket.EXCLUDED, "away": Bucket.WAITING, "late": Bucket.WAITING}.get(
            held.reason.code, Bucket.HELD
        )
        for invoice in invoices:
            self._stand(invoice, bucket, held.reason, on=held.next_on)
        if held.task and invoices:
            self._open_task(task_id, held.task, held.reason)
        if held.proposal:
            self.proposals.append(held.proposal)

    # -- placing -------------------------------------------------------------------------------------------------

    def _place(self, invoice: Invoice, live: list[Invoice]) -> Due | None:
        """Find the invoice's next step; a message step that is due and not held comes back, the rest is settled."""
        chosen = self.ctx.chosen(invoice.client_id)
        if chosen is None:
            return None
        ladder = self.ctx.ladder(invoice, chosen)
        position = self._pass_by(ladder, ladder.position(invoice), live)
        step = position.step
        if step is None and ladder.arrangement.track is Track.INSTALMENT:
            self._plan_unanswered(invoice)
            return None
        if step is None:
            self._stand(invoice, Bucket.HELD, reason("ladder-end"))
            if ladder.ends_unasked:
                self._open_task(guard_task_id("decide", invoice), "decide", reason("ladder-end"))
            return None
        if not position.due_on(self.ctx.day):
            self._waits(invoice, ladder, position, step)
            ahead = self._as_things_stand(ladder, position, live)
            self._not_yet(invoice, ladder, ahead, ahead.step or step)
            return None
        held = hold_on_step(self.ctx, self.client_ids, ladder, position, self.payer_id)
        if held:
            self._hold(held, [invoice], held.task_id or f"{held.task}:{self.payer_id}")
            return None
        due = Due(position, ladder, step)
        if step.task:
            self._person(due)
            return None
        asked = step.approval or deaf_to(self.ctx, ladder.policy, step)
        return due if not asked or self._approved(due) else None

    def _pass_by(self, ladder: Ladder, position: Position, live: list[Invoice]) -> Position:
        """A step whose `if` is false when it comes due is passed by for this invoice, and the next is looked at."""
        invoice = position.invoice
        while position.step and position.due_on(self.ctx.day) and position.step.condition:
            facts = Facts(self.ctx, invoice, ladder, tuple(live))
            if holds(position.step.condition, facts):
                break
            name = position.name
            self.notes.append(Note("passed", invoice.id, invoice.round, name, self.ctx.day))
            self.ctx.index.passed[invoice.id, invoice.round][name] = self.ctx.day
            position = ladder.position(invoice, position.rung)
        return position

    def _as_things_stand(self, ladder: Ladder, position: Position, live: list[Invoice]) -> Position:
        """The step to announce: one whose `if` is false today is looked past, but not yet passed by."""
        announced = position
        while announced.step and announced.step.condition:
            if holds(announced.step.condition, Facts(self.ctx, position.invoice, ladder, tuple(live))):
                return announced
            announced = ladder.position(position.invoice, announced.rung)
        return announced if announced.step and announced.timing.day else position

    def _plan_unanswered(self, invoice: Invoice) -> None:
        """All was said about the missed instalment: a person talks to them."""
        state = self.ctx.plans[invoice.id]
        plan, which = state.plan, f"{state.number} of {len(state.plan.parts)}"
        values = {"amount": amount_words(state.wanting, plan.currency), "due": day_words(state.due)}
        why = reason("plan-missed", plan.place, which=which, **values)
        self._stand(invoice, Bucket.HELD, why)
        self._open_task(f"missed-instalment:{plan.id}:{state.number}", "missed-instalment", why)

    def _not_yet(self, invoice: Invoice, ladder: Ladder, position: Position, step: Step) -> None:
        day = position.timing.day
        on = self.ctx.next_open(ladder.settings, ladder.policy, day) if day else None
        if on and step.stage is not Stage.BEFORE and not step.task and not step.approval:
            self.remind_on = min(on, self.remind_on) if self.remind_on else on
        values = {"step": step.name, "on": day_words(on), "why": position.timing.why}
        if position.blocked_until and position.blocked_until == day:
            granted = day_words(day - timedelta(days=1)) if day else ""
            why = reason("deadline", step.place, granted=granted, on=day_words(on))
        elif on is None:
            why = reason("no-date", step.place, step=step.name, why=position.timing.why)
        elif position.last:
            last = {"last": position.last, "last_on": day_words(position.last_on)}
            why = reason("asked", step.place, **last, **values)
        else:
            why = reason("not-yet", step.place, **values)
        bucket = Bucket.CHASED if position.last else Bucket.WAITING
        self._stand(invoice, bucket, why, step.name, on)

    def _waits(self, invoice: Invoice, ladder: Ladder, position: Position, step: Step) -> None:
        """Remember that an unstated run put this step off past its ordinary day: that happens once."""
        timing = position.timing
        learnt = timing.run and timing.day and timing.ordinary and not ladder.settings.run_stated
        if learnt and timing.day and timing.ordinary and timing.ordinary <= self.ctx.day < timing.day:
            self.notes.append(Note("waited", invoice.id, invoice.round, step.name, timing.day, timing.ordinary))

    def _person(self, due: Due) -> None:
        """A task step waits for its outcome; one call (or decision) is asked for, whatever it is about."""
        invoice, step = due.position.invoice, due.step
        known = self._asked_already(due)
        why = reason("task", step.place, what=self._words_of(step))
        self._stand(invoice, Bucket.HELD, why, step.name, known.again if known else None)
        self.for_people.append(due)

    def _asked_already(self, due: Due) -> PastTask | None:
        """The task this step is to a person already, under whatever name the step had then."""
        invoice, names = due.position.invoice, (due.step.name, *due.step.was)
        rows = ((invoice.id, invoice.round, named(name, due.position.tag)) for name in names)
        return next((found for row in rows if (found := self.ctx.index.tasks.get(row))), None)

    def _ask_people(self) -> None:
        """One task per step for all invoices that came to it together; those already asked about keep theirs."""
        fresh: dict[str, list[Due]] = defaultdict(list)
        for due in self.for_people:
            known = self._asked_already(due)
            if known is None:
                fresh[due.position.name].append(due)
            elif known.again is None or known.again <= self.ctx.day:
                self._task_for(known.id, due.step, known.advances)
        for name in sorted(fresh):
            rows = tuple(sorted((d.advance() for d in fresh[name]), key=lambda a: (a.invoice_id, a.round)))
            task_id = key_of("task", self.payer_id, name, *(f"{a.invoice_id}/{a.round}" for a in rows))
            self._task_for(task_id, fresh[name][0].step, rows)

    def _task_for(self, task_id: str, step: Step, rows: tuple[Advance, ...]) -> None:
        why = reason("task", step.place, what=self._words_of(step))
        self._open_task(task_id, step.task, why, step.name, rows)

    def _words_of(self, step: Step) -> str:
        """What the task is; a debt that stays with us has fewer ways to end."""
        kept = self.ctx.settings.clients[self.payer_id].never_hand_over
        if step.task == "decide" and kept:
            return f"{TASK_WORDS['decide-here']}, as this debt is never handed over: {kept}"
        return TASK_WORDS.get(step.task, step.task)

    # -- approvals -----------------------------------------------------------------------------------------------

    def _approved(self, due: Due) -> bool:
        invoice, step = due.position.invoice, due.step
        name = f"{invoice.id}:{invoice.round}:{due.position.name}"
        found = self.ctx.index.covered("step", [name])
        if found and invoice.open <= due.limit(found.amounts.get(name)):
            due.approval = found.id
            return True
        refused = [a for a in self.ctx.history.rejected if name in a.names]
        last = max((a.on for a in refused), default=None)
        if last and self.ctx.settings.calendar.between(last, self.ctx.day) < REFUSED_FOR:
            self._stand(invoice, Bucket.HELD, reason("refused", step.place, step=step.name, on=day_words(last)))
            return False
        self._wanted[step.name, len(refused)].append((name, invoice, step))
        return False

    def _ask_for_a_yes(self) -> None:
        """One proposal per step: it names every invoice at it, and the amounts a yes covers."""
        for (step_name, refusals), asked in sorted(self._wanted.items()):
            amounts = {name: str(invoice.open) for name, invoice, _ in asked}
            proposal_id = f"step-{key_of('step', *sorted(amounts.items()), refusals)[:8]}"
            numbers = ", ".join(sorted(invoice.number for _, invoice, _ in asked))
            sentence = f"{step_name} for {self.ctx.snapshot.clients[self.payer_id].name}: {numbers}"
            self.proposals.append(Proposal(proposal_id, "step", sentence, tuple(sorted(amounts)), amounts))
            for _, invoice, step in asked:
                code = "approval" if step.approval else "approval-deaf"
                why = reason(code, step.place, step=step.name, id=proposal_id)
                self._stand(invoice, Bucket.HELD, why, step.name)

    # -- sending -------------------------------------------------------------------------------------------------

    def _worth_sending(self, due: list[Due], live: list[Invoice]) -> list[Due]:
        """Drop what credit leaves nothing of: what is not yet due, and what a final notice alone would demand (which
        softer messages still list: it is owed, and credit does not cover all that is)."""
        final = [d for d in due if d.step.stage is Stage.FINAL]
        early = [d for d in due if d.step.stage is Stage.BEFORE]
        overdue = [i for i in live if i.due and i.due < self.ctx.day]
        dropped = [*self._covered(final, [], final=True), *self._covered(early, overdue, final=False)]
        return [d for d in due if d not in dropped]

    def _covered(self, asked: list[Due], beside: list[Invoice], *, final: bool) -> list[Due]:
        """Those of `asked` in a currency in which credit covers them together with `beside`; they are held."""
        if not asked:
            return []
        policy = self.ctx.settings.clients[self.payer_id].policy
        invoices = [d.position.invoice for d in asked]
        by_money = hold_on_money(self.ctx, self.client_ids, [*invoices, *beside], policy)
        for currency, hold in by_money.items():
            task_id = f"allocate:{self.payer_id}:{currency}:{self.ctx.day:%Y-%m}"
            covered = replace(hold, reason=reason("final-covered", policy.place, why=hold.reason.sentence))
            self._hold(covered if final else hold, [i for i in invoices if i.currency == currency], task_id)
        return [d for d in asked if d.position.invoice.currency in by_money]

    def _speak_of_agreed(self, agreed: list[Due], others: list[Due], live: list[Invoice]) -> None:
        """What was agreed comes first, one instalment or collection in a message; everything else comes after it."""
        top = max(agreed, key=lambda d: d.rank)
        together = [d for d in agreed if d.position.name == top.position.name]
        self._send_or_wait(together, [d.position.invoice for d in together] + live)
        for d in (*others, *(d for d in agreed if d not in together)):
            why = reason("arranged-first", d.step.place, step=d.step.name)
            self._stand(d.position.invoice, d.bucket, why, d.step.name)

    def _send_or_wait(self, due: list[Due], live: list[Invoice]) -> None:
        overdue = [i for i in live if i.due and i.due < self.ctx.day]
        early = [d for d in due if d.step.stage is Stage.BEFORE]
        late = [d for d in due if d.step.stage is not Stage.BEFORE]
        if overdue and not late:
            for d in early:
                self._stand(d.position.invoice, Bucket.WAITING, reason("with-others", d.step.place), d.step.name)
            return
        top = max(due, key=lambda d: d.rank)
        wait: Delay | None = delay(self.ctx, self.payer_id, self.client_ids, top)
        if wait:
            self.remind_on = wait.on
            for d in due:
                self._stand(d.position.invoice, d.bucket, wait.reason, d.step.name, wait.on)
            return
        remind = build_remind(self.ctx, self.payer_id, self.client_ids, due, live, self.disputed)
        self.remind, self.remind_on = remind, self.ctx.day
        self.decisions.append(remind)
        advanced = {a.invoice_id for a in remind.advances}
        for d in due:
            invoice = d.position.invoice
            if invoice.id in advanced:
                self._stand(invoice, Bucket.CHASED, remind.reason, d.step.name, self.ctx.day)
            else:
                why = reason("listed", d.step.place, step=d.step.name, on=day_words(None))
                self._stand(invoice, d.bucket, why, d.step.name)
