"""When a digest is due, and until when the day's mail waits for it, so that people can stop what it announces."""

from dataclasses import replace
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from worker.config.values import DigestSettings, OrganisationConfig
from worker.core.events import EventKind
from worker.core.receivable import Snapshot
from worker.core.settings import OrganisationSettings
from worker.digests.record import tried_at
from worker.gate import local_moment

if TYPE_CHECKING:
    from worker.app import App

LEAD = timedelta(hours=2)
"""Nothing leaves within this time of the first try at a digest."""
PATIENCE = timedelta(minutes=30)
"""How long a digest waits for organisations that were not read yet this morning."""


def today_of(settings: DigestSettings, now: datetime) -> date:
    """The practice's day."""
    return now.astimezone(ZoneInfo(settings.zone)).date()


def is_open_day(app: "App", day: date) -> bool:
    """Whether any policy writes on this day of the week."""
    windows = [p.window for o in app.practice.organisations for p in o.policies.values()]
    return any(day.weekday() in w.days for w in windows)


def is_due(app: "App", settings: DigestSettings) -> bool:
    """Whether it is time for today's digest."""
    here = app.clock.now().astimezone(ZoneInfo(settings.zone))
    return here.time() >= settings.at and is_open_day(app, here.date())


def all_read(app: "App", settings: DigestSettings) -> bool:
    """Whether every organisation was looked at this morning, or those that were not have kept us waiting."""
    now, zone = app.clock.now(), ZoneInfo(settings.zone)
    here = now.astimezone(zone)
    if here - datetime.combine(here.date(), settings.at, zone) >= PATIENCE:
        return True
    midnight = datetime.combine(here.date(), time.min, zone)
    for organisation in app.organisations():
        read = app.logbook.read_at(organisation.name)
        skips = app.logbook.events(organisation.name, kind=EventKind.SKIPPED)
        seen = max((at for at in (read, skips[-1].at if skips else None) if at), default=None)
        if seen is None or seen < midnight:
            return False
    return True


def stoppable(app: "App", organisation: OrganisationConfig, snapshot: Snapshot, day: date) -> OrganisationSettings:
    """An organisation's settings for a live sweep: what leaves today waits until people could stop it."""
    settled = app.resolve(organisation, snapshot, day)
    return replace(settled, sends_from=hold_back(app, settled.zone, organisation.name))


def hold_back(app: "App", zone: str, name: str) -> time | None:
    """Before which time of its day an organisation's mail may not leave, so that people can stop it; None: no digest.

    While today's digest is due and not sent yet, the two hours begin now: this run is about to send it.
    """
    settings, now = app.practice.digest, app.clock.now()
    if settings is None:
        return None
    tried = tried_at(app, today_of(settings, now), name)
    if tried is None and not is_due(app, settings):
        return settings.sends_from
    free, here = local_moment((tried or now) + LEAD, zone), local_moment(now, zone)
    if free.day > here.day:
        return time.max
    return max(settings.sends_from, free.at) if free.day == here.day else settings.sends_from
