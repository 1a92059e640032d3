"""What a loaded configuration is: plain frozen values, without pydantic or YAML, so that anybody may name them."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, TypeAlias

from worker.core.policy import Policy
from worker.core.settings import Mode
from worker.core.workdays import Calendar
from worker.errors import Problem

if TYPE_CHECKING:
    from worker.config.options import PracticeOptions
    from worker.config.options_organisation import OrganisationOptions


class Secret:
    """A secret value; printing, formatting and logging show only that there is one."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        """`value` is kept out of every text form."""
        self._value = value

    def reveal(self) -> str:
        """The value, for the one call that needs it."""
        return self._value

    def __repr__(self) -> str:
        return "Secret(***)"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and other._value == self._value

    def __hash__(self) -> int:
        return hash(self._value)

    def __getstate__(self) -> object:
        raise TypeError("a secret is never written out")


class Calendars(Protocol):
    """Public holidays of a country (ISO 3166-1; None: weekends only) and region for some years.

    Raises ValueError, in words, for a country or region it does not know.
    """

    def __call__(self, country: str | None, region: str | None = None, *, years: range) -> Calendar:
        """The calendar."""


@dataclass(frozen=True, slots=True)
class SmtpSettings:
    """A mail server. `security` is tls (from the first byte), starttls (required) or plain (this machine only)."""

    host: str
    port: int
    security: str
    user: str = ""
    password: Secret | None = None


@dataclass(frozen=True, slots=True)
class SendGridSettings:
    """SendGrid's key, and another endpoint ("" for its own)."""

    key: Secret
    endpoint: str = ""


@dataclass(frozen=True, slots=True)
class MailSettings:
    """`mailer` is outbox, smtp or sendgrid; its settings are then present. `archive` receives blind copies."""

    mailer: str
    outbox: Path
    smtp: SmtpSettings | None = None
    sendgrid: SendGridSettings | None = None
    redirect_all_to: str = ""
    archive: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class XeroBooks:
    """Where a Xero organisation is read. `grant`: client credentials, refresh token or "" (whichever is given)."""

    tenant: str = ""
    client_id: Secret | None = None
    client_secret: Secret | None = None
    refresh_token: Secret | None = None
    grant: str = ""
    identity_url: str = ""
    api_url: str = ""
    page_size: int = 1000
    kind: str = "xero"


@dataclass(frozen=True, slots=True)
class QuickBooksBooks:
    """Where a QuickBooks company is read; "" URLs: Intuit's own."""

    realm: str
    client_id: Secret | None = None
    client_secret: Secret | None = None
    refresh_token: Secret | None = None
    token_url: str = ""
    api_url: str = ""
    page_size: int = 1000
    kind: str = "quickbooks"


@dataclass(frozen=True, slots=True)
class CsvBooks:
    """Absolute paths of exported books; `dates` and `decimals` settle what the files leave open ("": nothing)."""

    invoices: Path
    clients: Path | None = None
    payments: Path | None = None
    credits: Path | None = None
    currency: str = ""
    dates: str = ""
    decimals: str = ""
    kind: str = "csv"


@dataclass(frozen=True, slots=True)
class SandboxBooks:
    """The simulated company; "" URL: start one in memory. `face`: the platform it looks like, xero or quickbooks."""

    url: str = ""
    tenant: str = ""
    face: str = "xero"
    kind: str = "sandbox"


BooksConfig: TypeAlias = XeroBooks | QuickBooksBooks | CsvBooks | SandboxBooks


@dataclass(frozen=True, slots=True)
class OrganisationConfig:
    """One organisation as written, before its clients are known; `worker.config.resolve.resolve` settles the rest.

    `policies` holds every policy that is named anywhere for it, plus the default one, by name.
    """

    name: str
    books: BooksConfig
    place: str
    written: "OrganisationOptions"
    practice: "PracticeOptions"
    policies: Mapping[str, Policy]


@dataclass(frozen=True, slots=True)
class Practice:
    """A whole configuration. `state` is absolute; `logbook_url` None: SQLite in `state`; `stopped`: a reason or "".

    `warnings` are what is allowed and unwise. `files` are the names of what was read, relative to `folder`, where
    policies/ and wording/ may lie too.
    """

    mode: Mode
    state: Path
    mail: MailSettings
    organisations: tuple[OrganisationConfig, ...]
    logbook_url: Secret | None = None
    instance: str = ""
    allow_test_endpoints: bool = False
    stopped: str = ""
    ping: Secret | None = None
    files: tuple[str, ...] = ()
    folder: Path = Path()
    warnings: tuple[Problem, ...] = ()

    def organisation(self, name: str) -> OrganisationConfig | None:
        """The organisation with this name."""
        return next((o for o in self.organisations if o.name == name), None)
