"""From decisions to message models: which lines a message shows, and the exact figures beside them."""

from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from decimal import ROUND_DOWN, Decimal

from worker.core.context import Context
from worker.core.history import NOT_KNOWN_HEARD
from worker.core.ladder import Position
from worker.core.message import ClientTotal, InvoiceLine, MessageModel
from worker.core.money import Money, minor_digits, totals
from worker.core.promises import not_kept
from worker.core.receivable import Client, Credit, Invoice
from worker.core.settings import Address, ClientSettings, Signature
from worker.core.workdays import add_months

RUN_WITHIN = 31
"""Days an instalment may move to fall on a payment run of the client's; a rarer run does not time it."""


def line(ctx: Context, invoice: Invoice) -> InvoiceLine:
    """One invoice as a message shows it, in the language of the payer who reads it."""
    reader = ctx.settings.clients.get(ctx.payer_of(invoice.client_id))
    client = ctx.client(invoice.client_id)
    late = max((ctx.day - invoice.due).days, 0) if invoice.due else 0
    return InvoiceLine(
        number=invoice.number,
        reference=invoice.reference,
        issued=invoice.issued,
        due=invoice.due,
        work=(ctx.settings.said_in(reader.language if reader else "").work or invoice.work or "")[:80],
        open=Money(invoice.open, invoice.currency),
        total=Money(invoice.total, invoice.currency),
        part_paid=invoice.open != invoice.total,
        days_late=late,
        url=invoice.url,
        client_name=client.name if client else "",
        invoice_id=invoice.id,
    )


def lines(ctx: Context, invoices: Iterable[Invoice]) -> tuple[InvoiceLine, ...]:
    """Lines in the order a person reads them: oldest due first."""
    ordered = sorted(invoices, key=lambda i: (i.due or date.max, i.number, i.id))
    return tuple(line(ctx, i) for i in ordered)


def sums(invoices: Iterable[Invoice]) -> tuple[Money, ...]:
    """One total per currency of what is open."""
    return tuple(Money(v, c) for c, v in totals(Money(i.open, i.currency) for i in invoices).items())


def subtotals(ctx: Context, invoices: Sequence[Invoice]) -> tuple[ClientTotal, ...]:
    """Totals per client, only when the message speaks of more than one client."""
    clients = sorted({ctx.snapshot.survivor(i.client_id) for i in invoices})
    if len(clients) < 2:
        return ()
    found: list[ClientTotal] = []
    for client_id in clients:
        client = ctx.client(client_id)
        theirs = [i for i in invoices if ctx.snapshot.survivor(i.client_id) == client_id]
        found += [ClientTotal(client.name if client else client_id, total) for total in sums(theirs)]
    return tuple(found)


def net_of(gross: tuple[Money, ...], credit: Sequence[Credit]) -> tuple[tuple[Money, ...], tuple[Money, ...]]:
    """Live credit and what remains to ask for, per currency that is owed."""
    held = totals(Money(c.remaining, c.currency) for c in credit)
    used = tuple(Money(held[g.currency], g.currency) for g in gross if held.get(g.currency))
    left = tuple(Money(g.amount - held.get(g.currency, Decimal(0)), g.currency) for g in gross)
    return used, left


_DESKS = frozenset({"account", "accounts", "accounting", "ap", "billing", "finance", "invoices", "payable", "purchase"})


def greeting(client: Client, chosen: ClientSettings, to: Sequence[Address]) -> str:
    """Whom to greet: the person we write to, else the books' first name; "" leaves the words for a team to wording.

    A name such as "Accounts Payable" is a desk, not a person. Only English greets people by their first name alone.
    """
    named = next((a.name for a in to if a.name), "") or client.first_name
    if not named or named.split()[0].casefold() in _DESKS:
        return ""
    return named.split()[0] if chosen.language.partition("-")[0] == "en" else named


def recipients(
    ctx: Context, payer_id: str, client_ids: Sequence[str], *, thanks: bool = False, role: str = ""
) -> tuple[Address, ...]:
    """Where this payer's mail goes: written contacts first, then the books' address of payer or client.

    `role` is the one a step names; where nobody is written for it, mail goes where it otherwise would.
    """
    for owner in (payer_id, *client_ids) if role else ():
        chosen = ctx.settings.clients.get(owner)
        if chosen and chosen.roles.get(role):
            return chosen.roles[role]
    for owner in (payer_id, *client_ids):
        chosen, client = ctx.settings.clients.get(owner), ctx.snapshot.clients.get(owner)
        if chosen and thanks and chosen.thanks_to:
            return chosen.thanks_to
        if chosen and chosen.to:
            return chosen.to
        if client and client.email:
            name = " ".join(part for part in (client.first_name, client.last_name) if part)
            return (Address(client.email, name),)
    return ()


def copies(ctx: Context, payer_id: str, to: Sequence[Address], hard: bool = False) -> tuple[Address, ...]:
    """Who is copied: written `cc`, else the people the books mark to be copied; on a hard step also `escalate_to`."""
    chosen, client = ctx.settings.clients.get(payer_id), ctx.snapshot.clients.get(payer_id)
    if chosen and (chosen.cc or chosen.to):
        listed = chosen.cc
    else:
        listed = tuple(Address(p.email, p.name) for p in client.people if p.copied and p.email) if client else ()
    if hard and chosen:
        listed = (*listed, *chosen.escalate_to)
    seen = {a.email.lower() for a in to}
    found: list[Address] = []
    for address in listed:
        if address.email.lower() not in seen:
            seen.add(address.email.lower())
            found.append(address)
    return tuple(found)


def signature(ctx: Context, signed_by: str = "") -> Signature:
    """The step's signature, else the organisation's, else its name alone."""
    chosen = ctx.settings.signatures.get(signed_by) or ctx.settings.signatures.get("")
    if chosen:
        return chosen
    sender = ctx.settings.sender
    return Signature(ctx.settings.display_name or ctx.settings.name, sender.email if sender else "")


def base_model(ctx: Context, template: str, payer_id: str, to: Sequence[Address], signed_by: str = "") -> MessageModel:
    """The parts every message carries."""
    client = ctx.snapshot.clients[payer_id]
    chosen = ctx.settings.clients[payer_id]
    said = ctx.settings.said_in(chosen.language)
    return MessageModel(
        template=template,
        language=chosen.language,
        organisation=ctx.settings.display_name or ctx.snapshot.organisation.name,
        payer=client.name,
        greeting=greeting(client, chosen, to),
        signature=signature(ctx, signed_by),
        ways_to_pay=said.ways_to_pay,
        terms_text=chosen.terms_text or said.terms_text,
        country=client.country or ctx.snapshot.organisation.country,
    )


def earlier_contact(ctx: Context, payer_id: str, invoice_ids: set[str], to: Sequence[Address]) -> tuple[date, ...]:
    """Days on which these invoices were asked for at this very address and, as far as anyone knows, heard."""
    here = {a.email.lower() for a in to}
    return tuple(
        sorted(
            {
                m.on
                for m in ctx.index.reminders.get(payer_id, ())
                if m.state not in NOT_KNOWN_HEARD
                and here & {a.lower() for a in m.to}
                and any(row.invoice_id in invoice_ids for row in m.advances)
            }
        )
    )


def promised_by_client(ctx: Context, positions: Iterable[Position]) -> date | None:
    """The latest date the client itself promised for one of these invoices and did not keep."""
    days = [
        promise.by
        for p in positions
        for promise in not_kept(
            ctx.index.promises.get(ctx.snapshot.survivor(p.invoice.client_id), ()), p.invoice, ctx.day
        )
    ]
    return max(days, default=None)


def instalments(
    ctx: Context, chosen: ClientSettings, net: Sequence[Money], number: int, first: date | None = None
) -> tuple[tuple[date, Money], ...]:
    """Equal parts of the net sum, a month apart on the client's run days (else on business days), the first a month
    from today or on `first`; the last part takes the odd cents, so that they add up exactly.

    Offered only when one currency is owed, and never in parts of nothing.
    """
    if len(net) != 1:
        return ()
    total, unit = net[0], Decimal(1).scaleb(-minor_digits(net[0].currency))
    part = (total.amount / number).quantize(unit, ROUND_DOWN)
    if part <= 0:
        return ()
    amounts = [part] * (number - 1)
    amounts.append(total.amount - sum(amounts, Decimal(0)))
    days = _instalment_days(ctx, chosen, number, first)
    return tuple((day, Money(amount, total.currency)) for day, amount in zip(days, amounts, strict=True))


def _instalment_days(ctx: Context, chosen: ClientSettings, number: int, first: date | None) -> list[date]:
    """Rising days: a run skipped (or a year's only one) must not bring two instalments on one day."""
    calendar, found = ctx.counting(chosen), list[date]()
    start = first or add_months(ctx.day, 1)
    for n in range(number):
        wanted = max(add_months(start, n), found[-1] + timedelta(days=1) if found else start)
        run = chosen.schedule.next_run(wanted) if chosen.schedule else None
        near = run if run and (run - wanted).days <= RUN_WITHIN else None
        found.append(near or calendar.next_business_day(wanted))
    return found
