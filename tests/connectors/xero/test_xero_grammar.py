"""Every filter and order we send parses under a grammar written from Xero's own pages, not from ours, and stays within
what those pages call optimised: beyond it, Xero refuses large organisations."""

import re
from collections.abc import Mapping
from urllib.parse import parse_qsl, urlsplit

import pytest
import responses

from connectors.xero.books import XeroBooks
from tests.connectors.xero.test_xero_requests import books, everything, wire

__all__ = ["books", "wire"]

# developer.xero.com, "Requests and responses": operators, literals, and AND alone where it is to be fast.
TEXT = r'"(?:[^"\\]|\\.)*"'
DAY = r"DateTime\(\d{4}, (?:0[1-9]|1[0-2]), (?:0[1-9]|[12]\d|3[01])\)"
GUID = r'Guid\("[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"\)'
NUMBER = r"-?\d+(?:\.\d+)?"
EQUAL, RANGE = r"==", r"(?:==|>=|<=|>|<)"

# The same site, "Invoices", "Contacts", "Payments": what is optimised. Credits: nothing is said; equality is used.
FIELDS: Mapping[str, Mapping[str, str]] = {
    "Invoices": {
        **dict.fromkeys(("Status", "Type", "Contact.Name", "Contact.ContactNumber", "Reference", "InvoiceNumber"),
                        EQUAL + TEXT),
        **dict.fromkeys(("Contact.ContactID", "InvoiceId"), EQUAL + GUID),
        "AmountPaid": EQUAL + NUMBER,
        "AmountDue": RANGE + NUMBER,
        **dict.fromkeys(("Date", "DueDate"), RANGE + DAY),
    },
    "Contacts": dict.fromkeys(("Name", "EmailAddress", "AccountNumber"), EQUAL + TEXT),
    "Payments": {
        **dict.fromkeys(("PaymentType", "Status", "Reference"), EQUAL + TEXT),
        "Invoice.InvoiceId": EQUAL + GUID,
        "Date": RANGE + DAY,
    },
    **dict.fromkeys(("CreditNotes", "Overpayments", "Prepayments"), dict.fromkeys(("Type", "Status"), EQUAL + TEXT)),
}  # fmt: skip
ORDERS = {
    "Invoices": ("invoiceid", "updateddateutc", "date"),
    "Contacts": ("contactid", "updateddateutc", "name"),
    "Payments": ("updateddateutc", "date", "paymentid"),
}
"""Names in lower case: Xero's pages write InvoiceId where its answers write InvoiceID."""


def filter_allowed(endpoint: str, where: str) -> bool:
    """Whether a filter is conditions on optimised fields, joined by AND."""
    for condition in where.split(" AND "):
        known = FIELDS.get(endpoint, {})
        name = re.match(r"[A-Za-z.]+", condition)
        if not name or name[0] not in known or not re.fullmatch(known[name[0]], condition[name.end() :]):
            return False
    return True


def order_allowed(endpoint: str, order: str) -> bool:
    """Whether an order is one optimised field, ascending or descending."""
    field, _, direction = order.partition(" ")
    return field.lower() in ORDERS.get(endpoint, ()) and direction in {"", "ASC", "DESC"}


@pytest.mark.parametrize(
    ("endpoint", "where"),
    [
        ("Invoices", 'Type="ACCREC"'),
        ("Invoices", 'Type=="ACCREC" OR Status=="PAID"'),
        ("Invoices", 'Type=="ACCREC'),
        ("Invoices", "UpdatedDateUTC>=DateTime(2026, 01, 31)"),
        ("Invoices", "DueDate<DateTime(2026-01-31)"),
        ("Invoices", "DueDate<DateTime(2026, 13, 01)"),
        ("Invoices", "AmountPaid>0"),
        ("Invoices", 'Contact.Name.Contains("x")'),
        ("Contacts", 'ContactStatus=="ACTIVE"'),
        ("Payments", "Amount>0"),
        ("Organisation", 'Name=="x"'),
        ("Invoices", ""),
    ],
)
def test_the_grammar_can_say_no(endpoint: str, where: str) -> None:
    assert not filter_allowed(endpoint, where)


@pytest.mark.parametrize(
    ("endpoint", "order"), [("Invoices", "DueDate"), ("Invoices", "InvoiceID SIDEWAYS"), ("CreditNotes", "Date")]
)
def test_the_order_can_be_wrong(endpoint: str, order: str) -> None:
    assert not order_allowed(endpoint, order)


def test_every_question_parses(wire: responses.RequestsMock, books: XeroBooks) -> None:
    everything(books)
    filters, orders, paged = set(), set(), 0
    for call in wire.calls:
        parts = urlsplit(call.request.url or "")
        endpoint, query = (
            str(parts.path).split("/")[3],
            dict(parse_qsl(str(parts.query), strict_parsing=bool(parts.query))),
        )
        if where := query.get("where"):
            filters.add((endpoint, where))
        if order := query.get("order"):
            orders.add((endpoint, order))
        if "page" in query:
            paged += 1
            assert int(query["page"]) >= 1 and 1 <= int(query["pageSize"]) <= 1000
        assert ("Statuses" not in query and "summaryOnly" not in query) or "page" in query, "they page by themselves"
        assert len(query.get("IDs", "").split(",")) <= 40
        if query.get("summaryOnly"):
            assert endpoint == "Invoices", "a summary of contacts leaves out their people and groups"
    assert all(filter_allowed(*f) for f in filters), filters
    assert all(order_allowed(*o) for o in orders), orders
    assert len(filters) >= 7 and len(orders) >= 3 and paged > 20


def test_dates_in_filters_are_the_days_they_say(wire: responses.RequestsMock, books: XeroBooks) -> None:
    everything(books)
    wheres = [dict(parse_qsl(str(urlsplit(c.request.url or "").query))).get("where", "") for c in wire.calls]
    assert any(re.search(r"Date>=DateTime\(2025, 08, 31\)", w) for w in wheres), "thirteen months before 1 October 2026"
