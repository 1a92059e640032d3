"""The sandbox's own endpoints under /_sandbox/: faults, clock, events, the request log and the plain truth."""

import json
from collections.abc import Callable, Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from connectors.sandbox.apps import CLIENT_ID
from connectors.sandbox.books import Books, Event, ImpossibleError
from connectors.sandbox.company import Company
from connectors.sandbox.faults import Fault
from connectors.sandbox.quickbooks_faults import KINDS as QUICKBOOKS_KINDS
from connectors.sandbox.rows import Contact, Line, Person
from connectors.sandbox.story import ident
from connectors.sandbox.wire import Answer, Request, Row, reply, text
from connectors.sandbox.world import World

BASE = "/_sandbox/"


def handle(world: World, request: Request) -> Answer:
    """Answer a control request; ``?tenant=ID`` picks one of several organisations, the first by default."""
    with world.lock:
        try:
            deed = _DEEDS.get((request.method, request.path[len(BASE) :]))
            return deed(world, request) if deed else text("no such sandbox control", 404)
        except (ImpossibleError, KeyError, TypeError, ValueError) as error:
            return reply({"error": f"{type(error).__name__}: {error}"}, 400)


def _tenant(world: World, request: Request) -> str:
    wanted = request.query.get("tenant", next(iter(world.companies)))
    if wanted not in world.companies:
        raise ValueError(f"no organisation {wanted!r} here; known: {', '.join(world.companies)}")
    return wanted


def _faults(world: World, request: Request) -> Answer:
    """Replace all faults by those in the body (a list, or one); an empty list clears them."""
    data = json.loads(request.body)
    world.faults[:] = [Fault.read(one, QUICKBOOKS_KINDS) for one in (data if isinstance(data, list) else [data])]
    return reply({"faults": len(world.faults)})


def _clock(world: World, request: Request) -> Answer:
    now = datetime.fromisoformat(json.loads(request.body)["now"])
    if now.tzinfo is None:
        raise ValueError("now needs a zone, such as 2026-10-01T08:00:00+00:00")
    world.clock.now = now
    return reply({"now": now.isoformat()})


def _events(world: World, request: Request) -> Answer:
    """Let one thing happen now: ``{"kind": "payment.add", "id": ..., "data": {...}}``.

    ``id`` may be an invoice number; a thing that is added gets an id when none is given. A payment without an amount
    pays all that is open, without a date today.
    """
    given, tenant = json.loads(request.body), _tenant(world, request)
    company, data = world.companies[tenant], {name: _value(name, v) for name, v in given.get("data", {}).items()}
    if given["kind"] == "payment.add":
        data.setdefault("date", world.clock.now.date())
    id_ = given.get("id") or ident(company.seed, "injected", len(company.events))
    company.add(Event(world.clock.now, given["kind"], id_, data))
    return reply({"id": id_})


def _value(name: str, value: Any) -> Any:
    if name in {"amount", "total", "rate"}:
        return Decimal(str(value))
    if name in {"date", "issued", "due", "expected"} and value is not None:
        return date.fromisoformat(value)
    if name == "lines":
        return tuple(Line(row["description"], Decimal(str(row["net"])), Decimal(str(row["tax"]))) for row in value)
    if name == "people":
        return tuple(Person(row["role"], row["email"], row["included"]) for row in value)
    return tuple(value) if name in {"groups", "terms"} else value


def _redirects(world: World, request: Request) -> Answer:
    """Register a callback address: ``{"face": "xero", "redirect": "http://localhost:8911/callback"}``, and, for
    Intuit's production keys, ``"client_id": "sandbox-app-live"``."""
    given = json.loads(request.body)
    world.register(given["face"], given["redirect"], given.get("client_id", CLIENT_ID))
    return reply({"registered": given["redirect"]})


def _log(world: World, _: Request) -> Answer:
    notes = [
        {"tenant": tenant, "invoice": note.invoice, "at": note.at.isoformat(), "details": note.details}
        for tenant, note in world.written
    ]
    return reply({"requests": world.log, "notes": notes})


def _books(world: World, request: Request) -> Answer:
    tenant = _tenant(world, request)
    return reply(truth(world.companies[tenant], world.books(tenant), world.clock.now))


def truth(company: Company, books: Books, now: datetime) -> Row:
    """The books in plain words for an independent recount: amounts as text, dates as ISO text."""
    return {
        "now": now.isoformat(),
        "organisation": {"id": company.organisation.id, "name": company.organisation.name},
        "contacts": [_contact(company, contact) for contact in books.contacts.values()],
        "invoices": [
            {
                **_plain(
                    invoice, "id number contact type status issued due currency reference sent paid credited updated"
                ),
                "total": str(invoice.total),
                "open": str(invoice.open),
            }
            for invoice in books.invoices.values()
        ],
        "payments": [
            _plain(payment, "id invoice date amount status batch reference updated")
            for payment in books.payments.values()
        ],
        "credits": [
            {
                **_plain(credit, "id kind number contact date currency total status updated"),
                "remaining": str(credit.remaining),
            }
            for credit in books.credits.values()
        ],
    }


def _contact(company: Company, contact: Contact) -> Row:
    row = _plain(contact, "id name email status merged_to groups updated")
    try:
        known = company.truth(contact.id)
    except KeyError:
        return row
    cycle = known.cycle and {"family": known.cycle.family, "pays": known.cycle.rule, "cut_off": known.cut_off}
    return {**row, "cycle": cycle, "late": known.late, "traits": sorted(known.traits)}


def _plain(thing: Any, names: str) -> Row:
    """The named attributes of a row as JSON-ready values."""
    found: Row = {}
    for name in names.split():
        value = getattr(thing, name)
        if isinstance(value, datetime | date):
            value = value.isoformat()
        found[name] = str(value) if isinstance(value, Decimal) else value
    return found


_DEEDS: Mapping[tuple[str, str], Callable[[World, Request], Answer]] = {
    ("POST", "faults"): _faults,
    ("POST", "clock"): _clock,
    ("POST", "events"): _events,
    ("POST", "redirects"): _redirects,
    ("GET", "log"): _log,
    ("GET", "books"): _books,
}
