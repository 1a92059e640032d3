"""Messages and their child rows: at most one hand-off per key, except after a refusal that was read.

A decision's key names a message for good. When a message was cancelled, expired or resolved as not sent, its child
rows are freed and the same decision may be planned again, as a new generation: a new row whose key is the decision's
with "~2", "~3"... behind it, counting attempts on. Wherever a key is asked for, one without "~" means its newest
generation. All functions run inside the caller's transaction.
"""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, RowMapping, bindparam, func, insert, select, update

from worker.core.decisions import Remind, Thank
from worker.core.history import MessageKind, MessageState
from worker.core.message import Letter
from worker.core.policy import Stage
from worker.core.receivable import Payment
from worker.errors import LogbookError
from worker.logbook import schema
from worker.logbook.database import serialise
from worker.logbook.rows import day, instant, listing
from worker.logbook.states import FREED, MAY_FOLLOW, OWNERS_ONLY
from worker.ports import Claim, MessageRecord

MESSAGE, CHILD, BODY, LEASE = schema.message, schema.message_row, schema.message_body, schema.lease

# Built once: building a statement costs more than running it, and every message runs all of these.
_OURS = MESSAGE.c.organisation == bindparam("of")
_NEWEST = (
    select(MESSAGE)
    .where(_OURS, (MESSAGE.c.key == bindparam("named")) | (MESSAGE.c.base == bindparam("named")))
    .order_by(MESSAGE.c.generation.desc())
    .limit(1)
)
_CLAIMABLE = _NEWEST.with_for_update(skip_locked=True)  # SQLite, where a writer is alone anyway, has no such clause
_LAST_NUMBER = select(func.max(MESSAGE.c.seq)).where(_OURS)
_INSERT, _INSERT_CHILD, _INSERT_BODY = insert(MESSAGE), insert(CHILD), insert(BODY)
_AT_EPOCH = update(MESSAGE).where(_OURS, MESSAGE.c.key == bindparam("named"), MESSAGE.c.epoch == bindparam("at_epoch"))
_CLAIM = _AT_EPOCH.where(
    (MESSAGE.c.state == MessageState.PLANNED.value)
    | ((MESSAGE.c.state == MessageState.CLAIMED.value) & (MESSAGE.c.claimed_until <= bindparam("by_now")))
)
_HAND = _AT_EPOCH.where(
    MESSAGE.c.state == MessageState.CLAIMED.value,
    MESSAGE.c.attempt == bindparam("at_attempt"),
    MESSAGE.c.claimed_until > bindparam("by_now"),
)
# FOR SHARE (PostgreSQL): a takeover waits for this hand-off, and then sees it.
_LEASED = select(LEASE.c.holder).where(LEASE.c.organisation == bindparam("of")).with_for_update(read=True)
_CLAIMED_BY = select(MESSAGE.c.holder).where(_OURS, MESSAGE.c.key == bindparam("named"))
_SETTLE = _AT_EPOCH.where(MESSAGE.c.state == bindparam("was"))


def plan(connection: Connection, organisation: str, sweep_id: str, decision: Remind | Thank, now: datetime) -> bool:
    """Insert a message and its child rows as planned. False when the key is in use; IntegrityError when a child row
    is (the partial unique indexes are the real guard)."""
    serialise(connection, f"plan:{organisation}")
    last = _newest(connection, organisation, decision.key)
    if last is not None and MessageState(last["state"]) not in FREED:
        return False
    generation = last["generation"] + 1 if last else 1
    key = decision.key if generation == 1 else f"{decision.key}~{generation}"
    values = {
        "organisation": organisation,
        "key": key,
        "base": decision.key,
        "generation": generation,
        "seq": (connection.execute(_LAST_NUMBER, {"of": organisation}).scalar() or 0) + 1,
        "attempt": last["attempt"] + 1 if last else 1,
        "payer_id": decision.payer_id,
        "recipients": listing([a.email for a in decision.to]),
        "client_ids": listing(decision.client_ids),
        "reason": json.dumps(asdict(decision.reason), ensure_ascii=False, sort_keys=True),
        "sweep_id": sweep_id,
        "planned_at": instant(now),
        "state": MessageState.PLANNED.value,
        **dict.fromkeys(("holder", "message_id", "subject", "provider_id", "detail", "mailer"), ""),
        "epoch": 0,
        **_particulars(decision),
    }
    connection.execute(_INSERT, values)
    if children := _children(decision):
        common = {"organisation": organisation, "key": key, "live": True}
        connection.execute(_INSERT_CHILD, [{**common, **c, "position": n} for n, c in enumerate(children)])
    return True


def _particulars(decision: Remind | Thank) -> dict[str, Any]:
    if isinstance(decision, Thank):
        return {"kind": MessageKind.THANKS.value, "step": "", "after_due": False, "listed": "[]"}
    return {
        "kind": MessageKind.REMINDER.value,
        "step": decision.step,
        "after_due": decision.stage is not Stage.BEFORE,
        "listed": listing(decision.listed),
        "granted": day(decision.granted),
    }


def _children(decision: Remind | Thank) -> list[dict[str, Any]]:
    advances = decision.advances if isinstance(decision, Remind) else ()
    return [
        {
            "invoice_id": a.invoice_id,
            "payment_id": None,
            "round": a.round,
            "step": a.step,
            "amount": str(a.amount),
            "currency": a.currency,
            "run": day(a.run),
            "hard": a.hard,
        }
        for a in advances
    ] + [_thanked(p) for p in decision.payments]


def _thanked(payment: Payment) -> dict[str, Any]:
    row = {"invoice_id": None, "payment_id": payment.id, "round": 0, "step": "", "run": None, "hard": False}
    return {**row, "amount": str(payment.amount), "currency": payment.currency}


def claim(
    connection: Connection, organisation: str, key: str, holder: str, now: datetime, lease: timedelta
) -> Claim | None:
    """planned, or claimed by somebody whose time is up -> claimed, with a higher epoch. What another transaction is
    at work on (PostgreSQL) is not waited for."""
    row = connection.execute(_CLAIMABLE, {"of": organisation, "named": key}).mappings().one_or_none()
    if row is None:
        return None
    changes = {
        "state": MessageState.CLAIMED.value,
        "holder": holder,
        "claimed_until": instant(now + lease),
        "epoch": row["epoch"] + 1,
    }
    mine = {"of": organisation, "named": row["key"], "at_epoch": row["epoch"], "by_now": instant(now)}
    if connection.execute(_CLAIM, {**mine, **changes}).rowcount != 1:
        return None
    return Claim(row["key"], row["epoch"] + 1, row["attempt"])


def hand(
    connection: Connection,
    organisation: str,
    claim: Claim,
    letter: Letter,
    raw: bytes,
    mailer: str,
    now: datetime,
) -> bool:
    """claimed -> handed, with the letter and its bytes. False when the claim was lost or has run out, or when another
    sweep holds the organisation's lease by now: it may have sent what this one knows nothing of."""
    held = connection.execute(_LEASED, {"of": organisation}).scalar()
    claimed_by = connection.execute(_CLAIMED_BY, {"of": organisation, "named": claim.key}).scalar()
    if held is not None and held != claimed_by:
        return False
    mine = {"of": organisation, "named": claim.key, "at_epoch": claim.epoch, "at_attempt": claim.attempt}
    changes = {
        "state": MessageState.HANDED.value,
        "message_id": letter.message_id,
        "recipients": listing([a.email for a in letter.to]),
        "subject": letter.subject,
        "handed_at": instant(now),
        "mailer": mailer,
    }
    if connection.execute(_HAND, {**mine, "by_now": instant(now), **changes}).rowcount != 1:
        return False
    body = {
        "organisation": organisation,
        "key": claim.key,
        "attempt": claim.attempt,
        "sha256": hashlib.sha256(raw).hexdigest(),
        "letter": json.dumps(asdict(letter), ensure_ascii=False, sort_keys=True),
        "raw": raw,
    }
    connection.execute(_INSERT_BODY, body)
    return True


def settle(
    connection: Connection,
    organisation: str,
    key: str,
    state: MessageState,
    now: datetime,
    provider_id: str = "",
    detail: str = "",
    claim: Claim | None = None,
) -> None:
    """Record an outcome, as `worker.ports.Logbook.settle`. Saying the same thing again changes nothing."""
    row = _newest(connection, organisation, key)
    if row is None:
        raise LogbookError(f"{organisation}: no message has the key {key}")
    was = MessageState(row["state"])
    if claim is not None and (claim.key, claim.epoch) != (row["key"], row["epoch"]):
        raise LogbookError(f"{organisation}: message {key} was claimed again since; its outcome is not ours to record")
    if state is was:
        return
    allowed = state in MAY_FOLLOW.get(was, frozenset())
    if not allowed or (claim is None and (was, state) in OWNERS_ONLY):
        why = "only who handed it off may put it back" if allowed else f"it is {was}"
        raise LogbookError(f"{organisation}: message {key} cannot become {state}: {why}")
    changes: dict[str, Any] = {"state": state.value, "settled_at": instant(now), "detail": detail}
    if provider_id:
        changes["provider_id"] = provider_id
    if state is MessageState.PLANNED:
        changes |= {"settled_at": None, "claimed_until": None, "holder": ""}
        if was is MessageState.HANDED:
            changes |= {"attempt": row["attempt"] + 1, "handed_at": None}
    mine = {"of": organisation, "named": row["key"], "at_epoch": row["epoch"], "was": was.value}
    if connection.execute(_SETTLE, {**mine, **changes}).rowcount != 1:
        raise LogbookError(f"{organisation}: message {key} was changed by somebody else at the same time")
    if state in FREED:
        children = (CHILD.c.organisation == organisation, CHILD.c.key == row["key"])
        connection.execute(update(CHILD).where(*children).values(live=False))


def recover(connection: Connection, organisation: str, now: datetime, grace: timedelta) -> tuple[str, ...]:
    """Expired claims -> planned; hand-offs at least `grace` old without an outcome -> uncertain, whose keys return."""
    mine = MESSAGE.c.organisation == organisation
    expired = (MESSAGE.c.state == MessageState.CLAIMED.value) & (MESSAGE.c.claimed_until <= instant(now))
    back = {"state": MessageState.PLANNED.value, "epoch": MESSAGE.c.epoch + 1, "holder": "", "claimed_until": None}
    connection.execute(update(MESSAGE).where(mine, expired).values(back))
    silent = (MESSAGE.c.state == MessageState.HANDED.value) & (MESSAGE.c.handed_at <= instant(now - grace))
    lost = {
        "state": MessageState.UNCERTAIN.value,
        "settled_at": instant(now),
        "detail": "no outcome was recorded after the hand-off",
    }
    keys = connection.execute(update(MESSAGE).where(mine, silent).values(lost).returning(MESSAGE.c.key)).scalars()
    return tuple(sorted(keys))


def records(
    connection: Connection, organisation: str, states: Sequence[MessageState] = (), payer_id: str | None = None
) -> tuple[MessageRecord, ...]:
    """Messages, oldest first; with the bytes of their last hand-off when one payer is named."""
    statement = select(MESSAGE).where(MESSAGE.c.organisation == organisation).order_by(MESSAGE.c.seq, MESSAGE.c.key)
    if states:
        statement = statement.where(MESSAGE.c.state.in_([s.value for s in states]))
    if payer_id is None:
        return tuple(_record(row, b"") for row in connection.execute(statement).mappings())
    raw = (
        select(BODY.c.raw)
        .where(BODY.c.organisation == MESSAGE.c.organisation, BODY.c.key == MESSAGE.c.key)
        .order_by(BODY.c.attempt.desc())
        .limit(1)
        .scalar_subquery()
    )
    statement = statement.add_columns(raw.label("raw")).where(MESSAGE.c.payer_id == payer_id)
    return tuple(_record(row, row["raw"] or b"") for row in connection.execute(statement).mappings())


def _record(row: RowMapping, raw: bytes) -> MessageRecord:
    return MessageRecord(
        row["key"],
        row["kind"],
        row["payer_id"],
        row["step"],
        MessageState(row["state"]),
        row["attempt"],
        row["message_id"],
        tuple(json.loads(row["recipients"])),
        row["subject"],
        datetime.fromisoformat(row["planned_at"]),
        datetime.fromisoformat(row["handed_at"]) if row["handed_at"] else None,
        datetime.fromisoformat(row["settled_at"]) if row["settled_at"] else None,
        row["provider_id"],
        row["detail"],
        bytes(raw),
        row["mailer"],
    )


def _newest(connection: Connection, organisation: str, key: str) -> RowMapping | None:
    return connection.execute(_NEWEST, {"of": organisation, "named": key}).mappings().one_or_none()
