"""Guards over a whole sweep: what must be in order before anything leaves, and surprise rather than size."""

from datetime import date, timedelta

from worker.core.context import Context, key_of
from worker.core.decisions import Plan, Proposal, Refuse, Remind, Thank
from worker.core.history import GONE
from worker.core.reasons import day_words, reason
from worker.core.settings import Mode

FORECAST_DAYS = 21


def allowed_over(expected: int) -> int:
    """How far above the expected number is no surprise: 5, or a fifth, whichever is more."""
    return max(5, expected // 5)


def baseline_identity(ctx: Context) -> str:
    """What an approved baseline is bound to: the organisation, the sender and the policies' content."""
    sender = ctx.settings.sender.email if ctx.settings.sender else ""
    return key_of(ctx.snapshot.organisation.id, ctx.settings.name, sender, ctx.settings.fingerprint)[:16]


def refusals(ctx: Context, reminds: list[Remind], *, real_mail: bool) -> tuple[list[Refuse], list[Proposal]]:
    """Everything that stops the whole sweep in live mode; empty lists when it may go ahead.

    `real_mail`: the mailer reaches beyond this machine.
    """
    if ctx.settings.mode is not Mode.LIVE:
        return [], []
    missing = _missing(ctx, real_mail=real_mail)
    if missing:
        return missing, []
    if (behind := _clock_behind(ctx)) is not None:
        return [behind[0]], [behind[1]]
    identity = baseline_identity(ctx)
    baseline = ctx.history.baseline
    if baseline is None or baseline.identity != identity:
        proposal = _baseline_proposal(ctx, identity)
        if not ctx.index.covered("baseline", proposal.names) and proposal.id not in ctx.settings.approvals:
            return [_refuse("no-baseline", proposal)], [proposal]
        return [], [proposal]
    found = [s for s in (_more_than_forecast(ctx, reminds), _first_messages(ctx, reminds)) if s]
    return [r for r, _ in found], [p for _, p in found]


def _missing(ctx: Context, *, real_mail: bool) -> list[Refuse]:
    settings = ctx.settings
    checks = (
        (bool(settings.stopped), reason("stopped", why=settings.stopped or "-")),
        (settings.backlog is None and ctx.history.baseline is None, reason("no-backlog")),
        (not settings.ways_to_pay, reason("no-way-to-pay")),
        (settings.sender is None, reason("no-sender")),
        (real_mail and ctx.snapshot.organisation.demo, reason("demo-company")),
    )
    return [Refuse("", why) for wrong, why in checks if wrong]


def _clock_behind(ctx: Context) -> tuple[Refuse, Proposal] | None:
    """A sweep dated before one that is on record: this clock is wrong, or that one was. A person says which."""
    swept = [date.fromisoformat(min(ctx.history.forecast))] if ctx.history.forecast else []
    latest = max((*swept, *(m.on for m in ctx.history.messages if m.state in GONE)), default=ctx.day)
    name = latest.isoformat()
    if latest <= ctx.day or ctx.index.covered("clock", [name]):
        return None
    proposal_id = f"clock-{key_of('clock', ctx.settings.name, name)[:8]}"
    proposal = Proposal(proposal_id, "clock", f"sweep on {ctx.day}, though {latest} is on record", (name,))
    return _refuse("clock-behind", proposal, today=day_words(ctx.day), latest=day_words(latest)), proposal


def _baseline_proposal(ctx: Context, identity: str) -> Proposal:
    backlog = str(ctx.settings.backlog)
    sender = ctx.settings.sender.email if ctx.settings.sender else "nobody"
    sentence = f"start chasing for {ctx.settings.name} from {sender}; backlog: {backlog}"
    return Proposal(f"baseline-{identity[:8]}", "baseline", sentence, (identity, backlog))


def _refuse(code: str, proposal: Proposal, **values: object) -> Refuse:
    return Refuse("", reason(code, "", **values), proposal.id, f"approvals: [{proposal.id}]")


def _more_than_forecast(ctx: Context, reminds: list[Remind]) -> tuple[Refuse, Proposal] | None:
    """Reminders of this mail window (sent and planned) against what was forecast since the last sweep."""
    expected = expected_today(ctx)
    if expected is None or not reminds:
        return None
    planned = len(reminds) + _sent_today(ctx)
    if planned <= expected + allowed_over(expected):
        return None
    return _stop(ctx, reminds, "surprise", planned=planned, expected=expected)


def _first_messages(ctx: Context, reminds: list[Remind]) -> tuple[Refuse, Proposal] | None:
    """Too many payers hearing from us for the first time, except on the day the baseline was approved."""
    baseline = ctx.history.baseline
    if baseline is None or baseline.on == ctx.day:
        return None
    first = [r for r in reminds if not ctx.index.reminders.get(r.payer_id)]
    payers = {ctx.payer_of(i.client_id) for i in ctx.open_invoices}
    if len(first) <= allowed_over(len(payers)):
        return None
    return _stop(ctx, first, "surprise-first", planned=len(first), all=len(payers))


def _stop(ctx: Context, reminds: list[Remind], code: str, **values: object) -> tuple[Refuse, Proposal] | None:
    names = tuple(sorted(r.payer_id for r in reminds))
    approval = ctx.index.covered("surprise", names)
    if approval and len(names) <= approval.limit:
        return None
    proposal_id = f"surprise-{key_of('surprise', *names)[:8]}"
    if proposal_id in ctx.settings.approvals and proposal_id not in {a.id for a in ctx.history.approvals if a.used}:
        return None
    sentence = f"{len(names)} clients hear from us today"
    proposal = Proposal(proposal_id, "surprise", sentence, names, limit=len(names))
    return _refuse(code, proposal, **values), proposal


def _sent_today(ctx: Context) -> int:
    return sum(1 for sent in ctx.index.reminders.values() for m in sent if m.on == ctx.day)


def expected_today(ctx: Context) -> int | None:
    """What the last forecast expected from the day after it was made (its first day) up to today, or on that very day.

    None when there is no forecast or it does not reach so far.
    """
    days = {date.fromisoformat(d): n for d, n in ctx.history.forecast.items()}
    if not days or not min(days) <= ctx.day <= max(days):
        return None
    made = min(days)
    return days[made] if ctx.day == made else sum(n for d, n in days.items() if made < d <= ctx.day)


def forecast(plan: Plan) -> dict[str, int]:
    """How many payers are expected to hear from us, by day: today (as planned) and the next three weeks."""
    first: dict[str, date] = {}
    for standing in plan.standings:
        if standing.next_on and standing.step:
            first[standing.payer_id] = min(first.get(standing.payer_id, date.max), standing.next_on)
    start = plan.as_of.day
    counts = {(start + timedelta(days=n)).isoformat(): 0 for n in range(FORECAST_DAYS + 1)}
    for day in first.values():
        if day.isoformat() in counts:
            counts[day.isoformat()] += 1
    return counts


def messages_of(plan: Plan) -> tuple[Remind | Thank, ...]:
    """Everything that would be handed off, reminders first."""
    reminds = tuple(d for d in plan.decisions if isinstance(d, Remind))
    return (*reminds, *(d for d in plan.decisions if isinstance(d, Thank)))
