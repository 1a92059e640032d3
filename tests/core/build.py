"""Builders: books, settings, policies and histories in a line or two. Amounts are text, dates ISO text."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any

from worker.core.decisions import AsOf
from worker.core.history import Advance, MessageKind, MessageState, PastMessage
from worker.core.payment_run import RunSchedule, parse_cut_off, parse_pays
from worker.core.policy import Condition, Measure, Policy, Stage, Step, Test, stage_of
from worker.core.receivable import (
    Allocation,
    Client,
    Credit,
    CreditKind,
    Invoice,
    InvoiceStatus,
    Organisation,
    Payment,
    Snapshot,
    snapshot_of,
)
from worker.core.settings import Address, ClientSettings, OrganisationSettings
from worker.core.when import parse_when
from worker.core.workdays import Calendar

CALENDAR = Calendar()
ORGANISATION = Organisation("org-1", "Birch & Sons Ltd", "GBP", "GB", "Europe/London")


def day(text: str | date) -> date:
    """`2026-03-27`; a date stays one."""
    return text if isinstance(text, date) else date.fromisoformat(text)


def as_of(on: str | date, at: str = "10:00") -> AsOf:
    """Ten in the morning, unless said otherwise."""
    return AsOf(day(on), time.fromisoformat(at))


def client(id_: str = "acme", **more: Any) -> Client:
    """A client with an address of its own."""
    return Client(**{"id": id_, "name": id_.title(), "email": f"accounts@{id_}.example.com", **more})


def invoice(id_: str = "A1", due: str | date = "2026-03-31", amount: str = "100.00", **more: Any) -> Invoice:
    """An open, sent invoice of `acme`, issued on its due date unless said otherwise; `open` defaults to `amount`."""
    for name in ("issued", "approved", "expected", "reopened"):
        if isinstance(more.get(name), str):
            more[name] = day(more[name])
    for name in ("open", "paid", "credited"):
        if isinstance(more.get(name), str):
            more[name] = Decimal(more[name])
    due_on = day(due)
    basics: dict[str, Any] = {"client_id": "acme", "currency": "GBP", "issued": due_on, "open": Decimal(amount)}
    fixed = {"id": id_, "number": f"INV-{id_}", "due": due_on, "total": Decimal(amount), "sent": True}
    return Invoice(**{**basics, **fixed, "status": InvoiceStatus.OPEN, **more})


def paid(item: Invoice, amount: str | None = None) -> Invoice:
    """The invoice after a payment of `amount` (all of it by default)."""
    part = item.open if amount is None else Decimal(amount)
    left = item.open - part
    status = item.status if left else InvoiceStatus.PAID
    return replace(item, open=left, paid=item.paid + part, status=status)


def payment(id_: str, item: Invoice, on: str | date, amount: str | None = None, **more: Any) -> Payment:
    """Money for one invoice, first seen long enough ago to be thanked for on the day it came."""
    part = item.total if amount is None else Decimal(amount)
    seen = datetime.combine(day(on), time(6), UTC)
    fixed = {"id": id_, "client_id": item.client_id, "date": day(on), "currency": item.currency, "amount": part}
    return Payment(**{**fixed, "allocations": (Allocation(item.id, part),), "first_seen": seen, **more})


def credit(id_: str, amount: str, kind: CreditKind = CreditKind.CREDIT_NOTE, **more: Any) -> Credit:
    """Live credit of `acme` in GBP."""
    return Credit(
        **{"id": id_, "client_id": "acme", "kind": kind, "currency": "GBP", "remaining": Decimal(amount), **more}
    )


def books(
    *invoices: Invoice,
    clients: tuple[Client, ...] = (),
    credits: tuple[Credit, ...] = (),
    payments: tuple[Payment, ...] = (),
    read: str | date = "2026-12-31",
    organisation: Organisation = ORGANISATION,
) -> Snapshot:
    """A snapshot; clients the invoices name are made up when not given."""
    given = {c.id: c for c in clients}
    for item in invoices:
        given.setdefault(item.client_id, client(item.client_id))
    read_at = datetime.combine(day(read), time(9, 50), UTC)
    return snapshot_of(organisation, read_at, tuple(given.values()), invoices, credits, payments)


def step(name: str, when: str, **more: Any) -> Step:
    """A step whose stage follows from its `when` unless given."""
    parsed = parse_when(when)
    if "when_unknown" in more:
        more["when_unknown"] = parse_when(more["when_unknown"])
    return Step(**{"name": name, "when": parsed, "stage": stage_of(parsed), **more})


def ladder(*whens: str, name: str = "ladder", **more: Any) -> Policy:
    """A policy of plain steps called step-1, step-2...; a tolerance of nothing lets small examples through."""
    return Policy(name, tuple(step(f"step-{n}", when) for n, when in enumerate(whens, 1)), **more)


def condition(*tests: Test, any_: bool = False) -> Condition:
    """All (or any) of these."""
    return Condition(tests, any_)


def balance_over(amount: str) -> Condition:
    """`{balance: "> amount"}`."""
    return condition(Test(Measure.BALANCE, ">", Decimal(amount)))


HEADS_UP_IF = condition(
    Test(Measure.FIRST_INVOICE, "=", "yes"),
    Test(Measure.MISSED_RUNS, ">=", Decimal(1), last=6),
    Test(Measure.BALANCE, ">", Decimal(5000)),
    any_=True,
)


def considerate(**more: Any) -> Policy:
    """The default preset, from core values."""
    steps = (
        step(
            "heads-up",
            "2 business days before cut-off",
            when_unknown="3 business days before due",
            condition=HEADS_UP_IF,
        ),
        step(
            "nudge",
            "3 business days after payment run",
            when_unknown="4 business days after due",
            message_if_run_stated="missed-run",
        ),
        step("ask", "10 business days after previous, not before 14 days after due"),
        step(
            "call",
            "5 business days after previous, not before 25 days after due",
            task="phone",
            condition=balance_over("250"),
        ),
        step("firm", "7 days after previous", allow=7),
        step(
            "offer-plan",
            "5 business days after previous",
            condition=condition(Test(Measure.PLANS, "=", "offered")),
            approval=True,
        ),
        step(
            "final-notice",
            "10 days after previous, not before 45 days after due",
            stage=Stage.FINAL,
            allow=14,
            condition=balance_over("100"),
            approval=True,
        ),
        step("decide", "14 days after previous", task="decide"),
    )
    return replace(Policy("considerate", steps), **more)


def client_settings(id_: str = "acme", policy: Policy | None = None, **more: Any) -> ClientSettings:
    """Settings of one client; `pays` and `cut_off` in words make a stated schedule."""
    pays, cut_off = more.pop("pays", ""), more.pop("cut_off", "")
    chosen = ClientSettings(
        **{"client_id": id_, "policy": policy or considerate(), "payer_id": id_, "calendar": CALENDAR, **more}
    )
    if not pays:
        return chosen
    schedule = RunSchedule(parse_pays(pays), parse_cut_off(cut_off) if cut_off else None, calendar=chosen.calendar)
    return replace(chosen, schedule=schedule, run_stated=more.get("run_stated", True))


def settings(*clients: ClientSettings, **more: Any) -> OrganisationSettings:
    """Settings of the firm: preview mode, a sender, a way to pay; `acme` when no client is named."""
    known: Mapping[str, ClientSettings] = {c.client_id: c for c in clients or (client_settings(),)}
    basics: dict[str, Any] = {"sender": Address("jo@birch.example.org", "Jo"), "ways_to_pay": ("By bank transfer",)}
    basics["next_action"] = "We will then decide with our adviser how to recover the amount."
    return OrganisationSettings(
        **{"name": "birch", "zone": "Europe/London", "calendar": CALENDAR, "clients": known, **basics, **more}
    )


def sent(on: str | date, name: str, *ids: str, payer: str = "acme", **more: Any) -> PastMessage:
    """A reminder that was accepted: it moved these invoices (first round) to step `name`."""
    rows = tuple(Advance(i, 0, name) for i in ids)
    fixed = {
        "key": f"{name}-{on}-{payer}",
        "kind": MessageKind.REMINDER,
        "payer_id": payer,
        "on": day(on),
        "step": name,
    }
    state = MessageState.ACCEPTED
    defaults = {"state": state, "after_due": True, "to": (f"accounts@{payer}.example.com",), "advances": rows}
    return PastMessage(**{**fixed, **defaults, **more})
