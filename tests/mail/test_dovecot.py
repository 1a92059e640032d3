"""The reply poller against Dovecot: a second real server, with its own UIDs, keywords and folders."""

import os
import shutil
from collections.abc import Iterator, Sequence
from datetime import date
from email.message import EmailMessage
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from imap_tools import BaseMailBox, MailBoxUnencrypted

from tests.mail.far_dovecot import dovecot, missing
from tests.mail.far_imap import PASSWORD
from tests.mail.test_delivery_reports import POSTFIX
from worker.core.history import ReplyKind
from worker.errors import MailboxError
from worker.mail.imap import ImapServer
from worker.mail.inbox import Found, Headers, Seen, look
from worker.mail.incoming import read_incoming
from worker.mail.smtp import Security

pytestmark = [pytest.mark.matrix, pytest.mark.skipif(bool(missing()), reason=missing())]
_numbers = count(1)
USER = "accounts@books.example.com"
SINCE = date(2020, 1, 1)  # by the day it came in, which a test does not choose


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    with TemporaryDirectory(prefix="dovecot-") as home, dovecot(Path(home)) as running:
        (mail_home := Path(home) / "mail").mkdir()
        if os.getuid() == 0:
            shutil.chown(mail_home, "mail", "mail")
        yield running.imap


class Box:
    """One mailbox, and what the poller saw of it."""

    def __init__(self, port: int, user: str) -> None:
        self.server = ImapServer("127.0.0.1", port, Security.NONE, user, PASSWORD, timeout=10)
        self.seen = Seen()
        self.heard: list[Found] = []

    def put(self, raw: bytes, folder: str = "INBOX") -> None:
        with self.open() as box:
            if not box.folder.exists(folder):
                box.folder.create(folder)
            box.append(raw, folder)

    def open(self) -> BaseMailBox:
        return MailBoxUnencrypted("127.0.0.1", self.server.port, timeout=10).login(self.server.username, PASSWORD)

    def flags(self) -> list[tuple[str, ...]]:
        with self.open() as box:
            return [tuple(sorted(m.flags)) for m in box.fetch(mark_seen=False)]

    def look(self, folder: str = "INBOX", mark: str = "") -> list[bytes]:
        self.heard = []

        def wanted(headers: Headers) -> bool:
            return "Offer" not in headers.get("subject", "")

        def handle(found: Sequence[Found], upto: Seen) -> None:
            self.heard, self.seen = list(found), upto

        look(self.server, folder, self.seen, SINCE, wanted, handle, mark)
        return [f.raw for f in self.heard]


@pytest.fixture
def box(port: int, request: pytest.FixtureRequest) -> Box:
    return Box(port, f"{request.node.name.strip('[]')[:40]}@books.example.com")


def mail(subject: str, text: str = "We pay on Friday.") -> bytes:
    made = EmailMessage()
    made["From"], made["Subject"] = "Zoë Fern <zoe@fern.example.org>", subject
    made["Message-ID"], made["Date"] = f"<{next(_numbers)}@fern.example.org>", "Mon, 21 Dec 2026 09:00:00 +0000"
    made.set_content(text)
    return made.as_bytes()


def test_each_message_is_heard_once_and_only_what_is_wanted_is_fetched(box: Box) -> None:
    box.put(mail("Re: Invoices überfällig?"))
    box.put(mail("Offer"))
    (raw,) = box.look()
    found = read_incoming(raw, date(2026, 12, 21))
    assert found is not None
    assert (found.what, found.text, found.name) == (ReplyKind.ANSWER, "We pay on Friday.", "Zoë Fern")
    assert box.look() == []
    box.put(mail("Re: another"))
    assert len(box.look()) == 1
    assert box.flags() == [(), (), ()], "looking marks nothing"


def test_a_keyword_is_set_on_what_was_handled_alone(box: Box) -> None:
    box.put(mail("Re: Invoices"))
    box.put(mail("Offer"))
    assert len(box.look(mark="duecourse")) == 1
    assert [("duecourse" in flags) for flags in box.flags()] == [True, False]


def test_a_delivery_report_comes_whole(box: Box) -> None:
    box.put(POSTFIX)
    (raw,) = box.look()
    found = read_incoming(raw, date(2026, 12, 21))
    assert found is not None
    assert found.what is ReplyKind.BOUNCE


def test_a_folder_numbered_anew_is_read_from_the_beginning(box: Box) -> None:
    box.put(mail("Re: Invoices"), "Replies")
    assert len(box.look("Replies")) == 1
    first = box.seen
    with box.open() as line:
        line.folder.delete("Replies")
    box.put(mail("Re: Invoices"), "Replies")
    assert len(box.look("Replies")) == 1
    assert box.seen.validity != first.validity


def test_a_folder_that_is_not_there_and_a_password_that_is_wrong_say_so(box: Box) -> None:
    with pytest.raises(MailboxError, match='no folder "Nowhere"'):
        box.look("Nowhere")
    wrong = ImapServer("127.0.0.1", box.server.port, Security.NONE, USER, "wrong", timeout=10)
    with pytest.raises(MailboxError):
        look(wrong, "INBOX", Seen(), SINCE, lambda _: True, lambda *_: None)
