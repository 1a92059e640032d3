"""A real SMTP server (aiosmtpd) on this machine that takes everything and keeps it; it can be told to refuse."""

from collections.abc import Iterator
from contextlib import contextmanager

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from tests.mail.far_smtp import Box, free_port


class Sink(Box):
    """`refusing`: what is said to every recipient instead."""

    refusing = ""
    port = 0

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if self.refusing:
            return self.refusing
        envelope.rcpt_tos.append(address)
        return "250 OK"


@contextmanager
def smtp_sink() -> Iterator[Sink]:
    """The running server."""
    sink = Sink()
    sink.port = free_port()
    controller = Controller(sink, hostname="127.0.0.1", port=sink.port)
    controller.start()
    try:
        yield sink
    finally:
        controller.stop()
