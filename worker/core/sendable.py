"""Whether a reminder that is due may leave at this very moment, or on which day it may."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING

from worker.core.context import Context, key_of
from worker.core.decisions import Reason
from worker.core.payer_guards import is_hard
from worker.core.policy import Policy, Track
from worker.core.reasons import day_words, reason
from worker.core.workdays import Calendar

if TYPE_CHECKING:
    from worker.core.reminder import Due

AFTER_THANKS = 2
STAGGER = 5


@dataclass(frozen=True, slots=True)
class Delay:
    """Not now: why, and the next day on which it may go (as far as known today)."""

    reason: Reason
    on: date


def delay(ctx: Context, payer_id: str, client_ids: list[str], top: "Due") -> Delay | None:
    """The first thing, in a fixed order, that keeps this payer's reminder from leaving now."""
    chosen, policy, step = ctx.settings.clients[payer_id], top.ladder.policy, top.step
    quiet = ctx.quiet_today(hard=is_hard(policy, step))
    if quiet:
        on = ctx.next_open(chosen, policy, quiet.end + timedelta(days=1))
        return Delay(reason("quiet", until=day_words(quiet.end), why=quiet.why), on)
    calendar = ctx.sending(chosen, policy)
    waits = (
        _gap(ctx, payer_id, client_ids, policy, calendar),
        _again(ctx, payer_id, top, calendar),
        _after_thanks(ctx, payer_id, calendar),
        _ceiling(ctx, payer_id, policy),
        _stagger(ctx, payer_id, calendar),
    )
    latest = max((w for w in waits if w and w[1] > ctx.day), key=lambda w: w[1], default=None)
    if latest:
        code, day, values = latest
        on = ctx.next_open(chosen, policy, day)
        return Delay(reason(code, step.place, step=step.name, on=day_words(on), **values), on)
    shut = next((p for p in (policy, chosen.policy) if not ctx.may_send_now(chosen, p)), None)
    if shut:  # an invoice's own policy may have longer hours than its payer's: both must be open
        on = ctx.opens_next(chosen, shut)
        return Delay(reason("window", shut.at("window"), step=step.name, on=day_words(on)), on)
    return None


_Wait = tuple[str, date, dict[str, object]]


def _gap(ctx: Context, payer_id: str, client_ids: list[str], policy: Policy, calendar: Calendar) -> _Wait | None:
    last = ctx.index.last_chased(payer_id, client_ids)
    if last is None:
        return None
    tomorrow = last + timedelta(days=1)  # whatever the gap says: one message a day
    own = ctx.settings.clients[payer_id].policy  # a payer's gap holds for every client it answers for
    gaps = (own.gap.from_(last, calendar), policy.gap.from_(last, calendar))
    return ("gap", max(*gaps, tomorrow), {"last": day_words(last)})


def _after_thanks(ctx: Context, payer_id: str, calendar: Calendar) -> _Wait | None:
    last = max((m.on for m in ctx.index.thanks.get(payer_id, ())), default=None)
    return ("after-thanks", calendar.add(last, AFTER_THANKS), {"last": day_words(last)}) if last else None


def _again(ctx: Context, payer_id: str, top: "Due", calendar: Calendar) -> _Wait | None:
    """The same question, or a softer one, is not put to a payer again for some time, whatever invoice it is about: by
    then all that came due meanwhile is in one message. A harder question keeps its own spacing."""
    policy, sent = top.ladder.policy, ctx.index.reminders.get(payer_id)
    if policy.again is None or not sent or top.step.track is not Track.LADDER:
        return None
    last = sent[-1]
    rung = policy.index(last.step)
    if rung < 0 or policy.steps[rung].track is not Track.LADDER or rung < top.position.rung:
        return None
    return ("again", policy.again.from_(last.on, calendar), {"last": day_words(last.on)})


def _ceiling(ctx: Context, payer_id: str, policy: Policy) -> _Wait | None:
    own = ctx.settings.clients[payer_id].policy
    month = min(p.per_month for p in (ctx.settings.caps, own, policy) if p.per_month is not None)
    for days, most in ((7, ctx.settings.caps.per_week), (30, month)):
        recent = [m.on for m in ctx.index.reminders.get(payer_id, ()) if m.on > ctx.day - timedelta(days=days)]
        if len(recent) >= most:
            frees = sorted(recent)[len(recent) - most] + timedelta(days=days)
            return ("ceiling", frees, {"count": len(recent), "days": days})
    return None


def _stagger(ctx: Context, payer_id: str, calendar: Calendar) -> _Wait | None:
    """After a quiet period the backlog re-enters over five business days, each payer on its own."""
    ended = max((q.end for q in ctx.settings.quiet if q.end < ctx.day and not q.hard_only), default=None)
    if ended is None or calendar.between(ended, ctx.day) > STAGGER:
        return None
    turn = int(key_of("stagger", payer_id, ended)[:4], 16) % STAGGER + 1
    return ("stagger", calendar.add(ended, turn), {})
