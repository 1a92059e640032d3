"""By when an invoice should be issued so that a client's next payment run can pay it."""

from datetime import date, timedelta
from statistics import median_low

from worker.core.payment_run import RunSchedule, Takes
from worker.core.receivable import Invoice

LOOKED_AT = 12
"""Newest invoices whose terms are looked at."""


def usual_terms(invoices: list[Invoice]) -> int | None:
    """Days from issue to due that are usual for these invoices; None when none has both dates."""
    dated = sorted((i.issued, (i.due - i.issued).days) for i in invoices if i.issued and i.due)
    terms = [days for _, days in dated[-LOOKED_AT:]]
    return median_low(terms) if terms else None


def issue_by(schedule: RunSchedule, terms: int, day: date) -> tuple[date, date] | None:
    """The last day to issue for the earliest run that an invoice issued from `day` on can still make, and that run.

    Issued counts as approved: a client that takes days to approve needs a cut-off. None when there is no such run.
    """
    run = schedule.run_for(day, day + timedelta(days=terms))
    if run is None:
        return None
    last = schedule.cut_off_of(run)
    due_by = run
    if schedule.takes is Takes.DUE_BEFORE_NEXT_RUN:
        following = schedule.next_run(run + timedelta(days=1))
        due_by = following - timedelta(days=1) if following else run
    if schedule.takes is not Takes.EVERYTHING_APPROVED:
        last = min(last, due_by - timedelta(days=terms))
    return max(last, day), run
