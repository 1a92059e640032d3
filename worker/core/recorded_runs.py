"""Payment runs that a person recorded, such as a client's answer to the welcome: as good as written in the config.

What a file says outranks them, because a file is where people look first; the later of two records outranks the other.
"""

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import date, datetime

from worker.core.events import Event
from worker.core.payment_run import RunSchedule, parse_cut_off, parse_pays
from worker.core.replay import utc_day
from worker.core.settings import ClientSettings, OrganisationSettings


def with_recorded(
    settings: OrganisationSettings, events: Iterable[Event], local: Callable[[datetime], date] = utc_day
) -> OrganisationSettings:
    """The settings with what PAYS events say of clients for whom no file names a run.

    A run recorded for a payer holds for every client it pays for. Raises ValueError for an event that cannot be read.
    """
    newest = {event.subject: event for event in events}
    clients = dict(settings.clients)
    for client_id, chosen in settings.clients.items():
        event = newest.get(client_id) or newest.get(chosen.payer_id)
        if event and event.data.get("pays") and "pays" not in chosen.places:
            clients[client_id] = _recorded(chosen, event, local(event.at))
    return replace(settings, clients=clients)


def _recorded(chosen: ClientSettings, event: Event, on: date) -> ClientSettings:
    cut_off = event.data.get("cut_off")
    schedule = RunSchedule(
        parse_pays(event.data["pays"]), parse_cut_off(cut_off) if cut_off else None, calendar=chosen.calendar
    )
    place = f"recorded {on}" + (f" by {event.by}" if event.by else "")
    stated = event.data.get("stated", True)
    return replace(chosen, schedule=schedule, run_stated=stated, places={**chosen.places, "pays": place})
