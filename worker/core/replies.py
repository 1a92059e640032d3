"""What comes back, and what it stops: a reply pauses, an absence waits, a channel that is silent hears nothing harder.

A reply is dealt with when a person records the outcome of its task (`duecourse done`).
"""

from collections.abc import Iterator
from datetime import date, timedelta

from worker.core.context import Context
from worker.core.held import Held
from worker.core.history import Reply, ReplyKind
from worker.core.plain import one_line, shortened
from worker.core.reasons import day_words, reason
from worker.core.settings import Listening

PAUSE = 5
"""Business days for which a reply nobody dealt with stops everything; after them soft steps may resume."""
UNANSWERED = 2
"""After-due messages in a row without any sign of life, after which nothing harder goes out."""
_SHOWN = 300


def waiting_for(ctx: Context, payer_id: str, client_ids: list[str]) -> Held | None:
    """A reply not dealt with yet, somebody who left, or an absence: nothing goes to this payer now."""
    away: Held | None = None
    for reply in _replies(ctx, payer_id, client_ids):
        read = _dealt_with(ctx, reply)
        if reply.what is ReplyKind.GONE and read is None:
            return Held(reason("gone", sender=_from(reply)), "find-who-pays", task_id=reply.task_id)
        if reply.what is ReplyKind.ANSWER and read is None and _recent(ctx, reply):
            why = reason("reply", sender=_from(reply), on=day_words(reply.on), text=quoted(reply))
            return Held(why, "read-reply", task_id=reply.task_id)
        if reply.what is ReplyKind.AWAY and reply.until and ctx.day <= reply.until:
            why = reason("away", sender=_from(reply), until=day_words(reply.until))
            away = Held(why, next_on=reply.until + timedelta(days=1))
        if reply.what is ReplyKind.LATE and reply.until and ctx.day <= reply.until:
            why = reason("late", on=day_words(reply.on), until=day_words(reply.until))
            away = away or Held(why, next_on=reply.until + timedelta(days=1))
    return away


def bounced(ctx: Context, payer_id: str, address: str) -> Held | None:
    """The last message did not arrive, and neither the address changed nor a person said what follows."""
    message = ctx.index.unheard(payer_id, address)
    if message is None:
        return None
    task_id = f"find-who-pays:{payer_id}:{message.key[:12]}"
    task = ctx.index.task_by_id.get(task_id)
    if task is not None and not task.is_open:
        return None
    return Held(reason("silent"), "find-who-pays", task_id=task_id)


def unread(ctx: Context, payer_id: str, client_ids: list[str]) -> Held | None:
    """A reply that was never dealt with keeps holding back what is hard."""
    for reply in _replies(ctx, payer_id, client_ids):
        if reply.what is ReplyKind.ANSWER and _dealt_with(ctx, reply) is None:
            why = reason("reply-unread", on=day_words(reply.on), text=quoted(reply))
            return Held(why, "read-reply", task_id=reply.task_id)
    return None


def unanswered(ctx: Context, payer_id: str, client_ids: list[str]) -> Held | None:
    """Two messages in a row and no sign of life: no reply, no contact anybody recorded, no money. Only where replies
    are watched for: elsewhere silence means nothing."""
    if ctx.settings.listening is not Listening.WATCHED:
        return None
    since = max(_signs_of_life(ctx, payer_id, client_ids), default=date.min)
    asked = [m for m in ctx.index.reminders.get(payer_id, ()) if m.after_due and m.on > since]
    if len(asked) < UNANSWERED:
        return None
    task_id = f"find-who-pays:{payer_id}:{asked[-1].key[:12]}"
    return Held(reason("unanswered", count=len(asked)), "find-who-pays", task_id=task_id)


def _signs_of_life(ctx: Context, payer_id: str, client_ids: list[str]) -> Iterator[date]:
    people = {payer_id, *client_ids}
    for reply in _replies(ctx, payer_id, client_ids):
        if reply.what is ReplyKind.ANSWER:
            yield reply.on
    for client_id in client_ids:
        yield from (on for on, _, _ in ctx.index.contacts.get(client_id, ()))
    for task in ctx.index.task_by_id.values():
        if task.payer_id in people and task.done is not None and task.outcome != "no-answer":
            yield task.done
    yield from (p.date for p in ctx.money if ctx.snapshot.survivor(p.client_id) in people)


def quoted(reply: Reply) -> str:
    """What was written, as one line of a report."""
    words = one_line(reply.text) or one_line(reply.about) or "no text"
    return f"“{shortened(words, _SHOWN)}”"


def _replies(ctx: Context, payer_id: str, client_ids: list[str]) -> list[Reply]:
    return [r for who in dict.fromkeys((payer_id, *client_ids)) for r in ctx.index.replies.get(who, ())]


def _dealt_with(ctx: Context, reply: Reply) -> date | None:
    task = ctx.index.task_by_id.get(reply.task_id)
    return task.done if task else None


def _recent(ctx: Context, reply: Reply) -> bool:
    return ctx.settings.calendar.between(reply.on, ctx.day) < PAUSE


def _from(reply: Reply) -> str:
    return one_line(reply.sender) or "Somebody"
