"""A copy of every accepted letter in the mailbox's Sent folder, for servers that do not keep one themselves.

Copies are filed after the sweep, when every outcome is on record already: a copy that cannot be filed is a warning and
changes nothing about its letter.
"""

import ssl
from collections.abc import Callable
from datetime import datetime

from imap_tools import MailMessageFlags

from worker.core.message import Letter
from worker.errors import MailboxError
from worker.mail.imap import ImapServer, open_mailbox, sent_folder
from worker.ports import Mailer, Outcome, Receipt


class CopiesInSent:
    """The Mailer port around another mailer, remembering what was accepted until `file_copies`."""

    def __init__(
        self,
        mailer: Mailer,
        server: ImapServer,
        now: Callable[[], datetime],
        folder: str = "",
        context: ssl.SSLContext | None = None,
    ) -> None:
        """`folder` "": the one the server calls Sent. `now` dates the copies."""
        self.name, self.reach = mailer.name, mailer.reach
        self._mailer, self._server, self._now, self._folder, self._context = mailer, server, now, folder, context
        self._accepted: list[tuple[bytes, datetime]] = []

    def prepare(self, letter: Letter, now: datetime) -> bytes:
        """As the mailer does."""
        return self._mailer.prepare(letter, now)

    def send(self, letter: Letter, raw: bytes, handed: Callable[[], bool]) -> Receipt:
        """As the mailer does."""
        receipt = self._mailer.send(letter, raw, handed)
        if receipt.outcome is Outcome.ACCEPTED:
            self._accepted.append((raw, self._now()))
        return receipt

    def file_copies(self) -> str:
        """Put what was accepted since last time into the Sent folder; a warning, or "" when all went well."""
        waiting, self._accepted = self._accepted, []
        if not waiting:
            return ""
        filed = 0
        try:
            with open_mailbox(self._server, self._context) as box:
                folder = self._folder or sent_folder(box)
                if not box.folder.exists(folder):
                    box.folder.create(folder)
                for raw, at in waiting:
                    box.append(raw, folder, at, [MailMessageFlags.SEEN])
                    filed += 1
        except MailboxError as error:
            missing = len(waiting) - filed
            return f"{missing} of {len(waiting)} messages have no copy in the Sent folder, but were sent. {error}"
        return ""

    def close(self) -> None:
        """As the mailer does; copies that nobody asked to file are filed now."""
        self.file_copies()
        self._mailer.close()
