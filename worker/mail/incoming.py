"""One message from a mailbox as a value: who wrote, what it answers, and whether a person, a machine or a bounce."""

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from email import message_from_bytes
from email.message import EmailMessage, Message
from email.policy import default
from email.utils import parseaddr

from worker.core.history import ReplyKind
from worker.core.plain import one_line
from worker.mail.automatic import away_until, is_automatic, says_gone
from worker.mail.delivery_reports import Failed, report_of
from worker.mail.quoted import LONGEST, new_words, text_of_html

_ID = re.compile(r"<([^<>\s]{1,250})>")
_MOST_REFERENCES = 100
TRIED_FOR = timedelta(days=5)


@dataclass(frozen=True, slots=True)
class Incoming:
    """`id` is its Message-ID, else a hash of its bytes; `references` all ids it names, nearest first. `failed` only of
    a BOUNCE or LATE; `until` only of AWAY and LATE: the last day of an absence, or on which a server still tries."""

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
    text = _text(message)
    if report := report_of(message, headers, text):
        if not (told := report.failed or report.late):
            return None
        what = ReplyKind.BOUNCE if report.failed else ReplyKind.LATE
        until = None if report.failed else _tried_until(report.until, received)
        named = tuple(dict.fromkeys((*report.references, *references)))[:_MOST_REFERENCES]
        why = "; ".join(f"{f.recipient}: {f.why}" for f in told)
        return Incoming(own_id, sender, name, about, why[:LONGEST], what, named, until, told)
    named = tuple(dict.fromkeys(references))[:_MOST_REFERENCES]
    what, until = _what(headers, f"{about}\n{text}", received)
    return Incoming(own_id, sender.lower(), one_line(name), about, new_words(text), what, named, until)


def _tried_until(said: date | None, received: date) -> date:
    """A server tries for five days or so (RFC 5321 4.5.4.1); one that would try for weeks is not believed."""
    return min(max(said or received + TRIED_FOR, received), received + 2 * TRIED_FOR)


def _what(headers: dict[str, str], text: str, received: date) -> tuple[ReplyKind, date | None]:
    if "multipart/report" in headers.get("content-type", "").lower():  # a receipt (RFC 8098): a program's word
        return ReplyKind.AUTOMATIC, None
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
