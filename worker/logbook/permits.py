"""Permits to call a platform, counted in PostgreSQL for every worker that shares the logbook.

One transaction a batch: rows are locked in the order of their names (so takers never wait in a circle), the arithmetic
is `worker.core.permits`, the clock is the database server's. The commit does not wait for the disk: what a crash of
the server forgets is less than a second of counting, and its clients are cut off meanwhile.
"""

from collections.abc import Mapping

from sqlalchemy import bindparam, select, text, update

from worker.core.permits import Allowed, Rate, grant, read, written
from worker.logbook.database import Database, insert_into
from worker.logbook.schema import permit as table

_NOW = text("extract(epoch from clock_timestamp())::float8")
_HURRIED = text("set_config('synchronous_commit', 'off', true)")


class PermitStore:
    """See `worker.ports.Permits`. Two statements a batch; two more the first time a limit is heard of."""

    def __init__(self, database: Database) -> None:
        """An open, migrated PostgreSQL database; the logbook's own."""
        self._database = database

    def take(self, wanted: Mapping[Rate, int]) -> Mapping[Rate, Allowed]:
        """Allowed each of these its permits. Raises LogbookError when the store cannot be asked."""
        names = {rate.name: rate for rate in wanted}
        locked = select(table.c.name, table.c.counted, _NOW, _HURRIED)
        locked = locked.where(table.c.name.in_(names)).order_by(table.c.name).with_for_update()
        with self._database.write() as connection:
            rows = connection.execute(locked).all()
            if len(rows) < len(names):
                fresh = insert_into(connection, table).on_conflict_do_nothing()
                connection.execute(fresh, [{"name": n, "counted": ""} for n in sorted(names)])
                rows = connection.execute(locked).all()
            found = {names[n]: grant(read(c), now, wanted[names[n]], names[n]) for n, c, now, _ in rows}
            changed = update(table).where(table.c.name == bindparam("of")).values(counted=bindparam("told"))
            connection.execute(changed, [{"of": r.name, "told": written(g.counted)} for r, g in found.items()])
        return found
