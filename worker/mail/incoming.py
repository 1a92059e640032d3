"""One message from a mailbox as a value: who wrote, what it answers, and whether a person, a machine or a bounce."""

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from email import message_from_bytes
from email.message import EmailMessage, Message
from email.policy import default
from email.utils import parseaddr

from worker.core.history import ReplyKind
from worker.core.plain import one_line
from worker.mail.automatic import away_until, is_automatic, says_gone
from worker.mail.quoted import new_words, text_of_html

_ID = re.compile(r"<([^<>\s]{1,250})>")
_MOST_REFERENCES = 100


@dataclass(frozen=True, slots=True)
class Failed:
    """One recipient a letter did not reach (RFC 3464). `lasting` false: the server gave up on a passing trouble."""

    recipient: str
    lasting: bool
    why: str


@dataclass(frozen=True, slots=True)
class Incoming:
    """`id` is its Message-ID, else a hash of its bytes; `references` all ids it names, nearest first. `failed` only of
    a BOUNCE; `until` only of AWAY."""

    id: str
    sender: str
    name: str
    about: str
    text: str
    what: ReplyKind
    references: tuple[str, ...] = ()
    until: date | None = None
    failed: tuple[Failed, ...] = ()


def read_incoming(raw: bytes, received: date) -> Incoming | None:
    """The message in these bytes, received on this day; None for a report that says nothing failed (yet).

    Never raises for what anybody may write: a part that cannot be read counts as absent.
    """
    message = message_from_bytes(raw, policy=default)
    headers = {name.lower(): str(value) for name, value in _headers(message)}
    name, sender = parseaddr(headers.get("from", ""))
    ids = _ID.findall(headers.get("message-id", ""))
    own_id = ids[0] if ids else hashlib.sha256(raw).hexdigest()
    about = one_line(headers.get("subject", ""))[:200]
    references = (*_ID.findall(headers.get("in-reply-to", "")), *reversed(_ID.findall(headers.get("references", ""))))
    if message.get_content_type() == "multipart/report":
        failed = tuple(_failed(message))
        report = str(message.get_param("report-type") or "").lower()
        if report == "delivery-status" and not failed:
            return None
        if failed:
            named = tuple(dict.fromkeys((*_original(message), *references)))[:_MOST_REFERENCES]
            why = "; ".join(f"{f.recipient}: {f.why}" for f in failed)
            return Incoming(own_id, sender, name, about, why, ReplyKind.BOUNCE, named, failed=failed)
    text = _text(message)
    named = tuple(dict.fromkeys(references))[:_MOST_REFERENCES]
    what, until = _what(headers, f"{about}\n{text}", received)
    return Incoming(own_id, sender.lower(), one_line(name), about, new_words(text), what, named, until)


def _what(headers: dict[str, str], text: str, received: date) -> tuple[ReplyKind, date | None]:
    if not is_automatic(headers):
        return ReplyKind.ANSWER, None
    if says_gone(text):
        return ReplyKind.GONE, None
    until = away_until(text, received)
    return (ReplyKind.AWAY, until) if until else (ReplyKind.AUTOMATIC, None)


def _headers(message: Message) -> Iterator[tuple[str, object]]:
    for name in dict.fromkeys(message.keys()):
        try:
            yield name, message[name]
        except (ValueError, TypeError, IndexError, AttributeError, LookupError):  # the parser trips over some headers
            continue


def _text(message: EmailMessage | Message) -> str:
    try:
        body = message.get_body(("plain", "html")) if isinstance(message, EmailMessage) else None
        if body is None:
            return ""
        content = str(body.get_content())
    except (ValueError, TypeError, KeyError, LookupError, AttributeError, RecursionError):
        return ""
    return text_of_html(content) if body.get_content_type() == "text/html" else content


def _failed(message: Message) -> Iterator[Failed]:
    """Recipients whose action is `failed`, from every delivery-status part."""
    for part in message.walk():
        if part.get_content_type() != "message/delivery-status" or not isinstance(part.get_payload(), list):
            continue
        for block in part.get_payload():
            if isinstance(block, Message) and str(block.get("Action", "")).strip().lower() == "failed":
                whom = str(block.get("Original-Recipient") or block.get("Final-Recipient") or "")
                status = str(block.get("Status", "")).strip()
                why = one_line(str(block.get("Diagnostic-Code", "")).partition(";")[2] or status)[:200]
                yield Failed(whom.partition(";")[2].strip().lower(), not status.startswith("4"), why or "no reason")


def _original(message: Message) -> tuple[str, ...]:
    """Ids in the returned original, or in its headers alone."""
    found: list[str] = []
    for part in message.walk():
        inner = part.get_payload()
        original = inner[0] if isinstance(inner, list) and part.get_content_type() == "message/rfc822" else None
        if part.get_content_type() == "text/rfc822-headers":
            text = part.get_payload(decode=True)
            original = message_from_bytes(text if isinstance(text, bytes) else b"")
        if not isinstance(original, Message):
            continue
        for name in ("Message-ID", "In-Reply-To", "References"):
            found += _ID.findall(str(original.get(name, "")))
    return tuple(found)
