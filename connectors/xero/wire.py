"""Xero's JSON to core values and back. PURE: bytes in, values out, no I/O and no clock.

A page is decoded strictly and fast. If that fails it is decoded again row by row, forgiving what Xero is known to do
(null, `{}` or `[]` for "nothing", numbers and booleans as text). A row that cannot be understood even so fails the
whole reading, by name: a reading with a row left out is worse than none (I6).
"""

import json
from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from typing import Any, TypeVar

import msgspec

from connectors.countries import country
from connectors.lenient import no_number, without_nothing
from connectors.xero import dates, places
from connectors.xero import rows as row
from worker.core.earlier import BooksNote
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

NOTE_LIMIT = 2500  # characters of one history note; developer.xero.com, "History and Notes"
_WORK_LIMIT = 80
_ZERO = Decimal(0)
_REPORT = "Run again; if it stays, report this row: nothing is sent for this organisation meanwhile."
_LINK = "https://go.xero.com/organisationlogin/default.aspx?shortcode="

_STATUS = {
    "DRAFT": InvoiceStatus.DRAFT,
    "SUBMITTED": InvoiceStatus.DRAFT,
    "AUTHORISED": InvoiceStatus.OPEN,
    "PAID": InvoiceStatus.PAID,
    "VOIDED": InvoiceStatus.VOID,
    "DELETED": InvoiceStatus.DELETED,
}
_GONE = frozenset({InvoiceStatus.VOID, InvoiceStatus.DELETED})
_REFUNDS = frozenset({"ARCREDITPAYMENT", "AROVERPAYMENTPAYMENT", "ARPREPAYMENTPAYMENT"})
_CREDITS = {
    "ACCRECCREDIT": CreditKind.CREDIT_NOTE,
    "RECEIVE-OVERPAYMENT": CreditKind.OVERPAYMENT,
    "AROVERPAYMENT": CreditKind.OVERPAYMENT,
    "RECEIVE-PREPAYMENT": CreditKind.PREPAYMENT,
    "ARPREPAYMENT": CreditKind.PREPAYMENT,
}

A = TypeVar("A", bound=row.Answer)


class Unreadable(BooksGarbled):
    """One row makes no sense; the message names it."""

    def __init__(self, label: str, why: str) -> None:
        super().__init__(f"{label} cannot be understood: {why}.", _REPORT)


def decode(kind: type[A], body: bytes) -> A:
    """One answer as typed rows. Raises BooksGarbled: broken JSON, another shape, or a row that makes no sense."""
    try:
        answer: A = _decoder(kind).decode(body)
        return answer
    except msgspec.ValidationError:
        return _lenient(kind, body)
    except msgspec.DecodeError as error:
        raise BooksGarbled(f"Broken JSON came instead of {kind.__name__.lower()} ({error}).", "Run again.") from None


@cache
def _decoder(kind: type[A]) -> "msgspec.json.Decoder[A]":
    return msgspec.json.Decoder(kind)


@cache
def _rows_of(kind: type[row.Answer]) -> tuple[str, Any]:
    """The JSON name of the resource's list and the type of its rows."""
    field = next(f for f in msgspec.structs.fields(kind) if f.name == "rows")
    return field.encode_name, field.type.__args__[0]


def _lenient(kind: type[A], body: bytes) -> A:
    try:
        raw = json.loads(body, parse_float=Decimal, parse_constant=no_number)
    except ValueError as error:
        raise BooksGarbled(f"Broken JSON came instead of {kind.__name__.lower()} ({error}).", "Run again.") from None
    name, of = _rows_of(kind)
    if not isinstance(raw, dict) or name not in raw:
        raise BooksGarbled(f"The answer holds no {name}.", "Run again; the platform may have changed its answers.")
    listed = raw[name] or []
    if not isinstance(listed, list):
        raise BooksGarbled(f"{name} is not a list.", "Run again; the platform may have changed its answers.")
    head = {key: raw[key] for key in ("pagination", "DateTimeUTC") if key in raw}
    try:
        answer = msgspec.convert({**without_nothing(head), name: []}, kind, strict=False)
    except msgspec.ValidationError as error:
        raise BooksGarbled(f"The frame of {name} makes no sense ({error}).", "Run again.") from None
    answer.rows = [_row(of, value, name, at) for at, value in enumerate(listed)]
    return answer


def _row(of: Any, value: object, name: str, at: int) -> Any:
    try:
        return msgspec.convert(without_nothing(value), of, strict=False)
    except msgspec.ValidationError as error:
        fields = value if isinstance(value, dict) else {}
        known = (fields.get(k) for k in ("InvoiceNumber", "CreditNoteNumber", "InvoiceID", "PaymentID", "ContactID"))
        which = next((str(v) for v in known if v), f"number {at + 1} of the page")
        raise Unreadable(f"{name[:-1]} {which}", str(error)) from None


# --- values ---------------------------------------------------------------------------------------------------------


def invoices(found: Iterable[row.InvoiceRow], base: str, themes: Callable[[str], str]) -> tuple[Invoice, ...]:
    """Sales invoices; bills and other documents are left out. `base` is the currency of one that names none."""
    return tuple(_invoice(r, base, themes) for r in found if r.Type in {"ACCREC", None})


def _invoice(r: row.InvoiceRow, base: str, themes: Callable[[str], str]) -> Invoice:
    label = f"Invoice {r.InvoiceNumber or r.InvoiceID or 'without a number'}"
    client = r.Contact.ContactID if r.Contact else ""
    if not r.InvoiceID or not client:
        raise Unreadable(label, "it has no id" if client else "it names no client")
    status = _STATUS.get(r.Status or "", InvoiceStatus.OTHER)
    paid, credited = r.AmountPaid or _ZERO, r.AmountCredited or _ZERO
    total = r.AmountDue + paid + credited if r.Total is None else r.Total
    if not (r.AmountDue.is_finite() and paid.is_finite() and credited.is_finite() and total.is_finite()):
        raise Unreadable(label, "an amount is not a number")
    return Invoice(
        id=r.InvoiceID,
        client_id=client,
        number=r.InvoiceNumber or "",
        currency=r.CurrencyCode or base,
        total=total,
        # By id a deleted invoice keeps its amount, in a list it does not (XeroAPI/Xero-Java#130): the status decides.
        open=_ZERO if status in _GONE else r.AmountDue,
        status=status,
        issued=_day(r.DateString or r.Date, label),
        due=_day(r.DueDateString or r.DueDate, label),
        paid=paid,
        credited=credited,
        reference=r.Reference or "",
        sent=bool(r.SentToContact),  # true is always told; a flag that is missing must not pass for "sent"
        expected=_day(r.ExpectedPaymentDate, label),
        work=_work(r.LineItems) if r.LineItems else "",
        theme=themes(r.BrandingThemeID) if r.BrandingThemeID else "",
        repeating=bool(r.RepeatingInvoiceID),
    )


def clients(found: Iterable[row.ContactRow]) -> tuple[Client, ...]:
    """Everybody in the contact list: who is a supplier only today may be a client tomorrow."""
    return tuple(_client(r) for r in found)


def _client(r: row.ContactRow) -> Client:
    if not r.ContactID:
        raise Unreadable(f"Contact {r.Name or 'without a name'}", "it has no id")
    payable = r.Balances.AccountsPayable if r.Balances else None
    return Client(
        id=r.ContactID,
        name=r.Name or "",
        email=(r.EmailAddress or "").strip(),
        first_name=r.FirstName or "",
        last_name=r.LastName or "",
        people=tuple(_person(p) for p in r.ContactPersons or () if p.EmailAddress),
        account_number=r.AccountNumber or "",
        groups=tuple(g.Name for g in r.ContactGroups or () if g.Name and g.Status != "DELETED"),
        country=_country(r.Addresses or ()),
        archived=r.ContactStatus == "ARCHIVED",
        erased=r.ContactStatus == "GDPRREQUEST",
        merged_into=r.MergedToContactID or "",
        owed_by_us=payable.Overdue if payable else None,
    )


def _person(p: row.PersonRow) -> Person:
    name = f"{p.FirstName or ''} {p.LastName or ''}".strip()
    return Person(name, (p.EmailAddress or "").strip(), bool(p.IncludeInEmails))


def _country(addresses: Iterable[row.AddressRow]) -> str:
    """The mailing address's country, else any other's; "" when none is written in a form we know."""
    written = sorted((a.AddressType != "POBOX", a.Country) for a in addresses if a.Country)
    return next((code for _, text in written if (code := country(text))), "")


def payments(found: Iterable[row.PaymentRow], base: str) -> tuple[Payment, ...]:
    """What clients paid, and what was paid back to them; payments to suppliers are left out."""
    return tuple(_payment(r, base) for r in found if not (r.PaymentType or "").startswith(("ACCPAY", "AP")))


def _payment(r: row.PaymentRow, base: str) -> Payment:
    label = f"Payment {r.PaymentID or 'without an id'}"
    on = _day(r.Date, label)
    if not r.PaymentID or on is None or not r.Amount.is_finite():
        raise Unreadable(label, "its id, date or amount is missing")
    kind = PaymentKind.REFUND if r.PaymentType in _REFUNDS else PaymentKind.OTHER
    paid = r.Invoice or row.PaidRow()
    return Payment(
        id=r.PaymentID,
        client_id=paid.Contact.ContactID if paid.Contact else "",
        date=on,
        currency=paid.CurrencyCode or base,
        amount=r.Amount,
        kind=PaymentKind.MONEY if r.PaymentType == "ACCRECPAYMENT" else kind,
        active=r.Status == "AUTHORISED",
        batch_id=r.BatchPaymentID or (r.BatchPayment.BatchPaymentID if r.BatchPayment else "") or "",
        account=(r.Account.Code or r.Account.AccountID or "") if r.Account else "",
        reference=r.Reference or "",
        allocations=(Allocation(paid.InvoiceID, r.Amount),) if paid.InvoiceID else (),
    )


def credits(found: Iterable[row.CreditRow], base: str) -> tuple[Credit, ...]:
    """Credit notes, overpayments and prepayments of clients; those of suppliers are left out."""
    return tuple(_credit(r, _CREDITS[r.Type], base) for r in found if r.Type in _CREDITS)


def _credit(r: row.CreditRow, kind: CreditKind, base: str) -> Credit:
    number = ""
    match r:
        case row.CreditNoteRow():
            ident, number = r.CreditNoteID, r.CreditNoteNumber or ""
        case row.OverpaymentRow():
            ident = r.OverpaymentID
        case row.PrepaymentRow():
            ident = r.PrepaymentID
        case _:
            raise TypeError(type(r).__name__)
    label = f"{kind.value.capitalize()} {number or ident or 'without an id'}"
    client = r.Contact.ContactID if r.Contact else ""
    if not ident or not client or not r.RemainingCredit.is_finite():
        raise Unreadable(label, "its id, client or amount is missing")
    live = r.Status in {"AUTHORISED", "PAID"}
    return Credit(
        id=ident,
        client_id=client,
        kind=kind,
        currency=r.CurrencyCode or base,
        remaining=r.RemainingCredit if live else _ZERO,
        live=live,
        number=number,
        issued=_day(r.DateString or r.Date, label),
    )


def organisation(found: row.OrganisationRow, reminders: bool | None) -> Organisation:
    """The organisation, with a link that opens it in Xero."""
    return Organisation(
        id=found.OrganisationID,
        name=found.Name or "",
        base_currency=found.BaseCurrency or "",
        country=found.CountryCode or "",
        zone=places.zone(found.Timezone or ""),
        demo=bool(found.IsDemoCompany) or found.Class == "DEMO",
        platform_reminders=reminders,
        url=f"{_LINK}{found.ShortCode}" if found.ShortCode else "",
    )


def newest(found: Iterable[Any]) -> datetime | None:
    """The latest `UpdatedDateUTC` among the rows."""
    texts = {r.UpdatedDateUTC for r in found if r.UpdatedDateUTC}
    return max(map(moment, texts), default=None)


def moment(text: str) -> datetime:
    """A timestamp of Xero's. Raises BooksGarbled."""
    try:
        return dates.instant(text)
    except ValueError:
        raise BooksGarbled(f"{text[:40]!r} is not a timestamp of Xero's.", _REPORT) from None


def tenants(body: bytes) -> tuple[str, ...]:
    """Tenant ids of the organisations a consent covers. Raises BooksGarbled."""
    return tuple(c.tenantId for c in connections(body))


def connections(body: bytes) -> tuple[row.ConnectionRow, ...]:
    """The organisations a user has connected to the app. Raises BooksGarbled."""
    try:
        found = msgspec.json.decode(body, type=list[row.ConnectionRow])
    except msgspec.DecodeError as error:
        raise BooksGarbled(f"The list of connections makes no sense ({error}).", "Run again.") from None
    return tuple(c for c in found if c.tenantType in {"ORGANISATION", None})


def note(text: str) -> bytes:
    """The body that adds a note to an invoice's history, cut to what Xero takes."""
    words = text if len(text) <= NOTE_LIMIT else text[: NOTE_LIMIT - 1] + "…"
    return msgspec.json.encode({"HistoryRecords": [{"Details": words}]})


def history(found: Iterable[row.HistoryRow]) -> tuple[BooksNote, ...]:
    """The lines of an invoice's history; one without a moment says nothing that could be placed."""
    moments = ((r, r.DateUTCString or r.DateUTC) for r in found)
    return tuple(BooksNote(moment(at), r.Changes or "", r.User or "", r.Details or "") for r, at in moments if at)


def refusal(body: bytes) -> Mapping[str, str]:
    """`Detail`, `Title`, `Message` of an error answer, as far as it has them; empty for any other body."""
    try:
        raw = json.loads(body)
    except ValueError:
        return {}
    return {k: v for k, v in raw.items() if isinstance(v, str)} if isinstance(raw, dict) else {}


def _day(text: str | None, label: str) -> date | None:
    if not text:
        return None
    try:
        return dates.day(text)
    except ValueError:
        raise Unreadable(label, f"{text[:40]!r} is not a date") from None


def _work(lines: Iterable[row.Line]) -> str:
    """What the invoice is for: the first line that says something, in at most 80 characters, cut between words."""
    said = next((words for line in lines if (words := " ".join((line.Description or "").split()))), "")
    if len(said) <= _WORK_LIMIT:
        return said
    cut = said[: _WORK_LIMIT - 1]
    return (cut[: cut.rfind(" ")] if " " in cut[_WORK_LIMIT // 2 :] else cut).rstrip(" ,;:-") + "…"
