"""Finding whom and what a person means: a client, an invoice, a task, among the organisations' last readings."""

import getpass
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, TypeVar

from worker.commands.base import PLACE
from worker.errors import BooksError, ConfigError, Problem

if TYPE_CHECKING:
    from worker.app import App
    from worker.config.values import OrganisationConfig
    from worker.core.decisions import Plan
    from worker.core.history import History
    from worker.core.receivable import Client, Invoice, Snapshot
    from worker.core.settings import OrganisationSettings

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Mirrored:
    """An organisation with its last complete reading."""

    config: "OrganisationConfig"
    snapshot: "Snapshot"

    @property
    def name(self) -> str:
        """The organisation's name in the config."""
        return self.config.name


@dataclass(frozen=True, slots=True)
class Whom:
    """A client that was found, in its organisation."""

    at: Mirrored
    client: "Client"


def wrong(found: str, expected: str = "", todo: str = "") -> ConfigError:
    """What was typed cannot be used."""
    return ConfigError([Problem(PLACE, found, expected, todo)])


def mirrored(app: "App", organisation: "OrganisationConfig") -> Mirrored:
    """The last complete reading; the first one is made now. Raises BooksError when the books cannot be read."""
    snapshot = app.logbook.snapshot(organisation.name)
    if snapshot is None:
        (result,) = app.run([organisation.name], deliver=False)
        if result.snapshot is None:
            raise BooksError(f"{organisation.name}: {result.skipped}", result.todo)
        snapshot = result.snapshot
    return Mirrored(organisation, snapshot)


def all_mirrored(app: "App", organisation: str = "") -> list[Mirrored]:
    """The named organisation, or all that were ever read. Raises ConfigError, and BooksError when none was."""
    found: list[Mirrored] = []
    trouble: list[BooksError] = []
    for config in app.organisations([organisation] if organisation else ()):
        try:
            found.append(mirrored(app, config))
        except BooksError as error:
            trouble.append(error)
    if trouble and not found:
        raise trouble[0]
    return found


def find_client(app: "App", text: str, organisation: str = "") -> Whom:
    """The one client meant by an id, account number or exact unique name. Raises ConfigError with the nearest guess."""
    from worker.config.names import Names

    places = all_mirrored(app, organisation)
    problems: list[Problem] = []
    found: list[Whom] = []
    for place in places:
        client_id = Names(place.snapshot).find(text, PLACE, "a client", problems)
        if client_id:
            found.append(Whom(place, place.snapshot.clients[client_id]))
    if len(found) > 1:
        names = ", ".join(w.at.name for w in found)
        raise wrong(f'"{text}" is a client of {names}', "one organisation", "add --org NAME")
    if not found:
        raise ConfigError([_nobody(text, problems)])
    return found[0]


def _nobody(text: str, problems: Sequence[Problem]) -> Problem:
    several = next((p for p in problems if p.expected == "one client"), None)
    if several:
        return several
    todo = next((p.todo for p in problems if p.todo.startswith("write")), "")
    otherwise = "type more of the name, or look it up on the page of `duecourse preview`"
    expected = "a platform id, an account number or an exact name"
    return Problem(PLACE, f'no client "{text[:80]}" in the books as last read', expected, todo or otherwise)


def find_invoices(whom: Whom, wanted: Iterable[str]) -> list["Invoice"]:
    """The client's invoices with these numbers or ids. Raises ConfigError."""
    from worker.config.names import invoice_ids

    wanted = tuple(wanted)
    found, lost = invoice_ids(whom.at.snapshot, whom.client.id, wanted)
    if lost:
        theirs = [i for i in whom.at.snapshot.invoices if i.client_id == whom.client.id and i.is_open]
        expected = ", ".join(i.number for i in theirs[:12]) or "none is open"
        raise wrong(f"{whom.client.name} has no invoice {', '.join(lost)}", expected)
    by_id = whom.at.snapshot.by_id
    return [by_id[i] for i in found]


def find_invoice(places: Iterable[Mirrored], text: str) -> "list[tuple[Mirrored, Invoice]]":
    """Every invoice with this number or id."""
    from worker.config.names import same

    wanted = same(text)
    return [(p, i) for p in places for i in p.snapshot.invoices if wanted in (same(i.number), same(i.id))]


def judged(app: "App", at: Mirrored) -> "tuple[OrganisationSettings, History, Plan]":
    """What `decide` says of the last reading at this moment. Raises ConfigError."""
    from worker.core.decide import decide
    from worker.gate import local_moment

    now = app.clock.now()
    settings = app.resolve(at.config, at.snapshot, local_moment(now, at.snapshot.organisation.zone or "UTC").day)
    history = app.logbook.history(at.name, settings.zone)
    return settings, history, decide(at.snapshot, settings, history, local_moment(now, settings.zone))


def today(app: "App", at: Mirrored) -> date:
    """The organisation's day."""
    from worker.gate import local_moment

    zone = at.config.written.zone or at.config.practice.zone or at.snapshot.organisation.zone
    return local_moment(app.clock.now(), zone or "UTC").day


def one_of(text: str, known: Sequence[_T], ids: Sequence[str], what: str, todo: str = "") -> _T:
    """The one whose id is `text` or begins with it. Raises ConfigError."""
    exact = [k for k, i in zip(known, ids, strict=True) if i == text]
    found = exact or [k for k, i in zip(known, ids, strict=True) if text and i.startswith(text)]
    if len(found) == 1:
        return found[0]
    listed = ", ".join(ids[:8]) + (", ..." if len(ids) > 8 else "") or f"the id of one; there is no {what} now"
    count = f'{len(found)} {what}s begin with "{text}"' if found else f'no {what} "{text}"'
    raise wrong(count, listed, "type more of it" if found else todo)


def who() -> str:
    """Who is at the keyboard, for the record."""
    try:
        return getpass.getuser()
    except (OSError, KeyError):  # a container's user may have no name
        return "a command"
