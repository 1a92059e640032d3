"""How saved connections are doing: from what is kept, or by a real question to the platform."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from worker.app import App
from worker.consents.spot import Spot, consenting_of, spots
from worker.core.countdown import Countdown, countdown, days_left
from worker.core.grant import Grant, GrantState
from worker.errors import BooksUnavailable, DuecourseError

NONE, UNKNOWN, BROKEN = "none", "unknown", "broken"
"""States beside those of a grant: never connected; could not be asked; refused when asked."""


@dataclass(frozen=True, slots=True)
class Health:
    """One connection, or (state "none") an organisation that has none and needs one. `unused`: what the consent covers
    and no organisation here reads; only a check can tell all of it."""

    name: str
    platform: str
    organisations: tuple[str, ...]
    tenants: tuple[tuple[str, str], ...]
    state: str
    why: str = ""
    refreshed: datetime | None = None
    ends: datetime | None = None
    days: int | None = None
    countdown: Countdown | None = None
    unused: tuple[tuple[str, str], ...] = ()
    checked: bool = False

    @property
    def trouble(self) -> bool:
        """Whether a person has to act soon."""
        bad = self.state in {NONE, BROKEN, str(GrantState.NEEDS_CONSENT)}
        return bad or (self.countdown is not None and self.countdown.urgent)


def review(app: App, *, check: bool = False) -> tuple[Health, ...]:
    """Every saved connection, then every organisation without one that needs it. `check` asks the platforms, which
    renews tokens that have run out."""
    known, now = spots(app), app.clock.now()
    found: list[Health] = []
    served: set[str] = set()
    for name in app.tokens.names():
        users = [spot for spot in known if spot.connection == name]
        try:
            grant = app.tokens.load(name)
        except DuecourseError as error:
            served |= {spot.organisation for spot in users}
            found.append(Health(name, "", tuple(s.organisation for s in users), (), BROKEN, str(error)))
            continue
        if grant is not None:
            users = [spot for spot in users if spot.is_covered(grant)]
            served |= {spot.organisation for spot in users}
            found.append(_checked(app, name, users, now) if check and users else _kept(name, grant, users, now))
    lacking = [spot for spot in known if spot.needed and spot.organisation not in served]
    return (*found, *(Health(s.connection, s.kind, (s.organisation,), (), NONE) for s in lacking))


def warnings(app: App) -> tuple[Countdown, ...]:
    """What to say of connections at the end of a run: those near their end or past it, the most urgent first."""
    now = app.clock.now()
    found: list[Countdown] = []
    try:
        names = app.tokens.names()
    except DuecourseError as error:  # a run that is over must still be reported
        return (Countdown("", None, f"Saved connections cannot be looked at. {error}"),)
    for name in names:
        try:
            grant = app.tokens.load(name)
        except DuecourseError as error:
            found.append(Countdown(name, None, str(error)))
            continue
        if grant is not None and (said := countdown(name, grant, now)):
            found.append(said)
    return tuple(sorted(found, key=lambda one: -1 if one.days is None else one.days))


def _kept(name: str, grant: Grant, users: Sequence[Spot], now: datetime) -> Health:
    used = {s.tenant or grant.only_tenant for s in users}
    return Health(
        name,
        grant.platform,
        tuple(s.organisation for s in users),
        grant.tenants,
        str(grant.state),
        grant.why,
        grant.refreshed,
        grant.ends,
        days_left(grant, now),
        countdown(name, grant, now),
        tuple(t for t in grant.tenants if t[0] not in used) if users else (),
    )


def _checked(app: App, name: str, users: Sequence[Spot], now: datetime) -> Health:
    """Ask the platform what this consent covers now."""
    state, why = str(GrantState.GOOD), ""
    unused: tuple[tuple[str, str], ...] = ()
    try:
        platform = consenting_of(app, users[0])
        access = platform.source(app.tokens, name).access()
        kept = app.tokens.load(name)
        told = {"realmId": kept.only_tenant or users[0].tenant} if kept else {}
        covered = {one.id: one.name for one in platform.covers(access, told)}
        wanted = {s.organisation: s.tenant or (kept.only_tenant if kept else "") for s in users}
        gone = [f'"{who}" ({tenant})' for who, tenant in wanted.items() if tenant and tenant not in covered]
        if gone:
            state, why = BROKEN, f"Somebody disconnected {', '.join(gone)} at the platform: connect again."
        unused = tuple(t for t in covered.items() if t[0] not in wanted.values())
    except BooksUnavailable as error:
        state, why = UNKNOWN, str(error)
    except DuecourseError as error:
        state, why = BROKEN, str(error)
    latest = app.tokens.load(name)
    if latest is None:
        return Health(name, users[0].kind, tuple(s.organisation for s in users), (), BROKEN, why, checked=True)
    base = _kept(name, latest, users, now)
    state = base.state if latest.state is not GrantState.GOOD else state
    return replace(base, state=state, why=why or base.why, unused=unused, checked=True)
