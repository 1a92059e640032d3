"""The shipped samples, one per dialect: our own columns, Xero's export, QuickBooks Online's reports."""

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from connectors.csvfile.books import Contents
from tests.connectors.csvfile.support import HEADER, SAMPLES, contents, sample
from worker.core.receivable import CreditKind, InvoiceStatus
from worker.errors import BooksGarbled


def _open(found: Contents) -> dict[str, Decimal]:
    return {invoice.number: invoice.open for invoice in found.invoices if invoice.is_open}


def test_our_own_columns() -> None:
    found = sample(invoices="invoices.csv", clients="clients.csv", payments="payments.csv")
    assert _open(found) == {"1001": Decimal("480.00"), "1002": Decimal("60.25"), "1003": Decimal("2400.00")}
    assert found.notes == ()
    bakery, school = found.clients
    assert (bakery.id, bakery.email, bakery.first_name, bakery.country) == (
        "HB-1",
        "accounts@harbour-bakery.example.com",
        "Robin",
        "GB",
    )
    assert (school.groups, school.people[0].email, school.people[0].copied) == (
        ("Schools", "Slow payers"),
        "office@northgate.example.org",
        True,
    )
    first = found.invoices[0]
    assert (first.reference, first.work, first.sent) == ("PO 7731", "Oven service in December", True)
    assert first.url == "https://pay.example.com/1001"
    assert [(c.kind, c.remaining, c.number) for c in found.credits] == [
        (CreditKind.CREDIT_NOTE, Decimal("40.00"), "CN-7")
    ]
    numbers = {invoice.id: invoice.number for invoice in found.invoices}
    assert [(p.amount, p.batch_id, [numbers[a.invoice_id] for a in p.allocations]) for p in found.payments] == [
        (Decimal("350.00"), "BACS-118", ["1004"]),
        (Decimal("60.25"), "", ["1002"]),
    ]


def test_xero_rows_of_one_invoice_are_folded() -> None:
    found = sample(invoices="xero-sales-invoices.csv")
    assert _open(found) == {"INV-0040": Decimal("440.00"), "INV-0041": Decimal("96.00")}
    by_number = {invoice.number: invoice for invoice in found.invoices}
    shelves = by_number["INV-0040"]
    assert (shelves.total, shelves.paid, shelves.work) == (
        Decimal("540.00"),
        Decimal("100.00"),
        "Shelving, oak; Fitting",
    )
    assert (shelves.issued, shelves.due, shelves.currency) == (date(2026, 1, 14), date(2026, 2, 13), "GBP")
    assert (shelves.sent, by_number["INV-0041"].sent) == (True, False)
    assert by_number["INV-0038"].status is InvoiceStatus.PAID
    assert by_number["INV-0042"].status is InvoiceStatus.VOID
    assert [(c.kind, c.remaining) for c in found.credits] == [
        (CreditKind.CREDIT_NOTE, Decimal("24.00")),
        (CreditKind.OVERPAYMENT, Decimal("10.00")),
    ]
    assert {c.name: (c.email, c.country) for c in found.clients} == {
        "Lantern Books": ("pay@lantern.example.com", "GB"),
        "Mill Lane Dental": ("", "GB"),
    }
    assert found.notes == ()


def test_xero_rows_that_contradict_each_other_are_refused(tmp_path: Path) -> None:
    text = (SAMPLES / "xero-sales-invoices.csv").read_text(encoding="utf-8")
    with pytest.raises(BooksGarbled) as caught:
        contents(tmp_path, text.replace("440.0000", "404.0000", 1))
    assert 'invoices.csv:3: InvoiceAmountDue of INV-0040 is "440.0000" here, "404.0000" on line 2' in str(caught.value)


def test_a_file_meant_for_importing_into_xero_says_what_is_missing(tmp_path: Path) -> None:
    header = (
        "*ContactName,EmailAddress,*InvoiceNumber,*InvoiceDate,*DueDate,*Description,*Quantity,*UnitAmount,Currency"
    )
    with pytest.raises(BooksGarbled, match="no column says a total") as caught:
        contents(tmp_path, header + "\nA,,1,2026-01-01,2026-01-31,x,1,5.00,EUR\n")
    assert "no column says what is still open" in str(caught.value)


def test_a_quickbooks_list_with_titles_totals_and_a_time_stamp() -> None:
    found = sample(invoices="quickbooks-invoice-list.csv", currency="USD")
    assert _open(found) == {"1041": Decimal("1250.00"), "1042": Decimal("100.00")}
    part_paid = next(invoice for invoice in found.invoices if invoice.number == "1042")
    assert (part_paid.issued, part_paid.due, part_paid.paid) == (date(2026, 2, 2), date(2026, 3, 4), Decimal("200.00"))
    assert [(c.kind, c.remaining) for c in found.credits] == [
        (CreditKind.CREDIT_NOTE, Decimal("50.00")),
        (CreditKind.UNAPPLIED_PAYMENT, Decimal("75.00")),
    ]
    assert [(p.amount, p.date) for p in found.payments] == [(Decimal("75.00"), date(2026, 2, 20))]
    assert {c.name for c in found.clients} == {"Cedar Court Offices", "Quill, Page & Co"}


def test_a_quickbooks_report_grouped_by_customer_takes_the_client_from_the_headings() -> None:
    found = sample(invoices="quickbooks-open-invoices.csv", currency="USD")
    names = {client.id: client.name for client in found.clients}
    assert {names[i.client_id]: i.open for i in found.invoices} == {
        "Cedar Court Offices": Decimal("1250.00"),
        "Orchard Estate:Walled garden": Decimal("100.00"),
    }
    assert found.notes == ()


def test_a_cut_or_edited_report_does_not_add_up(tmp_path: Path) -> None:
    lines = (SAMPLES / "quickbooks-invoice-list.csv").read_text(encoding="utf-8").splitlines()
    without = "\n".join(line for line in lines if "1042" not in line)
    with pytest.raises(BooksGarbled, match=r"the report's total is 1225\.00, its rows add up to 1125\.00"):
        contents(tmp_path, without, currency="USD")
    headless = "\n".join(line for line in lines if not line.startswith("TOTAL"))
    assert any("without its TOTAL row" in note for note in contents(tmp_path, headless, currency="USD").notes)


def test_transactions_that_are_not_sales_are_named_and_left_out(tmp_path: Path) -> None:
    text = (
        "Date,Transaction type,Num,Name,Due date,Amount,Open balance\n"
        "01/31/2026,Invoice,1,Acme,02/28/2026,10.00,10.00\n01/31/2026,Bill,2,Acme,02/28/2026,99.00,99.00\n"
    )
    found = contents(tmp_path, text, currency="USD")
    assert _open(found) == {"1": Decimal("10.00")}
    assert 'invoices.csv: "Bill" rows are not read (line 3)' in found.notes


def test_a_running_balance_is_never_taken_for_what_is_open(tmp_path: Path) -> None:
    text = "Date,Transaction type,Num,Name,Due date,Amount,Balance\n01/31/2026,Invoice,1,Acme,02/28/2026,10.00,910.00\n"
    with pytest.raises(BooksGarbled, match="no column says what is still open"):
        contents(tmp_path, text, currency="USD")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
@pytest.mark.parametrize("separator", [",", ";", "\t"])
@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
def test_encodings_separators_and_line_ends(tmp_path: Path, encoding: str, separator: str, newline: str) -> None:
    rows = [HEADER.split(","), ["7", "Café Bäcker", "31/01/2026", "28/02/2026", "EUR", '"1.234,50"', '"1.234,50"']]
    raw = newline.join(separator.join(row) for row in rows).encode(encoding)
    (invoice,) = contents(tmp_path, raw).invoices
    assert (invoice.open, invoice.issued) == (Decimal("1234.50"), date(2026, 1, 31))
    assert contents(tmp_path, raw).clients[0].name == "Café Bäcker"


def test_headings_in_any_case_spacing_and_order_and_a_separator_line(tmp_path: Path) -> None:
    text = (
        "sep=;\nDUE_DATE;Open-Amount;Total Amount; Customer Name ;Invoice No.;Mood\n2026-02-28;5.00;5.00;Acme;9;merry\n"
    )
    found = contents(tmp_path, text, currency="EUR")
    (invoice,) = found.invoices
    assert (invoice.number, invoice.open, invoice.due) == ("9", Decimal("5.00"), date(2026, 2, 28))
    assert found.notes == ('invoices.csv: columns not used: "Mood"',)
