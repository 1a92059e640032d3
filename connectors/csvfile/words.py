"""What the words under *status* and *type* mean, in any dialect. PURE."""

from enum import Enum

from connectors.csvfile.cells import key
from worker.core.receivable import InvoiceStatus

# Xero's list shows "Awaiting Payment" for what its API calls AUTHORISED; QuickBooks Online shows "Overdue 5 days",
# "Due in 3 days", "Partially paid", "Deposited" and the like.
_STATUS = {
    InvoiceStatus.DRAFT: ("draft", "awaitingapproval", "submitted", "pending", "estimate"),
    InvoiceStatus.OPEN: (
        *("open", "unpaid", "awaitingpayment", "authorised", "authorized", "approved", "sent", "viewed", "outstanding"),
        *("partial", "partiallypaid", "partpaid", "late", "notpaid", "notsent", "issued"),
    ),
    InvoiceStatus.PAID: ("paid", "closed", "settled", "deposited", "paidinfull", "fullypaid", "notdeposited"),
    InvoiceStatus.VOID: ("void", "voided", "cancelled", "canceled"),
    InvoiceStatus.DELETED: ("deleted",),
}
_STATUS_OF = {word: status for status, words in _STATUS.items() for word in words}
_OPEN_BEGINNINGS = ("overdue", "due", "pastdue", "partiallypaid")


class Document(Enum):
    """What a row of an invoices file is."""

    INVOICE = "invoice"
    CREDIT_NOTE = "credit note"
    OVERPAYMENT = "overpayment"
    PREPAYMENT = "prepayment"
    PAYMENT = "payment"
    IGNORED = "ignored"


_DOCUMENTS = {
    Document.INVOICE: ("", "invoice", "salesinvoice", "accrec", "inv"),
    Document.CREDIT_NOTE: ("creditnote", "creditmemo", "salescreditnote", "accreccredit", "credit"),
    Document.OVERPAYMENT: ("salesoverpayment", "overpayment", "aroverpayment"),
    Document.PREPAYMENT: ("salesprepayment", "prepayment", "arprepayment"),
    Document.PAYMENT: ("payment", "receivepayment", "receivedpayment"),
}
_DOCUMENT_OF = {word: document for document, words in _DOCUMENTS.items() for word in words}


def status_of(written: str) -> InvoiceStatus | None:
    """The status a cell means; None when it is empty, OTHER when nobody knows the word."""
    word = key(written)
    if not word:
        return None
    if word.startswith(_OPEN_BEGINNINGS):
        return InvoiceStatus.OPEN
    return _STATUS_OF.get(word, InvoiceStatus.OTHER)


def document_of(written: str) -> Document:
    """What a type cell means; an empty one is an invoice, an unknown one (a bill, an estimate) is not read."""
    return _DOCUMENT_OF.get(key(written), Document.IGNORED)
