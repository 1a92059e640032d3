"""SendGrid's v3 mail API over one kept-alive TLS connection.

The `sendgrid` package's models build the JSON. Its own sender opens a new connection for every letter, which leaves no
moment between an open line and the first byte; `http.client` does. Public reference: the v3 "Mail Send" documentation.
"""

import contextlib
import http.client
import json
import ssl
from base64 import b64decode, b64encode
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.message import Message
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlsplit

from worker.core.message import Letter
from worker.core.secret import Secret
from worker.core.settings import Address
from worker.errors import MailerBroken
from worker.mail import papers
from worker.mail.addresses import is_loopback
from worker.mail.mime import NotExact, refuse_controls
from worker.ports import Outcome, Reach, Receipt

ENDPOINT = "https://api.sendgrid.com"
HOSTS = frozenset({"api.sendgrid.com", "api.eu.sendgrid.com"})
_PATH = "/v3/mail/send"
_LARGEST = 30_000_000
_MOST_READ = 65_536
_REJECTED = frozenset(range(400, 500)) - {401, 403, 408, 429}
_TROUBLE = (OSError, http.client.HTTPException, ValueError)


@dataclass(frozen=True, slots=True)
class SendGridAccount:
    """The key never shows in a repr. `endpoint`: SendGrid's own hosts over https, or loopback for tests. `timeout`
    in seconds, for connecting and for the reply."""

    api_key: str = field(repr=False)
    endpoint: str = ENDPOINT
    timeout: float = 60.0


class SendGridMailer:
    """The Mailer port over SendGrid. 202 means queued, nothing else does. Not for several threads at once."""

    name = "sendgrid"

    def __init__(self, account: SendGridAccount, context: ssl.SSLContext | None = None) -> None:
        """Raises MailerBroken for an endpoint that is neither SendGrid's nor this machine."""
        parts = urlsplit(account.endpoint)
        host = parts.hostname or ""
        loopback = is_loopback(host)
        if not ((parts.scheme == "https" and host in HOSTS) or (loopback and parts.scheme in ("http", "https"))):
            known = " or ".join(f"https://{name}" for name in sorted(HOSTS))
            raise MailerBroken(f"the SendGrid endpoint {account.endpoint!r} is refused; expected {known}")
        if not account.api_key.strip() or not account.api_key.isascii() or not account.api_key.isprintable():
            raise MailerBroken("the SendGrid API key is empty or holds characters no key has")
        self.reach = Reach.LOOPBACK if loopback else Reach.OUTSIDE
        self._account = account
        self._connection: http.client.HTTPConnection
        if parts.scheme == "https":
            context = context or ssl.create_default_context()
            self._connection = http.client.HTTPSConnection(
                host, parts.port or 443, timeout=account.timeout, context=context
            )
        else:
            self._connection = http.client.HTTPConnection(host, parts.port or 80, timeout=account.timeout)
        # Without this, http.client would silently open a new connection after `handed()`.
        self._connection.auto_open = 0

    def prepare(self, letter: Letter, now: datetime) -> bytes:  # noqa: ARG002
        """The request's JSON, read back and compared. SendGrid sets the date. Raises ValueError."""
        refuse_controls(letter)
        raw = json.dumps(_request(letter), ensure_ascii=True, separators=(",", ":")).encode("ascii")
        check(raw, letter)
        return raw

    def send(self, letter: Letter, raw: bytes, handed: Callable[[], bool]) -> Receipt:  # noqa: ARG002
        """One POST. See `worker.ports.Mailer`."""
        try:
            self._connect()
        except _TROUBLE as error:
            self.close()
            return Receipt(Outcome.NOT_SENT, detail=f"{self._connection.host} cannot be reached: {error}")
        settled = False
        try:
            if not handed():
                settled = True
                return Receipt(Outcome.NOT_SENT, detail="the hand-off was withdrawn")
            receipt = self._post(raw)
            settled = receipt.outcome is not Outcome.UNCERTAIN
            return receipt
        finally:
            if not settled:
                self.close()

    def close(self) -> None:
        """Close the connection; never raises."""
        with contextlib.suppress(*_TROUBLE):
            self._connection.close()

    def _connect(self) -> None:
        if self._connection.sock is not None and _went_stale(self._connection.sock, self._account.timeout):
            self.close()
        if self._connection.sock is None:
            self._connection.connect()

    def _post(self, raw: bytes) -> Receipt:
        headers = {
            "Authorization": f"Bearer {self._account.api_key}",
            "Content-Type": "application/json",
            "Accept": "application/json",
            "User-Agent": "duecourse",
        }
        try:
            self._connection.request("POST", _PATH, raw, headers)
            response = self._connection.getresponse()
        except _TROUBLE as error:
            return Receipt(Outcome.UNCERTAIN, detail=f"no reply was read: {type(error).__name__}: {error}")
        try:
            body = response.read(_MOST_READ)
            complete = response.isclosed()
        except _TROUBLE:
            body, complete = b"", False
        if not complete:
            self.close()
        said = Secret(self._account.api_key).struck(body.decode("utf-8", "replace")).encode()  # lest it repeats our key
        return classified(response.status, response.headers, said, complete=complete)


def classified(status: int, headers: Message, body: bytes, *, complete: bool) -> Receipt:
    """What a reply means. `complete`: its body was read to the end. Only 202, wholly read, is accepted."""
    detail = f"HTTP {status} {' '.join(body.decode('utf-8', 'replace').split())[:300]}".strip()
    if status == 202 and complete:
        return Receipt(Outcome.ACCEPTED, headers.get("X-Message-Id") or "", detail)
    if status in (401, 403):
        return Receipt(Outcome.CREDENTIAL, detail=detail)
    if status == 429:
        return Receipt(Outcome.LATER, detail=detail, retry_after=_seconds_to_reset(headers))
    if status in _REJECTED:
        return Receipt(Outcome.REJECTED, detail=detail)
    return Receipt(Outcome.UNCERTAIN, detail=detail)


def _seconds_to_reset(headers: Message) -> float | None:
    """Seconds until `X-RateLimit-Reset` (epoch seconds) by the server's own clock, its `Date` header."""
    with contextlib.suppress(TypeError, ValueError, OverflowError, OSError):
        reset = datetime.fromtimestamp(int(headers["X-RateLimit-Reset"]), UTC)
        return max(0.0, (reset - parsedate_to_datetime(headers["Date"])).total_seconds())
    after = headers.get("Retry-After") or ""
    return float(after) if after.isdecimal() else None


def _went_stale(sock: Any, timeout: float) -> bool:
    """Whether the other side closed (or said something) since the last reply.

    Session tickets of TLS 1.3 are read away here and do not count.
    """
    try:
        sock.settimeout(0.0)
        sock.recv(1)
    except (BlockingIOError, ssl.SSLWantReadError):
        return False
    except OSError:
        return True
    finally:
        with contextlib.suppress(OSError):
            sock.settimeout(timeout)
    return True


def _request(letter: Letter) -> dict[str, Any]:
    from sendgrid.helpers import mail as models  # slow to import, and not needed by anyone who uses SMTP

    personalization = models.Personalization()
    for address in letter.to:
        personalization.add_to(models.To(address.email, _safe_name(address)))
    for address in letter.cc:
        personalization.add_cc(models.Cc(address.email, _safe_name(address)))
    for address in letter.archive:
        personalization.add_bcc(models.Bcc(address.email, _safe_name(address)))
    # Stored by SendGrid for long and beyond erasure: nothing but our own opaque key may go here.
    personalization.add_custom_arg(models.CustomArg("duecourse", letter.message_id.partition("@")[0]))
    message = models.Mail()
    message.from_email = models.From(letter.sender.email, _safe_name(letter.sender))
    if letter.reply_to:
        message.reply_to = models.ReplyTo(letter.reply_to.email, _safe_name(letter.reply_to))
    message.subject = models.Subject(letter.subject)
    message.add_personalization(personalization)
    message.add_content(models.Content("text/plain", letter.text))
    message.add_content(models.Content("text/html", letter.html))
    for name, value in _headers(letter).items():
        message.add_header(models.Header(name, value))
    for one in reversed(letter.attachments):  # the library turns them round
        content = models.FileContent(b64encode(one.content).decode("ascii"))
        file = (content, models.FileName(one.filename), models.FileType(papers.KIND), models.Disposition("attachment"))
        message.add_attachment(models.Attachment(*file))
    message.tracking_settings = _no_tracking(models)
    request: dict[str, Any] = message.get()
    return request


def _headers(letter: Letter) -> dict[str, str]:
    """The letter's own Message-ID is left out: SendGrid replaces it."""
    references = " ".join(f"<{each}>" for each in letter.references)
    return {**({"References": references} if references else {}), **letter.headers}


def _no_tracking(models: Any) -> Any:
    """A rewritten payment link looks like phishing, and an unsubscribe footer would silently mute invoices."""
    settings = models.TrackingSettings()
    settings.click_tracking = models.ClickTracking(enable=False, enable_text=False)
    settings.open_tracking = models.OpenTracking(enable=False)
    settings.subscription_tracking = models.SubscriptionTracking(enable=False)
    settings.ganalytics = models.Ganalytics(enable=False)
    return settings


def _safe_name(address: Address) -> str | None:
    """SendGrid refuses names holding a semicolon or comma."""
    return " ".join(address.name.replace(";", " ").replace(",", " ").split()) or None


def check(raw: bytes, letter: Letter) -> None:
    """Read the JSON back and compare who, what and the headers with the letter (I26). Raises NotExact."""
    if len(raw) > _LARGEST:
        raise NotExact("the message is larger than SendGrid takes (30 MB)")
    data = json.loads(raw)
    (personalization,) = data["personalizations"]
    found = {
        "from": data["from"]["email"],
        "reply_to": data.get("reply_to", {}).get("email"),
        **{kind: [each["email"] for each in personalization.get(kind, [])] for kind in ("to", "cc", "bcc")},
        "subject": data["subject"],
        "content": [(each["type"], each["value"]) for each in data["content"]],
        "headers": data.get("headers", {}),
        "attachments": sorted(
            (each["filename"], each["type"], b64decode(each["content"])) for each in data.get("attachments", [])
        ),
    }
    expected = {
        "from": letter.sender.email,
        "reply_to": letter.reply_to.email if letter.reply_to else None,
        "to": [each.email for each in letter.to],
        "cc": [each.email for each in letter.cc],
        "bcc": [each.email for each in letter.archive],
        "subject": letter.subject,
        "content": [("text/plain", letter.text), ("text/html", letter.html)],
        "headers": _headers(letter),
        "attachments": sorted((each.filename, papers.KIND, each.content) for each in letter.attachments),
    }
    for name, value in expected.items():
        if found[name] != value:
            raise NotExact(f"the request's {name} is {str(found[name])[:500]!r}, expected {str(value)[:500]!r}")
