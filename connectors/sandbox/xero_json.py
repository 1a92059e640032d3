"""The books as the Accounting API writes them: one function per document, and what each route leaves out.

Shapes, field names and omissions follow Xero's OpenAPI file (16.1.0) and the pages "Invoices", "Contacts", "Payments"
and "Requests and responses" of its developer site. Amounts leave here as JSON numbers with at most two decimals.
"""

from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid5

from connectors.sandbox.books import Books
from connectors.sandbox.rows import ZERO, Contact, Credit, Invoice, Note, Payment

Row = dict[str, Any]
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
BANK = "5c1f7a34-6f0f-5d0c-8f43-0d6a5b7f1c21"
THEME = "a94a78db-5cc6-5e26-a52b-045237e56e6e"
SPACE = UUID(BANK)
CREDIT_ID = {"note": "CreditNoteID", "overpayment": "OverpaymentID", "prepayment": "PrepaymentID"}


def number(amount: Decimal) -> float:
    """A JSON number; two decimals survive the trip through a double unchanged."""
    return float(amount)


def stamp(moment: datetime) -> str:
    """An instant as milliseconds since 1970."""
    return f"/Date({(moment - EPOCH) // timedelta(milliseconds=1)}+0000)/"


def day(value: date) -> str:
    """A calendar date: midnight UTC of that date, whatever the organisation's zone."""
    return stamp(datetime.combine(value, time(), UTC))


def dated(name: str, value: date) -> Row:
    """A calendar date in both spellings."""
    return {f"{name}String": f"{value.isoformat()}T00:00:00", name: day(value)}


def updated(moment: datetime) -> Row:
    """An update time in both spellings."""
    return {"UpdatedDateUTC": stamp(moment), "UpdatedDateUTCString": f"{moment:%Y-%m-%dT%H:%M:%SZ}"}


def contact_stub(contact: Contact) -> Row:
    """A contact inside another document: its id and name; the empty lists mean nothing."""
    empty: Row = {name: [] for name in ("Addresses", "Phones", "ContactGroups", "ContactPersons")}
    return {"ContactID": contact.id, "Name": contact.name, **empty, "HasValidationErrors": False}


def contact_core(contact: Contact) -> Row:
    """What every contact route shows."""
    row: Row = {
        "ContactID": contact.id,
        "AccountNumber": contact.account_number,
        "ContactStatus": contact.status,
        "Name": contact.name,
        "FirstName": "Accounts",
        "LastName": "Payable",
        "EmailAddress": contact.email,
        "BankAccountDetails": "",
        "Addresses": [
            {"AddressType": "STREET", "City": "", "Region": "", "PostalCode": "", "Country": ""},
            {"AddressType": "POBOX", "City": contact.city, "Region": "", "PostalCode": "", "Country": contact.country},
        ],
        "Phones": [{"PhoneType": kind, "PhoneNumber": ""} for kind in ("DEFAULT", "DDI", "FAX", "MOBILE")],
        "UpdatedDateUTC": stamp(contact.updated),
        "DefaultCurrency": contact.currency,
        "HasValidationErrors": False,
    }
    return row


def contact_full(contact: Contact, books: Books, today: date) -> Row:
    """A contact on its own or in a paged list."""
    row = contact_core(contact)
    row["ContactPersons"] = [
        {"FirstName": "", "LastName": p.role, "EmailAddress": p.email, "IncludeInEmails": p.included}
        for p in contact.people
    ]
    row["ContactGroups"] = [group_stub(name) for name in contact.groups]
    if contact.terms:
        row["PaymentTerms"] = {"Sales": {"Day": contact.terms[0], "Type": contact.terms[1]}}
    sales, bills = _balance(contact, books, today, "ACCREC"), _balance(contact, books, today, "ACCPAY")
    row["IsCustomer"] = any(i.type == "ACCREC" and i.contact == contact.id for i in books.invoices.values())
    row["IsSupplier"] = any(i.type == "ACCPAY" and i.contact == contact.id for i in books.invoices.values())
    if sales["Outstanding"] or bills["Outstanding"]:
        row["Balances"] = {"AccountsReceivable": sales, "AccountsPayable": bills}
    if contact.merged_to:
        row["MergedToContactID"] = contact.merged_to
    row["HasAttachments"] = False
    return row


def _balance(contact: Contact, books: Books, today: date, kind: str) -> Row:
    """Outstanding and overdue in the base currency, each document at its own rate."""
    owed = late = ZERO
    for invoice in books.invoices.values():
        if invoice.contact == contact.id and invoice.type == kind and invoice.status == "AUTHORISED":
            base = (invoice.open / invoice.rate).quantize(Decimal("0.01"))
            owed += base
            late += base if invoice.due < today else ZERO
    return {"Outstanding": number(owed), "Overdue": number(late)}


def group_stub(name: str) -> Row:
    """A contact group without its members."""
    return {"ContactGroupID": str(uuid5(SPACE, f"group/{name}")), "Name": name, "Status": "ACTIVE", "Contacts": []}


def invoice_stub(invoice: Invoice, contact: Contact | None = None) -> Row:
    """An invoice inside another document."""
    row: Row = {"Type": invoice.type, "InvoiceID": invoice.id, "InvoiceNumber": invoice.number}
    for name in ("Payments", "CreditNotes", "Prepayments", "Overpayments", "LineItems"):
        row[name] = []
    row |= {"HasErrors": False, "IsDiscounted": False, "CurrencyCode": invoice.currency}
    return row | ({"Contact": contact_stub(contact)} if contact else {})


def invoice_full(invoice: Invoice, books: Books, *, single: bool) -> Row:
    """An invoice with its lines and settlements. ``single`` marks the route by id, which differs in two known ways."""
    open_ = invoice.total if single and invoice.status == "DELETED" else invoice.open
    row: Row = {
        "Type": invoice.type,
        "InvoiceID": invoice.id,
        "InvoiceNumber": invoice.number,
        "Reference": invoice.reference,
        "Payments": [],
        "CreditNotes": [],
        "Prepayments": [],
        "Overpayments": [],
        "AmountDue": number(open_),
        "AmountPaid": number(invoice.paid),
        "AmountCredited": number(invoice.credited),
        "CurrencyRate": number(invoice.rate),
        "HasErrors": False,
        "IsDiscounted": False,
        "HasAttachments": False,
        "Contact": contact_stub(books.contacts[invoice.contact]),
        **dated("Date", invoice.issued),
        **dated("DueDate", invoice.due),
        "Status": invoice.status,
        "LineAmountTypes": "Exclusive",
        "LineItems": [_line(invoice, place) for place in range(len(invoice.lines))],
        "SubTotal": number(sum((line.net for line in invoice.lines), ZERO)),
        "TotalTax": number(sum((line.tax for line in invoice.lines), ZERO)),
        "Total": number(invoice.total),
        **updated(invoice.updated),
        "CurrencyCode": invoice.currency,
        "BrandingThemeID": THEME,
    }
    if invoice.sent:
        row["SentToContact"] = True
    if invoice.expected:
        row |= dated("ExpectedPaymentDate", invoice.expected)
    if invoice.repeating:
        row["RepeatingInvoiceID"] = invoice.repeating
    if invoice.settled_on:
        # By credit alone the two routes disagree on this date (XeroAPI/Xero-OpenAPI#266).
        differs = single and invoice.paid == 0 and invoice.allocated_on
        row["FullyPaidOnDate"] = day(invoice.allocated_on if differs and invoice.allocated_on else invoice.settled_on)
    return row


def _line(invoice: Invoice, place: int) -> Row:
    line = invoice.lines[place]
    return {
        "LineItemID": str(uuid5(UUID(invoice.id), f"line/{place}")),
        "Description": line.description,
        "Quantity": 1.0,
        "UnitAmount": number(line.net),
        "LineAmount": number(line.net),
        "TaxAmount": number(line.tax),
        "TaxType": "OUTPUT2" if line.tax else "NONE",
        "AccountCode": "200",
        "Tracking": [],
    }


def settle(rows: dict[str, Row], books: Books) -> None:
    """Write payments and applied credits into the invoice rows (by id) they belong to."""
    for payment in books.payments.values():
        if payment.status == "AUTHORISED" and payment.invoice in rows:
            rows[payment.invoice]["Payments"].append(_nested_payment(payment, books))
    for credit in books.credits.values():
        for allocation in credit.allocations:
            if allocation.invoice in rows:
                key = {"note": "CreditNotes", "overpayment": "Overpayments", "prepayment": "Prepayments"}[credit.kind]
                rows[allocation.invoice][key].append(_applied(credit, allocation.amount))


def _nested_payment(payment: Payment, books: Books) -> Row:
    row: Row = {
        "PaymentID": payment.id,
        "Date": day(payment.date),
        "Amount": number(payment.amount),
        "CurrencyRate": number(books.invoices[payment.invoice].rate),
        "HasAccount": False,
        "HasValidationErrors": False,
    }
    row |= {"BatchPaymentID": payment.batch} if payment.batch else {}
    return row | ({"Reference": payment.reference} if payment.reference else {})


def _applied(credit: Credit, amount: Decimal) -> Row:
    row: Row = {CREDIT_ID[credit.kind]: credit.id, "ID": credit.id, "AppliedAmount": number(amount)}
    row |= {"CreditNoteNumber": credit.number} if credit.kind == "note" else {}
    return row | {**dated("Date", credit.date), "Total": number(credit.total)}


def history_row(note: Note) -> Row:
    """One line of an invoice's history."""
    return {
        "Changes": note.changes,
        "DateUTCString": f"{note.at:%Y-%m-%dT%H:%M:%S}",
        "DateUTC": stamp(note.at),
        "User": note.user,
        "Details": note.details,
    }
