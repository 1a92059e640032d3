"""Which logbook this is. A copy, a restored backup or a server gone back in time is another one, and never live by
itself: the config names the one that may send."""

from uuid import uuid4

from sqlalchemy import Connection, delete, insert, select, update

from worker.errors import LogbookError
from worker.logbook import schema
from worker.logbook.database import insert_into
from worker.logbook.server import moved

TABLE = schema.instance


def instance_id(connection: Connection, place: str) -> str:
    """The id, born now if there is none, and renewed when `place` is not where it was. The caller commits."""
    birth = insert_into(connection, TABLE).values(one=1, id=uuid4().hex, place=place).on_conflict_do_nothing()
    connection.execute(birth)
    found = connection.execute(select(TABLE)).mappings().one()
    if what := moved(found["place"], place):
        return renew(connection, place, f"it lies on {what} since ({found['place']} became {place})", found["moved"])
    if not found["place"]:
        connection.execute(update(TABLE).values(place=place))
    return str(found["id"])


def renew(connection: Connection, place: str, why: str = "", gone: str = "") -> str:
    """A new id; `why` it is another logbook, `gone` where its rows were moved to ("" while they are here)."""
    id_ = uuid4().hex
    connection.execute(delete(TABLE))
    connection.execute(insert(TABLE).values(one=1, id=id_, place=place, why=why, moved=gone))
    return id_


def check_not_moved(connection: Connection, name: str) -> None:
    """Raises LogbookError when the rows of this logbook live elsewhere now."""
    if gone := connection.execute(select(TABLE.c.moved)).scalar():
        raise LogbookError(
            f"{name}: this logbook was moved to {gone}; nothing is swept from here.\n"
            "    do this:  point `logbook:` in config.yaml there"
        )


def adopt(connection: Connection, place: str, id_: str) -> None:
    """Be the logbook with this id from now on: its rows were moved here."""
    connection.execute(delete(TABLE))
    connection.execute(insert(TABLE).values(one=1, id=id_, place=place))
