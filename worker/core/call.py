"""A phone call: whom to ask for, what it is about, what to say, and what was said before."""

from worker.core.decisions import Task
from worker.core.history import GONE, UNHEARD, History
from worker.core.money import Money, totals
from worker.core.receivable import Snapshot
from worker.core.settings import OrganisationSettings
from worker.core.words import day, money

BEFORE = 5


def call_lines(
    task: Task, snapshot: Snapshot, settings: OrganisationSettings, history: History
) -> list[tuple[str, str]]:
    """The call in order: a few words, then the text. Nobody's debts but this payer's are named."""
    client = snapshot.clients.get(task.payer_id)
    ids = [a.invoice_id for a in task.advances]
    invoices = [i for i in map(snapshot.invoice, ids) if i and i.is_open]
    owed = money(totals(Money(i.open, i.currency) for i in invoices))
    people = ", ".join(p.name for p in client.people if p.name) if client else ""
    first = f"{client.first_name} {client.last_name}".strip() if client else ""
    name = settings.display_name or snapshot.organisation.name
    numbers = ", ".join(i.number for i in invoices)
    lines = [("ask for", first or people or "whoever pays invoices")]
    lines += [
        ("about", f"{i.number}, {money({i.currency: i.open})}, due {day(i.due)}" + (f", {i.work}" if i.work else ""))
        for i in sorted(invoices, key=lambda i: (i.due is None, i.due, i.number))
    ]
    lines += [
        ("say", f"This is {name}. I am calling about {numbers}, {owed}. Has everything reached you as you need it?"),
        ("ask", "Is anything in the way: a question, a missing order number, the wrong person?"),
        ("ask", "On which day will it be paid? Is it approved for your next payment run?"),
        ("do not", "threaten, mention law or fees, or speak about it with anybody who does not pay invoices there"),
    ]
    return lines + _before(task.payer_id, history)


def _before(payer_id: str, history: History) -> list[tuple[str, str]]:
    sent = [(m.on, m.step or "thanks", m.state) for m in history.messages if m.payer_id == payer_id and m.state in GONE]
    said = [(on, f"{step}: did not arrive" if state in UNHEARD else f"{step} by e-mail") for on, step, state in sent]
    said += [(c.on, c.what) for c in history.contacts if c.client_id == payer_id]
    said += [(p.made_on, f"promised to pay by {day(p.by)}") for p in history.promises if p.client_id == payer_id]
    found = [("before", f"{day(on)}: {what}") for on, what in sorted(said)[-BEFORE:]]
    return found or [("before", "nobody was in touch about it, as far as is on record")]
