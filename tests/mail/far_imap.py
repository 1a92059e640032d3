"""IMAP's other side: mail-devel in this process, and a porter in front of it that speaks TLS and XOAUTH2."""

import asyncio
import smtplib
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from email.message import EmailMessage

from imap_tools import MailBoxUnencrypted
from mail_devel.service import Service

from tests.mail.far_smtp import free_port
from tests.mail.tokens import REASON, Door

PASSWORD = "right"


@dataclass(frozen=True)
class Post:
    """A running mail server: every address has a mailbox, and `right` is the password of all of them."""

    smtp: int
    imap: int

    def deliver(self, message: EmailMessage, to: str) -> None:
        """Put a message into a mailbox."""
        with smtplib.SMTP("127.0.0.1", self.smtp, timeout=10) as line:
            line.send_message(message, from_addr=str(message["From"] or "<>"), to_addrs=[to])

    def letters(self, user: str, folder: str = "INBOX") -> list[tuple[str, bytes, tuple[str, ...]]]:
        """What lies in a folder: subject, whole bytes, flags. Looking marks nothing."""
        with MailBoxUnencrypted("127.0.0.1", self.imap, timeout=10).login(user, PASSWORD, folder) as box:
            return [(m.subject, m.obj.as_bytes(), m.flags) for m in box.fetch(mark_seen=False)]


@contextmanager
def post_office() -> Iterator[Post]:
    """mail-devel, started in a thread of its own."""
    smtp, imap = free_port(), free_port()
    words = ["--host", "127.0.0.1", "--user", "test@example.org", "--password", PASSWORD, "--multi-user", "--no-http"]
    args = Service.parse([*words, "--smtp-port", str(smtp), "--imap-port", str(imap)])
    up, loop = threading.Event(), asyncio.new_event_loop()
    over = asyncio.Event()

    async def run() -> None:
        service = await Service.init(args)
        async with service.start():
            up.set()
            await over.wait()
            if service.smtp:
                service.smtp.stop()

    thread = threading.Thread(target=lambda: loop.run_until_complete(run()), daemon=True)
    thread.start()
    assert up.wait(20)
    try:
        yield Post(smtp, imap)
    finally:
        loop.call_soon_threadsafe(over.set)
        thread.join(10)


@contextmanager
def porter(post: Post, door: Door, context: ssl.SSLContext | None = None) -> Iterator[int]:
    """A port that asks for a token, by TLS when there is a context, and then lets through to the post office."""
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        while True:
            try:
                plain, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=_attend, args=(plain, post, door, context), daemon=True).start()

    threading.Thread(target=serve, daemon=True).start()
    try:
        yield int(listener.getsockname()[1])
    finally:
        listener.close()


def _attend(plain: socket.socket, post: Post, door: Door, context: ssl.SSLContext | None) -> None:
    with suppress(OSError), plain:
        near = context.wrap_socket(plain, server_side=True) if context else plain
        with near, socket.create_connection(("127.0.0.1", post.imap), timeout=30) as far:
            far_file, near_file = far.makefile("rb"), near.makefile("rb")
            near.sendall(far_file.readline())
            while line := near_file.readline():
                tag, command, *rest = line.split()
                if command.upper() != b"AUTHENTICATE":
                    far.sendall(line)
                    while (answer := far_file.readline()) and not answer.startswith(tag):
                        near.sendall(answer)
                    near.sendall(answer)
                    continue
                assert rest == [b"XOAUTH2"], line
                near.sendall(b"+ \r\n")
                if door.opens(near_file.readline().strip()):
                    user = door.knocks[-1][0].encode()
                    far.sendall(tag + b' LOGIN "' + user + b'" "' + PASSWORD.encode() + b'"\r\n')
                    break
                near.sendall(b"+ " + REASON + b"\r\n")
                assert near_file.readline() == b"\r\n"
                near.sendall(tag + b" NO [AUTHENTICATIONFAILED] Invalid credentials\r\n")
            threading.Thread(target=_carry, args=(far, near), daemon=True).start()
            _carry(near, far)


def _carry(source: socket.socket, target: socket.socket) -> None:
    with suppress(OSError, ValueError):
        while part := source.recv(65536):
            target.sendall(part)
    with suppress(OSError):
        target.shutdown(socket.SHUT_WR)
