"""Ending an organisation's connection: at the platform first, then here."""

from dataclasses import dataclass, replace

from worker.app import App
from worker.consents.spot import Spot, consenting_of, spots
from worker.core.grant import Grant
from worker.errors import ConnectionBroken


@dataclass(frozen=True, slots=True)
class Farewell:
    """What disconnecting an organisation would do. `shared`: who goes on using the connection; `elsewhere`: whether one
    of them reads the very same books, so that nothing may end at the platform."""

    spot: Spot
    grant: Grant
    tenant: str
    tenant_name: str
    shared: tuple[str, ...]
    elsewhere: bool


def farewell(app: App, spot: Spot) -> Farewell:
    """What there is to end. Raises ConnectionBroken when nothing is saved, or it is not clear which books are meant."""
    from connectors.rotation import saved_connection

    grant = saved_connection(app.tokens, spot.connection, spot.kind, str(spot.options.get("client_id", "")))
    tenant = spot.tenant or grant.only_tenant
    if not tenant:
        listed = ", ".join(f"{name} ({key})" for key, name in grant.tenants) or "none that is known"
        raise ConnectionBroken(
            f'The connection "{spot.connection}" covers several organisations: {listed}.',
            f'Write tenant: below books: of "{spot.organisation}" first.',
        )
    users = (o for o in spots(app) if o.connection == spot.connection and o.organisation != spot.organisation)
    others = [o for o in users if o.is_covered(grant)]  # one that was disconnected before keeps nothing alive
    name = dict(grant.tenants).get(tenant, tenant)
    same = any((o.tenant or grant.only_tenant) == tenant for o in others)
    return Farewell(spot, grant, tenant, name, tuple(o.organisation for o in others), same)


def disconnect(app: App, parting: Farewell, *, here_only: bool = False) -> tuple[str, ...]:
    """End it at the platform, then forget it here; says what was done. Raises BooksError with nothing forgotten.

    `here_only` forgets without asking the platform, for a connection that is dead there already.
    """
    spot, tokens = parting.spot, app.tokens
    platform, done = consenting_of(app, spot), []
    if not here_only and not parting.elsewhere:
        access = platform.source(tokens, spot.connection).access()
        left = platform.remove(access, parting.tenant)
        done.append(f"{parting.tenant_name} is disconnected at {platform.provider.name}.")
        if not parting.shared and not left:
            latest = tokens.load(spot.connection) or parting.grant
            platform.revoke(latest.refresh)
            done.append("The consent was ended: its tokens are dead.")
        elif not parting.shared:
            done.append(f"The consent still covers {left} more there, which may serve others: it was left alone.")
    if not parting.shared:
        tokens.forget(spot.connection)
        done.append(f'The connection "{spot.connection}" was forgotten here.')
        return tuple(done)
    with tokens.lock(spot.connection):
        grant = tokens.load(spot.connection)
        if grant and not parting.elsewhere:
            rest = tuple(one for one in grant.tenants if one[0] != parting.tenant)
            tokens.save(spot.connection, replace(grant, tenants=rest))
    done.append(f'The connection "{spot.connection}" stays for {", ".join(parting.shared)}.')
    return tuple(done)
