"""One reminder for one payer: which invoices it advances, what it lists, and its message model."""

from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from worker.core.account import statement_of
from worker.core.conditions import usual
from worker.core.context import Context, amount_words, key_of
from worker.core.decisions import Bucket, Remind
from worker.core.early import early_payment
from worker.core.history import Advance
from worker.core.interest import figure, why_not
from worker.core.ladder import Ladder, Position
from worker.core.message import InstalmentDue, MessageModel
from worker.core.model import (
    base_model,
    copies,
    earlier_contact,
    instalments,
    lines,
    net_of,
    promised_by_client,
    recipients,
    subtotals,
    sums,
)
from worker.core.money import Money
from worker.core.payer_guards import is_hard
from worker.core.policy import PlanOffer, Stage, Step, Track
from worker.core.reasons import reason
from worker.core.receivable import Invoice

_STAGE_RANK = {Stage.BEFORE: 0, Stage.AFTER: 1, Stage.FINAL: 2}
HABIT_DAYS = 14


@dataclass
class Due:
    """An invoice whose next step is a message and has come due."""

    position: Position
    ladder: Ladder
    step: Step
    approval: str = field(default="")

    @property
    def apart(self) -> bool:
        """True when the message asks for the invoices at this step alone."""
        return self.step.stage is Stage.FINAL or self.step.track is not Track.LADDER

    @property
    def rank(self) -> tuple[int, int, str]:
        """Higher means a later step; the name only makes ties deterministic."""
        return (_STAGE_RANK[self.step.stage], self.position.rung, self.step.name)

    @property
    def bucket(self) -> Bucket:
        """Chased once anything was sent about it, waiting before."""
        return Bucket.CHASED if self.position.last else Bucket.WAITING

    def limit(self, approved: str | None) -> Decimal:
        """The largest open amount an approval covers: it is void if the amount rose."""
        return Decimal(approved) if approved else self.position.invoice.open

    def advance(self) -> Advance:
        """The child row this invoice gets."""
        invoice = self.position.invoice
        run = self.position.timing.run
        hard = is_hard(self.ladder.policy, self.step)
        return Advance(invoice.id, invoice.round, self.position.name, invoice.open, invoice.currency, run, hard)


def build_remind(
    ctx: Context, payer_id: str, client_ids: list[str], due: list[Due], live: list[Invoice], disputed: list[Invoice]
) -> Remind:
    """The reminder at the highest due step; a final one, or one about something agreed, advances and asks for only the
    invoices at that very step."""
    top = max(due, key=lambda d: d.rank)
    moving = [d for d in due if d.position.name == top.position.name] if top.apart else due
    advances = tuple(sorted((d.advance() for d in moving), key=lambda a: (a.invoice_id, a.round, a.step)))
    to = recipients(ctx, payer_id, client_ids, role=top.step.to)
    granted = _granted(ctx, top)
    model = _model(ctx, payer_id, client_ids, top, moving, live, disputed)
    listed = {i.invoice_id for i in (*model.coming, *model.overdue, *model.also_open)} - {
        a.invoice_id for a in advances
    }
    return Remind(
        key=key_of(ctx.settings.name, "reminder", *(f"{a.invoice_id}/{a.round}/{a.step}" for a in advances)),
        payer_id=payer_id,
        step=top.step.name,
        stage=top.step.stage,
        to=to,
        cc=copies(ctx, payer_id, to, is_hard(top.ladder.policy, top.step)),
        advances=advances,
        model=replace(model, deadline=granted),
        reason=reason("remind", top.step.place, step=top.step.name, why=_why(ctx, top, moving)),
        listed=tuple(sorted(listed)),
        granted=granted,
        client_ids=tuple(client_ids),
        approval=next((d.approval for d in moving if d.approval), ""),
    )


def _granted(ctx: Context, top: Due) -> date | None:
    """The deadline this message grants: a day on which the organisation is at work, and never inside a quiet period."""
    if not top.step.allow:
        return None
    calendar = ctx.sending(top.ladder.settings, top.ladder.policy)
    return calendar.next_business_day(ctx.day + timedelta(days=top.step.allow))


def _model(
    ctx: Context,
    payer_id: str,
    client_ids: list[str],
    top: Due,
    moving: list[Due],
    live: list[Invoice],
    disputed: list[Invoice],
) -> MessageModel:
    final, apart = top.step.stage is Stage.FINAL, top.apart
    overdue = [i for i in live if i.due and i.due < ctx.day]
    moved = [d.position.invoice for d in moving]
    coming = [i for i in moved if i not in overdue]
    asked = moved if apart else [*coming, *overdue]
    gross = sums(asked)
    credit, net = net_of(gross, [c for cid in client_ids for c in ctx.credits_of.get(cid, ())])
    to = recipients(ctx, payer_id, client_ids, role=top.step.to)
    promised = promised_by_client(ctx, [d.position for d in moving])
    model = base_model(ctx, _template(ctx, payer_id, top, promised), payer_id, to, top.step.signed_by)
    said = ctx.settings.said_in(model.language)
    attached = ctx.settings.attach_statement or top.step.attach_statement
    run = top.position.timing.run if top.ladder.settings.run_stated else None
    schedule = top.ladder.settings.schedule
    next_run = schedule.next_run(ctx.day + timedelta(days=1)) if run and schedule else None
    return replace(
        model,
        coming=() if apart else lines(ctx, coming),
        overdue=lines(ctx, overdue) if final or not apart else (),
        demanded=lines(ctx, moved) if apart else (),
        also_open=lines(ctx, [i for i in overdue if i not in moved]) if apart else (),
        not_included=lines(ctx, disputed),
        subtotals=subtotals(ctx, asked),
        gross=gross,
        credit=credit,
        net=net,
        run_date=run,
        next_run=next_run,
        cut_off=schedule.cut_off_of(next_run) if next_run and schedule else None,
        promised=promised,
        earlier=earlier_contact(ctx, payer_id, {i.id for i in asked}, to),
        first_ever=not ctx.index.reminders.get(payer_id),
        next_action=said.next_action if final else "",
        statement=statement_of(ctx, payer_id, client_ids) if attached else None,
        why_it_matters=top.ladder.settings.why_it_matters or said.why_it_matters,
        **_arranged(ctx, top),
        **_offered(ctx, top, net),
        **_terms(ctx, top, moved),
    )


def _arranged(ctx: Context, top: Due) -> dict[str, Any]:
    """What a message about something agreed says of it."""
    state, collects = ctx.plans.get(top.position.invoice.id), top.ladder.settings.collects
    if top.step.track is Track.INSTALMENT and state and state.due:
        plan = state.plan
        wanting, remains = Money(state.wanting, plan.currency), Money(state.remains, plan.currency)
        return {"instalment": InstalmentDue(state.number, len(plan.parts), state.due, wanting, remains)}
    if top.step.track is Track.COLLECTION and collects:
        return {"collected_by": collects.method, "collected_on": top.ladder.arrangement.on}
    return {}


def _terms(ctx: Context, top: Due, moved: list[Invoice]) -> dict[str, Any]:
    """What early payment saves, before the due date; what late payment costs, in a final notice."""
    chosen = top.ladder.settings
    if top.step.stage is Stage.BEFORE:
        early = (early_payment(i, ctx.day, chosen.early) for i in moved)
        return {"early_payment": tuple(e for e in early if e)}
    if top.step.stage is not Stage.FINAL or why_not(chosen.charges, ctx.settings.rates):
        return {}
    figures = (figure(i, ctx.day, chosen.charges, ctx.settings.rates) for i in moved)
    return {"interest": tuple(f for f in figures if f), "late_fee_notice": chosen.charges.notice}


def _offered(ctx: Context, top: Due, net: tuple[Money, ...]) -> dict[str, Any]:
    """The concrete terms of an offered plan, on the terms of the policy."""
    offer = top.ladder.policy.plans
    if top.step.message != "offer-plan":
        return {}
    offer = offer or PlanOffer()
    parts = instalments(ctx, top.ladder.settings, net, offer.number)
    return {"instalments": parts, "plan_fee": Money(offer.fee, net[0].currency) if offer.fee and parts else None}


def _template(ctx: Context, payer_id: str, top: Due, promised: date | None) -> str:
    """The step's message; the other one when it hangs on a run that was stated, or follows a broken promise."""
    last = max((m.on for m in ctx.index.reminders.get(payer_id, ())), default=date.min)
    if promised and last <= promised and top.step.stage is Stage.AFTER and not is_hard(top.ladder.policy, top.step):
        return "promise-broken"
    if top.step.message_if_run_stated and top.ladder.settings.run_stated and top.position.timing.run:
        return top.step.message_if_run_stated
    return top.step.message or top.step.name


def _why(ctx: Context, top: Due, moving: list[Due]) -> str:
    invoices = [d.position.invoice for d in moving]
    amounts = " and ".join(amount_words(m.amount, m.currency) for m in sums(invoices))
    count = "1 invoice" if len(invoices) == 1 else f"{len(invoices)} invoices"
    words = f"{count}, {amounts}; {top.position.timing.why}"
    return words + habit(ctx, top.position.invoice.client_id)


def habit(ctx: Context, client_id: str) -> str:
    """Said aloud in reasons: habitual lateness is known, and is no entitlement."""
    typical = usual(ctx, client_id)
    return f"; it usually pays {typical} days late, which is no agreement" if typical and typical >= HABIT_DAYS else ""
