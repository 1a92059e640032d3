"""What one sweep did, as values for reports, the ping and exit codes."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from worker.core.decisions import Plan, Refuse, Remind, Task, Thank
from worker.core.receivable import Snapshot
from worker.core.settings import OrganisationSettings
from worker.core.usage import Used


@dataclass(frozen=True, slots=True)
class Sent:
    """One message that was handed off, and how that ended (`accepted`, `uncertain`, `rejected`, `not sent`...)."""

    decision: Remind | Thank
    outcome: str
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Dropped:
    """A message the last look took back, and why."""

    payer_id: str
    why: str


@dataclass(frozen=True, slots=True)
class SweepResult:
    """One organisation's sweep. `skipped` says why nothing was decided; `todo` what a person can do about it.

    `elsewhere`: it was skipped because another run is at it, which is nobody's trouble. `left`: this run stopped in
    good time before it (or while reading it), and the next one goes on. `asked`: what it asked of the accounting
    platform.
    """

    organisation: str
    sweep_id: str
    mode: str
    delivered: bool = False
    skipped: str = ""
    todo: str = ""
    elsewhere: bool = False
    left: bool = False
    broken: str = ""
    snapshot: Snapshot | None = None
    settings: OrganisationSettings | None = None
    plan: Plan | None = None
    sent: tuple[Sent, ...] = ()
    dropped: tuple[Dropped, ...] = ()
    uncertain: tuple[str, ...] = ()
    asked: Used = field(default_factory=Used)

    @property
    def refused(self) -> tuple[Refuse, ...]:
        """Guards that stopped the whole sweep."""
        found = self.plan.of(Refuse) if self.plan else ()
        return tuple(d for d in found if isinstance(d, Refuse) and not d.payer_id)

    @property
    def tasks(self) -> tuple[Task, ...]:
        """What only a person can do."""
        return tuple(d for d in (self.plan.of(Task) if self.plan else ()) if isinstance(d, Task))

    @property
    def excused(self) -> bool:
        """Skipped, but nobody has to do anything about it."""
        return self.elsewhere or self.left

    @property
    def needs_person(self) -> bool:
        """Something was skipped, held for a person, uncertain or not sent."""
        unsure = any(s.outcome != "accepted" for s in self.sent)
        wanted = self.plan is not None and bool(self.plan.proposals or self.tasks)
        return bool((self.skipped and not self.excused) or self.broken or self.uncertain or unsure or wanted)


def exit_code(results: tuple[SweepResult, ...]) -> int:
    """0 all done; 1 something needs a person; 3 a guard refused or awaits approval (the worst one wins: 3, 1, 0)."""
    if any(r.refused for r in results):
        return 3
    return 1 if any(r.needs_person for r in results) else 0


def counts_of(results: Sequence[SweepResult]) -> dict[str, int]:
    """The numbers a monitor wants: organisations, planned, sent, held for people, uncertain."""
    plans = [r.plan for r in results if r.plan]
    return {
        "organisations": len(results),
        "skipped": sum(1 for r in results if r.skipped),
        "left": sum(1 for r in results if r.left),
        "refused": sum(1 for r in results if r.refused),
        "sent": sum(1 for r in results for s in r.sent if s.outcome == "accepted"),
        "not_sent": sum(1 for r in results for s in r.sent if s.outcome != "accepted"),
        "dropped": sum(len(r.dropped) for r in results),
        "uncertain": sum(len(r.uncertain) for r in results),
        "tasks": sum(len(r.tasks) for r in results),
        "proposals": sum(len(p.proposals) for p in plans),
        "open_invoices": sum(len(p.standings) for p in plans),
    }
