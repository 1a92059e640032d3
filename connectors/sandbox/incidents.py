"""The things that go otherwise than planned: one function per trait, each the trait's own little story.

One-off incidents are placed a fixed number of days after the start and stay visible for good, so that every demo
from the tenth month on meets all of them; the others come back with each invoice.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from connectors.sandbox.books import Event
from connectors.sandbox.clients import Client
from connectors.sandbox.rows import Line
from connectors.sandbox.rundays import DAY, roll
from connectors.sandbox.story import RATES, Plan, at, draw, due_date, ident, invoice_events

MINUTES = timedelta(minutes=1)


@dataclass(frozen=True)
class Scene:
    """What an incident is about: the seed, the client, when the story starts and the client's ordinary invoices."""

    seed: int
    client: Client
    start: date
    told: tuple[Plan, ...]

    def oddment(self, key: str, day: date, net: str, what: str) -> Plan:
        """An invoice of its own kind, outside the client's usual rhythm, that nobody pays."""
        day, amount = roll(day), Decimal(net)
        tax = (amount / 5).quantize(Decimal("0.01")) if self.client.currency == "GBP" else Decimal("0.00")
        line, number = Line(what, amount, tax), ident(self.seed, self.client.key, key)
        return Plan(number, -1, self.client, day, due_date(day, self.client.terms), (line,), "", ())

    def credit(self, kind: str, day: date, total: str) -> Event:
        """A credit note, overpayment or prepayment of this client."""
        chance = draw(self.seed, self.client.key, kind)
        data = {
            "kind": kind,
            "number": f"CN-{self.client.key[:4].upper()}" if kind == "note" else "",
            "contact": ident(self.seed, self.client.key),
            "date": roll(day),
            "total": Decimal(total),
            "currency": self.client.currency,
            "rate": RATES[self.client.currency],
        }
        return Event(at(roll(day), chance, 11), "credit.add", ident(self.seed, self.client.key, kind), data)


def _after(event: Event, kind: str, id_: str, minutes: int = 2, **data: Any) -> Event:
    return Event(event.at + minutes * MINUTES, kind, id_, data)


def _standing_credit(scene: Scene) -> Iterator[Event]:
    yield scene.credit("note", scene.start + 30 * DAY, "5000.00")


def _some_credit(scene: Scene) -> Iterator[Event]:
    yield scene.credit("note", scene.start + 60 * DAY, "180.00")


def _overpaid(scene: Scene) -> Iterator[Event]:
    yield scene.credit("overpayment", scene.start + 90 * DAY, "250.00")


def _prepaid(scene: Scene) -> Iterator[Event]:
    yield scene.credit("prepayment", scene.start + 100 * DAY, "300.00")


def _archived(scene: Scene) -> Iterator[Event]:
    """Archived with one invoice still open; nothing is issued to it afterwards (see ``gone``)."""
    yield from invoice_events(scene.seed, scene.oddment("left open", scene.start + 240 * DAY, "340.00", "Shop sign"))
    yield Event(
        at(roll(scene.start + 280 * DAY), draw(scene.seed, scene.client.key, "archive")),
        "contact.edit",
        ident(scene.seed, scene.client.key),
        {"status": "ARCHIVED"},
    )


def _merged(scene: Scene) -> Iterator[Event]:
    when = at(roll(scene.start + 150 * DAY), draw(scene.seed, scene.client.key, "merge"))
    yield Event(when, "contact.merge", ident(scene.seed, scene.client.key), {"into": ident(scene.seed, "quaysidenew")})


def _never_sent(scene: Scene) -> Iterator[Event]:
    plan = scene.oddment("never sent", scene.start + 200 * DAY, "610.00", "Menu redesign")
    yield from (event for event in invoice_events(scene.seed, plan) if "sent" not in event.data)


def _draft(scene: Scene) -> Iterator[Event]:
    """One kept in draft for good, one submitted for approval, one deleted."""
    for key, days, net in (("draft", 250, "275.00"), ("submitted", 255, "310.00"), ("deleted", 260, "120.00")):
        first, *_rest = invoice_events(scene.seed, scene.oddment(key, scene.start + days * DAY, net, "Price list"))
        yield replace(first, data={**first.data, "status": "SUBMITTED" if key == "submitted" else "DRAFT"})
        if key == "deleted":
            yield _after(first, "invoice.delete", first.id, 30)


def _voided(scene: Scene) -> Iterator[Event]:
    events = list(
        invoice_events(scene.seed, scene.oddment("voided", scene.start + 180 * DAY, "495.00", "Entered twice"))
    )
    yield from events
    yield _after(events[-1], "invoice.void", events[0].id, 90)


def _credited_only(scene: Scene) -> Iterator[Event]:
    """Settled in full by a credit note: PAID, though no money ever came."""
    plan = scene.oddment("credited", scene.start + 120 * DAY, "95.45", "Withdrawn poster run")
    events = list(invoice_events(scene.seed, plan))
    yield from events
    note = scene.credit("note", plan.issued + 10 * DAY, str(plan.total))
    yield note
    number = ident(scene.seed, scene.client.key, "allocation")
    yield _after(note, "credit.allocate", note.id, invoice=plan.id, amount=plan.total, allocation=number)


def _supplier(scene: Scene) -> Iterator[Event]:
    """We owe them: a bill of theirs that we have not paid."""
    first, second, _sent = invoice_events(
        scene.seed, scene.oddment("bill", scene.start + 120 * DAY, "800.00", "Paper stock")
    )
    yield replace(first, data={**first.data, "type": "ACCPAY", "number": "BILL-2207"})
    yield second


def _expected(scene: Scene) -> Iterator[Event]:
    """The bookkeeper notes when the money is expected, a fortnight after due."""
    for plan in scene.told:
        if plan.receipts[0].on > plan.due + DAY:
            when = at(roll(plan.due), draw(scene.seed, plan.id, "expected"), 8)
            yield Event(when, "invoice.edit", plan.id, {"expected": plan.due + 14 * DAY})


def _extended(scene: Scene) -> Iterator[Event]:
    """After the first half is paid the due date is moved: the silent edit that an incremental read misses."""
    for plan in scene.told:
        first, second = plan.receipts
        when = at(roll(first.on + 3 * DAY), draw(scene.seed, plan.id, "extended"), 15)
        if when.date() < second.on:
            yield Event(when, "invoice.edit", plan.id, {"due": first.on + 40 * DAY})


def _disputes(scene: Scene) -> Iterator[Event]:
    for plan in scene.told:
        if plan.nth % 3 == 0:
            when = at(roll(plan.issued + 12 * DAY), draw(scene.seed, plan.id, "dispute"), 15)
            yield Event(when, "note.add", plan.id, {"details": "Client disputes the second proof round; see e-mail."})


def _bank_charge(scene: Scene) -> Iterator[Event]:
    """The scene.client's bank takes a fee; remainders older than ten weeks are credited."""
    for plan in scene.told:
        day = roll(plan.receipts[0].on + 70 * DAY)
        when, note = at(day, draw(scene.seed, plan.id, "fee"), 15), ident(scene.seed, plan.id, "fee")
        rest = plan.total - plan.receipts[0].amount
        data = {
            "kind": "note",
            "number": f"CN-FEE-{plan.nth + 1}",
            "contact": ident(scene.seed, scene.client.key),
            "date": day,
            "total": rest,
            "currency": scene.client.currency,
            "rate": RATES[scene.client.currency],
        }
        event = Event(when, "credit.add", note, data)
        yield event
        yield _after(
            event, "credit.allocate", note, invoice=plan.id, amount=rest, allocation=ident(scene.seed, note, "to")
        )


def _bounced(scene: Scene) -> Iterator[Event]:
    """Paid, thanked for in all innocence, and the money went back three days later: open again for good."""
    plan = scene.oddment("bounced", scene.start + 270 * DAY, "880.00", "Sail graphics")
    yield from invoice_events(scene.seed, plan)
    day = roll(plan.due)
    event = Event(
        at(day, draw(scene.seed, plan.id, "paid"), 13),
        "payment.add",
        ident(scene.seed, plan.id, "payment"),
        {"invoice": plan.id, "date": day, "amount": plan.total, "reference": ""},
    )
    yield event
    yield _after(event, "payment.delete", event.id, 3 * 24 * 60)


Incident = Callable[[Scene], Iterator[Event]]
INCIDENTS: dict[str, Incident] = {
    "credit exceeds debt": _standing_credit,
    "some credit": _some_credit,
    "overpaid": _overpaid,
    "prepaid": _prepaid,
    "archived": _archived,
    "merged": _merged,
    "never sent": _never_sent,
    "draft": _draft,
    "voided": _voided,
    "credited only": _credited_only,
    "supplier": _supplier,
    "expected date": _expected,
    "part pays": _extended,
    "disputes": _disputes,
    "bank charge": _bank_charge,
    "payment bounced": _bounced,
}


def gone(client: Client, start: date) -> date | None:
    """The day after which nothing is issued to this client any more, if there is one."""
    if "archived" in client.traits:
        return start + 200 * DAY
    return start + 100 * DAY if "merged" in client.traits else None
