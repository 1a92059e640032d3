"""The books as QuickBooks Online writes them: one function per object. What is empty is left out.

Shapes and field names follow Intuit's Finance.xsd and the pages of its developer site. Ids are digits, amounts JSON
numbers, timestamps have a Pacific offset whatever the company's zone. There is no status: amounts tell.
"""

from collections.abc import Iterable
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache
from hashlib import sha256
from typing import Any
from zoneinfo import ZoneInfo

from connectors.sandbox.books import Books
from connectors.sandbox.rows import ZERO, Contact, Credit, Invoice

Row = dict[str, Any]
PACIFIC = ZoneInfo("America/Los_Angeles")
BANK = "35"
NAMES = {"GBP": "British Pound Sterling", "EUR": "Euro", "USD": "United States Dollar"}
TERMS = {
    (14, "DAYSAFTERBILLDATE"): ("1", "Net 14", {"Type": "STANDARD", "DueDays": 14}),
    (30, "DAYSAFTERBILLDATE"): ("2", "Net 30", {"Type": "STANDARD", "DueDays": 30}),
    (0, "DAYSAFTERBILLMONTH"): (
        "3", "End of month", {"Type": "DATE_DRIVEN", "DayOfMonthDue": 31, "DueNextMonthDays": 0},
    ),
    (20, "OFFOLLOWINGMONTH"): (
        "4", "20th of next month", {"Type": "DATE_DRIVEN", "DayOfMonthDue": 20, "DueNextMonthDays": 31},
    ),
}  # fmt: skip


@lru_cache(maxsize=1 << 16)
def digits(key: str) -> str:
    """The QuickBooks id of what the story knows under ``key``: digits only, the same in every run."""
    return str(int.from_bytes(sha256(key.encode()).digest()[:5]) + 1)


def number(amount: Decimal) -> float:
    """A JSON number; two decimals survive the trip through a double unchanged."""
    return float(amount)


@lru_cache(maxsize=1 << 16)
def stamp(moment: datetime) -> str:
    """An instant to the second, with a Pacific offset."""
    return moment.astimezone(PACIFIC).replace(microsecond=0).isoformat()


def meta(moment: datetime) -> Row:
    """The part every object has; when it was made is not told apart from when it changed."""
    return {"CreateTime": stamp(moment), "LastUpdatedTime": stamp(moment)}


def currency(code: str) -> Row:
    """A reference to a currency."""
    return {"value": code, "name": NAMES.get(code, code)}


def stub(key: str, moment: datetime) -> Row:
    """What is left of a deleted object."""
    return {
        "domain": "QBO",
        "status": "Deleted",
        "Id": digits(key),
        "MetaData": {"LastUpdatedTime": stamp(moment)},
    }


def term_rows(moment: datetime) -> list[Row]:
    """The payment terms of the company."""
    return [
        {"Id": id_, "Name": name, "Active": True, **kind, "domain": "QBO", "sparse": False, "SyncToken": "0",
         "MetaData": meta(moment)}
        for id_, name, kind in TERMS.values()
    ]  # fmt: skip


def customer(contact: Contact, owed: Decimal, parent: Contact | None) -> Row:
    """A customer; ``owed`` is what its own invoices leave open, in its currency."""
    active = contact.status == "ACTIVE"
    name = contact.name if active else f"{contact.name} (deleted)"
    row: Row = {
        "Taxable": True,
        "BillAddr": {"Id": digits(f"address/{contact.id}"), "City": contact.city, "Country": contact.country},
        "Job": parent is not None,
        "BillWithParent": parent is not None,
        "Balance": number(owed),
        "BalanceWithJobs": number(owed),
        "CurrencyRef": currency(contact.currency),
        "PreferredDeliveryMethod": "Print",
        "domain": "QBO",
        "sparse": False,
        "Id": digits(contact.id),
        "SyncToken": "0",
        "MetaData": meta(contact.updated),
        "FullyQualifiedName": f"{parent.name}:{name}" if parent else name,
        "DisplayName": name,
        "PrintOnCheckName": name,
        "Active": active,
    }
    if parent:
        row |= {"ParentRef": {"value": digits(parent.id)}, "Level": 1}
    if contact.terms in TERMS:
        row["SalesTermRef"] = {"value": TERMS[contact.terms][0]}
    addresses = [contact.email, *(p.email for p in contact.people if p.included)]
    if any(addresses):
        row["PrimaryEmailAddr"] = {"Address": ", ".join(a for a in addresses if a)}
    return row


def invoice(found: Invoice, books: Books, moment: datetime, version: int, linked: Iterable[str]) -> Row:
    """An invoice as lists show it. ``moment`` is its last change, ``version`` how many there were, ``linked`` what
    paid it."""
    contact, void = books.contacts[found.contact], found.status == "VOIDED"
    row: Row = {
        "AllowIPNPayment": False,
        "AllowOnlinePayment": False,
        "AllowOnlineCreditCardPayment": True,
        "AllowOnlineACHPayment": True,
        "domain": "QBO",
        "sparse": False,
        "Id": digits(found.id),
        "SyncToken": str(version),
        "MetaData": meta(moment),
        "CustomField": [],
        "DocNumber": found.number,
        "TxnDate": found.issued.isoformat(),
        "CurrencyRef": currency(found.currency),
        "ExchangeRate": number((1 / found.rate).quantize(Decimal("0.0001"))),
        "LinkedTxn": [] if void else [{"TxnId": digits(key), "TxnType": "Payment"} for key in linked],
        "Line": list(_lines(found, void=void)),
        "TxnTaxDetail": {"TotalTax": 0 if void else number(sum((line.tax for line in found.lines), ZERO))},
        "CustomerRef": {"value": digits(contact.id), "name": contact.name},
        "FreeFormAddress": True,
        "DueDate": found.due.isoformat(),
        "TotalAmt": 0 if void else number(found.total),
        "PrintStatus": "NotSet",
        "EmailStatus": "EmailSent" if found.sent else "NotSet",
        "Balance": number(found.open),
    }
    if void:
        row["PrivateNote"] = "Voided"
    if contact.email:
        row["BillEmail"] = {"Address": contact.email}
    if contact.terms in TERMS:
        id_, name, _ = TERMS[contact.terms]
        row["SalesTermRef"] = {"value": id_, "name": name}
    if found.reference:
        row["CustomField"] = [
            {"DefinitionId": "1", "Name": "P.O. Number", "Type": "StringType", "StringValue": found.reference}
        ]
    if found.sent:
        row["DeliveryInfo"] = {"DeliveryType": "Email", "DeliveryTime": stamp(moment)}
    if found.repeating:
        row["RecurDataRef"] = {"value": digits(found.repeating)}
    return row


def _lines(found: Invoice, *, void: bool) -> Iterable[Row]:
    for place, line in enumerate(found.lines, 1):
        yield {
            "Id": str(place),
            "LineNum": place,
            "Description": line.description,
            "Amount": 0 if void else number(line.net),
            "DetailType": "SalesItemLineDetail",
            "SalesItemLineDetail": {"ItemRef": {"value": "1", "name": "Services"}, "TaxCodeRef": {"value": "TAX"}},
        }
    total = ZERO if void else sum((line.net for line in found.lines), ZERO)
    yield {"Amount": number(total), "DetailType": "SubTotalLineDetail", "SubTotalLineDetail": {}}


def payment(
    key: str,
    contact: Contact,
    on: date,
    unit: str,
    lines: Iterable[tuple[Decimal, str, str]],
    moment: datetime,
    *,
    total: Decimal,
    unapplied: Decimal = ZERO,
    reference: str = "",
    note: str = "",
) -> Row:
    """A payment of ``total``; ``lines`` are amount, key and type (Invoice, CreditMemo) of what it settles."""
    row: Row = {
        "CustomerRef": {"value": digits(contact.id), "name": contact.name},
        "DepositToAccountRef": {"value": BANK},
        "TotalAmt": number(total),
        "UnappliedAmt": number(unapplied),
        "ProcessPayment": False,
        "domain": "QBO",
        "sparse": False,
        "Id": digits(key),
        "SyncToken": "0",
        "MetaData": meta(moment),
        "TxnDate": on.isoformat(),
        "CurrencyRef": currency(unit),
        "LinkedTxn": [],
        "Line": [
            {"Amount": number(amount), "LinkedTxn": [{"TxnId": digits(to), "TxnType": kind}]}
            for amount, to, kind in lines
        ],
    }
    row |= {"PaymentRefNum": reference[:21]} if reference else {}
    return row | ({"PrivateNote": note} if note else {})


def credit_memo(found: Credit, books: Books) -> Row:
    """A credit memo."""
    void = found.status == "VOIDED"
    contact = books.contacts[found.contact]
    row: Row = {
        "RemainingCredit": number(found.remaining),
        "domain": "QBO",
        "sparse": False,
        "Id": digits(found.id),
        "SyncToken": "0",
        "MetaData": meta(found.updated),
        "DocNumber": found.number,
        "TxnDate": found.date.isoformat(),
        "CurrencyRef": currency(found.currency),
        "Line": [],
        "CustomerRef": {"value": digits(contact.id), "name": contact.name},
        "TotalAmt": 0 if void else number(found.total),
        "Balance": number(found.remaining),
    }
    return row | ({"PrivateNote": "Voided"} if void else {})
