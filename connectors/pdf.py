"""What a platform gives as the PDF of an invoice, taken only if it is one."""

from connectors.http import NEXT_SWEEP, Reply
from worker.errors import BooksGarbled

MOST = 5 << 20
"""Bytes of one invoice as PDF: more is no invoice, and no mail server's delight."""

_MAGIC = b"%PDF-"


def checked(reply: Reply, what: str) -> bytes:
    """The body, if it says it is a PDF and begins like one. Raises BooksGarbled otherwise."""
    kind = reply.headers.get("Content-Type", "").partition(";")[0].strip().lower()
    if kind not in {"application/pdf", "application/octet-stream"}:
        raise BooksGarbled(
            f"{kind or 'Something without a content type'} came instead of {what}{reply.mark()}.", NEXT_SWEEP
        )
    if not reply.body.startswith(_MAGIC):
        raise BooksGarbled(f"What came instead of {what} does not begin like a PDF{reply.mark()}.", NEXT_SWEEP)
    return reply.body
