"""What must hold of a message at the moment it leaves, asserted in production on the decision itself.

`decide` is built so that none of these can fail; they are checked by other code all the same, because the cost of
being wrong is somebody's good name. An empty answer means the message may go.
"""

from datetime import timedelta

from worker.core.decisions import AsOf, Remind, Thank
from worker.core.history import GONE, History, MessageKind
from worker.core.interest import why_not
from worker.core.money import Money, totals
from worker.core.policy import HolidaysOf, Stage
from worker.core.receivable import Snapshot
from worker.core.settings import OrganisationSettings
from worker.core.threats import threats_in_letter


def violations(
    decision: Remind | Thank, snapshot: Snapshot, settings: OrganisationSettings, history: History, as_of: AsOf
) -> list[str]:
    """Every invariant this message would break, in words."""
    found = _recipients(decision, snapshot, settings) + _window(decision, settings, as_of)
    if isinstance(decision, Thank):
        return found + _thanks(decision, snapshot, history)
    found += _ceilings(decision, settings, history, as_of) + _stopped(decision, snapshot, settings, history, as_of)
    found += _charges(decision, settings)
    return found + _open(decision, snapshot) + _once(decision, history) + _sums(decision) + _dates(decision, as_of)


def refuse_threats(decision: Remind | Thank, text: str) -> None:
    """L5, on the very words that leave: nothing threatens but a final notice a person approved. Raises ValueError."""
    if isinstance(decision, Remind) and decision.stage is Stage.FINAL and decision.approval:
        return
    if found := threats_in_letter(text, decision.model):
        raise ValueError(f"its wording threatens ({', '.join(found)}), and only an approved final notice may")


def _recipients(decision: Remind | Thank, snapshot: Snapshot, settings: OrganisationSettings) -> list[str]:
    """I10: addresses are the payer's own (or its clients'), and there is at least one."""
    allowed: set[str] = set()
    for client_id in (decision.payer_id, *decision.client_ids):
        client, chosen = snapshot.clients.get(client_id), settings.clients.get(client_id)
        if client:
            allowed |= {client.email.lower(), *(p.email.lower() for p in client.people)}
        if chosen:
            roles = [a for written in chosen.roles.values() for a in written]
            allowed |= {a.email.lower() for a in (*chosen.to, *chosen.thanks_to, *chosen.cc)}
            allowed |= {a.email.lower() for a in (*chosen.escalate_to, *roles)}
    strangers = [a.email for a in (*decision.to, *decision.cc) if a.email.lower() not in allowed]
    found = ["a recipient who is not this client's"] if strangers else []
    return found if decision.to else ["no recipient"]


def _window(decision: Remind | Thank, settings: OrganisationSettings, as_of: AsOf) -> list[str]:
    """I19, L2: inside the policy's hours, on one of its days, while nobody it asks about is closed."""
    chosen = settings.clients[decision.payer_id]
    window = chosen.policy.window
    inside = as_of.day.weekday() in window.days and window.opens <= as_of.at < window.closes
    calendars = {HolidaysOf.NONE: (), HolidaysOf.ORGANISATION: (settings.calendar,)}
    closed = [
        c for c in calendars.get(window.holidays, (settings.calendar, chosen.calendar)) if as_of.day in c.holidays
    ]
    if settings.sends_from and as_of.at < settings.sends_from:
        return ["before people could stop it"]
    return [] if inside and not closed else ["outside the mail window"]


def _stopped(
    decision: Remind, snapshot: Snapshot, settings: OrganisationSettings, history: History, as_of: AsOf
) -> list[str]:
    """I21, L4: nothing that is on hold or disputed is asked for, nobody is asked who is never to be, none in a quiet
    period."""
    asked = {a.invoice_id for a in decision.advances} | set(decision.listed)
    owner = {i: snapshot.survivor(known.client_id) for i in asked if (known := snapshot.invoice(i))}
    found = [
        "an invoice on hold"
        for hold in (*history.holds, *settings.holds)
        for i, client in owner.items()
        if snapshot.survivor(hold.client_id) in {client, decision.payer_id} and hold.covers(i, as_of.day)
    ]
    found += [
        "a disputed invoice"
        for dispute in (*history.disputes, *settings.disputes)
        for i, client in owner.items()
        if snapshot.survivor(dispute.client_id) == client and i in (dispute.invoice_ids or (i,))
    ]
    chosen = (settings.clients.get(c) for c in {decision.payer_id, *owner.values()})
    found += ["somebody who is never contacted" for c in chosen if c and (c.never_contact or c.factored)]
    found += ["a quiet period" for q in settings.quiet if q.covers(as_of.day) and not q.hard_only]
    return sorted(set(found))


def _charges(decision: Remind, settings: OrganisationSettings) -> list[str]:
    """L6, L8 to L11: what late payment costs is said in a final notice alone, and only on a certain basis."""
    if not (decision.model.interest or decision.model.late_fee_notice):
        return []
    unsure = [
        why_not(settings.clients[c].charges, settings.rates) for c in decision.client_ids if c in settings.clients
    ]
    return ["charges without a certain basis"] if decision.stage is not Stage.FINAL or all(unsure) else []


def _ceilings(decision: Remind, settings: OrganisationSettings, history: History, as_of: AsOf) -> list[str]:
    """I17, L1: the hard ceilings per payer, whatever the policy says."""
    days = [
        m.on
        for m in history.messages
        if m.payer_id == decision.payer_id and m.kind is MessageKind.REMINDER and m.state in GONE
    ]
    for span, most in ((7, settings.caps.per_week), (30, settings.caps.per_month)):
        if sum(on > as_of.day - timedelta(days=span) for on in days) >= most:
            return [f"one message more than {most} in {span} days"]
    return []


def _open(decision: Remind, snapshot: Snapshot) -> list[str]:
    """I4: every invoice it asks for is open with something owed."""
    named = {a.invoice_id for a in decision.advances} | set(decision.listed)
    shut = [i for i in named if not ((found := snapshot.invoice(i)) and found.is_open)]
    return ["an invoice that is not open"] if shut else []


def _once(decision: Remind, history: History) -> list[str]:
    """I1, I18: no step of an invoice's round leaves twice."""
    gone = {
        (row.invoice_id, row.round, row.step)
        for m in history.messages
        if m.kind is MessageKind.REMINDER and m.state in GONE
        for row in m.advances
    }
    again = [a for a in decision.advances if (a.invoice_id, a.round, a.step) in gone]
    return ["a step that was sent before"] if again else []


def _sums(decision: Remind) -> list[str]:
    """I11: the totals are the exact sums of the lines asked for, one per currency."""
    model = decision.model
    asked = model.demanded or (*model.coming, *model.overdue)
    exact = totals(line.open for line in asked)
    shown = {m.currency: m.amount for m in model.gross}
    credit = {m.currency: m.amount for m in model.credit}
    net = {c: v - credit.get(c, 0) for c, v in exact.items()}
    if shown != exact or {m.currency: m.amount for m in model.net} != net:
        return ["totals that do not add up"]
    return [] if all(line.open > Money(type(line.open.amount)(0), line.open.currency) for line in asked) else ["a zero"]


def _dates(decision: Remind, as_of: AsOf) -> list[str]:
    """I20: overdue wording only after the due date, coming wording only up to it."""
    demanded = decision.model.demanded if decision.stage is Stage.FINAL else ()  # else by something else's day
    late = all(x.due is not None and x.due < as_of.day for x in (*decision.model.overdue, *demanded))
    early = all(x.due is not None and x.due >= as_of.day for x in decision.model.coming)
    return [] if late and early else ["a due date on the wrong side of today"]


def _thanks(decision: Thank, snapshot: Snapshot, history: History) -> list[str]:
    """I7, I8: live money that is still applied, thanked for once."""
    live = {p.id for p in snapshot.payments if p.active and p.amount > 0 and not p.historic}
    thanked = {p for m in history.messages if m.state in GONE for p in m.payment_ids}
    found = []
    for payment in decision.payments:
        if payment.id not in live:
            found.append("thanks for money that is not there")
        if payment.id in thanked:
            found.append("thanks that were said before")
        for allocation in payment.allocations:
            invoice = snapshot.invoice(allocation.invoice_id)
            if invoice is not None and invoice.paid < allocation.amount:
                found.append("thanks for a payment the books took back")
    return sorted(set(found))
