"""The other side of SMTP: a real aiosmtpd server behind TLS, and a rude one that does exactly what a script says."""

import email
import email.policy
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import ClassVar

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from tests.mail.contract import Arrived
from tests.mail.tokens import REASON, Door


class Box:
    """aiosmtpd handler that keeps what arrives."""

    def __init__(self) -> None:
        self.kept: list[Arrived] = []

    def arrived(self) -> list[Arrived]:
        return list(self.kept)

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if address.startswith("gone"):
            return "550 5.1.1 no such mailbox"
        if address.startswith("grey"):
            return "451 4.7.1 try later"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        raw = envelope.content
        assert isinstance(raw, bytes)
        message = email.message_from_bytes(raw, policy=email.policy.default)
        body = message.get_body(("plain",))
        assert body is not None
        self.kept.append(Arrived(tuple(envelope.rcpt_tos), raw, body.get_content()))
        return "250 2.0.0 queued as A1"


class TokenBox(Box):
    """A box whose server lets in by XOAUTH2 only."""

    def __init__(self, door: Door) -> None:
        super().__init__()
        self.door = door

    async def auth_XOAUTH2(self, server: SMTP, args: list[str]) -> AuthResult:
        if self.door.opens(args[1].encode()):
            return AuthResult(success=True, auth_data=self.door.knocks[-1][0])
        await server.push(f"334 {REASON.decode()}")
        assert (await server._reader.readline()) == b"\r\n"
        return AuthResult(success=False, handled=False)


@contextmanager
def token_server(context: ssl.SSLContext | None, door: Door) -> Iterator[tuple[TokenBox, int]]:
    """A server that offers XOAUTH2 alone, after STARTTLS when there is a context."""
    box, port = TokenBox(door), free_port()
    options = {"tls_context": context, "require_starttls": True} if context else {}
    controller = Controller(
        box,
        hostname="127.0.0.1",
        port=port,
        auth_required=True,
        auth_require_tls=context is not None,
        auth_exclude_mechanism=["LOGIN", "PLAIN"],
        **options,
    )
    controller.start()
    try:
        yield box, port
    finally:
        controller.stop()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _authenticator(server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: object) -> AuthResult:
    good = isinstance(data, LoginPassword) and data.password == b"right"
    return AuthResult(success=good, handled=False)


@contextmanager
def real_server(context: ssl.SSLContext, *, implicit: bool) -> Iterator[tuple[Box, int]]:
    """A server that demands TLS and a login (`right` is the password)."""
    box, port = Box(), free_port()
    options = {"ssl_context": context} if implicit else {"tls_context": context, "require_starttls": True}
    controller = Controller(
        box,
        hostname="127.0.0.1",
        port=port,
        auth_required=True,
        auth_require_tls=not implicit,
        authenticator=_authenticator,
        **options,
    )
    controller.start()
    try:
        yield box, port
    finally:
        controller.stop()


DROP = "drop"
SILENT = "silent"


class Rude:
    """Answers each step as scripted: a reply line, DROP the connection, or stay SILENT until the client gives up.

    Steps: connect, ehlo, mail, rcpt, data, half (after the first kilobyte of the body), dot, rset. `script[step]` may
    be a list: one answer a time, then the usual one.
    """

    USUAL: ClassVar = {
        "connect": "220 rude",
        "ehlo": "250 rude",
        "mail": "250 ok",
        "rcpt": "250 ok",
        "data": "354 go on",
        "half": "",
        "dot": "250 2.0.0 kept",
        "rset": "250 ok",
        "quit": "221 bye",
    }

    def __init__(self, **script: str | list[str]) -> None:
        self._script = {step: [says] if isinstance(says, str) else list(says) for step, says in script.items()}
        self.heard: list[str] = []
        self.bodies: list[bytes] = []
        self.abandoned: list[bytes] = []
        self.hung_up = threading.Event()
        self.connections = 0
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listener.getsockname()[1])
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._listener.close()

    def _serve(self) -> None:
        while True:
            try:
                sock, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            with sock, sock.makefile("rb") as reader:
                try:
                    self._talk(sock, reader)
                except OSError:
                    continue

    def _answer(self, sock: socket.socket, step: str, reader: object) -> bool:
        """False when the connection is to end."""
        queue = self._script.get(step)
        says = queue.pop(0) if queue else self.USUAL.get(step, "250 ok")
        if says == DROP:
            sock.shutdown(socket.SHUT_RDWR)
            return False
        if says == SILENT:
            reader.read()  # type: ignore[attr-defined]  # until the client hangs up
            return False
        if says:
            sock.sendall(says.encode() + b"\r\n")
        if says.startswith("421"):
            sock.shutdown(socket.SHUT_RDWR)
            return False
        return True

    def _talk(self, sock: socket.socket, reader: object) -> None:
        if not self._answer(sock, "connect", reader):
            return
        while line := reader.readline():  # type: ignore[attr-defined]
            step = line[:4].decode().strip().lower()
            self.heard.append(step)
            if not self._answer(sock, step, reader):
                return
            if step == "data" and self._was_granted and not self._body(sock, reader):
                return

    @property
    def _was_granted(self) -> bool:
        return "data" not in self._script or not self._script["data"]

    def _body(self, sock: socket.socket, reader: object) -> bool:
        if self._script.get("half"):
            reader.read(64)  # type: ignore[attr-defined]
            return self._answer(sock, "half", reader)
        body = b""
        while (line := reader.readline()) != b".\r\n":  # type: ignore[attr-defined]
            if not line:
                self.abandoned.append(body)
                self.hung_up.set()
                return False
            body += line
        self.bodies.append(body)
        return self._answer(sock, "dot", reader)
