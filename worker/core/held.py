"""A hold that a guard puts on a payer, or on one step of an invoice."""

from dataclasses import dataclass
from datetime import date

from worker.core.decisions import Proposal, Reason


@dataclass(frozen=True, slots=True)
class Held:
    """`task` opens a task of that kind (under `task_id`, when it has an id of its own), `proposal` can be approved;
    `next_on`: the first day it no longer holds, if that is known."""

    reason: Reason
    task: str = ""
    proposal: Proposal | None = None
    task_id: str = ""
    next_on: date | None = None
