"""Xero's JSON to core values: exact, tolerant where Xero is loose, and loud where a row makes no sense."""

import json
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.xero import rows as row
from connectors.xero import wire
from worker.core.receivable import Allocation, Client, CreditKind, Invoice, InvoiceStatus, PaymentKind, Person
from worker.errors import BooksGarbled

INVOICE: dict[str, Any] = {
    "Type": "ACCREC",
    "InvoiceID": "i1",
    "InvoiceNumber": "INV-1",
    "Reference": "PO 7",
    "AmountDue": 40.10,
    "AmountPaid": 50.00,
    "AmountCredited": 10.00,
    "Total": 100.10,
    "Contact": {"ContactID": "c1", "Name": "Any Ltd"},
    "DateString": "2026-09-01T00:00:00",
    "Date": "/Date(1788220800000+0000)/",
    "DueDateString": "2026-09-30T00:00:00",
    "Status": "AUTHORISED",
    "CurrencyCode": "NZD",
    "SentToContact": True,
    "UpdatedDateUTC": "/Date(1788220812345+0000)/",
}


def page(*rows: dict[str, Any], name: str = "Invoices", **more: Any) -> bytes:
    return json.dumps({"Id": "x", "Status": "OK", name: list(rows), **more}).encode()


def read(body: bytes) -> tuple[Invoice, ...]:
    return wire.invoices(wire.decode(row.Invoices, body).rows, "GBP", lambda theme: f"theme {theme}")


def one(**changes: Any) -> Invoice:
    kept = {**INVOICE, **changes}
    (found,) = read(page({k: v for k, v in kept.items() if v is not ...}))
    return found


def test_an_invoice() -> None:
    assert one() == Invoice(
        id="i1",
        client_id="c1",
        number="INV-1",
        currency="NZD",
        total=Decimal("100.1"),
        open=Decimal("40.1"),
        status=InvoiceStatus.OPEN,
        issued=date(2026, 9, 1),
        due=date(2026, 9, 30),
        paid=Decimal(50),
        credited=Decimal(10),
        reference="PO 7",
        sent=True,
    )


@given(st.decimals(min_value=0, max_value=10**12, places=2))
def test_amounts_are_exact_to_the_last_digit(amount: Decimal) -> None:
    body = page(INVOICE).replace(b"40.1", str(amount).encode())
    assert read(body)[0].open == amount


@pytest.mark.parametrize(
    ("written", "status"),
    [
        ("DRAFT", "draft"),
        ("SUBMITTED", "draft"),
        ("AUTHORISED", "open"),
        ("PAID", "paid"),
        ("VOIDED", "void"),
        ("DELETED", "deleted"),
        ("SUSPENDED", "other"),
        ("", "other"),
        (None, "other"),
    ],
)
def test_statuses(written: str | None, status: str) -> None:
    assert one(Status=written).status == status


@pytest.mark.parametrize("status", ["VOIDED", "DELETED"])
def test_what_is_void_owes_nothing_whatever_its_amount_says(status: str) -> None:
    assert one(Status=status).open == 0


def test_paid_by_credit_alone_is_told_by_the_amounts() -> None:
    found = one(Status="PAID", AmountDue=0.0, AmountPaid=0.0, AmountCredited=114.55, Total=114.55)
    assert (found.status, found.paid, found.credited) == (InvoiceStatus.PAID, 0, Decimal("114.55"))


def test_dates_come_from_either_form_and_may_be_missing() -> None:
    assert one(DateString=...).issued == date(2026, 9, 1)
    assert one(DueDateString=..., DueDate=...).due is None
    assert one(ExpectedPaymentDate="/Date(1788220800000+0000)/").expected == date(2026, 9, 1)


@pytest.mark.parametrize(("written", "sent"), [(True, True), (False, False), (None, False), (..., False)])
def test_what_is_not_told_to_be_sent_is_not(written: Any, sent: bool) -> None:
    assert one(SentToContact=written).sent is sent


def test_small_print() -> None:
    found = one(BrandingThemeID="t", RepeatingInvoiceID="r", CurrencyCode=..., Total=...)
    assert (found.theme, found.repeating, found.currency, found.total) == ("theme t", True, "GBP", Decimal("100.1"))


def test_bills_are_left_out() -> None:
    assert read(page(INVOICE, {**INVOICE, "Type": "ACCPAY"})) == (one(),)


NOTHING = st.sampled_from([None, {}, []])


@given(
    st.dictionaries(st.sampled_from(["Payments", "LineItems", "CreditNotes", "Reference", "DueDateString"]), NOTHING)
)
def test_null_empty_object_and_empty_list_all_mean_nothing(nothing: dict[str, Any]) -> None:
    absent = dict.fromkeys(nothing, ...)
    assert one(**nothing) == one(**absent)


def test_numbers_and_booleans_may_come_as_text() -> None:
    assert one(AmountDue="40.10", SentToContact="true") == one()


def test_fields_nobody_knows_are_ignored() -> None:
    assert one(HasErrors=False, NewThing={"a": [1, {"b": None}]}) == one()


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"AmountDue": ...}, "Invoice INV-1 cannot be understood: Object missing required field `AmountDue`."),
        ({"InvoiceID": ...}, "Invoice INV-1 cannot be understood: Object missing required field `InvoiceID`."),
        ({"InvoiceID": ""}, "Invoice INV-1 cannot be understood: it has no id."),
        ({"Contact": None}, "Invoice INV-1 cannot be understood: it names no client."),
        ({"AmountDue": "NaN"}, "Invoice INV-1 cannot be understood: an amount is not a number."),
        ({"DueDateString": "soon"}, "Invoice INV-1 cannot be understood: 'soon' is not a date."),
        (
            {"InvoiceID": ..., "InvoiceNumber": ...},
            "Invoice number 2 of the page cannot be understood: Object missing required field `InvoiceID`.",
        ),
    ],
)
def test_a_row_that_makes_no_sense_is_named(changes: dict[str, Any], said: str) -> None:
    odd = {k: v for k, v in {**INVOICE, **changes}.items() if v is not ...}
    with pytest.raises(BooksGarbled) as error:
        read(page(INVOICE, odd))
    assert error.value.what == said
    assert error.value.todo


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"<html>",
        b"null",
        b"[]",
        b"{}",
        b'{"Invoices":{"unexpected":3}}',
        b'{"Invoices":3}',
        b'{"Contacts":[]}',
        b'{"Invoices":[{"InvoiceID":"i","AmountDue":NaN}]}',
        page(INVOICE)[:-40],
        b'{"Invoices":[3]}',
        b'{"Invoices":[],"pagination":{"itemCount":"many"}}',
        b'\xff\xfe{"Invoices":[]}',
    ],
)
def test_anything_but_a_page_of_invoices_is_garbled(body: bytes) -> None:
    with pytest.raises(BooksGarbled):
        wire.decode(row.Invoices, body)


def test_the_work_is_the_first_line_that_says_something() -> None:
    lines = [
        {"Description": " "},
        {"ItemCode": "123", "Description": "Kitchen\n  refit, phase 2"},
        {"Description": "X"},
    ]
    assert one(LineItems=lines).work == "Kitchen refit, phase 2"
    long = one(LineItems=[{"Description": "word " * 40}]).work
    assert len(long) <= 80 and long.endswith("word…")
    assert len(one(LineItems=[{"Description": "x" * 200}]).work) == 80


def test_a_client() -> None:
    contact = {
        "ContactID": "c1",
        "Name": "Any Ltd",
        "ContactStatus": "ACTIVE",
        "EmailAddress": " ap@any.example.com ",
        "AccountNumber": "A7",
        "ContactGroups": [{"Name": "No reminders", "Status": "ACTIVE"}, {"Name": "Old", "Status": "DELETED"}],
        "ContactPersons": [
            {
                "FirstName": "Accounts",
                "LastName": "Desk",
                "EmailAddress": "ap2@any.example.com",
                "IncludeInEmails": True,
            },
            {"FirstName": "Nobody"},
        ],
        "Addresses": [{"AddressType": "STREET", "Country": "France"}, {"AddressType": "POBOX", "Country": "UK"}],
        "Balances": {"AccountsReceivable": {"Overdue": 9.0}, "AccountsPayable": {"Outstanding": 8.0, "Overdue": 7.5}},
        "MergedToContactID": "c2",
    }
    found = wire.clients(wire.decode(row.Contacts, page(contact, name="Contacts")).rows)
    assert found == (
        Client(
            id="c1",
            name="Any Ltd",
            email="ap@any.example.com",
            people=(Person("Accounts Desk", "ap2@any.example.com", True),),
            account_number="A7",
            groups=("No reminders",),
            country="GB",
            merged_into="c2",
            owed_by_us=Decimal("7.5"),
        ),
    )


@pytest.mark.parametrize(
    ("status", "archived", "erased"),
    [("ACTIVE", False, False), ("ARCHIVED", True, False), ("GDPRREQUEST", False, True), ("DORMANT", False, False)],
)
def test_archived_and_erased(status: str, archived: bool, erased: bool) -> None:
    body = page({"ContactID": "c", "ContactStatus": status, "Balances": {}, "PaymentTerms": []}, name="Contacts")
    (found,) = wire.clients(wire.decode(row.Contacts, body).rows)
    assert (found.archived, found.erased, found.owed_by_us) == (archived, erased, None)


PAYMENT: dict[str, Any] = {
    "PaymentID": "p1",
    "BatchPaymentID": "b1",
    "Date": "/Date(1543449600000+0000)/",
    "Amount": 46.00,
    "BankAmount": 40.00,
    "PaymentType": "ACCRECPAYMENT",
    "Status": "AUTHORISED",
    "Reference": "thanks",
    "Account": {"AccountID": "a", "Code": "970"},
    "Invoice": {"Type": "ACCREC", "InvoiceID": "i1", "CurrencyCode": "NZD", "Contact": {"ContactID": "c1"}},
}


def paid(**changes: Any) -> Any:
    kept = {k: v for k, v in {**PAYMENT, **changes}.items() if v is not ...}
    return wire.payments(wire.decode(row.Payments, page(kept, name="Payments")).rows, "GBP")


def test_a_payment_is_in_the_invoices_currency_on_the_date_typed() -> None:
    (found,) = paid()
    assert (found.date, found.amount, found.currency, found.client_id) == (date(2018, 11, 29), 46, "NZD", "c1")
    assert (found.batch_id, found.account, found.active, found.kind) == ("b1", "970", True, PaymentKind.MONEY)
    assert found.allocations == (Allocation("i1", Decimal(46)),)
    assert found.first_seen is None and not found.historic


def test_a_batch_may_be_nested() -> None:
    assert paid(BatchPaymentID=..., BatchPayment={"BatchPaymentID": "b2"})[0].batch_id == "b2"


@pytest.mark.parametrize(
    ("written", "kind"),
    [
        ("ACCRECPAYMENT", "money"),
        ("ARCREDITPAYMENT", "refund"),
        ("AROVERPAYMENTPAYMENT", "refund"),
        ("ARPREPAYMENTPAYMENT", "refund"),
        ("BARTER", "other"),
        (None, "other"),
    ],
)
def test_kinds_of_payment(written: str | None, kind: str) -> None:
    assert paid(PaymentType=written)[0].kind == kind


@pytest.mark.parametrize("written", ["ACCPAYPAYMENT", "APCREDITPAYMENT", "APOVERPAYMENTPAYMENT", "APPREPAYMENTPAYMENT"])
def test_payments_to_suppliers_are_left_out(written: str) -> None:
    assert paid(PaymentType=written) == ()


@pytest.mark.parametrize("status", ["DELETED", "PENDING", None])
def test_only_an_authorised_payment_counts(status: str | None) -> None:
    assert not paid(Status=status)[0].active


CREDIT = {"RemainingCredit": 20.5, "Status": "AUTHORISED", "Contact": {"ContactID": "c"}, "Date": "/Date(0)/"}


@pytest.mark.parametrize(
    ("kind", "fields", "expected"),
    [
        (
            row.CreditNotes,
            {"CreditNoteID": "k", "CreditNoteNumber": "CN-1", "Type": "ACCRECCREDIT"},
            CreditKind.CREDIT_NOTE,
        ),
        (row.Overpayments, {"OverpaymentID": "k", "Type": "RECEIVE-OVERPAYMENT"}, CreditKind.OVERPAYMENT),
        (row.Overpayments, {"OverpaymentID": "k", "Type": "AROVERPAYMENT"}, CreditKind.OVERPAYMENT),
        (row.Prepayments, {"PrepaymentID": "k", "Type": "RECEIVE-PREPAYMENT"}, CreditKind.PREPAYMENT),
        (row.Prepayments, {"PrepaymentID": "k", "Type": "ARPREPAYMENT"}, CreditKind.PREPAYMENT),
        (row.CreditNotes, {"CreditNoteID": "k", "Type": "ACCPAYCREDIT"}, None),
        (row.Overpayments, {"OverpaymentID": "k", "Type": "SPEND-OVERPAYMENT"}, None),
    ],
)
def test_credits(kind: type[row.Answer], fields: dict[str, str], expected: CreditKind | None) -> None:
    found = wire.credits(wire.decode(kind, page({**CREDIT, **fields}, name=kind.__name__)).rows, "GBP")
    assert [(c.id, c.kind, c.remaining, c.live, c.currency, c.issued) for c in found] == (
        [("k", expected, Decimal("20.5"), True, "GBP", date(1970, 1, 1))] if expected else []
    )


@pytest.mark.parametrize("status", ["VOIDED", "DELETED", "DRAFT", "SUBMITTED", "NEW"])
def test_a_credit_that_is_not_in_force_is_worth_nothing(status: str) -> None:
    body = page({**CREDIT, "CreditNoteID": "k", "Type": "ACCRECCREDIT", "Status": status}, name="CreditNotes")
    (found,) = wire.credits(wire.decode(row.CreditNotes, body).rows, "GBP")
    assert not found.live and found.remaining == 0


def test_the_organisation() -> None:
    found = wire.organisation(
        row.OrganisationRow("o", "Any Books", "GBP", "GB", "GMTSTANDARDTIME", "!mBdtL", False, "ULTRA"), True
    )
    assert (found.zone, found.demo, found.platform_reminders) == ("Europe/London", False, True)
    assert found.url == "https://go.xero.com/organisationlogin/default.aspx?shortcode=!mBdtL"
    assert wire.organisation(row.OrganisationRow("o", IsDemoCompany=True), None).demo
    assert wire.organisation(row.OrganisationRow("o", Class="DEMO"), None).demo


def test_a_note_is_cut_to_what_xero_takes() -> None:
    (record,) = json.loads(wire.note("x" * 3000))["HistoryRecords"]
    assert len(record["Details"]) == 2500 and record["Details"].endswith("…")
    assert json.loads(wire.note("Reminder 2"))["HistoryRecords"] == [{"Details": "Reminder 2"}]


def test_the_newest_change() -> None:
    found = wire.decode(row.Invoices, page(INVOICE, {**INVOICE, "UpdatedDateUTC": None})).rows
    assert wire.newest(found) == datetime(2026, 9, 1, 0, 0, 12, 345000, UTC)
    assert wire.newest([]) is None
