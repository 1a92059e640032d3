"""QuickBooks Online as books. See README.md here for scope, limits, costs and what QuickBooks cannot tell."""

from collections.abc import Mapping
from datetime import timedelta
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from connectors.grants import Lifetimes, grant_name
from connectors.http import Limits, Session
from connectors.meter import Meter
from connectors.oauth import TokenEndpoint
from connectors.pace import Pace
from connectors.quickbooks.api import PER_MINUTE, PER_SECOND, TRACE, QuickBooksApi, shared_limits
from connectors.quickbooks.books import LinkCache, QuickBooksBooks
from connectors.quickbooks.refusals import PLATFORM, judge
from connectors.quickbooks.statements import PAGE
from connectors.quickbooks.wire import known_zone
from connectors.rotation import RefreshToken, saved_connection
from worker.core.secret import Secret
from worker.errors import ConnectionBroken
from worker.ports import Tokens

if TYPE_CHECKING:
    from connectors.budget import Budget
    from worker.ports import Clock

API_URL = "https://quickbooks.api.intuit.com"
TOKEN_URL = "https://oauth.platform.intuit.com/oauth2/v1/tokens/bearer"  # noqa: S105 - an address
LIFETIMES = Lifetimes(
    unused=timedelta(days=100),
    whole=timedelta(days=5 * 365),
    unused_field="x_refresh_token_expires_in",
    whole_field="x_refresh_token_hard_expires_in",
)
"""Intuit's "refresh token policy": 100 days unused, and five years from the consent whatever the use."""
TOKEN_HEADERS = {"x-include-refresh-token-hard-expires-in": "true"}
"""Asks the token endpoint to say when the five years end."""
_KIND = "quickbooks"
_DEMO = "sandbox-"  # Intuit's own sandbox companies live at sandbox-quickbooks.api.intuit.com
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
_LIMITS = Limits(read=130.0, whole=240.0, attempts=3)
"""Intuit's servers give up after 120 s; after two waits of a minute it is no rush but a spent month."""


def open_books(
    options: Mapping[str, object], clock: "Clock", tokens: Tokens, links: LinkCache, budget: "Budget | None" = None
) -> QuickBooksBooks:
    """Books of one QuickBooks company. Nothing is asked of QuickBooks yet.

    Options: `connection` (a saved consent's name; by default that of `organisation`, when there is no `refresh_token`),
    `realm` (by default the connection's), `client_id`, `client_secret`, `refresh_token`, `api_url`, `token_url`, `zone`
    (IANA; for companies that do not say), `page_size`, `per_minute`, `per_second` (calls; for stand-ins that allow more
    than Intuit does). `budget`: of the limits that this process shares with others. Raises ConnectionBroken when they
    cannot work.
    """
    text = {key: str(value) for key, value in options.items() if value is not None}
    base = _address(text.get("api_url", API_URL))
    meter = Meter()
    session = Session(clock, PLATFORM, trace=TRACE, limits=_LIMITS, judge=judge, meter=meter)
    source, realm = _access(text, session, tokens)
    if not (realm.isascii() and realm.isdecimal()):
        raise ConnectionBroken(
            f"{realm!r} is not the id of a QuickBooks company.",
            "Give the realm id shown when the company was connected: digits only.",
        )
    if (zone := text.get("zone", "")) and not known_zone(zone):
        raise ConnectionBroken(f"There is no time zone {zone!r}.", "Give an IANA name such as America/New_York.")
    per_minute, per_second = int(text.get("per_minute", PER_MINUTE)), int(text.get("per_second", PER_SECOND))
    shared = shared_limits(realm, per_minute)
    pace = Pace(clock, PLATFORM, per_minute, (), (), per_second, budget=budget, shared=shared)
    paced = Session(clock, PLATFORM, pace=pace, trace=TRACE, limits=_LIMITS, judge=judge, meter=meter)
    demo = (urlsplit(base).hostname or "").startswith(_DEMO)
    size = min(PAGE, max(1, int(text.get("page_size", PAGE))))
    return QuickBooksBooks(QuickBooksApi(paced, source, realm, base), links, size, zone=zone, demo=demo)


def _access(text: Mapping[str, str], session: Session, tokens: Tokens) -> tuple[RefreshToken, str]:
    """Where access tokens come from, and the company's id if it is known."""
    url = _address(text.get("token_url", TOKEN_URL))
    client_id, realm, first = text.get("client_id", ""), text.get("realm", ""), text.get("refresh_token", "")
    name = text.get("connection", "") or ("" if first else text.get("organisation", ""))
    if name:
        kept = saved_connection(tokens, name, _KIND, client_id)
        client_id, realm, first = client_id or kept.client_id, realm or kept.only_tenant, ""
    if not client_id:
        raise ConnectionBroken(
            "The QuickBooks connection has no client id.", "Give the client id of your Intuit application."
        )
    endpoint = TokenEndpoint(session, url, client_id, Secret(text.get("client_secret", "")), TOKEN_HEADERS)
    name = name or grant_name(_KIND, client_id, first)
    return RefreshToken(endpoint, tokens, name, Secret(first), platform=_KIND, lifetimes=LIFETIMES), realm


def _address(url: str) -> str:
    parts = urlsplit(url)
    if parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in _LOOPBACK):
        return url.rstrip("/")
    raise ConnectionBroken(f"{parts.hostname or url!r} is not reached over https.", "Give an https address.")
