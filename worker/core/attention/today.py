"""Money that came in, promises, what goes out today, drafts, and once a week what waiting was worth."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import date, timedelta

from worker.core.attention.item import Act, Item, Read, Section
from worker.core.attention.people import refusals
from worker.core.decisions import Remind, Thank
from worker.core.issue_by import issue_by, usual_terms
from worker.core.money import Money, totals
from worker.core.plain import one_line
from worker.core.receivable import Invoice, InvoiceStatus, Payment, PaymentKind
from worker.core.settings import Promise
from worker.core.words import counted, day, money

SHOWN = 6
"""Invoice numbers named in one sentence."""


def came_in(read: Read) -> Iterator[Item]:
    """An item for each payer whose money was first seen since the last digest."""
    fresh: dict[str, list[Payment]] = defaultdict(list)
    for payment in read.snapshot.payments:
        if payment.active and payment.kind is PaymentKind.MONEY and not payment.historic and _is_new(read, payment):
            fresh[read.snapshot.survivor(payment.client_id)].append(payment)
    for client_id, found in fresh.items():
        ids = dict.fromkeys(a.invoice_id for p in found for a in p.allocations)
        invoices = [i for i in map(read.snapshot.invoice, ids) if i]
        amounts = totals(Money(p.amount, p.currency) for p in found)
        on = max(p.date for p in found)
        what = f" for {_numbers(invoices)}" if invoices else ", not matched to an invoice"
        kept = ", as promised" if any(_kept(p, invoices, on) for p in _promises(read, client_id)) else ""
        yield Item(
            Section.MONEY,
            "kept" if kept else "paid",
            read.name,
            f"Paid {money(amounts)} on {day(on)}{what}{kept}.",
            client_id,
            read.client(client_id),
            on,
            subject=",".join(sorted(p.id for p in found)),
            amounts=amounts,
        )


def _is_new(read: Read, payment: Payment) -> bool:
    if read.before is None or payment.first_seen is None:
        return payment.date >= read.day - timedelta(days=1)
    return payment.first_seen > read.before


def _promises(read: Read, client_id: str) -> list[Promise]:
    said = (*read.settings.promises, *read.history.promises)
    return [p for p in said if p.stated_by_client and read.snapshot.survivor(p.client_id) == client_id]


def _kept(promise: Promise, invoices: Iterable[Invoice], on: date) -> bool:
    named = [i for i in invoices if not promise.invoice_ids or i.id in promise.invoice_ids]
    return promise.made_on <= on <= promise.by and bool(named) and not any(i.is_open for i in named)


def promised(read: Read) -> Iterator[Item]:
    """Promises due today, and those whose day went by since the last digest with the money still missing."""
    last = read.before.date() if read.before else read.day - timedelta(days=1)
    for promise in (*read.settings.promises, *read.history.promises):
        client_id = read.snapshot.survivor(promise.client_id)
        open_ = [
            i
            for i in read.snapshot.invoices
            if i.is_open
            and read.snapshot.survivor(i.client_id) == client_id
            and (not promise.invoice_ids or i.id in promise.invoice_ids)
            and (i.due or promise.by) <= promise.by
        ]
        due = promise.by == read.day
        if not open_ or not promise.stated_by_client or not (due or last <= promise.by < read.day):
            continue
        said = f"said on {day(promise.made_on)} that {_numbers(open_)} would be paid"
        yield Item(
            Section.MONEY,
            "promise-due" if due else "promise-broken",
            read.name,
            f"{said[:1].upper()}{said[1:]} today." if due else f"Promise broken: {said} by {day(promise.by)}.",
            client_id,
            read.client(client_id),
            promise.by,
            "" if due else "Asking goes on, with a word about the promise.",
            subject=promise.by.isoformat(),
            amounts=totals(Money(i.open, i.currency) for i in open_),
        )


def _numbers(invoices: list[Invoice]) -> str:
    found = sorted({i.number for i in invoices})
    more = f" and {len(found) - SHOWN} more" if len(found) > SHOWN else ""
    return ", ".join(found[:SHOWN]) + more


def goes_out(read: Read) -> Iterator[Item]:
    """Every message planned for the rest of the day: it can still be stopped. A quiet period says why there is none."""
    for period in read.settings.quiet:
        if period.covers(read.day):
            what = "Nothing hard leaves" if period.hard_only else "Nothing but thanks leaves"
            said = f"{what} until {day(period.end)}: {one_line(period.why)}."
            end = f"duecourse resume {read.name}"
            yield Item(Section.TODAY, "quiet", read.name, said, since=period.start, command=end, subject=said)
    if refusals(read):
        return  # a guard stops all of it
    for decision in read.today.decisions:
        if isinstance(decision, Remind | Thank):
            yield _message(read, decision)


def _message(read: Read, decision: Remind | Thank) -> Item:
    reminds = isinstance(decision, Remind)
    to = decision.to[0].email + (f" and {len(decision.to) - 1} more" if len(decision.to) > 1 else "")
    what = decision.step if isinstance(decision, Remind) else "thanks"
    why = decision.reason.evidence.get("why", "").strip(" ,") if reminds else decision.reason.sentence
    amounts = (
        totals(decision.model.net or decision.model.gross)
        if isinstance(decision, Remind)
        else totals(Money(p.amount, p.currency) for p in decision.payments)
    )
    return Item(
        Section.TODAY,
        "remind" if reminds else "thank",
        read.name,
        f"{what[:1].upper()}{what[1:]} to {to}{f': {why}' if why else ''}",
        decision.payer_id,
        read.client(decision.payer_id),
        read.day,
        "It is sent.",
        subject=decision.payer_id,
        acts=(Act.STOP, Act.HOLD),
        amounts=amounts,
    )


def drafts(read: Read) -> Iterator[Item]:
    """Drafts of clients whose payment runs are known: by when to issue them."""
    found: dict[str, list[Invoice]] = defaultdict(list)
    for invoice in read.snapshot.invoices:
        if invoice.status is InvoiceStatus.DRAFT:
            found[read.snapshot.survivor(invoice.client_id)].append(invoice)
    for client_id, waiting in found.items():
        chosen = read.settings.clients.get(client_id)
        theirs = [
            i
            for i in read.snapshot.invoices
            if read.snapshot.survivor(i.client_id) == client_id and i.status is not InvoiceStatus.DRAFT
        ]
        terms = usual_terms(theirs)
        makes = issue_by(chosen.schedule, terms, read.day) if chosen and chosen.schedule and terms is not None else None
        if makes is None:
            continue
        by, run = makes
        amounts = totals(Money(i.total, i.currency) for i in waiting)
        yield Item(
            Section.DRAFTS,
            "draft",
            read.name,
            f"{counted(len(waiting), 'draft')} ({money(amounts)}): issue by {day(by)} to make the run of {day(run)}.",
            client_id,
            read.client(client_id),
            by,
            "The money comes a payment run later.",
            subject=",".join(sorted(i.id for i in waiting)),
            amounts=amounts,
        )


def worth(read: Read) -> Iterator[Item]:
    """Once a week: what waiting for payment runs spared, and what it cost."""
    found = read.spared
    if found is None or not found.waits:
        return
    sentence = f"{counted(found.waits, 'reminder')} waited for a payment run: {found.spared} were spared by it"
    if found.later:
        sentence += f", {found.later} went {found.days_later:.1f} days later on average"
    yield Item(Section.WORTH, "spared", read.name, f"{sentence}, {found.pending} still wait.")
