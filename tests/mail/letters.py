"""Letters to send in tests."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from worker.core.message import Letter
from worker.core.settings import Address

NOW = datetime(2026, 3, 16, 9, 15, tzinfo=UTC)


def letter(n: int = 1, **changes: Any) -> Letter:
    """A letter like those duecourse composes; `n` makes its key and Message-ID its own."""
    key = f"{n:02d}" * 32
    made = Letter(
        key=key,
        message_id=f"{key[:32]}.1@books.example.com",
        sender=Address("accounts@books.example.com", "Larch Studio"),
        reply_to=Address("ada@books.example.com", "Ada Cole"),
        to=(Address("priya@fern.example.org", "Priya Fern"),),
        subject="Invoices from Larch Studio",
        text=f"Hello Priya,\n\nInvoice {n} – £1,234.50 is due.\n.\n..dots = signs\n",
        html=f"<p>Hello Priya,</p>\n<p>Invoice {n} – £1,234.50 is due.</p>\n",
        cc=(Address("ap@fern.example.org"),),
        archive=(Address("copies@books.example.com"),),
        references=("0123456789abcdef.thread@books.example.com",),
        headers={"Auto-Submitted": "auto-generated"},
    )
    return replace(made, **changes)
