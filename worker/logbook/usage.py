"""What was asked of the platforms, added up by organisation, UTC day, platform and purpose."""

from collections.abc import Mapping
from datetime import date

from sqlalchemy import Connection, select

from worker.core.usage import Used, UsedOn
from worker.logbook import schema
from worker.logbook.database import insert_into


def add(connection: Connection, organisation: str, day: date, platform: str, used: Mapping[str, Used]) -> None:
    """Add to the day's rows; what is there already goes on counting."""
    table = schema.usage
    insert = insert_into(connection, table)
    more = {name: table.c[name] + insert.excluded[name] for name in ("calls", "answered", "size")}
    statement = insert.on_conflict_do_update(index_elements=list(table.primary_key.columns), set_=more)
    key = {"organisation": organisation, "day": day.isoformat(), "platform": platform}
    rows = [
        {**key, "purpose": purpose, "calls": u.calls, "answered": u.answered, "size": u.size}
        for purpose, u in used.items()
        if u.calls
    ]
    if rows:
        connection.execute(statement, rows)


def rows(connection: Connection, organisation: str, first: date, last: date) -> tuple[UsedOn, ...]:
    """The rows of some days, both included, oldest first."""
    table = schema.usage
    chosen = (
        select(table)
        .where(table.c.organisation == organisation, table.c.day.between(first.isoformat(), last.isoformat()))
        .order_by(table.c.day, table.c.platform, table.c.purpose)
    )
    return tuple(
        UsedOn(name, date.fromisoformat(day), platform, purpose, Used(calls, answered, size))
        for name, day, platform, purpose, calls, answered, size in connection.execute(chosen)
    )
