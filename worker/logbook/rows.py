"""Values to rows and back. Column order is field order; `organisation` stands before every row."""

import json
from collections.abc import Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import lru_cache
from sys import intern
from typing import Any

from worker.core.receivable import (
    Allocation,
    Client,
    Credit,
    CreditKind,
    Invoice,
    InvoiceStatus,
    Organisation,
    Payment,
    PaymentKind,
    Person,
)

Row = tuple[Any, ...]

# A mirror of thousands repeats a few hundred days and many amounts: equal ones are one object.
_day = lru_cache(maxsize=4096)(date.fromisoformat)
amount_of = lru_cache(maxsize=16384)(Decimal)

_STATUS = {s.value: s for s in InvoiceStatus}
_CREDIT = {k.value: k for k in CreditKind}
_PAYMENT = {k.value: k for k in PaymentKind}


def instant(at: datetime) -> str:
    """ISO text in UTC, always with microseconds: text order is time order. Naive instants are a programming error."""
    if at.tzinfo is None:
        raise ValueError(f"an instant needs a time zone: {at!r}")
    return at.astimezone(UTC).isoformat(timespec="microseconds")


def day(value: date | None) -> str | None:
    """ISO text of a date."""
    return None if value is None else value.isoformat()


def day_of(value: str | None) -> date | None:
    """The date behind ISO text."""
    return None if value is None else date.fromisoformat(value)


def listing(values: Sequence[str]) -> str:
    """JSON text of a list of texts."""
    return json.dumps(list(values), ensure_ascii=False) if values else "[]"


def organisation_row(o: Organisation, warnings: Sequence[str]) -> Row:
    """A row of mirror_organisation, without its key."""
    return (
        o.id,
        o.name,
        o.base_currency,
        o.country,
        o.zone,
        o.demo,
        o.platform_reminders,
        o.url,
        listing(warnings),
    )


def organisation_of(row: Sequence[Any]) -> tuple[Organisation, tuple[str, ...]]:
    """The organisation and the warnings of the last reading."""
    id_, name, currency, country, zone, demo, reminders, url, warnings = row
    own = None if reminders is None else bool(reminders)
    organisation = Organisation(id_, name, currency, country, zone, bool(demo), own, url)
    return organisation, tuple(json.loads(warnings))


def client_row(c: Client) -> Row:
    """A row of mirror_client."""
    people = json.dumps([[p.name, p.email, p.copied] for p in c.people], ensure_ascii=False) if c.people else "[]"
    return (
        c.id,
        c.name,
        c.email,
        c.first_name,
        c.last_name,
        people,
        c.account_number,
        listing(c.groups),
        c.country,
        c.archived,
        c.erased,
        c.merged_into,
        c.parent_id,
        c.billed_with_parent,
        None if c.owed_by_us is None else str(c.owed_by_us),
    )


def client_of(row: Sequence[Any]) -> Client:
    """The client in a row of mirror_client."""
    people = () if row[5] == "[]" else tuple(Person(*p) for p in json.loads(row[5]))
    groups = () if row[7] == "[]" else tuple(json.loads(row[7]))
    owed = None if row[14] is None else Decimal(row[14])
    id_, name, email, first, last, _, account, _, country, archived, erased, merged, parent, billed, _ = row
    return Client(
        intern(id_),
        name,
        email,
        first,
        last,
        people,
        account,
        groups,
        country,
        bool(archived),
        bool(erased),
        merged,
        parent,
        bool(billed),
        owed,
    )


def invoice_row(i: Invoice) -> Row:
    """A row of mirror_invoice up to `repeating`: `round`, `reopened` and `closed` are the mirror's own."""
    return (
        i.id,
        i.client_id,
        i.number,
        i.currency,
        str(i.total),
        str(i.open),
        i.status.value,
        i.issued.isoformat() if i.issued else None,
        i.due.isoformat() if i.due else None,
        str(i.paid),
        str(i.credited),
        i.reference,
        i.sent,
        i.delivery_problem,
        i.approved.isoformat() if i.approved else None,
        i.expected.isoformat() if i.expected else None,
        i.work,
        i.url,
        i.theme,
        i.terms,
        i.repeating,
    )


def invoice_of(row: Sequence[Any], link: str = "") -> Invoice:
    """The invoice in a row of mirror_invoice; `link` fills in for a missing url."""
    (
        id_,
        client_id,
        number,
        currency,
        total,
        open_,
        status,
        issued,
        due,
        paid,
        credited,
        reference,
        sent,
        problem,
        approved,
        expected,
        work,
        url,
        theme,
        terms,
        repeating,
        round_,
        reopened,
        _,
    ) = row
    return Invoice(
        intern(id_),
        intern(client_id),
        number,
        intern(currency),
        amount_of(total),
        amount_of(open_),
        _STATUS[status],
        _day(issued) if issued else None,
        _day(due) if due else None,
        amount_of(paid),
        amount_of(credited),
        reference,
        None if sent is None else bool(sent),
        problem,
        _day(approved) if approved else None,
        _day(expected) if expected else None,
        work,
        url or link,
        theme,
        terms,
        bool(repeating),
        round_,
        date.fromisoformat(reopened) if reopened else None,
    )


def credit_row(c: Credit) -> Row:
    """A row of mirror_credit."""
    return (c.id, c.client_id, c.kind.value, c.currency, str(c.remaining), c.live, c.number, day(c.issued))


def credit_of(row: Sequence[Any]) -> Credit:
    """The credit in a row of mirror_credit."""
    return Credit(row[0], row[1], _CREDIT[row[2]], row[3], Decimal(row[4]), bool(row[5]), row[6], day_of(row[7]))


def payment_row(p: Payment) -> Row:
    """A row of mirror_payment up to `reference`: `first_seen` and `historic` are the mirror's own."""
    return (
        p.id,
        p.client_id,
        p.date.isoformat(),
        p.currency,
        str(p.amount),
        p.kind.value,
        p.active,
        p.batch_id,
        p.account,
        p.reference,
    )


def allocation_rows(p: Payment) -> list[Row]:
    """The rows of mirror_allocation of one payment."""
    return [(p.id, n, a.invoice_id, str(a.amount)) for n, a in enumerate(p.allocations)]


def payment_of(row: Sequence[Any], allocations: Sequence[tuple[str, str]]) -> Payment:
    """The payment in a row of mirror_payment, with its (invoice id, amount) pairs."""
    id_, client_id, on, currency, amount, kind, active, batch, account, reference, first_seen, historic = row
    return Payment(
        id_,
        intern(client_id),
        _day(on),
        intern(currency),
        amount_of(amount),
        _PAYMENT[kind],
        bool(active),
        batch,
        account,
        reference,
        tuple(Allocation(intern(i), amount_of(a)) for i, a in allocations),
        datetime.fromisoformat(first_seen),
        bool(historic),
    )
