"""What is on record about digests: tries, how each ended, what their numbers meant, since when things are held."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

from worker.core.attention.standing import held_keys, held_since
from worker.core.digest import LIVES_DAYS
from worker.core.events import Event, EventKind
from worker.core.results import SweepResult
from worker.ports import Outcome

if TYPE_CHECKING:
    from worker.app import App

PRACTICE = ""
"""Events that belong to no organisation stand under this name."""
LOOK_BACK = 14
"""Days within which the digest before this one is looked for."""
TRIES = 5
_UNTAKEN = frozenset({str(Outcome.NOT_SENT), str(Outcome.LATER), str(Outcome.CREDENTIAL)})


def last_digest(app: "App", recipient: str, day: date) -> Event | None:
    """This reader's last digest before today."""
    for back in range(1, LOOK_BACK + 1):
        for event in app.logbook.events(PRACTICE, (day - timedelta(days=back)).isoformat(), EventKind.DIGEST):
            if event.data["to"] == recipient:
                return event
    return None


def tried_at(app: "App", day: date, name: str = "") -> datetime | None:
    """When the day's first try at each digest (about an organisation) began, the last of them; None before any."""
    first: dict[str, datetime] = {}
    for event in app.logbook.events(PRACTICE, day.isoformat(), EventKind.DIGEST):
        if not name or name in event.data["organisations"]:
            first.setdefault(event.data["to"], event.at)
    return max(first.values(), default=None)


def next_try(app: "App", day: date, recipient: str) -> int:
    """The number of the next try at a reader's digest of a day; 0: it left, may have left, or was tried too often."""
    ends = {e.data["id"]: e.data["outcome"] for e in app.logbook.events(PRACTICE, day.isoformat(), EventKind.DIGESTED)}
    tries = [e for e in app.logbook.events(PRACTICE, day.isoformat(), EventKind.DIGEST) if e.data["to"] == recipient]
    again = all(ends.get(e.data["id"]) in _UNTAKEN for e in tries)
    return len(tries) + 1 if again and len(tries) < TRIES else 0


def codes_of(app: "App", token: str, day: date) -> Mapping[str, object] | None:
    """The recorded data of a digest that can still be answered; None when there is none."""
    for back in range(LIVES_DAYS):
        for event in app.logbook.events(PRACTICE, (day - timedelta(days=back)).isoformat(), EventKind.DIGEST):
            if event.data["id"] == token:
                return event.data
    return None


def since_when(app: "App", name: str) -> dict[str, date]:
    """The first day of all that is held in an organisation."""
    return held_since(e.data for e in app.logbook.events(name, kind=EventKind.STOOD))


def note_standings(app: "App", results: Iterable[SweepResult]) -> None:
    """Put on record what is held since today and what no longer is, so that a digest can say since when."""
    for result in results:
        if result.plan is None or result.skipped or result.mode != "live":
            continue
        known, now = set(since_when(app, result.organisation)), held_keys(result.plan)
        if known == now:
            continue
        on = result.plan.as_of.day.isoformat()
        data = {"on": on, "began": sorted(now - known), "ended": sorted(known - now)}
        event = Event(EventKind.STOOD, app.clock.now(), "", "sweep", data)
        app.logbook.record(result.organisation, event)
