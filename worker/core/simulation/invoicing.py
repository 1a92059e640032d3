"""Invoices that have not been written yet: each client is billed again as it was in the last thirteen weeks."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

from worker.core.receivable import Invoice, InvoiceStatus

PERIOD = timedelta(weeks=13)
"""Whole weeks keep every invoice on its weekday."""


def repeated(issued: Iterable[Invoice], today: date, last: date) -> list[Invoice]:
    """The invoices of the period up to `today` once more, as often as it takes to reach `last`, oldest first.

    Drafts, voids and what was never dated are left out. Amounts, terms and references are those of the first time.
    """
    found = []
    for one in issued:
        if one.issued is None or not today - PERIOD < one.issued <= today or one.total <= 0:
            continue
        if one.status not in (InvoiceStatus.OPEN, InvoiceStatus.PAID):
            continue
        number, later = 1, PERIOD
        while one.issued + later <= last:
            found.append(_again(one, number, later))
            number, later = number + 1, later + PERIOD
    return sorted(found, key=lambda i: (i.issued or today, i.id))


def _again(one: Invoice, number: int, later: timedelta) -> Invoice:
    return replace(
        one,
        id=f"{one.id}+{number}",
        number=f"{one.number}+{number}",
        open=one.total,
        paid=Decimal(0),
        credited=Decimal(0),
        status=InvoiceStatus.OPEN,
        issued=one.issued + later if one.issued else None,
        due=one.due + later if one.due else None,
        approved=one.approved + later if one.approved else None,
        expected=None,
        round=0,
        reopened=None,
    )
