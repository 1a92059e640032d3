"""Which columns each kind of file may have, under which names, and whose export a header belongs to. PURE.

Names are compared by letters and digits only. Sources for foreign names: the sales-invoice and contact CSV files Xero
writes and takes (Xero Central, "Import or create invoices using a CSV file"; "Export contacts"), and the headings of
QuickBooks Online's Invoice List, Open Invoices, Transaction List, Customer Balance Detail and A/R Aging Detail reports.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from connectors.csvfile.cells import key


class Dialect(StrEnum):
    """Whose export this is."""

    NEUTRAL = "neutral"
    XERO = "Xero"
    QUICKBOOKS = "QuickBooks"


@dataclass(frozen=True, slots=True)
class Layout:
    """One kind of file: its fields with the names each may go by (earlier names win) and what must be there.

    `needed` lists groups of fields of which one must be present, with the words for an error.
    """

    kind: str
    names: Mapping[str, tuple[str, ...]]
    needed: tuple[tuple[tuple[str, ...], str], ...]


_CLIENT = ("client", "customer", "clientname", "customername", "customerfullname", "name", "contactname", "contact")
_CLIENT_ID = ("clientid", "contactid", "customerid")
_EMAIL = ("email", "emailaddress", "emails", "clientemail", "customeremail", "mainemail", "billemail")
_NUMBER = ("number", "invoicenumber", "invoiceno", "invoice", "num", "no", "transactionnumber", "documentnumber")
_TYPE = ("type", "transactiontype", "kind")
_DATE = ("date", "paymentdate", "transactiondate", "paid", "paidon", "issued", "received")
_CURRENCY = ("currency", "currencycode")

INVOICES = Layout(
    "invoices",
    {
        "id": ("invoiceid", "id"),
        "number": _NUMBER,
        "client": _CLIENT,
        "client_id": _CLIENT_ID,
        "email": _EMAIL,
        "country": ("pocountry", "country"),
        "type": _TYPE,
        "issued": ("issued", "invoicedate", "issuedate", "issuedon", "date", "transactiondate"),
        "due": ("due", "duedate", "dueon"),
        "terms": ("terms", "paymentterms"),
        "currency": _CURRENCY,
        "total": ("total", "invoicetotal", "totalamount", "amount"),
        "open": (
            "open",
            "invoiceamountdue",
            "openbalance",
            "openamount",
            "amountdue",
            "outstanding",
            "balancedue",
            "balance",
        ),
        "paid": ("paid", "invoiceamountpaid", "amountpaid", "paidamount"),
        "paid_on": ("paidon", "paiddate", "datepaid", "fullypaidon"),
        "reference": ("reference", "ref", "ponumber", "po", "purchaseorder", "yourreference"),
        "work": ("work", "description", "memodescription", "memo", "forwork", "subject"),
        "status": ("status", "invoicestatus"),
        "sent": ("sent", "senttocontact", "emailed", "deliverystatus"),
        "approved": ("approved", "approvedon", "approvaldate"),
        "expected": ("expected", "expectedpaymentdate", "expectedon", "promised"),
        "url": ("url", "link", "paylink", "onlineinvoice", "invoiceurl"),
        "theme": ("brandingtheme", "theme"),
    },
    (
        (("number", "id"), "an invoice number"),
        (("client", "client_id"), "a client"),
        (("total", "open"), "a total"),
        (("open", "paid", "paid_on", "status"), "what is still open (or what was paid)"),
        (("issued", "due"), "an issue date or a due date"),
    ),
)

CLIENTS = Layout(
    "clients",
    {
        "client": _CLIENT,
        "client_id": (*_CLIENT_ID, "id"),
        "email": _EMAIL,
        # After every name a client may go by: in Xero's own export "ContactName" is the client.
        "contact": (
            "contactperson",
            "person",
            "attention",
            "attentionto",
            "maincontact",
            "firstcontact",
            "",
            "contactname",
        ),
        "first_name": ("firstname", "givenname"),
        "last_name": ("lastname", "familyname", "surname"),
        "country": ("country", "countrycode", "pocountry", "billingcountry"),
        "groups": ("groups", "group", "contactgroups", "customertype"),
        "account_number": ("accountnumber", "accountno", "account"),
        "archived": ("archived", "inactive"),
    },
    ((("client", "client_id"), "a client"),),
)

PAYMENTS = Layout(
    "payments",
    {
        "id": ("paymentid", "id"),
        "client": _CLIENT,
        "client_id": _CLIENT_ID,
        "date": _DATE,
        "amount": ("amount", "paymentamount", "total"),
        "currency": _CURRENCY,
        "invoice": ("invoice", "invoicenumber", "invoiceno", "number"),
        "invoice_id": ("invoiceid",),
        "batch": ("batch", "batchid", "batchpaymentid", "run"),
        "account": ("account", "bankaccount"),
        "reference": ("reference", "ref", "memo"),
        "type": ("type", "transactiontype", "kind"),
    },
    (
        (("client", "client_id", "invoice", "invoice_id"), "a client or an invoice"),
        (("date",), "a date"),
        (("amount",), "an amount"),
    ),
)

CREDITS = Layout(
    "credits",
    {
        "id": ("creditid", "id"),
        "number": ("number", "creditnotenumber", "creditnumber", "num", "no"),
        "client": _CLIENT,
        "client_id": _CLIENT_ID,
        "type": _TYPE,
        "issued": ("issued", *_DATE),
        "currency": _CURRENCY,
        "remaining": ("remaining", "remainingcredit", "open", "openbalance", "amount", "total"),
        "status": ("status",),
    },
    ((("client", "client_id"), "a client"), (("remaining",), "what remains of the credit")),
)

# Columns of known exports that say nothing we use; every other unused column is named to the bookkeeper.
_KNOWN_UNUSED = re.compile(
    r"((po|sa)(address.*|city|region|postalcode|country|attentionto)|planneddate|taxtotal|inventoryitemcode|quantity"
    r"|unitamount|discount|lineamount|accountcode|tax(type|amount)|tracking.*|posting(yn)?|split|accountname|pastdue"
    r"|balance|aging|phone.*|mobile.*|fax.*|terms|location|class|exchangerate|createdby|lastmodified.*)"
)


def dialect_of(header: Sequence[str]) -> Dialect:
    """Whose columns these are."""
    keys = {key(cell) for cell in header}
    if {"contactname", "invoicenumber"} <= keys and keys & {"invoiceamountdue", "unitamount", "invoiceamountpaid"}:
        return Dialect.XERO
    if "transactiontype" in keys or ("openbalance" in keys and keys & {"num", "no"}):
        return Dialect.QUICKBOOKS
    return Dialect.NEUTRAL


def assign(layout: Layout, header: Sequence[str]) -> dict[str, int]:
    """Field -> position. A column serves one field; of several candidates the earliest name of the field wins."""
    positions: dict[str, int] = {}
    for position, cell in enumerate(header):
        positions.setdefault(key(cell), position)
    # A QuickBooks "Balance" is the running balance of the report, never what one invoice still owes.
    if dialect_of(header) is Dialect.QUICKBOOKS:
        positions.pop("balance", None)
    found: dict[str, int] = {}
    taken: set[int] = set()
    depth = max(len(names) for names in layout.names.values())
    for rank in range(depth):
        for field, names in layout.names.items():
            if field in found or rank >= len(names):
                continue
            at = positions.get(names[rank])
            if at is not None and at not in taken:
                found[field] = at
                taken.add(at)
    return found


def repeated(header: Sequence[str], used: Mapping[str, int]) -> list[str]:
    """Headings of used columns that occur twice, so that nobody can tell which one counts."""
    keys = [key(cell) for cell in header]
    return [header[position] for position in used.values() if keys.count(keys[position]) > 1]


def unused(header: Sequence[str], used: Mapping[str, int], dialect: Dialect) -> list[str]:
    """Headings nobody reads, without those that known exports always carry."""
    return [
        cell
        for position, cell in enumerate(header)
        if cell
        and position not in used.values()
        and not (dialect is not Dialect.NEUTRAL and _KNOWN_UNUSED.fullmatch(key(cell)))
    ]
