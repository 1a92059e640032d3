"""What `decide` answers: decisions with their reasons, and where every open invoice stands."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, time
from decimal import Decimal
from enum import StrEnum

from worker.core.history import Advance
from worker.core.message import MessageModel
from worker.core.policy import Stage
from worker.core.receivable import Payment
from worker.core.settings import Address


@dataclass(frozen=True, slots=True)
class AsOf:
    """The one moment a sweep reasons with: the local date and time of day in the organisation's zone."""

    day: date
    at: time


class Bucket(StrEnum):
    """Chased + waiting + held + excluded = the books' receivables, to the cent, per currency."""

    CHASED = "chased"
    WAITING = "waiting"
    HELD = "held"
    EXCLUDED = "excluded"


@dataclass(frozen=True, slots=True)
class Reason:
    """A reason code, its sentence for a bookkeeper, the evidence behind it and the file and line that decided."""

    code: str
    sentence: str
    evidence: Mapping[str, str] = field(default_factory=dict)
    place: str = ""


@dataclass(frozen=True, slots=True)
class Standing:
    """Where one open invoice stands after this sweep. `next_on` is when something next happens, if known."""

    invoice_id: str
    client_id: str
    payer_id: str
    currency: str
    amount: Decimal
    bucket: Bucket
    reason: Reason
    step: str = ""
    next_on: date | None = None


@dataclass(frozen=True, slots=True)
class Remind:
    """Send this step's message to this payer now. `key` identifies it for ever.

    `payments` are those its first line gives thanks for: they get child rows too, so they are thanked once.
    """

    key: str
    payer_id: str
    step: str
    stage: Stage
    to: tuple[Address, ...]
    cc: tuple[Address, ...]
    advances: tuple[Advance, ...]
    model: MessageModel
    reason: Reason
    listed: tuple[str, ...] = ()
    granted: date | None = None
    client_ids: tuple[str, ...] = ()
    approval: str = ""
    payments: tuple[Payment, ...] = ()


@dataclass(frozen=True, slots=True)
class Thank:
    """Thank this payer for one receipt: the payments in it, each a child row of its own."""

    key: str
    payer_id: str
    to: tuple[Address, ...]
    cc: tuple[Address, ...]
    payments: tuple[Payment, ...]
    model: MessageModel
    reason: Reason
    client_ids: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Wait:
    """Nothing to this payer before `until` (None: until something changes)."""

    payer_id: str
    until: date | None
    reason: Reason


@dataclass(frozen=True, slots=True)
class Task:
    """Something only a person can do. `id` is stable, so it is opened once; `advances` are rows it moves when done."""

    id: str
    payer_id: str
    kind: str
    what: str
    reason: Reason
    advances: tuple[Advance, ...] = ()
    step: str = ""
    is_new: bool = True


@dataclass(frozen=True, slots=True)
class Refuse:
    """A guard says no: for a payer, or for the whole sweep when `payer_id` is empty."""

    payer_id: str
    reason: Reason
    approval: str = ""
    to_paste: str = ""


Decision = Remind | Thank | Wait | Task | Refuse


@dataclass(frozen=True, slots=True)
class Note:
    """A fact to keep for next time: a step passed by, a wait begun, a run a step was anchored on.

    `ordinary`: of a wait, the day the step would have come without the run, so that the gain can be measured.
    """

    kind: str
    invoice_id: str
    round: int
    step: str
    on: date
    ordinary: date | None = None


@dataclass(frozen=True, slots=True)
class Proposal:
    """Something that needs a person's yes: its id is what they paste or type."""

    id: str
    kind: str
    sentence: str
    names: tuple[str, ...] = ()
    amounts: Mapping[str, str] = field(default_factory=dict)
    limit: int = 0


@dataclass(frozen=True, slots=True)
class Plan:
    """Everything decided for one organisation at one moment."""

    as_of: AsOf
    decisions: tuple[Decision, ...]
    standings: tuple[Standing, ...]
    notes: tuple[Note, ...] = ()
    proposals: tuple[Proposal, ...] = ()
    warnings: tuple[str, ...] = ()

    def of(self, kind: type[Remind] | type[Thank] | type[Wait] | type[Task] | type[Refuse]) -> tuple[Decision, ...]:
        """The decisions of one kind, in order."""
        return tuple(d for d in self.decisions if isinstance(d, kind))
