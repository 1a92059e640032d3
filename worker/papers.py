"""Invoices as PDF beside a message: fetched before the last look, attached only while they still say what it says.

A paper is a kindness. One that the platform cannot give, that is no PDF or too large, or whose invoice changed since
the books were read, is left out, and the message goes without it; why is reported. So a platform's printer that is out
of order never keeps a reminder back.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from worker.core.decisions import Remind, Thank
from worker.core.message import Attachment
from worker.core.receivable import Invoice, Snapshot
from worker.core.results import Dropped
from worker.core.settings import OrganisationSettings
from worker.errors import BooksError
from worker.ports import Books, Capability

MOST_BYTES = 5_000_000
"""All papers of one message together: beyond that mail servers begin to refuse."""

_UNSAFE = re.compile(r"[^A-Za-z0-9]+")


@dataclass
class Papers:
    """The papers of one chunk of messages, by invoice id. `missing`: why some could not be had."""

    found: dict[str, bytes] = field(default_factory=dict)
    missing: dict[str, str] = field(default_factory=dict)

    @classmethod
    def fetch(cls, books: Books, queue: Iterable[Remind | Thank], settings: OrganisationSettings) -> "Papers":
        """What these messages may carry, a call each. Never raises BooksError."""
        papers = cls()
        if not settings.attach_at_most or Capability.PDF not in books.capabilities:
            return papers
        for decision in queue:
            for invoice_id in wanted(decision, settings.attach_at_most):
                if invoice_id in papers.found or invoice_id in papers.missing:
                    continue
                try:
                    papers.found[invoice_id] = books.pdf(invoice_id)
                except BooksError as error:
                    papers.missing[invoice_id] = error.what
        return papers

    def of(
        self, decision: Remind | Thank, before: Snapshot, fresh: Snapshot, most: int
    ) -> tuple[tuple[Attachment, ...], tuple[Dropped, ...]]:
        """What a message carries, and what it has to go without."""
        attached: list[Attachment] = []
        without: list[Dropped] = []
        size = 0
        for invoice_id in wanted(decision, most):
            content, invoice = self.found.get(invoice_id), fresh.invoice(invoice_id)
            why = self.missing.get(invoice_id, "") or ("" if content else "it was not fetched")
            if content and (invoice is None or not _same(before.invoice(invoice_id), invoice)):
                why = "the invoice changed since the books were read"
            elif content and size + len(content) > MOST_BYTES:
                why = f"the PDFs of this message are larger than {MOST_BYTES // 1_000_000} MB together"
            if why or content is None or invoice is None:
                without.append(Dropped(decision.payer_id, f"the message goes without an invoice as PDF: {why}"))
                continue
            size += len(content)
            attached.append(Attachment(filename(invoice, {a.filename for a in attached}), content))
        return tuple(attached), tuple(without)


def wanted(decision: Remind | Thank, most: int) -> tuple[str, ...]:
    """The invoices whose papers a message carries: all it asks for, or none when they are too many."""
    if isinstance(decision, Thank):
        return ()
    ids = tuple(sorted({a.invoice_id for a in decision.advances} | set(decision.listed)))
    return ids if len(ids) <= most else ()


def filename(invoice: Invoice, taken: Iterable[str] = ()) -> str:
    """`invoice-INV-0042.pdf`: nothing of what a platform or a person typed but letters, digits and dashes."""
    safe = _UNSAFE.sub("-", invoice.number or invoice.id).strip("-")[:60].strip("-") or "paper"
    name, n = f"invoice-{safe}.pdf", 1
    while name in set(taken):
        n += 1
        name = f"invoice-{safe}-{n}.pdf"
    return name


def _same(before: Invoice | None, now: Invoice) -> bool:
    """Whether an invoice still shows what it showed when the books were read."""
    return before is not None and all(
        getattr(before, name) == getattr(now, name) for name in ("number", "total", "open", "due", "currency")
    )
