"""Events in, history out. Events are appended only: the database itself refuses to change or delete one."""

import json
from collections.abc import Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from sqlalchemy import Connection, select
from sqlalchemy.dialects import postgresql, sqlite

from worker.core.events import Event, EventKind
from worker.core.history import Advance, History, MessageKind, MessageState, PastMessage
from worker.core.replay import replay
from worker.errors import LogbookError
from worker.logbook import mirror, schema
from worker.logbook.rows import day_of, instant

EVENT, MESSAGE, CHILD = schema.event, schema.message, schema.message_row


def record(connection: Connection, organisation: str, events: Sequence[Event]) -> None:
    """Append events; one whose key exists already is left out."""
    insert = (sqlite.insert if connection.dialect.name == "sqlite" else postgresql.insert)(EVENT)
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


def _messages(connection: Connection, organisation: str, zone: ZoneInfo) -> list[PastMessage]:
    children: dict[str, list[Any]] = {}
    rows = select(CHILD).where(CHILD.c.organisation == organisation).order_by(CHILD.c.key, CHILD.c.position)
    for row in connection.execute(rows):
        children.setdefault(row.key, []).append(row)
    found = select(MESSAGE).where(MESSAGE.c.organisation == organisation).order_by(MESSAGE.c.seq, MESSAGE.c.key)
    return [_past(row, children.get(row.key, []), zone) for row in connection.execute(found)]


def _past(row: Any, children: list[Any], zone: ZoneInfo) -> PastMessage:
    at = datetime.fromisoformat(row.handed_at or row.planned_at).replace(tzinfo=UTC)
    return PastMessage(
        row.key,
        MessageKind(row.kind),
        row.payer_id,
        MessageState(row.state),
        at.astimezone(zone).date(),
        row.step,
        row.after_due,
        tuple(
            Advance(c.invoice_id, c.round, c.step, Decimal(c.amount), c.currency, day_of(c.run), c.hard)
            for c in children
            if c.invoice_id is not None
        ),
        tuple(json.loads(row.listed)),
        tuple(c.payment_id for c in children if c.payment_id is not None),
        tuple(json.loads(row.recipients)),
        day_of(row.granted),
        row.mailer,
    )
