"""QuickBooks' JSON becomes core values: shapes written from the fact sheets, and public recordings where they lie."""

import json
from datetime import date
from decimal import Decimal
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.quickbooks import rows as row
from connectors.quickbooks import wire
from connectors.quickbooks.mark import Mark
from tests.specs import spec_file
from worker.core.receivable import Allocation, CreditKind, InvoiceStatus, PaymentKind
from worker.errors import BooksGarbled

INVOICE: dict[str, Any] = {
    "Id": "130", "SyncToken": "2", "DocNumber": "1037", "TxnDate": "2026-04-04", "DueDate": "2026-05-04",
    "TotalAmt": 362.07, "Balance": 100.1, "CustomerRef": {"value": "24", "name": "Quay Stores"},
    "CurrencyRef": {"value": "USD", "name": "United States Dollar"}, "SalesTermRef": {"value": "3"},
    "EmailStatus": "EmailSent", "LinkedTxn": [{"TxnId": "5", "TxnType": "Estimate"}],
    "Line": [{"DetailType": "SubTotalLineDetail"}, {"Description": "  Garden\n design  "}],
    "MetaData": {"LastUpdatedTime": "2026-05-05T03:13:29-07:00"}, "domain": "QBO", "sparse": False,
}  # fmt: skip


def read(kind: Any, fields: dict[str, Any]) -> Any:
    return wire.one(kind, msgspec.Raw(json.dumps(fields).encode()))


def invoice(**more: Any) -> Any:
    fields = {k: v for k, v in {**INVOICE, **more}.items() if v is not ...}
    return wire.invoice(read(row.InvoiceRow, fields), "GBP", {"3": "Net 30"})


def test_an_invoice() -> None:
    found = invoice()
    assert (found.id, found.number, found.client_id, found.currency) == ("130", "1037", "24", "USD")
    assert (found.total, found.open, found.paid) == (Decimal("362.07"), Decimal("100.1"), Decimal("261.97"))
    assert (found.issued, found.due, found.terms) == (date(2026, 4, 4), date(2026, 5, 4), "Net 30")
    assert found.status is InvoiceStatus.OPEN and found.sent is True and found.work == "Garden design"


@pytest.mark.parametrize(
    ("total", "balance", "status"),
    [
        (100, 100, InvoiceStatus.OPEN),
        (100, 0.01, InvoiceStatus.OPEN),
        (100, 0, InvoiceStatus.PAID),
        (0, 0, InvoiceStatus.VOID),
        (100, -5, InvoiceStatus.OTHER),
    ],
)
def test_amounts_tell_the_status(total: float, balance: float, status: InvoiceStatus) -> None:
    found = invoice(TotalAmt=total, Balance=balance)
    assert found.status is status
    assert found.is_open == (status is InvoiceStatus.OPEN)


def test_a_note_that_says_voided_does_not_void() -> None:
    assert invoice(PrivateNote="Voided - see the other one").is_open


@pytest.mark.parametrize(
    ("status", "sent"), [("EmailSent", True), ("NotSet", False), ("NeedToSend", False), ("Pigeon", None), (..., None)]
)
def test_whether_it_was_sent(status: Any, sent: bool | None) -> None:
    assert invoice(EmailStatus=status).sent is sent


def test_a_delivery_problem_is_kept() -> None:
    assert invoice(DeliveryInfo={"DeliveryType": "Email", "DeliveryErrorType": "Bounced Email"}).delivery_problem == (
        "Bounced Email"
    )


def test_what_is_empty_is_absent_and_that_is_fine() -> None:
    bare = {k: INVOICE[k] for k in ("Id", "TotalAmt", "Balance", "CustomerRef")}
    found = wire.invoice(read(row.InvoiceRow, bare), "GBP", {})
    assert (found.currency, found.due, found.number, found.sent, found.work) == ("GBP", None, "", None, "")


def test_purchase_orders_are_where_people_put_them() -> None:
    field = {"DefinitionId": "1", "Type": "StringType", "StringValue": " PO-7 "}
    assert invoice(CustomField=[{**field, "Name": "P.O. Number"}]).reference == "PO-7"
    assert invoice(CustomField=[{**field, "Name": "Crew #"}]).reference == ""
    assert invoice(PONumber="PO-8").reference == "PO-8"


@pytest.mark.parametrize("odd", [{"TotalAmt": "362.07"}, {"Line": {}}, {"CurrencyRef": None}, {"DeliveryInfo": []}])
def test_odd_spellings_of_the_same_are_understood(odd: dict[str, Any]) -> None:
    assert invoice(**odd).total == Decimal("362.07")


@pytest.mark.parametrize(
    ("odd", "why"),
    [
        ({"Balance": "much"}, "Invoice 1037 cannot be understood"),
        ({"CustomerRef": {"name": "no id"}}, "it names no customer"),
        ({"DueDate": "soon"}, "'soon' is not a date"),
        ({"Balance": ...}, "Invoice 1037 cannot be understood"),
        ({"TotalAmt": float("nan")}, "NaN is not a number"),
    ],
)
def test_a_row_without_sense_is_named(odd: dict[str, Any], why: str) -> None:
    with pytest.raises(BooksGarbled, match=why):
        invoice(**odd)


# --- customers ------------------------------------------------------------------------------------------------------


def client(**more: Any) -> Any:
    return wire.client(read(row.CustomerRow, {"Id": "7", "DisplayName": "Quay Stores", **more}))


def test_several_addresses_in_one_string() -> None:
    found = client(PrimaryEmailAddr={"Address": " ap@quay.example.com, boss@quay.example.com;ap@quay.example.com ,"})
    assert found.email == "ap@quay.example.com"
    assert [(p.email, p.copied) for p in found.people] == [("boss@quay.example.com", True)]


@given(
    st.lists(st.from_regex(r"[a-z]{1,8}@[a-z]{1,8}\.example\.com", fullmatch=True), max_size=5), st.sampled_from(",;")
)
def test_addresses_come_back_in_order_each_once(found: list[str], between: str) -> None:
    assert wire.addresses(f" {between} ".join(found)) == list(dict.fromkeys(found))


def test_a_sub_customer_knows_its_parent_and_who_is_billed() -> None:
    sub = {"Job": True, "ParentRef": {"value": "3"}, "Level": 1}
    assert (client(**sub).parent_id, client(**sub).billed_with_parent) == ("3", False)
    assert client(**sub, BillWithParent=True).billed_with_parent
    assert not client(BillWithParent=True).billed_with_parent


def test_an_inactive_customer_gets_its_name_back() -> None:
    found = client(DisplayName="Quay Stores (deleted)", Active=False)
    assert (found.name, found.archived) == ("Quay Stores", True)
    assert client(DisplayName="The (deleted) scenes").name == "The (deleted) scenes"


@pytest.mark.parametrize(("written", "code"), [("USA", "US"), ("GBR", "GB"), ("Germany", "DE"), ("Narnia", "")])
def test_countries(written: str, code: str) -> None:
    assert client(BillAddr={"Country": written}).country == code


# --- money ----------------------------------------------------------------------------------------------------------


def line(amount: float, to: str, kind: str = "Invoice") -> dict[str, Any]:
    return {"Amount": amount, "LinkedTxn": [{"TxnId": to, "TxnType": kind}]}


def paid(total: float, *lines: dict[str, Any], unapplied: float = 0) -> row.PaymentRow:
    fields = {"Id": "116", "TotalAmt": total, "UnappliedAmt": unapplied, "TxnDate": "2026-04-04", "Line": list(lines)}
    found: row.PaymentRow = read(row.PaymentRow, {**fields, "CustomerRef": {"value": "25"}})
    return found


def test_one_payment_of_several_invoices() -> None:
    found = wire.payment(paid(80, line(50, "63"), line(30, "64")), "USD")
    assert (found.kind, found.active, found.amount) == (PaymentKind.MONEY, True, 80)
    assert found.allocations == (Allocation("63", Decimal(50)), Allocation("64", Decimal(30)))


def test_a_credit_being_applied_is_no_money() -> None:
    found = wire.payment(paid(0, line(100, "63"), line(100, "9", "CreditMemo")), "USD")
    assert (found.kind, found.active) == (PaymentKind.OTHER, True)
    assert [a.invoice_id for a in found.allocations] == ["63"]


def test_money_and_credit_together_allocate_no_more_than_the_money() -> None:
    found = wire.payment(paid(70, line(60, "63"), line(40, "64"), line(30, "9", "CreditMemo")), "USD")
    assert found.allocations == (Allocation("63", Decimal(60)), Allocation("64", Decimal(10)))


@given(st.lists(st.integers(1, 10_000), max_size=6), st.integers(0, 20_000), st.integers(0, 5_000))
def test_allocations_never_exceed_the_money_that_was_applied(lines: list[int], total: int, unapplied: int) -> None:
    found = wire.payment(
        paid(total + unapplied, *(line(n, str(at)) for at, n in enumerate(lines)), unapplied=unapplied), "USD"
    )
    if total > 0:
        assert sum(a.amount for a in found.allocations) <= total


def test_a_voided_payment_is_no_longer_active() -> None:
    assert not wire.payment(paid(0), "USD").active


def test_a_payment_on_account_is_credit_that_holds_reminders() -> None:
    held = wire.unapplied(paid(80, unapplied=80), "USD")
    assert (held.kind, held.remaining, held.live, held.client_id) == (CreditKind.UNAPPLIED_PAYMENT, 80, True, "25")
    assert wire.payment(paid(80, unapplied=80), "USD").allocations == ()
    assert not wire.unapplied(paid(80, line(80, "63")), "USD").live


def test_a_credit_memo() -> None:
    fields = {"Id": "73", "TotalAmt": 100, "RemainingCredit": 40, "CustomerRef": {"value": "3"}, "DocNumber": "C-1"}
    found = wire.credit(read(row.CreditMemoRow, fields), "USD")
    assert (found.kind, found.remaining, found.live, found.currency) == (CreditKind.CREDIT_NOTE, 40, True, "USD")
    assert not wire.credit(read(row.CreditMemoRow, {**fields, "RemainingCredit": 0}), "USD").live


# --- the company ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("said", "fallback", "zone"),
    [
        ("America/New_York", "Europe/London", "America/New_York"),
        (None, "Europe/London", "Europe/London"),
        ("Pacific Standard Time", "Europe/London", "Europe/London"),
        ("../../etc/passwd", "", ""),
        (None, "", ""),
    ],
)
def test_the_zone_of_the_company_needs_a_fallback(said: str | None, fallback: str, zone: str) -> None:
    found = row.CompanyRow(CompanyName="Any Ltd", Country="US", DefaultTimeZone=said)
    assert wire.organisation("9", found, "USD", fallback, demo=False).zone == zone


@given(st.text(max_size=60))
def test_a_watermark_nobody_wrote_is_none(text: str) -> None:
    assert Mark.read(text) is None


# --- public recordings ----------------------------------------------------------------------------------------------


def sample(name: str) -> Any:
    path = spec_file(f"qbo_samples/{name}")
    if path is None:
        pytest.skip(f"{name} is not beside this checkout (set DUECOURSE_SHARED)")
    return json.loads(path.read_text("utf-8"))


def test_a_recorded_invoice_before_and_after_its_void() -> None:
    before = wire.invoice(read(row.InvoiceRow, sample("invoice_open.json")["Invoice"]), "USD", {})
    after = wire.invoice(read(row.InvoiceRow, sample("invoice_voided.json")["Invoice"]), "USD", {})
    assert before.is_open and before.number == after.number == "1041"
    assert (after.status, after.total, after.open) == (InvoiceStatus.VOID, 0, 0)


def test_recorded_customers() -> None:
    listed = sample("query_response_customers.json")["QueryResponse"]["Customer"]
    found = [wire.client(read(row.CustomerRow, one)) for one in listed]
    assert found and all(c.id and c.name for c in found)


def test_recorded_frames() -> None:
    for name in ("query_response_empty.json", "query_response_count.json", "query_response_customers.json"):
        wire.decode(row.QueryAnswer, json.dumps(sample(name)).encode(), "a recording")
    answer = wire.decode(row.ChangesAnswer, json.dumps(sample("cdc_response.json")).encode(), "a recording")
    assert answer.CDCResponse


def test_a_recorded_company_and_its_preferences() -> None:
    company = wire.decode(row.CompanyRow, json.dumps(sample("company_info.json")).encode(), "a recording")
    assert company.CompanyName and company.DefaultTimeZone is None
    wire.decode(row.PreferencesRow, json.dumps(sample("preferences.json")).encode(), "a recording")


def test_a_recorded_term() -> None:
    assert read(row.TermRow, sample("term_date_driven_converted.json")["Term"]).Name
