"""The shapes of what check, usage, connections, logbook, vault, wording and fleet print with --json."""

from typing import Annotated, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

from worker.report.shapes_run import Currency, Day, NamedClient, Schema
from worker.report.status_data import Amount, Count, Instant

Code = Annotated[int, Meta(ge=0, le=1)]


class ProblemFound(Struct, frozen=True, kw_only=True):
    """One thing wrong: where, what is there, what would be accepted, what to do."""

    place: str
    found: str
    expected: str
    todo: str


class DomainFinding(Struct, frozen=True, kw_only=True):
    """One finding about a domain."""

    level: str
    what: str
    ask: Annotated[str, Meta(description="What to ask the domain's owner for.")]


class CheckedDomain(Struct, frozen=True, kw_only=True):
    """A sender's domain, for the way its letters leave."""

    organisations: list[str]
    domain: str
    sent_by: str
    aligned: Annotated[bool | None, Meta(description="Letters can be told from forgeries; null: not known.")]
    findings: list[DomainFinding]


class Check(Struct, frozen=True, kw_only=True):
    """What `duecourse check --json` prints; `domains` only with --domain."""

    schema: Schema
    ok: bool
    problems: list[ProblemFound]
    warnings: list[str]
    notes: list[str]
    domains: list[CheckedDomain] | UnsetType = UNSET


class UsedForAll(Struct, frozen=True, kw_only=True):
    """Calls, those answered with success, and bytes on the wire."""

    calls: Count
    answered: Count
    bytes: Count


class PriceTier(Struct, frozen=True, kw_only=True):
    """One line of a price list; null: no limit, or not published."""

    name: str
    fee: Amount | None
    connections: int | None
    included: int | None
    daily: int | None


class PriceListUsed(Struct, frozen=True, kw_only=True):
    """The dated list the figures rest on; `metered`: bytes or calls."""

    title: str
    as_of: Day
    sources: list[str]
    currency: Currency
    metered: str


class PlatformUsage(Struct, frozen=True, kw_only=True):
    """One platform's month. Without a price list only the first six keys are there."""

    platform: str
    total: UsedForAll
    price_list: PriceListUsed | None
    connections: Count
    custom_connections: Count
    blocked: Annotated[bool, Meta(description="Calls would end up blocked at this pace.")]
    metered: Count | UnsetType = UNSET
    forecast: Count | UnsetType = UNSET
    tier: PriceTier | UnsetType | None = UNSET
    share: Amount | UnsetType | None = UNSET
    fee: Amount | UnsetType | None = UNSET
    extra_at_forecast: Amount | UnsetType | None = UNSET
    next_tier: PriceTier | UnsetType | None = UNSET
    busiest_day: Count | UnsetType = UNSET


class OrganisationUsage(UsedForAll, frozen=True, kw_only=True):
    """One organisation's month, in all and by purpose."""

    organisation: str
    platform: str
    purposes: dict[str, UsedForAll]


class DayUsage(UsedForAll, frozen=True, kw_only=True):
    """One UTC day."""

    day: Day
    organisation: str
    platform: str


class Usage(Struct, frozen=True, kw_only=True):
    """What `duecourse usage --json` prints; `days` only with --days."""

    schema: Schema
    month: str
    as_of: Day
    platforms: list[PlatformUsage]
    organisations: list[OrganisationUsage]
    exit_code: Code
    days: list[DayUsage] | UnsetType = UNSET


class SavedConnection(Struct, frozen=True, kw_only=True):
    """A saved connection. `days_left` until it dies unused; `unused`: what the consent covers besides."""

    connection: str
    platform: str
    organisations: list[str]
    tenants: list[NamedClient]
    state: str
    why: str
    last_refresh: Instant | None
    ends: Instant | None
    days_left: int | None
    warned_at: int | None
    unused: list[NamedClient]
    trouble: bool


class Connections(Struct, frozen=True, kw_only=True):
    """What `duecourse connections --json` prints."""

    schema: Schema
    checked: bool
    connections: list[SavedConnection]
    exit_code: Code


class Connected(Struct, frozen=True, kw_only=True):
    """What `duecourse connect PLATFORM ORG --json` prints. `write`: lines the config still lacks."""

    schema: Schema
    organisation: str
    platform: str
    connection: str
    tenant: NamedClient
    unused: list[NamedClient]
    write: dict[str, str]
    notes: list[str]


class CaseVerified(Struct, frozen=True, kw_only=True):
    """What `duecourse history --verify FOLDER --json` prints."""

    schema: Schema
    ok: bool
    problems: list[str]
    checksum: str


class TableSum(Struct, frozen=True, kw_only=True):
    """One table of the logbook."""

    rows: Count
    checksum: str


class LogbookVerified(Struct, frozen=True, kw_only=True):
    """What `duecourse logbook verify --json` prints."""

    schema: Schema
    logbook: str
    revision: str
    tables: dict[str, TableSum]
    problems: list[str]
    exit_code: Code


class SealedConnection(Struct, frozen=True, kw_only=True):
    """A saved connection, and under which key it is sealed."""

    connection: str
    platform: str
    key: str
    trouble: str


class VaultChecked(Struct, frozen=True, kw_only=True):
    """What `duecourse vault check --json` prints. Exit code 1: one does not open."""

    schema: Schema
    key_in: str
    connections: list[SealedConnection]


class WordedMessage(Struct, frozen=True, kw_only=True):
    """One message and its languages; `own`: those of your own folder."""

    name: str
    stage: str
    purpose: str
    languages: list[str]
    own: list[str]


class WordingListed(Struct, frozen=True, kw_only=True):
    """What `duecourse wording list --json` prints."""

    schema: Schema
    folder: str
    messages: list[WordedMessage]


class WordingChecked(Struct, frozen=True, kw_only=True):
    """What `duecourse wording check --json` prints. Exit code 2: there are problems."""

    schema: Schema
    ok: bool
    problems: list[ProblemFound]


class FleetPlace(Struct, frozen=True, kw_only=True):
    """One organisation in the queue."""

    organisation: str
    state: Literal["waiting", "sweeping", "parked"]
    lane: str
    tries: Count
    since: Instant | None


class FleetStatus(Struct, frozen=True, kw_only=True):
    """What `duecourse fleet status --json` prints. Exit code 1: one is parked."""

    schema: Schema
    waiting: Count
    sweeping: Count
    parked: Count
    organisations: list[FleetPlace]
