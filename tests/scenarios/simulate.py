"""A day-by-day driver: one firm, its books and its logbook in memory; `decide` each day, "send" what it decides.

Days pass only as fast as the test asks; nothing here reads a clock or a disk.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal

from tests.core.build import ORGANISATION, client, day
from worker.core.decide import decide
from worker.core.decisions import AsOf, Plan, Remind, Task, Thank, Wait
from worker.core.history import (
    GONE,
    Approval,
    Contacted,
    History,
    MessageKind,
    MessageState,
    PassedBy,
    PastMessage,
    PastTask,
    Waited,
)
from worker.core.receivable import (
    Allocation,
    Client,
    Credit,
    Invoice,
    InvoiceStatus,
    Payment,
    Snapshot,
    snapshot_of,
)
from worker.core.settings import OrganisationSettings

TEN = time(10)


@dataclass
class Diary:
    """What happened: reminders and thanks that left, tasks that were opened, and every plan."""

    reminders: list[tuple[date, Remind]] = field(default_factory=list)
    thanks: list[tuple[date, Thank]] = field(default_factory=list)
    tasks: list[tuple[date, Task]] = field(default_factory=list)
    waits: list[tuple[date, Wait]] = field(default_factory=list)
    plans: list[Plan] = field(default_factory=list)

    @property
    def letters(self) -> list[tuple[str, str]]:
        """(ISO date, step) of every reminder."""
        return [(on.isoformat(), r.step) for on, r in self.reminders]

    def letters_to(self, payer_id: str) -> list[tuple[str, str]]:
        """(ISO date, step) of this payer's reminders."""
        return [(on.isoformat(), r.step) for on, r in self.reminders if r.payer_id == payer_id]

    @property
    def opened(self) -> list[tuple[str, str]]:
        """(ISO date, kind) of every task."""
        return [(on.isoformat(), t.kind) for on, t in self.tasks]

    @property
    def last(self) -> Plan:
        """The newest plan."""
        return self.plans[-1]

    def reason(self, invoice_id: str) -> str:
        """The reason code this invoice stands with in the newest plan."""
        return next(s.reason.code for s in self.last.standings if s.invoice_id == invoice_id)


@dataclass
class Firm:
    """The books and the logbook of one firm. `answers` says what people do: calls made, steps approved, same day."""

    settings: OrganisationSettings
    clients: dict[str, Client] = field(default_factory=dict)
    invoices: dict[str, Invoice] = field(default_factory=dict)
    payments: dict[str, Payment] = field(default_factory=dict)
    credits: dict[str, Credit] = field(default_factory=dict)
    history: History = field(default_factory=History)
    today: date = date(2026, 1, 1)
    calls_made: bool = False
    approving: bool = False
    sending: bool = True

    # -- what happens in the books -----------------------------------------------------------------------------------

    def issue(self, *invoices: Invoice) -> "Firm":
        """Put invoices into the books; unknown clients are made up."""
        for item in invoices:
            self.invoices[item.id] = item
            self.clients.setdefault(item.client_id, client(item.client_id))
        return self

    def pay(self, invoice_id: str, amount: str | None = None, on: str | date | None = None, **more: object) -> Payment:
        """Money for one invoice, entered today and dated `on` (today)."""
        item = self.invoices[invoice_id]
        part = item.open if amount is None else Decimal(amount)
        made = Payment(
            f"P{len(self.payments) + 1:03}",
            item.client_id,
            day(on) if on else self.today,
            item.currency,
            part,
            allocations=(Allocation(invoice_id, part),),
        )
        self.payments[made.id] = replace(made, **more)  # type: ignore[arg-type]
        self._reduce(invoice_id, part)
        self.invoices[invoice_id] = replace(self.invoices[invoice_id], paid=item.paid + part)
        return made

    def apply_credit(self, invoice_id: str, amount: str) -> None:
        """A credit note applied to one invoice: no money moved."""
        part = Decimal(amount)
        item = self.invoices[invoice_id]
        self._reduce(invoice_id, part)
        self.invoices[invoice_id] = replace(self.invoices[invoice_id], credited=item.credited + part)

    def reopen(self, invoice_id: str, amount: str) -> None:
        """Money went back: the invoice is open again, one round on."""
        item = self.invoices[invoice_id]
        self.invoices[invoice_id] = replace(
            item,
            open=item.open + Decimal(amount),
            paid=item.paid - Decimal(amount),
            status=InvoiceStatus.OPEN,
            round=item.round + 1,
            reopened=self.today,
        )

    def _reduce(self, invoice_id: str, part: Decimal) -> None:
        item = self.invoices[invoice_id]
        left = item.open - part
        assert left >= 0, "more than is owed"
        status = item.status if left else InvoiceStatus.PAID
        self.invoices[invoice_id] = replace(item, open=left, status=status)

    # -- what people tell us -----------------------------------------------------------------------------------------

    def tell(self, **more: object) -> None:
        """Add rows to the history: `holds=(...,)`, `promises=(...,)`, `approvals=(...,)`..."""
        added = {name: (*getattr(self.history, name), *rows) for name, rows in more.items()}  # type: ignore[misc]
        self.history = replace(self.history, **added)

    def forget(self, name: str) -> None:
        """Lift every hold, dispute or promise."""
        self.history = replace(self.history, **{name: ()})

    def log(self, client_id: str, what: str = "rang") -> None:
        """Somebody contacted them today."""
        self.tell(contacts=(Contacted(client_id, self.today, what),))

    def done(self, task_id: str, outcome: str = "reached") -> None:
        """A person recorded the outcome of a task."""
        tasks = tuple(
            replace(t, outcome=outcome, done=self.today) if t.id == task_id else t for t in self.history.tasks
        )
        self.history = replace(self.history, tasks=tasks)

    def settle(self, state: MessageState) -> None:
        """The newest message turns out to be in this state."""
        *rest, last = self.history.messages
        self.history = replace(self.history, messages=(*rest, replace(last, state=state)))

    # -- sweeps --------------------------------------------------------------------------------------------------------

    def snapshot(self, at: time = TEN) -> Snapshot:
        """A complete reading, ten minutes before the sweep."""
        read_at = datetime.combine(self.today, at, UTC) - timedelta(minutes=10)
        for id_, made in self.payments.items():
            if made.first_seen is None:
                self.payments[id_] = replace(made, first_seen=read_at)
        return snapshot_of(
            ORGANISATION,
            read_at,
            tuple(self.clients.values()),
            tuple(self.invoices.values()),
            tuple(self.credits.values()),
            tuple(self.payments.values()),
        )

    def sweep(self, diary: Diary, at: time = TEN) -> Plan:
        """One sweep: decide, "send", record."""
        plan = decide(self.snapshot(at), self.settings, self.history, AsOf(self.today, at))
        diary.plans.append(plan)
        if self.sending:
            self._record(plan, diary)
        return plan

    def _record(self, plan: Plan, diary: Diary) -> None:
        for note in plan.notes:
            if note.kind == "passed":
                self.tell(passed=(PassedBy(note.invoice_id, note.round, note.step, note.on),))
            else:
                self.tell(waited=(Waited(note.invoice_id, note.round, note.step, note.on),))
        for decision in plan.decisions:
            if isinstance(decision, Remind):
                diary.reminders.append((self.today, decision))
                self._remember(_as_message(decision, self.today))
                self._use(decision.approval)
            elif isinstance(decision, Thank):
                diary.thanks.append((self.today, decision))
                self._remember(_as_message(decision, self.today))
            elif isinstance(decision, Wait):
                diary.waits.append((self.today, decision))
            elif isinstance(decision, Task) and decision.is_new:
                diary.tasks.append((self.today, decision))
                self.tell(tasks=(_as_task(decision, self.today),))
                if self.calls_made and decision.step:
                    self.done(decision.id)
        if self.approving:
            steps = (p for p in plan.proposals if p.kind == "step")
            self.tell(
                approvals=tuple(Approval(p.id, p.kind, True, self.today, p.names, amounts=p.amounts) for p in steps)
            )

    def _remember(self, message: PastMessage) -> None:
        rows = {(a.invoice_id, a.round, a.step) for m in self.history.messages if m.state in GONE for a in m.advances}
        new = {(a.invoice_id, a.round, a.step) for a in message.advances}
        assert not rows & new, f"a child row twice: {rows & new}"
        thanked = {p for m in self.history.messages for p in m.payment_ids}
        assert not thanked & set(message.payment_ids), "a payment thanked for twice"
        addresses = {**self.history.addresses, message.payer_id: message.to[0]}
        self.history = replace(self.history, messages=(*self.history.messages, message), addresses=addresses)

    def _use(self, approval_id: str) -> None:
        used = tuple(replace(a, used=True) if a.id == approval_id else a for a in self.history.approvals)
        self.history = replace(self.history, approvals=used)


Event = Callable[[Firm], object]


def run(
    firm: Firm,
    start: str | date,
    end: str | date,
    events: Iterable[tuple[str | date, Event]] = (),
    *,
    times: Sequence[time] = (TEN,),
    days: Iterable[str | date] | None = None,
    diary: Diary | None = None,
) -> Diary:
    """Let the days pass from `start` to `end`, both included; sweeps on all of them, or only on `days`.

    Events of a day happen before its first sweep, even on days without one.
    """
    diary = diary if diary is not None else Diary()
    planned: dict[date, list[Event]] = defaultdict(list)
    for on, event in events:
        planned[day(on)].append(event)
    chosen = None if days is None else {day(d) for d in days}
    today = day(start)
    while today <= day(end):
        firm.today = today
        for event in planned[today]:
            event(firm)
        if chosen is None or today in chosen:
            for at in times:
                firm.sweep(diary, at)
        today += timedelta(days=1)
    return diary


def _as_message(decision: Remind | Thank, on: date) -> PastMessage:
    to = tuple(a.email for a in decision.to)
    ids = tuple(p.id for p in decision.payments)
    common = {"key": decision.key, "payer_id": decision.payer_id, "state": MessageState.ACCEPTED, "on": on, "to": to}
    if isinstance(decision, Thank):
        return PastMessage(kind=MessageKind.THANKS, payment_ids=ids, **common)  # type: ignore[arg-type]
    return PastMessage(
        kind=MessageKind.REMINDER,
        step=decision.step,
        after_due=decision.stage != "before due",
        advances=decision.advances,
        listed=decision.listed,
        payment_ids=ids,
        granted=decision.granted,
        **common,  # type: ignore[arg-type]
    )


def _as_task(task: Task, on: date) -> PastTask:
    return PastTask(task.id, task.payer_id, task.kind, on, task.step, task.advances)
