"""Day after day: money comes in, invoices go out, `decide` is asked, and what it decides is taken as done."""

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal

from worker.core.decide import decide
from worker.core.decisions import AsOf, Plan, Remind, Task, Thank
from worker.core.history import History
from worker.core.receivable import Invoice, Snapshot
from worker.core.settings import Mode, OrganisationSettings
from worker.core.simulation.books import Books
from worker.core.simulation.payers import Habits
from worker.core.simulation.record import approved, carried_out, done

READ_BEFORE = timedelta(minutes=10)
"""Before each sweep the books are read."""


@dataclass(frozen=True, slots=True)
class Sent:
    """One message that would leave: what it lists (or the payments it thanks for), and the money, per currency."""

    on: date
    payer_id: str
    kind: str
    step: str
    client_ids: tuple[str, ...]
    ids: tuple[str, ...]
    money: tuple[tuple[str, Decimal], ...]
    why: str

    @property
    def asks(self) -> bool:
        """A reminder, not thanks."""
        return self.kind == "reminder"


@dataclass(frozen=True, slots=True)
class Opened:
    """One task that would be given to a person."""

    on: date
    payer_id: str
    kind: str
    step: str
    what: str


@dataclass(frozen=True, slots=True)
class Received:
    """One invoice that is paid."""

    on: date
    client_id: str
    invoice: Invoice

    @property
    def days(self) -> int | None:
        """Days from issue to money; None when nobody knows when it was issued."""
        return (self.on - self.invoice.issued).days if self.invoice.issued else None


@dataclass(frozen=True, slots=True)
class Course:
    """What would happen under one set of settings, from `first` to `last`; the books at the end, and the last plan."""

    name: str
    first: date
    last: date
    sent: tuple[Sent, ...]
    tasks: tuple[Opened, ...]
    received: tuple[Received, ...]
    issued: int
    end: Snapshot
    history: History
    approvals: int
    plan: Plan | None = None


@dataclass(frozen=True, slots=True)
class Scene:
    """Where a simulation starts. `new` are invoices yet to be issued; `helpful`: people approve steps and make calls
    on the day they are asked to."""

    snapshot: Snapshot
    settings: OrganisationSettings
    history: History
    habits: Habits
    first: date
    days: int
    new: Sequence[Invoice] = ()
    helpful: bool = True

    @property
    def last(self) -> date:
        """The last day, included."""
        return self.first + timedelta(days=self.days - 1)


def play(
    name: str,
    scene: Scene,
    progress: Callable[[int, int], None] = lambda *_: None,
    look: Callable[[Snapshot, Plan, History], None] = lambda *_: None,
) -> Course:
    """Play the scene to its end. `look` sees every sweep: its snapshot, its plan, and the history it had."""
    run = _Run(scene, look)
    for n in range(scene.days):
        run.day(scene.first + timedelta(days=n))
        progress(n + 1, scene.days)
    end = run.books.read(datetime.combine(scene.last, time(23), UTC))
    return Course(
        name,
        scene.first,
        scene.last,
        tuple(run.sent),
        tuple(run.tasks),
        tuple(run.received),
        len(run.issued),
        end,
        run.history,
        run.approvals,
        run.plan,
    )


class _Run:
    def __init__(self, scene: Scene, look: Callable[[Snapshot, Plan, History], None]) -> None:
        self.scene = scene
        self.look = look
        # What guards a live sweep against surprise and stale books says nothing about a policy.
        self.settings = replace(scene.settings, mode=Mode.PREVIEW, reconciled=None)
        self.books = Books.of(scene.snapshot)
        self.history = scene.history
        self.received: list[Received] = []
        self.sent: list[Sent] = []
        self.tasks: list[Opened] = []
        self.issued: set[str] = set()
        self.approvals = 0
        self.plan: Plan | None = None
        self.coming: dict[date, list[Invoice]] = defaultdict(list)
        for invoice in scene.new:
            if invoice.issued:
                self.coming[invoice.issued].append(invoice)
        self.due_money: dict[str, date] = {}
        self.money_on: dict[date, list[str]] = defaultdict(list)
        for invoice in scene.snapshot.invoices:
            if invoice.is_open:
                self._foresee(invoice, scene.first + timedelta(days=1))
        windows = [c.policy.window for c in self.settings.clients.values()]
        self.times = sorted({max(w.opens, self.settings.sends_from or time.min) for w in windows}) or [time(10)]
        self.weekdays = frozenset().union(*(w.days for w in windows)) or frozenset(range(5))

    def day(self, on: date) -> None:
        for invoice in self.coming.pop(on, ()):
            self.books.invoices[invoice.id] = invoice
            self.issued.add(invoice.id)
            self._foresee(invoice, on + timedelta(days=1))
        for invoice_id in self.money_on.pop(on, ()):
            if self.due_money.get(invoice_id) == on:
                self._pay(invoice_id, on)
        if on.weekday() not in self.weekdays:
            return
        for at in self.times:
            self._sweep(on, at)

    def _foresee(self, invoice: Invoice, first: date) -> None:
        day = self.scene.habits.pays_on(invoice, self.scene.snapshot.survivor(invoice.client_id), first)
        if day:
            self._pay_by(invoice.id, day)

    def _pay_by(self, invoice_id: str, day: date) -> None:
        known = self.due_money.get(invoice_id)
        if known is None or day < known:
            self.due_money[invoice_id] = day
            self.money_on[day].append(invoice_id)

    def _pay(self, invoice_id: str, on: date) -> None:
        invoice = self.books.invoices[invoice_id]
        if invoice.is_open:
            self.books.pay(f"simulated {invoice_id}", invoice_id, on)
            self.received.append(Received(on, self.scene.snapshot.survivor(invoice.client_id), invoice))

    def _sweep(self, on: date, at: time) -> None:
        snapshot = self.books.read(datetime.combine(on, at, UTC) - READ_BEFORE)
        plan = decide(snapshot, self.settings, self.history, AsOf(on, at))
        self.look(snapshot, plan, self.history)
        self.plan = plan
        self.history = carried_out(self.history, plan, on)
        for decision in plan.decisions:
            if isinstance(decision, Remind | Thank):
                self.sent.append(_sent(decision, snapshot, on))
            elif isinstance(decision, Task) and decision.is_new:
                self.tasks.append(Opened(on, decision.payer_id, decision.kind, decision.step, decision.what))
            if isinstance(decision, Remind) and decision.stage != "before due":
                self._asked(decision, snapshot, on)
        if self.scene.helpful:
            calls = {d.id for d in plan.decisions if isinstance(d, Task) and d.is_new and d.step}
            self.history = done(self.history, calls, on)
            before = len(self.history.approvals)
            self.history = approved(self.history, plan, on)
            self.approvals += len(self.history.approvals) - before

    def _asked(self, decision: Remind, snapshot: Snapshot, on: date) -> None:
        for invoice_id in _asked_for(decision):
            invoice = snapshot.invoice(invoice_id)
            if invoice and invoice.due and invoice.due < on:
                client_id = snapshot.survivor(invoice.client_id)
                if day := self.scene.habits.answers_on(client_id, on):
                    self._pay_by(invoice_id, day)


def _asked_for(decision: Remind) -> tuple[str, ...]:
    return tuple(dict.fromkeys((*(a.invoice_id for a in decision.advances), *decision.listed)))


def _sent(decision: Remind | Thank, snapshot: Snapshot, on: date) -> Sent:
    money: dict[str, Decimal] = {}
    if isinstance(decision, Remind):
        ids = _asked_for(decision)
        for invoice in filter(None, map(snapshot.invoice, ids)):
            money[invoice.currency] = money.get(invoice.currency, Decimal(0)) + invoice.open
    else:
        ids = tuple(p.id for p in decision.payments)
        for payment in decision.payments:
            money[payment.currency] = money.get(payment.currency, Decimal(0)) + payment.amount
    kind, step = ("reminder", decision.step) if isinstance(decision, Remind) else ("thanks", "")
    why = decision.reason.evidence.get("why", decision.reason.sentence)
    return Sent(on, decision.payer_id, kind, step, decision.client_ids, ids, tuple(sorted(money.items())), why)
