"""SMTP, one kept connection and one transaction a letter, with the hand-off between the 354 reply and the first byte.

`smtplib.SMTP.sendmail` writes the message as soon as DATA is granted; a write-ahead logbook needs the moment between.
Replies are classified by when and what was read (RFC 5321 4.2, 4.3.2), not by exception.
"""

import contextlib
import smtplib
import ssl
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from worker.core.message import Letter
from worker.core.secret import Secret
from worker.errors import MailerBroken
from worker.mail.addresses import is_loopback
from worker.mail.mime import prepared, recipients
from worker.mail.xoauth2 import MECHANISM, Access, AccessRefused, AccessUnavailable, initial_response
from worker.ports import Outcome, Reach, Receipt

# RFC 5321 4.5.3.2.6: a sender waits at least ten minutes for the reply to the final dot.
FINAL_TIMEOUT = 600.0
_LINE_LIMIT = 200
_CREDENTIAL_CODES = frozenset({530, 534, 535, 538})
_TROUBLE = (OSError, smtplib.SMTPException, UnicodeError)


class Security(StrEnum):
    """How the line is protected (S19). `NONE` is for loopback only."""

    TLS = "tls"
    STARTTLS = "starttls"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class SmtpServer:
    """Where to hand letters in. Timeouts in seconds; `password` never shows in a repr. With `access`, `username` signs
    in by access tokens instead."""

    host: str
    port: int = 465
    security: Security = Security.TLS
    username: str = ""
    password: str = field(default="", repr=False)
    timeout: float = 60.0
    final_timeout: float = FINAL_TIMEOUT
    local_name: str | None = None
    access: Access | None = field(default=None, repr=False)


class _Stop(Exception):
    """Ends a transaction with its receipt."""

    def __init__(self, receipt: Receipt, *, keep: bool = False) -> None:
        self.receipt, self.keep = receipt, keep


class SmtpMailer:
    """The Mailer port over one SMTP server. Not for several threads at once."""

    name = "smtp"

    def __init__(self, server: SmtpServer, context: ssl.SSLContext | None = None) -> None:
        """`context` replaces the system's trust. Raises MailerBroken for an unprotected line to another machine."""
        loopback = is_loopback(server.host)
        if server.security is Security.NONE and not loopback:
            raise MailerBroken(f"SMTP to {server.host} without TLS is refused; set security to tls or starttls")
        self.reach = Reach.LOOPBACK if loopback else Reach.OUTSIDE
        self._server = server
        self._context = context
        self._smtp: smtplib.SMTP | None = None

    def prepare(self, letter: Letter, now: datetime) -> bytes:
        """MIME bytes, read back and compared. Raises ValueError."""
        return prepared(letter, now)

    def send(self, letter: Letter, raw: bytes, handed: Callable[[], bool]) -> Receipt:
        """One transaction. See `worker.ports.Mailer`; a withdrawn hand-off costs the connection."""
        settled = False
        try:
            smtp = self._granted(letter, len(raw))
            if not handed():
                raise _Stop(Receipt(Outcome.NOT_SENT, detail="the hand-off was withdrawn"))
            receipt, settled = self._deliver(smtp, letter, raw)
            return receipt
        except _Stop as stop:
            settled = stop.keep
            return stop.receipt
        finally:
            # Whatever was not read to its end must not be mistaken for the next letter's reply.
            if not settled:
                self._drop()

    def knock(self) -> str:
        """Connect and sign in, and nothing more: "" when the server lets us in, else why not."""
        try:
            self._connected()
        except _Stop as stop:
            self._drop()
            return stop.receipt.detail
        return ""

    def close(self) -> None:
        """Say goodbye; never raises."""
        if self._smtp is not None:
            with contextlib.suppress(*_TROUBLE):
                self._smtp.quit()
            self._drop()

    def _drop(self) -> None:
        if self._smtp is not None:
            self._smtp.close()
            self._smtp = None

    def _granted(self, letter: Letter, size: int) -> smtplib.SMTP:
        """The connection right after a 354. Raises _Stop for anything else."""
        reused = self._smtp is not None
        smtp = self._connected()
        try:
            code, text = smtp.mail(letter.sender.email, [f"size={size}"] if smtp.has_extn("size") else [])
            # A session may end, or its token may, between letters.
            if code == 421 or (reused and self._server.access and code in _CREDENTIAL_CODES):
                raise smtplib.SMTPServerDisconnected(_shown(text))
        except _TROUBLE as error:
            self._drop()
            if reused:
                # A server may close an idle line between letters; nothing of this one has been said yet.
                return self._granted(letter, size)
            raise _Stop(Receipt(Outcome.NOT_SENT, detail=f"the line broke at MAIL: {error}")) from None
        try:
            self._expect(smtp, "MAIL", code, text, (250,))
            for recipient in recipients(letter):
                self._expect(smtp, f"RCPT {recipient}", *smtp.rcpt(recipient), (250, 251))
            self._expect(smtp, "DATA", *smtp.docmd("DATA"), (354,))
        except _TROUBLE as error:
            raise _Stop(Receipt(Outcome.NOT_SENT, detail=f"the line broke before the letter: {error}")) from None
        return smtp

    def _expect(self, smtp: smtplib.SMTP, step: str, code: int, text: bytes, good: tuple[int, ...]) -> None:
        if code in good:
            return
        detail = f"{step}: {code} {_shown(text)}"
        if code in _CREDENTIAL_CODES:
            raise _Stop(Receipt(Outcome.CREDENTIAL, detail=detail))
        outcome = Outcome.REJECTED if 500 <= code <= 599 else Outcome.NOT_SENT
        raise _Stop(Receipt(outcome, detail=detail), keep=400 <= code <= 599 and code != 421 and _reset(smtp))

    def _deliver(self, smtp: smtplib.SMTP, letter: Letter, raw: bytes) -> tuple[Receipt, bool]:
        """Write the body and read the verdict: (receipt, whether the connection may be kept)."""
        body = raw if raw.endswith(b"\r\n") else raw + b"\r\n"
        stuffed = body.replace(b"\r\n.", b"\r\n..")
        if stuffed.startswith(b"."):
            stuffed = b"." + stuffed
        try:
            assert smtp.sock is not None
            smtp.sock.settimeout(self._server.final_timeout)
            smtp.sock.sendall(stuffed + b".\r\n")
            code, text = smtp.getreply()
            smtp.sock.settimeout(self._server.timeout)
        except (*_TROUBLE, AttributeError) as error:
            return Receipt(Outcome.UNCERTAIN, detail=f"no reply to the letter was read: {error}"), False
        detail = f"{code} {_shown(text)}"
        if code == 250:
            return Receipt(Outcome.ACCEPTED, letter.message_id, detail), True
        if 400 <= code <= 499:
            return Receipt(Outcome.LATER, detail=detail), code != 421
        if 500 <= code <= 599:
            return Receipt(Outcome.REJECTED, detail=detail), True
        return Receipt(Outcome.UNCERTAIN, detail=f"an unreadable reply to the letter: {detail}"), False

    def _connected(self) -> smtplib.SMTP:
        """The kept connection, or a new one that is protected and logged in. Raises _Stop."""
        if self._smtp is None:
            try:
                self._smtp = self._open()
                self._log_in(self._smtp)
            except _TROUBLE as error:
                detail = f"{self._server.host}:{self._server.port} cannot be used: {error}"
                raise _Stop(Receipt(Outcome.NOT_SENT, detail=detail)) from None
        return self._smtp

    def _open(self) -> smtplib.SMTP:
        server = self._server
        context = self._context or (None if server.security is Security.NONE else ssl.create_default_context())
        if server.security is Security.TLS:
            return smtplib.SMTP_SSL(
                server.host, server.port, server.local_name, timeout=server.timeout, context=context
            )
        smtp = smtplib.SMTP(server.host, server.port, server.local_name, timeout=server.timeout)
        if server.security is Security.STARTTLS:
            try:
                smtp.starttls(context=context)
            except BaseException:
                smtp.close()
                raise
        return smtp

    def _log_in(self, smtp: smtplib.SMTP) -> None:
        smtp.ehlo_or_helo_if_needed()
        if self._server.access:
            self._sign_in(smtp, self._server.access)
            return
        if not self._server.username:
            return
        try:
            smtp.login(self._server.username, self._server.password)
        except smtplib.SMTPAuthenticationError as error:
            raise _refusal(error, self._server.password) from None
        except smtplib.SMTPNotSupportedError as error:
            raise _Stop(Receipt(Outcome.CREDENTIAL, detail=f"AUTH: {error}")) from None

    def _sign_in(self, smtp: smtplib.SMTP, access: Access, refused: str = "") -> None:
        """XOAUTH2; a token that is refused is renewed once, on a new line, long before any byte of a letter."""
        if MECHANISM not in smtp.esmtp_features.get("auth", "").split():
            raise _Stop(Receipt(Outcome.CREDENTIAL, detail=f"AUTH: the server does not offer {MECHANISM}"))
        try:
            token = access(refused)
            first = initial_response(self._server.username, token)
            smtp.auth(MECHANISM, lambda challenge=None: first if challenge is None else "")
        except AccessRefused as error:
            raise _Stop(Receipt(Outcome.CREDENTIAL, detail=str(error))) from None
        except AccessUnavailable as error:
            raise _Stop(Receipt(Outcome.NOT_SENT, detail=str(error))) from None
        except smtplib.SMTPAuthenticationError as error:
            if refused or not 500 <= error.smtp_code <= 599:
                raise _refusal(error, token) from None
            self._drop()
            self._smtp = again = self._open()
            again.ehlo_or_helo_if_needed()
            self._sign_in(again, access, token)


def _refusal(error: smtplib.SMTPAuthenticationError, word: str) -> _Stop:
    """`word` is what we signed in with: some servers repeat what they heard."""
    detail = f"AUTH: {error.smtp_code} {_shown(error.smtp_error, Secret(word))}"
    refused = 500 <= error.smtp_code <= 599
    return _Stop(Receipt(Outcome.CREDENTIAL if refused else Outcome.NOT_SENT, detail=detail))


def _reset(smtp: smtplib.SMTP) -> bool:
    """Whether the server forgot the transaction, so that the line can carry the next."""
    try:
        return smtp.rset()[0] == 250
    except _TROUBLE:
        return False


def _shown(text: bytes | str, hidden: Secret | None = None) -> str:
    shown = text.decode("utf-8", "replace") if isinstance(text, bytes) else text
    shown = hidden.struck(shown) if hidden else shown
    return " ".join(shown.split())[:_LINE_LIMIT]
