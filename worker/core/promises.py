"""Promises: which invoices one is about, and which of them were broken."""

from collections.abc import Iterable
from datetime import date

from worker.core.receivable import Invoice
from worker.core.settings import Promise


def pauses(promise: Promise, invoice: Invoice) -> bool:
    """Whether it keeps the peace for this invoice: one that names none does so for all issued up to its day."""
    if promise.invoice_ids:
        return invoice.id in promise.invoice_ids
    return invoice.issued is None or invoice.issued <= promise.by


def is_about(promise: Promise, invoice: Invoice) -> bool:
    """Whether it was to pay this invoice: one that names none spoke of what was due by its day and no more."""
    if promise.invoice_ids:
        return invoice.id in promise.invoice_ids
    return pauses(promise, invoice) and (invoice.due is None or invoice.due <= promise.by)


def not_kept(promises: Iterable[Promise], invoice: Invoice, day: date) -> list[Promise]:
    """What the client itself said of an open invoice and, by `day`, did not keep; in the order given. A date it moved
    before that date came was not broken."""
    said = [p for p in promises if p.stated_by_client and is_about(p, invoice)]
    return [p for p in said if p.by < day and not any(_moved(p, later) for later in said)]


def _moved(earlier: Promise, later: Promise) -> bool:
    told = not (earlier.day_guessed or later.day_guessed)
    return told and earlier.made_on < later.made_on <= earlier.by
