"""The identity service: grants, expiry and rotation, on the simulated clock.

Xero's pages "OAuth 2.0" and "Custom connections": access 30 minutes, refresh 60 days when unused, each refresh replaces
the token, and a replaced one may be tried again for 30 minutes in case the answer was lost.
"""

import base64
import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID, uuid5

from connectors.sandbox.apps import Apps, xero_apps
from connectors.sandbox.consents import OWNER, Choice
from connectors.sandbox.wire import Answer, Request, reply

ACCESS, REFRESH, GRACE, CODE = timedelta(minutes=30), timedelta(days=60), timedelta(minutes=30), timedelta(minutes=5)
_AREAS = ("invoices", "payments", "contacts", "settings", "attachments")
SCOPES = frozenset(
    {"offline_access", "openid", "profile", "email"}
    | {f"accounting.{area}{end}" for area in _AREAS for end in ("", ".read")}
)
ITSELF = ""
"""Instead of a user: an app that acts for itself (a custom connection) and sees everything here."""
_SPACE = UUID("0d3c2b52-5b7e-5f4b-9d56-3c1f4c7a9e02")


@dataclass
class _Refresh:
    scope: str
    made: datetime
    user: str
    event: str
    used: datetime | None = None


@dataclass(frozen=True)
class _Code:
    scope: str
    made: datetime
    choice: Choice
    event: str


@dataclass(frozen=True)
class Connection:
    """One organisation that one user has connected to the app. ``event``: in which consent, last."""

    id: str
    user: str
    tenant: str
    event: str
    since: datetime


class Tokens:
    """Issues tokens and says what an access token may do, and for which organisations."""

    def __init__(self, apps: Apps | None = None, tenants: Iterable[str] = ()) -> None:
        self.apps = apps or xero_apps()
        self.connections: dict[str, Connection] = {}
        self._tenants = tuple(tenants)
        self._made = 0
        self._access: dict[str, tuple[datetime, frozenset[str], str]] = {}
        self._refresh: dict[str, _Refresh] = {}
        self._codes: dict[str, _Code] = {}

    def allowed(self, choice: Choice, now: datetime) -> Answer:
        """Somebody allowed it: the organisations are connected from now on, the browser goes back with a code."""
        event, code = self.fresh("event"), self.fresh("code")
        self._connect(choice.user, choice.tenants, event, now)
        self._codes[code] = _Code(choice.asked.scope, now, choice, event)
        return choice.asked.back(code=code)

    def _connect(self, user: str, tenants: Iterable[str], event: str, now: datetime) -> None:
        for tenant in tenants:
            key = str(uuid5(_SPACE, f"{user}/{tenant}"))
            before = self.connections.get(key)
            self.connections[key] = Connection(key, user, tenant, event, before.since if before else now)

    def reaches(self, token: str, tenant: str) -> bool:
        """Whether an access token is good for an organisation now."""
        user = self.user(token)
        return user == ITSELF or any(c.tenant == tenant for c in self.connections.values() if c.user == user)

    def user(self, token: str) -> str:
        """Who gave the consent behind an access token."""
        return self._access[token][2]

    def revoke(self, request: Request, form: Mapping[str, str]) -> Answer:
        """POST /connect/revocation: ends every consent of that user and disconnects all organisations they connected.

        An unknown token is no error (RFC 7009). Access tokens live on to their end, but reach nothing.
        """
        if not self._client(request, form):
            return reply({"error": "invalid_client"}, 400)
        held = self._refresh.get(form.get("token", ""))
        if held is not None:
            self._refresh = {token: one for token, one in self._refresh.items() if one.user != held.user}
            self.connections = {key: one for key, one in self.connections.items() if one.user != held.user}
        return Answer(200)

    def grant(self, request: Request, form: Mapping[str, str], now: datetime) -> Answer:
        """POST /connect/token."""
        known = self._client(request, form)
        match form.get("grant_type"):
            case "client_credentials" if known == "secret":
                scope = form.get("scope") or " ".join(sorted(SCOPES - {"offline_access"}))
                if not set(scope.split()) <= SCOPES:
                    detail = "Client credentials scope validation failed"
                    return reply({"error": "invalid_scope", "error_description": detail}, 400)
                return self._answer(scope, now, ITSELF, "")
            case "refresh_token" if known:
                return self._again(form.get("refresh_token", ""), now)
            case "authorization_code" if known:
                return self._exchange(form, now, known)
            case "client_credentials" | "refresh_token" | "authorization_code":
                return reply({"error": "invalid_client"}, 400)
        return reply({"error": "unsupported_grant_type"}, 400)

    def seed_refresh(self, scope: str, now: datetime) -> str:
        """A first refresh token, as if the owner had just consented for every organisation."""
        event = self.fresh("event")
        self._connect(OWNER, self._tenants, event, now)
        return self._refreshing(scope, now, OWNER, event)

    def _refreshing(self, scope: str, now: datetime, user: str, event: str) -> str:
        token = self.fresh("refresh")
        self._refresh[token] = _Refresh(scope, now, user, event)
        return token

    def access(self, scope: str, now: datetime, user: str = ITSELF, event: str = "") -> str:
        """A valid access token for ``scope``."""
        who = {"xero_userid": str(uuid5(_SPACE, user)), "authentication_event_id": event} if user else {}
        token = self.fresh("access", {"scope": scope.split(), "exp": int((now + ACCESS).timestamp()), **who})
        self._access[token] = (now + ACCESS, frozenset(scope.split()), user)
        return token

    def scopes(self, token: str, now: datetime) -> frozenset[str] | str:
        """What a token may do, or the reason (as the platform words it) why it may do nothing."""
        found = self._access.get(token)
        if found is None:
            return "AuthenticationUnsuccessful"
        if now >= found[0]:
            return "TokenExpired: token expired at " + f"{found[0]:%m/%d/%Y %H:%M:%S}"
        return found[1]

    def _again(self, token: str, now: datetime) -> Answer:
        held = self._refresh.get(token)
        if held is None or now - held.made > REFRESH or (held.used is not None and now - held.used > GRACE):
            return reply({"error": "invalid_grant"}, 400)
        held.used = held.used or now
        return self._answer(held.scope, now, held.user, held.event)

    def _exchange(self, form: Mapping[str, str], now: datetime, known: str) -> Answer:
        code = self._codes.pop(form.get("code", ""), None)
        if code is None or now - code.made > CODE or form.get("redirect_uri") != code.choice.asked.redirect:
            return reply({"error": "invalid_grant"}, 400)
        challenge = code.choice.asked.challenge
        digest = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        proven = challenge and base64.urlsafe_b64encode(digest).rstrip(b"=").decode() == challenge
        if (challenge or known != "secret") and not proven:
            return reply({"error": "invalid_grant"}, 400)
        return self._answer(code.scope, now, code.choice.user, code.event)

    def _answer(self, scope: str, now: datetime, user: str, event: str) -> Answer:
        payload: dict[str, object] = {
            "access_token": self.access(scope, now, user, event),
            "expires_in": int(ACCESS.total_seconds()),
            "token_type": "Bearer",
            "scope": scope,
        }
        if user and "offline_access" in scope.split():
            payload["refresh_token"] = self._refreshing(scope, now, user, event)
        return reply(payload, Cache_Control="no-store")

    def fresh(self, kind: str, claims: Mapping[str, object] | None = None) -> str:
        """A word nobody has had before; with ``claims`` in the form of an access token that says them."""
        self._made += 1
        word = str(uuid5(_SPACE, f"{kind}/{self._made}"))
        if claims is None:
            return word
        parts = ({"alg": "none", "typ": "JWT"}, {**claims, "jti": word})
        return (
            ".".join(base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode() for part in parts) + "."
        )

    def _client(self, request: Request, form: Mapping[str, str]) -> str:
        """How the caller proved to be the app: ``secret`` (Basic or form), ``public`` (id alone, PKCE), not at all."""
        scheme, _, coded = request.headers.get("authorization", "").partition(" ")
        name, word = form.get("client_id", ""), form.get("client_secret")
        if scheme.lower() == "basic":
            name, _, word = base64.b64decode(coded).decode().partition(":")
        if not self.apps.knows(name, word):
            return ""
        return "public" if word is None else "secret"
