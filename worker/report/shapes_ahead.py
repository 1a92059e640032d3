"""The shapes of what `runs`, `forecast` and `simulate` print with --json."""

from typing import Annotated, Any, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

from worker.report.shapes_run import Currency, Day, Money, NamedClient, Place, Schema
from worker.report.status_data import Amount, Count

Probability = Annotated[float, Meta(ge=0, le=1)]


class NextRun(Struct, frozen=True, kw_only=True):
    """A coming payment run, and the last day for an approval."""

    run: Day
    cut_off: Day


class PastRun(Struct, frozen=True, kw_only=True):
    """A run that was, and whether it brought a payment."""

    run: Day
    paid: bool


class IssueBy(Struct, frozen=True, kw_only=True):
    """Issued by that day on the usual terms, an invoice makes this run."""

    issue: Day
    run: Day


class Believed(Struct, frozen=True, kw_only=True):
    """What the payments say, whether used or not. `payments`: how many distinct days were looked at."""

    source: Literal["written", "learnt", "unknown"]
    learnt: str | None
    confidence: Probability | None
    evidence: str
    payments: Count


class PayingClient(Believed, frozen=True, kw_only=True):
    """A client whose run is used. `stated`: somebody said so, rather than learnt."""

    id: str
    name: str
    pays: str
    stated: bool
    place: Place
    contradiction: str
    runs: list[NextRun]
    issue_by: IssueBy | None
    past: list[PastRun]


class UnknownClient(Believed, frozen=True, kw_only=True):
    """A client that owes money and has no run we use."""

    id: str


class RunsOfOrganisation(Struct, frozen=True, kw_only=True):
    """One organisation's payment runs."""

    organisation: str
    as_of: Day
    clients: list[PayingClient]
    unknown: list[UnknownClient]


class Runs(Struct, frozen=True, kw_only=True):
    """What `duecourse runs --json` prints."""

    schema: Schema
    organisations: list[RunsOfOrganisation]


class ScoreOfOrganisation(Struct, frozen=True, kw_only=True):
    """What waiting for runs spared. `days_later`: on average, of those that went later."""

    organisation: str
    waits: Count
    spared: Count
    later: Count
    days_later: float
    pending: Count


class Score(Struct, frozen=True, kw_only=True):
    """What `duecourse runs --score --json` prints."""

    schema: Schema
    organisations: list[ScoreOfOrganisation]


class ForecastWeek(Struct, frozen=True, kw_only=True, rename={"start": "from"}):
    """Receipts expected in the week from that Monday; four weeks of five should lie within `low` and `high`."""

    start: Day
    currency: Currency
    expected: Amount
    low: Amount
    high: Amount


class ForecastInvoice(Struct, frozen=True, kw_only=True):
    """One open invoice: `median` for cash, `likely` for a chase. `own_history`: from this client's own delays."""

    id: str
    number: str
    currency: Currency
    open: Amount
    median: Day
    likely: Day
    probability: Probability
    early: Day
    late: Day
    own_history: bool


class ForecastOfOrganisation(Struct, frozen=True, kw_only=True):
    """One organisation's forecast; `unknown`: ids of invoices nothing can be said of."""

    organisation: str
    as_of: Day
    weeks: list[ForecastWeek]
    invoices: list[ForecastInvoice]
    unknown: list[str]


class Forecasts(Struct, frozen=True, kw_only=True):
    """What `duecourse forecast --json` prints."""

    schema: Schema
    organisations: list[ForecastOfOrganisation]


class PlayedMessage(Struct, frozen=True, kw_only=True):
    """A message somebody would hear. `ids`: invoices, or payments thanked for."""

    on: Day
    kind: str
    step: str
    payer: str
    name: str
    ids: list[str]
    money: Money
    why: str


class PlayedHold(Struct, frozen=True, kw_only=True):
    """An invoice that is held at the end."""

    invoice: str
    code: str
    sentence: str


class PlayedCourse(Struct, frozen=True, kw_only=True):
    """The coming days under one policy. Days to pay count from issue to money, of what was paid."""

    policy: str
    reminders: Count
    thanks: Count
    steps: dict[str, int]
    per_client: dict[str, int]
    tasks: dict[str, int]
    approvals: Count
    asked: Money
    paid: Count
    received: Money
    open: Money
    median_days_to_pay: float | None
    mean_days_to_pay: float | None
    new_invoices: Count
    held: list[PlayedHold]
    messages: list[PlayedMessage]


class PlayedStep(Struct, frozen=True, kw_only=True):
    """A step and its day."""

    step: str
    on: Day


class MovedStep(Struct, frozen=True, kw_only=True, rename={"start": "from"}):
    """A step that comes on another day."""

    step: str
    start: Day
    to: Day


class ClientChange(Struct, frozen=True, kw_only=True):
    """What changes for one payer: reminders before and after, and which."""

    payer: str
    name: str
    before: Count
    after: Count
    more: list[PlayedStep]
    fewer: list[PlayedStep]
    moved: list[MovedStep]


class Changes(Struct, frozen=True, kw_only=True):
    """How many reminders more, fewer, on another day; for how many clients."""

    more: Count
    fewer: Count
    moved: Count
    clients: Count


class OrganisationChanges(Changes, frozen=True, kw_only=True):
    """The same, and for whom."""

    by_client: list[ClientChange]


class PlayedOrganisation(Struct, frozen=True, kw_only=True, rename={"start": "from"}):
    """One organisation; a second course, and `changes`, only with --against."""

    organisation: str
    start: Day
    to: Day
    courses: list[PlayedCourse]
    changes: OrganisationChanges | UnsetType = UNSET


class Simulation(Struct, frozen=True, kw_only=True):
    """What `duecourse simulate --json` prints."""

    schema: Schema
    organisations: list[PlayedOrganisation]
    changes: Changes | UnsetType = UNSET


class HistoryEntry(Struct, frozen=True, kw_only=True):
    """One line of the record; `data` as recorded, by its kind."""

    at: Annotated[str, Meta(description="ISO 8601.")]
    kind: str
    what: str
    by: str
    data: dict[str, Any]


class History(Struct, frozen=True, kw_only=True):
    """What `duecourse history CLIENT --json` prints."""

    schema: Schema
    organisation: str
    client: NamedClient
    payer: str
    entries: list[HistoryEntry]
