"""The retention job: letters go after a while; what was sent to whom, when and for which invoice stays.

In small batches, each its own transaction: a sweep never waits long for it.
"""

from datetime import datetime

from sqlalchemy import and_, select, update

from worker.logbook import schema
from worker.logbook.database import Database
from worker.logbook.rows import instant
from worker.logbook.verify import EMPTIED

BATCH = 200
MESSAGE, BODY, INSTANCE = schema.message, schema.message_body, schema.instance
UNSETTLED = ("planned", "claimed", "handed", "uncertain")
"""Somebody may still need to look at what was sent."""


def tidy(database: Database, before: datetime, *, really: bool = True) -> int:
    """Remove the letters of settled messages planned before an instant, their SHA-256 kept; how many. With `really`
    false they are only counted."""
    joined = and_(MESSAGE.c.organisation == BODY.c.organisation, MESSAGE.c.key == BODY.c.key)
    old = (
        select(BODY.c.organisation, BODY.c.key, BODY.c.attempt)
        .join(MESSAGE, joined)
        .where(MESSAGE.c.planned_at < instant(before), BODY.c.letter != EMPTIED, MESSAGE.c.state.not_in(UNSETTLED))
    )
    if not really:
        with database.read() as connection:
            return len(connection.execute(old).all())
    done = 0
    while True:
        with database.write() as connection:
            found = connection.execute(old.limit(BATCH)).all()
            for organisation, key, attempt in found:
                this = and_(BODY.c.organisation == organisation, BODY.c.key == key, BODY.c.attempt == attempt)
                connection.execute(update(BODY).where(this).values(letter=EMPTIED, raw=b""))
        done += len(found)
        if len(found) < BATCH:
            return done


def first_today(database: Database, today: str) -> bool:
    """Whether nobody tidied on this day (ISO) yet; says so on record, for one caller only."""
    with database.write() as connection:
        mine = update(INSTANCE).where(INSTANCE.c.tidied != today).values(tidied=today)
        return connection.execute(mine).rowcount == 1
