"""What comes back, read as values: answers without what they quote, automatic answers, bounces."""

from datetime import date
from email.message import EmailMessage

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from worker.core.history import ReplyKind
from worker.mail.automatic import away_until, is_automatic
from worker.mail.incoming import Incoming, read_incoming
from worker.mail.quoted import LONGEST, new_words, text_of_html

DAY = date(2026, 12, 21)
OURS = "abababababababababababababababab.1@books.example.com"


def mail(text: str = "We pay on Friday.", html: str = "", **headers: str) -> EmailMessage:
    message = EmailMessage()
    message["From"] = "Priya Fern <Priya@fern.example.org>"
    message["Message-ID"] = "<r1@fern.example.org>"
    message["Subject"] = "Re: Invoices"
    message["In-Reply-To"] = f"<{OURS}>"
    message["References"] = f"<root.thread@books.example.com> <{OURS}>"
    for name, value in headers.items():
        del message[name.replace("_", "-")]
        message[name.replace("_", "-")] = value
    message.set_content(html, subtype="html") if html else message.set_content(text)
    return message


def read(message: EmailMessage) -> Incoming:
    found = read_incoming(message.as_bytes(), DAY)
    assert found is not None
    return found


def bounce(
    *recipients: tuple[str, str, str], original: str = "", kind: str = "message/rfc822", own_id: str = "b1"
) -> EmailMessage:
    """An RFC 3464 report: (recipient, action, status)."""
    lines = ["Reporting-MTA: dns; mx.example.net", ""]
    for whom, action, status in recipients:
        lines += [f"Final-Recipient: rfc822; {whom}", f"Action: {action}", f"Status: {status}"]
        lines += ["Diagnostic-Code: smtp; 550 5.1.1 no such user", ""]
    body = "\r\n".join(lines)
    head = original or f"Message-ID: <{OURS}>\r\nSubject: Invoices\r\n"
    raw = (
        f"From: Mail Delivery System <mailer-daemon@mx.example.net>\r\nMessage-ID: <{own_id}@mx.example.net>\r\n"
        "Subject: Undelivered\r\nAuto-Submitted: auto-replied\r\nMIME-Version: 1.0\r\n"
        'Content-Type: multipart/report; report-type=delivery-status; boundary="x"\r\n\r\n'
        "--x\r\nContent-Type: text/plain\r\n\r\nSorry.\r\n"
        f"--x\r\nContent-Type: message/delivery-status\r\n\r\n{body}\r\n"
        f"--x\r\nContent-Type: {kind}\r\n\r\n{head}\r\n\r\n--x--\r\n"
    )
    import email.policy

    return email.message_from_bytes(raw.encode(), policy=email.policy.default)  # type: ignore[return-value]


def test_a_persons_answer() -> None:
    found = read(mail("We pay on Friday.\n\nOn Mon, 21 Dec 2026 at 09:00, Larch <a@b.example> wrote:\n> Hello Priya\n"))
    assert (found.what, found.text) == (ReplyKind.ANSWER, "We pay on Friday.")
    assert (found.id, found.sender, found.name) == ("r1@fern.example.org", "priya@fern.example.org", "Priya Fern")
    assert found.references == (OURS, "root.thread@books.example.com")


@pytest.mark.parametrize(
    "quoting",
    [
        "> quoted\n> more",
        "On Mon, 21 Dec 2026, Larch Studio wrote:\nquoted",
        "On Monday, 21 December 2026 at 09:00, Larch Studio Accounts <accounts@books.example.com>\nwrote:\nquoted",
        "Am 21.12.2026 um 09:00 schrieb Larch:\nquoted",
        "Le lun. 21 déc. 2026 à 09:00, Larch a écrit :\nquoted",
        "El lun, 21 dic 2026, Larch escribió:\nquoted",
        "Op ma 21 dec 2026 om 09:00 schreef Larch:\nquoted",
        "-----Original Message-----\nFrom: Larch\nquoted",
        "________________________________\nFrom: Larch\nquoted",
        "From: Larch <a@books.example.com>\nSent: Monday\nquoted",
        "*Von:* Larch\n*Gesendet:* Montag\nquoted",
        "-- \nPriya Fern\nquoted",
    ],
)
def test_what_is_quoted_goes_and_what_is_said_stays(quoting: str) -> None:
    assert new_words(f"On Friday: we pay.\nFrom memory, it is paid.\n\n{quoting}\n") == (
        "On Friday: we pay.\nFrom memory, it is paid."
    )


def test_html_mail_is_read_without_its_quote_or_scripts() -> None:
    html = "<style>p{}</style><p>We pay <b>Friday</b>.</p><p>Priya</p><blockquote>quoted <p>more</p></blockquote>"
    assert read(mail(html=html)).text == "We pay Friday.\nPriya"
    assert text_of_html("</blockquote><p>a<br>b") == "a\nb"


@pytest.mark.parametrize(
    ("headers", "automatic"),
    [
        ({"auto-submitted": "auto-replied; owner-email=x"}, True),
        ({"auto-submitted": "no"}, False),
        ({"x-autoreply": "yes"}, True),
        ({"precedence": "Bulk"}, True),
        ({"precedence": "first-class"}, False),
        ({"list-id": "<x>"}, True),
        ({}, False),
    ],
)
def test_automatic_by_its_headers(headers: dict[str, str], automatic: bool) -> None:
    assert is_automatic(headers) is automatic


@pytest.mark.parametrize(
    ("text", "until"),
    [
        ("I am out of the office until 4 January 2027.", date(2027, 1, 4)),
        ("Out from 22 December to 2nd January, back on January 5th.", date(2027, 1, 5)),
        ("Ich bin bis 04.01.2027 nicht im Büro.", date(2027, 1, 4)),
        ("Bis einschließlich 3. März abwesend", date(2027, 3, 3)),
        ("Absente jusqu'au 1er février 2027", date(2027, 2, 1)),
        ("de vuelta el 7 de enero de 2027", date(2027, 1, 7)),
        ("terug op 2027-01-11", date(2027, 1, 11)),
        ("Back 5/1", date(2027, 1, 5)),
        ("Back 12/28/2026", date(2026, 12, 28)),
        ("I left on 3 August 2020.", None),
        ("Back on 3 August 2027", None),
        ("Back on 31 February 2027 or 99/99", None),
        ("Call +44 20 7946 0018, may 1000 times", None),
        ("soon", None),
    ],
)
def test_until_when_somebody_is_away(text: str, until: date | None) -> None:
    assert away_until(text, DAY) == until


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("Out of office until 4 January.", ReplyKind.AWAY),
        ("We received your message, ticket 4711.", ReplyKind.AUTOMATIC),
        ("Priya no longer works at Fern. Please write to accounts.", ReplyKind.GONE),
        ("Frau Fern arbeitet nicht mehr bei uns.", ReplyKind.GONE),
        ("Mme Fern ne fait plus partie de la société.", ReplyKind.GONE),
    ],
)
def test_automatic_answers(text: str, what: ReplyKind) -> None:
    assert read(mail(text, Auto_Submitted="auto-replied")).what is what
    assert read(mail(text)).what is ReplyKind.ANSWER


def test_a_bounce_names_who_was_not_reached_and_which_letter() -> None:
    found = read(bounce(("Priya@Fern.example.org", "failed", "5.1.1"), ("b@x.example", "delivered", "2.0.0")))
    assert found.what is ReplyKind.BOUNCE
    assert [(f.recipient, f.lasting) for f in found.failed] == [("priya@fern.example.org", True)]
    assert found.references == (OURS,)
    assert found.text == "priya@fern.example.org: 550 5.1.1 no such user"
    soft = read(bounce(("priya@fern.example.org", "failed", "4.2.2"), kind="text/rfc822-headers"))
    assert (soft.failed[0].lasting, soft.references) == (False, (OURS,))


def test_a_report_of_a_delay_is_no_bounce_yet() -> None:
    assert read(bounce(("priya@fern.example.org", "delayed", "4.4.1"))).what is ReplyKind.LATE


@given(st.binary(max_size=300) | st.text(max_size=300).map(lambda t: t.encode("utf-8", "replace")))
@example(b"From: =?utf-8?q?\xff?= <a\r\nMessage-ID: <>\r\nContent-Type: multipart/report; report-type\r\n\r\n")
@example(b"Content-Type: text/plain; charset=nonsense\r\n\r\n\xff")
@example(b"Content-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\nContent-Type: message/rfc822\r\n\r\n--x--")
def test_whatever_is_written_is_read_or_is_nothing(raw: bytes) -> None:
    found = read_incoming(raw, DAY)
    assert found is None or (found.id and len(found.text) <= LONGEST and "\x00" not in found.text)
