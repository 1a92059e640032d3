"""Where each organisation's consent belongs."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from worker.app import App, options_of
from worker.config.values import CsvBooks, OrganisationConfig, SandboxBooks, XeroBooks
from worker.core.grant import Grant
from worker.errors import ConnectionBroken

if TYPE_CHECKING:
    from connectors.consent import Consenting

REDIRECT = "http://localhost:8910/callback"
"""The callback address, unless the settings name another; it has to be registered with the app."""


@dataclass(frozen=True, slots=True)
class Spot:
    """How one organisation is connected. `connection` is the name its consent is saved under, `named` whether the
    settings say so; `tenant` is what they say of the platform's id; `needed`: without a consent it cannot be read."""

    organisation: str
    kind: str
    connection: str
    options: Mapping[str, object]
    tenant: str = ""
    named: bool = False
    needed: bool = True

    def is_covered(self, grant: Grant) -> bool:
        """Whether a saved consent is good for this organisation, as far as is on record."""
        known = {key for key, _ in grant.tenants}
        return not known or not self.tenant or self.tenant in known


def spot_of(app: App, organisation: OrganisationConfig) -> Spot | None:
    """Where an organisation's consent belongs; None when its books are not reached by one."""
    from connectors.grants import grant_name

    books, name = organisation.books, organisation.name
    if isinstance(books, CsvBooks):
        return None
    if isinstance(books, SandboxBooks):
        return _sandbox(app, organisation, books) if books.url else None
    options = {**options_of(organisation), "redirect": books.redirect or REDIRECT}
    tenant = books.tenant if isinstance(books, XeroBooks) else books.realm
    if isinstance(books, XeroBooks):
        if books.grant == "client credentials":
            return None
        options["notes"] = organisation.written.notes_in_books
    if books.refresh_token:
        client = books.client_id.reveal() if books.client_id else ""
        kept = grant_name(books.kind, client, books.refresh_token.reveal())
        return Spot(name, books.kind, kept, options, tenant)
    by_itself = isinstance(books, XeroBooks) and not books.connection and books.client_secret is not None
    return Spot(name, books.kind, books.connection or name, options, tenant, bool(books.connection), not by_itself)


def _sandbox(app: App, organisation: OrganisationConfig, books: SandboxBooks) -> Spot:
    from worker.app_sandbox import sandbox_options

    with sandbox_options(books, app.clock.now()) as found:
        options = {**found, "redirect": REDIRECT, "refresh_token": None}
    tenant = str(options.get("realm" if books.face == "quickbooks" else "tenant") or "")
    return Spot(organisation.name, books.face, organisation.name, options, tenant, needed=False)


def spots(app: App) -> tuple[Spot, ...]:
    """Where every organisation's consent belongs, in the config's order."""
    found = (spot_of(app, organisation) for organisation in app.organisations())
    return tuple(spot for spot in found if spot is not None)


def consenting_of(app: App, spot: Spot) -> "Consenting":
    """The platform of a spot, as the app registered there. Raises ConnectionBroken without a client id."""
    from connectors import consenting

    found: Consenting = consenting(spot.kind)(spot.options, app.clock)
    if not found.app.client_id:
        raise ConnectionBroken(
            f'"{spot.organisation}" has no client id of a {found.provider.name} app.',
            "Add client id from: below books:.",
        )
    return found
