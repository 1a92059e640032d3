"""The logbook itself: `worker.ports.Logbook` over one database, one short transaction a call."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from functools import update_wrapper
from typing import TYPE_CHECKING, Concatenate, ParamSpec, TypeVar

from sqlalchemy import delete, select, update
from sqlalchemy.exc import IntegrityError

from worker.core.decisions import Remind, Thank
from worker.core.events import Event, EventKind
from worker.core.history import History, MessageState
from worker.core.inference.keep import Kept
from worker.core.inference.learn import Paid
from worker.core.message import Letter
from worker.core.receivable import Invoice, Snapshot
from worker.core.usage import Used, UsedOn
from worker.logbook import identity, journal, messages, mirror, schema, usage
from worker.logbook.connections import ConnectionShelf
from worker.logbook.database import ConnectionLost, Database, insert_into, open_database
from worker.logbook.erased import aliases
from worker.logbook.paid import cycles, issued, paid
from worker.logbook.rows import instant
from worker.logbook.tidy import first_today, tidy
from worker.ports import Claim, MessageRecord, MirrorWriter

if TYPE_CHECKING:
    from worker.logbook.forget import Erasure
    from worker.logbook.permits import PermitStore

P = ParamSpec("P")
R = TypeVar("R")


def again(method: Callable[Concatenate["SqlLogbook", P], R]) -> Callable[Concatenate["SqlLogbook", P], R]:
    """Do it once more over a new connection when the server hung up. Only for what may be done twice, and never from
    the hand-off on: whether that was written is for a person or the far end to say."""

    def twice(self: "SqlLogbook", /, *args: P.args, **named: P.kwargs) -> R:
        try:
            return method(self, *args, **named)
        except ConnectionLost:
            return method(self, *args, **named)

    update_wrapper(twice, method)
    return twice


def open_logbook(location: str) -> "SqlLogbook":
    """Open the logbook at a file path, `sqlite:///PATH`, `sqlite://` (in memory) or `postgresql://` URL.

    Creates or migrates it first when needed. Raises LogbookError when it cannot be trusted or used.
    """
    return SqlLogbook(open_database(location))


class SqlLogbook:
    """See `worker.ports.Logbook`, whose docstrings are the contract. Use one instance per process, in one thread."""

    def __init__(self, database: Database) -> None:
        """Take over an open, migrated database."""
        self._database = database

    def instance_id(self) -> str:
        """The random id this store was born with; another one when its server was restored, failed over or copied."""
        with self._database.write() as connection:
            return identity.instance_id(connection, self._database.place)

    def instance_why(self) -> str:
        """Why the id is another one than it was, in a sentence; "" when it was never changed."""
        with self._database.read() as connection:
            return str(connection.execute(select(schema.instance.c.why)).scalar() or "")

    @again
    def lease(self, organisation: str, holder: str, now: datetime, length: timedelta) -> bool:
        """Take or renew the organisation's sweep lease. Raises LogbookError when the logbook was moved elsewhere."""
        table = schema.lease
        with self._database.write() as connection:
            identity.check_not_moved(connection, self._database.name)
            build = insert_into(connection, table)
            take = build.values(organisation=organisation, holder=holder, until=instant(now + length))
            take = take.on_conflict_do_update(
                index_elements=["organisation"],
                set_={"holder": take.excluded.holder, "until": take.excluded.until},
                where=(table.c.holder == holder) | (table.c.until <= instant(now)),
            )
            return connection.execute(take.returning(table.c.holder)).first() is not None

    @again
    def leased_to(self, organisation: str) -> str:
        """Who signed the organisation's lease, run out or not; "" when nobody holds one."""
        table = schema.lease
        with self._database.read() as connection:
            found = connection.execute(select(table.c.holder).where(table.c.organisation == organisation)).scalar()
        return str(found or "")

    @again
    def unlease(self, organisation: str, holder: str) -> None:
        """Give the lease back, if still ours."""
        table = schema.lease
        with self._database.write() as connection:
            connection.execute(delete(table).where(table.c.organisation == organisation, table.c.holder == holder))

    @contextmanager
    def reading(self, organisation: str, now: datetime) -> Iterator[MirrorWriter]:
        """Open the mirror for one reading; nothing is written before `finish`, so leaving early leaves no trace."""
        yield mirror.Writer(self._database, organisation, now)

    @again
    def watermark(self, organisation: str) -> str | None:
        """What the last complete reading ended at."""
        table = schema.watermark
        with self._database.read() as connection:
            mine = select(table.c.watermark).where(table.c.organisation == organisation)
            return connection.execute(mine).scalar()

    @again
    def open_count(self, organisation: str) -> int:
        """How many invoices the mirror holds open."""
        with self._database.read() as connection:
            return len(mirror.open_ids(connection, organisation))

    @again
    def open_ids(self, organisation: str) -> tuple[str, ...]:
        """Ids of the invoices the mirror holds open."""
        with self._database.read() as connection:
            return mirror.open_ids(connection, organisation)

    @again
    def snapshot(self, organisation: str) -> Snapshot | None:
        """The mirror as of the last complete reading; None before the first."""
        with self._database.read() as connection:
            return mirror.load(connection, organisation)

    @again
    def read_at(self, organisation: str) -> datetime | None:
        """When the mirror was last complete; None before the first reading."""
        with self._database.read() as connection:
            return mirror.read_at(connection, organisation)

    @again
    def resync(self, organisation: str) -> None:
        """Forget the watermark; rounds and first-seen times are kept."""
        table = schema.watermark
        with self._database.write() as connection:
            connection.execute(update(table).where(table.c.organisation == organisation).values(watermark=None))

    @again
    def history(self, organisation: str, zone: str = "") -> History:
        """Everything recorded, replayed; days are local to `zone`, else to the zone the books name, else UTC."""
        with self._database.read() as connection:
            return journal.history(connection, organisation, zone)

    def record(self, organisation: str, *events: Event) -> None:
        """Append events in one transaction."""
        with self._database.write() as connection:
            journal.record(connection, organisation, events)

    @again
    def events(self, organisation: str, subject: str | None = None, kind: EventKind | None = None) -> tuple[Event, ...]:
        """Recorded events, oldest first."""
        with self._database.read() as connection:
            return journal.events(connection, organisation, subject, kind)

    @again
    def plan(self, organisation: str, sweep_id: str, decision: Remind | Thank, now: datetime) -> bool:
        """Write a message and its child rows as planned; False when any child row exists already."""
        try:
            with self._database.write() as connection:
                return messages.plan(connection, organisation, sweep_id, decision, now)
        except IntegrityError:
            return False

    @again
    def claim(self, organisation: str, key: str, holder: str, now: datetime, lease: timedelta) -> Claim | None:
        """planned (or an expired claim) -> claimed."""
        with self._database.write() as connection:
            return messages.claim(connection, organisation, key, holder, now, lease)

    def hand(self, organisation: str, claim: Claim, letter: Letter, raw: bytes, mailer: str, now: datetime) -> bool:
        """claimed -> handed, durable before this returns."""
        with self._database.write() as connection:
            return messages.hand(connection, organisation, claim, letter, raw, mailer, now)

    def settle(
        self,
        organisation: str,
        key: str,
        state: MessageState,
        now: datetime,
        provider_id: str = "",
        detail: str = "",
        claim: Claim | None = None,
    ) -> None:
        """Record an outcome. Raises LogbookError for an illegal transition or a claim that was lost."""
        with self._database.write() as connection:
            messages.settle(connection, organisation, key, state, now, provider_id, detail, claim)

    def recover(self, organisation: str, now: datetime, grace: timedelta) -> tuple[str, ...]:
        """Expired claims back to planned, silent hand-offs to uncertain; the keys of the latter."""
        with self._database.write() as connection:
            return messages.recover(connection, organisation, now, grace)

    @again
    def unfinished(self, organisation: str) -> tuple[MessageRecord, ...]:
        """Messages planned or claimed but never handed."""
        with self._database.read() as connection:
            return messages.records(connection, organisation, (MessageState.PLANNED, MessageState.CLAIMED))

    @again
    def messages(
        self, organisation: str, payer_id: str | None = None, states: Sequence[MessageState] = ()
    ) -> tuple[MessageRecord, ...]:
        """Messages, oldest first, without their bytes unless one payer is named."""
        with self._database.read() as connection:
            return messages.records(connection, organisation, states, payer_id)

    @again
    def remember_link(self, organisation: str, invoice_id: str, url: str) -> None:
        """Cache a pay link."""
        with self._database.write() as connection:
            mirror.upsert(connection, schema.link, organisation, [(invoice_id, url)])

    @again
    def links(self, organisation: str) -> dict[str, str]:
        """The cached pay links, by invoice id."""
        with self._database.read() as connection:
            return mirror.links(connection, organisation)

    @again
    def paid(self, organisation: str, since: date) -> tuple[Paid, ...]:
        """Every invoice that money came for since a day, once each: the evidence for payment cycles."""
        with self._database.read() as connection:
            return tuple(paid(connection, organisation, since))

    @again
    def issued(self, organisation: str, since: date) -> tuple[Invoice, ...]:
        """Every invoice issued since a day, open or paid."""
        with self._database.read() as connection:
            return tuple(issued(connection, organisation, since))

    def connections(self) -> ConnectionShelf:
        """Where sealed connections can be kept, in this database."""
        return ConnectionShelf(self._database)

    def permits(self) -> "PermitStore | None":
        """Where calls are counted for all workers; None in SQLite, where nobody shares them."""
        if self._database.dialect != "postgresql":
            return None
        from worker.logbook.permits import PermitStore

        return PermitStore(self._database)

    def forget(self, organisation: str, client_id: str, now: datetime, by: str, why: str) -> "Erasure":
        """Erase a client for good. Raises LogbookError, also when rows went but files could not be rewritten."""
        from worker.logbook.forget import forget  # with all it checks; hardly any run needs it

        return forget(self._database, organisation, client_id, now, by, why, really=True)

    def forgotten(self, organisation: str, client_id: str) -> bool | None:
        """Whether a client was erased; None when no reading ever showed one with this id."""
        with self._database.read() as connection:
            if client_id in aliases(connection, organisation):
                return True
            mine = (schema.client.c.organisation == organisation, schema.client.c.id == client_id)
            return False if connection.execute(select(schema.client.c.id).where(*mine)).first() else None

    def told(self) -> str:
        """What the alert channel heard last."""
        with self._database.read() as connection:
            return str(connection.execute(select(schema.instance.c.told)).scalar() or "")

    def tell(self, told: str) -> None:
        """Put on record what the alert channel heard."""
        with self._database.write() as connection:
            connection.execute(update(schema.instance).values(told=told))

    def tidy(self, before: datetime, *, really: bool = True) -> int:
        """Remove (or with `really` false count) the letters of settled messages planned before an instant."""
        return tidy(self._database, before, really=really)

    def first_today(self, today: str) -> bool:
        """Whether this is the first to tidy on a day (ISO); says so on record."""
        return first_today(self._database, today)

    def add_usage(self, organisation: str, day: date, platform: str, used: Mapping[str, Used]) -> None:
        """Add what was asked of a platform to an organisation's UTC day, by purpose."""
        with self._database.write() as connection:
            usage.add(connection, organisation, day, platform, used)

    def usage(self, organisation: str, first: date, last: date) -> tuple[UsedOn, ...]:
        """What was asked for an organisation on some UTC days, both included, oldest first."""
        with self._database.read() as connection:
            return usage.rows(connection, organisation, first, last)

    def cycles(self, organisation: str) -> dict[str, Kept]:
        """What was inferred of payment cycles before, by payer."""
        with self._database.read() as connection:
            return cycles(connection, organisation)

    def keep_cycles(self, organisation: str, fresh: Mapping[str, Kept]) -> None:
        """Keep what was inferred now, in place of what was known of these payers before."""
        rows = [(payer, one.mark, one.beliefs) for payer, one in fresh.items()]
        with self._database.write() as connection:
            mirror.upsert(connection, schema.cycle, organisation, rows)

    def close(self) -> None:
        """Release the database."""
        self._database.close()
