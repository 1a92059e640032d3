"""status: how every organisation is doing, for people and monitors."""

from typing import TYPE_CHECKING, Any

import click

from worker.commands.base import Desk, command

if TYPE_CHECKING:
    from worker.app import App
    from worker.config.values import OrganisationConfig

STALE_HOURS = 30.0
"""Without a complete reading for this long an organisation is stale: a daily run was missed."""


@command("status", json=True)
@click.option("--stale-after", type=float, default=STALE_HOURS, show_default=True, help="Hours without a reading.")
def status_command(desk: Desk, stale_after: float) -> int:
    """Every organisation's last reading, messages and open questions. Exits 1 when one needs a person."""
    from worker.consents.health import warnings
    from worker.report.status import show_status

    with desk.app() as app:
        ending = warnings(app)
        found: dict[str, Any] = {
            "schema": 1,
            "mode": str(app.practice.mode),
            "instance": app.logbook.instance_id(),
            "stopped": app.stopped(),
            "connections": [{"sentence": one.sentence, "urgent": one.urgent} for one in ending],
            "organisations": [_one(app, o, stale_after) for o in app.organisations()],
        }
    trouble = any(o["trouble"] for o in found["organisations"]) or any(one.urgent for one in ending)
    code = 1 if found["stopped"] or trouble else 0
    found["exit_code"] = code
    if desk.as_json:
        desk.print_json(found)
    else:
        show_status(desk.out(), found)
    return code


def _one(app: "App", organisation: "OrganisationConfig", stale_after: float) -> dict[str, Any]:
    from collections import Counter
    from datetime import timedelta

    from worker.core.history import GONE, MessageState

    name, now = organisation.name, app.clock.now()
    snapshot, messages = app.logbook.snapshot(name), app.logbook.messages(name)
    states = Counter(m.state for m in messages)
    read = snapshot.read_at if snapshot else None
    stale = read is None or now - read > timedelta(hours=stale_after)
    last = max((m.handed_at for m in messages if m.handed_at and m.state in GONE), default=None)
    skipped = _skipped_since(app, name, read)
    tasks = sum(t.is_open for t in app.logbook.history(name).tasks)
    uncertain = states[MessageState.UNCERTAIN]
    trouble = [f"skipped: {skipped}"] if skipped else []
    trouble += ["never read"] if read is None else [f"not read for more than {stale_after:g} hours"] if stale else []
    trouble += [f"{uncertain} of unknown outcome: duecourse resolve"] if uncertain else []
    held, problem = _held(app, organisation) if snapshot else ({}, "")
    trouble += [problem] if problem else []
    return {
        "organisation": name,
        "last_read": read.isoformat(timespec="seconds") if read else None,
        "stale": stale,
        "skipped": skipped,
        "sent": sum(n for state, n in states.items() if state in GONE),
        "last_sent": last.isoformat(timespec="seconds") if last else None,
        "uncertain": uncertain,
        "open_tasks": tasks,
        "held": held,
        "trouble": trouble,
    }


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
