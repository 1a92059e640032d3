"""What keeps a single invoice out of the chase before any step is considered: exclusions first, then holds.

`screen` answers None for an invoice that may be chased. Every hold that needs a person names the task to open.
"""

from dataclasses import dataclass
from datetime import date, timedelta

from worker.core.arranged import COLLECT_DAYS, FAILED, collection_task
from worker.core.arranged import SETTLE_DAYS as PLAN_SETTLE
from worker.core.context import Context, amount_words
from worker.core.decisions import Bucket, Reason
from worker.core.history import PastTask
from worker.core.policy import Track
from worker.core.promises import not_kept, pauses
from worker.core.reasons import day_words, reason
from worker.core.receivable import Client, Invoice
from worker.core.replay import looked_at
from worker.core.settings import Backlog, ClientSettings, DeliveredBy, Promise

PROMISE_LIMIT = timedelta(days=30)
SETTLE_DAYS = 2
"""Business days after a promised date before we believe that nothing came."""
REOPEN_PAUSE = 3
REMAINDER = 50
"""A remainder of at most 1/50 (2 %) after a payment is a question, not a debt to chase."""


@dataclass(frozen=True, slots=True)
class Screened:
    """Why an invoice is not chased; `task` is the kind of task it opens ("" for none)."""

    bucket: Bucket
    reason: Reason
    task: str = ""
    next_on: date | None = None
    task_id: str = ""


def screen(ctx: Context, invoice: Invoice) -> Screened | None:
    """The first thing, in a fixed order, that keeps this invoice out of the chase; None when nothing does."""
    client, chosen = ctx.client(invoice.client_id), ctx.chosen(invoice.client_id)
    payer_id = ctx.payer_of(invoice.client_id)
    known = payer_id in ctx.settings.clients and payer_id in ctx.snapshot.clients
    if client is None or chosen is None or not known:
        return Screened(Bucket.HELD, reason("unknown-client"), "find-client")
    checks = (_excluded, _held_by_people, _collected, _who, _document, _promised, _planned, _remainder)
    return next((found for check in checks if (found := check(ctx, invoice, client, chosen))), None)


def never_contact(ctx: Context, client_id: str) -> Reason | None:
    """Why nothing at all may be said to this client, thanks included; None when nothing forbids it."""
    client, chosen = ctx.client(client_id), ctx.chosen(client_id)
    if client is None or chosen is None:
        return reason("unknown-client")
    if chosen.never_contact:
        return reason("never-contact", chosen.places.get("never contact", ""), why=chosen.never_contact)
    domain = address_of(ctx, client_id).rpartition("@")[2].lower()
    if domain and domain in ctx.settings.never_contact_domains:
        return reason("never-contact", chosen.places.get("never contact", ""), why=f"the domain {domain}")
    return reason("erased") if client.erased else None


def hold_of(ctx: Context, client_id: str, invoice_id: str) -> Screened | None:
    """The hold on this invoice, its client or whoever receives its mail; "" as invoice asks for whole clients only."""
    for owner in dict.fromkeys((ctx.snapshot.survivor(client_id), ctx.payer_of(client_id))):
        for hold in ctx.index.holds.get(owner, ()):
            if hold.covers(invoice_id, ctx.day):
                until = f" until {day_words(hold.until)}" if hold.until else ""
                again = hold.until + timedelta(days=1) if hold.until else None
                return Screened(Bucket.HELD, reason("hold", hold.place, why=hold.why, until=until), next_on=again)
        client = ctx.snapshot.clients.get(owner)
        groups = client.groups if client else ()
        group = next((g for g in groups if g.lower() in ctx.settings.never_contact_groups), None)
        if group:
            return Screened(Bucket.HELD, reason("group-hold", group=group))
    return None


def _excluded(ctx: Context, invoice: Invoice, client: Client, chosen: ClientSettings) -> Screened | None:
    def out(code: str, setting: str = "", **values: object) -> Screened:
        return Screened(Bucket.EXCLUDED, reason(code, chosen.places.get(setting, ""), **values))

    for owner in (invoice.client_id, ctx.payer_of(invoice.client_id)):
        forbidden = never_contact(ctx, owner)
        if forbidden and forbidden.code == "never-contact":
            return Screened(Bucket.EXCLUDED, forbidden)
    if chosen.factored:
        return out("factored", "factored")
    rule = ctx.rule_for(invoice)
    if rule and rule.excluded:
        return Screened(Bucket.EXCLUDED, reason("rule", rule.place, why=rule.excluded))
    baseline = ctx.history.baseline
    left = baseline.backlog == Backlog.LEAVE if baseline else ctx.settings.backlog is Backlog.LEAVE
    since = baseline.on if baseline else ctx.day
    if left and invoice.due and invoice.due < since and not ctx.index.rungs.get((invoice.id, invoice.round)):
        return out("backlog")
    return None


def _held_by_people(ctx: Context, invoice: Invoice, client: Client, chosen: ClientSettings) -> Screened | None:
    held = hold_of(ctx, client.id, invoice.id)
    if held:
        return held
    for dispute in ctx.index.disputes.get(client.id, ()):
        if dispute.invoice_ids and invoice.id not in dispute.invoice_ids:
            continue
        if dispute.review and dispute.review <= ctx.day:
            why = reason("dispute-review", dispute.place, review=day_words(dispute.review))
            return Screened(Bucket.HELD, why, "review-dispute")
        review = f"; review on {day_words(dispute.review)}" if dispute.review else ""
        why = reason("dispute", dispute.place, reason=dispute.reason, review=review)
        return Screened(Bucket.HELD, why, next_on=dispute.review)
    return None


def _collected(ctx: Context, invoice: Invoice, client: Client, chosen: ClientSettings) -> Screened | None:
    """Money that is collected is not asked for; a collection that did not come is looked at by a person first."""
    collects = chosen.collects
    if collects is None or invoice.id in ctx.plans:
        return None
    place = chosen.places.get("collects", "")
    day = ctx.arrangement(invoice, chosen).on
    if day is None or ctx.day < ctx.counting(chosen).add(day, COLLECT_DAYS):
        on = f" on the {collects.on}" if collects.on else ""
        return Screened(Bucket.EXCLUDED, reason("collects", place, method=collects.method, on=on))
    task_id = collection_task(invoice, day)
    task = ctx.index.task_by_id.get(task_id)
    if task and task.outcome == FAILED and ctx.ladder(invoice, chosen).policy.on(Track.COLLECTION):
        return None
    why = reason("collection-missed", place, method=collects.method, on=day_words(day))
    return Screened(Bucket.HELD, why, "collection-missed", task_id=task_id)


def _planned(ctx: Context, invoice: Invoice, client: Client, chosen: ClientSettings) -> Screened | None:
    """An agreed plan suspends the ladder: nothing is asked before an instalment is missed, and then only for that."""
    state = ctx.plans.get(invoice.id)
    if state is None or state.due is None:
        return None
    plan, which = state.plan, f"{state.number} of {len(state.plan.parts)}"
    values = {"which": which, "amount": amount_words(state.wanting, plan.currency), "due": day_words(state.due)}
    if not state.missed:
        settled = ctx.counting(chosen).add(state.due, PLAN_SETTLE)
        return Screened(Bucket.WAITING, reason("plan", plan.place, **values), next_on=settled)
    broken = f"plan-broken:{plan.id}:{state.number}"
    if state.missed > 1:
        return Screened(Bucket.HELD, reason("plan-broken", plan.place, **values), "plan-broken", task_id=broken)
    if ctx.ladder(invoice, chosen).policy.on(Track.INSTALMENT):
        return None
    missed = f"missed-instalment:{plan.id}:{state.number}"
    return Screened(Bucket.HELD, reason("plan-missed", plan.place, **values), "missed-instalment", task_id=missed)


def _who(ctx: Context, invoice: Invoice, client: Client, chosen: ClientSettings) -> Screened | None:
    payer = ctx.snapshot.clients[ctx.payer_of(invoice.client_id)]
    if client.erased or payer.erased:
        return Screened(Bucket.HELD, reason("erased"), "erased-client")
    if client.archived or payer.archived:
        return Screened(Bucket.HELD, reason("archived"), "archived-client")
    email = address_of(ctx, invoice.client_id)
    if not email:
        return Screened(Bucket.HELD, reason("no-email"), "find-address")
    if email.rpartition("@")[2].lower() in ctx.settings.own_domains and not _asked_before(ctx, invoice):
        return Screened(Bucket.HELD, reason("own-domain", email=email), "own-domain")
    return None


def _document(ctx: Context, invoice: Invoice, client: Client, chosen: ClientSettings) -> Screened | None:
    looked = ctx.index.task_by_id
    if chosen.delivered_by is DeliveredBy.BOOKS and not _released(looked, "send-invoice", invoice):
        if invoice.delivery_problem:
            why = reason("delivery-problem", problem=invoice.delivery_problem)
            return Screened(Bucket.HELD, why, "send-invoice")
        if invoice.sent is False:
            return Screened(Bucket.HELD, reason("never-sent"), "send-invoice")
    if chosen.needs_po and not invoice.reference.strip() and not _released(looked, "get-po", invoice):
        return Screened(Bucket.HELD, reason("no-po", chosen.places.get("needs po", "")), "get-po")
    if not plausible(invoice):
        return Screened(Bucket.HELD, reason("no-due-date", due=day_words(invoice.due)), "fix-due-date")
    if invoice.reopened and not _reopened_released(ctx, invoice, chosen):
        return Screened(Bucket.HELD, reason("reopened", on=day_words(invoice.reopened)), "look-at-reopened")
    return None


def _promised(ctx: Context, invoice: Invoice, client: Client, chosen: ClientSettings) -> Screened | None:
    promises = [p for p in ctx.index.promises.get(client.id, ()) if pauses(p, invoice)]
    calendar = ctx.counting(chosen)
    for promise in promises:
        until = _pause_end(promise, calendar.add(promise.by, SETTLE_DAYS))
        if ctx.day < until:
            code, who = ("promise", client.name) if promise.stated_by_client else ("expected", "")
            values = {"by": day_words(promise.by), "until": day_words(until)}
            why = reason(code, promise.place, who=who, **values)
            return Screened(Bucket.HELD, why, next_on=until)
    broken = not_kept(promises, invoice, ctx.day)
    if len(broken) >= 2 and not _released(ctx.index.task_by_id, "broken-promises", invoice):
        last = max(p.by for p in broken)
        return Screened(Bucket.HELD, reason("promise-twice", by=day_words(last)), "broken-promises")
    if invoice.expected and invoice.due and invoice.expected > invoice.due:
        until = calendar.add(min(invoice.expected, invoice.due + PROMISE_LIMIT), SETTLE_DAYS)
        if ctx.day < until:
            why = reason("expected", by=day_words(invoice.expected), until=day_words(until))
            return Screened(Bucket.HELD, why, next_on=until)
    return None


def _pause_end(promise: Promise, settled: date) -> date:
    """A promise pauses until its day has settled, and never for more than 30 days from the day it was made."""
    return min(settled, promise.made_on + PROMISE_LIMIT)


def _remainder(ctx: Context, invoice: Invoice, client: Client, chosen: ClientSettings) -> Screened | None:
    if invoice.paid <= 0 or invoice.total <= 0:
        return None
    if name := deducted(ctx, invoice, chosen):
        why = reason("deduction", chosen.places.get("deducts", ""), name=name)
        return Screened(Bucket.HELD, why, "check-deduction")
    if invoice.open * REMAINDER <= invoice.total:
        values = {k: amount_words(v, invoice.currency) for k, v in (("open", invoice.open), ("total", invoice.total))}
        return Screened(Bucket.HELD, reason("remainder", **values), "small-remainder")
    return None


def deducted(ctx: Context, invoice: Invoice, chosen: ClientSettings) -> str:
    """The stated deduction that what is left of a part-paid invoice comes to, within the tolerance; "" for none."""
    if invoice.paid <= 0 or not chosen.deducts:
        return ""
    close = ctx.ladder(invoice, chosen).policy.tolerance.of(invoice.currency)
    left = ((d.name, abs(invoice.open - invoice.total * d.share)) for d in chosen.deducts)
    return next((name for name, off in left if off <= close), "")


def plausible(invoice: Invoice) -> bool:
    """A due date that exists, lies within ten years of the issue date and not before it (I20)."""
    if invoice.due is None or not 2000 <= invoice.due.year <= 2200:
        return False
    return invoice.issued is None or timedelta(0) <= invoice.due - invoice.issued <= timedelta(days=3650)


def address_of(ctx: Context, client_id: str) -> str:
    """The first address this client's payer would be written at: written settings first, then the books."""
    found = ctx.addresses.get(client_id)
    if found is None:
        found = ctx.addresses[client_id] = _address(ctx, client_id)
    return found


def _address(ctx: Context, client_id: str) -> str:
    for owner in dict.fromkeys((ctx.payer_of(client_id), ctx.snapshot.survivor(client_id))):
        chosen, client = ctx.settings.clients.get(owner), ctx.snapshot.clients.get(owner)
        if chosen and chosen.to:
            return chosen.to[0].email
        if client and client.email:
            return client.email
    return ""


def guard_task_id(kind: str, invoice: Invoice) -> str:
    """The stable id of the task a screened invoice opens."""
    return f"{kind}:{invoice.id}:{invoice.round}"


def _released(tasks: dict[str, PastTask], kind: str, invoice: Invoice) -> bool:
    task = tasks.get(guard_task_id(kind, invoice))
    return task is not None and task.done is not None


def _reopened_released(ctx: Context, invoice: Invoice, chosen: ClientSettings) -> bool:
    paused = ctx.day >= ctx.counting(chosen).add(invoice.reopened, REOPEN_PAUSE) if invoice.reopened else True
    looked = looked_at(invoice.id, invoice.round) in ctx.history.reopened_looked_at
    return paused and (looked or _released(ctx.index.task_by_id, "look-at-reopened", invoice))


def _asked_before(ctx: Context, invoice: Invoice) -> bool:
    return bool(ctx.index.reminders.get(ctx.payer_of(invoice.client_id)))
