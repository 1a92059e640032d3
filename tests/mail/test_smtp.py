"""SMTP: the contract against a real server behind TLS, and every reply class against a rude one."""

import ssl
from collections.abc import Iterator

import pytest

from tests.mail.contract import MailerContract
from tests.mail.far_smtp import DROP, SILENT, Box, Rude, real_server
from tests.mail.letters import NOW, letter
from worker.core.settings import Address
from worker.errors import MailerBroken
from worker.mail.smtp import Security, SmtpMailer, SmtpServer
from worker.ports import Outcome, Reach, Receipt

# aiosmtpd warns that a login over implicit TLS is not STARTTLS; that is what we test.
pytestmark = pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS")


@pytest.fixture(params=[Security.TLS, Security.STARTTLS])
def security(request: pytest.FixtureRequest) -> Security:
    return Security(request.param)


@pytest.fixture
def running(server_context: ssl.SSLContext, security: Security) -> Iterator[tuple[Box, int]]:
    with real_server(server_context, implicit=security is Security.TLS) as both:
        yield both


@pytest.fixture
def far(running: tuple[Box, int]) -> Box:
    return running[0]


@pytest.fixture
def mailer(running: tuple[Box, int], security: Security, trust: ssl.SSLContext) -> Iterator[SmtpMailer]:
    server = SmtpServer("localhost", running[1], security, "duecourse", "right", timeout=5, final_timeout=5)
    made = SmtpMailer(server, trust)
    yield made
    made.close()


class TestContract(MailerContract):
    """The mailer contract over implicit TLS and STARTTLS."""


def test_a_wrong_password_stops_the_sender(running: tuple[Box, int], security: Security, trust: ssl.SSLContext) -> None:
    mailer = SmtpMailer(SmtpServer("localhost", running[1], security, "duecourse", "wrong", timeout=5), trust)
    receipt = hand(mailer)
    assert (receipt.outcome, receipt.detail[:9]) == (Outcome.CREDENTIAL, "AUTH: 535")
    assert running[0].arrived() == []


def test_an_unknown_certificate_is_not_sent_to(running: tuple[Box, int], security: Security) -> None:
    mailer = SmtpMailer(SmtpServer("localhost", running[1], security, "duecourse", "right", timeout=5))
    receipt = hand(mailer)
    assert receipt.outcome is Outcome.NOT_SENT
    assert "CERTIFICATE_VERIFY_FAILED" in receipt.detail


def test_a_refused_recipient_stops_the_whole_letter(mailer: SmtpMailer, far: Box) -> None:
    both = (Address("priya@fern.example.org"), Address("gone@fern.example.org"))
    receipt = hand(mailer, to=both)
    assert receipt == Receipt(Outcome.REJECTED, detail="RCPT gone@fern.example.org: 550 5.1.1 no such mailbox")
    grey = (Address("grey@fern.example.org"),)
    assert hand(mailer, to=grey).outcome is Outcome.NOT_SENT
    assert far.arrived() == []
    assert hand(mailer).outcome is Outcome.ACCEPTED


def test_one_connection_a_sweep() -> None:
    rude = Rude()
    mailer = plain(rude)
    assert [hand(mailer).outcome for _ in range(3)] == [Outcome.ACCEPTED] * 3
    assert (rude.connections, len(rude.bodies)) == (1, 3)
    mailer.close()
    assert rude.heard[-1] == "quit"
    rude.close()


def hand(mailer: SmtpMailer, calls: list[str] | None = None, **changes: object) -> Receipt:
    made = letter(**changes)

    def handed() -> bool:
        if calls is not None:
            calls.append("handed")
        return True

    return mailer.send(made, mailer.prepare(made, NOW), handed)


def plain(rude: Rude) -> SmtpMailer:
    return SmtpMailer(SmtpServer("127.0.0.1", rude.port, Security.NONE, timeout=0.2, final_timeout=0.2))


BEFORE = ("connect", "ehlo", "mail", "rcpt", "data")
CASES = [
    *((step, DROP, Outcome.NOT_SENT, False) for step in BEFORE),
    *((step, SILENT, Outcome.NOT_SENT, False) for step in BEFORE),
    *((step, "421 4.3.2 closing", Outcome.NOT_SENT, False) for step in BEFORE),
    *((step, "451 4.3.0 later", Outcome.NOT_SENT, False) for step in ("mail", "rcpt", "data")),
    *((step, "550 5.7.1 no", Outcome.REJECTED, False) for step in ("mail", "rcpt", "data")),
    *((step, "530 5.7.0 log in", Outcome.CREDENTIAL, False) for step in ("mail", "rcpt", "data")),
    ("connect", "554 5.3.2 not today", Outcome.NOT_SENT, False),
    ("data", "250 odd", Outcome.NOT_SENT, False),
    ("data", "what", Outcome.NOT_SENT, False),
    ("half", DROP, Outcome.UNCERTAIN, True),
    ("dot", DROP, Outcome.UNCERTAIN, True),
    ("dot", SILENT, Outcome.UNCERTAIN, True),
    ("dot", "what", Outcome.UNCERTAIN, True),
    ("dot", "5" * 9000, Outcome.UNCERTAIN, True),
    ("dot", "354 again", Outcome.UNCERTAIN, True),
    ("dot", "421 4.3.2 closing", Outcome.LATER, True),
    ("dot", "452 4.2.2 full", Outcome.LATER, True),
    ("dot", "554 5.7.1 spam", Outcome.REJECTED, True),
]


@pytest.mark.parametrize(("step", "says", "outcome", "was_handed"), CASES, ids=lambda v: str(v)[:20])
def test_every_reply_has_one_meaning(step: str, says: str, outcome: Outcome, was_handed: bool) -> None:
    rude = Rude(**{step: [says]})
    mailer = plain(rude)
    calls: list[str] = []
    receipt = hand(mailer, calls)
    assert receipt.outcome is outcome, receipt
    assert bool(calls) == was_handed
    if not was_handed:
        assert rude.bodies == []
    rude.close()


@pytest.mark.parametrize(
    ("step", "says"), [("rcpt", "550 5.1.1 no"), ("dot", DROP), ("half", DROP), ("dot", "452 full")]
)
def test_trouble_with_one_letter_does_not_leak_into_the_next(step: str, says: str) -> None:
    rude = Rude(**{step: [says]})
    mailer = plain(rude)
    assert hand(mailer).outcome is not Outcome.ACCEPTED
    before = len(rude.bodies)
    assert hand(mailer).outcome is Outcome.ACCEPTED
    assert len(rude.bodies) == before + 1
    rude.close()


def test_a_line_closed_between_letters_is_opened_again() -> None:
    rude = Rude(mail=["250 ok", DROP])
    mailer = plain(rude)
    assert hand(mailer).outcome is Outcome.ACCEPTED
    assert hand(mailer).outcome is Outcome.ACCEPTED
    assert (rude.connections, len(rude.bodies)) == (2, 2)
    rude.close()


def test_a_server_without_starttls_gets_nothing() -> None:
    rude = Rude()
    mailer = SmtpMailer(SmtpServer("127.0.0.1", rude.port, Security.STARTTLS, timeout=1))
    assert hand(mailer).outcome is Outcome.NOT_SENT
    assert "mail" not in rude.heard
    rude.close()


def test_a_login_nobody_offers_is_a_credential_problem() -> None:
    rude = Rude()
    mailer = SmtpMailer(SmtpServer("127.0.0.1", rude.port, Security.NONE, "u", "p", timeout=1))
    assert hand(mailer).outcome is Outcome.CREDENTIAL
    rude.close()


def test_plain_smtp_only_to_this_machine() -> None:
    with pytest.raises(MailerBroken, match="without TLS is refused; set security to tls or starttls"):
        SmtpMailer(SmtpServer("mail.example.com", 25, Security.NONE))
    assert SmtpMailer(SmtpServer("mail.example.com")).reach is Reach.OUTSIDE
    assert SmtpMailer(SmtpServer("127.0.0.1", 25, Security.NONE)).reach is Reach.LOOPBACK


def test_the_password_is_not_in_the_repr_and_ten_minutes_is_the_default() -> None:
    server = SmtpServer("mail.example.com", username="u", password="canary")
    assert "canary" not in repr(server)
    assert server.final_timeout >= 600


def test_a_withdrawn_hand_off_hangs_up_without_a_byte() -> None:
    rude = Rude()
    mailer = plain(rude)
    made = letter()
    assert mailer.send(made, mailer.prepare(made, NOW), lambda: False).outcome is Outcome.NOT_SENT
    assert rude.hung_up.wait(2)
    assert hand(mailer).outcome is Outcome.ACCEPTED
    assert (rude.abandoned, len(rude.bodies), rude.connections) == ([b""], 1, 2)
    rude.close()
