"""The one pure function: books, settings, history and a moment in; decisions, standings and reasons out.

`run`, `preview`, `explain` and the tests all call this one. It performs no I/O and reads no clock, and its answer does
not depend on the order of rows nor on how often it is asked (I30).
"""

from collections import defaultdict
from collections.abc import Set as AbstractSet

from worker.core.context import Context
from worker.core.decisions import AsOf, Decision, Note, Plan, Proposal, Remind, Standing, Thank
from worker.core.history import History
from worker.core.payer import PayerDesk
from worker.core.payer_guards import is_stale
from worker.core.receivable import Invoice, Snapshot
from worker.core.settings import OrganisationSettings
from worker.core.surprise import refusals
from worker.core.thanks import Receipt, receipts, thank


def decide(
    snapshot: Snapshot,
    settings: OrganisationSettings,
    history: History,
    as_of: AsOf,
    *,
    only: AbstractSet[str] | None = None,
    real_mail: bool = False,
) -> Plan:
    """Decide for every payer (or `only` these payer ids, without the guards over the whole sweep).

    `as_of` is local to the organisation's zone. Amounts never mix currencies; every open invoice gets one standing.
    """
    ctx = Context(snapshot, settings, history, as_of)
    by_payer: dict[str, list[Invoice]] = defaultdict(list)
    for invoice in ctx.open_invoices:
        by_payer[ctx.payer_of(invoice.client_id)].append(invoice)
    money = receipts(ctx)
    decisions: list[Decision] = []
    standings: list[Standing] = []
    notes: list[Note] = []
    proposals: list[Proposal] = []
    for payer_id in sorted(set(by_payer) | set(money)):
        if only is not None and payer_id not in only:
            continue
        desk = PayerDesk(ctx, payer_id, by_payer.get(payer_id, []))
        desk.decide()
        decisions += _thanked(ctx, desk, money.get(payer_id, []))
        standings += desk.standings
        notes += desk.notes
        proposals += desk.proposals
    if only is None:
        refused, wanted = refusals(ctx, [d for d in decisions if isinstance(d, Remind)], real_mail=real_mail)
        decisions = [*refused, *decisions]
        proposals = [*wanted, *proposals]
    return Plan(as_of, tuple(decisions), tuple(standings), tuple(notes), tuple(proposals), _warnings(ctx))


def _thanked(ctx: Context, desk: PayerDesk, money: list[Receipt]) -> list[Decision]:
    """The desk's decisions with this payer's receipts: the first opens today's reminder or stands alone, the rest wait
    for another day."""
    decisions, remind = desk.decisions, desk.remind
    heard = ctx.index.heard_on(desk.payer_id, ctx.day) or remind is not None
    for receipt in money:
        if receipt.payer_id not in ctx.settings.clients:
            continue
        carried = remind is None or not remind.payments
        on = None if remind else desk.remind_on
        made = thank(ctx, receipt, remind if carried else None, on, heard_today=heard)
        if isinstance(made, Remind):
            decisions = [made if isinstance(d, Remind) else d for d in decisions]
            remind = made
        elif made is not None:
            decisions = [*decisions, made]
            heard = heard or isinstance(made, Thank)
    return decisions


def _warnings(ctx: Context) -> tuple[str, ...]:
    found = list(ctx.snapshot.warnings)
    if ctx.snapshot.organisation.platform_reminders:
        found.append("The books' own invoice reminders are switched on: clients would be asked twice. Switch them off.")
    if is_stale(ctx):
        words = ctx.settings.reconciled.words if ctx.settings.reconciled else ""
        found.append(
            f"The bank was last reconciled too long ago ({words}): after the first message past due, steps wait. "
            "Reconcile it, then record it: duecourse reconciled."
        )
    found += [
        f"{client.name}: {chosen.doubt}"
        for client_id, chosen in ctx.settings.clients.items()
        if chosen.doubt and (client := ctx.client(client_id))
    ]
    return tuple(found)
