"""Past contacts as values: what was sent, done, promised and recorded, replayed from the logbook's rows.

The level an invoice has reached is never stored; it is derived from these values each time.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum

from worker.core.settings import Dispute, Hold, InstalmentPlan, Promise


class MessageKind(StrEnum):
    """A reminder chases; thanks do not."""

    REMINDER = "reminder"
    THANKS = "thanks"


class MessageState(StrEnum):
    """The life of one message; reliability of each transition is the logbook's business."""

    PLANNED = "planned"
    CLAIMED = "claimed"
    HANDED = "handed"
    ACCEPTED = "accepted"
    DEFERRED = "deferred"
    DELIVERED = "delivered"
    BOUNCED = "bounced"
    DROPPED = "dropped"
    COMPLAINED = "complained"
    REJECTED = "rejected"
    CANCELLED = "cancelled"
    EXPIRED = "expired"
    UNCERTAIN = "uncertain"
    RESOLVED_SENT = "resolved sent"
    RESOLVED_NOT_SENT = "resolved not sent"


GONE = frozenset(
    {
        MessageState.HANDED,
        MessageState.ACCEPTED,
        MessageState.DEFERRED,
        MessageState.DELIVERED,
        MessageState.BOUNCED,
        MessageState.DROPPED,
        MessageState.COMPLAINED,
        MessageState.UNCERTAIN,
        MessageState.RESOLVED_SENT,
    }
)
"""States that count as sent for gaps, ceilings and step order."""

UNHEARD = frozenset({MessageState.BOUNCED, MessageState.DROPPED, MessageState.COMPLAINED})
"""States in which we know the client did not hear us."""

NOT_KNOWN_HEARD = UNHEARD | {MessageState.UNCERTAIN, MessageState.HANDED, MessageState.DEFERRED}
"""States in which nobody may say to the client that we wrote."""


@dataclass(frozen=True, slots=True)
class Advance:
    """A child row: this message (or task) moved this invoice, in this round, to this step.

    `run` is the payment run the step was anchored on, kept with the invoice; `amount` what was open then.
    """

    invoice_id: str
    round: int
    step: str
    amount: Decimal = Decimal(0)
    currency: str = ""
    run: date | None = None
    hard: bool = False


@dataclass(frozen=True, slots=True)
class PastMessage:
    """One message. `on` is the local date of its hand-off (of planning before that), `granted` the day it allowed."""

    key: str
    kind: MessageKind
    payer_id: str
    state: MessageState
    on: date
    step: str = ""
    after_due: bool = False
    advances: tuple[Advance, ...] = ()
    listed: tuple[str, ...] = ()
    payment_ids: tuple[str, ...] = ()
    to: tuple[str, ...] = ()
    granted: date | None = None
    mailer: str = ""


@dataclass(frozen=True, slots=True)
class PastTask:
    """Something a person was asked to do. `done`: the day of its outcome; `again`: when *no answer* returns."""

    id: str
    payer_id: str
    kind: str
    opened: date
    step: str = ""
    advances: tuple[Advance, ...] = ()
    outcome: str = ""
    done: date | None = None
    attempts: int = 0
    again: date | None = None
    why: str = ""

    @property
    def is_open(self) -> bool:
        """Still waiting for a person."""
        return self.done is None


@dataclass(frozen=True, slots=True)
class Contacted:
    """A contact somebody logged (`duecourse log`): counts towards gap and spacing for these clients' invoices.

    `step`: the rung it was for its invoices, where the record of what came before duecourse says so.
    """

    client_id: str
    on: date
    what: str
    invoice_ids: tuple[str, ...] = ()
    step: str = ""


class ReplyKind(StrEnum):
    """What came back. Only a person's answer is one; `GONE`: whoever we write to no longer works there; `LATE`: a mail
    server is still trying to deliver."""

    ANSWER = "answer"
    AWAY = "away"
    AUTOMATIC = "automatic"
    GONE = "gone"
    BOUNCE = "bounce"
    LATE = "late"


@dataclass(frozen=True, slots=True)
class Reply:
    """Something that came back from a payer. `on` is the local day we noticed it; `text` without what it quotes.

    `until`: the last day somebody is away, or a server still tries. `message`: key of our message, if known.
    """

    id: str
    payer_id: str
    what: ReplyKind
    on: date
    sender: str = ""
    about: str = ""
    text: str = ""
    until: date | None = None
    message: str = ""

    @property
    def task_id(self) -> str:
        """The task that asks a person to read it; done means read and decided."""
        return f"reply:{self.id}"


@dataclass(frozen=True, slots=True)
class PassedBy:
    """A step whose `if` was false when it came due: passed by for this invoice and round."""

    invoice_id: str
    round: int
    step: str
    on: date


@dataclass(frozen=True, slots=True)
class Waited:
    """We already put this step off once for a payment run, until this date."""

    invoice_id: str
    round: int
    step: str
    until: date


@dataclass(frozen=True, slots=True)
class Approval:
    """A yes (or no) to exactly what it names; used once. `names` are the ids the proposal listed."""

    id: str
    kind: str
    given: bool
    on: date
    names: tuple[str, ...] = ()
    limit: int = 0
    used: bool = False
    amounts: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Baseline:
    """The approved start of live chasing: identity, policy and what happens to the backlog."""

    on: date
    identity: str
    backlog: str


@dataclass(frozen=True, slots=True)
class History:
    """All of the above for one organisation, in a canonical order."""

    messages: tuple[PastMessage, ...] = ()
    tasks: tuple[PastTask, ...] = ()
    holds: tuple[Hold, ...] = ()
    disputes: tuple[Dispute, ...] = ()
    promises: tuple[Promise, ...] = ()
    plans: tuple[InstalmentPlan, ...] = ()
    contacts: tuple[Contacted, ...] = ()
    replies: tuple[Reply, ...] = ()
    passed: tuple[PassedBy, ...] = ()
    waited: tuple[Waited, ...] = ()
    approvals: tuple[Approval, ...] = ()
    proposals: tuple[Approval, ...] = ()
    rejected: tuple[Approval, ...] = ()
    baseline: Baseline | None = None
    reconciled: date | None = None
    forecast: Mapping[str, int] = field(default_factory=dict)
    addresses: Mapping[str, str] = field(default_factory=dict)
    confirmed_addresses: Mapping[str, str] = field(default_factory=dict)
    reopened_looked_at: frozenset[str] = frozenset()
    first_seen: Mapping[str, datetime] = field(default_factory=dict)
