"""Quiet periods that a person recorded for an organisation: as good as `pause:` in the config, adding up with it."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import date

from worker.core.events import Event, EventKind
from worker.core.policy import QuietPeriod
from worker.core.settings import OrganisationSettings


def recorded_pauses(events: Iterable[Event]) -> tuple[QuietPeriod, ...]:
    """What PAUSE events began and no RESUME event ended, oldest first. A resumed pause ends the day before."""
    found: list[QuietPeriod] = []
    for event in events:
        if event.kind is EventKind.PAUSE:
            first, last = (date.fromisoformat(event.data[key]) for key in ("from", "until"))
            found.append(QuietPeriod(first, last, event.data["why"]))
        elif event.kind is EventKind.RESUME:
            found = [p for p in found if p.end < date.fromisoformat(event.data["on"])]
    return tuple(found)


def with_pauses(settings: OrganisationSettings, events: Iterable[Event]) -> OrganisationSettings:
    """The settings with the recorded quiet periods among those that were written."""
    found = recorded_pauses(events)
    if not found:
        return settings
    every = {*settings.quiet, *found}
    return replace(settings, quiet=tuple(sorted(every, key=lambda p: (p.start, p.end, p.why))))
