"""Attachments: only PDFs of invoices, bounded, under names of our own (S13)."""

import base64
import re
from collections.abc import Iterable, Sequence
from email.parser import BytesParser
from email.policy import compat32

from worker.core.message import Attachment

MOST_BYTES = 5_000_000
"""All attachments of one letter together."""

KIND = "application/pdf"
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9.-]{0,90}\.pdf\Z")
_MAGIC = b"%PDF-"


def refusal(attached: Sequence[Attachment]) -> str:
    """Why a letter may not carry these; "" when it may."""
    if sum(len(a.content) for a in attached) > MOST_BYTES:
        return f"the attachments are larger than {MOST_BYTES // 1_000_000} MB together"
    if len({a.filename for a in attached}) != len(attached):
        return "two attachments bear one name"
    for one in attached:
        if not _NAME.match(one.filename) or ".." in one.filename:
            return f"{one.filename!r} is not a name an attachment may bear"
        if not one.content.startswith(_MAGIC):
            return f"{one.filename} is not a PDF"
    return ""


def enclosed(parts: Sequence[bytes], attached: Iterable[Attachment], boundary: str) -> list[bytes]:
    """A body part and its attachments as multipart/mixed (RFC 2046 5.1.3)."""
    line = f"--{boundary}\r\n".encode("ascii")
    head = f'Content-Type: multipart/mixed;\r\n boundary="{boundary}"\r\n\r\n'.encode("ascii")
    files = [line + _file(one) for one in attached]
    return [head, line, *parts, b"\r\n", *files, f"--{boundary}--\r\n".encode("ascii")]


def _file(one: Attachment) -> bytes:
    head = (
        f'Content-Type: {KIND}; name="{one.filename}"\r\n'
        f'Content-Disposition: attachment; filename="{one.filename}"\r\n'
        "Content-Transfer-Encoding: base64\r\n\r\n"
    )
    return head.encode("ascii") + base64.encodebytes(one.content).replace(b"\n", b"\r\n") + b"\r\n"


def read_back(raw: bytes) -> tuple[Attachment, ...]:
    """The attachments of a serialised letter, as the standard library reads them."""
    parsed = BytesParser(policy=compat32).parsebytes(raw)
    found = []
    for part in parsed.walk():
        if part.get_content_disposition() == "attachment":
            content = part.get_payload(decode=True)
            kept = content if isinstance(content, bytes) and part.get_content_type() == KIND else b""
            found.append(Attachment(part.get_filename() or "", kept))
    return tuple(found)
