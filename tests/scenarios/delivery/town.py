"""Four clients small enough to follow by hand, and the configuration of a firm that chases them.

On Tuesday 10 March 2026 at ten, three of them are due a nudge and one its thanks: four letters, one an address.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from uuid import NAMESPACE_DNS, uuid5

from connectors.sandbox.books import Event
from connectors.sandbox.company import Company, Organisation
from connectors.sandbox.rows import Line

BASELINE = datetime(2026, 3, 10, 6, 30, tzinfo=UTC)
SEEN = datetime(2026, 3, 10, 7, 45, tzinfo=UTC)
TEN = datetime(2026, 3, 10, 10, tzinfo=UTC)
"""The sweep that delivers: the payment was seen in two readings more than an hour apart by then."""

CLIENTS = ("aster", "birch", "cedar", "dogwood")
NUDGED = ("aster", "birch", "dogwood")
THANKED = "cedar"


def uid(name: str) -> str:
    """The id in the books of what these tests call by a name: a client, an invoice number, a tenant."""
    return str(uuid5(NAMESPACE_DNS, name.lower()))


def address(client: str, domain: str = "example.org") -> str:
    """Where a client reads mail."""
    return f"accounts@{client}.{domain}"


def invoice(
    number: str, client: str, due: date, amount: str = "600.00", issued: datetime | None = None
) -> tuple[Event, ...]:
    """Issued 30 days before it is due, approved and sent."""
    when = issued or datetime.combine(due - timedelta(days=30), datetime.min.time(), UTC) + timedelta(hours=9)
    line = Line("Illustration set", Decimal(amount), Decimal("0.00"))
    data = {"contact": uid(client), "number": number, "issued": when.date(), "due": due, "lines": (line,)}
    return (
        Event(when, "invoice.add", uid(number), data),
        Event(when + timedelta(minutes=3), "invoice.approve", uid(number)),
        Event(when + timedelta(minutes=5), "invoice.edit", uid(number), {"sent": True}),
    )


def client(name: str, email: str = "") -> Event:
    """A client enters the books."""
    data = {"name": f"{name.title()} Ltd", "email": email or address(name), "account_number": name.upper()}
    return Event(datetime(2026, 1, 2, 9, tzinfo=UTC), "contact.add", uid(name), data)


def company(name: str = "fern", more: Iterable[Event] = ()) -> Company:
    """The books of one firm; `more` happens besides."""
    paid = {"invoice": uid("INV-0004"), "date": date(2026, 3, 10), "amount": Decimal("600.00")}
    events = [
        *(client(c) for c in CLIENTS),
        *invoice("INV-0001", "aster", date(2026, 3, 4)),
        *invoice("INV-0002", "birch", date(2026, 3, 3)),
        *invoice("INV-0003", "birch", date(2026, 3, 5), "250.00"),
        *invoice("INV-0004", "cedar", date(2026, 3, 20)),
        *invoice("INV-0005", "dogwood", date(2026, 3, 2)),
        Event(datetime(2026, 3, 10, 7, 30, tzinfo=UTC), "payment.add", uid("payment-1"), paid),
        *more,
    ]
    organisation = Organisation(uid(name), f"{name.title()} Press Ltd", f"{name}.example.com")
    return Company(organisation, 1, events)


@dataclass(frozen=True)
class Config:
    """What a person wrote. `url` is the sandbox, `smtp` a port on this machine (0: the outbox folder)."""

    url: str
    organisations: tuple[str, ...] = ("fern",)
    smtp: int = 0
    approvals: tuple[str, ...] = ()
    mode: str = "live"
    extra: str = ""
    practice: str = ""
    backlog: str = "chase"
    reconciled: str = "daily"
    logbook: str = ""
    """URL of a PostgreSQL logbook; "": an SQLite file in the state folder."""

    def but(self, **changes: object) -> "Config":
        """The same with some lines changed."""
        return replace(self, **changes)  # type: ignore[arg-type]

    def text(self) -> str:
        """config.yaml."""
        mail = (
            f"{{mailer: smtp, smtp: {{host: 127.0.0.1, port: {self.smtp}, security: plain}}}}"
            if self.smtp
            else "{mailer: outbox, outbox: {folder: outbox}}"
        )
        lines = [f"mode: {self.mode}", "state: ./state", "policy: standard", f"mail: {mail}", self.practice]
        lines += [f"approvals: [{', '.join(self.approvals)}]"] if self.approvals else []
        lines += ["logbook: {url from: {file: logbook-url}}"] if self.logbook else []
        lines += ["organisations:", *(self._organisation(name) for name in self.organisations)]
        return "\n".join(line for line in lines if line) + "\n"

    def _organisation(self, name: str) -> str:
        return f"""\
  {name}:
    books: {{kind: sandbox, url: "{self.url}", tenant: {uid(name)}}}
    zone: Europe/London
    country: GB
    sender: {{name: "Accounts, {name.title()} Press", email: accounts@{name}.example.com}}
    signature: {{name: Accounts team, email: accounts@{name}.example.com}}
    ways to pay: [Bank transfer to the account on your invoice]
    reconciled: {self.reconciled}
    backlog: {self.backlog}
{self.extra}"""

    def write(self, folder: Path) -> Path:
        """Write it to `folder`/config.yaml."""
        file = folder / "config.yaml"
        file.write_text(self.text(), encoding="utf-8")
        if self.logbook:
            (folder / "logbook-url").write_text(self.logbook, encoding="utf-8")
        return file
