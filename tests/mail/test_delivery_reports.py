"""Delivery reports as different servers write them: who was not reached, for good or for now, and which letter."""

import random
from datetime import date, timedelta
from textwrap import dedent

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from worker.core.history import ReplyKind
from worker.mail.incoming import Incoming, read_incoming

DAY = date(2026, 12, 21)
OURS = "abababababababababababababababab.1@books.example.com"
WHOM = "priya@fern.example.org"


def sample(text: str) -> bytes:
    return dedent(text).lstrip("\n").replace("\n", "\r\n").encode()


POSTFIX = sample(f"""
    From: MAILER-DAEMON@mx.example.net (Mail Delivery System)
    Subject: Undelivered Mail Returned to Sender
    To: accounts@books.example.com
    Auto-Submitted: auto-replied
    MIME-Version: 1.0
    Content-Type: multipart/report; report-type=delivery-status; boundary="A1B2.1/mx.example.net"
    Message-Id: <20261221090000.A1B2@mx.example.net>

    This is a MIME-encapsulated message.

    --A1B2.1/mx.example.net
    Content-Description: Notification
    Content-Type: text/plain; charset=us-ascii

    <{WHOM}>: host mail.fern.example.org[192.0.2.7] said: 550 5.1.1 no such user

    --A1B2.1/mx.example.net
    Content-Description: Delivery report
    Content-Type: message/delivery-status

    Reporting-MTA: dns; mx.example.net
    X-Postfix-Queue-ID: A1B2
    Arrival-Date: Mon, 21 Dec 2026 09:00:00 +0000

    Final-Recipient: rfc822; {WHOM}
    Original-Recipient: rfc822;{WHOM}
    Action: failed
    Status: 5.1.1
    Remote-MTA: dns; mail.fern.example.org
    Diagnostic-Code: smtp; 550 5.1.1 no such
     user here

    --A1B2.1/mx.example.net
    Content-Description: Undelivered Message Headers
    Content-Type: text/rfc822-headers

    Message-ID: <{OURS}>
    Subject: Invoices from Harbour

    --A1B2.1/mx.example.net--
""")
EXIM = sample(f"""
    From: Mail Delivery System <Mailer-Daemon@mx.example.net>
    X-Failed-Recipients: {WHOM}
    Auto-Submitted: auto-replied
    Content-Type: multipart/report; report-type=delivery-status; boundary=1766-eximdsn-5
    MIME-Version: 1.0
    Subject: Mail delivery failed: returning message to sender
    Message-Id: <E1abc-0001@mx.example.net>

    --1766-eximdsn-5
    Content-type: text/plain; charset=us-ascii

    This message was created automatically by mail delivery software.

    --1766-eximdsn-5
    Content-type: message/delivery-status

    Reporting-MTA: dns; mx.example.net

    Action: failed
    Final-Recipient: rfc822;{WHOM}
    Status: 5.0.0
    Remote-MTA: dns; mail.fern.example.org
    Diagnostic-Code: smtp; 550 No such person

    --1766-eximdsn-5
    Content-type: message/rfc822

    Message-ID: <{OURS}>
    Subject: Invoices

    Hello

    --1766-eximdsn-5--
""")
EXCHANGE = sample(f"""
    From: Microsoft Outlook <MicrosoftExchange329e71ec88ae4615bbc36ab6ce41109e@fern.example.org>
    Subject: Undeliverable: Invoices
    Message-ID: <e1@fern.example.org>
    In-Reply-To: <{OURS}>
    References: <{OURS}>
    Auto-Submitted: auto-replied
    Content-Type: multipart/report; report-type=delivery-status; boundary="_000_"
    MIME-Version: 1.0

    --_000_
    Content-Type: multipart/alternative; boundary="_001_"

    --_001_
    Content-Type: text/plain; charset="us-ascii"

    Delivery has failed to these recipients or groups:

    --_001_
    Content-Type: text/html; charset="us-ascii"

    <p>Delivery has failed to these recipients or groups:</p>

    --_001_--

    --_000_
    Content-Type: message/delivery-status

    Reporting-MTA: dns;fern.example.org
    Received-From-MTA: dns;books.example.com

    Original-Recipient: rfc822;{WHOM}
    Final-Recipient: rfc822;Priya.Fern@fern.onmicrosoft.example
    Action: failed (expanded)
    Status: 5.2.2
    Diagnostic-Code: smtp;554 5.2.2 mailbox full
    X-Display-Name: Priya Fern

    --_000_
    Content-Type: message/rfc822

    Message-ID: <{OURS}>

    --_000_--
""")
ENCODED = sample(f"""
    From: mailer-daemon@mail.example.net
    Message-ID: <g1@mail.example.net>
    Content-Type: multipart/report; boundary="z"; report-type=delivery-status
    MIME-Version: 1.0

    --z
    Content-Type: text/plain

    Address not found

    --z
    Content-Type: message/delivery-status
    Content-Transfer-Encoding: quoted-printable

    Reporting-MTA: dns; mail.example.net

    Final-Recipient: rfc822; priya=40fern.example.org
    Action: failed
    Status: 5.1.1
    Diagnostic-Code: smtp; 550-5.1.1 The account does not exist

    --z
    Content-Type: message/rfc822

    Message-ID: <{OURS}>

    --z--
""")
UTF8 = sample(f"""
    From: Postmaster <postmaster@mx.example.net>
    Message-ID: <u1@mx.example.net>
    Content-Type: multipart/report; report-type="delivery-status"; boundary=u
    MIME-Version: 1.0

    --u
    Content-Type: text/plain

    Sorry

    --u
    Content-Type: message/global-delivery-status

    Reporting-MTA: dns; mx.example.net

    Final-Recipient: utf-8; {WHOM}
    Action: failed
    Status: 5.6.7

    --u
    Content-Type: message/global-headers

    Message-ID: <{OURS}>

    --u--
""")
OLD_EXIM = sample(f"""
    From: Mail Delivery System <Mailer-Daemon@old.example.net>
    X-Failed-Recipients: {WHOM}
    Subject: Mail delivery failed: returning message to sender
    Message-Id: <old1@old.example.net>

    A message that you sent could not be delivered to one or more of its recipients.

      {WHOM}
        SMTP error from remote mail server after RCPT TO:<{WHOM}>:
        550 5.1.1 unknown user

    ------ This is a copy of the message, including all the headers. ------

    Message-ID: <{OURS}>
    Subject: Invoices
""")
QMAIL = sample(f"""
    From: MAILER-DAEMON@q.example.net
    Subject: failure notice
    Message-Id: <q1@q.example.net>

    Hi. This is the qmail-send program at q.example.net.
    I'm afraid I wasn't able to deliver your message to the following addresses.

    <{WHOM}>:
    192.0.2.7 does not like recipient.
    Remote host said: 550 5.1.1 unknown user

    --- Below this line is a copy of the message.

    Return-Path: <accounts@books.example.com>
    Message-ID: <{OURS}>
    Subject: Invoices
""")
DELAYED = POSTFIX.replace(b"Action: failed", b"Action: delayed").replace(b"Status: 5.1.1", b"Status: 4.4.1")
SHAPES = {
    "postfix": POSTFIX,
    "exim": EXIM,
    "exchange": EXCHANGE,
    "encoded": ENCODED,
    "utf-8": UTF8,
    "old exim": OLD_EXIM,
    "qmail": QMAIL,
}


def read(raw: bytes) -> Incoming:
    found = read_incoming(raw, DAY)
    assert found is not None
    return found


@pytest.mark.parametrize("shape", SHAPES)
def test_who_was_not_reached_and_which_letter_it_was(shape: str) -> None:
    found = read(SHAPES[shape])
    assert found.what is ReplyKind.BOUNCE
    assert [(f.recipient, f.lasting) for f in found.failed] == [(WHOM, True)]
    assert OURS in found.references
    assert WHOM in found.text


def test_a_passing_trouble_that_was_given_up_is_a_bounce_that_may_pass() -> None:
    for raw in (POSTFIX.replace(b"Status: 5.1.1", b"Status: 4.4.7"), QMAIL.replace(b"550 5.1.1", b"452 4.2.2")):
        found = read(raw)
        assert (found.what, found.failed[0].lasting) == (ReplyKind.BOUNCE, False)


def test_a_letter_still_tried_waits_until_the_server_gives_up() -> None:
    found = read(DELAYED)
    assert (found.what, found.until) == (ReplyKind.LATE, DAY + timedelta(days=5))
    assert [(f.recipient, f.lasting) for f in found.failed] == [(WHOM, False)]
    said = DELAYED.replace(b"Status: 4.4.1", b"Status: 4.4.1\r\nWill-Retry-Until: Wed, 23 Dec 2026 09:00:00 +0000")
    assert read(said).until == date(2026, 12, 23)
    for nonsense in (b"never", b"Wed, 23 Dec 2099 09:00:00 +0000", b"Wed, 23 Dec 1999 09:00:00 +0000"):
        until = read(said.replace(b"Wed, 23 Dec 2026 09:00:00 +0000", nonsense)).until
        assert until is not None
        assert DAY <= until <= DAY + timedelta(days=10)


def test_one_that_failed_beside_one_that_is_late_is_a_bounce_of_the_first() -> None:
    both = DELAYED.replace(
        b"--A1B2.1/mx.example.net\r\nContent-Description: Undelivered",
        b"Final-Recipient: rfc822; other@fern.example.org\r\nAction: failed\r\nStatus: 5.1.1\r\n\r\n"
        b"--A1B2.1/mx.example.net\r\nContent-Description: Undelivered",
    )
    found = read(both)
    assert found.what is ReplyKind.BOUNCE
    assert [f.recipient for f in found.failed] == ["other@fern.example.org"]


@pytest.mark.parametrize("action", [b"delivered", b"relayed", b"expanded", b""])
def test_a_report_of_success_is_nothing(action: bytes) -> None:
    assert read_incoming(POSTFIX.replace(b"Action: failed", b"Action: " + action), DAY) is None


def test_a_receipt_is_no_persons_answer() -> None:
    receipt = sample(f"""
        From: Priya <{WHOM}>
        Message-ID: <m1@fern.example.org>
        References: <{OURS}>
        Content-Type: multipart/report; report-type=disposition-notification; boundary=r

        --r
        Content-Type: text/plain

        Your message was displayed.

        --r
        Content-Type: message/disposition-notification

        Final-Recipient: rfc822; {WHOM}
        Disposition: manual-action/MDN-sent-manually; displayed

        --r--
    """)
    assert read(receipt).what is ReplyKind.AUTOMATIC


def test_a_person_who_quotes_a_bounce_is_a_person() -> None:
    raw = (
        b"From: a@b.example\r\nMessage-ID: <p@b>\r\n\r\nIt says <x@y.example>:\nno such user. Hi. This is the end.\r\n"
    )
    assert read(raw).what is ReplyKind.ANSWER


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(sorted(SHAPES)), st.integers(0, 2**32), st.integers(1, 6))
def test_whatever_is_left_of_a_report_is_read_or_is_nothing(shape: str, seed: int, cuts: int) -> None:
    found = read_incoming(mangled(SHAPES[shape], seed, cuts), DAY)
    assert found is None or (found.id and "\n" not in "".join(f.recipient + f.why for f in found.failed))


@pytest.mark.matrix
def test_five_thousand_mangled_reports() -> None:
    for seed in range(5000):
        shape = sorted(SHAPES)[seed % len(SHAPES)]
        read_incoming(mangled(SHAPES[shape], seed, seed % 9 + 1), DAY)


def mangled(raw: bytes, seed: int, cuts: int) -> bytes:
    """The same report after a bad day: pieces lost, doubled, turned into bytes of any kind."""
    rng = random.Random(seed)
    for _ in range(cuts):
        at, size = rng.randrange(len(raw) + 1), rng.choice([1, 3, 30, 200])
        piece = rng.choice([b"", raw[at : at + size] * 3, rng.randbytes(size), b"\r\n", b"--", b"\x00", b": ;"])
        raw = raw[:at] + piece + raw[at + (0 if rng.random() < 0.3 else size) :]
    return raw
