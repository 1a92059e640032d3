"""Terms written in words -> the due date of an invoice that has none. PURE."""

import re
from datetime import date

from connectors.csvfile.reader import Reader
from connectors.csvfile.table import Record
from worker.core.terms import PaymentTerms, TermsKind

_AFTER_INVOICE = re.compile(r"(?:net|n)?\s*(\d{1,3})\s*(?:days?)?(?: net| after invoice(?: date)?)?")
_AFTER_MONTH = re.compile(r"(?:net )?(\d{1,3})\s*(?:days? )?(?:after )?(?:eom|end of (?:the )?month)")
_OF_NEXT_MONTH = re.compile(r"(\d{1,2})(?:st|nd|rd|th)? of (?:the )?(?:following|next) month")
_AT_ONCE = ("due on receipt", "on receipt", "immediate", "cash", "due upon receipt")
_MONTH_END = ("eom", "end of month", "month end")


def terms_of(written: str) -> PaymentTerms:
    """`30 days`, `net 30`, `30 days end of month`, `20th of following month`, `on receipt`. Else ValueError."""
    words = " ".join(written.casefold().replace("-", " ").split())
    if words in _AT_ONCE:
        return PaymentTerms(TermsKind.AFTER_INVOICE, 0)
    if words in _MONTH_END:
        return PaymentTerms(TermsKind.AFTER_MONTH_END, 0)
    for pattern, kind in (
        (_AFTER_INVOICE, TermsKind.AFTER_INVOICE),
        (_AFTER_MONTH, TermsKind.AFTER_MONTH_END),
        (_OF_NEXT_MONTH, TermsKind.OF_NEXT_MONTH),
    ):
        if m := pattern.fullmatch(words):
            return PaymentTerms(kind, int(m[1]))
    raise ValueError("are not terms we can count with")


def due_date(reader: Reader, record: Record, issued: date | None) -> date | None:
    """The due date a row's terms give; None without terms, without an issue date, or when the due cell itself is
    wrong (that is a problem already)."""
    if issued is None or not record.get("terms") or record.get("due"):
        return None
    try:
        return terms_of(record.get("terms")).due_date(issued)
    except ValueError as reason:
        reader.wrong(
            record,
            "terms",
            str(reason),
            "30 days, net 30, 30 days end of month, due on receipt",
            "or fill in the due date",
        )
        return None
