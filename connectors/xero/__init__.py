"""Xero as books. See README.md here for scopes, limits and what Xero cannot tell."""

from collections.abc import Mapping
from datetime import timedelta
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from connectors.grants import Lifetimes, grant_name
from connectors.http import Session
from connectors.meter import Meter
from connectors.oauth import ClientCredentials, TokenEndpoint, TokenSource
from connectors.pace import Pace
from connectors.rotation import RefreshToken, saved_connection
from connectors.xero.api import (
    DAY_LIMITS,
    PER_MINUTE,
    PLATFORM,
    RATE_HEADERS,
    TRACE,
    LinkCache,
    XeroApi,
    shared_limits,
)
from connectors.xero.books import XeroBooks
from worker.core.secret import Secret
from worker.errors import ConnectionBroken
from worker.ports import Tokens

if TYPE_CHECKING:
    from connectors.budget import Budget
    from worker.ports import Clock

API_URL = "https://api.xero.com/api.xro/2.0"
TOKEN_URL = "https://identity.xero.com/connect/token"  # noqa: S105 - an address
LIFETIMES = Lifetimes(unused=timedelta(days=60))
"""developer.xero.com, "OAuth 2.0" FAQ: a refresh token dies 60 days after it was given, unless used."""
_KIND = "xero"
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


def open_books(
    options: Mapping[str, object], clock: "Clock", tokens: Tokens, links: LinkCache, budget: "Budget | None" = None
) -> XeroBooks:
    """Books of one Xero organisation. Nothing is asked of Xero yet.

    Options: `connection` (a saved consent's name; `organisation`, this organisation's own name, is looked up when
    nothing else is given), `client_id`, `client_secret`, `tenant`, `refresh_token`, `grant` ("client credentials" or
    "refresh token"; by default the latter when there is a refresh token or no secret), `api_url`, `identity_url`,
    `page_size`, `per_minute` (calls; for stand-ins that allow more than Xero does). `budget`: of the limits that this
    process shares with others. Raises ConnectionBroken when they cannot work.
    """
    text = {key: str(value) for key, value in options.items() if value is not None}
    base = _address(text.get("api_url", API_URL))
    meter = Meter()
    app, source, tenant, find_tenant = _access(text, Session(clock, PLATFORM, trace=TRACE, meter=meter), tokens)
    per_minute = int(text.get("per_minute", PER_MINUTE))
    shared = shared_limits(app, tenant or text.get("connection") or text.get("organisation", ""), per_minute)
    pace = Pace(clock, PLATFORM, per_minute, DAY_LIMITS, RATE_HEADERS, budget=budget, shared=shared)
    api = XeroApi(Session(clock, PLATFORM, pace=pace, trace=TRACE, meter=meter), source, tenant, base)
    size = min(1000, max(1, int(text.get("page_size", "1000"))))
    return XeroBooks(api, links, size, find_tenant=find_tenant)


def _access(text: Mapping[str, str], session: Session, tokens: Tokens) -> tuple[str, TokenSource, str, bool]:
    """The application, where access tokens come from, the tenant if it is known, and whether it must be asked for."""
    url = _address(text.get("identity_url", TOKEN_URL))
    client_id, secret, tenant = text.get("client_id", ""), Secret(text.get("client_secret", "")), text.get("tenant", "")
    if name := _saved_name(text, tokens):
        kept = saved_connection(tokens, name, _KIND, client_id)
        endpoint = TokenEndpoint(session, url, client_id or kept.client_id, secret)
        source = RefreshToken(endpoint, tokens, name, Secret(""), platform=_KIND, lifetimes=LIFETIMES)
        return endpoint.client_id, source, tenant or kept.only_tenant, True
    if not client_id:
        raise ConnectionBroken("The Xero connection has no client id.", "Give the client id of your Xero application.")
    endpoint = TokenEndpoint(session, url, client_id, secret)
    first = text.get("refresh_token", "")
    grant = text.get("grant") or ("refresh token" if first or not secret else "client credentials")
    if grant == "client credentials":
        return client_id, ClientCredentials(endpoint), tenant, False
    if grant == "refresh token":
        name = grant_name(_KIND, client_id, first)
        source = RefreshToken(endpoint, tokens, name, Secret(first), platform=_KIND, lifetimes=LIFETIMES)
        return client_id, source, tenant, True
    raise ConnectionBroken(
        f"{grant!r} is not a way to connect to Xero.", "Write 'client credentials' or 'refresh token'."
    )


def _saved_name(text: Mapping[str, str], tokens: Tokens) -> str:
    """Which saved consent is meant: the one named; else this organisation's own, unless other access is given."""
    own = text.get("organisation", "")
    if text.get("connection") or not own or text.get("refresh_token") or text.get("grant"):
        return text.get("connection", "")
    return own if not text.get("client_secret") or own in tokens.names() else ""


def _address(url: str) -> str:
    parts = urlsplit(url)
    if parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in _LOOPBACK):
        return url.rstrip("/")
    raise ConnectionBroken(f"{parts.hostname or url!r} is not reached over https.", "Give an https address.")
