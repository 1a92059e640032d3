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
from worker.core.history import GONE, Contacted, History, MessageState
from worker.core.receivable import Allocation, Client, Credit, Invoice, InvoiceStatus, Payment, Snapshot
from worker.core.settings import OrganisationSettings
from worker.core.simulation.books import Books
from worker.core.simulation.record import approved, carried_out, done

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
        self.books.receive(replace(made, **more))  # type: ignore[arg-type]
        return made

    def apply_credit(self, invoice_id: str, amount: str) -> None:
        """A credit note applied to one invoice: no money moved."""
        part = Decimal(amount)
        item = self.invoices[invoice_id]
        self.books.settle(invoice_id, part)
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

    @property
    def books(self) -> Books:
        """The same books as the simulation knows them."""
        return Books(ORGANISATION, self.clients, self.invoices, self.payments, self.credits)

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
        self.history = done(self.history, {task_id}, self.today, outcome)

    def settle(self, state: MessageState) -> None:
        """The newest message turns out to be in this state."""
        *rest, last = self.history.messages
        self.history = replace(self.history, messages=(*rest, replace(last, state=state)))

    # -- sweeps --------------------------------------------------------------------------------------------------------

    def snapshot(self, at: time = TEN) -> Snapshot:
        """A complete reading, ten minutes before the sweep."""
        return self.books.read(datetime.combine(self.today, at, UTC) - timedelta(minutes=10))

    def sweep(self, diary: Diary, at: time = TEN) -> Plan:
        """One sweep: decide, "send", record."""
        plan = decide(self.snapshot(at), self.settings, self.history, AsOf(self.today, at))
        diary.plans.append(plan)
        if self.sending:
            self._record(plan, diary)
        return plan

    def _record(self, plan: Plan, diary: Diary) -> None:
        gone = [d for d in plan.decisions if isinstance(d, Remind | Thank)]
        self._never_twice(gone)
        self.history = carried_out(self.history, plan, self.today)
        new = [d for d in plan.decisions if isinstance(d, Task) and d.is_new]
        diary.reminders += [(self.today, d) for d in gone if isinstance(d, Remind)]
        diary.thanks += [(self.today, d) for d in gone if isinstance(d, Thank)]
        diary.waits += [(self.today, d) for d in plan.decisions if isinstance(d, Wait)]
        diary.tasks += [(self.today, d) for d in new]
        if self.calls_made:
            self.history = done(self.history, {d.id for d in new if d.step}, self.today)
        if self.approving:
            self.history = approved(self.history, plan, self.today)

    def _never_twice(self, gone: Sequence[Remind | Thank]) -> None:
        rows = {(a.invoice_id, a.round, a.step) for m in self.history.messages if m.state in GONE for a in m.advances}
        thanked = {p for m in self.history.messages for p in m.payment_ids}
        for decision in gone:
            new = {(a.invoice_id, a.round, a.step) for a in getattr(decision, "advances", ())}
            assert not rows & new, f"a child row twice: {rows & new}"
            assert not thanked & {p.id for p in decision.payments}, "a payment thanked for twice"
            rows |= new
            thanked |= {p.id for p in decision.payments}


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
