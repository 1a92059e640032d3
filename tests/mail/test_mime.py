"""Letters as bytes: whatever goes in, the standard library reads the same letter back."""

import email
import email.policy
from datetime import UTC, datetime, timedelta, timezone
from email.header import decode_header, make_header
from email.message import EmailMessage
from email.utils import getaddresses

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.mail.letters import NOW, letter
from worker.core.message import Letter
from worker.core.plain import has_controls, one_line
from worker.core.settings import Address
from worker.mail.mime import NotExact, check, prepared, recipients, serialise

_LINES = st.text(st.characters(exclude_categories=("Cs", "Cc", "Cf", "Zl", "Zp")), max_size=120)
_NAMES = _LINES.map(lambda text: one_line(text)[:64].strip())
_SUBJECTS = _LINES.map(one_line).filter(bool)
_BODIES = st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\x00\r"), max_size=400)


def _read(raw: bytes) -> EmailMessage:
    message = email.message_from_bytes(raw, policy=email.policy.default)
    assert isinstance(message, EmailMessage)
    return message


def _names(raw: bytes, header: str) -> list[str]:
    """Display names by the older parser: the newer puts spaces between adjoining encoded words (RFC 2047 6.2)."""
    value = email.message_from_bytes(raw)[header].replace("\r\n", "")
    return [str(make_header(decode_header(name))) if name else "" for name, _ in getaddresses([value])]


def _body(raw: bytes, kind: str) -> str:
    part = _read(raw).get_body((kind,))
    assert part is not None
    content = part.get_payload(decode=True)
    assert isinstance(content, bytes)
    return content.decode().replace("\r\n", "\n")


@settings(deadline=None)
@given(_NAMES, _NAMES, _SUBJECTS, _BODIES, _BODIES)
def test_reads_back_as_written(sender: str, to: str, subject: str, text: str, html: str) -> None:
    made = letter(
        sender=Address("accounts@books.example.com", sender),
        to=(Address("priya@fern.example.org", to), Address("two@fern.example.org", sender)),
        subject=subject,
        text=text,
        html=html,
    )
    raw = prepared(made, NOW)
    message = _read(raw)
    assert [a.addr_spec for a in message["To"].addresses] == ["priya@fern.example.org", "two@fern.example.org"]
    assert _names(raw, "To") == [to, sender]
    assert _names(raw, "From") == [sender]
    assert message["Subject"] == subject
    assert message["Date"].datetime == NOW
    assert message["Message-ID"] == f"<{made.message_id}>"
    assert message["References"] == f"<{made.references[0]}>"
    assert not message.defects
    for kind, body in (("plain", text), ("html", html)):
        assert _body(raw, kind) == (body if body.endswith("\n") else body + "\n")
    assert [part.get_content_type() for part in message.iter_parts()] == ["text/plain", "text/html"]
    assert max(map(len, raw.split(b"\r\n"))) <= 200


def test_the_archive_is_in_the_envelope_only() -> None:
    made = letter(archive=(Address("copies@books.example.com"), Address("ap@fern.example.org")))
    raw = prepared(made, NOW)
    assert b"copies@books" not in raw
    assert recipients(made) == ("priya@fern.example.org", "ap@fern.example.org", "copies@books.example.com")


def test_dates_are_utc_whatever_zone_they_come_in() -> None:
    there = datetime(2026, 3, 16, 20, 15, tzinfo=timezone(timedelta(hours=11)))
    assert b"\r\nDate: Mon, 16 Mar 2026 09:15:00 +0000\r\n" in serialise(letter(), there)
    assert datetime(2026, 3, 16, 9, 15, tzinfo=UTC) == there


@pytest.mark.parametrize(
    "tamper",
    [
        lambda raw: raw.replace(b"To: Priya", b"To: Someone <x@evil.example>, Priya"),
        lambda raw: raw.replace(b"Subject: ", b"Bcc: x@evil.example\r\nSubject: "),
        lambda raw: raw.replace(b"From: ", b"From: x@evil.example\r\nFrom: "),
        lambda raw: raw.replace(b"Subject: Invoices", b"Subject: Invoice"),
        lambda raw: raw.replace(b"Reply-To: Ada Cole <ada@", b"Reply-To: Ada Cole <eve@"),
        lambda raw: raw.replace(b"auto-generated", b"auto-replied"),
        lambda raw: raw.replace(b"Cc: ap@", b"Cc: aq@"),
        lambda raw: raw.replace(b".1@books", b".2@books"),
        lambda raw: raw.replace(b"thread@books", b"thread@looks"),
        lambda raw: raw.replace(b"Hello", b"Hello\n"),
        lambda raw: raw.replace(b"Hello", b"Hell\xc3\xb6"),
        lambda raw: raw.replace(b"Hello", b"x" * 999),
    ],
)
def test_check_sees_every_change(tamper: object) -> None:
    made = letter()
    raw = prepared(made, NOW)
    changed = tamper(raw)  # type: ignore[operator]
    assert changed != raw
    with pytest.raises(NotExact):
        check(changed, made)


@settings(deadline=None)
@given(st.text(max_size=80))
def test_a_hostile_name_is_exact_or_refused(name: str) -> None:
    made = letter(to=(Address("priya@fern.example.org", name),))
    try:
        raw = prepared(made, NOW)
    except NotExact:
        assert name != one_line(name) or len(name) > 64 or has_controls(name)
        return
    assert [a.addr_spec for a in _read(raw)["To"].addresses] == ["priya@fern.example.org"]
    assert _names(raw, "To") == [name]


def test_long_ascii_words_and_what_looks_encoded_survive() -> None:
    for subject in ("x" * 300, "=?utf-8?q?Bcc?=", "a  b", "é" * 80, "word " * 40 + "end"):
        made: Letter = letter(subject=subject)
        assert _read(prepared(made, NOW))["Subject"] == subject
