"""Thanks: they hang on money that arrived, once per receipt, and never on "paid" or "balance 0".

A receipt is money that came in together: one batch, else one payer, date, currency and account.
"""

from collections import defaultdict
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal

from worker.core.context import Context, amount_words, key_of
from worker.core.decisions import Bucket, Remind, Thank, Wait
from worker.core.message import MessageModel, ReceivedLine
from worker.core.model import base_model, copies, recipients
from worker.core.money import Money, totals
from worker.core.payer_guards import changed_address
from worker.core.policy import Policy, ThankFor
from worker.core.promises import pauses
from worker.core.reasons import day_words, reason
from worker.core.receivable import Invoice, Payment
from worker.core.screen import REMAINDER, Screened, address_of, deducted, hold_of, never_contact, screen
from worker.core.settings import InstalmentPlan

SETTLE = timedelta(hours=1)
"""Two complete readings at least this far apart must both show a payment before anybody is thanked for it."""
FOLD_WITHIN = 3
"""Business days: a reminder due this soon opens with the thanks instead of a message of its own."""


@dataclass(frozen=True, slots=True)
class Receipt:
    """Money that came in together from one payer, in one currency; `invoices` are what it was applied to."""

    payer_id: str
    currency: str
    on: date
    payments: tuple[Payment, ...]
    invoices: tuple[Invoice, ...]

    @property
    def amount(self) -> Decimal:
        """The sum received."""
        return sum((p.amount for p in self.payments), Decimal(0))


def receipts(ctx: Context) -> dict[str, list[Receipt]]:
    """Receipts nobody was thanked for yet, by payer, oldest first."""
    grouped: dict[tuple[str, ...], list[Payment]] = defaultdict(list)
    for payment in ctx.money:
        applied = _applied(ctx, payment)
        if not applied or payment.historic or payment.id in ctx.index.thanked or not _settled(ctx, payment):
            continue
        payer = ctx.payer_of(applied[0].client_id)
        together = (payment.batch_id,) if payment.batch_id else (payment.date.isoformat(), payment.account)
        grouped[payer, payment.currency, *together].append(payment)
    found: dict[str, list[Receipt]] = defaultdict(list)
    for key in sorted(grouped):
        payments = tuple(sorted(grouped[key], key=lambda p: p.id))
        invoices = {i.id: i for p in payments for i in _applied(ctx, p)}
        ordered = tuple(sorted(invoices.values(), key=lambda i: (i.number, i.id)))
        found[key[0]].append(Receipt(key[0], key[1], max(p.date for p in payments), payments, ordered))
    return found


def _applied(ctx: Context, payment: Payment) -> list[Invoice]:
    found = (ctx.snapshot.invoice(a.invoice_id) for a in payment.allocations if a.amount > 0)
    return [i for i in found if i is not None]


def _settled(ctx: Context, payment: Payment) -> bool:
    """Seen twice, dated neither in the future nor before duecourse took over."""
    seen = payment.first_seen
    if seen is None or ctx.snapshot.read_at - seen < SETTLE or payment.date > ctx.day:
        return False
    return ctx.history.baseline is None or payment.date >= ctx.history.baseline.on


def deserves(ctx: Context, receipt: Receipt, policy: Policy) -> str | None:
    """Why this receipt is thanked for ("" for no special reason), or None when the policy asks for no thanks."""
    if policy.thank_for is ThankFor.NONE or not recipients(ctx, receipt.payer_id, ()):
        return None
    planned = [p for p in ctx.index.plans if any(i.id in p.invoice_ids for i in receipt.invoices)]
    if planned:
        return _plan_kept(ctx, receipt, planned[-1])
    if policy.thank_for is ThankFor.ALL:
        return ""
    ids = {i.id for i in receipt.invoices}
    for message in ctx.index.reminders.get(receipt.payer_id, ()):
        if message.after_due and ids & {*message.listed, *(row.invoice_id for row in message.advances)}:
            return ", after we had asked"
    if _first(ctx, receipt):
        return ", its first payment ever"
    for invoice in receipt.invoices:
        for promise in ctx.index.promises.get(ctx.snapshot.survivor(invoice.client_id), ()):
            if pauses(promise, invoice) and promise.stated_by_client and promise.made_on <= receipt.on <= promise.by:
                return ", as promised"
    return None


def _first(ctx: Context, receipt: Receipt) -> bool:
    """Whether no other money of this payer's is on record."""
    ours = {p.id for p in receipt.payments}
    return not any(p.id not in ours for p in ctx.money if ctx.payer_of(p.client_id) == receipt.payer_id)


def _plan_kept(ctx: Context, receipt: Receipt, plan: InstalmentPlan) -> str | None:
    """A plan ends in thanks, once; instalments on the way were agreed and leave nothing to wonder about."""
    last = max((day for id_ in plan.invoice_ids for day in ctx.paid_on.get(id_, ())), default=receipt.on)
    open_still = any((found := ctx.snapshot.invoice(id_)) and found.is_open for id_ in plan.invoice_ids)
    return None if open_still or receipt.on < last else ", the last instalment of the plan"


def thank(
    ctx: Context, receipt: Receipt, remind: Remind | None, remind_on: date | None, *, heard_today: bool
) -> Thank | Remind | Wait | None:
    """What becomes of one receipt today: thanks alone, thanks opening the given reminder, a wait, or nothing.

    `heard_today`: this payer has a message of today already, or will: one a day is enough.
    """
    chosen = ctx.settings.clients[receipt.payer_id]
    policy = chosen.policy
    why = deserves(ctx, receipt, policy)
    model = None if why is None else _model(ctx, receipt, policy)
    if model is None or why is None:
        return None
    amount = amount_words(receipt.amount, receipt.currency)
    stopped = _stopped(ctx, receipt)
    if stopped:
        return Wait(receipt.payer_id, stopped.next_on, stopped.reason)
    if remind is not None:
        return replace(
            remind,
            model=replace(remind.model, thanks_first=model),
            payments=tuple(sorted((*remind.payments, *receipt.payments), key=lambda p: p.id)),
        )
    calendar = ctx.sending(chosen, policy)
    if remind_on and ctx.day < remind_on <= calendar.add(ctx.day, FOLD_WITHIN):
        later = reason("thank-later", amount=amount, on=day_words(remind_on))
        return Wait(receipt.payer_id, remind_on, later)
    if heard_today:
        on = ctx.next_open(chosen, policy, ctx.day + timedelta(days=1))
        return Wait(receipt.payer_id, on, reason("thank-tomorrow", amount=amount, on=day_words(on)))
    if not ctx.may_send_now(chosen, policy, thanks=True):
        on = ctx.opens_next(chosen, policy, thanks=True)
        return Wait(receipt.payer_id, on, reason("thank-hours", amount=amount, on=day_words(on)))
    to = recipients(ctx, receipt.payer_id, [i.client_id for i in receipt.invoices], thanks=True)
    return Thank(
        key=key_of(ctx.settings.name, "thanks", *(p.id for p in receipt.payments)),
        payer_id=receipt.payer_id,
        to=to,
        cc=copies(ctx, receipt.payer_id, to),
        payments=receipt.payments,
        model=model,
        reason=reason("thank", amount=amount, date=day_words(receipt.on), why=why),
        client_ids=tuple(sorted({ctx.snapshot.survivor(i.client_id) for i in receipt.invoices})),
    )


def _stopped(ctx: Context, receipt: Receipt) -> Screened | None:
    """Even thanks do not go to those who must not hear from us, who are on hold, or who cannot be reached (I21)."""
    for client_id in dict.fromkeys((*(i.client_id for i in receipt.invoices), receipt.payer_id)):
        forbidden = never_contact(ctx, client_id)
        if forbidden:
            return Screened(Bucket.EXCLUDED, forbidden)
        held = hold_of(ctx, client_id, "")
        if held:
            return held
    moved = changed_address(ctx, receipt.payer_id, [receipt.payer_id])
    if moved:
        return Screened(Bucket.HELD, moved.reason)
    if ctx.index.unheard(receipt.payer_id, address_of(ctx, receipt.payer_id)):
        return Screened(Bucket.HELD, reason("silent"))
    return None


def _model(ctx: Context, receipt: Receipt, policy: Policy) -> MessageModel | None:
    """The words' values; None when a part payment is not to be thanked for."""
    owed = [i for i in receipt.invoices if i.is_open and _worth_mentioning(ctx, i, policy)]
    if owed and not policy.thank_part_payments:
        return None
    to = recipients(ctx, receipt.payer_id, [i.client_id for i in receipt.invoices], thanks=True)
    model = base_model(ctx, "thank-you-part" if owed else "thank-you", receipt.payer_id, to)
    paid = totals(
        Money(a.amount, p.currency)
        for p in receipt.payments
        for a in p.allocations
        if ctx.snapshot.invoice(a.invoice_id)
    )
    return replace(
        model,
        received=tuple(Money(v, c) for c, v in paid.items()),
        received_on=receipt.on,
        paid_lines=_paid_lines(receipt),
        nothing_else_due=not owed and _all_clear(ctx, receipt.payer_id),
        first_ever=_first(ctx, receipt),
    )


def _worth_mentioning(ctx: Context, invoice: Invoice, policy: Policy) -> bool:
    """A remainder within tolerance, of at most 2 %, or that is a stated deduction, is not brought up in thanks."""
    chosen = ctx.chosen(invoice.client_id)
    if chosen and deducted(ctx, invoice, chosen):
        return False
    small = (
        policy.tolerance.covers(invoice.open, invoice.total, invoice.currency)
        or invoice.open * REMAINDER <= invoice.total
    )
    return not small


def _paid_lines(receipt: Receipt) -> tuple[ReceivedLine, ...]:
    found: list[ReceivedLine] = []
    for invoice in receipt.invoices:
        paid = sum(
            (a.amount for p in receipt.payments for a in p.allocations if a.invoice_id == invoice.id), Decimal(0)
        )
        remains = Money(invoice.open if invoice.is_open else Decimal(0), invoice.currency)
        line = ReceivedLine(invoice.number, invoice.reference, Money(paid, receipt.currency), remains, invoice.due)
        found.append(line)
    return tuple(found)


def _all_clear(ctx: Context, payer_id: str) -> bool:
    """Nothing of this payer is overdue: only then may thanks say so."""
    return not any(
        i.due is not None and i.due < ctx.day and _is_asked_for(ctx, i)
        for i in ctx.open_invoices
        if ctx.payer_of(i.client_id) == payer_id
    )


def _is_asked_for(ctx: Context, invoice: Invoice) -> bool:
    found = screen(ctx, invoice)
    return found is None or found.reason.code not in {"remainder", "deduction"}
