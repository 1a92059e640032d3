"""Attachments: only invoices as PDF, small, under our own names; they arrive exactly, or the letter does not leave."""

import json
from dataclasses import replace
from email import policy
from email.parser import BytesParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.mail.letters import NOW, letter
from worker.core.message import Attachment, Letter
from worker.mail.mime import NotExact, check, prepared
from worker.mail.sendgrid import SendGridAccount, SendGridMailer

LETTER = letter()
PDF = b"%PDF-1.4\n" + bytes(range(256)) * 40


def carrying(*attached: Attachment) -> Letter:
    return replace(LETTER, attachments=attached)


def sendgrid() -> SendGridMailer:
    return SendGridMailer(SendGridAccount("key", "http://127.0.0.1:9"))


@given(st.lists(st.binary(max_size=500), min_size=1, max_size=3))
def test_every_byte_arrives(contents: list[bytes]) -> None:
    attached = tuple(Attachment(f"invoice-{n}.pdf", b"%PDF-" + c) for n, c in enumerate(contents))
    parsed = BytesParser(policy=policy.default).parsebytes(prepared(carrying(*attached), NOW))
    assert parsed.get_content_type() == "multipart/mixed"
    found = [(p.get_filename(), p.get_content_type(), p.get_payload(decode=True)) for p in parsed.iter_attachments()]
    assert found == [(a.filename, "application/pdf", a.content) for a in attached]
    text, html = parsed.get_body(("plain",)), parsed.get_body(("html",))
    assert text and html and "1,234.50" in text.get_content() and "<" in html.get_content()
    data = json.loads(sendgrid().prepare(carrying(*attached), NOW))
    assert [(a["filename"], a["disposition"]) for a in data["attachments"]] == [
        (a.filename, "attachment") for a in attached
    ]


def test_without_attachments_nothing_changes() -> None:
    assert b"multipart/mixed" not in prepared(LETTER, NOW)
    assert "attachments" not in json.loads(sendgrid().prepare(LETTER, NOW))


@pytest.mark.parametrize(
    ("attached", "said"),
    [
        ([Attachment("invoice-1.pdf", b"<html>")], "is not a PDF"),
        ([Attachment("invoice-1.pdf", b"")], "is not a PDF"),
        ([Attachment("invoice-1.zip", PDF)], "not a name"),
        ([Attachment("../invoice.pdf", PDF)], "not a name"),
        ([Attachment("in..voice.pdf", PDF)], "not a name"),
        ([Attachment('a";x=".pdf', PDF)], "not a name"),
        ([Attachment("a\r\nBcc: x@example.org.pdf", PDF)], "not a name"),
        ([Attachment("invoice-1.pdf", PDF), Attachment("invoice-1.pdf", PDF)], "one name"),
        ([Attachment("invoice-1.pdf", b"%PDF-" + b"x" * 5_000_000)], "larger than 5 MB"),
    ],
)
def test_what_may_not_be_carried(attached: list[Attachment], said: str) -> None:
    for prepare in (prepared, sendgrid().prepare):
        with pytest.raises(NotExact, match=said):
            prepare(carrying(*attached), NOW)


def test_check_sees_a_changed_attachment() -> None:
    made = carrying(Attachment("invoice-1.pdf", PDF))
    raw = prepared(made, NOW)
    at = raw.index(b"JVBERi0")
    for spoilt in (raw[:at] + b"JVBERi1" + raw[at + 7 :], raw.replace(b"invoice-1.pdf", b"invoice-2.pdf")):
        with pytest.raises(NotExact, match="attachments"):
            check(spoilt, made)


def test_a_letter_shows_no_document_when_printed() -> None:
    assert "PDF-1" not in repr(carrying(Attachment("invoice-1.pdf", PDF)))
