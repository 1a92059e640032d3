"""All objects of one kind as QuickBooks shows them, made once and kept while the books stay the same."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from connectors.sandbox import quickbooks_json as shape
from connectors.sandbox.books import Books
from connectors.sandbox.company import Company
from connectors.sandbox.quickbooks_json import Row
from connectors.sandbox.rows import ZERO, Contact, Credit, Payment
from connectors.sandbox.world import World

ENTITIES = ("Invoice", "Payment", "CreditMemo", "Customer", "Term")
_LINKS_CREDIT = "Created by QB Online to link credits to charges."


@dataclass
class Kept:
    """Live rows by entity, and the stubs of deleted ones."""

    rows: dict[str, list[Row]] = field(default_factory=dict)
    stubs: dict[str, list[Row]] = field(default_factory=dict)


class Shelf:
    """Rows of every organisation, per state of its books."""

    def __init__(self, world: World) -> None:
        self.world = world

    def of(self, tenant: str, books: Books) -> Kept:
        """What an organisation's books hold."""
        found: Kept | None = books.shown.get(("quickbooks",))
        if found is None:
            found = books.shown["quickbooks",] = _made(books, self.world.companies[tenant])
        return found


def _made(books: Books, company: Company) -> Kept:
    kept = Kept({entity: [] for entity in ENTITIES}, {entity: [] for entity in ENTITIES})
    _add_payments(kept, books)
    _add_invoices(kept, books)
    began = company.events[0].at if company.events else datetime.min.replace(tzinfo=shape.PACIFIC)
    kept.rows["Term"] = shape.term_rows(began)
    kept.rows["CreditMemo"] = [shape.credit_memo(c, books) for c in books.credits.values() if c.kind == "note"]
    kept.rows["Customer"] = list(_customers(books, company))
    return kept


def _add_invoices(kept: Kept, books: Books) -> None:
    """Sales invoices. Every edit counts as a change here, and so does a credit set against one."""
    changed: dict[str, list[datetime]] = defaultdict(list)
    for note in books.notes:
        if note.changes != "Note":
            changed[note.invoice].append(note.at)
    linked: dict[str, list[str]] = defaultdict(list)
    for payment in books.payments.values():
        if payment.status == "AUTHORISED":
            linked[payment.invoice].append(payment.batch or payment.id)
    for credit in books.credits.values():
        for allocation in credit.allocations:
            changed[allocation.invoice].append(credit.updated)
            linked[allocation.invoice].append(allocation.id if credit.kind == "note" else credit.id)
    for invoice in books.invoices.values():
        if invoice.type != "ACCREC" or invoice.status in {"DRAFT", "SUBMITTED"}:  # QuickBooks knows neither
            continue
        times = [invoice.updated, *changed[invoice.id]]
        if invoice.status == "DELETED":
            kept.stubs["Invoice"].append(shape.stub(invoice.id, max(times)))
        else:
            row = shape.invoice(invoice, books, max(times), len(times), dict.fromkeys(linked[invoice.id]))
            kept.rows["Invoice"].append(row)


def _add_payments(kept: Kept, books: Books) -> None:
    for key, group in _receipts(books.payments.values()).items():
        if books.invoices[group[0].invoice].type != "ACCREC":
            continue
        live, moment = [p for p in group if p.status == "AUTHORISED"], max(p.updated for p in group)
        if not live:
            kept.stubs["Payment"].append(shape.stub(key, moment))
            continue
        invoice = books.invoices[live[0].invoice]
        row = shape.payment(
            key, books.contacts[invoice.contact], live[0].date, invoice.currency,
            [(p.amount, p.invoice, "Invoice") for p in live], moment,
            total=sum((p.amount for p in live), ZERO), reference=live[0].reference,
        )  # fmt: skip
        kept.rows["Payment"].append(row)
    for credit in books.credits.values():
        kept.rows["Payment"].extend(_applied(credit, books))


def _receipts(payments: Iterable[Payment]) -> dict[str, list[Payment]]:
    """What came in together is one payment here."""
    found: dict[str, list[Payment]] = defaultdict(list)
    for payment in payments:
        found[payment.batch or payment.id].append(payment)
    return found


def _applied(credit: Credit, books: Books) -> Iterator[Row]:
    """A credit memo set against an invoice is a payment of nothing; an overpayment is one not all applied."""
    contact, unit = books.contacts[credit.contact], credit.currency
    if credit.kind == "note":
        for part in credit.allocations:
            lines = [(part.amount, part.invoice, "Invoice"), (part.amount, credit.id, "CreditMemo")]
            yield shape.payment(
                part.id, contact, part.date, unit, lines, credit.updated, total=ZERO, note=_LINKS_CREDIT
            )
        return
    void = credit.status == "VOIDED"
    lines = [(part.amount, part.invoice, "Invoice") for part in credit.allocations]
    yield shape.payment(
        credit.id, contact, credit.date, unit, lines, credit.updated,
        total=ZERO if void else credit.total, unapplied=credit.remaining, note="Voided" if void else "",
    )  # fmt: skip


def _customers(books: Books, company: Company) -> Iterator[Row]:
    owed: dict[str, Decimal] = defaultdict(lambda: ZERO)
    for invoice in books.invoices.values():
        if invoice.type == "ACCREC" and invoice.status == "AUTHORISED":
            owed[invoice.contact] += invoice.open
    parent = _parent(books, company)
    for contact in books.contacts.values():
        above = parent if parent and "subsidiary" in _traits(company, contact) else None
        row = shape.customer(contact, owed[contact.id], above)
        if parent is contact:
            subs = (c for c in books.contacts.values() if "subsidiary" in _traits(company, c))
            row["BalanceWithJobs"] = shape.number(owed[contact.id] + sum((owed[c.id] for c in subs), ZERO))
        yield row


def _parent(books: Books, company: Company) -> Contact | None:
    return next((c for c in books.contacts.values() if "parent" in _traits(company, c)), None)


def _traits(company: Company, contact: Contact) -> frozenset[str]:
    try:
        return company.truth(contact.id).traits
    except KeyError:
        return frozenset()
