"""The mirror: our copy of the last complete reading of one organisation's books.

A reading is held in memory, as the rows that differ from what is stored, until `finish` writes it in one short
transaction: the network is never waited for with the database locked, and a reading that failed leaves no trace.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import islice
from typing import Any

from sqlalchemy import Connection, Select, Table, bindparam, delete, select, union, update

from worker.core.receivable import (
    Credit,
    Invoice,
    InvoiceStatus,
    Organisation,
    Payment,
    Snapshot,
    snapshot_of,
)
from worker.errors import LogbookError
from worker.logbook import erased, rows, schema
from worker.logbook.database import Database, insert_into
from worker.logbook.rows import Row, instant
from worker.ports import Gone, Page

CLOSED = frozenset({InvoiceStatus.PAID, InvoiceStatus.VOID, InvoiceStatus.DELETED})
NOT_CLOSED = tuple(s.value for s in InvoiceStatus if s not in CLOSED)
NAMED_FOR = timedelta(days=120)
"""How long a closed invoice stays in the snapshot after a new payment or a message of ours named it."""
PAYMENTS_FOR = timedelta(days=400)
"""How far back payments are shown: long enough to learn a yearly pattern from."""
CHUNK = 500


def _columns(table: Table) -> list[Any]:
    return [c for c in table.columns if c.name != "organisation"]


def upsert(connection: Connection, table: Table, organisation: str, values: Iterable[Row]) -> None:
    """Insert rows (in column order, without `organisation`) or replace those with the same key."""
    names = [c.name for c in table.columns]
    insert = insert_into(connection, table)
    keys = [c.name for c in table.primary_key.columns]
    changes = {n: insert.excluded[n] for n in names if n not in keys}
    statement = insert.on_conflict_do_update(index_elements=keys, set_=changes)
    if parameters := [dict(zip(names, (organisation, *row), strict=True)) for row in values]:
        connection.execute(statement, parameters)


def _chunks(ids: Iterable[str]) -> Iterator[list[str]]:
    rest = iter(ids)
    while chunk := list(islice(rest, CHUNK)):
        yield chunk


def fetch(connection: Connection, statement: Select[Any], parameters: Mapping[str, Any] | None = None) -> list[Row]:
    """Plain tuples straight from the driver: a row object and a type check a column would double the cost of a large
    mirror. Booleans may come as 0 and 1."""
    cursor = connection.execute(statement, parameters).cursor
    return list(cursor.fetchall()) if cursor else []


def _each(connection: Connection, statement: Select[Any]) -> Iterator[Row]:
    """As `fetch`, a few hundred rows at a time: all of a large mirror need not be there twice."""
    cursor = connection.execute(statement).cursor
    while cursor and (some := cursor.fetchmany(CHUNK)):
        yield from some


@cache
def _by_ids(table: Table, column: str) -> Select[Any]:
    """Built once a table: a page has a hundred rows, and building the statement costs more than running it."""
    wanted = table.c[column].in_(bindparam("ids", expanding=True))
    return select(*_columns(table)).where(table.c.organisation == bindparam("name"), wanted)


def _stored(connection: Connection, table: Table, organisation: str, ids: Iterable[str]) -> dict[str, Row]:
    statement = _by_ids(table, "id")
    return {
        row[0]: row
        for chunk in _chunks(ids)
        for row in fetch(connection, statement, {"name": organisation, "ids": chunk})
    }


def _stored_allocations(connection: Connection, organisation: str, ids: Iterable[str]) -> dict[str, list[Row]]:
    found: dict[str, list[Row]] = {}
    statement = _by_ids(schema.allocation, "payment_id")
    for chunk in _chunks(ids):
        for row in sorted(fetch(connection, statement, {"name": organisation, "ids": chunk})):
            found.setdefault(row[0], []).append(row)
    return found


class Writer:
    """One reading of one organisation, as `worker.ports.MirrorWriter`. `now` is the instant of the reading, UTC."""

    def __init__(self, database: Database, organisation: str, now: datetime) -> None:
        """Remember which reading this one follows."""
        self._database, self._name, self._now = database, organisation, now
        with database.read() as connection:
            self._follows = _reading_number(connection, organisation)
            self._erased = erased.aliases(connection, organisation)
            self._first = not _all(connection, schema.organisation, organisation)
        self._organisation: Organisation | None = None
        self._warnings: list[str] = []
        self._clients: dict[str, Row] = {}
        self._invoices: dict[str, Row] = {}
        self._credits: dict[str, Row] = {}
        self._payments: dict[str, tuple[Row, list[Row]]] = {}
        self._seen_invoices: set[str] = set()
        self._numbers: dict[str, str] = {}
        self._every_client: frozenset[str] | None = None
        self._seen_credits: set[str] = set()
        self._gone: list[Gone] = []

    def add(self, page: Page) -> None:
        """Take in one page. A row shown twice counts as it was shown last."""
        page = erased.without(page, self._erased)
        self._organisation = page.organisation or self._organisation
        self._warnings.extend(page.warnings)
        self._seen_invoices.update(i.id for i in page.invoices)
        self._seen_credits.update(c.id for c in page.credits)
        self._gone.append(page.gone)
        self._numbers.update((i.number, i.client_id) for i in page.invoices)
        if page.every_client:
            self._every_client = frozenset(c.id for c in page.clients)
        with self._database.read() as connection:
            self._keep(connection, schema.client, {c.id: rows.client_row(c) for c in page.clients}, self._clients)
            self._keep(connection, schema.credit, {c.id: rows.credit_row(c) for c in page.credits}, self._credits)
            self._add_invoices(connection, page.invoices)
            self._add_payments(connection, page.payments)

    def _keep(self, connection: Connection, table: Table, shown: dict[str, Row], changed: dict[str, Row]) -> None:
        was = _stored(connection, table, self._name, shown)
        for id_, row in shown.items():
            _note(changed, id_, row, was.get(id_))

    def _add_invoices(self, connection: Connection, invoices: Sequence[Invoice]) -> None:
        was = _stored(connection, schema.invoice, self._name, [i.id for i in invoices])
        today = self._now.astimezone(UTC).date().isoformat()
        for invoice in invoices:
            before = was.get(invoice.id)
            round_, reopened, closed = before[-3:] if before else (0, None, False)
            if invoice.status in CLOSED:
                closed = True
            elif closed and invoice.is_open:
                round_, reopened, closed = round_ + 1, today, False
            _note(self._invoices, invoice.id, (*rows.invoice_row(invoice), round_, reopened, closed), before)

    def _add_payments(self, connection: Connection, payments: Sequence[Payment]) -> None:
        ids = [p.id for p in payments]
        was = _stored(connection, schema.payment, self._name, ids)
        allocated = _stored_allocations(connection, self._name, was)
        for payment in payments:
            before = was.get(payment.id)
            seen = before[-2:] if before else (instant(self._now), self._first)
            now = ((*rows.payment_row(payment), *seen), rows.allocation_rows(payment))
            _note(self._payments, payment.id, now, (before, allocated.get(payment.id, [])) if before else None)

    def finish(self, watermark: str, *, full: bool) -> Snapshot:
        """Write everything and the watermark in one transaction, and return the new snapshot.

        After a full reading, invoices not shown count as deleted and credits not shown are no longer live. Payments
        not shown stay: a platform drops old ones from its lists, and money that really went back is shown as deleted
        or as a refund. When the books are another company's than before, the mirror starts anew. Raises LogbookError
        when another reading of these books was finished meanwhile, or when another company's were not read in full.
        """
        with self._database.write() as connection:
            anew = self._other_books(connection)
            self._take(connection, watermark if full or not anew else None)
            if anew:
                self._start_anew(connection)
            if full or not anew:
                self._write(connection)
            for gone in self._gone:
                self._drop(connection, gone)
            if full:
                self._follow_renames(connection)
                self._drop_unseen(connection)
        if anew and not full:
            raise LogbookError(
                f"{self._name}: these are other books than before, and only what changed in them was read.\n"
                "    do this:  nothing; the next sweep reads all of them. Messages and events on record stay"
            )
        with self._database.read() as connection:
            snapshot = load(connection, self._name)
        assert snapshot is not None
        return snapshot

    def _other_books(self, connection: Connection) -> bool:
        """Whether `books:` leads to another company than the mirror shows."""
        about = schema.organisation
        was = connection.execute(select(about.c.id).where(about.c.organisation == self._name)).scalar()
        return bool(was and self._organisation and self._organisation.id not in ("", was))

    def _start_anew(self, connection: Connection) -> None:
        """Forget the other company's mirror. Money it had before we came is no news: nobody is thanked for it."""
        for table in schema.MIRROR:
            connection.execute(delete(table).where(table.c.organisation == self._name))
        self._payments = {id_: ((*row[:-1], True), pairs) for id_, (row, pairs) in self._payments.items()}

    def _take(self, connection: Connection, watermark: str | None) -> None:
        """Write the watermark, first of all, unless a reading was finished since ours began; locks out others."""
        table = schema.watermark
        values = {"watermark": watermark, "read_at": instant(self._now), "reading": self._follows + 1}
        insert = insert_into(connection, table)
        ours = insert.values(organisation=self._name, **values).on_conflict_do_update(
            index_elements=["organisation"], set_=values, where=table.c.reading == self._follows
        )
        if connection.execute(ours.returning(table.c.reading)).first() is None:
            raise LogbookError(
                f"{self._name}: another sweep read these books at the same time.\n"
                "    do this:  nothing; this reading is dropped and the next sweep goes on from the other one"
            )

    def _write(self, connection: Connection) -> None:
        table = schema.organisation
        known = _all(connection, table, self._name)
        if self._organisation is None and not known:
            raise LogbookError(
                f"{self._name}: the reading did not say whose books these are.\n"
                "    do this:  report this as a defect of the connector"
            )
        about = self._organisation or rows.organisation_of(*known)[0]
        upsert(connection, table, self._name, [rows.organisation_row(about, self._warnings)])
        upsert(connection, schema.client, self._name, self._clients.values())
        upsert(connection, schema.invoice, self._name, self._invoices.values())
        upsert(connection, schema.credit, self._name, self._credits.values())
        upsert(connection, schema.payment, self._name, (row for row, _ in self._payments.values()))
        allocation = schema.allocation
        for chunk in _chunks(self._payments):
            stale = (allocation.c.organisation == self._name) & allocation.c.payment_id.in_(chunk)
            connection.execute(delete(allocation).where(stale))
        upsert(connection, allocation, self._name, (a for _, all_ in self._payments.values() for a in all_))

    def _drop(self, connection: Connection, gone: Gone) -> None:
        """What the books deleted: everything else we know of it stays as it was."""
        self._delete_invoices(connection, gone.invoices)
        for table, ids, change in (
            (schema.credit, gone.credits, {"live": False}),
            (schema.payment, gone.payments, {"active": False}),
        ):
            for chunk in _chunks(ids):
                where = (table.c.organisation == self._name) & table.c.id.in_(chunk)
                connection.execute(update(table).where(where).values(**change))

    def _delete_invoices(self, connection: Connection, ids: Iterable[str]) -> None:
        invoice = schema.invoice
        for chunk in _chunks(ids):
            where = (invoice.c.organisation == self._name) & invoice.c.id.in_(chunk)
            # A draft that vanished was never closed: when it comes back issued, that is no re-opening.
            opened = where & (invoice.c.status == InvoiceStatus.OPEN.value)
            connection.execute(update(invoice).where(opened).values(closed=True))
            connection.execute(update(invoice).where(where).values(status=InvoiceStatus.DELETED.value))

    def _follow_renames(self, connection: Connection) -> None:
        """A client who is gone, and whose open invoices are all another's now by their numbers, is that other one."""
        if self._every_client is None:
            return
        invoice, client = schema.invoice, schema.client
        mine = (invoice.c.organisation == self._name) & (invoice.c.status == InvoiceStatus.OPEN.value)
        heirs: dict[str, set[str]] = {}
        for id_, client_id, number in fetch(
            connection, select(invoice.c.id, invoice.c.client_id, invoice.c.number).where(mine)
        ):
            if number in self._numbers and id_ not in self._seen_invoices and client_id not in self._every_client:
                heirs.setdefault(client_id, set()).add(self._numbers[number])
        for client_id, found in heirs.items():
            if len(found) == 1:
                where = (client.c.organisation == self._name) & (client.c.id == client_id)
                connection.execute(update(client).where(where).values(merged_into=found.pop()))

    def _drop_unseen(self, connection: Connection) -> None:
        invoice, credit = schema.invoice, schema.credit
        mine = (invoice.c.organisation == self._name) & invoice.c.status.in_(NOT_CLOSED)
        held = connection.execute(select(invoice.c.id).where(mine)).scalars().all()
        live = (credit.c.organisation == self._name) & credit.c.live
        spent = connection.execute(select(credit.c.id).where(live)).scalars().all()
        self._drop(
            connection,
            Gone(
                invoices=tuple(i for i in held if i not in self._seen_invoices),
                credits=tuple(c for c in spent if c not in self._seen_credits),
            ),
        )


def _note(changed: dict[str, Any], id_: str, now: Any, before: Any) -> None:
    """Keep what differs from the store; forget what an earlier page changed and this one changed back."""
    if now != before:
        changed[id_] = now
    else:
        changed.pop(id_, None)


def _reading_number(connection: Connection, organisation: str) -> int:
    table = schema.watermark
    number = connection.execute(select(table.c.reading).where(table.c.organisation == organisation)).scalar()
    return number or 0


def read_at(connection: Connection, organisation: str) -> datetime | None:
    """When the last complete reading was made."""
    table = schema.watermark
    found = connection.execute(select(table.c.read_at).where(table.c.organisation == organisation)).scalar()
    return datetime.fromisoformat(found) if found else None


def load(connection: Connection, organisation: str) -> Snapshot | None:
    """The snapshot as of the last complete reading: every invoice not closed, closed ones that a payment first seen or
    a message planned in the 120 days before it names, payments of the 400 days before it, and credits still live."""
    at = read_at(connection, organisation)
    if at is None:
        return None
    recent = instant(at - NAMED_FOR)
    about, warnings = rows.organisation_of(*_all(connection, schema.organisation, organisation))
    return snapshot_of(
        about,
        at,
        tuple(rows.client_of(r) for r in _all(connection, schema.client, organisation)),
        tuple(_invoices(connection, organisation, recent)),
        tuple(_credits(connection, organisation)),
        tuple(_payments(connection, organisation, recent, (at - PAYMENTS_FOR).date().isoformat())),
        warnings,
    )


def _all(connection: Connection, table: Table, organisation: str, *where: Any) -> list[Row]:
    return fetch(connection, select(*_columns(table)).where(table.c.organisation == organisation, *where))


def _invoices(connection: Connection, organisation: str, recent: str) -> Iterator[Invoice]:
    invoice, paid, allocated = schema.invoice, schema.payment, schema.allocation
    message, child = schema.message, schema.message_row
    by_payment = (
        select(allocated.c.invoice_id)
        .join(paid, (paid.c.organisation == allocated.c.organisation) & (paid.c.id == allocated.c.payment_id))
        .where(allocated.c.organisation == organisation, paid.c.first_seen >= recent, ~paid.c.historic)
    )
    by_message = (
        select(child.c.invoice_id)
        .join(message, (message.c.organisation == child.c.organisation) & (message.c.key == child.c.key))
        .where(child.c.organisation == organisation, message.c.planned_at >= recent, child.c.invoice_id.is_not(None))
    )
    urls = links(connection, organisation)
    named = invoice.c.id.in_(union(by_payment, by_message))
    for where in ((invoice.c.status.in_(NOT_CLOSED),), (invoice.c.status.not_in(NOT_CLOSED), named)):
        for row in _each(connection, select(*_columns(invoice)).where(invoice.c.organisation == organisation, *where)):
            yield rows.invoice_of(row, urls.get(row[0], ""))


def links(connection: Connection, organisation: str) -> dict[str, str]:
    """Cached pay links by invoice id."""
    return dict(_all(connection, schema.link, organisation))


def _credits(connection: Connection, organisation: str) -> Iterator[Credit]:
    for row in _all(connection, schema.credit, organisation, schema.credit.c.live):
        credit = rows.credit_of(row)
        if credit.remaining > 0:  # exact decimals are text: the database cannot compare them
            yield credit


def _payments(connection: Connection, organisation: str, recent: str, since: str) -> Iterator[Payment]:
    payment, allocation = schema.payment, schema.allocation
    wanted = (payment.c.date >= since) | ((payment.c.first_seen >= recent) & ~payment.c.historic)
    ids = select(payment.c.id).where(payment.c.organisation == organisation, wanted)
    pairs: dict[str, list[tuple[str, str]]] = {}
    found = connection.execute(
        select(allocation.c.payment_id, allocation.c.invoice_id, allocation.c.amount)
        .where(allocation.c.organisation == organisation, allocation.c.payment_id.in_(ids))
        .order_by(allocation.c.payment_id, allocation.c.position)
    )
    for payment_id, invoice_id, amount in found:
        pairs.setdefault(payment_id, []).append((invoice_id, amount))
    for row in _all(connection, payment, organisation, wanted):
        yield rows.payment_of(row, pairs.get(row[0], ()))


def open_ids(connection: Connection, organisation: str) -> tuple[str, ...]:
    """Ids of the invoices the mirror holds open, sorted."""
    table = schema.invoice
    where = (table.c.organisation == organisation, table.c.status == InvoiceStatus.OPEN.value)
    return tuple(connection.execute(select(table.c.id).where(*where).order_by(table.c.id)).scalars())


def first_seen(connection: Connection, organisation: str) -> dict[str, datetime]:
    """Payment id -> the instant of the reading that first showed it, for payments that may still be thanked for."""
    table = schema.payment
    where = (table.c.organisation == organisation, ~table.c.historic)
    found = connection.execute(select(table.c.id, table.c.first_seen).where(*where).order_by(table.c.id))
    return {id_: datetime.fromisoformat(at) for id_, at in found}
