"""The identity service: grants, expiry and rotation, on the simulated clock.

Xero's pages "OAuth 2.0" and "Custom connections": access 30 minutes, refresh 60 days when unused, each refresh replaces
the token, and a replaced one may be tried again for 30 minutes in case the answer was lost.
"""

import base64
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID, uuid5

from connectors.sandbox.wire import Answer, Request, reply

ACCESS, REFRESH, GRACE, CODE = timedelta(minutes=30), timedelta(days=60), timedelta(minutes=30), timedelta(minutes=5)
CLIENT_ID, CLIENT_WORD = "sandbox-app", "sandbox-word"
_AREAS = ("invoices", "payments", "contacts", "settings", "attachments")
SCOPES = frozenset(
    {"offline_access", "openid", "profile", "email"}
    | {f"accounting.{area}{end}" for area in _AREAS for end in ("", ".read")}
)
_SPACE = UUID("0d3c2b52-5b7e-5f4b-9d56-3c1f4c7a9e02")


@dataclass
class _Refresh:
    scope: str
    made: datetime
    used: datetime | None = None


@dataclass(frozen=True)
class _Code:
    scope: str
    made: datetime
    redirect: str
    challenge: str


class Tokens:
    """Issues tokens and says what an access token may do."""

    def __init__(self) -> None:
        self._made = 0
        self._access: dict[str, tuple[datetime, frozenset[str]]] = {}
        self._refresh: dict[str, _Refresh] = {}
        self._codes: dict[str, _Code] = {}

    def consent(self, query: Mapping[str, str], now: datetime) -> Answer:
        """The consent page, with a user who always agrees: sends the browser back with a code."""
        redirect, scope = query.get("redirect_uri", ""), query.get("scope", "")
        if query.get("client_id") != CLIENT_ID or not redirect:
            return reply({"error": "unauthorized_client"}, 400)
        joint = "&" if "?" in redirect else "?"
        state = f"&state={query['state']}" if query.get("state") else ""
        if not set(scope.split()) <= SCOPES:
            return Answer(302, headers={"Location": f"{redirect}{joint}error=invalid_scope{state}"})
        code = self._fresh("code")
        self._codes[code] = _Code(scope, now, redirect, query.get("code_challenge", ""))
        return Answer(302, headers={"Location": f"{redirect}{joint}code={code}{state}"})

    def grant(self, request: Request, form: Mapping[str, str], now: datetime) -> Answer:
        """POST /connect/token."""
        known = _client(request, form)
        match form.get("grant_type"):
            case "client_credentials" if known == "secret":
                scope = form.get("scope") or " ".join(sorted(SCOPES - {"offline_access"}))
                if not set(scope.split()) <= SCOPES:
                    detail = "Client credentials scope validation failed"
                    return reply({"error": "invalid_scope", "error_description": detail}, 400)
                return self._answer(scope, now, refresh=False)
            case "refresh_token" if known:
                return self._again(form.get("refresh_token", ""), now)
            case "authorization_code" if known:
                return self._exchange(form, now, known)
            case "client_credentials" | "refresh_token" | "authorization_code":
                return reply({"error": "invalid_client"}, 400)
        return reply({"error": "unsupported_grant_type"}, 400)

    def seed_refresh(self, scope: str, now: datetime) -> str:
        """A first refresh token, as if someone had just consented."""
        token = self._fresh("refresh")
        self._refresh[token] = _Refresh(scope, now)
        return token

    def access(self, scope: str, now: datetime) -> str:
        """A valid access token for ``scope``."""
        token = self._fresh("access", {"scope": scope.split(), "exp": int((now + ACCESS).timestamp())})
        self._access[token] = (now + ACCESS, frozenset(scope.split()))
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
        return self._answer(held.scope, now, refresh=True)

    def _exchange(self, form: Mapping[str, str], now: datetime, known: str) -> Answer:
        code = self._codes.pop(form.get("code", ""), None)
        if code is None or now - code.made > CODE or form.get("redirect_uri") != code.redirect:
            return reply({"error": "invalid_grant"}, 400)
        digest = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        proven = code.challenge and base64.urlsafe_b64encode(digest).rstrip(b"=").decode() == code.challenge
        if (code.challenge or known != "secret") and not proven:
            return reply({"error": "invalid_grant"}, 400)
        return self._answer(code.scope, now, refresh="offline_access" in code.scope.split())

    def _answer(self, scope: str, now: datetime, *, refresh: bool) -> Answer:
        payload: dict[str, object] = {
            "access_token": self.access(scope, now),
            "expires_in": int(ACCESS.total_seconds()),
            "token_type": "Bearer",
            "scope": scope,
        }
        if refresh:
            payload["refresh_token"] = self.seed_refresh(scope, now)
        return reply(payload, Cache_Control="no-store")

    def _fresh(self, kind: str, claims: Mapping[str, object] | None = None) -> str:
        self._made += 1
        word = str(uuid5(_SPACE, f"{kind}/{self._made}"))
        if claims is None:
            return word
        parts = ({"alg": "none", "typ": "JWT"}, {**claims, "jti": word, "authentication_event_id": word})
        return (
            ".".join(base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode() for part in parts) + "."
        )


def _client(request: Request, form: Mapping[str, str]) -> str:
    """How the caller proved to be the app: ``secret`` (Basic or form), ``public`` (id alone, PKCE) or not at all."""
    scheme, _, coded = request.headers.get("authorization", "").partition(" ")
    name, word = form.get("client_id", ""), form.get("client_secret")
    if scheme.lower() == "basic":
        name, _, word = base64.b64decode(coded).decode().partition(":")
    if name != CLIENT_ID:
        return ""
    return "public" if word is None else "secret" if word == CLIENT_WORD else ""
