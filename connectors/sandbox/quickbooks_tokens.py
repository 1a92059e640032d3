"""Intuit's token service on the simulated clock: a refresh token whose value changes daily, with no grace after that.

Intuit's pages "OAuth 2.0" and "Refresh token policy": access lasts an hour; within a day of a new value a refresh gives
the same value, with less time left; after it a new one, and here the old one dies at once, which is the harder reading.
"""

import base64
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256

from connectors.sandbox.tokens import CLIENT_ID, CLIENT_WORD
from connectors.sandbox.wire import Answer, Request, reply

STANDING = "standing-consent-"
ACCESS, IDLE, DAY = timedelta(hours=1), timedelta(days=101), timedelta(days=1)


@dataclass
class _Refresh:
    realm: str
    made: datetime


class Bearers:
    """Issues tokens, each good for one company."""

    def __init__(self) -> None:
        self._made = 0
        self._access: dict[str, tuple[str, datetime]] = {}
        self._refresh: dict[str, _Refresh] = {}

    def seed(self, realm: str, now: datetime) -> str:
        """A refresh token, as if somebody had just consented for this company."""
        token = self._fresh("AB11")
        self._refresh[token] = _Refresh(realm, now)
        return token

    def access(self, realm: str, now: datetime) -> str:
        """An access token for a company."""
        token = self._fresh("eyJ")
        self._access[token] = (realm, now + ACCESS)
        return token

    def realm(self, token: str, now: datetime) -> str | None:
        """The company an access token is good for; None when it is good for nothing."""
        realm, until = self._access.get(token, ("", now))
        return realm if now < until else None

    def grant(self, request: Request, form: Mapping[str, str], now: datetime) -> Answer:
        """POST /oauth2/v1/tokens/bearer."""
        scheme, _, coded = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "basic" or base64.b64decode(coded).decode() != f"{CLIENT_ID}:{CLIENT_WORD}":
            return reply({"error": "invalid_client"}, 401)
        if form.get("grant_type") != "refresh_token":
            return reply({"error": "unsupported_grant_type"}, 400)
        token = form.get("refresh_token", "")
        if token.startswith(STANDING):
            self._refresh[token] = _Refresh(token.removeprefix(STANDING), now)
        held = self._refresh.get(token)
        if held is None or now - held.made > IDLE:
            return reply({"error": "invalid_grant", "error_description": "Incorrect or invalid refresh token"}, 400)
        if now - held.made >= DAY:
            del self._refresh[token]
            token = self.seed(held.realm, now)
            held = self._refresh[token]
        return reply(
            {
                "token_type": "bearer",
                "access_token": self.access(held.realm, now),
                "expires_in": int(ACCESS.total_seconds()),
                "refresh_token": token,
                "x_refresh_token_expires_in": int((held.made + IDLE - now).total_seconds()),
            },
            Cache_Control="no-cache, no-store",
        )

    def _fresh(self, start: str) -> str:
        self._made += 1
        return start + sha256(f"{start}/{self._made}".encode()).hexdigest()[:40]
