"""What people decide, as the events that put it on record and the words that say so: by a command or by mail alike."""

import shlex
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from worker.core.events import Event, EventKind
from worker.core.history import Approval, PastTask
from worker.core.receivable import Client, Invoice, Snapshot
from worker.core.settings import OrganisationSettings

AGAIN_AFTER = 2
"""Business days after which a task without an answer comes back..."""
AGAIN_TIMES = 3
"""... and how often."""


@dataclass(frozen=True, slots=True)
class Deed:
    """`events` put it on record; `said` is one sentence, `undo` a command ("": it cannot be undone), `config` its form
    in the config."""

    events: tuple[Event, ...]
    said: str
    undo: str = ""
    config: str = ""


def approved(found: Approval, now: datetime, who: str) -> Deed:
    """A yes to exactly what was proposed."""
    return Deed(
        (Event(EventKind.APPROVE, now, found.id, who),),
        f"Approved: {found.id} ({words_of(found)}). It covers exactly this, once.",
        f'duecourse reject {found.id} --why "..."',
        f"approvals: [{found.id}]",
    )


def rejected(found: Approval, why: str, now: datetime, who: str) -> Deed:
    """A no to it."""
    return Deed(
        (Event(EventKind.REJECT, now, found.id, who, {"why": why}),),
        f"Refused: {found.id} ({words_of(found)}). A step that is refused is proposed again after some days.",
        f"duecourse approve {found.id}",
        f"leave {found.id} out of approvals:",
    )


def words_of(found: Approval) -> str:
    """What an approval is about, in a few words."""
    return {
        "baseline": "start chasing for this organisation",
        "step": "one step for one invoice",
        "address": "a changed address",
        "surprise": f"messages to {len(found.names)} clients",
        "clock": "a sweep dated before one that is on record",
    }.get(found.kind, found.kind)


def held(client: Client, why: str, until: date | None, invoice: Invoice | None, now: datetime, who: str) -> Deed:
    """Stop asking a client, or for one invoice, through a day (None: until released)."""
    data: dict[str, Any] = {"why": why}
    if until:
        data["until"] = until.isoformat()
    if invoice:
        data["invoice"] = invoice.id
    number = invoice.number if invoice else ""
    line = f'{{client: "{client.name}", why: "{why}"' + (f", until: {until}" if until else "")
    line += f", invoice: {number}}}" if number else "}"
    about = f" for invoice {number}" if number else ""
    flag = f" --invoice {shlex.quote(number)}" if number else ""
    return Deed(
        (Event(EventKind.HOLD, now, client.id, who, data),),
        f"{client.name} is on hold{about}{f' until {until}' if until else ' until you release it'}.",
        f'duecourse release "{client.name}"{flag}',
        f"holds: [{line}]",
    )


def released(client: Client, invoice_id: str, now: datetime, who: str) -> Deed:
    """End the recorded holds of a client, or of one invoice."""
    data = {"invoice": invoice_id} if invoice_id else {}
    return Deed(
        (Event(EventKind.RELEASE, now, client.id, who, data),),
        f"{client.name} is released.",
        config="remove its entry under holds:",
    )


def reconciled(organisation: str, on: date, now: datetime, who: str) -> Deed:
    """The bank is reconciled in the books up to a day."""
    return Deed(
        (Event(EventKind.RECONCILED, now, "", who, {"on": on.isoformat()}),),
        f"{organisation}: the bank is reconciled up to {on}.",
        f"duecourse reconciled {organisation} DATE, with the right day",
        f"reconciled: {on}   (or how often: daily, every tuesday)",
    )


def paused(organisation: str, first: date, last: date, why: str, now: datetime, who: str) -> Deed:
    """Nothing but thanks leaves for a whole organisation, through a day."""
    data = {"from": first.isoformat(), "until": last.isoformat(), "why": why}
    return Deed(
        (Event(EventKind.PAUSE, now, "", who, data),),
        f"{organisation} pauses until {last}: nothing but thanks leaves.",
        f"duecourse resume {organisation}",
        f'pause: [{{from: {first}, to: {last}, why: "{why}"}}]',
    )


def resumed(organisation: str, on: date, now: datetime, who: str) -> Deed:
    """The recorded pauses of an organisation are over."""
    return Deed(
        (Event(EventKind.RESUME, now, "", who, {"on": on.isoformat()}),),
        f"{organisation} goes on.",
        config="remove its entry under pause:",
    )


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a task ended: `day` is that of a promise, `note` what was said."""

    outcome: str
    day: date | None = None
    note: str = ""


def done(
    task: PastTask,
    ended: Outcome,
    snapshot: Snapshot,
    settings: OrganisationSettings,
    today: date,
    now: datetime,
    who: str,
) -> Deed:
    """A task's outcome, and what follows from it: a promise or a dispute of the clients whose task it is."""
    again = None
    if ended.outcome == "no-answer" and task.attempts < AGAIN_TIMES:
        again = settings.calendar.add(today, AGAIN_AFTER)
    data: dict[str, Any] = {"outcome": ended.outcome, "note": ended.note, "on": today.isoformat()}
    events = [Event(EventKind.DONE, now, task.id, who, data | ({"again": again.isoformat()} if again else {}))]
    for client_id, ids in (_concerned(task, snapshot) or {task.payer_id: []}).items():
        if ended.day is not None:
            promise = {"by": ended.day.isoformat(), "invoices": ids, "by_client": True}
            events.append(Event(EventKind.PROMISE, now, client_id, who, promise))
        if ended.outcome == "disputed":
            reason = ended.note or "said so when asked"
            events.append(
                Event(EventKind.DISPUTE, now, client_id, who, {"reason": reason, "invoices": ids, "owner": who})
            )
    follows = {
        "promised": "The promise is on record; nothing is asked before that day.",
        "disputed": "The dispute is on record; end it with duecourse dispute CLIENT --over.",
        "failed": "If it is a collection, the client will be told that it did not arrive.",
        "refused": "The next step comes when it is due.",
    }
    usual = "The next step follows from today."
    then = f"It comes back on {again}." if again else follows.get(ended.outcome, usual)
    return Deed(tuple(events), f"Done: {task.id}, {ended.outcome}. {then}")


def _concerned(task: PastTask, snapshot: Snapshot) -> dict[str, list[str]]:
    invoices: dict[str, list[str]] = {}
    for advance in task.advances:
        if invoice := snapshot.invoice(advance.invoice_id):
            invoices.setdefault(snapshot.survivor(invoice.client_id), []).append(invoice.id)
    return invoices
