"""Consent to read a QuickBooks company: what is asked for, which company it is for, and how a connection ends.

Intuit's "OAuth 2.0" page and its Python client: one consent is for one company, whose id comes only with the code
(`realmId`); revoking a token ends the connection to that company.
"""

import json
from base64 import b64encode
from collections.abc import Mapping
from typing import TYPE_CHECKING
from urllib.parse import urljoin

from connectors.consent import App, ConsentFailed, Provider, Tenant
from connectors.grants import Lifetimes
from connectors.http import Limits, Session
from connectors.oauth import TokenEndpoint, TokenSource
from connectors.quickbooks import API_URL, LIFETIMES, TOKEN_HEADERS, TOKEN_URL
from connectors.quickbooks.api import TRACE, QuickBooksApi
from connectors.quickbooks.refusals import PLATFORM, judge
from connectors.rotation import RefreshToken
from worker.core.grant import Grant
from worker.core.secret import Secret
from worker.errors import ConnectionBroken
from worker.ports import Tokens

if TYPE_CHECKING:
    from worker.ports import Clock

AUTHORIZE_URL = "https://appcenter.intuit.com/connect/oauth2"
REVOKE_URL = "https://developer.api.intuit.com/v2/oauth2/tokens/revoke"
SCOPE = "com.intuit.quickbooks.accounting"


class QuickBooksConsent:
    """See `connectors.consent.Consenting`."""

    kind = "quickbooks"
    one_token_set = False
    lifetimes: Lifetimes = LIFETIMES
    leave = "Remove it in QuickBooks: Apps, My apps, Disconnect."

    def __init__(self, options: Mapping[str, object], clock: "Clock") -> None:
        """Options as for `open_books`; `redirect`: the callback address registered with the app."""
        text = {key: str(value) for key, value in options.items() if value is not None}
        token_url, stand_in = text.get("token_url", TOKEN_URL), "token_url" in text
        self.provider = Provider(
            name=PLATFORM,
            authorize_url=urljoin(token_url, "/connect/oauth2") if stand_in else AUTHORIZE_URL,
            token_url=token_url,
            scopes=(SCOPE,),
            pkce=False,
            headers=TOKEN_HEADERS,
            code_lasts="a few minutes",
        )
        self.app = App(text.get("client_id", ""), Secret(text.get("client_secret", "")), text.get("redirect", ""))
        self.wanted = text.get("realm", "")
        self._revoke_url = urljoin(token_url, "/v2/oauth2/tokens/revoke") if stand_in else REVOKE_URL
        self._api_url = text.get("api_url", API_URL)
        self._session = Session(clock, PLATFORM, trace=TRACE, limits=Limits(attempts=1), judge=judge)

    def source(self, tokens: Tokens, name: str) -> TokenSource:
        """See `Consenting.source`."""
        url, app = self.provider.token_url, self.app
        endpoint = TokenEndpoint(self._session, url, app.client_id, app.secret, TOKEN_HEADERS)
        return RefreshToken(endpoint, tokens, name, Secret(""), platform=self.kind, lifetimes=self.lifetimes)

    def covers(self, access: Secret, told: Mapping[str, str]) -> tuple[Tenant, ...]:
        """See `Consenting.covers`."""
        realm = told.get("realmId", "")
        if not (realm.isascii() and realm.isdecimal()):
            raise ConsentFailed(
                "QuickBooks did not say which company was connected (realmId).",
                "Paste the whole address that the browser ended at, or connect again.",
            )
        api = QuickBooksApi(self._session, _Held(access), realm, self._api_url.rstrip("/"))
        return (Tenant(realm, api.company().CompanyName or realm),)

    def party(self, grant: Grant) -> str:
        """See `Consenting.party`: the company."""
        return grant.only_tenant

    def remove(self, access: Secret, tenant: str) -> int:  # noqa: ARG002
        """See `Consenting.remove`: revoking is what ends it here."""
        return 0

    def revoke(self, refresh: Secret) -> None:
        """See `Consenting.revoke`."""
        pair = b64encode(f"{self.app.client_id}:{self.app.secret.reveal()}".encode()).decode()
        headers = {"Authorization": f"Basic {pair}", "Content-Type": "application/json", "Accept": "application/json"}
        body = json.dumps({"token": refresh.reveal()}).encode()
        reply = self._session.ask("POST", self._revoke_url, "the end of the connection", headers=headers, body=body)
        if reply.status not in {200, 400}:  # 400: the token is dead already, which is what was wanted
            raise ConnectionBroken(
                f"QuickBooks refused to end the connection ({reply.status}){reply.mark()}.", self.leave
            )


class _Held:
    """A TokenSource of the one access token at hand."""

    def __init__(self, access: Secret) -> None:
        self._access = access

    def access(self) -> Secret:
        """The token."""
        return self._access

    def renew(self, rejected: Secret) -> Secret:  # noqa: ARG002
        """There is no other."""
        raise ConnectionBroken(
            "QuickBooks does not let this consent see the company.",
            "Check that the keys (development or production) fit the address of the API, then connect again.",
        )
