"""Asking for a person's consent and keeping it, without harm to what was kept before."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from worker.app import App
from worker.consents.spot import Spot, consenting_of, spots
from worker.core.grant import Grant
from worker.core.secret import Secret
from worker.errors import BooksError

if TYPE_CHECKING:
    from connectors.consent import Consented, Consenting, Tenant

Ask = Callable[[Sequence["Tenant"]], "Tenant"]


@dataclass(frozen=True, slots=True)
class Connected:
    """What a consent led to. `spares`: organisations it covers that nobody here uses. `lines`: what to add below
    `books:`, by organisation. `notes`: what else a person should know."""

    connection: str
    tenant: "Tenant"
    spares: tuple["Tenant", ...] = ()
    lines: tuple[tuple[str, str], ...] = ()
    notes: tuple[str, ...] = ()


def connect(
    app: App,
    spot: Spot,
    show: Callable[[str], None],
    paste: Callable[[], str] | None = None,
    wanted: str = "",
    choose: Ask | None = None,
) -> Connected:
    """Ask for consent and keep it. `show` gets the address to open; `paste` brings the answer where no browser comes
    back to this machine; `wanted` and `choose` say which organisation is meant when a consent covers several.

    Nothing is kept, and what was kept before stays, when this raises ConsentFailed, ConnectionBroken or BooksError.
    """
    from connectors.callback import obtain

    platform, tokens = consenting_of(app, spot), app.tokens
    tokens.prove(spot.connection)  # rather now than after a person has taken the trouble
    got = obtain(platform.provider, platform.app, show, paste)
    covered = platform.covers(Secret(str(got.answer["access_token"])), got.told)
    tenant = _chosen(platform, covered, wanted or spot.tenant, choose)
    fresh = _grant(app, platform, got, tenant)
    name = _home(app, spot, platform, fresh)
    others = [one for one in spots(app) if one.connection == name and one.organisation != spot.organisation]
    with tokens.lock(name):
        before = tokens.load(name)
        ids = {tenant.id} | _needed(before, others, covered)
        kept = tuple((one.id, one.name) for one in covered if one.id in ids)
        generation = before.generation + 1 if before else 0
        tokens.save(name, replace(fresh, tenants=kept, generation=generation))
    lines = _lines(spot, name, tenant, kept, others, before)
    notes = _superseded(app, platform, name, before)
    used = ids | {one.tenant for one in spots(app) if one.kind == spot.kind}
    return Connected(name, tenant, tuple(one for one in covered if one.id not in used), lines, notes)


def _grant(app: App, platform: "Consenting", got: "Consented", tenant: "Tenant") -> Grant:
    from connectors.grants import first_grant

    tenants = ((tenant.id, tenant.name),)
    now, client = app.clock.now(), platform.app.client_id
    return first_grant(platform.kind, client, got.answer, now, platform.lifetimes, tenants)


def _chosen(platform: "Consenting", covered: Sequence["Tenant"], wanted: str, choose: Ask | None) -> "Tenant":
    from connectors.consent import ConsentFailed

    name = platform.provider.name
    if not covered:
        raise ConsentFailed(
            f"The consent covers no organisation of {name}.", "Connect again and choose one on the page."
        )
    if wanted:
        found = [one for one in covered if wanted.casefold() in {one.id.casefold(), one.name.casefold()}]
        if len(found) == 1:
            return found[0]
        raise ConsentFailed(
            f"The consent covers {_listed(covered)}, not {wanted}, which the settings or the command name. Nothing was"
            " kept.",
            "Connect again and choose that one on the page, or correct the settings.",
        )
    now = [one for one in covered if one.now] or list(covered)
    if len(now) == 1:
        return now[0]
    if choose is None:
        raise ConsentFailed(
            f"The consent covers several organisations: {_listed(now)}. Nothing was kept.",
            "Connect again and say which one is meant: --tenant ID.",
        )
    return choose(now)


def _listed(tenants: Sequence["Tenant"]) -> str:
    return ", ".join(f"{one.name} ({one.id})" for one in tenants)


def _home(app: App, spot: Spot, platform: "Consenting", fresh: Grant) -> str:
    """The name to keep a consent under: the one in the settings; else that of another consent of the same person, where
    the platform has one set of tokens for both; else the organisation's own."""
    party = platform.party(fresh)
    if spot.named or not platform.one_token_set or not party:
        return spot.connection
    for name in app.tokens.names():
        other = app.tokens.load(name)
        same_app = other and (other.platform, other.client_id) == (fresh.platform, fresh.client_id)
        used = any(one.connection == name for one in spots(app))
        if other and same_app and used and platform.party(other) == party:
            return name
    return spot.connection


def _needed(before: Grant | None, others: Sequence[Spot], covered: Sequence["Tenant"]) -> set[str]:
    """What the other organisations of a shared connection need. Raises ConsentFailed when this consent lacks it."""
    from connectors.consent import ConsentFailed

    needed: set[str] = set()
    for one in others:
        tenant = one.tenant or (before.only_tenant if before else "")
        if tenant and tenant not in {found.id for found in covered}:
            raise ConsentFailed(
                f'The connection is shared with "{one.organisation}", and this consent does not cover its books'
                f" ({tenant}). Nothing was kept.",
                "Connect again as somebody who may see both, and choose both on the page.",
            )
        needed |= {tenant} if tenant else set()
    return needed


def _lines(
    spot: Spot,
    name: str,
    tenant: "Tenant",
    kept: Sequence[tuple[str, str]],
    others: Sequence[Spot],
    before: Grant | None,
) -> tuple[tuple[str, str], ...]:
    """What has to be written so that every organisation finds its books: (organisation, what goes below books:)."""
    key = "realm" if spot.kind == "quickbooks" else "tenant"
    own = [f"{key}: {_quoted(tenant.id)}"] if len(kept) > 1 and not spot.tenant else []
    own += [f"connection: {name}"] if name != spot.organisation and not spot.named else []
    found = [(spot.organisation, ", ".join(own))] if own else []
    if len(kept) > 1 and before and before.only_tenant:
        found += [(one.organisation, f"{key}: {_quoted(before.only_tenant)}") for one in others if not one.tenant]
    return tuple(found)


def _quoted(text: str) -> str:
    return f'"{text}"' if text.isdecimal() else text


def _superseded(app: App, platform: "Consenting", name: str, before: Grant | None) -> tuple[str, ...]:
    """End the consent that was replaced, if it is another party's and nothing else here rests on that party's."""
    if before is None or not before.refresh or before.client_id != platform.app.client_id:
        return ()
    party = platform.party(before)
    grants = [grant for one in app.tokens.names() if (grant := app.tokens.load(one)) is not None]
    if not party or party in {platform.party(one) for one in grants if one.platform == before.platform}:
        return ()
    try:
        platform.revoke(before.refresh)
    except BooksError as error:
        return (f"The consent before this one could not be ended: {error} {platform.leave}",)
    return ("The consent before this one, somebody else's, was ended.",)
