"""Letters as bytes (RFC 5322, 2045-2047), and the proof that those bytes say exactly what the letter says.

Written by hand because the standard library's EmailMessage takes about 1.2 ms a letter; the standard library is then
used the other way round, as the independent reader that `check` compares with.
"""

import binascii
import hashlib
import re
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from email.header import decode_header
from email.parser import BytesHeaderParser
from email.policy import compat32
from email.utils import format_datetime, getaddresses

from worker.core.message import Letter
from worker.core.plain import has_controls
from worker.core.settings import Address
from worker.mail import papers
from worker.mail.addresses import checked

_WIDTH = 76
_LONGEST_LINE = 998
_TOKEN = re.compile(r"[!-9;-~]+\Z")
_MESSAGE_ID = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]+@[A-Za-z0-9.-]+\Z")
_PLAIN_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+/?^_`{|}~ -]+\Z")
_OWN = frozenset(
    (
        *(
            "from",
            "to",
            "cc",
            "bcc",
            "reply-to",
            "subject",
            "date",
            "message-id",
            "references",
            "in-reply-to",
            "sender",
        ),
        *("mime-version", "content-type", "content-transfer-encoding", "received", "return-path", "dkim-signature"),
    )
)


class NotExact(ValueError):
    """The bytes would not say exactly what the letter says (I26)."""


def prepared(letter: Letter, now: datetime) -> bytes:
    """The letter's exact bytes, read back and compared. Raises NotExact."""
    raw = serialise(letter, now)
    check(raw, letter)
    return raw


def serialise(letter: Letter, date: datetime) -> bytes:
    """The letter as a 7-bit message with CRLF line ends, text part first.

    `date` is an aware instant. Archive addresses belong to the envelope and appear nowhere. Raises NotExact when a
    header or address holds line ends, NUL or other controls.
    """
    refuse_controls(letter)
    boundary = f"=_{hashlib.sha256(letter.message_id.encode()).hexdigest()[:32]}"
    head = [f"{name}: {_folded(name, value)}" for name, value in _headers(letter, date)]
    head += ["MIME-Version: 1.0"]
    told = f'Content-Type: multipart/alternative;\r\n boundary="{boundary}"\r\n\r\n'.encode("ascii")
    parts = [
        told,
        _part(boundary, "plain", letter.text),
        _part(boundary, "html", letter.html),
        f"--{boundary}--\r\n".encode("ascii"),
    ]
    whole = papers.enclosed(parts, letter.attachments, f"{boundary}.m") if letter.attachments else parts
    return b"".join(["\r\n".join([*head, ""]).encode("ascii"), *whole])


def refuse_controls(letter: Letter) -> None:
    """Raise NotExact for anything that could end a header early, before any library sees it (S6)."""
    for address in everyone(letter):
        try:
            exact = checked(address) == address
        except ValueError as error:
            raise NotExact(str(error)) from None
        if not exact:
            raise NotExact(f"the name {address.name!r} holds invisible or control characters, or is too long")
    if has_controls(letter.subject) or not letter.subject.strip() or letter.subject != letter.subject.strip():
        raise NotExact(f"the subject {letter.subject!r} is not one line of text")
    for each in (letter.message_id, *letter.references):
        if not _MESSAGE_ID.match(each) or len(each) > 200:
            raise NotExact(f"{each!r} is not a Message-ID")
    for name, value in letter.headers.items():
        if not _TOKEN.match(name) or name.lower() in _OWN:
            raise NotExact(f"{name!r} is not a header a letter may add")
        if has_controls(value) or value != value.strip() or not value.isascii():
            raise NotExact(f"the header {name} is not one line of ASCII: {value!r}")
    if wrong := papers.refusal(letter.attachments):
        raise NotExact(wrong)
    try:
        (letter.text + letter.html).encode()
    except UnicodeEncodeError:
        raise NotExact("the text holds half a character (a lone surrogate)") from None


def everyone(letter: Letter) -> tuple[Address, ...]:
    """Sender, reply-to and every recipient."""
    reply_to = (letter.reply_to,) if letter.reply_to else ()
    return (letter.sender, *reply_to, *letter.to, *letter.cc, *letter.archive)


def recipients(letter: Letter) -> tuple[str, ...]:
    """The envelope: to, cc and archive, each mailbox once."""
    return tuple(dict.fromkeys(address.email for address in (*letter.to, *letter.cc, *letter.archive)))


def check(raw: bytes, letter: Letter) -> None:
    """Read the bytes back with the standard library and compare every header (S7, I26). Raises NotExact."""
    if not raw.isascii() or b"\x00" in raw:
        raise NotExact("the message is not 7-bit")
    lines = raw.split(b"\r\n")
    if any(b"\r" in line or b"\n" in line or len(line) > _LONGEST_LINE for line in lines):
        raise NotExact("the message holds a bare line end or a line longer than 998 bytes")
    parsed = BytesHeaderParser(policy=compat32).parsebytes(raw[: raw.find(b"\r\n\r\n") + 4])
    found = sorted(name.lower() for name in parsed)
    expected = sorted([*(name.lower() for name, _ in _headers(letter, None)), "mime-version", "content-type"])
    if found != expected:
        raise NotExact(f"the headers are {found}, expected {expected}")
    for name, addresses in _address_headers(letter):
        if _addresses(str(parsed[name])) != [(a.name, a.email) for a in addresses]:
            raise NotExact(f"the header {name} reads {parsed[name]!r}")
    plain = {"Subject": letter.subject, **letter.headers}
    plain |= {"Message-ID": f"<{letter.message_id}>"}
    if letter.references:
        plain["References"] = " ".join(f"<{each}>" for each in letter.references)
    for name, value in plain.items():
        if _decoded(_unfolded(str(parsed[name]))) != value:
            raise NotExact(f"the header {name} reads {parsed[name]!r}")
    if letter.attachments and papers.read_back(raw) != letter.attachments:
        raise NotExact("the attachments do not read back as they are")


def _address_headers(letter: Letter) -> list[tuple[str, Sequence[Address]]]:
    out: list[tuple[str, Sequence[Address]]] = [("From", (letter.sender,)), ("To", letter.to)]
    if letter.cc:
        out.append(("Cc", letter.cc))
    if letter.reply_to:
        out.append(("Reply-To", (letter.reply_to,)))
    return out


def _headers(letter: Letter, date: datetime | None) -> list[tuple[str, str]]:
    """Every header but the MIME ones. Without a date (for comparing names), that value is empty."""
    out = [(name, ", ".join(map(_mailbox, addresses))) for name, addresses in _address_headers(letter)]
    out.append(("Subject", _words(letter.subject)))
    out.append(("Date", format_datetime(date.astimezone(UTC)) if date else ""))
    out.append(("Message-ID", f"<{letter.message_id}>"))
    if letter.references:
        out.append(("References", " ".join(f"<{each}>" for each in letter.references)))
    return [*out, *letter.headers.items()]


def _mailbox(address: Address) -> str:
    name = address.name
    if not name:
        return address.email
    if not name.isascii() or "=?" in name:
        return f"{_encoded(name)} <{address.email}>"
    if not _PLAIN_NAME.match(name):
        escaped = name.replace("\\", "\\\\").replace('"', '\\"')
        name = f'"{escaped}"'
    return f"{name} <{address.email}>"


def _words(text: str) -> str:
    """Unstructured text. ASCII stays as it is unless it could be read as an encoded word or cannot be folded."""
    plain = text.isascii() and "=?" not in text and "  " not in text and max(map(len, text.split(" "))) < 60
    return text if plain else _encoded(text)


def _encoded(text: str) -> str:
    """Encoded words of at most 75 characters, never splitting a character (RFC 2047 2 and 5)."""
    words, chunk = [], b""
    for character in text:
        piece = character.encode()
        if len(chunk) + len(piece) > 45:
            words.append(chunk)
            chunk = b""
        chunk += piece
    words.append(chunk)
    return " ".join(f"=?utf-8?b?{binascii.b2a_base64(word, newline=False).decode()}?=" for word in words)


def _folded(name: str, value: str) -> str:
    """The value folded at spaces so that lines stay within 76 characters wherever there is a space to fold at."""
    if len(name) + 2 + len(value) <= _WIDTH:
        return value
    lines: list[str] = []
    room, line = _WIDTH - len(name) - 2, ""
    for word in value.split(" "):
        if line and len(line) + 1 + len(word) > room:
            lines.append(line)
            room, line = _WIDTH - 1, word
        else:
            line = f"{line} {word}" if line else word
    return "\r\n ".join([*lines, line])


def _part(boundary: str, subtype: str, text: str) -> bytes:
    body = text.replace("\r\n", "\n").replace("\r", "\n")
    body = (body if body.endswith("\n") else body + "\n").replace("\n", "\r\n")
    head = (
        f"--{boundary}\r\nContent-Type: text/{subtype}; charset=utf-8\r\n"
        "Content-Transfer-Encoding: quoted-printable\r\n\r\n"
    )
    return head.encode("ascii") + binascii.b2a_qp(body.encode(), istext=True, quotetabs=False) + b"\r\n"


def _unfolded(value: str) -> str:
    return value.replace("\r\n", "").replace("\n", "")


def _decoded(value: str) -> str:
    if "=?" not in value:
        return value
    return "".join(_chunks(value))


def _chunks(value: str) -> Iterable[str]:
    for chunk, charset in decode_header(value):
        yield chunk if isinstance(chunk, str) else chunk.decode(charset or "ascii")


def _addresses(value: str) -> list[tuple[str, str]]:
    return [(_decoded(name), email) for name, email in getaddresses([_unfolded(value)])]
