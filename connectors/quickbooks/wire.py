"""QuickBooks' JSON to core values. PURE: bytes in, values out, no I/O and no clock.

A row is decoded strictly and fast; if that fails, once more forgivingly (numbers and booleans as text, null or {} for
"nothing"). A row that cannot be understood even so fails the whole reading, by name: a reading with a row silently left
out is worse than none (I6).
"""

import json
import re
from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import cache
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

import msgspec

from connectors.countries import country
from connectors.lenient import no_number, without_nothing
from connectors.quickbooks import rows as row
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
from worker.errors import BooksGarbled

_WORK_LIMIT = 80
_ZERO = Decimal(0)
_REPORT = "Run again; if it stays, report this row: nothing is sent for this organisation meanwhile."
_AGAIN = "Run again; the platform may have changed its answers."
_BETWEEN = re.compile(r"[,;]")
_GONE_NAME = re.compile(r" \(deleted(?: \d+)?\)$")
_ORDER_FIELDS = frozenset({"po", "ponumber", "pono", "purchaseorder", "purchaseordernumber", "yourpo", "customerpo"})
_SENT = {"EmailSent": True, "NotSet": False, "NeedToSend": False}

T = TypeVar("T", bound=msgspec.Struct)
R = TypeVar("R", bound=row.Row)


class Unreadable(BooksGarbled):
    """One row makes no sense; the message names it."""

    def __init__(self, label: str, why: str) -> None:
        super().__init__(f"{label} cannot be understood: {why}.", _REPORT)


@cache
def _decoder(kind: Any) -> "msgspec.json.Decoder[Any]":
    return msgspec.json.Decoder(kind)


def decode(kind: type[T], body: bytes, what: str) -> T:
    """The frame of an answer. Raises BooksGarbled for broken JSON or another shape."""
    try:
        answer: T = _decoder(kind).decode(body)
        return answer
    except msgspec.ValidationError as error:
        raise BooksGarbled(f"The answer to {what} has another shape ({error}).", _AGAIN) from None
    except msgspec.DecodeError as error:
        raise BooksGarbled(f"Broken JSON came instead of {what} ({error}).", "Run again.") from None


def head(found: msgspec.Raw) -> row.Head:
    """Id, status and times of a row, which even a deleted one has."""
    return decode(row.Head, bytes(found), "a changed row")


def one(kind: type[R], found: msgspec.Raw) -> R:
    """One row. Raises Unreadable, naming it."""
    try:
        understood: R = _decoder(kind).decode(found)
        return understood
    except msgspec.DecodeError:
        return _forgiving(kind, bytes(found))


def _forgiving(kind: type[R], body: bytes) -> R:
    name = kind.__name__.removesuffix("Row")
    try:
        raw = json.loads(body, parse_float=Decimal, parse_constant=no_number)
    except ValueError as error:
        raise Unreadable(f"A row of {name}", str(error)) from None
    try:
        return msgspec.convert(without_nothing(raw), kind, strict=False)
    except msgspec.ValidationError as error:
        fields = raw if isinstance(raw, dict) else {}
        which = fields.get("DocNumber") or fields.get("DisplayName") or fields.get("Id") or "without an id"
        raise Unreadable(f"{name} {which}", str(error)) from None


# --- values ---------------------------------------------------------------------------------------------------------


def invoice(r: row.InvoiceRow, home: str, terms: Mapping[str, str]) -> Invoice:
    """An invoice. `home` is the currency of one that names none, `terms` the names of payment terms by id."""
    label = f"Invoice {r.DocNumber or r.Id or 'without a number'}"
    if not r.Id or not r.CustomerRef.value:
        raise Unreadable(label, "it has no id" if r.CustomerRef.value else "it names no customer")
    if not (r.TotalAmt.is_finite() and r.Balance.is_finite()):
        raise Unreadable(label, "an amount is not a number")
    delivery = r.DeliveryInfo or row.Delivery()
    return Invoice(
        id=r.Id,
        client_id=r.CustomerRef.value,
        number=r.DocNumber or "",
        currency=(r.CurrencyRef.value if r.CurrencyRef else "") or home,
        total=r.TotalAmt,
        open=r.Balance,
        status=_status(r.TotalAmt, r.Balance),
        issued=_day(r.TxnDate, label),
        due=_day(r.DueDate, label),
        # Money, credit and deposit all lower the balance alike; which it was, only the payments tell.
        paid=max(r.TotalAmt - r.Balance, _ZERO),
        reference=r.PONumber or _purchase_order(r.CustomField or ()),
        sent=_SENT.get(r.EmailStatus or ""),
        delivery_problem=delivery.DeliveryErrorType or "",
        work=_work(r.Line or ()),
        terms=_term(r.SalesTermRef, terms),
        repeating=r.RecurDataRef is not None,
    )


def _status(total: Decimal, balance: Decimal) -> InvoiceStatus:
    """QuickBooks has no status. A void sets all amounts to 0 and says so only in a note that people may edit."""
    if total == 0 and balance == 0:
        return InvoiceStatus.VOID
    if balance == 0:
        return InvoiceStatus.PAID
    return InvoiceStatus.OPEN if balance > 0 else InvoiceStatus.OTHER


def _purchase_order(fields: "tuple[()] | list[row.OwnField]") -> str:
    for one_field in fields:
        name = "".join(c for c in (one_field.Name or "").lower() if c.isalpha())
        if name in _ORDER_FIELDS and one_field.StringValue:
            return one_field.StringValue.strip()
    return ""


def _term(found: row.Ref | None, terms: Mapping[str, str]) -> str:
    return (found.name or terms.get(found.value, "")) if found else ""


def client(r: row.CustomerRow) -> Client:
    """A customer. Several addresses in its one string: the first is written to, the others are copied."""
    if not r.Id:
        raise Unreadable(f"Customer {r.DisplayName or 'without a name'}", "it has no id")
    email, *others = addresses(r.PrimaryEmailAddr.Address if r.PrimaryEmailAddr else "") or [""]
    active = r.Active is not False
    name = r.DisplayName or ""
    return Client(
        id=r.Id,
        name=name if active else _GONE_NAME.sub("", name),
        email=email,
        first_name=r.GivenName or "",
        last_name=r.FamilyName or "",
        people=tuple(Person("", other, copied=True) for other in others),
        country=country(r.BillAddr.Country) if r.BillAddr and r.BillAddr.Country else "",
        archived=not active,
        parent_id=r.ParentRef.value if r.ParentRef else "",
        billed_with_parent=bool(r.BillWithParent and r.ParentRef),
    )


def addresses(text: str | None) -> list[str]:
    """The addresses in one string with commas or semicolons between them, in order, each once."""
    parts = (part.strip() for part in _BETWEEN.split(text or ""))
    return list(dict.fromkeys(part for part in parts if part))


def payment(r: row.PaymentRow, home: str) -> Payment:
    """A payment. Of nothing, it is a credit being applied; of nothing to nothing, a voided one."""
    label = f"Payment {r.Id or 'without an id'}"
    on = _day(r.TxnDate, label)
    if not r.Id or on is None or not r.TotalAmt.is_finite():
        raise Unreadable(label, "its id, date or amount is missing")
    lines = r.Line or []
    return Payment(
        id=r.Id,
        client_id=r.CustomerRef.value,
        date=on,
        currency=(r.CurrencyRef.value if r.CurrencyRef else "") or home,
        amount=r.TotalAmt,
        kind=PaymentKind.MONEY if r.TotalAmt > 0 else PaymentKind.OTHER,
        active=r.TotalAmt != 0 or bool(lines),
        account=r.DepositToAccountRef.value if r.DepositToAccountRef else "",
        reference=r.PaymentRefNum or "",
        allocations=_allocations(lines, r.TotalAmt - (r.UnappliedAmt or _ZERO)),
    )


def _allocations(lines: list[row.PaymentLine], money: Decimal) -> tuple[Allocation, ...]:
    """What settled which invoice. Where credit helped, money counts first and credit fills what is left."""
    settled: dict[str, Decimal] = {}
    for line in lines:
        for linked in line.LinkedTxn or ():
            if linked.TxnType == "Invoice":
                settled[linked.TxnId] = settled.get(linked.TxnId, _ZERO) + line.Amount
    if money <= 0:
        return tuple(Allocation(i, amount) for i, amount in settled.items())
    found, left = [], money
    for invoice_id, amount in settled.items():
        if part := min(amount, left):
            found.append(Allocation(invoice_id, part))
            left -= part
    return tuple(found)


def unapplied(r: row.PaymentRow, home: str) -> Credit:
    """The part of a payment no invoice got: the client has paid it, though its invoices still look open."""
    remaining = r.UnappliedAmt or _ZERO
    return Credit(
        id=unapplied_id(r.Id),
        client_id=r.CustomerRef.value,
        kind=CreditKind.UNAPPLIED_PAYMENT,
        currency=(r.CurrencyRef.value if r.CurrencyRef else "") or home,
        remaining=max(remaining, _ZERO),
        live=remaining > 0,
        number=r.PaymentRefNum or "",
        issued=_day(r.TxnDate, f"Payment {r.Id}"),
    )


def unapplied_id(payment_id: str) -> str:
    """The id of a payment's unapplied part among the credits, which a credit memo's id can never be."""
    return f"payment-{payment_id}"


def credit(r: row.CreditMemoRow, home: str) -> Credit:
    """A credit memo."""
    label = f"Credit memo {r.DocNumber or r.Id or 'without an id'}"
    remaining = r.Balance if r.RemainingCredit is None else r.RemainingCredit
    if not r.Id or not r.CustomerRef.value or remaining is None or not remaining.is_finite():
        raise Unreadable(label, "its id, customer or amount is missing")
    return Credit(
        id=r.Id,
        client_id=r.CustomerRef.value,
        kind=CreditKind.CREDIT_NOTE,
        currency=(r.CurrencyRef.value if r.CurrencyRef else "") or home,
        remaining=remaining,
        live=remaining > 0,
        number=r.DocNumber or "",
        issued=_day(r.TxnDate, label),
    )


def organisation(realm: str, found: row.CompanyRow, home: str, zone: str, *, demo: bool) -> Organisation:
    """The company. `zone` is what to believe when the company does not say."""
    return Organisation(
        id=realm,
        name=found.CompanyName or "",
        base_currency=home,
        country=country(found.Country or ""),
        zone=known_zone(found.DefaultTimeZone or "") or zone,
        demo=demo,
    )


def known_zone(name: str) -> str:
    """An IANA name, or "" when there is no such zone."""
    try:
        return ZoneInfo(name).key if name else ""
    except (OSError, ValueError, KeyError):
        return ""


def newest(found: row.Times | None) -> datetime | None:
    """When a row was last changed, UTC."""
    return moment(found.LastUpdatedTime) if found and found.LastUpdatedTime else None


def moment(text: object) -> datetime | None:
    """An instant of QuickBooks', UTC; None when it is not one (gateways write milliseconds, we need none of those)."""
    try:
        return datetime.fromisoformat(text).astimezone(UTC) if isinstance(text, str) else None
    except ValueError:
        return None


def _day(text: str | None, label: str) -> date | None:
    if not text:
        return None
    try:
        return date.fromisoformat(text[:10])
    except ValueError:
        raise Unreadable(label, f"{text[:40]!r} is not a date") from None


def _work(lines: "tuple[()] | list[row.InvoiceLine]") -> str:
    """What the invoice is for: the first line that says something, in at most 80 characters, cut between words."""
    said = next((words for line in lines if (words := " ".join((line.Description or "").split()))), "")
    if len(said) <= _WORK_LIMIT:
        return said
    cut = said[: _WORK_LIMIT - 1]
    return (cut[: cut.rfind(" ")] if " " in cut[_WORK_LIMIT // 2 :] else cut).rstrip(" ,;:-") + "…"
