"""What a letter before action may demand: overdue, undisputed, in nobody's promise or plan; interest where certain."""

from dataclasses import dataclass
from datetime import date, timedelta

from worker.core.decisions import Plan
from worker.core.history import GONE, NOT_KNOWN_HEARD, History, MessageKind
from worker.core.interest import figure, why_not
from worker.core.message import InterestFigure
from worker.core.receivable import Invoice, Snapshot
from worker.core.settings import Debtor, OrganisationSettings

BUSINESS_DAYS_TO_PAY, PERSON_DAYS_TO_PAY = 14, 30
"""Days granted. England and Wales' pre-action protocol for debt gives an individual 30; a business gets a fortnight."""

_LEFT_OUT = {
    *("dispute", "dispute-review", "promise", "expected", "plan", "factored", "collects", "hold", "group-hold"),
    *("never-contact", "rule", "never-sent", "delivery-problem", "reopened", "erased", "unmatched-money"),
    *("credit-covers", "deduction", "remainder"),
}
"""What keeps an invoice out of a demand: contested, promised, paid otherwise, never seen, or held by a person."""


@dataclass(frozen=True, slots=True)
class Demand:
    """The facts of one letter, as of `on`. `contacts` are earlier messages known to have arrived ("" as words) and
    logged contacts; `why_no_interest` names what is missing for figures ("" when there, or simply not wanted)."""

    on: date
    until: date
    invoices: tuple[Invoice, ...]
    left_out: tuple[tuple[Invoice, str], ...]
    contacts: tuple[tuple[date, str], ...]
    interest: tuple[InterestFigure, ...]
    why_no_interest: str
    kept: str = ""


def demand_of(
    client_id: str, snapshot: Snapshot, settings: OrganisationSettings, history: History, plan: Plan
) -> Demand:
    """The demand on one client under these settings."""
    chosen, on = settings.clients[client_id], plan.as_of.day
    mine = [i for i in snapshot.invoices if i.is_open and snapshot.survivor(i.client_id) == client_id]
    why = {s.invoice_id: s.reason for s in plan.standings if s.reason.code in _LEFT_OUT}
    overdue = sorted((i for i in mine if i.due and i.due < on), key=lambda i: (i.due or on, i.number))
    asked = tuple(i for i in overdue if i.id not in why)
    left_out = tuple((i, why[i.id].sentence) for i in overdue if i.id in why)
    ids = {i.id for i in asked}
    sent = [
        (m.on, "")
        for m in history.messages
        if m.kind is MessageKind.REMINDER
        and m.state in GONE - NOT_KNOWN_HEARD
        and {a.invoice_id for a in m.advances} & ids
    ]
    said = [(c.on, c.what) for c in history.contacts if c.client_id == client_id]
    figures = [figure(i, on, chosen.charges, settings.rates) for i in asked]
    person = chosen.charges.debtor not in (Debtor.BUSINESS, Debtor.PUBLIC)
    days = PERSON_DAYS_TO_PAY if person else BUSINESS_DAYS_TO_PAY
    missing = why_not(chosen.charges, settings.rates) or ("" if chosen.charges.interest else "late payment: is not set")
    found = tuple(f for f in figures if f)
    contacts = tuple(sorted(sent + said))
    return Demand(on, on + timedelta(days=days), asked, left_out, contacts, found, missing, chosen.never_hand_over)
