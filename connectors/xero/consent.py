"""Consent to read a Xero organisation: what is asked for, what a consent covers, and how a connection ends.

developer.xero.com, "OAuth 2.0", "Scopes", "Managing connections". A consent belongs to a user, who may connect several
organisations to one application; each counts towards the application's plan until it is deleted. Revoking a refresh
token ends all of that user's connections at once, so it is done only when none is left that somebody may need.
"""

import json
from base64 import b64encode, urlsafe_b64decode
from collections.abc import Mapping
from typing import TYPE_CHECKING
from urllib.parse import urlencode, urljoin

from connectors.consent import App, Provider, Tenant
from connectors.grants import Lifetimes
from connectors.http import Limits, Reply, Session
from connectors.oauth import TokenEndpoint, TokenSource
from connectors.rotation import RefreshToken
from connectors.xero import API_URL, LIFETIMES, TOKEN_URL
from connectors.xero.api import PLATFORM, TRACE, refused
from connectors.xero.rows import ConnectionRow
from connectors.xero.wire import connections
from worker.core.grant import Grant
from worker.core.secret import Secret
from worker.errors import ConnectionBroken
from worker.ports import Tokens

if TYPE_CHECKING:
    from worker.ports import Clock

AUTHORIZE_URL = "https://login.xero.com/identity/connect/authorize"
REVOKE_URL = "https://identity.xero.com/connect/revocation"
READING = (
    "accounting.invoices.read",
    "accounting.payments.read",
    "accounting.contacts.read",
    "accounting.settings.read",
)
NOTES = "accounting.invoices"
"""Instead of its reading form, where notes are written into the books."""


class XeroConsent:
    """See `connectors.consent.Consenting`."""

    kind = "xero"
    one_token_set = True
    lifetimes: Lifetimes = LIFETIMES
    leave = "Remove it in Xero: Settings, Connected apps."

    def __init__(self, options: Mapping[str, object], clock: "Clock") -> None:
        """Options as for `open_books`; `redirect`: the callback address registered with the app; `notes`: write them,
        which needs a wider scope."""
        text = {key: str(value) for key, value in options.items() if value is not None}
        token_url, stand_in = text.get("identity_url", TOKEN_URL), "identity_url" in text
        invoices = (NOTES, *READING[1:]) if options.get("notes") else READING
        self.provider = Provider(
            name=PLATFORM,
            authorize_url=urljoin(token_url, "/identity/connect/authorize") if stand_in else AUTHORIZE_URL,
            token_url=token_url,
            scopes=("offline_access", *invoices),
            code_lasts="five minutes",
        )
        self.app = App(text.get("client_id", ""), Secret(text.get("client_secret", "")), text.get("redirect", ""))
        self.wanted = text.get("tenant", "")
        self._revoke_url = urljoin(token_url, "revocation") if stand_in else REVOKE_URL
        self._connections = urljoin(text.get("api_url", API_URL), "/connections")
        self._session = Session(clock, PLATFORM, trace=TRACE, limits=Limits(attempts=1))

    def source(self, tokens: Tokens, name: str) -> TokenSource:
        """See `Consenting.source`."""
        endpoint = TokenEndpoint(self._session, self.provider.token_url, self.app.client_id, self.app.secret)
        return RefreshToken(endpoint, tokens, name, Secret(""), platform=self.kind, lifetimes=self.lifetimes)

    def covers(self, access: Secret, told: Mapping[str, str]) -> tuple[Tenant, ...]:  # noqa: ARG002
        """See `Consenting.covers`: what this user ever connected, this consent's own marked."""
        event = _claim(access, "authentication_event_id")
        return tuple(Tenant(c.tenantId, c.tenantName or "", c.authEventId == event) for c in self._listed(access))

    def party(self, grant: Grant) -> str:
        """See `Consenting.party`: the user, as the access token says."""
        return _claim(grant.access, "xero_userid")

    def remove(self, access: Secret, tenant: str) -> int:
        """See `Consenting.remove`."""
        listed = self._listed(access)
        for one in listed:
            if one.tenantId == tenant:
                reply = self._asked("DELETE", f"{self._connections}/{one.id}", access, "the end of a connection")
                if reply.status not in {200, 204, 404}:
                    raise refused(reply, "the end of a connection")
        return sum(1 for one in listed if one.tenantId != tenant)

    def revoke(self, refresh: Secret) -> None:
        """See `Consenting.revoke`."""
        form, headers = {"token": refresh.reveal()}, {"Content-Type": "application/x-www-form-urlencoded"}
        if self.app.secret:
            pair = b64encode(f"{self.app.client_id}:{self.app.secret.reveal()}".encode()).decode()
            headers["Authorization"] = f"Basic {pair}"
        else:
            form["client_id"] = self.app.client_id
        what = "the end of the consent"
        reply = self._session.ask("POST", self._revoke_url, what, headers=headers, body=urlencode(form).encode())
        if reply.status != 200:
            raise ConnectionBroken(f"Xero refused to end the consent ({reply.status}){reply.mark()}.", self.leave)

    def _listed(self, access: Secret) -> tuple[ConnectionRow, ...]:
        what = "the connections"
        reply = self._asked("GET", self._connections, access, what)
        if reply.status != 200:
            raise refused(reply, what)
        return connections(reply.json(what))

    def _asked(self, method: str, url: str, access: Secret, what: str) -> Reply:
        headers = {"Authorization": f"Bearer {access.reveal()}", "Accept": "application/json"}
        return self._session.ask(method, url, what, headers=headers)


def _claim(access: Secret, name: str) -> str:
    """What an access token says of itself; "" when it does not. Nothing is trusted by it: it came from Xero itself."""
    try:
        part = access.reveal().split(".")[1]
        said = json.loads(urlsafe_b64decode(part + "=" * (-len(part) % 4)))
        return str(said.get(name, ""))
    except (IndexError, ValueError, AttributeError):
        return ""
