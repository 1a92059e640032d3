"""A small practice with CSV books whose digest really leaves and whose answers really come back, on this machine."""

import email
import email.policy
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from email.message import EmailMessage
from itertools import count
from pathlib import Path
from typing import Any

from tests.mail.far_imap import PASSWORD, Post
from tests.mail.far_sink import Sink
from worker.app import App
from worker.clock import SystemClock
from worker.config.load import load
from worker.config.values import Practice
from worker.core.results import SweepResult
from worker.logbook.store import SqlLogbook, open_logbook

SERVER = "mx.practice.example.net"
GENUINE = f"{SERVER}; dkim=pass header.d=example.com"
JO = "jo@example.com"
EVENING = datetime(2026, 3, 9, 18, tzinfo=UTC)
MORNING = datetime(2026, 3, 10, 7, 1, tzinfo=UTC)
OPEN = datetime(2026, 3, 10, 9, 30, tzinfo=UTC)
_answers = count(1)

CONFIG = """\
mode: live
state: ./state
mail: {{mailer: smtp, smtp: {{host: 127.0.0.1, port: {clients}, security: plain}}}}
digest:
  to: [jo@example.com]
  trusted server: {server}
  from: {box}
  via:
    smtp: {{host: 127.0.0.1, port: {own}, security: plain}}
    imap: {{host: 127.0.0.1, port: {imap}, security: plain, user: {box}, password from: {{env: WORD}}}}
    replies: {{folder: INBOX}}
approvers: [jo@example.com]
{practice}
organisations:
  harbour:
    books: {{kind: csv, invoices: invoices.csv, clients: clients.csv, currency: GBP}}
    zone: Europe/London
    country: GB
    sender: {{name: Accounts, email: accounts@harbour.example.net}}
    signature: {{name: Accounts, email: accounts@harbour.example.net}}
    ways to pay: [Bank transfer]
    reconciled: daily
    backlog: chase
{more}"""


@dataclass
class Office:
    """`own` takes the digests, `clients` what goes to clients; answers are read in a mailbox of the post office."""

    folder: Path
    post: Post
    own: Sink
    clients: Sink
    box: str
    names: tuple[str, ...] = ("Acme", "Birch", "Cole")
    seen: int = 0
    practice: Practice | None = None
    book: SqlLogbook | None = None

    def write(self, practice: str = "", more: str = "", replace: Iterable[tuple[str, str]] = ()) -> None:
        known = {"own": self.own.port, "clients": self.clients.port, "imap": self.post.imap, "box": self.box}
        text = CONFIG.format(server=SERVER, practice=practice, more=more, **known)
        for old, new in replace:
            assert old in text
            text = text.replace(old, new)
        (self.folder / "config.yaml").write_text(text, encoding="utf-8")
        self.practice = None
        rows = [f"{n[0]}1,{n},{100 + i}.00,{100 + i}.00,2026-01-20,2026-02-20,yes" for i, n in enumerate(self.names)]
        (self.folder / "invoices.csv").write_text("\n".join(["number,client,total,open,issued,due,sent", *rows]) + "\n")
        found = [f"{n},pay@{n.lower()}.example.org" for n in self.names]
        (self.folder / "clients.csv").write_text("\n".join(["client,email", *found]) + "\n")

    def app(self, at: datetime) -> App:
        """As at a moment. What was loaded and opened is kept for the next run: only the time goes on."""
        if self.practice is None:
            self.practice = load(self.folder, {"WORD": PASSWORD})
        if self.book is None:
            self.book = open_logbook(self.practice.logbook_location)
        return App(self.practice, SystemClock(at), _logbook=self.book)

    def run(self, at: datetime) -> SweepResult:
        with self.app(at) as app:
            return app.run(deliver=True)[0]

    def came(self) -> list[EmailMessage]:
        """What our own people got since last asked."""
        found = self.own.arrived()[self.seen :]
        self.seen += len(found)
        return [email.message_from_bytes(a.raw, policy=email.policy.default) for a in found]  # type: ignore[misc]

    def asked(self) -> set[str]:
        """Which clients heard from us."""
        return {to.partition("@")[2].partition(".")[0] for a in self.clients.arrived() for to in a.recipients or ()}

    def answer(self, digest: EmailMessage, text: str, results: str = GENUINE, **headers: str) -> None:
        """What a mail program makes of *reply*, as our server delivers it."""
        made = EmailMessage(policy=email.policy.SMTP)
        if results:
            made["Authentication-Results"] = results
        made["From"], made["To"] = headers.pop("sender", f"Jo <{JO}>"), self.box
        made["Subject"] = headers.pop("subject", f"Re: {digest['Subject']}")
        made["Message-ID"] = headers.pop("id", f"<{next(_answers)}@mail.example.com>")
        made["In-Reply-To"] = made["References"] = str(digest["Message-ID"])
        for name, value in headers.items():
            made[name.replace("_", "-")] = value
        quoted = "\n".join(f"> {line}" for line in body(digest).splitlines())
        made.set_content(f"{text}\n\nOn Tue, 10 Mar 2026 at 07:01, duecourse wrote:\n{quoted}\n")
        self.post.deliver(made, self.box)

    def events(self, kind: Any, name: str = "harbour") -> list[Any]:
        with self.app(OPEN) as app:
            return list(app.logbook.events(name, kind=kind))


def body(message: EmailMessage) -> str:
    part = message.get_body(("plain",))
    assert part is not None
    return str(part.get_content())


def code_of(digest: EmailMessage, words: str) -> int:
    """The number of the item whose line has these words."""
    line = next(x for x in body(digest).splitlines() if words in x and x.startswith("["))
    return int(line[1 : line.index("]")])
