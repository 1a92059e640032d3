"""Discounts for early payment: what the terms grant and until when. Shown before the due date, never booked."""

import re
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal

from worker.core.message import EarlyPayment
from worker.core.money import Money, minor_digits
from worker.core.receivable import Invoice
from worker.core.settings import EarlyDiscount

_TERMS = re.compile(r"(\d{1,2}(?:\.\d{1,2})?) ?[%/] ?(\d{1,3}),? ?net ?\d{1,3}", re.ASCII | re.IGNORECASE)


def granted(invoice: Invoice, written: EarlyDiscount | None) -> EarlyDiscount | None:
    """What is written for the client, else what the name of the invoice's terms says ("2% 10 Net 30": QuickBooks names
    its discount terms so)."""
    if written:
        return written
    match = _TERMS.search(invoice.terms)
    return EarlyDiscount(Decimal(match[1]) / 100, int(match[2])) if match and Decimal(match[1]) else None


def early_payment(invoice: Invoice, day: date, written: EarlyDiscount | None) -> EarlyPayment | None:
    """The discount still to be had on `day`; None once its time is over, or when part was paid or credited already."""
    terms = granted(invoice, written)
    if terms is None or invoice.issued is None or invoice.open != invoice.total:
        return None
    until = invoice.issued + timedelta(days=terms.days)
    unit = Decimal(1).scaleb(-minor_digits(invoice.currency))
    discount = (invoice.total * terms.share).quantize(unit, ROUND_HALF_UP)
    if until < day or not 0 < discount < invoice.open:
        return None
    pay = Money(invoice.open - discount, invoice.currency)
    return EarlyPayment(invoice.number, until, Money(discount, invoice.currency), pay)
