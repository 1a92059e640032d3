"""Intuit's token service on the simulated clock: a refresh token whose value changes daily, with no grace after that.

Intuit's pages "OAuth 2.0" and "Refresh token policy": access lasts an hour; within a day of a new value a refresh gives
the same value, with less time left; after it a new one, and here the old one dies at once, which is the harder reading.
"""

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256

from connectors.sandbox.apps import Apps, quickbooks_apps
from connectors.sandbox.consents import Choice
from connectors.sandbox.wire import Answer, Request, reply

STANDING = "standing-consent-"
ACCESS, IDLE, DAY = timedelta(hours=1), timedelta(days=101), timedelta(days=1)
WHOLE, CODE = timedelta(days=1826), timedelta(minutes=10)
SCOPES = frozenset({"com.intuit.quickbooks.accounting", "openid", "profile", "email", "phone", "address"})


@dataclass
class _Refresh:
    realm: str
    made: datetime
    consented: datetime


class Bearers:
    """Issues tokens, each good for one company."""

    def __init__(self, apps: Apps | None = None) -> None:
        self.apps = apps or quickbooks_apps()
        self._made = 0
        self._codes: dict[str, tuple[Choice, datetime]] = {}
        self._access: dict[str, tuple[str, datetime]] = {}
        self._refresh: dict[str, _Refresh] = {}

    def seed(self, realm: str, now: datetime) -> str:
        """A refresh token, as if somebody had just consented for this company."""
        return self._refreshing(realm, now, now)

    def _refreshing(self, realm: str, now: datetime, consented: datetime) -> str:
        token = self.fresh("AB11")
        self._refresh[token] = _Refresh(realm, now, consented)
        return token

    def allowed(self, choice: Choice, now: datetime) -> Answer:
        """Somebody allowed it: the browser goes back with a code and the company's id."""
        code = self.fresh("XAB11")
        self._codes[code] = (choice, now)
        return choice.asked.back(code=code, realmId=choice.tenants[0])

    def revoke(self, request: Request) -> Answer:
        """POST /v2/oauth2/tokens/revoke, JSON: ends the connection to that token's company, all its tokens with it."""
        if not self._client(request):
            return reply({"error": "invalid_client"}, 401)
        given = json.loads(request.body or b"{}")
        token = str(given.get("token", "")) if isinstance(given, dict) else ""
        held, used = self._refresh.get(token), self._access.get(token)
        if held is None and used is None:
            return reply({"error": "invalid_request"}, 400)
        realm = held.realm if held else used[0] if used else ""
        self._refresh = {key: one for key, one in self._refresh.items() if one.realm != realm}
        self._access = {key: one for key, one in self._access.items() if one[0] != realm}
        return Answer(200)

    def access(self, realm: str, now: datetime) -> str:
        """An access token for a company."""
        token = self.fresh("eyJ")
        self._access[token] = (realm, now + ACCESS)
        return token

    def realm(self, token: str, now: datetime) -> str | None:
        """The company an access token is good for; None when it is good for nothing."""
        realm, until = self._access.get(token, ("", now))
        return realm if now < until else None

    def grant(self, request: Request, form: Mapping[str, str], now: datetime) -> Answer:
        """POST /oauth2/v1/tokens/bearer."""
        if not self._client(request):
            return reply({"error": "invalid_client"}, 401)
        match form.get("grant_type"):
            case "authorization_code":
                return self._exchanged(request, form, now)
            case "refresh_token":
                return self._refreshed(request, form.get("refresh_token", ""), now)
        return reply({"error": "unsupported_grant_type"}, 400)

    def _exchanged(self, request: Request, form: Mapping[str, str], now: datetime) -> Answer:
        choice, made = self._codes.pop(form.get("code", ""), (None, now))
        if choice is None or now - made > CODE or form.get("redirect_uri") != choice.asked.redirect:
            return reply({"error": "invalid_grant", "error_description": "Token invalid"}, 400)
        return self._answer(request, self.seed(choice.tenants[0], now), now)

    def _refreshed(self, request: Request, token: str, now: datetime) -> Answer:
        if token.startswith(STANDING):
            self._refresh[token] = _Refresh(token.removeprefix(STANDING), now, now)
        held = self._refresh.get(token)
        if held is None or now - held.made > IDLE or now - held.consented > WHOLE:
            return reply({"error": "invalid_grant", "error_description": "Incorrect or invalid refresh token"}, 400)
        if now - held.made >= DAY:
            del self._refresh[token]
            token = self._refreshing(held.realm, now, held.consented)
        return self._answer(request, token, now)

    def _answer(self, request: Request, token: str, now: datetime) -> Answer:
        held = self._refresh[token]
        payload: dict[str, object] = {
            "token_type": "bearer",
            "access_token": self.access(held.realm, now),
            "expires_in": int(ACCESS.total_seconds()),
            "refresh_token": token,
            "x_refresh_token_expires_in": int((held.made + IDLE - now).total_seconds()),
        }
        if request.headers.get("x-include-refresh-token-hard-expires-in", "").lower() == "true":
            payload["x_refresh_token_hard_expires_in"] = int((held.consented + WHOLE - now).total_seconds())
        return reply(payload, Cache_Control="no-cache, no-store")

    def _client(self, request: Request) -> bool:
        scheme, _, coded = request.headers.get("authorization", "").partition(" ")
        name, _, word = base64.b64decode(coded).decode().partition(":") if scheme.lower() == "basic" else ("", "", "")
        return self.apps.knows(name, word)

    def fresh(self, start: str) -> str:
        """A word nobody has had before."""
        self._made += 1
        return start + sha256(f"{start}/{self._made}".encode()).hexdigest()[:40]
