"""The firm's own mailbox: signing in by token at servers that really check it, and a copy in Sent."""

import ssl
from collections.abc import Iterator
from itertools import count

import pytest

from tests.mail.contract import MailerContract
from tests.mail.far_imap import PASSWORD, Post, porter
from tests.mail.far_smtp import TokenBox, token_server
from tests.mail.letters import NOW, letter
from tests.mail.tokens import Door, Wallet
from worker.errors import MailboxError
from worker.mail.imap import ImapServer, open_mailbox, sent_folder
from worker.mail.memory import DROPPED_BEFORE, MemoryMailer
from worker.mail.sent_copy import CopiesInSent
from worker.mail.smtp import Security, SmtpMailer, SmtpServer
from worker.mail.xoauth2 import AccessRefused, AccessUnavailable
from worker.ports import Outcome, Receipt

USER = "accounts@books.example.com"
# aiosmtpd warns that a login without TLS is unwise; one rehearsal line to this machine is what we test.
pytestmark = pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS")


@pytest.fixture
def door() -> Door:
    return Door({(USER, "good")})


@pytest.fixture
def running(server_context: ssl.SSLContext, door: Door) -> Iterator[tuple[TokenBox, int]]:
    with token_server(server_context, door) as both:
        yield both


@pytest.fixture
def far(running: tuple[TokenBox, int]) -> TokenBox:
    return running[0]


@pytest.fixture
def mailer(running: tuple[TokenBox, int], trust: ssl.SSLContext) -> Iterator[SmtpMailer]:
    made = by_token(running[1], trust, Wallet("good"))
    yield made
    made.close()


def by_token(port: int, trust: ssl.SSLContext, access: object) -> SmtpMailer:
    server = SmtpServer("localhost", port, Security.STARTTLS, USER, timeout=5, final_timeout=5, access=access)  # type: ignore[arg-type]
    return SmtpMailer(server, trust)


def hand(mailer: SmtpMailer, calls: list[str] | None = None) -> Receipt:
    made = letter()

    def handed() -> bool:
        if calls is not None:
            calls.append("handed")
        return True

    return mailer.send(made, mailer.prepare(made, NOW), handed)


class TestContract(MailerContract):
    """The mailer contract, signed in by a token."""


def test_a_refused_token_is_renewed_once_before_anything_is_handed_off(
    running: tuple[TokenBox, int], trust: ssl.SSLContext, door: Door
) -> None:
    wallet, calls = Wallet("stale", "good"), list[str]()
    mailer = by_token(running[1], trust, wallet)
    assert hand(mailer, calls).outcome is Outcome.ACCEPTED
    assert hand(mailer, calls).outcome is Outcome.ACCEPTED
    mailer.close()
    assert door.knocks == [(USER, "stale"), (USER, "good")]
    assert (wallet.asked, calls, len(running[0].kept)) == (["", "stale"], ["handed", "handed"], 2)


def test_a_mailbox_that_stays_shut_is_a_credential_problem_and_nothing_is_handed_off(
    running: tuple[TokenBox, int], trust: ssl.SSLContext, door: Door
) -> None:
    calls: list[str] = []
    receipt = hand(by_token(running[1], trust, Wallet("stale", "staler", "good")), calls)
    assert (receipt.outcome, receipt.detail[:9]) == (Outcome.CREDENTIAL, "AUTH: 535")
    assert [token for _, token in door.knocks] == ["stale", "staler"]
    assert "stale" not in receipt.detail
    assert (calls, running[0].kept) == ([], [])


@pytest.mark.parametrize(
    ("raised", "outcome"),
    [(AccessRefused("connect it again"), Outcome.CREDENTIAL), (AccessUnavailable("not now"), Outcome.NOT_SENT)],
)
def test_without_a_token_nothing_is_said(
    running: tuple[TokenBox, int], trust: ssl.SSLContext, door: Door, raised: Exception, outcome: Outcome
) -> None:
    def access(refused: str) -> str:
        raise raised

    assert hand(by_token(running[1], trust, access)) == Receipt(outcome, detail=str(raised))
    assert door.knocks == []


def test_a_token_cannot_say_more_than_a_token(running: tuple[TokenBox, int], trust: ssl.SSLContext, door: Door) -> None:
    assert hand(by_token(running[1], trust, Wallet("good\x01user=other"))).outcome is Outcome.CREDENTIAL
    assert door.knocks == []


# -- the mailbox as it is read ----------------------------------------------------------------------------------------

_fresh = count(1)


@pytest.fixture
def user() -> str:
    """A mailbox nobody else uses."""
    return f"sent{next(_fresh)}@books.example.com"


def reading(port: int, user: str, **more: object) -> ImapServer:
    return ImapServer("localhost", port, Security.NONE, user, PASSWORD, timeout=5, **more)  # type: ignore[arg-type]


def test_a_mailbox_is_opened_by_a_token_over_tls_and_renewed_once(
    post: Post, server_context: ssl.SSLContext, trust: ssl.SSLContext, user: str
) -> None:
    door, wallet = Door({(user, "good")}), Wallet("stale", "good")
    with porter(post, door, server_context) as port:
        server = ImapServer("localhost", port, Security.TLS, user, timeout=5, access=wallet)
        with open_mailbox(server, trust) as box:
            assert box.folder.exists("INBOX")
    assert door.knocks == [(user, "stale"), (user, "good")]


def test_a_mailbox_that_stays_shut_says_so_without_the_token(
    post: Post, server_context: ssl.SSLContext, trust: ssl.SSLContext, user: str
) -> None:
    with porter(post, Door(), server_context) as port:
        server = ImapServer("localhost", port, Security.TLS, user, timeout=5, access=Wallet("one", "two", "three"))
        with pytest.raises(MailboxError, match="Invalid credentials") as caught, open_mailbox(server, trust):
            pass
    assert user in str(caught.value)
    assert not {"one", "two"} & set(str(caught.value).split())


def test_an_unknown_certificate_is_not_trusted(post: Post, server_context: ssl.SSLContext, user: str) -> None:
    door = Door({(user, "good")})
    with porter(post, door, server_context) as port:
        server = ImapServer("localhost", port, Security.TLS, user, timeout=5, access=Wallet("good"))
        with pytest.raises(MailboxError, match="CERTIFICATE_VERIFY_FAILED"), open_mailbox(server):
            pass
    assert door.knocks == []


def test_no_unprotected_line_to_another_machine() -> None:
    server = ImapServer("imap.example.com", 143, Security.NONE)
    with pytest.raises(MailboxError, match="without TLS is refused"), open_mailbox(server):
        pass


def test_accepted_letters_are_copied_into_sent_and_others_are_not(post: Post, user: str) -> None:
    inner = MemoryMailer([DROPPED_BEFORE])
    mailer = CopiesInSent(inner, reading(post.imap, user), lambda: NOW, "Sent")
    for n in (1, 2):
        made = letter(n)
        mailer.send(made, mailer.prepare(made, NOW), lambda: True)
    assert mailer.file_copies() == ""
    ((_, raw, flags),) = post.letters(user, "Sent")
    assert b"02020202" in raw
    assert "\\Seen" in flags
    mailer.close()
    assert len(post.letters(user, "Sent")) == 1


def test_a_copy_that_cannot_be_filed_is_a_warning_and_the_letter_stays_sent(user: str) -> None:
    mailer = CopiesInSent(MemoryMailer(), reading(1, user), lambda: NOW)
    made = letter()
    assert mailer.send(made, mailer.prepare(made, NOW), lambda: True) == Receipt(Outcome.ACCEPTED)
    assert mailer.file_copies().startswith("1 of 1 messages have no copy in the Sent folder, but were sent.")
    assert mailer.file_copies() == ""
    mailer.close()


def test_the_sent_folder_is_the_one_the_server_calls_so(post: Post, user: str) -> None:
    with open_mailbox(reading(post.imap, user)) as box:
        assert sent_folder(box) == "Sent"
        box.folder.create("Sent Items")
        assert sent_folder(box) == "Sent Items"
