"""SendGrid: the contract and every reply class against a loopback server, plain and over TLS."""

import json
import socket
import ssl
import threading
from collections.abc import Iterator
from email.message import Message

import pytest
import trustme

from tests.mail.contract import MailerContract
from tests.mail.far_http import DROP, SILENT, FarHttp, reply
from tests.mail.letters import NOW, letter
from worker.core.settings import Address
from worker.errors import MailerBroken
from worker.mail.sendgrid import SendGridAccount, SendGridMailer, classified
from worker.ports import Outcome, Reach, Receipt

KEY = "SG.canary"


@pytest.fixture
def far() -> Iterator[FarHttp]:
    server = FarHttp()
    yield server
    server.close()


@pytest.fixture
def mailer(far: FarHttp) -> Iterator[SendGridMailer]:
    made = SendGridMailer(SendGridAccount(KEY, far.url, timeout=0.3))
    yield made
    made.close()


class TestContract(MailerContract):
    """The mailer contract over the v3 API."""


def hand(mailer: SendGridMailer, **changes: object) -> Receipt:
    made = letter(**changes)
    return mailer.send(made, mailer.prepare(made, NOW), lambda: True)


def test_what_is_asked_of_sendgrid(mailer: SendGridMailer, far: FarHttp) -> None:
    receipt = hand(mailer, to=(Address("priya@fern.example.org", "Fern, Priya; AP"),))
    assert receipt == Receipt(Outcome.ACCEPTED, "abc123", "HTTP 202")
    (request,) = far.requests
    assert request.line == "POST /v3/mail/send HTTP/1.1"
    assert request.head["authorization"] == f"Bearer {KEY}"
    data = json.loads(request.body)
    assert data["personalizations"] == [
        {
            "to": [{"email": "priya@fern.example.org", "name": "Fern Priya AP"}],
            "cc": [{"email": "ap@fern.example.org"}],
            "bcc": [{"email": "copies@books.example.com"}],
            "custom_args": {"duecourse": "01010101010101010101010101010101.1"},
        }
    ]
    assert data["tracking_settings"] == {
        "click_tracking": {"enable": False, "enable_text": False},
        "open_tracking": {"enable": False},
        "subscription_tracking": {"enable": False},
        "ganalytics": {"enable": False},
    }
    assert data["headers"] == {
        "References": "<0123456789abcdef.thread@books.example.com>",
        "Auto-Submitted": "auto-generated",
    }
    assert [part["type"] for part in data["content"]] == ["text/plain", "text/html"]
    assert data["reply_to"] == {"email": "ada@books.example.com", "name": "Ada Cole"}
    assert "send_at" not in data


@pytest.mark.parametrize(
    ("says", "outcome"),
    [
        *((reply(status, "{}"), Outcome.REJECTED) for status in (400, 404, 405, 413, 406, 415)),
        *((reply(status, "{}"), Outcome.CREDENTIAL) for status in (401, 403)),
        *((reply(status, "{}"), Outcome.UNCERTAIN) for status in (500, 502, 503, 504, 408)),
        *((reply(status, "{}"), Outcome.UNCERTAIN) for status in (200, 201, 204, 301, 302, 307, 308)),
        (reply(302, "", Location="http://127.0.0.1:9/elsewhere"), Outcome.UNCERTAIN),
        (b"HTTP/1.1 202 Accepted\r\nContent-Length: 10\r\n\r\nhal", Outcome.UNCERTAIN),
        (b"HTTP/1.1 202 Accepted\r\nTransfer-Encoding: chunked\r\n\r\nZZ\r\n", Outcome.UNCERTAIN),
        (b"HTTP/1.1 2", Outcome.UNCERTAIN),
        (b"220 this is not HTTP\r\n", Outcome.UNCERTAIN),
        (DROP, Outcome.UNCERTAIN),
        (SILENT, Outcome.UNCERTAIN),
        (reply(429), Outcome.LATER),
    ],
    ids=lambda v: str(v)[:40],
)
def test_every_reply_has_one_meaning(mailer: SendGridMailer, far: FarHttp, says: bytes, outcome: Outcome) -> None:
    far.script.append(says)
    far.close_after = outcome is Outcome.UNCERTAIN
    receipt = hand(mailer)
    assert receipt.outcome is outcome, receipt
    assert len(far.requests) == 1  # never a second try, never a redirect followed
    assert hand(mailer).outcome is Outcome.ACCEPTED
    assert len(far.requests) == 2


def test_too_many_requests_says_when_by_the_servers_own_clock(mailer: SendGridMailer, far: FarHttp) -> None:
    far.script += [
        reply(429, X_RateLimit_Reset="1773652530", Date="Mon, 16 Mar 2026 09:15:00 GMT"),
        reply(429, Retry_After="7"),
        reply(429, X_RateLimit_Reset="soon", Date="whenever"),
    ]
    assert [hand(mailer).retry_after for _ in range(3)] == [30.0, 7.0, None]
    assert far.connections == 1


def test_one_connection_a_sweep_and_a_closed_one_is_noticed_before_the_hand_off(far: FarHttp) -> None:
    mailer = SendGridMailer(SendGridAccount(KEY, far.url, timeout=2))
    assert [hand(mailer).outcome for _ in range(4)] == [Outcome.ACCEPTED] * 4
    assert far.connections == 1
    far.close_after = True
    hand(mailer)
    assert far.closed.wait(5)
    assert hand(mailer).outcome is Outcome.ACCEPTED
    assert far.connections == 2
    mailer.close()


def test_nobody_there_is_not_sent_and_not_handed() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    mailer = SendGridMailer(SendGridAccount(KEY, f"http://127.0.0.1:{port}", timeout=1))
    made = letter()
    calls: list[str] = []
    receipt = mailer.send(made, mailer.prepare(made, NOW), lambda: not calls.append("handed"))
    assert (receipt.outcome, calls) == (Outcome.NOT_SENT, [])


@pytest.mark.parametrize("trusted", [True, False])
def test_over_tls_only_to_whom_we_trust(trusted: bool) -> None:
    authority = trustme.CA()
    serving = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(serving)
    listener = socket.create_server(("127.0.0.1", 0))
    far = FarHttp()

    def serve() -> None:
        try:
            raw, _ = listener.accept()
            with serving.wrap_socket(raw, server_side=True) as sock:
                far._connection(sock)
        except (OSError, ssl.SSLError):
            pass

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    trust = ssl.create_default_context()
    if trusted:
        authority.configure_trust(trust)
    account = SendGridAccount(KEY, f"https://localhost:{listener.getsockname()[1]}", timeout=5)
    mailer = SendGridMailer(account, trust)
    outcomes = [hand(mailer).outcome for _ in range(3 if trusted else 1)]
    mailer.close()
    listener.close()
    far.close()
    thread.join(5)
    assert outcomes == ([Outcome.ACCEPTED] * 3 if trusted else [Outcome.NOT_SENT])
    assert len(far.requests) == (3 if trusted else 0)


@pytest.mark.parametrize(
    "endpoint",
    ["http://api.sendgrid.com", "https://evil.example", "https://api.sendgrid.com.evil.example", "", "ftp://localhost"],
)
def test_no_other_endpoint(endpoint: str) -> None:
    with pytest.raises(MailerBroken, match="is refused; expected https://api"):
        SendGridMailer(SendGridAccount(KEY, endpoint))


def test_reach_and_secrets() -> None:
    assert SendGridMailer(SendGridAccount(KEY)).reach is Reach.OUTSIDE
    assert SendGridMailer(SendGridAccount(KEY, "http://127.0.0.1:1")).reach is Reach.LOOPBACK
    assert "canary" not in repr(SendGridAccount(KEY))
    with pytest.raises(MailerBroken, match="API key is empty"):
        SendGridMailer(SendGridAccount("  "))


def test_only_a_whole_202_is_accepted() -> None:
    for status in range(100, 600):
        outcome = classified(status, Message(), b"", complete=True).outcome
        assert (outcome is Outcome.ACCEPTED) == (status == 202)
    assert classified(202, Message(), b"", complete=False).outcome is Outcome.UNCERTAIN
