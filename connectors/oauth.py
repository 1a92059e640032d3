"""OAuth 2.0 access for connectors: where an access token comes from, and asking a platform's token endpoint for one.

How a refresh token that changes at every use survives crashes and lost answers is in connectors.rotation.
"""

import json
from base64 import b64encode
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Protocol
from urllib.parse import urlencode

from connectors.grants import expiry
from connectors.http import NEXT_SWEEP, Reply, Session
from connectors.meter import TOKEN
from worker.core.secret import Secret
from worker.errors import BooksGarbled, ConnectionBroken

if TYPE_CHECKING:
    from worker.ports import Clock


class TokenSource(Protocol):
    """Where a connector takes its access token from."""

    def access(self) -> Secret:
        """A token believed good. Raises BooksUnavailable, ConnectionBroken."""

    def renew(self, rejected: Secret) -> Secret:
        """Another token, after the platform rejected this one."""


class TokenEndpoint:
    """Asks a platform's token endpoint, form-encoded, with the application's id and secret in the header."""

    def __init__(
        self,
        session: Session,
        url: str,
        client_id: str,
        client_secret: Secret,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        """An empty secret means a public (PKCE) application: the id then goes into the form. `headers`: others."""
        self._session, self._url, self.client_id, self._secret = session, url, client_id, client_secret
        self._headers = dict(headers or {})

    @property
    def clock(self) -> "Clock":
        """The clock by which tokens expire."""
        return self._session.clock

    def ask(self, form: dict[str, str], *, repeat: bool = True) -> dict[str, Any]:
        """The platform's answer. On passing trouble it is asked again, unless `repeat` is false.

        Raises Expired for `invalid_grant`, ConnectionBroken for any other refusal, BooksUnavailable (ReplyLost, when
        the platform may have answered), BooksGarbled.
        """
        headers = {**self._headers, "Accept": "application/json", "Content-Type": "application/x-www-form-urlencoded"}
        if self._secret:
            pair = b64encode(f"{self.client_id}:{self._secret.reveal()}".encode()).decode()
            headers["Authorization"] = f"Basic {pair}"
        else:
            form = {**form, "client_id": self.client_id}
        what = "an access token"
        reply = self._session.ask(
            "POST",
            self._url,
            what,
            headers=headers,
            body=urlencode(form).encode(),
            safe=repeat,
            last_look=True,
            purpose=TOKEN,
        )
        answer = self._object(reply, what)
        if reply.status == 200 and isinstance(answer.get("access_token"), str) and answer["access_token"]:
            return answer
        self._refused(reply, str(answer.get("error", "")))
        raise BooksGarbled(f"The answer to the request for {what} holds no token{reply.mark()}.", NEXT_SWEEP)

    def _object(self, reply: Reply, what: str) -> dict[str, Any]:
        try:
            answer = json.loads(reply.json(what))
        except ValueError:
            raise BooksGarbled(f"Broken JSON came instead of {what}{reply.mark()}.", NEXT_SWEEP) from None
        return answer if isinstance(answer, dict) else {}

    def _refused(self, reply: Reply, error: str) -> None:
        if reply.status < 400:
            return
        name = self._session.platform
        if error == "invalid_grant":
            raise Expired(
                f"{name} no longer accepts this connection (invalid_grant).",
                "Connect this organisation again; nothing is sent for it until then.",
            )
        todo = "Check the client id and the client secret of the application, then connect again."
        if error == "invalid_scope":
            todo = "Grant the application the scopes named in the connector's README, then connect again."
        code = error if error.replace("_", "").isalnum() and len(error) < 40 else "no reason given"
        raise ConnectionBroken(f"{name} refused to give an access token ({reply.status}, {code}).", todo)


class Expired(ConnectionBroken):
    """`invalid_grant`: this refresh token is dead. Another process may have a newer one."""


class ClientCredentials:
    """Access for one organisation's own application (a custom connection): no refresh token, nothing to keep."""

    def __init__(self, endpoint: TokenEndpoint) -> None:
        """The endpoint holds the application's id and secret."""
        self._endpoint = endpoint
        self._token, self._expires = Secret(""), datetime.min.replace(tzinfo=UTC)

    def access(self) -> Secret:
        """See `TokenSource.access`."""
        return self._token if self._endpoint.clock.now() < self._expires else self.renew(self._token)

    def renew(self, rejected: Secret) -> Secret:  # noqa: ARG002
        """See `TokenSource.renew`."""
        answer = self._endpoint.ask({"grant_type": "client_credentials"})
        self._token = Secret(answer["access_token"])
        self._expires = expiry(self._endpoint.clock.now(), answer)
        return self._token
