"""History arranged by the questions `decide` asks: what was said about this invoice, to this payer, and when."""

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date, timedelta

from worker.core.history import (
    GONE,
    UNHEARD,
    Approval,
    History,
    MessageKind,
    MessageState,
    PastMessage,
    PastTask,
    Reply,
)
from worker.core.settings import Dispute, Hold, InstalmentPlan, OrganisationSettings, Promise

WINDOWS = 3
"""Mail windows for which an approval lives."""


@dataclass(frozen=True, slots=True)
class Rung:
    """One completed contact about one invoice: the step it was at, the day, and what it granted or was anchored on."""

    step: str
    on: date
    granted: date | None = None
    run: date | None = None
    message: PastMessage | None = None


@dataclass(slots=True)
class HistoryIndex:
    """Look-ups over one organisation's history; built once per sweep, never changed after."""

    rungs: dict[tuple[str, int], list[Rung]] = field(default_factory=lambda: defaultdict(list))
    tasks: dict[tuple[str, int, str], PastTask] = field(default_factory=dict)
    task_by_id: dict[str, PastTask] = field(default_factory=dict)
    passed: dict[tuple[str, int], dict[str, date]] = field(default_factory=lambda: defaultdict(dict))
    waited: dict[tuple[str, int, str], date] = field(default_factory=dict)
    reminders: dict[str, list[PastMessage]] = field(default_factory=lambda: defaultdict(list))
    thanks: dict[str, list[PastMessage]] = field(default_factory=lambda: defaultdict(list))
    contacts: dict[str, list[tuple[date, tuple[str, ...], str]]] = field(default_factory=lambda: defaultdict(list))
    replies: dict[str, list[Reply]] = field(default_factory=lambda: defaultdict(list))
    thanked: set[str] = field(default_factory=set)
    holds: dict[str, list[Hold]] = field(default_factory=lambda: defaultdict(list))
    disputes: dict[str, list[Dispute]] = field(default_factory=lambda: defaultdict(list))
    promises: dict[str, list[Promise]] = field(default_factory=lambda: defaultdict(list))
    plans: list[InstalmentPlan] = field(default_factory=list)
    given: list[Approval] = field(default_factory=list)

    def uncertain(self, payer_id: str) -> PastMessage | None:
        """The oldest reminder to this payer whose outcome nobody knows (a hand-off in flight counts)."""
        unknown = {MessageState.UNCERTAIN, MessageState.HANDED}
        return next((m for m in self.reminders[payer_id] if m.state in unknown), None)

    def unheard(self, payer_id: str, address: str) -> PastMessage | None:
        """The last reminder, when it bounced and the address has not changed since."""
        last = self.reminders[payer_id][-1] if self.reminders[payer_id] else None
        return last if last and last.state in UNHEARD and address in last.to else None

    def heard_on(self, payer_id: str, day: date) -> bool:
        """True when any message of ours, thanks included, went to this payer that day."""
        return any(m.on == day for m in (*self.reminders.get(payer_id, ()), *self.thanks.get(payer_id, ())))

    def last_chased(self, payer_id: str, client_ids: Iterable[str]) -> date | None:
        """The day of the last chasing contact with this payer, by us or by anyone we know of."""
        days = [m.on for m in self.reminders[payer_id]]
        days += [on for c in client_ids for on, _, _ in self.contacts[c]]
        return max(days, default=None)

    def previous(self, invoice_id: str, round_: int, client_id: str) -> date | None:
        """The last completed contact about this invoice; logged contacts about its client count."""
        days = [r.on for r in self.rungs[invoice_id, round_]]
        days += [on for on, ids, _ in self.contacts[client_id] if not ids or invoice_id in ids]
        return max(days, default=None)

    def covered(self, kind: str, names: Iterable[str]) -> Approval | None:
        """An unused yes of this kind that names all of these."""
        wanted = set(names)
        return next((a for a in self.given if a.kind == kind and wanted <= set(a.names)), None)


def index_history(
    history: History, settings: OrganisationSettings, day: date, survivor: Callable[[str], str] = str
) -> HistoryIndex:
    """Arrange a history, together with the holds, disputes and promises written in the config.

    `survivor` follows merges in the books: what was said to, or decided about, a merged client is its survivor's.
    """
    index = HistoryIndex()
    for message in sorted(history.messages, key=lambda m: (m.on, m.key)):
        if message.state in GONE:
            _add_message(index, message, survivor(message.payer_id))
    for task in sorted(history.tasks, key=lambda t: (t.opened, t.id)):
        _add_task(index, task)
    for passed in sorted(history.passed, key=lambda p: (p.on, p.step), reverse=True):
        index.passed[passed.invoice_id, passed.round][passed.step] = passed.on
    for wait in sorted(history.waited, key=lambda w: w.until, reverse=True):
        index.waited[wait.invoice_id, wait.round, wait.step] = wait.until
    _heard(index, history, survivor)
    for client_id, chosen in settings.clients.items():
        if chosen.last_contacted:
            index.contacts[client_id].append((chosen.last_contacted, (), "before duecourse"))
    for hold in sorted((*history.holds, *settings.holds), key=repr):
        index.holds[survivor(hold.client_id)].append(hold)
    for dispute in sorted((*history.disputes, *settings.disputes), key=repr):
        index.disputes[survivor(dispute.client_id)].append(dispute)
    for promise in sorted((*history.promises, *settings.promises), key=lambda p: (p.by, p.made_on, repr(p))):
        index.promises[survivor(promise.client_id)].append(promise)
    index.plans = [*history.plans, *sorted(settings.plans, key=repr)]
    index.given = _given(history, settings, day)
    return index


def _heard(index: HistoryIndex, history: History, survivor: Callable[[str], str]) -> None:
    """What was said to clients, and what came back."""
    for contact in history.contacts:
        index.contacts[survivor(contact.client_id)].append((contact.on, contact.invoice_ids, contact.what))
        for invoice_id in contact.invoice_ids if contact.step else ():
            index.rungs[invoice_id, 0].append(Rung(contact.step, contact.on))
            index.rungs[invoice_id, 0].sort(key=lambda r: r.on)
    for reply in history.replies:
        index.replies[survivor(reply.payer_id)].append(reply)


def _add_message(index: HistoryIndex, message: PastMessage, payer_id: str) -> None:
    index.thanked.update(message.payment_ids)
    if message.kind is MessageKind.THANKS:
        index.thanks[payer_id].append(message)
        return
    index.reminders[payer_id].append(message)
    for row in message.advances:
        rung = Rung(row.step, message.on, message.granted, row.run, message)
        index.rungs[row.invoice_id, row.round].append(rung)


def _add_task(index: HistoryIndex, task: PastTask) -> None:
    index.task_by_id[task.id] = task
    for row in task.advances:
        index.tasks[row.invoice_id, row.round, row.step] = task
        if task.done is not None:
            index.rungs[row.invoice_id, row.round].append(Rung(row.step, task.done))
            index.rungs[row.invoice_id, row.round].sort(key=lambda r: r.on)


def _given(history: History, settings: OrganisationSettings, day: date) -> list[Approval]:
    """Every usable yes: recorded ones, and ids in the config for which a proposal is on record."""
    given = [
        a
        for a in sorted(history.approvals, key=lambda a: (a.on, a.id))
        if a.given and not a.used and _alive(a.on, day, settings)
    ]
    recorded = {a.id for a in history.approvals if a.given or a.used}
    refused = {a.id for a in history.rejected}
    proposed = {a.id: a for a in history.proposals}
    for approval_id in sorted(settings.approvals):
        if approval_id in proposed and approval_id not in recorded and approval_id not in refused:
            given.append(proposed[approval_id])
    return given


def _alive(on: date, day: date, settings: OrganisationSettings) -> bool:
    """An approval lives three mail windows: the day it was given (if open) and the next two business days."""
    return settings.calendar.between(on - timedelta(days=1), day) <= WINDOWS
