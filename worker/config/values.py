"""What a loaded configuration is: plain frozen values, without pydantic or YAML, so that anybody may name them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, time, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, TypeAlias

from worker.core.policy import Policy
from worker.core.secret import Secret
from worker.core.settings import Mode
from worker.core.workdays import Calendar
from worker.errors import Problem

if TYPE_CHECKING:
    from worker.config.options import PracticeOptions
    from worker.config.options_organisation import OrganisationOptions


class Calendars(Protocol):
    """Public holidays of a country (ISO 3166-1; None: weekends only) and region for some years.

    Raises ValueError, in words, for a country or region it does not know.
    """

    def __call__(self, country: str | None, region: str | None = None, *, years: range) -> Calendar:
        """The calendar."""


@dataclass(frozen=True, slots=True)
class SignIn:
    """Who signs in, and by what: `login` is password, microsoft or google; the consent's application with the latter
    two. `tenant` is Microsoft's, `token_url` another server for tests ("" for the provider's own)."""

    user: str = ""
    login: str = "password"
    password: Secret | None = None
    client_id: Secret | None = None
    client_secret: Secret | None = None
    tenant: str = ""
    refresh_token: Secret | None = None
    token_url: str = ""


@dataclass(frozen=True, slots=True)
class SmtpSettings:
    """A mail server. `security` is tls (from the first byte), starttls (required) or plain (this machine only)."""

    host: str
    port: int
    security: str
    sign_in: SignIn = SignIn()


@dataclass(frozen=True, slots=True)
class ImapSettings:
    """A mailbox as it is read. `sent` is the folder for copies ("": the one the server calls Sent)."""

    host: str
    port: int
    security: str
    sign_in: SignIn = SignIn()
    copy_in_sent: bool = False
    sent: str = ""


@dataclass(frozen=True, slots=True)
class RepliesSettings:
    """The folder in which replies and bounces arrive; `mark` is a keyword for those dealt with ("": leave them be)."""

    folder: str = "INBOX"
    mark: str = ""


@dataclass(frozen=True, slots=True)
class SendGridSettings:
    """SendGrid's key, and another endpoint ("" for its own). `suppressions`: ask for bounces and complaints."""

    key: Secret
    endpoint: str = ""
    suppressions: bool = False


@dataclass(frozen=True, slots=True)
class MailSettings:
    """`mailer` is outbox, smtp or sendgrid; its settings are then present. `archive` receives blind copies."""

    mailer: str
    outbox: Path
    smtp: SmtpSettings | None = None
    sendgrid: SendGridSettings | None = None
    redirect_all_to: str = ""
    archive: tuple[str, ...] = ()
    imap: ImapSettings | None = None
    replies: RepliesSettings | None = None

    @property
    def watched(self) -> bool:
        """Whether anybody looks for replies or bounces."""
        return self.replies is not None and self.imap is not None


@dataclass(frozen=True, slots=True)
class XeroBooks:
    """Where a Xero organisation is read. `grant`: client credentials, refresh token or "" (whichever is given).

    `connection` names a saved consent; "" means the organisation's own name, when no other access is given.
    """

    tenant: str = ""
    client_id: Secret | None = None
    client_secret: Secret | None = None
    refresh_token: Secret | None = None
    grant: str = ""
    identity_url: str = ""
    api_url: str = ""
    page_size: int = 1000
    connection: str = ""
    redirect: str = ""
    kind: str = "xero"


@dataclass(frozen=True, slots=True)
class QuickBooksBooks:
    """Where a QuickBooks company is read; "" URLs: Intuit's own. `connection` as in XeroBooks, `realm` "": its own."""

    realm: str = ""
    client_id: Secret | None = None
    client_secret: Secret | None = None
    refresh_token: Secret | None = None
    token_url: str = ""
    api_url: str = ""
    page_size: int = 1000
    connection: str = ""
    redirect: str = ""
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


@dataclass(frozen=True, slots=True)
class KeyPlace:
    """Where a vault key is: `kind` is env, file, aws or gcp, `where` the name there; `place` where that is written."""

    kind: str
    where: str
    place: str = ""


@dataclass(frozen=True, slots=True)
class VaultSettings:
    """Where saved connections are kept (`store`: files or logbook) and their keys; files of keys are absolute.

    `key` None: this user's own.
    """

    store: str = "files"
    key: KeyPlace | None = None
    previous: tuple[KeyPlace, ...] = ()


BooksConfig: TypeAlias = XeroBooks | QuickBooksBooks | CsvBooks | SandboxBooks


@dataclass(frozen=True, slots=True)
class OrganisationConfig:
    """One organisation as written, before its clients are known; `worker.config.resolve.resolve` settles the rest.

    `policies` holds every policy that is named anywhere for it, plus the default one, by name. `mail` is None when its
    messages leave as the practice's do.
    """

    name: str
    books: BooksConfig
    place: str
    written: "OrganisationOptions"
    practice: "PracticeOptions"
    policies: Mapping[str, Policy]
    mail: MailSettings | None = None


@dataclass(frozen=True, slots=True)
class Alerts:
    """Who hears of trouble; `all_quiet` is the weekday (0: Monday) on which it is told that there is none."""

    webhook: Secret
    all_quiet: int = 0


@dataclass(frozen=True, slots=True)
class Approver:
    """Somebody whose answers count, for these organisations (none named: all). From `away_from` through `away_to` the
    `deputy` decides too ("": nobody does)."""

    email: str
    organisations: frozenset[str] = frozenset()
    away_from: date | None = None
    away_to: date | None = None
    deputy: str = ""

    def is_away(self, day: date) -> bool:
        """Whether that day is one of absence, both ends included."""
        return self.away_from is not None and self.away_to is not None and self.away_from <= day <= self.away_to


@dataclass(frozen=True, slots=True)
class DigestSettings:
    """Who gets the digest, from when on (`at`, in `zone`), by which mail. Nothing leaves before `sends_from` of an
    organisation's day. `owners` are addresses by organisation. `own_way`: it leaves by other settings than the mail it
    reports on. Answers are read when `trusted_server` is named. Addresses are in lower case.
    """

    to: tuple[str, ...]
    at: time
    sends_from: time
    mail: MailSettings
    zone: str = "UTC"
    owners: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    sender: str = ""
    own_way: bool = False
    trusted_server: str = ""
    approvers: tuple[Approver, ...] = ()

    @property
    def answerable(self) -> bool:
        """Whether answers to it are looked for."""
        return bool(self.trusted_server) and self.mail.watched


@dataclass(frozen=True, slots=True)
class Practice:
    """A whole configuration. `state` is absolute; `logbook_url` None: SQLite in `state`; `stopped`: a reason or "".

    `fleet_every`: how often a fleet gives everybody a turn.
    `warnings` are what is allowed and unwise. `files` are the names of what was read, relative to `folder`, where
    policies/ and wording/ may lie too. `page` is the absolute folder of the preview page.
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
    alerts: "Alerts | None" = None
    keep_letters_days: int = 744
    fleet_every: timedelta = timedelta(hours=1)
    files: tuple[str, ...] = ()
    folder: Path = Path()
    warnings: tuple[Problem, ...] = ()
    contact_budget: int | None = None
    vault: VaultSettings = VaultSettings()
    page: Path = Path("page")
    page_every_run: bool = True
    digest: DigestSettings | None = None

    @property
    def logbook_location(self) -> str:
        """Where the logbook is: a URL, which may hold a password, or a file in the state folder."""
        return self.logbook_url.reveal() if self.logbook_url else str(self.state / "logbook.db")

    def organisation(self, name: str) -> OrganisationConfig | None:
        """The organisation with this name."""
        return next((o for o in self.organisations if o.name == name), None)
