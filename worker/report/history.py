"""The record of one client: messages and events in the order they happened."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from rich.console import Console

from worker.core.events import Event, EventKind
from worker.core.receivable import Client, Snapshot
from worker.core.words import day
from worker.ports import MessageRecord
from worker.report.terminal import FAINT, LOUD, cell, counted, row, say, table

_TASKS = (EventKind.TASK, EventKind.DONE)
_FOR_MACHINES = frozenset({"advances", "by_client", "currency", "id", "parts", "payer"})  # said in words, or in --json

_ISO_DAY = re.compile(r"\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])")


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the record: `what` in words, `data` as recorded."""

    at: datetime
    kind: str
    what: str
    by: str
    data: dict[str, Any]


def entries(
    snapshot: Snapshot, client_id: str, payer_id: str, messages: Iterable[MessageRecord], events: Iterable[Event]
) -> list[Entry]:
    """Everything about a client: messages to its payer, and events about it, its payer, its invoices and its tasks."""
    events = tuple(events)
    ids = {i.id for i in snapshot.invoices if snapshot.survivor(i.client_id) == client_id}
    tasks = {e.subject for e in events if e.kind is EventKind.TASK and _task_of(e, payer_id, client_id, ids)}
    subjects = ids | {client_id, payer_id}
    numbers = {i.id: i.number for i in snapshot.invoices}
    found = [_message(m) for m in messages if m.payer_id in (payer_id, client_id)]
    for event in events:
        if event.subject in (tasks if event.kind in _TASKS else subjects):
            found.append(_event(event, numbers))
    return sorted(found, key=lambda e: e.at)


def _task_of(event: Event, payer_id: str, client_id: str, ids: set[str]) -> bool:
    advances = event.data.get("advances", ())
    return event.data.get("payer") in (payer_id, client_id) and (
        not advances or any(a["invoice"] in ids for a in advances)
    )


def _message(message: MessageRecord) -> Entry:
    what = f"{message.step or 'thanks'} to {', '.join(message.to)}: {message.subject or '(not worded yet)'}"
    data: dict[str, Any] = {
        "key": message.key,
        "state": str(message.state),
        "to": list(message.to),
        "step": message.step,
    }
    data |= {"subject": message.subject, "message_id": message.message_id, "mailer": message.mailer}
    data |= {"detail": message.detail, "attempt": message.attempt}
    at = message.handed_at or message.settled_at or message.planned_at
    return Entry(at, message.kind, f"{what} [{message.state}]", message.mailer, data)


def _event(event: Event, numbers: Mapping[str, str]) -> Entry:
    told = {k: v for k, v in event.data.items() if v not in (None, "", [], {}) and k not in _FOR_MACHINES}
    shown = [f"{k} {_words(v, numbers)}" for k, v in told.items()]
    shown += [
        f"{event.data.get('currency', '')} {part} on {_words(on, {})}" for on, part in event.data.get("parts", ())
    ]
    shown += ["not said by the client"] if event.data.get("by_client") is False else []
    return Entry(event.at, str(event.kind), ", ".join(shown), event.by, {"subject": event.subject, **event.data})


def _words(value: Any, numbers: Mapping[str, str]) -> str:
    """A value as people write it: days as days, invoices by their numbers."""
    if isinstance(value, list):
        return ", ".join(_words(v, numbers) for v in value)
    if isinstance(value, bool):
        return "yes" if value else "no"
    text = str(value)
    return day(date.fromisoformat(text)) if _ISO_DAY.fullmatch(text) else numbers.get(text, text)


def show_history(out: Console, organisation: str, client: Client, found: list[Entry], zone: str, again: str) -> None:
    """Print the record; times are local to `zone`. `again`: the options that make a command shown work as it stands."""
    say(out, f"{client.name} ({organisation}): {counted(len(found), 'entry', 'entries')} on record", LOUD)
    made = table(["when", "kind", "what", "by"], wrapped=["what"])
    for entry in found:
        when = entry.at.astimezone(ZoneInfo(zone))
        row(made, [cell(f"{when:%-d %b %Y %H:%M}"), cell(entry.kind), cell(entry.what), cell(entry.by, FAINT)])
    if found:
        out.print(made)
    say(out, f'Next: duecourse explain "{client.name}"{again}; the same as data: --json')


def history_data(organisation: str, client: Client, payer_id: str, found: list[Entry]) -> dict[str, Any]:
    """The record as JSON values."""
    return {
        "schema": 1,
        "organisation": organisation,
        "client": {"id": client.id, "name": client.name},
        "payer": payer_id,
        "entries": [
            {"at": e.at.isoformat(timespec="seconds"), "kind": e.kind, "what": e.what, "by": e.by, "data": e.data}
            for e in found
        ],
    }
