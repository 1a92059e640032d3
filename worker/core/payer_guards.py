"""What may hold a whole payer, or everything hard about it, after single invoices were screened."""

from datetime import date
from decimal import Decimal

from worker.core.context import Context, amount_words, key_of
from worker.core.decisions import Proposal
from worker.core.held import Held
from worker.core.ladder import Ladder, Position
from worker.core.money import Money, totals
from worker.core.policy import Policy, Stage, Step, Track
from worker.core.reasons import day_words, reason
from worker.core.receivable import Invoice
from worker.core.replies import bounced, unanswered, unread, waiting_for
from worker.core.screen import address_of
from worker.core.settings import Listening

UNCERTAIN_TASK_AFTER = 10
STALE_AFTER = {"daily": 5, "by hand": 7}
STALE_WEEKLY = 10


def is_hard(policy: Policy, step: Step) -> bool:
    """Hard steps: everything final, and after-due steps from the third on (a first and a second ask are soft)."""
    if step.stage is Stage.FINAL:
        return True
    after = [s.name for s in policy.ladder if s.stage is not Stage.BEFORE]
    return step.name in after and after.index(step.name) >= 2


def is_first_after_due(policy: Policy, step: Step) -> bool:
    """The one after-due step of the ladder that may go on stale books."""
    if step.track is not Track.LADDER:  # it speaks of what was agreed, not of a ladder
        return True
    first = next((s for s in policy.ladder if s.stage is not Stage.BEFORE), None)
    return first is not None and first.name == step.name


def deaf_to(ctx: Context, policy: Policy, step: Step) -> bool:
    """Whether a step needs a yes because no answer to the one before could have reached us: every after-due message
    but the first, where mail really leaves and nobody watches for replies."""
    deaf = ctx.settings.listening is Listening.DEAF
    return deaf and step.stage is not Stage.BEFORE and not is_first_after_due(policy, step)


def hold_on_payer(ctx: Context, payer_id: str, client_ids: list[str]) -> Held | None:
    """An unresolved message, or an address that moved to another domain: nothing goes to this payer."""
    uncertain = ctx.index.uncertain(payer_id)
    if uncertain:
        days = ctx.settings.calendar.between(uncertain.on, ctx.day)
        old = days >= UNCERTAIN_TASK_AFTER
        code = "uncertain-old" if old else "uncertain"
        why = reason(code, on=day_words(uncertain.on), key=uncertain.key[:12])
        return Held(why, "resolve-message" if old else "")
    return changed_address(ctx, payer_id, client_ids) or waiting_for(ctx, payer_id, client_ids)


def changed_address(ctx: Context, payer_id: str, client_ids: list[str]) -> Held | None:
    """The books' address moved to another domain since our last message: a person confirms it first."""
    chosen = ctx.settings.clients.get(payer_id)
    old = ctx.history.addresses.get(payer_id, "")
    new = address_of(ctx, client_ids[0])
    if not old or not new or (chosen and chosen.to) or _domain(old) == _domain(new):
        return None
    if ctx.history.confirmed_addresses.get(payer_id, "").lower() == new.lower():
        return None
    name = f"{payer_id}:{new.lower()}"
    if ctx.index.covered("address", [name]):
        return None
    proposal_id = f"address-{key_of('address', name)[:8]}"
    why = reason("changed-address", old=old, new=new, id=proposal_id)
    return Held(why, proposal=Proposal(proposal_id, "address", why.sentence, (name,)))


def _domain(email: str) -> str:
    return email.rpartition("@")[2].lower()


def hold_on_money(ctx: Context, client_ids: list[str], overdue: list[Invoice], policy: Policy) -> dict[str, Held]:
    """Per currency: unmatched money or credit that leaves nothing worth asking for among what is overdue."""
    found: dict[str, Held] = {}
    gross = totals(Money(i.open, i.currency) for i in overdue)
    invoiced = totals(Money(i.total, i.currency) for i in overdue)
    held = [c for client_id in client_ids for c in ctx.credits_of.get(client_id, ())]
    for currency, owed in gross.items():
        money = sum((c.remaining for c in held if c.currency == currency and c.kind.is_money), Decimal(0))
        credit = sum((c.remaining for c in held if c.currency == currency), Decimal(0))
        if money >= owed:
            why = reason("unmatched-money", money=amount_words(money, currency))
            found[currency] = Held(why, "allocate")
        elif policy.tolerance.covers(owed - credit, invoiced[currency], currency):
            net = amount_words(max(owed - credit, Decimal(0)), currency)
            if credit:
                words = {"credit": amount_words(credit, currency), "owed": amount_words(owed, currency), "net": net}
                why = reason("credit-covers", **words)
                found[currency] = Held(why, "allocate")
            else:
                found[currency] = Held(reason("too-small", policy.at("tolerance"), net=net))
    return found


def hold_on_step(ctx: Context, client_ids: list[str], ladder: Ladder, position: Position, payer_id: str) -> Held | None:
    """What makes a step wait: stale books, a debt of ours, a pause for hard steps, a channel that does not answer."""
    policy, step = ladder.policy, position.step
    if step is None:
        return None
    if step.stage is not Stage.BEFORE and not is_first_after_due(policy, step) and is_stale(ctx):
        words = ctx.settings.reconciled.words if ctx.settings.reconciled else ""
        return Held(reason("stale-books", words=words), "reconcile")
    if not_heard := bounced(ctx, payer_id, address_of(ctx, client_ids[0])):
        return not_heard
    if not is_hard(policy, step):
        return None
    if not step.task and (silence := unread(ctx, payer_id, client_ids) or unanswered(ctx, payer_id, client_ids)):
        return silence
    if not step.task and (named := _in_dispute(ctx, client_ids)):
        return Held(reason("others-disputed", step.place, step=step.name, numbers=named))
    if step.stage is Stage.FINAL and not ladder.heard(position.invoice):
        return Held(reason("silent"), "find-who-pays")
    if step.stage is Stage.FINAL and not step.task and not ctx.settings.next_action:
        return Held(reason("no-next-action", step.place, step=step.name))
    quiet = ctx.quiet_today(hard=True)
    if quiet and quiet.hard_only:  # the soft steps of other invoices go on
        return Held(reason("quiet", until=day_words(quiet.end), why=quiet.why))
    for client_id in client_ids:
        client = ctx.client(client_id)
        if client and client.owed_by_us:
            amount = amount_words(client.owed_by_us, ctx.snapshot.organisation.base_currency)
            return Held(reason("supplier", amount=amount), "we-owe-them")
    return None


def _in_dispute(ctx: Context, client_ids: list[str]) -> str:
    """The numbers of this payer's open invoices that are disputed: the others are asked for softly meanwhile."""
    found = {
        invoice.number
        for client_id in client_ids
        for dispute in ctx.index.disputes.get(client_id, ())
        for invoice in ctx.invoices_of(client_id)
        if invoice.is_open and (not dispute.invoice_ids or invoice.id in dispute.invoice_ids)
    }
    return ", ".join(sorted(found))


def is_stale(ctx: Context) -> bool:
    """True when the bank side of the books is older than its stated rhythm allows.

    Evidence is the newest payment in the books or the day a person recorded; without any, we cannot tell.
    """
    stated = ctx.settings.reconciled
    if stated is None:
        return False
    if stated.stale_after:
        return ctx.day > stated.stale_after
    by_hand = stated.words == "by hand"
    seen: list[date] = [ctx.history.reconciled] if ctx.history.reconciled else []
    if not by_hand:
        seen += [p.date for p in ctx.money if p.date <= ctx.day]
    if not seen:
        return by_hand
    allowed = STALE_AFTER.get(stated.words, STALE_WEEKLY)
    return ctx.settings.calendar.between(max(seen), ctx.day) > allowed
