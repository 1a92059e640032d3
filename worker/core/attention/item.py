"""One thing a person should see, and what the list is made from."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum

from worker.core.decisions import Plan
from worker.core.history import History
from worker.core.inference.spared import Spared
from worker.core.receivable import Snapshot
from worker.core.results import SweepResult
from worker.core.settings import OrganisationSettings


class Section(StrEnum):
    """The parts of the list, in the order in which they are read."""

    WRONG = "Wrong, or not being chased"
    DECIDE = "Decisions wanted"
    REPLIES = "Replies"
    CALLS = "Calls"
    MONEY = "Money in, and promises"
    TODAY = "Goes out today"
    HELD = "Newly held"
    UNREACHED = "Not reached"
    DRAFTS = "Drafts to issue"
    WORTH = "This week"


class Act(StrEnum):
    """What can be done about an item, by a command or by answering the digest; the words are those people write."""

    YES = "yes"
    NO = "no"
    DONE = "done"
    HOLD = "hold"
    STOP = "stop"


@dataclass(frozen=True, slots=True)
class Item:
    """`kind` is stable and machine-readable (a reason code, a task's kind, ...), `sentence` is for people.

    `organisation` is its name in the config. `client_id` is the payer's ("" when it concerns nobody in particular),
    `client` its name. `since`: the first day it was so, as far as is known. `otherwise`: what happens if nothing is
    done. `command` and `config` are lines to type or to paste. `lines` are a call's script (a few words, the text);
    `quoted` is what somebody wrote. `subject` is what `acts` act on: a task's or an approval's id, a message's key,
    else the client. `amounts` per currency.
    """

    section: Section
    kind: str
    organisation: str
    sentence: str
    client_id: str = ""
    client: str = ""
    since: date | None = None
    otherwise: str = ""
    command: str = ""
    config: str = ""
    lines: tuple[tuple[str, str], ...] = ()
    quoted: str = ""
    subject: str = ""
    acts: tuple[Act, ...] = ()
    amounts: Mapping[str, Decimal] = field(default_factory=dict)

    @property
    def key(self) -> str:
        """The same thing has the same key every morning."""
        return "\x1f".join((self.organisation, self.kind, self.client_id, self.subject))


@dataclass(frozen=True, slots=True)
class Morning:
    """One organisation as it stands. `result` needs no plan when it was skipped; then `skipped_since` says from when.

    `today` is the plan for the rest of the day (what goes when the window opens); without it, `result`'s own. `since`
    maps `worker.core.attention.standing.held_key` to the first day of what is held. `before` is the instant of the last
    digest (None: this is the first), `missed` its day when nothing it announced was tried. `spared` is there only on
    the day of the week on which it is told.
    """

    result: SweepResult
    history: History = field(default_factory=History)
    today: Plan | None = None
    since: Mapping[str, date] = field(default_factory=dict)
    before: datetime | None = None
    skipped_since: date | None = None
    spared: Spared | None = None
    missed: date | None = None


@dataclass(frozen=True, slots=True)
class Read:
    """A morning of an organisation whose books could be read: nothing about it is missing."""

    name: str
    result: SweepResult
    snapshot: Snapshot
    settings: OrganisationSettings
    plan: Plan
    today: Plan
    history: History
    since: Mapping[str, date]
    before: datetime | None
    spared: Spared | None
    missed: date | None

    @property
    def day(self) -> date:
        """The organisation's day."""
        return self.plan.as_of.day

    def client(self, client_id: str) -> str:
        """A client's name, or its id."""
        found = self.snapshot.clients.get(client_id)
        return found.name if found else client_id


def read_of(morning: Morning) -> Read | None:
    """The morning with all its parts; None when the organisation was skipped."""
    result = morning.result
    if result.skipped or result.plan is None or result.snapshot is None or result.settings is None:
        return None
    return Read(
        result.organisation,
        result,
        result.snapshot,
        result.settings,
        result.plan,
        morning.today or result.plan,
        morning.history,
        morning.since,
        morning.before,
        morning.spared,
        morning.missed,
    )
