"""What the page of one firm is made of: one sweep's result and what the logbook remembers beside it."""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cached_property
from zoneinfo import ZoneInfo

from worker.core.decisions import Bucket, Decision, Plan, Remind, Standing, Task, Thank
from worker.core.events import Event, EventKind
from worker.core.history import GONE, History, PastMessage, PastTask
from worker.core.inference.forecast import Expected
from worker.core.inference.learn import Learnt
from worker.core.receivable import Client, Credit, Invoice, Snapshot
from worker.core.results import Sent, SweepResult
from worker.core.settings import ClientSettings, OrganisationSettings
from worker.ports import MessageRecord
from worker.report.forecast import Forecast
from worker.report.headline import unsent


@dataclass(frozen=True, slots=True)
class Paper:
    """One message as it will look, or why it cannot be worded (`trouble`). `attached`: what it carries, in words."""

    subject: str = ""
    text: str = ""
    html: str = ""
    sender: str = ""
    to: tuple[str, ...] = ()
    cc: tuple[str, ...] = ()
    reply_to: str = ""
    attached: tuple[str, ...] = ()
    trouble: str = ""


@dataclass(frozen=True)
class Source:
    """One firm that was read. `again`: the options that make a command shown work as it stands, `org` those that
    name the firm where there are several; `since`: see `worker.core.attention.item.Morning`; `worded`: makes a
    message as it will look; `forecast` None: not asked for."""

    result: SweepResult
    snapshot: Snapshot
    settings: OrganisationSettings
    plan: Plan
    history: History
    learnt: Learnt
    forecast: Forecast | None = None
    records: Sequence[MessageRecord] = ()
    events: Sequence[Event] = ()
    worded: Callable[[Remind | Thank], Paper] = lambda _: Paper()
    again: str = ""
    org: str = ""
    since: Mapping[str, date] = field(default_factory=dict)
    by_id: Mapping[str, Invoice] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "by_id", self.snapshot.by_id)

    @property
    def name(self) -> str:
        """The firm's name in the config."""
        return self.result.organisation

    @property
    def title(self) -> str:
        """The firm's name as people know it."""
        return self.settings.display_name or self.snapshot.organisation.name or self.name

    @property
    def live(self) -> bool:
        """Whether this was a live sweep that went through."""
        return self.result.delivered

    @cached_property
    def unsent(self) -> frozenset[str]:
        """Payers a live sweep was to ask and did not."""
        return unsent(self.result)

    def client_of(self, standing: Standing) -> str:
        """The client an invoice belongs to, after merges."""
        return self.snapshot.survivor(standing.client_id)

    def called(self, client_id: str) -> str:
        """A client's name."""
        known: Client | None = self.snapshot.clients.get(client_id)
        return (known.name if known else "") or client_id or "no client in the books"

    def chosen(self, client_id: str) -> ClientSettings | None:
        """What is settled for a client."""
        return self.settings.clients.get(client_id)

    def payer_of(self, client_id: str) -> str:
        """Who receives mail for a client."""
        chosen = self.chosen(client_id)
        return self.snapshot.survivor(chosen.payer_id) if chosen else client_id

    @cached_property
    def standings(self) -> dict[str, list[Standing]]:
        """Where the open invoices of each client stand."""
        found: dict[str, list[Standing]] = defaultdict(list)
        for standing in self.plan.standings:
            found[self.client_of(standing)].append(standing)
        return dict(found)

    @cached_property
    def owing(self) -> dict[str, list[Standing]]:
        """The same by payer."""
        found: dict[str, list[Standing]] = defaultdict(list)
        for standing in self.plan.standings:
            found[standing.payer_id].append(standing)
        return found

    @cached_property
    def decisions(self) -> dict[str, list[Decision]]:
        """What was decided about each payer."""
        found: dict[str, list[Decision]] = defaultdict(list)
        for decision in self.plan.decisions:
            if decision.payer_id:
                found[decision.payer_id].append(decision)
        return dict(found)

    @cached_property
    def outgoing(self) -> tuple[Remind | Thank, ...]:
        """What leaves today, or left: reminders first, by name."""
        gone = [s.decision for s in self.result.sent] if self.live else []
        found = gone or [d for d in self.plan.decisions if isinstance(d, Remind | Thank)]
        return tuple(sorted(found, key=lambda d: (isinstance(d, Thank), self.called(d.payer_id).casefold(), d.key)))

    @cached_property
    def writing(self) -> dict[str, list[Remind | Thank]]:
        """The same by payer."""
        found: dict[str, list[Remind | Thank]] = defaultdict(list)
        for decision in self.outgoing:
            found[decision.payer_id].append(decision)
        return dict(found)

    @cached_property
    def tasks(self) -> dict[str, list[Task]]:
        """What a person is asked to do, by payer."""
        found: dict[str, list[Task]] = defaultdict(list)
        for task in self.result.tasks:
            found[task.payer_id].append(task)
        return dict(found)

    @cached_property
    def client_ids(self) -> tuple[str, ...]:
        """Every client with a page: those who owe, and those something is decided about; by name."""
        found = {*self.standings, *(p for p in self.decisions if p in self.snapshot.clients)}
        return tuple(sorted(found, key=lambda c: (self.called(c).casefold(), c)))

    @cached_property
    def pages(self) -> frozenset[str]:
        """Clients that have a page of their own."""
        return frozenset(self.client_ids)

    @cached_property
    def outcomes(self) -> dict[str, Sent]:
        """How the messages that were handed off ended, by key."""
        return {s.decision.key: s for s in self.result.sent}

    @cached_property
    def credits(self) -> dict[str, list[Credit]]:
        """Live credit of each client."""
        found: dict[str, list[Credit]] = defaultdict(list)
        for credit in self.snapshot.credits:
            if credit.live and credit.remaining > 0:
                found[self.snapshot.survivor(credit.client_id)].append(credit)
        return found

    @cached_property
    def said(self) -> dict[str, list[PastMessage]]:
        """The messages each payer received, oldest first."""
        found: dict[str, list[PastMessage]] = defaultdict(list)
        for message in self.history.messages:
            if message.state in GONE:
                found[self.snapshot.survivor(message.payer_id)].append(message)
        return found

    @cached_property
    def letters(self) -> dict[str, list[MessageRecord]]:
        """The same as stored: with addresses, subjects and what the mailer said."""
        found: dict[str, list[MessageRecord]] = defaultdict(list)
        for record in self.records:
            if record.state in GONE or record.handed_at:
                found[self.snapshot.survivor(record.payer_id)].append(record)
        return found

    @cached_property
    def logged(self) -> dict[str, list[Event]]:
        """Contacts somebody put on record, by client, with who did."""
        found: dict[str, list[Event]] = defaultdict(list)
        for event in self.events:
            if event.kind is EventKind.LOG:
                found[self.snapshot.survivor(event.subject)].append(event)
        return found

    @cached_property
    def outlook(self) -> dict[str, Expected]:
        """When the money of each open invoice is expected."""
        return {o.invoice.id: o.expected for o in (self.forecast.invoices if self.forecast else ())}

    @cached_property
    def done(self) -> dict[str, list[PastTask]]:
        """Tasks of each payer, done or open."""
        found: dict[str, list[PastTask]] = defaultdict(list)
        for task in self.history.tasks:
            found[self.snapshot.survivor(task.payer_id)].append(task)
        return found

    def local(self, at: datetime) -> date:
        """The firm's own day of an instant."""
        return at.astimezone(ZoneInfo(self.settings.zone)).date()

    def bucket_of(self, standing: Standing) -> Bucket:
        """Where a standing really is: what a live sweep could not send still waits."""
        lost = standing.reason.code == "remind" and standing.payer_id in self.unsent
        return Bucket.WAITING if lost else standing.bucket
