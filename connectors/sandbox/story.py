"""What happens: each client's invoices and how they are settled, as events.

Every draw is seeded by what it is about (client, invoice number within the client), never by how far the story is told,
so a longer story is the shorter one plus what came after.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from itertools import groupby
from random import Random
from typing import Any
from uuid import UUID, uuid5

from connectors.sandbox.books import Event
from connectors.sandbox.clients import Client
from connectors.sandbox.rows import Line, Person
from connectors.sandbox.rundays import DAY, month_end, roll, shift

SPACE = UUID("6b7a0f0e-54d5-5c1c-9a0d-3a1f0c5f9b11")
RATES = {"GBP": Decimal(1), "EUR": Decimal("1.1724"), "USD": Decimal("1.3105")}
WORK = (
    "Brand guidelines",
    "Website design, first stage",
    "Website build, second stage",
    "Packaging artwork",
    "Illustration set",
    "Exhibition panels",
    "Photography direction",
    "Annual report layout",
)
BANK_FEE = Decimal("15.00")


def ident(seed: int, *parts: object) -> str:
    """A stable id for what ``parts`` name in the story of ``seed``."""
    return str(uuid5(SPACE, "/".join(map(str, (seed, *parts)))))


def draw(seed: int, *parts: object) -> Random:
    """A source of chance that belongs to what ``parts`` name."""
    return Random("/".join(map(str, (seed, *parts))))  # noqa: S311 - a story, not a secret


@dataclass(frozen=True)
class Receipt:
    """A client's payment of one invoice, on one of its run days."""

    on: date
    amount: Decimal
    reference: str = ""


@dataclass(frozen=True)
class Plan:
    """One invoice from issue to settlement, as it will turn out."""

    id: str
    nth: int
    client: Client
    issued: date
    due: date
    lines: tuple[Line, ...]
    reference: str
    receipts: tuple[Receipt, ...]

    @property
    def total(self) -> Decimal:
        """Net and tax."""
        return sum((line.net + line.tax for line in self.lines), Decimal("0.00"))


def at(day: date, chance: Random, hour: int = 9) -> datetime:
    """An instant in the two hours after ``hour`` (UTC) of ``day``, with milliseconds as the platform has them."""
    return datetime.combine(day, time(hour), UTC) + timedelta(milliseconds=int(chance.random() * 7_200_000))


def due_date(issued: date, terms: tuple[int, str]) -> date:
    """When an invoice falls due under ``terms`` (number, kind of term as the platform names it)."""
    number, kind = terms
    if kind == "DAYSAFTERBILLDATE":
        return issued + number * DAY
    if kind == "DAYSAFTERBILLMONTH":
        return month_end(issued) + number * DAY
    first = issued.replace(day=1) if kind == "OFCURRENTMONTH" else month_end(issued) + DAY
    return min(first + (number - 1) * DAY, month_end(first))


def pay_day(client: Client, issued: date, due: date, chance: Random) -> date:
    """The day this client pays an invoice: a run day when it has a cycle, otherwise a business day round about due."""
    ready = shift(issued, 1 + int(chance.random() * 4))
    wanted = max(ready, due) + client.late * DAY
    if client.cycle is None:
        spread = 0 if client.late else int(chance.triangular(-5, 24, 3))
        return roll(max(ready, wanted + spread * DAY))
    runs = (run for run in client.cycle.runs(wanted) if ready <= shift(run, -client.cut_off))
    run = next(runs)
    while chance.random() < client.misses:
        run = next(runs)
        if chance.random() < 0.5:
            break
    return run


def plans(seed: int, client: Client, start: date, until: date, per_month: float) -> Iterator[Plan]:
    """A client's invoices issued from ``start`` to ``until``, in order of issue."""
    gap = 30.4 / max(per_month, 0.05)
    moment = draw(seed, client.key, "first").random() * gap
    nth = 0
    while start + int(moment) * DAY <= until:
        chance = draw(seed, client.key, nth)
        issued = roll(start + int(moment) * DAY)
        yield _plan(seed, client, nth, issued, chance)
        moment += gap * (0.7 + 0.6 * chance.random())
        nth += 1


def _plan(seed: int, client: Client, nth: int, issued: date, chance: Random) -> Plan:
    due = due_date(issued, client.terms)
    lines = tuple(_lines(client, issued, chance))
    reference = f"PO-{4000 + int(chance.random() * 5000)}" if "po" in client.traits and nth % 7 != 3 else ""
    bare = Plan(ident(seed, client.key, "invoice", nth), nth, client, issued, due, lines, reference, ())
    return Plan(**{**bare.__dict__, "receipts": tuple(_receipts(bare, chance))})


def _lines(client: Client, issued: date, chance: Random) -> Iterator[Line]:
    for part in range(1 + int(chance.random() * 3)):
        net = Decimal(int(client.size * (0.4 + 0.9 * chance.random()) * 100 / (1 + part))) / 100
        tax = (net / 5).quantize(Decimal("0.01")) if client.currency == "GBP" else Decimal("0.00")
        what = (
            f"Retainer {issued:%B %Y}"
            if part == 0 and "Retainers" in client.groups
            else WORK[int(chance.random() * len(WORK))]
        )
        yield Line(what, net, tax)


def _receipts(plan: Plan, chance: Random) -> Iterator[Receipt]:
    """How the invoice is settled, by the client's traits."""
    traits, day = plan.client.traits, pay_day(plan.client, plan.issued, plan.due, chance)
    if "credit exceeds debt" in traits:
        return
    if "part pays" in traits:
        half = (plan.total / 2).quantize(Decimal("0.01"))
        yield Receipt(day, half, "on account")
        yield Receipt(pay_day(plan.client, day, day + 40 * DAY, chance), plan.total - half)
    elif "disputes" in traits and plan.nth % 3 == 0:
        yield Receipt(pay_day(plan.client, plan.issued, plan.due + 120 * DAY, chance), plan.total, "as agreed")
    elif "bank charge" in traits:
        yield Receipt(day, plan.total - BANK_FEE)
    elif "direct debit" in traits:
        yield Receipt(day, plan.total, "DD collection")
    else:
        yield Receipt(day, plan.total, plan.reference)


def contact_events(seed: int, client: Client, start: date) -> Iterator[Event]:
    """The client enters the books some days before the story starts."""
    people: tuple[Person, ...] = ()
    if "several people" in client.traits:
        domain = client.email.partition("@")[2]
        people = (
            Person("Purchase Ledger", f"ledger@{domain}", included=True),
            Person("Finance Director", f"finance.director@{domain}", included=True),
            Person("Reception", f"reception@{domain}", included=False),
        )
    data: dict[str, Any] = {
        "name": client.name,
        "email": client.email,
        "account_number": client.key.upper()[:12],
        "people": people,
        "groups": client.groups,
        "currency": client.currency,
        "country": client.country,
        "city": client.city,
        "terms": client.terms,
    }
    yield Event(at(start - 3 * DAY, draw(seed, client.key, "contact")), "contact.add", ident(seed, client.key), data)


def invoice_events(seed: int, plan: Plan) -> Iterator[Event]:
    """Drafted, approved, sent: three deeds some minutes apart."""
    client, when = plan.client, at(plan.issued, draw(seed, plan.id, "issued"))
    data = {
        "contact": ident(seed, client.key),
        "issued": plan.issued,
        "due": plan.due,
        "lines": plan.lines,
        "reference": plan.reference,
        "currency": client.currency,
        "rate": RATES[client.currency],
        "repeating": ident(seed, client.key, "repeating") if "Retainers" in client.groups else None,
    }
    yield Event(when, "invoice.add", plan.id, data)
    yield Event(when + timedelta(minutes=3), "invoice.approve", plan.id)
    yield Event(when + timedelta(minutes=5), "invoice.edit", plan.id, {"sent": True})


def payment_events(seed: int, client: Client, told: list[Plan]) -> Iterator[Event]:
    """What the bank shows per day becomes payments; a day's money is recorded together, that day or the next."""
    due = sorted(
        ((receipt, plan) for plan in told for receipt in plan.receipts), key=lambda pair: (pair[0].on, pair[1].nth)
    )
    for day, pairs in groupby(due, key=lambda pair: pair[0].on):
        group = list(pairs)
        chance = draw(seed, client.key, "money", day)
        when = at(shift(day, 1) if chance.random() < 0.4 else day, chance, hour=13)
        batch = ident(seed, client.key, "batch", day) if len(group) > 1 and "batch" in client.traits else None
        if batch:
            yield Event(when, "batch.add", batch, {"date": day, "reference": client.name[:18]})
        for receipt, plan in group:
            data = {
                "invoice": plan.id,
                "date": day,
                "amount": receipt.amount,
                "reference": receipt.reference,
                "batch": batch,
            }
            yield Event(when, "payment.add", ident(seed, plan.id, "payment", day), data)
