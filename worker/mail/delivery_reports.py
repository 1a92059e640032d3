"""What mail servers say about letters they could not deliver (yet): RFC 3464 and its UTF-8 form (RFC 6533), and the two
older shapes still in use, Exim's header and qmail's paragraphs (QSBMF). Never raises for what anybody may send."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from email import message_from_bytes, message_from_string
from email.message import Message
from email.policy import compat32
from email.utils import parsedate_to_datetime

from worker.core.plain import one_line

_ID = re.compile(r"<([^<>\s]{1,250})>")
_ADDRESS = re.compile(r"[^\s<>;,\"]{1,200}@[^\s<>;,\"]{1,200}")
_STATUS = ("message/delivery-status", "message/global-delivery-status")
_HEADERS = ("text/rfc822-headers", "message/global-headers")
_ORIGINAL = ("message/rfc822", "message/global")
_QMAIL = re.compile(r"^<([^<>\s]{3,250})>:\n(.{0,600}?)(?=\n\n|\Z)", re.MULTILINE | re.DOTALL)
_QMAIL_HELLO = re.compile(r"\AHi\. This is the .{0,200}\bprogram at\b", re.DOTALL)
_QMAIL_COPY = "--- Below this line is a copy of the message."
_SMTP = re.compile(r"\b([245])\.\d{1,3}\.\d{1,3}\b|\b([45])\d\d\b")
_DAEMONS = frozenset({"mailer-daemon", "postmaster"})
_MOST = 100


@dataclass(frozen=True, slots=True)
class Failed:
    """One recipient a letter did not reach (RFC 3464). `lasting` false: a passing trouble, whether the server gave up
    on it or still tries."""

    recipient: str
    lasting: bool
    why: str


@dataclass(frozen=True, slots=True)
class Report:
    """`failed` did not get the letter; `late` may still get it, which is tried until `until` where the server says so.
    `references`: ids of the letter it is about."""

    failed: tuple[Failed, ...]
    late: tuple[Failed, ...] = ()
    until: date | None = None
    references: tuple[str, ...] = ()


def may_be_report(headers: dict[str, str], sender: str) -> bool:
    """Whether a message with these headers (names in lower case) may tell of a letter of ours."""
    if "multipart/report" in headers.get("content-type", "").lower() or "x-failed-recipients" in headers:
        return True
    return sender.partition("@")[0].lower() in _DAEMONS


def report_of(message: Message, headers: dict[str, str], text: str) -> Report | None:
    """What a message says about deliveries; None when it is no report of them. A report may name nobody."""
    if message.get_content_type() == "multipart/report":
        blocks = [block for part in message.walk() if part.get_content_type() in _STATUS for block in _blocks(part)]
        kind = str(message.get_param("report-type") or "").lower()
        if kind in {"delivery-status", ""} or blocks:
            return _of_blocks(blocks, _original(message))
        return None
    if named := _ADDRESS.findall(headers.get("x-failed-recipients", "")):
        why = _reason(text)
        failed = tuple(Failed(each.lower(), not why.startswith("4"), why) for each in dict.fromkeys(named[:_MOST]))
        return Report(failed, references=(*_original(message), *_copied(text)))
    if _QMAIL_HELLO.match(text.replace("\r\n", "\n")):
        plain = text.replace("\r\n", "\n")
        said = plain.partition(_QMAIL_COPY)[0]
        found = tuple(_told(address, words) for address, words in _QMAIL.findall(said)[:_MOST])
        return Report(found, references=_copied(plain.partition(_QMAIL_COPY)[2])) if found else None
    return None


def _of_blocks(blocks: list[Message], references: tuple[str, ...]) -> Report:
    failed, late, until = list[Failed](), list[Failed](), None
    for block in blocks[:_MOST]:
        action = re.split(r"[\s(;]", _field(block, "Action"), maxsplit=1)[0].lower()
        if action not in {"failed", "delayed"}:
            continue
        status = _field(block, "Status")
        words = _field(block, "Diagnostic-Code").partition(";")[2] or status or "no reason"
        whom = _address(_field(block, "Original-Recipient")) or _address(_field(block, "Final-Recipient"))
        one = Failed(whom, not status.startswith("4"), one_line(words)[:200])
        (failed if action == "failed" else late).append(one)
        until = until or (_day(_field(block, "Will-Retry-Until")) if action == "delayed" else None)
    return Report(tuple(failed), tuple(late), until, references)


def _blocks(part: Message) -> Iterator[Message]:
    """The groups of fields of a delivery-status part: parsed already, or (RFC 6533, encoded parts) as text."""
    encoded = str(part.get("Content-Transfer-Encoding", "")).strip().lower() in {"base64", "quoted-printable"}
    inner = _payload(part)
    if isinstance(inner, list) and not encoded and part.get_content_type() == _STATUS[0]:
        yield from (block for block in inner if isinstance(block, Message))
        return
    text = inner if isinstance(inner, str) else ""
    if isinstance(inner, list):
        text = "\n".join(str(block) for block in inner if isinstance(block, Message))
    if encoded:
        bare = Message()
        bare["Content-Transfer-Encoding"] = str(part["Content-Transfer-Encoding"])
        bare.set_payload(text.strip())
        raw = _payload(bare, decode=True)
        text = raw.decode("utf-8", "replace") if isinstance(raw, bytes) else ""
    for group in re.split(r"\r?\n[ \t]*\r?\n", text):
        yield message_from_string(group.strip("\r\n"), policy=compat32)


def _payload(part: Message, *, decode: bool = False) -> object:
    """What a part holds; None where the parser trips over its own charset or encoding."""
    try:
        return part.get_payload(decode=True) if decode else part.get_payload()
    except (ValueError, TypeError, LookupError, AttributeError):
        return None


def _field(block: Message, name: str) -> str:
    """A field's text, unfolded; "" where the parser trips over it."""
    try:
        return one_line(str(block.get(name, "")))
    except (ValueError, TypeError, IndexError, AttributeError, LookupError):
        return ""


def _address(field: str) -> str:
    """`rfc822; a@b`, `utf-8; ...`, or the address alone, in any of the ways they are written."""
    found = _ADDRESS.search(field.partition(";")[2] or field)
    return found[0].lower() if found else ""


def _told(address: str, words: str) -> Failed:
    why = one_line(words)[:200]
    code = _SMTP.search(why)
    return Failed(address.lower(), (code[1] or code[2]) != "4" if code else True, why or "no reason")


def _reason(text: str) -> str:
    """The line of a plain report that looks like a mail server's answer."""
    return next((one_line(line)[:200] for line in text.splitlines() if _SMTP.search(line)), "no reason")


def _day(text: str) -> date | None:
    try:
        return parsedate_to_datetime(text).date() if text else None
    except (ValueError, TypeError, IndexError, OverflowError):
        return None


def _copied(text: str) -> tuple[str, ...]:
    """Ids in a copy of the letter that stands as plain text."""
    lines = re.findall(
        r"^(?:Message-ID|In-Reply-To|References):(.{0,1000})$", text[:20_000], re.IGNORECASE | re.MULTILINE
    )
    return tuple(found for line in lines for found in _ID.findall(line))


def _original(message: Message) -> tuple[str, ...]:
    """Ids in the returned original, or in its headers alone."""
    found: list[str] = []
    for part in message.walk():
        kind, inner = part.get_content_type(), _payload(part)
        original = inner[0] if isinstance(inner, list) and inner and kind in (*_ORIGINAL, *_HEADERS) else None
        if kind in (*_HEADERS, *_ORIGINAL) and not isinstance(inner, list):
            raw = _payload(part, decode=True)
            original = message_from_bytes(raw if isinstance(raw, bytes) else b"")
        if not isinstance(original, Message):
            continue
        for name in ("Message-ID", "In-Reply-To", "References"):
            found += _ID.findall(_field(original, name))
    return tuple(found)
