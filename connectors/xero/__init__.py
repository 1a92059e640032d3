"""Xero as books. See README.md here for scopes, limits and what Xero cannot tell."""

from collections.abc import Mapping
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from connectors.http import Session
from connectors.meter import Meter
from connectors.oauth import (
    ClientCredentials,
    RefreshToken,
    Secret,
    TokenEndpoint,
    Tokens,
    TokenSource,
    grant_name,
)
from connectors.pace import Pace
from connectors.xero.api import DAY_LIMITS, PER_MINUTE, PLATFORM, RATE_HEADERS, TRACE, LinkCache, XeroApi
from connectors.xero.books import XeroBooks
from worker.errors import ConnectionBroken

if TYPE_CHECKING:
    from worker.ports import Clock

API_URL = "https://api.xero.com/api.xro/2.0"
TOKEN_URL = "https://identity.xero.com/connect/token"  # noqa: S105 - an address
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


def open_books(options: Mapping[str, object], clock: "Clock", tokens: Tokens, links: LinkCache) -> XeroBooks:
    """Books of one Xero organisation. Nothing is asked of Xero yet.

    Options: `client_id`, `client_secret`, `tenant`, `refresh_token`, `grant` ("client credentials" or "refresh token";
    by default the latter when there is a refresh token or no secret), `api_url`, `identity_url`, `page_size`,
    `per_minute` (calls; for stand-ins that allow more than Xero does). Raises ConnectionBroken when they cannot work.
    """
    text = {key: str(value) for key, value in options.items() if value is not None}
    identity = _address(text.get("identity_url", TOKEN_URL))
    base = _address(text.get("api_url", API_URL))
    client_id, first = text.get("client_id", ""), text.get("refresh_token", "")
    if not client_id:
        raise ConnectionBroken("The Xero connection has no client id.", "Give the client id of your Xero application.")
    secret = Secret(text.get("client_secret", ""))
    meter = Meter()
    endpoint = TokenEndpoint(Session(clock, PLATFORM, trace=TRACE, meter=meter), identity, client_id, secret)
    grant = text.get("grant") or ("refresh token" if first or not secret else "client credentials")
    source: TokenSource
    if grant == "refresh token":
        source = RefreshToken(endpoint, tokens, grant_name("xero", client_id, first), Secret(first))
    elif grant == "client credentials":
        source = ClientCredentials(endpoint)
    else:
        raise ConnectionBroken(
            f"{grant!r} is not a way to connect to Xero.", "Write 'client credentials' or 'refresh token'."
        )
    per_minute = int(text.get("per_minute", PER_MINUTE))
    pace = Pace(clock, PLATFORM, per_minute, DAY_LIMITS, RATE_HEADERS)
    session = Session(clock, PLATFORM, pace=pace, trace=TRACE, meter=meter)
    api = XeroApi(session, source, text.get("tenant", ""), base)
    size = min(1000, max(1, int(text.get("page_size", "1000"))))
    return XeroBooks(api, links, size, find_tenant=grant == "refresh token")


def _address(url: str) -> str:
    parts = urlsplit(url)
    if parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in _LOOPBACK):
        return url.rstrip("/")
    raise ConnectionBroken(f"{parts.hostname or url!r} is not reached over https.", "Give an https address.")
