"""The gate: the last look and the hand-off. The only place that calls a mailer's `send`.

In chunks, invoices and clients are read again in bulk; the same pure `decide` judges the fresh values; what it no
longer wants drops out, a changed amount is worded anew. Every hand-off ends within 120 seconds of its look, on the
monotonic clock; the invariants are asserted again on the very decision that leaves.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from worker.core.decide import decide
from worker.core.decisions import AsOf, Plan, Remind, Thank
from worker.core.events import Event, EventKind
from worker.core.focus import Focus
from worker.core.history import History, MessageState
from worker.core.invariants import refuse_threats, violations
from worker.core.message import Attachment
from worker.core.receivable import Invoice, InvoiceStatus, Snapshot
from worker.core.results import Dropped, Sent
from worker.core.settings import OrganisationSettings
from worker.core.surprise import messages_of
from worker.errors import MailerBroken
from worker.papers import Papers
from worker.ports import Books, Claim, Clock, Composer, Logbook, Look, Mailer, Outcome, Progress, Receipt

LOOK_LIFE = 120.0
"""Seconds (monotonic) from the start of a look to the end of its last hand-off (I4)."""
CHUNK = 40
"""Invoices per look: one bulk request on platforms that allow about 40 ids a call."""
CLAIM_LIFE = timedelta(minutes=15)
LEASE = timedelta(minutes=15)
"""How long a sweep may be silent before another takes over; renewed with every look."""
TAKEN_OVER = "another sweep took over: this one was silent for too long"
HELD_MEANWHILE = "put on hold while this sweep was under way: the next one decides anew"
TRIES = 2
SLOW_LOOKS = 3
"""Last looks in one sweep that may take so long that they are worth nothing."""
TOO_SLOW = "the books answer too slowly for a last look: the next sweep tries again"

_STATE = {
    Outcome.ACCEPTED: MessageState.ACCEPTED,
    Outcome.REJECTED: MessageState.REJECTED,
    Outcome.UNCERTAIN: MessageState.UNCERTAIN,
    Outcome.NOT_SENT: MessageState.PLANNED,
    Outcome.LATER: MessageState.PLANNED,
    Outcome.CREDENTIAL: MessageState.PLANNED,
}


def hold_events(logbook: Logbook, organisation: str) -> list[Event]:
    """Every hold and release on record, oldest first."""
    kinds = (EventKind.HOLD, EventKind.RELEASE)
    return sorted((e for k in kinds for e in logbook.events(organisation, kind=k)), key=lambda e: e.id)


def local_moment(now: datetime, zone: str) -> AsOf:
    """The organisation's date and time of day at an instant."""
    there = now.astimezone(ZoneInfo(zone))
    return AsOf(there.date(), there.time())


@dataclass
class Gate:
    """Delivers one plan. `stopped` is asked before each hand-off and answers why to stop ("" to go on). `known` is the
    newest hold or release (by the event's id) that the plan was decided with."""

    organisation: str
    sweep_id: str
    holder: str
    books: Books
    logbook: Logbook
    mailer: Mailer
    composer: Composer
    clock: Clock
    progress: Progress
    stopped: Callable[[], str]
    sent: list[Sent] = field(default_factory=list)
    dropped: list[Dropped] = field(default_factory=list)
    slow_looks: int = 0
    known: int = 0

    def deliver(self, plan: Plan, snapshot: Snapshot, settings: OrganisationSettings, history: History) -> None:
        """Hand off everything the plan wants, chunk by chunk. Raises BooksError when a look fails (nothing more is
        sent) and MailerBroken when the mailer refuses our credentials."""
        wanted = list(messages_of(plan))
        if not wanted:
            return
        focus = Focus(snapshot, settings, history, plan.as_of.day)
        done = 0
        for chunk in _chunks(wanted):
            queue = list(chunk)
            while queue:
                queue = self._chunk(queue, focus, settings, plan.as_of)
            done += len(chunk)
            self.progress.step("messages", done, len(wanted))

    def _chunk(
        self,
        queue: list[Remind | Thank],
        focus: Focus,
        settings: OrganisationSettings,
        planned: AsOf,
    ) -> list[Remind | Thank]:
        """Look, decide again, hand off; returns what did not fit into the life of this look."""
        if not self.logbook.lease(self.organisation, self.holder, self.clock.now(), LEASE):
            self.dropped += [Dropped(d.payer_id, TAKEN_OVER) for d in queue]
            return []
        payers = {d.payer_id for d in queue}
        snapshot, history = focus.on(payers, {c for d in queue for c in d.client_ids})
        invoice_ids, client_ids = _asked(queue, snapshot)
        self.books.prepare(invoice_ids)
        papers = Papers.fetch(self.books, queue, settings)
        began = self.clock.monotonic()
        fresh = patch(snapshot, self.books.look(invoice_ids, client_ids), invoice_ids)
        as_of = local_moment(self.clock.now(), settings.zone)
        if as_of.day != planned.day:
            self.dropped += [Dropped(d.payer_id, "midnight passed: the next sweep decides anew") for d in queue]
            return []
        again = decide(fresh, settings, history, as_of, only=payers)
        if held := self._held_meanwhile():
            self.dropped += [Dropped(d.payer_id, HELD_MEANWHILE) for d in queue if held & {d.payer_id, *d.client_ids}]
            queue = [d for d in queue if not held & {d.payer_id, *d.client_ids}]
        for n, decision in enumerate(queue):
            if self.clock.monotonic() - began > LOOK_LIFE * 0.75:
                if n or self._look_again():
                    return queue[n:]
                self.dropped += [Dropped(d.payer_id, TOO_SLOW) for d in queue]
                return []
            if why := self.stopped():
                self.dropped += [Dropped(d.payer_id, why) for d in queue[n:]]
                return []
            chosen, reason = _same(decision, again)
            if chosen is None:
                self.dropped.append(Dropped(decision.payer_id, reason))
                continue
            if wrong := violations(chosen, fresh, settings, history, as_of):
                self.dropped.append(Dropped(decision.payer_id, "; ".join(wrong)))
                continue
            attached, without = papers.of(chosen, snapshot, fresh, settings.attach_at_most)
            if self._hand_off(chosen, began, attached):
                self.dropped += without
        return []

    def _held_meanwhile(self) -> set[str]:
        """Clients somebody put on hold since this sweep began to decide: its history does not know of that yet."""
        last = {e.subject: e for e in hold_events(self.logbook, self.organisation)}
        return {e.subject for e in last.values() if e.kind is EventKind.HOLD and e.id > self.known}

    def _look_again(self) -> bool:
        """Whether a look that was stale before its first hand-off is worth repeating: a few times in a sweep, it is."""
        self.slow_looks += 1
        return self.slow_looks <= SLOW_LOOKS

    def _hand_off(self, decision: Remind | Thank, began: float, attached: tuple[Attachment, ...]) -> bool:
        """Plan, claim, hand off, record. Whether it came to an attempt."""
        if not self.logbook.plan(self.organisation, self.sweep_id, decision, self.clock.now()):
            self.dropped.append(Dropped(decision.payer_id, "already sent or being sent by another sweep"))
            return False
        receipt = Receipt(Outcome.NOT_SENT)
        for _ in range(TRIES):
            now = self.clock.now()
            claim = self.logbook.claim(self.organisation, decision.key, self.holder, now, CLAIM_LIFE)
            if claim is None:
                self.dropped.append(Dropped(decision.payer_id, "claimed by another sweep"))
                return False
            answer = self._attempt(decision, claim, began, attached)
            if answer is None:
                self.dropped.append(Dropped(decision.payer_id, TAKEN_OVER))
                return False
            receipt = answer
            if receipt.outcome is not Outcome.NOT_SENT:
                break
        self._record(decision, receipt)
        if receipt.outcome is Outcome.CREDENTIAL:
            raise MailerBroken(f"The mailer refused our credentials: {receipt.detail}")
        return True

    def _attempt(
        self, decision: Remind | Thank, claim: Claim, began: float, attached: tuple[Attachment, ...]
    ) -> Receipt | None:
        """One claim, one letter, at most one hand-off, one outcome on record. None: the claim was no longer ours."""
        lost = False

        def handed() -> bool:
            nonlocal lost
            in_time = self.clock.monotonic() - began <= LOOK_LIFE
            if not in_time or self.stopped():
                return False
            lost = not self.logbook.hand(self.organisation, claim, letter, raw, self.mailer.name, self.clock.now())
            return not lost

        try:
            letter = self.composer.compose(decision, claim.attempt)
            refuse_threats(decision, f"{letter.subject}\n{letter.text}")
            if attached:
                letter = replace(letter, attachments=(*letter.attachments, *attached))
            raw = self.mailer.prepare(letter, self.clock.now())
        except ValueError as problem:
            receipt = Receipt(Outcome.REJECTED, detail=f"could not be worded or addressed: {problem}")
        else:
            receipt = self.mailer.send(letter, raw, handed)
        if lost:  # what somebody else owns by now is not ours to settle
            return None
        state, now = _STATE[receipt.outcome], self.clock.now()
        self.logbook.settle(self.organisation, claim.key, state, now, receipt.provider_id, receipt.detail, claim=claim)
        return receipt

    def _record(self, decision: Remind | Thank, receipt: Receipt) -> None:
        if receipt.outcome is Outcome.NOT_SENT and (why := self.stopped()):
            self.dropped.append(Dropped(decision.payer_id, why))
            return
        self.sent.append(Sent(decision, str(receipt.outcome), receipt.detail))
        gone = receipt.outcome in {Outcome.ACCEPTED, Outcome.UNCERTAIN}
        if gone and isinstance(decision, Remind) and decision.approval:
            used = Event(EventKind.USED, self.clock.now(), decision.approval, "sweep")
            self.logbook.record(self.organisation, used)


def _chunks(decisions: list[Remind | Thank]) -> Iterator[list[Remind | Thank]]:
    """Groups of decisions that together name at most CHUNK invoices; a payer's decisions stay together."""
    chunk: list[Remind | Thank] = []
    size = 0
    for decision in sorted(decisions, key=lambda d: (d.payer_id, isinstance(d, Thank))):
        count = len(ids_of(decision))
        if chunk and size + count > CHUNK and chunk[-1].payer_id != decision.payer_id:
            yield chunk
            chunk, size = [], 0
        chunk.append(decision)
        size += count
    if chunk:
        yield chunk


def ids_of(decision: Remind | Thank) -> tuple[str, ...]:
    """Every invoice a message speaks of, disputed ones included."""
    if isinstance(decision, Thank):
        return tuple(sorted({a.invoice_id for p in decision.payments for a in p.allocations}))
    shown = {x.invoice_id for x in decision.model.not_included}
    thanked = {a.invoice_id for p in decision.payments for a in p.allocations}
    return tuple(sorted({a.invoice_id for a in decision.advances} | set(decision.listed) | shown | thanked))


def _asked(queue: Iterable[Remind | Thank], snapshot: Snapshot) -> tuple[list[str], list[str]]:
    """The ids of all invoices and clients these messages depend on."""
    invoices: set[str] = set()
    clients: set[str] = set()
    for decision in queue:
        invoices |= set(ids_of(decision))
        clients |= {decision.payer_id, *decision.client_ids}
    return sorted(invoices), sorted(c for c in clients if c in snapshot.clients)


def patch(snapshot: Snapshot, look: Look, asked: Iterable[str]) -> Snapshot:
    """The snapshot with what the last look showed; what was looked for and not found counts as deleted."""
    wanted = set(asked)

    def fresh(invoice: Invoice) -> Invoice:
        seen = look.invoices.get(invoice.id)
        if seen is not None:
            return replace(seen, round=invoice.round, reopened=invoice.reopened)
        return replace(invoice, status=InvoiceStatus.DELETED) if invoice.id in wanted else invoice

    known = {id_: client for id_, client in look.clients.items() if id_ in snapshot.clients}
    invoices = {i.id: fresh(i) for i in snapshot.invoices}
    clients = {**snapshot.clients, **known}
    return replace(snapshot, clients=clients, invoices=tuple(invoices.values()), by_id=invoices)


def _same(decision: Remind | Thank, again: Plan) -> tuple[Remind | Thank | None, str]:
    """The fresh decision that may stand in for the planned one: same payer and step, nothing more than was planned."""
    kind = type(decision)
    found = [d for d in again.decisions if isinstance(d, kind) and d.payer_id == decision.payer_id]
    if isinstance(decision, Thank):
        chosen = next((d for d in found if d.key == decision.key), None)
        return chosen, "the money it thanks for is no longer there"
    planned = {(a.invoice_id, a.round, a.step) for a in decision.advances}
    for d in found:
        if isinstance(d, Remind) and d.step == decision.step:
            if {(a.invoice_id, a.round, a.step) for a in d.advances} <= planned:
                return d, ""
            return None, "the books changed since they were read: the next sweep decides anew"
    standing = next((s for s in again.standings if s.payer_id == decision.payer_id), None)
    return None, standing.reason.sentence if standing else "paid, cancelled or withdrawn since the books were read"
