"""Whether a logbook can be trusted: the file, what belongs together, what may only grow, and every message's state."""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, and_, exists, func, not_, select, text

from worker.core.events import EventKind
from worker.core.history import MessageState as S
from worker.logbook import schema
from worker.logbook.database import Database, schema_of
from worker.logbook.states import FREED
from worker.logbook.transfer import Sums, sums

MESSAGE, CHILD, BODY, EVENT = schema.message, schema.message_row, schema.message_body, schema.event
NEVER_HANDED = frozenset({S.PLANNED, S.CLAIMED, S.CANCELLED, S.EXPIRED})
EMPTIED = "{}"
"""What stands in place of a letter whose bytes were removed; its SHA-256 stays."""
GUARDS = {
    "sqlite": ("event_no_update", "event_no_delete", "erased_event_no_update", "erased_event_no_delete"),
    "postgresql": ("event_append_only", "event_no_update", "erased_event_append_only"),
}


@dataclass(frozen=True)
class Verdict:
    """What was found. `problems` are sentences; none: all is well."""

    revision: str
    sums: Sums
    problems: tuple[str, ...]


def verify(database: Database) -> Verdict:
    """Look at everything. Raises LogbookError when it cannot even be read."""
    revision = schema_of(database)
    if revision != schema.REVISIONS[-1]:
        return Verdict(revision, {}, (f"its schema is {revision or 'empty'}: run duecourse logbook migrate first",))
    with database.read() as connection:
        problems = [
            *_file(connection),
            *_orphans(connection),
            *_guards(connection),
            *_events(connection),
            *_messages(connection),
            *_generations(connection),
            *_children(connection),
        ]
        return Verdict(revision, sums(connection), tuple(problems))


def _file(connection: Connection) -> Iterator[str]:
    if connection.dialect.name == "sqlite":
        for (said,) in connection.execute(text("PRAGMA integrity_check(20)")):
            if said != "ok":
                yield f"the file is damaged: {said}"


def _orphans(connection: Connection) -> Iterator[str]:
    """Rows whose parent is missing; a database that was damaged or edited by hand can hold some."""
    for table in schema.metadata.sorted_tables:
        for constraint in table.foreign_key_constraints:
            parent = constraint.referred_table
            pairs = [(e.parent, e.column) for e in constraint.elements]
            same = and_(*(child == above for child, above in pairs))
            lost = select(func.count()).select_from(table).where(not_(exists().where(same).select_from(parent)))
            if count := connection.execute(lost).scalar():
                yield f"{table.name}: {count} rows without their {parent.name}"


def _guards(connection: Connection) -> Iterator[str]:
    listed = {
        "sqlite": "SELECT name FROM sqlite_master WHERE type = 'trigger'",
        "postgresql": "SELECT tgname FROM pg_trigger WHERE tgenabled = 'O' AND NOT tgisinternal",
    }
    kind = connection.dialect.name
    there = set(connection.execute(text(listed[kind])).scalars())
    for name in GUARDS[kind]:
        if name not in there:
            yield f"the trigger {name}, which keeps events from being changed, is missing or switched off"


def _events(connection: Connection) -> Iterator[str]:
    kinds = {k.value for k in EventKind}
    for id_, kind, data in connection.execute(select(EVENT.c.id, EVENT.c.kind, EVENT.c.data)):
        if kind not in kinds:
            yield f"event {id_}: unknown kind {kind}"
        elif not _is_object(data):
            yield f"event {id_}: its data cannot be read"
    numbers = {
        "sqlite": "SELECT seq FROM sqlite_sequence WHERE name = 'event'",
        "postgresql": "SELECT last_value FROM event_id_seq",
    }
    given = connection.execute(text(numbers[connection.dialect.name])).scalar() or 0
    if (last := connection.execute(select(func.max(EVENT.c.id))).scalar() or 0) > given:
        yield f"events are numbered up to {last}, but only {given} numbers were given out"


def _messages(connection: Connection) -> Iterator[str]:
    last = select(func.max(BODY.c.attempt)).where(BODY.c.organisation == MESSAGE.c.organisation)
    last = last.where(BODY.c.key == MESSAGE.c.key).correlate(MESSAGE)
    joined = MESSAGE.outerjoin(
        BODY,
        and_(
            BODY.c.organisation == MESSAGE.c.organisation,
            BODY.c.key == MESSAGE.c.key,
            BODY.c.attempt == last.scalar_subquery(),
        ),
    )
    statement = select(MESSAGE, BODY.c.raw, BODY.c.letter, BODY.c.sha256).select_from(joined)
    for row in connection.execute(statement).mappings():
        for what in _message(dict(row)):
            yield f"{row['organisation']}: message {row['key']}: {what}"


def _message(row: dict[str, Any]) -> Iterator[str]:
    try:
        state = S(row["state"])
    except ValueError:
        yield f"unknown state {row['state']}"
        return
    was_handed = row["handed_at"] is not None
    if state is S.HANDED and not was_handed:
        yield "handed off, but nobody knows when"
    if was_handed and row["raw"] is None:
        yield "handed off, but its bytes are not on record"
    if was_handed and state in NEVER_HANDED:
        yield f"{state}, but it was handed off"
    if state is S.CLAIMED and not (row["holder"] and row["claimed_until"]):
        yield "claimed by nobody"
    kept = row["raw"] is not None and row["letter"] != EMPTIED
    if kept and hashlib.sha256(bytes(row["raw"])).hexdigest() != row["sha256"]:
        yield "its bytes are not those that were handed off"
    if not (_is_object(row["reason"]) and all(_is_list(row[c]) for c in ("recipients", "listed", "client_ids"))):
        yield "part of it cannot be read"


def _generations(connection: Connection) -> Iterator[str]:
    """A decision is planned again only after it was certain that nothing left."""
    newest: dict[tuple[str, str], int] = {}
    order = select(MESSAGE.c.organisation, MESSAGE.c.base, MESSAGE.c.generation, MESSAGE.c.state)
    for name, base, generation, state in connection.execute(order.order_by(MESSAGE.c.generation.desc())):
        if (name, base) in newest and state not in FREED:
            yield f"{name}: message {base}: generation {generation} is {state}, yet it was planned again"
        newest.setdefault((name, base), generation)


def _children(connection: Connection) -> Iterator[str]:
    mine = and_(CHILD.c.organisation == MESSAGE.c.organisation, CHILD.c.key == MESSAGE.c.key)
    statement = select(CHILD.c.organisation, CHILD.c.key, CHILD.c.live, MESSAGE.c.state).join(MESSAGE, mine)
    for name, key, live, state in connection.execute(statement):
        if live == (state in FREED):
            held = "still holds" if live else "no longer holds"
            yield f"{name}: message {key} is {state}, but {held} its steps"


def _is_object(value: str) -> bool:
    return isinstance(_read(value), dict)


def _is_list(value: str) -> bool:
    return isinstance(_read(value), list)


def _read(value: str) -> Any:
    try:
        return json.loads(value)
    except ValueError:
        return None
