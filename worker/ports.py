"""The ports: what the sweep needs from the outside, as protocols over core values.

Adapters (connectors, logbook, mail, wording, ping) implement them; only `worker.app` names a concrete class.
All instants are aware UTC datetimes; `monotonic` is seconds. Nothing here performs I/O.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol, runtime_checkable

from worker.core.decisions import Remind, Thank
from worker.core.earlier import BooksNote
from worker.core.events import Event, EventKind
from worker.core.grant import Grant
from worker.core.history import History, MessageState
from worker.core.message import Attachment, Letter, MessageModel, Rendered
from worker.core.permits import Allowed, Rate
from worker.core.receivable import Client, Credit, Invoice, Organisation, Payment, Snapshot
from worker.core.usage import Used


class Clock(Protocol):
    """Wall and monotonic time. `--now` moves the wall clock only."""

    def now(self) -> datetime:
        """The current instant, aware, UTC."""

    def monotonic(self) -> float:
        """Seconds on a clock that never steps; meaningful only as differences."""

    def sleep(self, seconds: float) -> None:
        """Wait, for pacing and back-off."""


class Capability(StrEnum):
    """What a platform can do beyond being read."""

    NOTES = "notes"
    PAY_LINKS = "pay links"
    BATCHES = "batches"
    SENT_FLAG = "sent flag"
    LAST_LOOK = "last look"
    INCREMENTAL = "incremental"
    PDF = "pdf"


@dataclass(frozen=True, slots=True)
class Gone:
    """Ids of what the books say was deleted, where they say nothing else about it any more."""

    invoices: tuple[str, ...] = ()
    credits: tuple[str, ...] = ()
    payments: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Page:
    """Part of a reading, as core values. `organisation` comes once; `total`: rows expected, if known.

    `every_client`: these are all the clients of books whose ids follow their names. One no longer here whose open
    invoices now bear another name was renamed: what is held under the old name goes on holding.
    """

    organisation: Organisation | None = None
    clients: tuple[Client, ...] = ()
    invoices: tuple[Invoice, ...] = ()
    credits: tuple[Credit, ...] = ()
    payments: tuple[Payment, ...] = ()
    gone: Gone = Gone()
    warnings: tuple[str, ...] = ()
    resource: str = ""
    total: int | None = None
    every_client: bool = False


@dataclass(frozen=True, slots=True)
class Look:
    """A last look: the invoices and clients asked for, as the books have them now. A missing id no longer exists."""

    invoices: Mapping[str, Invoice]
    clients: Mapping[str, Client]


class Reading(Protocol):
    """One pass over the books. Iterate `pages()` to the end, then `watermark()` is what the next reading starts from.

    `full` says whether the reading covers everything open (rows it does not show are gone) or only changes.
    """

    full: bool

    def pages(self) -> Iterator[Page]:
        """Pages in any order. Raises BooksError; a reading that raised must be thrown away whole."""

    def watermark(self) -> str:
        """Opaque text, valid after the last page."""


class Books(Protocol):
    """The accounting platform of one organisation."""

    capabilities: frozenset[Capability]

    def read(self, watermark: str | None, now: datetime, known_open: Sequence[str] = ()) -> Reading:
        """Start a reading from a watermark (None: everything). `known_open` are the invoices the mirror holds open,
        for the daily re-read that "changed since" cannot replace. Raises BooksError."""

    def prepare(self, invoice_ids: Sequence[str]) -> None:
        """Fetch what is slow and does not age (pay links) before the last look at these invoices; may wait for a
        free place in the platform's minute. Never raises BooksError: without it a message still goes."""

    def look(self, invoice_ids: Sequence[str], client_ids: Sequence[str]) -> Look:
        """Read these again, in bulk, with invoice lines (`work`) and pay links where the platform has them."""

    def note(self, invoice_id: str, text: str) -> None:
        """Write a note into the books' own history of an invoice. Raises BooksError; needs Capability.NOTES."""

    def pdf(self, invoice_id: str) -> bytes:
        """An invoice as the platform prints it, at most 5 MB and really a PDF. Raises BooksError; needs
        Capability.PDF."""


@runtime_checkable
class Metered(Protocol):
    """Books that count what they ask: platforms price and limit it."""

    @property
    def usage(self) -> Mapping[str, Used]:
        """What was asked of the platform through this object so far, by purpose."""


@runtime_checkable
class Remembering(Protocol):
    """Books that keep a history of each invoice which a program may read."""

    @property
    def spare(self) -> bool:
        """Whether today's calls suffice for more than last looks."""

    def history(self, invoice_id: str) -> Sequence[BooksNote]:
        """The lines of an invoice's history, newest first, a call each. Raises BooksError."""


class MirrorWriter(Protocol):
    """The open transaction of one reading: rows and watermark commit together or not at all."""

    def add(self, page: Page) -> None:
        """Upsert the rows of one page."""

    def finish(self, watermark: str, *, full: bool) -> Snapshot:
        """Commit. When `full`, open rows that were not shown count as deleted. Returns the new snapshot."""


@dataclass(frozen=True, slots=True)
class MessageRecord:
    """One message as stored. `raw` are the rendered bytes (present from hand-off), `letter_to` the addresses."""

    key: str
    kind: str
    payer_id: str
    step: str
    state: MessageState
    attempt: int
    message_id: str
    to: tuple[str, ...]
    subject: str
    planned_at: datetime
    handed_at: datetime | None = None
    settled_at: datetime | None = None
    provider_id: str = ""
    detail: str = ""
    raw: bytes = b""
    mailer: str = ""


@dataclass(frozen=True, slots=True)
class Claim:
    """The right to hand one message off. `epoch` fences: a row claimed again since has a higher one."""

    key: str
    epoch: int
    attempt: int


class Logbook(Protocol):
    """The durable record of one instance. Every method that names an organisation touches that organisation only."""

    def instance_id(self) -> str:
        """The random id this store was born with; a restored or cloned store gets a new one."""

    def lease(self, organisation: str, holder: str, now: datetime, length: timedelta) -> bool:
        """Take or renew the organisation's sweep lease. False when another holder's lease has not run out."""

    def unlease(self, organisation: str, holder: str) -> None:
        """Give the lease back, if still ours."""

    def reading(self, organisation: str, now: datetime) -> AbstractContextManager[MirrorWriter]:
        """Open the mirror for one reading; leaving without `finish` rolls everything back."""

    def watermark(self, organisation: str) -> str | None:
        """What the last complete reading ended at; None before the first or after `resync`."""

    def open_ids(self, organisation: str) -> tuple[str, ...]:
        """Ids of the invoices the mirror holds open."""

    def snapshot(self, organisation: str) -> Snapshot | None:
        """The mirror as of the last complete reading: open invoices, those our messages name, recent payments."""

    def resync(self, organisation: str) -> None:
        """Forget the watermark; the next reading is full. Rounds and first-seen times are kept."""

    def history(self, organisation: str, zone: str = "") -> History:
        """Everything recorded, replayed into values. Days are local to `zone` (IANA), else to the zone the books
        name, else UTC."""

    def record(self, organisation: str, *events: Event) -> None:
        """Append events in one transaction; one whose `key` exists already is left out."""

    def events(self, organisation: str, subject: str | None = None, kind: EventKind | None = None) -> tuple[Event, ...]:
        """Recorded events, oldest first."""

    def plan(self, organisation: str, sweep_id: str, decision: "Remind | Thank", now: datetime) -> bool:
        """Write a message and its child rows as *planned*. False when any child row exists already: never twice."""

    def claim(self, organisation: str, key: str, holder: str, now: datetime, lease: timedelta) -> Claim | None:
        """planned (or an expired claim) -> claimed, by compare-and-set. None when somebody else has it."""

    def hand(self, organisation: str, claim: Claim, letter: Letter, raw: bytes, mailer: str, now: datetime) -> bool:
        """claimed -> handed, durable before this returns. False when the claim is no longer ours."""

    def settle(
        self,
        organisation: str,
        key: str,
        state: MessageState,
        now: datetime,
        provider_id: str = "",
        detail: str = "",
        claim: Claim | None = None,
    ) -> None:
        """Record an outcome: accepted, planned again (after a refusal that was read), rejected, cancelled, uncertain,
        or a person's resolution. Illegal transitions raise LogbookError; so does a `claim` that was lost since. Only
        the claim that handed a message off may put it back to planned: without it somebody else's would be repeated."""

    def recover(self, organisation: str, now: datetime, grace: timedelta) -> tuple[str, ...]:
        """Put expired claims back to planned and hand-offs older than `grace` with no outcome to uncertain.
        Returns the keys that became uncertain."""

    def unfinished(self, organisation: str) -> tuple[MessageRecord, ...]:
        """Messages planned or claimed but never handed."""

    def messages(
        self, organisation: str, payer_id: str | None = None, states: Sequence[MessageState] = ()
    ) -> tuple[MessageRecord, ...]:
        """All messages (in these states, when any are named), oldest first, without their bytes unless one payer is
        named."""

    def remember_link(self, organisation: str, invoice_id: str, url: str) -> None:
        """Cache a pay link (a capability: never logged)."""

    def close(self) -> None:
        """Release the database."""


class Outcome(StrEnum):
    """How a hand-off ended, by what was read back (reliability 2b). Only NOT_SENT and LATER allow another attempt."""

    ACCEPTED = "accepted"
    NOT_SENT = "not sent"
    LATER = "later"
    REJECTED = "rejected"
    CREDENTIAL = "credential"
    UNCERTAIN = "uncertain"


@dataclass(frozen=True, slots=True)
class Receipt:
    """What the mailer says of one hand-off. `retry_after` in seconds for LATER, when known."""

    outcome: Outcome
    provider_id: str = ""
    detail: str = ""
    retry_after: float | None = None


class Reach(StrEnum):
    """How far a mailer's letters can get."""

    FOLDER = "folder"
    LOOPBACK = "loopback"
    OUTSIDE = "outside"


class Mailer(Protocol):
    """Hands letters off. `prepare` makes and checks the exact bytes; `send` writes them once."""

    name: str
    reach: Reach

    def prepare(self, letter: Letter, now: datetime) -> bytes:
        """The bytes that will be on the wire (MIME, or the provider's JSON). Raises ValueError when a header or
        address is not exactly what the letter says (I26)."""

    def send(self, letter: Letter, raw: bytes, handed: Callable[[], bool]) -> Receipt:
        """Connect, call `handed()` immediately before the first body byte, and write only if it returned True.
        Never raises for what the other side does; never retries after `handed()`."""

    def close(self) -> None:
        """Close the connection."""


class Wording(Protocol):
    """Turns a message model into words."""

    def render(self, model: MessageModel) -> Rendered:
        """Raises WordingError (a ValueError) when the template and the model do not fit."""

    def attachments(self, model: MessageModel) -> tuple[Attachment, ...]:
        """What the message carries besides its words. Raises WordingError when it cannot be made."""


class Composer(Protocol):
    """Makes the letter of a decision: wording, sender, threading, redirect and archive are its business."""

    def compose(self, decision: Remind | Thank, attempt: int) -> Letter:
        """The letter for this attempt (1, 2, ...). Raises ValueError when it cannot be worded or addressed."""


class Tokens(Protocol):
    """A durable store of grants, by connection name. What `save` returned from survives a power cut.

    No method gives away or deletes a token by itself: `forget` is for a connection that was revoked at the platform.
    """

    def names(self) -> tuple[str, ...]:
        """Every connection kept here, sorted. Raises ConnectionBroken if that cannot be told."""

    def load(self, name: str) -> Grant | None:
        """The newest grant, or None when nothing was ever saved. Raises ConnectionBroken if it cannot be read."""

    def save(self, name: str, grant: Grant) -> None:
        """Keep this grant durably, in place of the one before. Raises ConnectionBroken if that fails."""

    def prove(self, name: str) -> None:
        """Show that `save` would work now, and last. Raises ConnectionBroken when it would not."""

    def lock(self, name: str) -> AbstractContextManager[None]:
        """Hold off every other refresher of this name, in any process. A process that dies lets go."""

    def forget(self, name: str) -> None:
        """Drop a connection that the platform has revoked; nothing happens when there is none."""


class Permits(Protocol):
    """Where all workers count the calls they may make together."""

    def take(self, wanted: Mapping[Rate, int]) -> Mapping[Rate, Allowed]:
        """So many permits of each limit, good now or from a moment soon. Raises LogbookError when it cannot tell."""


class Ping(Protocol):
    """The dead-man's switch: somebody outside notices when we fall silent. Never raises."""

    def start(self, sweep_id: str) -> None:
        """Work begins."""

    def finish(self, sweep_id: str, ok: bool, counts: Mapping[str, int]) -> None:
        """Work ended after the last commit; `ok` false when any organisation was skipped."""


class Progress(Protocol):
    """Shows long work to a person; every method is cheap and may do nothing."""

    def step(self, what: str, done: int, total: int | None = None) -> None:
        """`done` of `total` rows of `what`."""
