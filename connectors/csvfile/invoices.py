"""Rows of an invoices file, in any dialect -> invoices, credits and payments. PURE.

What a row is: a negative total is a credit note; an overpaid invoice is paid and leaves an overpayment; a row whose
status says paid, void or deleted is never open whatever its amounts say (with a note), because a person said so.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal

from connectors.csvfile import cells
from connectors.csvfile.duedates import due_date
from connectors.csvfile.notes import Findings
from connectors.csvfile.reader import Directory, Reader, stable_id
from connectors.csvfile.settings import Options
from connectors.csvfile.table import Record, Table
from connectors.csvfile.words import Document, document_of, status_of
from worker.core.receivable import Client, Credit, CreditKind, Invoice, InvoiceStatus, Payment, PaymentKind

_AMOUNTS = ("total", "open", "paid")
_DATES = ("issued", "due", "paid_on", "approved", "expected")


@dataclass(slots=True)
class Documents:
    """What an invoices file holds."""

    invoices: list[Invoice] = field(default_factory=list)
    credits: list[Credit] = field(default_factory=list)
    payments: list[Payment] = field(default_factory=list)
    by_number: dict[tuple[str, str], Invoice] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Amounts:
    total: Decimal
    open: Decimal
    paid: Decimal

    @property
    def credited(self) -> Decimal:
        """What settled the invoice without being paid."""
        return max(Decimal(0), self.total - max(self.open, Decimal(0)) - self.paid)


def read_invoices(
    table: Table, records: Iterable[Record], directory: Directory, options: Options, findings: Findings
) -> Documents:
    """Every document of `records` (the table's rows, arranged one per document)."""
    reader = Reader(table, options, findings, _AMOUNTS, _DATES)
    return _Run(reader, directory).all(records)


class _Run:
    def __init__(self, reader: Reader, directory: Directory) -> None:
        self.reader, self.directory = reader, directory
        self.found = Documents()
        self.lines: dict[str, int] = {}
        self.seen: dict[str, int] = {}

    def all(self, records: Iterable[Record]) -> Documents:
        for record in records:
            document = document_of(record.get("type"))
            if document is Document.IGNORED:
                self.reader.findings.note(
                    self.reader.table.name, f'"{record.get("type")}" rows are not read', record.line
                )
                continue
            if (client := self.directory.find(self.reader.table, record)) is None:
                continue
            self.directory.learn_address(self.reader.table, record, client)
            currency = self.reader.currency(record)
            if document is Document.PAYMENT:
                self._payment(record, client, currency)
            elif document is Document.INVOICE:
                self._invoice(record, client, currency)
            else:
                self._credit(record, client, currency, _CREDITS[document])
        return self.found

    def _invoice(self, record: Record, client: Client, currency: str) -> None:
        total = self.reader.amount(record, "total", currency)
        if total is not None and total < 0:
            self._credit(record, client, currency, CreditKind.CREDIT_NOTE)
            return
        status = self._status(record)
        amounts = self._amounts(record, currency, status)
        issued, due = self.reader.day(record, "issued"), self.reader.day(record, "due")
        invoice_id = self._id(record, client)
        if amounts is None or invoice_id is None or not currency:
            return
        if amounts.open < 0:
            self._overpaid(record, client, currency, -amounts.open)
        status = self._settled(record, status, amounts.open)
        invoice = Invoice(
            invoice_id,
            client.id,
            record.get("number") or invoice_id,
            currency,
            amounts.total,
            amounts.open if status not in _CLOSED else Decimal(0),
            status,
            issued,
            due or due_date(self.reader, record, issued),
            amounts.paid,
            amounts.credited if status not in _GONE else Decimal(0),
            record.get("reference"),
            self._sent(record),
            approved=self.reader.day(record, "approved"),
            expected=self.reader.day(record, "expected"),
            work=record.get("work"),
            url=self._url(record),
            theme=record.get("theme"),
            terms=record.get("terms"),
        )
        self._keep(record, client, invoice)

    def _keep(self, record: Record, client: Client, invoice: Invoice) -> None:
        place = self.reader.table.headings.get("number", "the invoice")
        number_key = cells.name_key(invoice.number)
        for found in (invoice.id, f"{client.id}\x1f{number_key}"):
            if earlier := self.lines.get(found):
                self.reader.problem(
                    record.line,
                    f'{place} "{invoice.number}" of {client.name} is there twice, first on line {earlier}',
                    "one row per invoice",
                    "delete one of them or correct its number",
                )
                return
        self.lines[invoice.id] = self.lines[f"{client.id}\x1f{number_key}"] = record.line
        if invoice.is_open and invoice.due is None:
            self.reader.findings.note(self.reader.table.name, "open invoices without a due date", record.line)
        self.found.invoices.append(invoice)
        self.found.by_number[client.id, number_key] = invoice

    def _id(self, record: Record, client: Client) -> str | None:
        if given := record.get("id"):
            return given
        if number := record.get("number"):
            # By name, not by client id: adding a clients file with ids later must not make new invoices of old ones.
            return stable_id("invoice", cells.name_key(record.get("client") or client.name), cells.name_key(number))
        self.reader.problem(record.line, "no invoice number", "the number printed on the invoice", "fill it in")
        return None

    def _status(self, record: Record) -> InvoiceStatus | None:
        status = status_of(record.get("status"))
        if status is InvoiceStatus.OTHER:
            self.reader.findings.note(
                self.reader.table.name,
                f'the status "{record.get("status")}" is not known: such invoices are never chased',
                record.line,
            )
        return status

    def _settled(self, record: Record, status: InvoiceStatus | None, still_open: Decimal) -> InvoiceStatus:
        """The status a row amounts to; what a person wrote beats what the amounts say when it closes the invoice."""
        if status in (None, InvoiceStatus.OPEN):
            return InvoiceStatus.OPEN if still_open > 0 else InvoiceStatus.PAID
        assert status is not None
        if status is InvoiceStatus.PAID and still_open > 0:
            self.reader.findings.note(
                self.reader.table.name, "marked paid although an amount is open: taken as paid", record.line
            )
        return status

    def _amounts(self, record: Record, currency: str, status: InvoiceStatus | None) -> _Amounts | None:
        """Total, open and paid, each derived from the others if empty; None with a problem if they clash."""
        reader = self.reader
        total, still_open = reader.amount(record, "total", currency), reader.amount(record, "open", currency)
        paid = self._paid(record, currency, total)
        if any(
            record.get(name) and value is None
            for name, value in (("total", total), ("open", still_open), ("paid", paid))
        ):
            return None  # That cell is a problem already.
        if total is None and still_open is not None:
            total = still_open + (paid or 0)
        if total is None:
            reader.problem(record.line, "the total is empty", "an amount", "fill it in")
            return None
        if still_open is None and paid is not None:
            still_open = total - paid
        if still_open is None and status is not None:
            still_open = Decimal(0) if status in _CLOSED else total
        if still_open is None:
            reader.problem(record.line, "what is still open is empty", "an amount; 0 when paid", "fill it in")
            return None
        if still_open > total:
            reader.problem(
                record.line,
                f"open {still_open} is more than the total {total}",
                "at most the total",
                "correct one of them",
            )
            return None
        if paid is not None and still_open > 0 and still_open + paid > total:
            reader.problem(
                record.line,
                f"open {still_open} and paid {paid} are more than the total {total}",
                "open and paid that add up to the total at most",
                "correct one of them",
            )
            return None
        return _Amounts(total, still_open, paid if paid is not None else total - max(still_open, Decimal(0)))

    def _paid(self, record: Record, currency: str, total: Decimal | None) -> Decimal | None:
        """What was paid: an amount, or the whole total for a yes or for a date of payment."""
        written = record.get("paid")
        if written.casefold() in ("yes", "no", "y", "n", "true", "false"):
            if not cells.truth(written):
                return Decimal(0)
            if not record.get("total"):
                self.reader.problem(record.line, "paid, but the total is empty", "an amount", "fill it in")
            return total
        paid = self.reader.amount(record, "paid", currency)
        if paid is None and not record.get("open") and self.reader.day(record, "paid_on") is not None:
            return total
        if paid is None and self.reader.table.has("paid") and not self.reader.table.has("open"):
            return Decimal(0) if not written else None
        if paid is None and self.reader.table.has("paid_on") and not record.get("open") and not record.get("status"):
            return Decimal(0) if not record.get("paid_on") else None
        return paid

    def _overpaid(self, record: Record, client: Client, currency: str, excess: Decimal) -> None:
        self.reader.findings.note(self.reader.table.name, "paid in excess: the rest is an overpayment", record.line)
        self._add_credit(record, client, currency, CreditKind.OVERPAYMENT, excess, live=True)

    def _credit(self, record: Record, client: Client, currency: str, kind: CreditKind) -> None:
        """A credit document. Exports write its amounts with either sign; what remains is `open` if there is one."""
        total = self.reader.amount(record, "total", currency)
        remaining = self.reader.amount(record, "open", currency)
        if remaining is None:
            remaining = total
        status = self._status(record)
        if remaining is None:
            self.reader.problem(record.line, "a credit without an amount", "an amount", "fill it in")
        elif currency:
            if total is not None and abs(remaining) > abs(total):
                self.reader.problem(
                    record.line,
                    f"{abs(remaining)} of the credit remains, but it was {abs(total)}",
                    "at most its total",
                    "correct one of them",
                )
                return
            live = status not in (*_GONE, InvoiceStatus.DRAFT)
            self._add_credit(record, client, currency, kind, abs(remaining), live=live)

    def _add_credit(
        self, record: Record, client: Client, currency: str, kind: CreditKind, remaining: Decimal, *, live: bool
    ) -> None:
        issued = self.reader.day(record, "issued")
        words = (cells.name_key(client.name), kind, record.get("number"), str(issued or ""), currency)
        credit_id = stable_id("credit", *words, str(self._occurrence("credit", *words)))
        self.found.credits.append(
            Credit(credit_id, client.id, kind, currency, remaining, live, record.get("number"), issued)
        )

    def _payment(self, record: Record, client: Client, currency: str) -> None:
        """A payment row of a QuickBooks report: money in, of which a negative open balance is not applied yet."""
        amount, still_open = (self.reader.amount(record, name, currency) for name in ("total", "open"))
        paid_on = self.reader.day(record, "issued")
        if still_open and currency:
            self._add_credit(record, client, currency, CreditKind.UNAPPLIED_PAYMENT, abs(still_open), live=True)
        if not amount or paid_on is None or not currency:
            return
        words = (cells.name_key(client.name), str(paid_on), currency, str(abs(amount)), record.get("number"))
        payment_id = stable_id("payment", *words, str(self._occurrence("payment", *words)))
        self.found.payments.append(
            Payment(
                payment_id,
                client.id,
                paid_on,
                currency,
                abs(amount),
                PaymentKind.MONEY,
                reference=record.get("reference") or record.get("number"),
            )
        )

    def _occurrence(self, *words: str) -> int:
        """0 for the first row with these words, 1 for the next: equal rows are interchangeable, so ids stay stable."""
        found = "\x1f".join(words)
        self.seen[found] = self.seen.get(found, -1) + 1
        return self.seen[found]

    def _sent(self, record: Record) -> bool | None:
        if not record.get("sent"):
            # Xero leaves the cell empty or writes "Unsent" when nobody sent the invoice.
            return False if self.reader.table.dialect == "Xero" and self.reader.table.has("sent") else None
        try:
            return cells.truth(record.get("sent"))
        except ValueError as reason:
            self.reader.findings.note(
                self.reader.table.name,
                f'{self.reader.table.headings["sent"]} "{record.get("sent")}" {reason}',
                record.line,
            )
            return None

    def _url(self, record: Record) -> str:
        url = record.get("url")
        if url and not url.startswith(("https://", "http://")):
            self.reader.findings.note(
                self.reader.table.name, "links that are not web addresses are left out", record.line
            )
            return ""
        return url


_GONE = (InvoiceStatus.VOID, InvoiceStatus.DELETED)
_CLOSED = (InvoiceStatus.PAID, *_GONE)
_CREDITS = {
    Document.CREDIT_NOTE: CreditKind.CREDIT_NOTE,
    Document.OVERPAYMENT: CreditKind.OVERPAYMENT,
    Document.PREPAYMENT: CreditKind.PREPAYMENT,
}
