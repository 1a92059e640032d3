"""One order of an answer, obeyed: the same deeds as the commands do.

First the code is used up, then the deed is put on record under a key of its own: whatever comes between, an answer that
is read again completes what it began and nothing more.
"""

import secrets
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING

from worker import deeds
from worker.core.answers import Order, Verb
from worker.core.attention.item import Act
from worker.core.attention.people import SEPARATOR
from worker.core.digest import Coded
from worker.core.events import Event, EventKind
from worker.core.history import GONE, Approval, History, MessageState
from worker.core.receivable import Client, Snapshot
from worker.deeds import Deed
from worker.digests.answer import Answer, Did
from worker.errors import DuecourseError, LogbookError
from worker.gate import local_moment

if TYPE_CHECKING:
    from worker.app import App

WHY = "answered by mail"


class _No(Exception):
    """Why an order is not obeyed, in words for whoever gave it."""


def obey_code(app: "App", answer: Answer, order: Order, code: int, meant: Coded) -> Did:
    """Do what was asked of one item, once; what cannot be done is answered, never raised."""
    line = f"{order.verb} {code}"
    subject = f"{answer.token}:{code}"
    used = _used(app, meant.organisation, subject)
    if order.verb is Verb.UNDO:
        return _undo(app, answer, line, subject, meant, used)
    if used is not None:
        said, mine = str(used.data["said"]), used.data["answer"] == answer.id
        if not mine:
            return Did(line, f"was used already: {said}", wrong=True)
        with suppress(_No, DuecourseError):  # a crash came between the code and its deed; what was done says no
            _put(app, meant.organisation, f"code:{subject}", _deed(app, answer, order, meant)[0])
        return Did(line, said, str(used.data["shown"]))
    try:
        deed, undo = _deed(app, answer, order, meant)
    except (_No, DuecourseError) as why:
        return Did(line, str(why).replace("\n", " "), wrong=True)
    way = f"reply with undo {code}" if undo else ""
    shown = "; or type ".join(w for w in (way, deed.undo) if w)
    data = {"verb": str(order.verb), "undo": undo, "said": deed.said, "shown": shown}
    if not _claimed(app, answer, meant.organisation, subject, data):
        return Did(line, "was used already", wrong=True)
    _put(app, meant.organisation, f"code:{subject}", deed)
    if meant.kind == "uncertain":
        _resolve(app, answer, order, meant)
    return Did(line, deed.said + _under_way(app, meant.organisation, order), shown)


def _used(app: "App", organisation: str, subject: str) -> Event | None:
    found = app.logbook.events(organisation, subject, EventKind.ANSWERED)
    return found[-1] if found else None


def _claimed(app: "App", answer: Answer, name: str, subject: str, data: Mapping[str, object]) -> bool:
    """Use the code (or its undo) up; False when another answer was first."""
    claim, key = secrets.token_hex(8), f"used:{subject}:undo" if data["verb"] == "undo" else f"used:{subject}"
    kept = {**data, "answer": answer.id, "claim": claim}
    app.logbook.record(name, Event(EventKind.ANSWERED, answer.now, subject, answer.sender, kept, key))
    events = app.logbook.events(name, subject, EventKind.ANSWERED)
    return any(e.key == key and e.data["claim"] == claim for e in events)


def _put(app: "App", name: str, key: str, deed: Deed) -> None:
    """The deed on record, once under this key."""
    app.logbook.record(name, *(replace(e, key=f"{key}:{n}") for n, e in enumerate(deed.events)))


def _under_way(app: "App", organisation: str, order: Order) -> str:
    if order.verb in (Verb.STOP, Verb.HOLD) and app.logbook.leased_to(organisation):
        return " A run was under way just then: what it had begun to send may have left."
    return ""


def _deed(app: "App", answer: Answer, order: Order, meant: Coded) -> tuple[Deed, dict[str, str]]:
    """What to do, and what undoing it would take ({}: it cannot be undone by mail). Raises _No."""
    snapshot = _read(app, meant.organisation)
    history = app.logbook.history(meant.organisation)
    now, who = answer.now, answer.sender
    wanted = {Verb.YES: Act.YES, Verb.NO: Act.NO, Verb.DONE: Act.DONE, Verb.HOLD: Act.HOLD, Verb.STOP: Act.STOP}
    act = wanted[order.verb]
    if act not in meant.acts:
        raise _No(f"{order.verb} is no answer to this item; it takes {', '.join(sorted(meant.acts)) or 'none'}")
    if meant.kind == "uncertain":
        _uncertain(app, meant)
        arrived = act is Act.YES
        return Deed((), f"Resolved: it {'arrived and counts as sent' if arrived else 'did not arrive'}."), {}
    if act in (Act.YES, Act.NO):
        found = _proposal(history, meant.subject)
        if act is Act.YES:
            return deeds.approved(found, now, who), {"kind": "reject", "subject": found.id}
        return deeds.rejected(found, order.note or WHY, now, who), {"kind": "approve", "subject": found.id}
    if act is Act.DONE:
        return _done(app, answer, order, meant, snapshot, history), {}
    client = _client(snapshot, meant.client_id)
    if act is Act.STOP:
        return _stop(app, answer, meant, history, client, snapshot)
    deed = deeds.held(client, order.note or WHY, order.day, None, now, who)
    return deed, {"kind": "release", "subject": client.id}


def _read(app: "App", organisation: str) -> Snapshot:
    snapshot = app.logbook.snapshot(organisation)
    if snapshot is None:
        raise _No(f"{organisation} was never read")
    return snapshot


def _client(snapshot: Snapshot, client_id: str) -> Client:
    found = snapshot.clients.get(snapshot.survivor(client_id))
    if found is None:
        raise _No("that client is no longer in the books")
    return found


def _proposal(history: History, subject: str) -> Approval:
    answered = next((a for a in (*history.approvals, *history.rejected) if a.id == subject), None)
    if answered:
        raise _No(f"{subject} was {'approved' if answered.given else 'refused'} already")
    found = next((p for p in history.proposals if p.id == subject), None)
    if found is None:
        raise _No(f"{subject} is no longer proposed")
    return found


def _stop(
    app: "App", answer: Answer, meant: Coded, history: History, client: Client, snapshot: Snapshot
) -> tuple[Deed, dict[str, str]]:
    """No message of today to this payer: a hold that ends with the day, so it is planned afresh on the next."""
    if answer.digest_day != answer.day:
        raise _No("stop works on the day of its digest only; hold it instead")
    today = _today(app, meant.organisation, snapshot)
    gone = [m for m in history.messages if m.payer_id == client.id and m.on == today and m.state in GONE]
    if gone:
        raise _No(f"too late: the {gone[-1].step or 'thanks'} left already")
    deed = deeds.held(client, f"stopped for today by {answer.sender}", today, None, answer.now, answer.sender)
    said = f"Nothing goes to {client.name} today; it is planned afresh tomorrow."
    return replace(deed, said=said), {"kind": "release", "subject": client.id}


def _today(app: "App", name: str, snapshot: Snapshot) -> date:
    (organisation,) = app.organisations([name])
    zone = organisation.written.zone or snapshot.organisation.zone or "UTC"
    return local_moment(app.clock.now(), zone).day


def _done(app: "App", answer: Answer, order: Order, meant: Coded, snapshot: Snapshot, history: History) -> Deed:
    (organisation,) = app.organisations([meant.organisation])
    today = _today(app, meant.organisation, snapshot)
    if meant.kind == "stale-books":
        return deeds.reconciled(meant.organisation, today, answer.now, answer.sender)
    if not order.outcome:
        raise _No("say how it ended: reached, no-answer, promised (and a day), disputed, refused, failed or other")
    known = [t for t in history.tasks if t.id in meant.subject.split(SEPARATOR)]
    tasks = [t for t in known if t.is_open]
    if not tasks:
        raise _No("that task is done already" if known else "only a live run opens that task; it is not open yet")
    settings = app.resolve(organisation, snapshot, today)
    ended = deeds.Outcome(order.outcome, order.day, order.note)
    made = [deeds.done(t, ended, snapshot, settings, today, answer.now, answer.sender) for t in tasks]
    return replace(made[0], events=tuple(e for deed in made for e in deed.events))


def _uncertain(app: "App", meant: Coded) -> None:
    record = next((m for m in app.logbook.messages(meant.organisation) if m.key == meant.subject), None)
    if record is None or record.state is not MessageState.UNCERTAIN:
        raise _No("its outcome is known by now")


def _resolve(app: "App", answer: Answer, order: Order, meant: Coded) -> None:
    """A message of unknown outcome arrived, or did not."""
    state = MessageState.RESOLVED_SENT if order.verb is Verb.YES else MessageState.RESOLVED_NOT_SENT
    with suppress(LogbookError):  # somebody else said so in this very moment
        app.logbook.settle(meant.organisation, meant.subject, state, answer.now, detail=f"by {answer.sender}")


# -- undo --------------------------------------------------------------------------------------------------------------


def _undo(app: "App", answer: Answer, line: str, subject: str, meant: Coded, used: Event | None) -> Did:
    if used is None:
        return Did(line, "nothing was done by that number", wrong=True)
    if used.data["verb"] == "undo":
        mine = used.data["answer"] == answer.id
        return Did(line, str(used.data["said"]) if mine else "was undone already", wrong=not mine)
    try:
        deed = _undoing(app, answer, meant, dict(used.data["undo"]))
    except _No as why:
        return Did(line, str(why), wrong=True)
    data: dict[str, object] = {"verb": "undo", "undo": {}, "said": deed.said, "shown": ""}
    done = _claimed(app, answer, meant.organisation, subject, data)
    if done:
        _put(app, meant.organisation, f"undo:{subject}", deed)
    return Did(line, deed.said if done else "was undone already", wrong=not done)


def _undoing(app: "App", answer: Answer, meant: Coded, undo: dict[str, str]) -> Deed:
    history, now, who = app.logbook.history(meant.organisation), answer.now, answer.sender
    kind, subject = undo.get("kind", ""), undo.get("subject", "")
    if kind in ("reject", "approve"):
        given = next((a for a in (*history.approvals, *history.rejected) if a.id == subject), None)
        if given is None or given.used:
            raise _No(f"{subject} was used already")
        return deeds.rejected(given, WHY, now, who) if kind == "reject" else deeds.approved(given, now, who)
    if kind == "release":
        client = _client(_read(app, meant.organisation), subject)
        mine = [h for h in history.holds if h.client_id == client.id]
        if len(mine) != 1:
            raise _No(f'it has {len(mine)} holds on record: duecourse release "{client.name}" ends all of them')
        return deeds.released(client, "", now, who)
    raise _No("that cannot be undone; it stays on record")


# -- pause -------------------------------------------------------------------------------------------------------------


def obey_pause(app: "App", answer: Answer, order: Order) -> Did:
    """Leave a client, or a whole organisation, alone until a day."""
    from worker.config.names import same

    line = f"pause {order.name}"
    if order.day is None:
        return Did(line, "a pause needs its last day", wrong=True)
    firms = [n for n in sorted(answer.organisations) if same(n) == same(order.name)]
    clients = [(n, c) for n in sorted(answer.organisations) for c in _called(app, n, order.name)]
    if len(firms) + len(clients) != 1:
        places = ", ".join([*(f"the organisation {f}" for f in firms), *(f"a client of {n}" for n, _ in clients)])
        why = f'"{order.name}" could be {places}' if places else f'nobody is called "{order.name}"'
        return Did(line, f"{why}; write the exact name, or use duecourse hold", wrong=True)
    why, now, who = order.note or WHY, answer.now, answer.sender
    if firms:
        name = firms[0]
        snapshot = app.logbook.snapshot(name)
        first = _today(app, name, snapshot) if snapshot else answer.day
        deed = deeds.paused(name, first, order.day, why, now, who)
    else:
        name, client = clients[0]
        deed = deeds.held(client, why, order.day, None, now, who)
    _put(app, name, f"{answer.id}:pause:{same(order.name)}", deed)
    return Did(line, deed.said, f"type {deed.undo}")


def _called(app: "App", organisation: str, name: str) -> list[Client]:
    from worker.config.names import Names

    snapshot = app.logbook.snapshot(organisation)
    if snapshot is None:
        return []
    found = Names(snapshot).find(name, "", "", [])
    return [snapshot.clients[found]] if found and found in snapshot.clients else []
