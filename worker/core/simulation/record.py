"""What a logbook would remember of a plan that was carried out: the history of the next day."""

from collections.abc import Collection, Iterable
from dataclasses import replace
from datetime import date

from worker.core.decisions import Plan, Remind, Task, Thank
from worker.core.history import (
    Approval,
    History,
    MessageKind,
    MessageState,
    PassedBy,
    PastMessage,
    PastTask,
    Waited,
)


def message_of(decision: Remind | Thank, on: date) -> PastMessage:
    """A message as it is remembered once its mail server accepted it."""
    thanks = isinstance(decision, Thank)
    made = PastMessage(
        decision.key,
        MessageKind.THANKS if thanks else MessageKind.REMINDER,
        decision.payer_id,
        MessageState.ACCEPTED,
        on,
        payment_ids=tuple(p.id for p in decision.payments),
        to=tuple(a.email for a in decision.to),
    )
    if isinstance(decision, Thank):
        return made
    return replace(
        made,
        step=decision.step,
        after_due=decision.stage != "before due",
        advances=decision.advances,
        listed=decision.listed,
        granted=decision.granted,
    )


def task_of(task: Task, on: date) -> PastTask:
    """A task as it is remembered when it was opened."""
    return PastTask(task.id, task.payer_id, task.kind, on, task.step, task.advances)


def carried_out(history: History, plan: Plan, on: date) -> History:
    """The history once everything `plan` decides was sent or opened on `on`, and its approvals were used up."""
    gone = [d for d in plan.decisions if isinstance(d, Remind | Thank)]
    used = {d.approval for d in gone if isinstance(d, Remind) and d.approval}
    passed = tuple(PassedBy(n.invoice_id, n.round, n.step, n.on) for n in plan.notes if n.kind == "passed")
    waited = tuple(Waited(n.invoice_id, n.round, n.step, n.on) for n in plan.notes if n.kind != "passed")
    tasks = tuple(task_of(d, on) for d in plan.decisions if isinstance(d, Task) and d.is_new)
    return replace(
        history,
        messages=(*history.messages, *(message_of(d, on) for d in gone)),
        addresses={**history.addresses, **{d.payer_id: d.to[0].email for d in gone if d.to}},
        approvals=tuple(replace(a, used=True) if a.id in used else a for a in history.approvals),
        passed=(*history.passed, *passed),
        waited=(*history.waited, *waited),
        tasks=(*history.tasks, *tasks),
    )


def done(history: History, ids: Collection[str], on: date, outcome: str = "reached") -> History:
    """The history once a person recorded this outcome of these tasks."""
    tasks = tuple(replace(t, outcome=outcome, done=on) if t.id in ids else t for t in history.tasks)
    return replace(history, tasks=tasks)


def approved(history: History, plan: Plan, on: date, kinds: Iterable[str] = ("step",)) -> History:
    """The history once a person said yes to everything of these kinds that the plan proposes."""
    wanted = tuple(kinds)
    known = {a.id for a in history.approvals if not a.used}
    given = tuple(
        Approval(p.id, p.kind, True, on, p.names, p.limit, amounts=p.amounts)
        for p in plan.proposals
        if p.kind in wanted and p.id not in known
    )
    return replace(history, approvals=(*history.approvals, *given))
