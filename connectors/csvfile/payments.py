"""Rows of a payments file and of a credits file -> payments and credits. PURE."""

from collections import Counter
from collections.abc import Mapping, Sequence

from connectors.csvfile import cells
from connectors.csvfile.notes import Findings
from connectors.csvfile.reader import Directory, Reader, stable_id
from connectors.csvfile.settings import Options
from connectors.csvfile.table import Record, Table
from connectors.csvfile.words import Document, document_of, status_of
from worker.core.receivable import Allocation, Client, Credit, CreditKind, Invoice, InvoiceStatus, Payment, PaymentKind

_CREDIT_KINDS = {
    Document.OVERPAYMENT: CreditKind.OVERPAYMENT,
    Document.PREPAYMENT: CreditKind.PREPAYMENT,
    Document.PAYMENT: CreditKind.UNAPPLIED_PAYMENT,
}


class _Invoices:
    """Finds the invoice a payment names: by id, by client and number, or by a number only one client uses."""

    def __init__(self, by_number: Mapping[tuple[str, str], Invoice]) -> None:
        self._by_number = by_number
        self._by_id = {invoice.id: invoice for invoice in by_number.values()}
        self._alone: dict[str, list[Invoice]] = {}
        for (_, number), invoice in by_number.items():
            self._alone.setdefault(number, []).append(invoice)

    def find(self, record: Record, client: Client | None) -> Invoice | None:
        if invoice := self._by_id.get(record.get("invoice_id")):
            return invoice
        number = cells.name_key(record.get("invoice"))
        if client is not None:
            return self._by_number.get((client.id, number))
        same = self._alone.get(number, [])
        return same[0] if len(same) == 1 else None


def read_payments(
    table: Table,
    by_number: Mapping[tuple[str, str], Invoice],
    directory: Directory,
    options: Options,
    findings: Findings,
) -> list[Payment]:
    """Every payment; a negative amount is a refund. A payment of an invoice the books no longer list stays money."""
    reader = Reader(table, options, findings, ("amount",), ("date",))
    invoices, seen, found = _Invoices(by_number), Counter[str](), list[Payment]()
    ids: dict[str, int] = {}
    for record in table.records:
        payment = _payment(reader, record, invoices, directory, seen)
        if payment is None:
            continue
        if earlier := ids.get(payment.id):
            reader.problem(
                record.line,
                f'the payment id "{payment.id}" is there twice, first on line {earlier}',
                "one row per payment",
                "delete one of them, or give each its own id",
            )
        ids[payment.id] = record.line
        found.append(payment)
    return found


def _payment(
    reader: Reader, record: Record, invoices: _Invoices, directory: Directory, seen: Counter[str]
) -> Payment | None:
    named = bool(record.get("client") or record.get("client_id"))
    client = directory.find(reader.table, record) if named else None
    if named and client is None:
        return None
    invoice = invoices.find(record, client)
    if client is None and invoice is None:
        reader.problem(
            record.line,
            f'no client is named, and "{record.get("invoice")}" is not an invoice of exactly one client',
            "a client, or the number of an invoice in the invoices file",
            "fill in the client",
        )
        return None
    client_id = client.id if client else invoice.client_id if invoice else ""
    currency = reader.currency(record)
    amount, paid_on = reader.amount(record, "amount", currency), reader.day(record, "date")
    for name, value in (("amount", amount), ("date", paid_on)):
        if value is None and not record.get(name):
            reader.problem(record.line, f"the {name} is empty", f"the {name} of the payment", "fill it in")
    if amount is None or paid_on is None or not currency:
        return None
    if amount == 0:
        reader.findings.note(reader.table.name, "payments of nothing are left out", record.line)
        return None
    if invoice is not None and invoice.currency != currency:
        reader.findings.note(reader.table.name, "paid in another currency than the invoice: not matched", record.line)
        invoice = None
    payer = client.name if client else client_id
    words = (cells.name_key(payer), str(paid_on), currency, str(amount), cells.name_key(record.get("invoice")))
    occurrence = "\x1f".join((*words, record.get("batch"), record.get("reference")))
    seen[occurrence] += 1
    return Payment(
        record.get("id") or stable_id("payment", occurrence, str(seen[occurrence])),
        client_id,
        paid_on,
        currency,
        abs(amount),
        PaymentKind.MONEY if amount > 0 else PaymentKind.REFUND,
        True,
        record.get("batch"),
        record.get("account"),
        record.get("reference"),
        (Allocation(invoice.id, abs(amount)),) if invoice is not None else (),
    )


def read_credits(table: Table, directory: Directory, options: Options, findings: Findings) -> Sequence[Credit]:
    """Every credit; without a type it is a credit note. Amounts may have either sign."""
    reader = Reader(table, options, findings, ("remaining",), ("issued",))
    seen, found = Counter[str](), list[Credit]()
    for record in table.records:
        client = directory.find(table, record)
        currency = reader.currency(record)
        remaining = reader.amount(record, "remaining", currency)
        issued = reader.day(record, "issued")
        if remaining is None and not record.get("remaining"):
            reader.problem(record.line, "what remains is empty", "an amount; 0 when used up", "fill it in")
        if client is None or remaining is None or not currency:
            continue
        kind = _kind(record)
        words = (cells.name_key(client.name), kind, record.get("number"), str(issued or ""), currency)
        occurrence = "\x1f".join(words)
        seen[occurrence] += 1
        credit_id = record.get("id") or stable_id("credit", *words, str(seen[occurrence]))
        live = status_of(record.get("status")) not in (InvoiceStatus.VOID, InvoiceStatus.DELETED, InvoiceStatus.DRAFT)
        found.append(Credit(credit_id, client.id, kind, currency, abs(remaining), live, record.get("number"), issued))
    return found


def _kind(record: Record) -> CreditKind:
    written = record.get("type").casefold()
    if written in tuple(CreditKind):
        return CreditKind(written)
    return _CREDIT_KINDS.get(document_of(written), CreditKind.CREDIT_NOTE)
