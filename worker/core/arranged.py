"""Arrangements that suspend the ladder: agreed instalments, and money that is collected.

What is paid towards a plan is what its invoices no longer owe, so that any payment on any of them counts and a payment
taken back re-opens its instalment. One instalment is asked for at a time.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from worker.core.history import PastTask
from worker.core.payment_run import RunSchedule
from worker.core.policy import Track
from worker.core.receivable import Invoice
from worker.core.settings import InstalmentPlan
from worker.core.workdays import Calendar

SETTLE_DAYS = 2
"""Business days after an instalment's day before we believe that nothing came."""
COLLECT_DAYS = 5
"""Business days until a collection that went well shows in the books."""
FAILED = "failed"
"""The outcome by which a person confirms that a collection did not arrive."""


@dataclass(frozen=True, slots=True)
class Arrangement:
    """What suspends an invoice's ladder. `tag` tells apart the steps of one instalment (or collection) from another's;
    `on` is the day the steps hang on, None while nothing was missed."""

    track: Track = Track.LADDER
    tag: str = ""
    on: date | None = None


NONE = Arrangement()


@dataclass(frozen=True, slots=True)
class PlanState:
    """A plan as its invoices are now. `number` (from 1) is the first instalment not fully paid, 0 when all are; `due`
    its day, `wanting` what it still lacks; `missed` how many instalments are past their day and not paid."""

    plan: InstalmentPlan
    open: Decimal
    number: int = 0
    due: date | None = None
    wanting: Decimal = Decimal(0)
    missed: int = 0

    @property
    def remains(self) -> Decimal:
        """What stays open when the instalment that is wanting has come."""
        return self.open - self.wanting


def plan_state(plan: InstalmentPlan, invoices: Iterable[Invoice], day: date, calendar: Calendar) -> PlanState:
    """Where a plan stands on `day`; `invoices` are those it covers. An instalment is missed two business days after
    its day."""
    left = sum((i.open for i in invoices if i.is_open), Decimal(0))
    paid, reached = plan.total - left, Decimal(0)
    first: tuple[int, date, Decimal] | None = None
    missed = 0
    for number, (due, amount) in enumerate(plan.parts, 1):
        reached += amount
        if paid >= reached:
            continue
        first = first or (number, due, min(reached - paid, left))
        missed += day >= calendar.add(due, SETTLE_DAYS)
    if first is None or left <= 0:
        return PlanState(plan, left)
    return PlanState(plan, left, *first, missed=missed)


def collection_day(
    schedule: RunSchedule, invoice: Invoice, tasks: dict[str, PastTask], handled: Iterable[str]
) -> date | None:
    """The collection that should bring this invoice's money: the first on or after its due date, and after each one a
    person has dealt with (by another outcome than `failed`, or by the message that followed it) the next."""
    start, done = invoice.due or invoice.issued, set(handled)
    for _ in range(240):
        day = schedule.next_run(start) if start else None
        if day is None:
            return None
        task = tasks.get(collection_task(invoice, day))
        if task is None or task.done is None or (task.outcome == FAILED and day.isoformat() not in done):
            return day
        start = max(day, task.done) + timedelta(days=1)
    return None


def collection_task(invoice: Invoice, day: date) -> str:
    """The stable id of the task about one collection of one invoice."""
    return f"collection-missed:{invoice.id}:{invoice.round}:{day}"
