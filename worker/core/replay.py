"""Replay: the recorded events, oldest first, and the messages turned into one `History`.

Pure: the same rows give the same value. Dates missing from an event's data are the local day of its instant, as
`local` sees it. Later words win over earlier ones; holds, promises, disputes and contacts add up.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, TypeVar

from worker.core.events import Event, EventKind
from worker.core.history import (
    GONE,
    Advance,
    Approval,
    Baseline,
    Contacted,
    History,
    PassedBy,
    PastMessage,
    PastTask,
    Reply,
    ReplyKind,
    Waited,
)
from worker.core.settings import Dispute, Hold, InstalmentPlan, Promise

_About = TypeVar("_About", Promise, Dispute)


def utc_day(at: datetime) -> date:
    """The day of an instant in UTC, for books whose zone is unknown."""
    return at.astimezone(UTC).date()


def looked_at(invoice_id: str, round_: int) -> str:
    """How `History.reopened_looked_at` names one re-opening: a look at round 1 says nothing about round 2."""
    return f"{invoice_id}#{round_}"


def advance_data(advance: Advance) -> dict[str, Any]:
    """An advance as it is kept in the data of a TASK event."""
    return {
        "invoice": advance.invoice_id,
        "round": advance.round,
        "step": advance.step,
        "amount": str(advance.amount),
        "currency": advance.currency,
        "run": advance.run.isoformat() if advance.run else None,
        "hard": advance.hard,
    }


def advance_of(data: Mapping[str, Any]) -> Advance:
    """The advance behind `advance_data`."""
    return Advance(
        data["invoice"],
        data.get("round", 0),
        data["step"],
        Decimal(data.get("amount", "0")),
        data.get("currency", ""),
        _day(data.get("run")),
        data.get("hard", False),
    )


def replay(
    messages: Iterable[PastMessage],
    events: Iterable[Event],
    first_seen: Mapping[str, datetime] | None = None,
    local: Callable[[datetime], date] = utc_day,
) -> History:
    """`messages` and `events` oldest first; `first_seen` maps payment ids to instants. Raises ValueError, naming the
    event, when its data lacks what its kind needs."""
    past = tuple(messages)
    state = _State(local)
    for event in events:
        if handler := _HANDLERS.get(event.kind):
            try:
                handler(state, event)
            except (KeyError, ValueError, TypeError, ArithmeticError) as error:
                raise ValueError(f"event {event.id} ({event.kind}) cannot be read: {error!r}") from error
    return state.history(past, dict(first_seen or {}))


def _day(value: str | None) -> date | None:
    return date.fromisoformat(value) if value else None


class _State:
    """What has been said so far."""

    def __init__(self, local: Callable[[datetime], date]) -> None:
        self.local = local
        self.holds: list[Hold] = []
        self.promises: list[Promise] = []
        self.plans: list[InstalmentPlan] = []
        self.disputes: list[Dispute] = []
        self.contacts: list[Contacted] = []
        self.replies: list[Reply] = []
        self.tasks: dict[str, PastTask] = {}
        self.proposed: dict[str, tuple[Mapping[str, Any], date]] = {}
        self.approvals: dict[str, Approval] = {}
        self.passed: dict[tuple[str, int, str], PassedBy] = {}
        self.waited: dict[tuple[str, int, str], Waited] = {}
        self.baseline: Baseline | None = None
        self.reconciled: date | None = None
        self.forecast: Mapping[str, int] = {}
        self.confirmed: dict[str, str] = {}
        self.looked: set[str] = set()

    def hold(self, event: Event) -> None:
        data = event.data
        place = f"recorded {self.local(event.at)}" + (f" by {event.by}" if event.by else "")
        until = _day(data.get("until"))
        self.holds.append(Hold(event.subject, data.get("why", ""), until, data.get("invoice", ""), place))

    def release(self, event: Event) -> None:
        invoice = event.data.get("invoice", "")
        self.holds = [h for h in self.holds if h.client_id != event.subject or (invoice and h.invoice_id != invoice)]

    def promise(self, event: Event) -> None:
        data = event.data
        by, invoices = date.fromisoformat(data["by"]), tuple(data.get("invoices", ()))
        stated = data.get("by_client", True)
        self.promises.append(Promise(event.subject, by, self.local(event.at), invoices, stated))

    def unpromise(self, event: Event) -> None:
        """Naming invoices takes them out of a promise; one about the whole client is taken back only as a whole."""
        self.promises = _without(self.promises, event)

    def agree(self, event: Event) -> None:
        """A new plan takes the place of an older one about the same invoices."""
        data = event.data
        parts = tuple((date.fromisoformat(day), Decimal(amount)) for day, amount in data["parts"])
        place = f"recorded {self.local(event.at)}" + (f" by {event.by}" if event.by else "")
        invoices = tuple(data["invoices"])
        self.plans = [p for p in self.plans if not set(p.invoice_ids) & set(invoices)]
        made = InstalmentPlan(data["id"], event.subject, invoices, data["currency"], parts, place=place)
        self.plans.append(made)

    def end_plan(self, event: Event) -> None:
        self.plans = [p for p in self.plans if p.client_id != event.subject or p.id != event.data["id"]]

    def dispute(self, event: Event) -> None:
        data = event.data
        invoices, review = tuple(data.get("invoices", ())), _day(data.get("review"))
        reason, owner = data.get("reason", ""), data.get("owner", "")
        self.disputes.append(Dispute(event.subject, reason, invoices, owner, review))

    def settle(self, event: Event) -> None:
        """Naming invoices ends their part of a dispute; a dispute about the whole client ends only as a whole."""
        self.disputes = _without(self.disputes, event)

    def log(self, event: Event) -> None:
        data = event.data
        on = _day(data.get("on")) or self.local(event.at)
        what, invoices = data.get("what", ""), tuple(data.get("invoices", ()))
        self.contacts.append(Contacted(event.subject, on, what, invoices, data.get("step", "")))

    def unlog(self, event: Event) -> None:
        data = event.data
        on, what, invoices = date.fromisoformat(data["on"]), data["what"], tuple(data.get("invoices", ()))
        meant = (event.subject, on, what, invoices)
        self.contacts = [c for c in self.contacts if (c.client_id, c.on, c.what, c.invoice_ids) != meant]

    def reply(self, event: Event) -> None:
        data = event.data
        self.replies.append(
            Reply(
                data["id"],
                event.subject,
                ReplyKind(data["what"]),
                _day(data.get("on")) or self.local(event.at),
                data.get("from", ""),
                data.get("about", ""),
                data.get("text", ""),
                _day(data.get("until")),
                data.get("message", ""),
            )
        )

    def task(self, event: Event) -> None:
        """Opening a task that is open already changes nothing; one that was done is opened afresh."""
        known = self.tasks.get(event.subject)
        if known is not None and known.is_open:
            return
        data = event.data
        self.tasks[event.subject] = PastTask(
            event.subject,
            data.get("payer", ""),
            data.get("kind", ""),
            self.local(event.at),
            data.get("step", ""),
            tuple(advance_of(a) for a in data.get("advances", ())),
            why=data.get("why", ""),
        )

    def done(self, event: Event) -> None:
        """An outcome; with `again`, the task stays open and comes back that day."""
        task = self.tasks.get(event.subject)
        if task is None:
            return
        again = _day(event.data.get("again"))
        on = None if again else _day(event.data.get("on")) or self.local(event.at)
        outcome, attempts = event.data["outcome"], task.attempts + 1
        self.tasks[task.id] = replace(task, outcome=outcome, done=on, again=again, attempts=attempts)

    def was_reconciled(self, event: Event) -> None:
        self.reconciled = date.fromisoformat(event.data["on"])

    def propose(self, event: Event) -> None:
        self.proposed[event.subject] = (event.data, self.local(event.at))

    def approve(self, event: Event) -> None:
        """A yes may name only the id: then it covers what was proposed under it."""
        self._answer(event, given=True)

    def reject(self, event: Event) -> None:
        self._answer(event, given=False)

    def _answer(self, event: Event, *, given: bool) -> None:
        proposed, _ = self.proposed.get(event.subject, ({}, None))
        known = self.approvals.get(event.subject)
        answer = _approval(event.subject, {**proposed, **event.data}, self.local(event.at), given=given)
        self.approvals[event.subject] = replace(answer, used=known.used if known else False)

    def use(self, event: Event) -> None:
        known = self.approvals.get(event.subject)
        if known is None:  # given by a line in the config: only its use is recorded
            known = Approval(event.subject, "", True, self.local(event.at))
        self.approvals[event.subject] = replace(known, used=True)

    def start(self, event: Event) -> None:
        data = event.data
        on = _day(data.get("on")) or self.local(event.at)
        self.baseline = Baseline(on, data["identity"], data["backlog"])

    def pass_by(self, event: Event) -> None:
        """The first time counts: passing the same step by again says nothing new."""
        data = event.data
        on = _day(data.get("on")) or self.local(event.at)
        passed = PassedBy(event.subject, data["round"], data["step"], on)
        self.passed.setdefault((passed.invoice_id, passed.round, passed.step), passed)

    def wait(self, event: Event) -> None:
        data = event.data
        waited = Waited(event.subject, data["round"], data["step"], date.fromisoformat(data["until"]))
        self.waited.setdefault((waited.invoice_id, waited.round, waited.step), waited)

    def look(self, event: Event) -> None:
        self.looked.add(looked_at(event.subject, event.data["round"]))

    def confirm(self, event: Event) -> None:
        self.confirmed[event.subject] = event.data["email"]

    def foresee(self, event: Event) -> None:
        self.forecast = dict(event.data["days"])

    def history(self, messages: tuple[PastMessage, ...], first_seen: Mapping[str, datetime]) -> History:
        """The whole as one value; the last message that went to a payer tells its address."""
        answers = tuple(self.approvals.values())
        return History(
            messages=messages,
            tasks=tuple(self.tasks.values()),
            holds=tuple(self.holds),
            disputes=tuple(self.disputes),
            promises=tuple(self.promises),
            plans=tuple(self.plans),
            contacts=tuple(self.contacts),
            replies=tuple(self.replies),
            passed=tuple(self.passed.values()),
            waited=tuple(self.waited.values()),
            approvals=tuple(a for a in answers if a.given),
            proposals=tuple(_approval(i, data, on) for i, (data, on) in self.proposed.items()),
            rejected=tuple(a for a in answers if not a.given),
            baseline=self.baseline,
            reconciled=self.reconciled,
            forecast=self.forecast,
            addresses={m.payer_id: m.to[0] for m in messages if m.state in GONE and m.to},
            confirmed_addresses=self.confirmed,
            reopened_looked_at=frozenset(self.looked),
            first_seen=first_seen,
        )


def _without(said: list[_About], event: Event) -> list[_About]:
    """What stays said of the event's client when its invoices (none: everything) are no longer meant."""
    over = set(event.data.get("invoices", ()))
    kept: list[_About] = []
    for one in said:
        if one.client_id != event.subject or (over and not one.invoice_ids):
            kept.append(one)
        elif over and (rest := tuple(i for i in one.invoice_ids if i not in over)):
            kept.append(replace(one, invoice_ids=rest))
    return kept


def _approval(approval_id: str, data: Mapping[str, Any], on: date, *, given: bool = True) -> Approval:
    return Approval(
        approval_id,
        data.get("kind", ""),
        given,
        on,
        tuple(data.get("names", ())),
        data.get("limit", 0),
        amounts=dict(data.get("amounts", {})),
    )


_HANDLERS: Mapping[EventKind, Callable[[_State, Event], None]] = {
    EventKind.HOLD: _State.hold,
    EventKind.RELEASE: _State.release,
    EventKind.PROMISE: _State.promise,
    EventKind.PROMISE_OFF: _State.unpromise,
    EventKind.PLAN: _State.agree,
    EventKind.PLAN_OFF: _State.end_plan,
    EventKind.DISPUTE: _State.dispute,
    EventKind.SETTLE: _State.settle,
    EventKind.LOG: _State.log,
    EventKind.REPLY: _State.reply,
    EventKind.LOG_OFF: _State.unlog,
    EventKind.TASK: _State.task,
    EventKind.DONE: _State.done,
    EventKind.RECONCILED: _State.was_reconciled,
    EventKind.PROPOSED: _State.propose,
    EventKind.APPROVE: _State.approve,
    EventKind.REJECT: _State.reject,
    EventKind.USED: _State.use,
    EventKind.BASELINE: _State.start,
    EventKind.PASSED: _State.pass_by,
    EventKind.WAITED: _State.wait,
    EventKind.REOPENED_OK: _State.look,
    EventKind.ADDRESS_OK: _State.confirm,
    EventKind.FORECAST: _State.foresee,
}
"""SWEEP, NOTE, WATCHED, SKIPPED, STOOD and all about digests are for people and monitors; they say nothing about what
to decide."""
