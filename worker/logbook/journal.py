"""Events in, history out. Events are appended only: the database itself refuses to change or delete one."""

import json
from collections.abc import Sequence
from datetime import date, datetime
from sys import intern
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from sqlalchemy import Connection, select

from worker.core.events import Event, EventKind
from worker.core.history import Advance, History, MessageKind, MessageState, PastMessage
from worker.core.replay import replay
from worker.errors import LogbookError
from worker.logbook import mirror, schema
from worker.logbook.database import insert_into
from worker.logbook.rows import Row, amount_of, day_of, instant

EVENT, MESSAGE, CHILD = schema.event, schema.message, schema.message_row


def record(connection: Connection, organisation: str, events: Sequence[Event]) -> None:
    """Append events; one whose key exists already is left out."""
    insert = insert_into(connection, EVENT)
    rows = [
        {
            "organisation": organisation,
            "kind": e.kind.value,
            "at": instant(e.at),
            "subject": e.subject,
            "by": e.by,
            "data": json.dumps(dict(e.data), ensure_ascii=False, sort_keys=True),
            "key": e.key or None,
        }
        for e in events
    ]
    if rows:
        connection.execute(insert.on_conflict_do_nothing(index_elements=["organisation", "key"]), rows)


def events(
    connection: Connection, organisation: str, subject: str | None = None, kind: EventKind | None = None
) -> tuple[Event, ...]:
    """Recorded events in the order they were recorded."""
    statement = select(EVENT).where(EVENT.c.organisation == organisation).order_by(EVENT.c.id)
    if subject is not None:
        statement = statement.where(EVENT.c.subject == subject)
    if kind is not None:
        statement = statement.where(EVENT.c.kind == kind.value)
    return tuple(
        Event(
            EventKind(row.kind),
            datetime.fromisoformat(row.at),
            row.subject,
            row.by,
            json.loads(row.data),
            row.key or "",
            row.id,
        )
        for row in connection.execute(statement)
    )


def history(connection: Connection, organisation: str, zone: str = "") -> History:
    """Everything recorded, replayed. `zone` is IANA; without it the zone the books name, else UTC, tells the days."""
    if not zone:
        about = schema.organisation
        zone = connection.execute(select(about.c.zone).where(about.c.organisation == organisation)).scalar() or "UTC"
    try:
        place = ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise LogbookError(f"{organisation}: no such time zone: {zone}") from error

    def local(at: datetime) -> date:
        return at.astimezone(place).date()

    try:
        return replay(
            _messages(connection, organisation, place),
            events(connection, organisation),
            mirror.first_seen(connection, organisation),
            local,
        )
    except ValueError as error:
        raise LogbookError(
            f"{organisation}: {error}.\n    do this:  report it as a defect; nothing is sent for these books until then"
        ) from error


_CHILDREN = (
    select(CHILD.c.key, CHILD.c.invoice_id, CHILD.c.payment_id, CHILD.c.round, CHILD.c.step, CHILD.c.amount)
    .add_columns(CHILD.c.currency, CHILD.c.run, CHILD.c.hard)
    .order_by(CHILD.c.key, CHILD.c.position)
)
_PAST = (
    select(
        MESSAGE.c.key, MESSAGE.c.kind, MESSAGE.c.payer_id, MESSAGE.c.state, MESSAGE.c.planned_at, MESSAGE.c.handed_at
    )
    .add_columns(MESSAGE.c.step, MESSAGE.c.after_due, MESSAGE.c.listed, MESSAGE.c.recipients, MESSAGE.c.granted)
    .add_columns(MESSAGE.c.mailer)
    .order_by(MESSAGE.c.seq, MESSAGE.c.key)
)


def _messages(connection: Connection, organisation: str, zone: ZoneInfo) -> list[PastMessage]:
    children: dict[str, list[Row]] = {}
    for row in mirror.fetch(connection, _CHILDREN.where(CHILD.c.organisation == organisation)):
        children.setdefault(row[0], []).append(row)
    found = mirror.fetch(connection, _PAST.where(MESSAGE.c.organisation == organisation))
    return [_past(row, children.get(row[0], ()), zone) for row in found]


def _past(row: Row, children: Sequence[Row], zone: ZoneInfo) -> PastMessage:
    key, kind, payer_id, state, planned, handed, step, after_due, listed, recipients, granted, mailer = row
    advances = tuple(
        Advance(intern(invoice_id), round_, intern(step_), amount_of(amount), intern(currency), day_of(run), bool(hard))
        for _, invoice_id, _, round_, step_, amount, currency, run, hard in children
        if invoice_id is not None
    )
    return PastMessage(
        key,
        MessageKind(kind),
        intern(payer_id),
        MessageState(state),
        datetime.fromisoformat(handed or planned).astimezone(zone).date(),
        intern(step),
        bool(after_due),
        advances,
        tuple(json.loads(listed)),
        tuple(child[2] for child in children if child[2] is not None),
        tuple(json.loads(recipients)),
        day_of(granted),
        mailer,
    )
