"""Payments, batches and credits as the Accounting API writes them (see ``xero_json`` for the sources)."""

from collections.abc import Iterable
from decimal import Decimal

from connectors.sandbox.books import Books
from connectors.sandbox.rows import ZERO, Batch, Credit, Payment
from connectors.sandbox.xero_json import (
    BANK,
    CREDIT_ID,
    Row,
    contact_stub,
    dated,
    day,
    invoice_stub,
    number,
    stamp,
    updated,
)


def payment_full(payment: Payment, books: Books, *, single: bool) -> Row:
    """A payment; only the route by id tells the invoice's status and what it still owes."""
    invoice = books.invoices[payment.invoice]
    nested = invoice_stub(invoice, books.contacts[invoice.contact])
    if single:
        nested |= {"Status": invoice.status, "AmountDue": number(invoice.open), "Total": number(invoice.total)}
    row: Row = {
        "PaymentID": payment.id,
        "Date": day(payment.date),
        "BankAmount": number((payment.amount / invoice.rate).quantize(Decimal("0.01"))),
        "Amount": number(payment.amount),
        "Reference": payment.reference,
        "CurrencyRate": number(invoice.rate),
        "PaymentType": "ACCRECPAYMENT" if invoice.type == "ACCREC" else "ACCPAYPAYMENT",
        "Status": payment.status,
        **updated(payment.updated),
        "HasAccount": True,
        "IsReconciled": payment.status == "AUTHORISED",
        "Account": {"AccountID": BANK, "Code": "090"},
        "Invoice": nested,
        "HasValidationErrors": False,
    }
    return row | ({"BatchPaymentID": payment.batch} if payment.batch else {})


def batch_full(batch: Batch, members: Iterable[Payment], books: Books) -> Row:
    """A batch payment with the payments in it."""
    rows = [
        {
            "Invoice": invoice_stub(books.invoices[payment.invoice]),
            "PaymentID": payment.id,
            "Amount": number(payment.amount),
            "BankAmount": number((payment.amount / books.invoices[payment.invoice].rate).quantize(Decimal("0.01"))),
        }
        for payment in members
    ]
    total = sum((Decimal(str(row["BankAmount"])) for row in rows), ZERO)
    return {
        "Account": {"AccountID": BANK, "CurrencyCode": "GBP"},
        "Reference": batch.reference,
        "BatchPaymentID": batch.id,
        **dated("Date", batch.date),
        "Payments": rows,
        "Type": "RECBATCH",
        "Status": batch.status,
        "TotalAmount": number(total),
        "UpdatedDateUTC": stamp(batch.updated),
        "IsReconciled": True,
    }


_TYPE = {"note": "ACCRECCREDIT", "overpayment": "RECEIVE-OVERPAYMENT", "prepayment": "RECEIVE-PREPAYMENT"}


def credit_full(credit: Credit, books: Books) -> Row:
    """A credit note, overpayment or prepayment with what was allocated from it."""
    row: Row = {
        CREDIT_ID[credit.kind]: credit.id,
        "ID": credit.id,
        "Type": _TYPE[credit.kind],
        "Reference": credit.reference,
    }
    if credit.kind == "note":
        row |= {"CreditNoteNumber": credit.number, "HasErrors": False}
    row |= {
        "RemainingCredit": number(credit.remaining),
        "Allocations": [
            {
                "AllocationID": allocation.id,
                "Amount": number(allocation.amount),
                "Date": day(allocation.date),
                "Invoice": {
                    "InvoiceID": allocation.invoice,
                    "InvoiceNumber": books.invoices[allocation.invoice].number,
                },
            }
            for allocation in credit.allocations
        ],
        "Payments": [],
        "HasAttachments": False,
        "Contact": contact_stub(books.contacts[credit.contact]),
        **dated("Date", credit.date),
        "Status": credit.status,
        "LineAmountTypes": "NoTax",
        "LineItems": [{"Description": "Credit", "Quantity": 1.0, "LineAmount": number(credit.total), "Tracking": []}],
        "SubTotal": number(credit.total),
        "TotalTax": 0.0,
        "Total": number(credit.total),
        **updated(credit.updated),
        "CurrencyCode": credit.currency,
        "CurrencyRate": number(credit.rate),
    }
    return row
