"""status: how every organisation is doing, for people and monitors."""

from typing import TYPE_CHECKING, Any

import click

from worker.commands.base import Desk, command

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from worker.app import App
    from worker.config.values import OrganisationConfig
    from worker.ports import MessageRecord
    from worker.report.status_data import OrganisationStatus

STALE_HOURS = 30.0
"""Without a complete reading for this long an organisation is stale: a daily run was missed."""


@command("status", json=True)
@click.option(
    "--stale-after",
    type=float,
    default=STALE_HOURS,
    show_default=True,
    help="Hours (weekends aside) without a complete reading or live sweep.",
)
def status_command(desk: Desk, stale_after: float) -> int:
    """Every organisation's last reading, messages and open questions. Exits 1 when one needs a person."""
    from msgspec import to_builtins

    from worker.report.status import show_status
    from worker.report.status_data import Status

    with desk.app() as app:
        live = app.practice.mode == "live"
        organisations = [_one(app, o, stale_after, live=live) for o in app.organisations()]
        stopped = app.stopped()
        made = Status(
            schema=1,
            mode=str(app.practice.mode),
            instance=app.logbook.instance_id(),
            stopped=stopped,
            organisations=organisations,
            exit_code=1 if stopped or any(o.trouble for o in organisations) else 0,
        )
    code, found = made.exit_code, to_builtins(made)
    if desk.as_json:
        desk.print_json(found)
    else:
        show_status(desk.out(), found)
    return code


def _one(app: "App", organisation: "OrganisationConfig", stale_after: float, *, live: bool) -> "OrganisationStatus":
    from collections import Counter

    from worker.core.history import GONE, MessageState
    from worker.report.status_data import OrganisationStatus

    name, now = organisation.name, app.clock.now()
    read, messages = app.logbook.read_at(name), app.logbook.messages(name)
    states = Counter(m.state for m in messages)
    last = max((m.handed_at for m in messages if m.handed_at and m.state in GONE), default=None)
    swept = _last_swept(app, name)
    skipped = _skipped_since(app, name, read)
    uncertain, refused = states[MessageState.UNCERTAIN], _refused(messages)
    late = {"read": _late(read, now, stale_after), "swept": live and swept is not None}
    late["swept"] = late["swept"] and _late(swept, now, stale_after)
    trouble = [f"skipped: {skipped}"] if skipped else []
    trouble += ["never read"] if read is None else []
    trouble += [f"not {what} for more than {stale_after:g} hours" for what, is_late in late.items() if is_late and read]
    trouble += [f"{uncertain} of unknown outcome: duecourse resolve"] if uncertain else []
    trouble += [f"the mail server refused {refused} since it last took one: duecourse history"] if refused else []
    held, problem = _held(app, organisation) if read else ({}, "")
    trouble += [problem] if problem else []
    return OrganisationStatus(
        organisation=name,
        last_read=read.isoformat(timespec="seconds") if read else None,
        last_swept=swept.isoformat(timespec="seconds") if swept else None,
        stale=any(late.values()),
        skipped=skipped,
        sent=sum(n for state, n in states.items() if state in GONE),
        last_sent=last.isoformat(timespec="seconds") if last else None,
        uncertain=uncertain,
        refused=refused,
        open_tasks=sum(t.is_open for t in app.logbook.history(name).tasks),
        held=held,
        trouble=trouble,
    )


def _late(since: "datetime | None", now: "datetime", hours: float) -> bool:
    """Whether more hours than these went by. Saturdays and Sundays (UTC) do not count: few run on them."""
    from datetime import timedelta

    if since is None:
        return True
    gone, at = timedelta(0), since
    while at < now and gone <= timedelta(hours=hours):
        end = min(now, (at + timedelta(days=1)).replace(hour=0, minute=0, second=0, microsecond=0))
        gone += end - at if at.weekday() < 5 else timedelta(0)
        at = end
    return gone > timedelta(hours=hours)


def _last_swept(app: "App", name: str) -> "datetime | None":
    """The last day's first live sweep that went to its end: it leaves a forecast, once a day."""
    from worker.core.events import EventKind

    return max((e.at for e in app.logbook.events(name, kind=EventKind.FORECAST)), default=None)


def _refused(messages: "Sequence[MessageRecord]") -> int:
    """How many the mail server refused since it last took one: rejected for good, or given back with its answer."""
    from worker.core.history import GONE, MessageState

    waiting = (MessageState.REJECTED, MessageState.PLANNED, MessageState.CLAIMED)
    taken = max((m.handed_at for m in messages if m.handed_at and m.state in GONE), default=None)
    return sum(m.state in waiting and bool(m.detail) and (taken is None or m.planned_at > taken) for m in messages)


def _skipped_since(app: "App", name: str, read: Any) -> str:
    from worker.core.events import EventKind

    skips = [e for e in app.logbook.events(name, kind=EventKind.SKIPPED) if read is None or e.at > read]
    return str(skips[-1].data.get("what", "")) if skips else ""


def _held(app: "App", organisation: "OrganisationConfig") -> tuple[dict[str, str], str]:
    """What is held per currency, as of the last reading; else why it cannot be said."""
    from worker.commands.people import judged, mirrored
    from worker.core.decisions import Bucket
    from worker.errors import ConfigError
    from worker.report.headline import headline

    at = mirrored(app, organisation)
    try:
        _, _, plan = judged(app, at)
    except ConfigError as error:
        return {}, str(error).replace("\n", " ")
    held = headline(plan, at.snapshot).bucket(Bucket.HELD)
    return {c: f"{v:f}" for c, v in held.items()}, ""
