"""How a list is asked for: filters, modified-since, paging; and what each kind of list leaves out."""

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

from connectors.sandbox.where import QueryError, look, order, parse

Row = dict[str, Any]
Query = Mapping[str, str]


@dataclass(frozen=True)
class Listing:
    """One list endpoint: its name, id field, filterable fields and the parts that lighter forms leave out.

    ``csv`` maps a parameter (as the platform spells it) to the dotted field it selects on. ``paging`` False is for the
    endpoints that never page; ``forces`` are parameters that switch paging on by themselves.
    """

    name: str
    id: str
    fields: frozenset[str]
    csv: Mapping[str, str] = field(default_factory=dict)
    paging: bool = True
    forces: frozenset[str] = frozenset()
    unpaged_drops: frozenset[str] = frozenset()
    summary_drops: frozenset[str] = frozenset()


def _fields(text: str) -> frozenset[str]:
    return frozenset(text.lower().split())


_MONEY = "Total SubTotal TotalTax CurrencyCode Status Date Reference UpdatedDateUTC Contact.ContactID Contact.Name Type"
INVOICES = Listing(
    "Invoices",
    "InvoiceID",
    _fields(f"{_MONEY} InvoiceID InvoiceNumber DueDate AmountDue AmountPaid AmountCredited Contact.ContactNumber")
    | _fields("SentToContact FullyPaidOnDate ExpectedPaymentDate HasAttachments CISDeduction"),
    csv={
        "IDs": "invoiceid",
        "InvoiceNumbers": "invoicenumber",
        "ContactIDs": "contact.contactid",
        "Statuses": "status",
    },
    forces=frozenset({"Statuses", "summaryOnly"}),
    unpaged_drops=frozenset({"LineItems"}),
    summary_drops=frozenset({"Payments", "HasAttachments", "LineItems", "CISDeduction"}),
)
_CONTACT_HEAVY = frozenset({"ContactPersons", "PaymentTerms", "ContactGroups", "Balances", "MergedToContactID"})
CONTACTS = Listing(
    "Contacts",
    "ContactID",
    _fields("ContactID Name EmailAddress AccountNumber ContactStatus UpdatedDateUTC IsCustomer IsSupplier"),
    csv={"IDs": "contactid"},
    unpaged_drops=_CONTACT_HEAVY | {"HasAttachments"},
    summary_drops=frozenset({"Addresses", "Balances", "ContactGroups", "ContactPersons", "IsCustomer", "IsSupplier"}),
)
PAYMENTS = Listing(
    "Payments",
    "PaymentID",
    _fields("PaymentID PaymentType Status Date Invoice.InvoiceID Reference UpdatedDateUTC Amount IsReconciled"),
)
BATCHES = Listing("BatchPayments", "BatchPaymentID", _fields("BatchPaymentID Date Status UpdatedDateUTC"), paging=False)
NOTES = Listing(
    "CreditNotes", "CreditNoteID", _fields(f"{_MONEY} CreditNoteID CreditNoteNumber RemainingCredit"),
    unpaged_drops=frozenset({"LineItems"}),
)  # fmt: skip
OVERPAYMENTS = Listing(
    "Overpayments", "OverpaymentID", _fields(f"{_MONEY} OverpaymentID RemainingCredit"),
    csv={"References": "reference"}, unpaged_drops=frozenset({"LineItems"}),
)  # fmt: skip
PREPAYMENTS = Listing(
    "Prepayments", "PrepaymentID", _fields(f"{_MONEY} PrepaymentID RemainingCredit"),
    csv={"InvoiceNumbers": "invoicenumber"}, unpaged_drops=frozenset({"LineItems"}),
)  # fmt: skip
GROUPS = Listing("ContactGroups", "ContactGroupID", _fields("ContactGroupID Name Status"), paging=False)
THEMES = Listing("BrandingThemes", "BrandingThemeID", _fields("BrandingThemeID Name"), paging=False)


def since(header: str | None) -> datetime | None:
    """A modified-since header as an instant. What cannot be read counts as absent, as there: all comes."""
    if not header:
        return None
    try:
        found = datetime.fromisoformat(header)
    except ValueError:
        try:
            found = parsedate_to_datetime(header)
        except ValueError:
            return None
    return (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC).replace(microsecond=0)


def select(listing: Listing, rows: Iterable[Row], query: Query, modified: str | None) -> list[Row]:
    """The rows that a query asks for, in its order. Raises QueryError for what the platform answers with 400."""
    tests: list[Callable[[Row], bool]] = []
    summary = query.get("summaryOnly", "").lower() == "true"
    if (moment := since(modified)) is not None:
        tests.append(lambda row: bool(look(row, "updateddateutc").replace(microsecond=0) >= moment))
    if query.get("where"):
        hidden = {name.lower() for name in listing.summary_drops} if summary else set()
        tests.append(parse(query["where"], listing.fields - hidden))
    for parameter, path in listing.csv.items():
        if query.get(parameter):
            wanted = {part.strip().lower() for part in query[parameter].split(",")}
            tests.append(lambda row, path=path, wanted=wanted: str(look(row, path)).lower() in wanted)  # type: ignore[misc]
    if query.get("searchTerm"):
        term, names = query["searchTerm"].lower(), ("invoicenumber", "reference", "name", "emailaddress")
        tests.append(lambda row: any(term in str(look(row, name) or "").lower() for name in names))
    found = [row for row in rows if all(test(row) for test in tests)]
    return order(
        found, query.get("order") or f"UpdatedDateUTC ASC, {listing.id} ASC", listing.fields | {"updateddateutc"}
    )


def page_of(listing: Listing, rows: list[Row], query: Query) -> Row:
    """The body's own part of a list answer: the rows of the page asked for and, when paged, the pagination object."""
    summary = query.get("summaryOnly", "").lower() == "true"
    if not listing.paging or ("page" not in query and not listing.forces & _truthy(query)):
        return {listing.name: [_without(row, listing.unpaged_drops) for row in rows]}
    page = max(1, _whole(query.get("page", "1"), "page"))
    size = min(1000, max(1, _whole(query.get("pageSize", "100"), "pageSize")))
    part = rows[(page - 1) * size : page * size]
    return {
        "pagination": {
            "page": page,
            "pageSize": size,
            "pageCount": math.ceil(len(rows) / size),
            "itemCount": len(rows),
        },
        listing.name: [_without(row, listing.summary_drops if summary else frozenset()) for row in part],
    }


def _truthy(query: Query) -> set[str]:
    return {name for name, value in query.items() if value and value.lower() != "false"}


def _whole(text: str, name: str) -> int:
    if not text.lstrip("-").isdigit():
        raise QueryError(f"{name} must be a whole number, not {text!r}")
    return int(text)


def _without(row: Row, names: frozenset[str]) -> Row:
    return {name: value for name, value in row.items() if name not in names} if names else row
