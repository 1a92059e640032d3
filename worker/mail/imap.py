"""One mailbox, opened by IMAP over a protected line: by password, or by an access token that is renewed once.

The standard library's client does not verify certificates unless it is told to; here it always is.
"""

import contextlib
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from imaplib import IMAP4

from imap_tools import BaseMailBox, ImapToolsError, MailBox, MailBoxStartTls, MailBoxUnencrypted

from worker.core.secret import Secret
from worker.errors import MailboxError
from worker.mail.addresses import is_loopback
from worker.mail.smtp import Security
from worker.mail.xoauth2 import MECHANISM, Access, AccessRefused, AccessUnavailable, initial_response

TROUBLE = (OSError, IMAP4.error, ImapToolsError, UnicodeError, ValueError)
"""What the library raises for anything the other side does."""


@dataclass(frozen=True, slots=True)
class ImapServer:
    """Where a mailbox is read. `timeout` in seconds; with `access`, `username` signs in by access tokens."""

    host: str
    port: int = 993
    security: Security = Security.TLS
    username: str = ""
    password: str = field(default="", repr=False)
    timeout: float = 30.0
    access: Access | None = field(default=None, repr=False)


@contextmanager
def open_mailbox(server: ImapServer, context: ssl.SSLContext | None = None) -> Iterator[BaseMailBox]:
    """The mailbox, signed in, no folder chosen. `context` replaces the system's trust.

    Raises MailboxError when it cannot be opened, and for whatever goes wrong while it is open.
    """
    if server.security is Security.NONE and not is_loopback(server.host):
        raise MailboxError(f"IMAP to {server.host} without TLS is refused", "Set security to tls or starttls.")
    try:
        trust = context or (None if server.security is Security.NONE else ssl.create_default_context())
        box = _signed_in(server, trust)
    except AccessRefused as error:
        raise MailboxError(str(error)) from None
    except AccessUnavailable as error:
        raise MailboxError(str(error), "Nothing needs doing: the next run tries again.") from None
    except TROUBLE as error:
        raise _closed(server, error) from None
    try:
        yield box
    except TROUBLE as error:
        raise _closed(server, error) from None
    finally:
        with contextlib.suppress(*TROUBLE):
            box.logout()


def _closed(server: ImapServer, error: Exception) -> MailboxError:
    who = f"{server.username} at {server.host}" if server.username else server.host
    said = Secret(server.password).struck(str(error)) if server.password else str(error)
    return MailboxError(f"The mailbox {who} cannot be used: {' '.join(said.split())[:200]}.")


def _signed_in(server: ImapServer, context: ssl.SSLContext | None, refused: str = "") -> BaseMailBox:
    box = _connected(server, context)
    try:
        if server.access is None:
            return box.login(server.username, server.password, initial_folder=None)
        token = server.access(refused)
        try:
            _prove(box, server.username, token)
        except IMAP4.error as error:
            if refused:  # some servers repeat what they heard
                raise IMAP4.error(Secret(token).struck(str(error))) from None
        else:
            return box
    except BaseException:
        _hang_up(box)
        raise
    _hang_up(box)
    return _signed_in(server, context, token)


def _prove(box: BaseMailBox, user: str, token: str) -> None:
    first = initial_response(user, token).encode("ascii")
    box.client.authenticate(MECHANISM, lambda challenge: b"" if challenge else first)


def _hang_up(box: BaseMailBox) -> None:
    with contextlib.suppress(*TROUBLE):
        box.client.shutdown()


def _connected(server: ImapServer, context: ssl.SSLContext | None) -> BaseMailBox:
    if server.security is Security.TLS:
        return MailBox(server.host, server.port, timeout=server.timeout, ssl_context=context)
    if server.security is Security.STARTTLS:
        return MailBoxStartTls(server.host, server.port, timeout=server.timeout, ssl_context=context)
    return MailBoxUnencrypted(server.host, server.port, timeout=server.timeout)


def sent_folder(box: BaseMailBox) -> str:
    """The folder the server marks as Sent (RFC 6154), else the first usual name there is, else "Sent"."""
    folders = box.folder.list()
    marked = next((f.name for f in folders if "\\sent" in {flag.lower() for flag in f.flags}), None)
    names = {f.name.lower(): f.name for f in folders}
    usual = ("sent", "sent items", "sent mail", "inbox.sent")
    return marked or next((names[name] for name in usual if name in names), "Sent")
