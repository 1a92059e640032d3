"""Asking for a person's consent: the authorization code of OAuth 2.0, for books and for mailboxes alike.

A `Provider` says where and how one platform asks, an `App` who is asking, an `Attempt` is one consent being asked for:
its address, its state (178 random bits, good once) and its PKCE proof. How the answer comes back is in
connectors.callback (a browser on this machine) or is somebody's pasting (`Attempt.read` takes both). RFC 6749, 7636,
8252 and 9700 are the sources; what each platform makes of them is said where its Provider is.
"""

import hmac
import logging
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol
from urllib.parse import parse_qs, urlsplit

from connectors.grants import Lifetimes
from connectors.oauth import TokenSource
from worker.core.grant import Grant
from worker.core.secret import Secret
from worker.errors import BooksUnavailable, ConnectionBroken
from worker.ports import Tokens

LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
_TIMEOUT = (10.0, 60.0)
_OFFLINE = "offline_access"
for _name in ("requests_oauthlib", "oauthlib"):  # at debug level they log tokens: never, whatever the root logger does
    logging.getLogger(_name).setLevel(logging.WARNING)


@dataclass(frozen=True, slots=True)
class Provider:
    """How one platform asks for consent. `name` is its name in messages.

    `client_in`: where its token endpoint wants the app's id and secret; without a secret the id goes into the form.
    `extra` goes onto the authorize address, `headers` onto the token request. `code_lasts` is how long a code is good,
    in words. `offers` is the scope that lets us come back without a person; few platforms list it in their answer.
    """

    name: str
    authorize_url: str
    token_url: str
    scopes: tuple[str, ...]
    pkce: bool = True
    client_in: Literal["header", "form"] = "header"
    extra: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    code_lasts: str = "a few minutes"
    offers: str = _OFFLINE


@dataclass(frozen=True, slots=True)
class App:
    """The application that asks, as registered with the platform. An empty secret: a public (PKCE) one."""

    client_id: str
    secret: Secret
    redirect: str


@dataclass(frozen=True, slots=True)
class Tenant:
    """An organisation at a platform that a consent covers; `now`: chosen in this consent, not in one before."""

    id: str
    name: str
    now: bool = True


class Consenting(Protocol):
    """What one accounting platform makes of consents. Nothing here is ever asked twice by itself."""

    kind: str
    """What is written as `kind:`."""
    one_token_set: bool
    """Whether all consents of one party to one app share one set of tokens, so that they must be kept once."""
    lifetimes: Lifetimes
    leave: str
    """Where a person ends a connection by hand."""
    provider: Provider
    app: App
    wanted: str
    """The tenant that the settings name, or ""."""

    def source(self, tokens: Tokens, name: str) -> TokenSource:
        """Access by a saved connection."""

    def covers(self, access: Secret, told: Mapping[str, str]) -> tuple[Tenant, ...]:
        """The organisations a consent is good for now. Raises BooksError."""

    def party(self, grant: Grant) -> str:
        """Whose consent it is, as far as ending one ends others: a Xero user, a QuickBooks company; "" if unknown."""

    def remove(self, access: Secret, tenant: str) -> int:
        """End the connection to one organisation; none is no error. Returns how many others the consent still has.
        Raises BooksError."""

    def revoke(self, refresh: Secret) -> None:
        """End the consent, and with it everything of its party. Raises BooksError."""


class ConsentFailed(ConnectionBroken):
    """Nobody's consent was obtained. Nothing was kept or changed."""


@dataclass(frozen=True, slots=True)
class Reply:
    """What the platform sent back through the browser: the code, and what else it told (QuickBooks: `realmId`)."""

    code: Secret
    told: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Consented:
    """A consent obtained. `answer` is the token endpoint's, secrets included; `scopes` what it says was granted."""

    answer: Mapping[str, Any] = field(repr=False)
    told: Mapping[str, str] = field(default_factory=dict)
    scopes: frozenset[str] = frozenset()


class Attempt:
    """One consent being asked for. Good for one answer."""

    def __init__(self, provider: Provider, app: App) -> None:
        """`url` is then the address to open in a browser; it holds no secret."""
        from requests_oauthlib import OAuth2Session

        self._provider, self._app = provider, app
        pkce = "S256" if provider.pkce else None
        scope, back = list(provider.scopes), app.redirect
        self._session = OAuth2Session(app.client_id, scope=scope, redirect_uri=back, pkce=pkce)
        self._session.max_redirects = 0  # a token request is never sent elsewhere
        with _plainly(provider.authorize_url):
            self.url, self._state = self._session.authorization_url(provider.authorize_url, **provider.extra)
        self._answered = False

    def read(self, given: str) -> Reply:
        """The code in what came back: the whole address, its query alone, or (with PKCE, which ties a code to this
        attempt) the bare code. Raises ConsentFailed, as does a second answer."""
        name = self._provider.name
        if self._answered:
            raise ConsentFailed(f"{name}'s answer was used already.", "Connect again.")
        told = _told(given)
        if not {"code", "error"} & told.keys() and self._provider.pkce and _is_bare(given):
            told = {"code": given.strip(), "state": self._state}
        if not {"code", "error"} & told.keys():
            raise ConsentFailed(
                f"That holds no answer from {name}.",
                "Paste the whole address that the browser ended at, from https:// (or http://) to its end.",
            )
        self._answered = True
        if not hmac.compare_digest(told.get("state", "").encode(), self._state.encode()):
            raise ConsentFailed(
                f"The answer from {name} belongs to another attempt to connect: its state is not the one we sent.",
                "Connect again and answer the page that opens then; if you did not start another attempt, somebody"
                " else may have.",
            )
        if "error" in told:
            raise self._refused(told["error"])
        if not told["code"]:
            raise ConsentFailed(f"The answer from {name} holds an empty code.", "Connect again.")
        return Reply(Secret(told["code"]), {k: v for k, v in told.items() if k not in {"code", "state"}})

    def redeem(self, reply: Reply) -> Consented:
        """Exchange the code, once. Raises ConsentFailed, or BooksUnavailable when no answer came."""
        import requests
        from oauthlib.oauth2 import OAuth2Error

        name, secret = self._provider.name, self._app.secret.reveal()
        headed = bool(secret) and self._provider.client_in == "header"
        given: dict[str, Any] = {"include_client_id": not headed}
        if headed:
            given["auth"] = requests.auth.HTTPBasicAuth(self._app.client_id, secret)
        elif secret:
            given["client_secret"] = secret
        sent = {"Accept": "application/json", "Content-Type": "application/x-www-form-urlencoded"}
        try:
            with _plainly(self._provider.token_url):
                answer = self._session.fetch_token(
                    self._provider.token_url,
                    code=reply.code.reveal(),
                    headers={**self._provider.headers, **sent},
                    timeout=_TIMEOUT,
                    **given,
                )
        except Warning as other:  # the library's word for "not exactly the scopes that were asked for"
            if not hasattr(other, "token"):
                raise
            answer = other.token
        except requests.exceptions.TooManyRedirects:
            raise ConsentFailed(
                f"{name}'s token server sent us elsewhere.", "Redirects are never followed: check its address."
            ) from None
        except requests.RequestException:
            raise BooksUnavailable(
                f"No answer came from {name} when the code was exchanged.",
                "Nothing was kept. Check the line, then connect again: a code can be used only once.",
            ) from None
        except OAuth2Error as error:
            raise self._not_redeemed(str(error.error)) from None
        except ValueError:
            raise self._not_redeemed("missing_token") from None
        finally:
            self._session.close()
        return Consented(dict(answer), reply.told, self._granted(dict(answer)))

    def _granted(self, answer: Mapping[str, Any]) -> frozenset[str]:
        said = answer.get("scope")
        words = said.split() if isinstance(said, str) else said if isinstance(said, list | tuple) else ()
        granted = frozenset(str(word) for word in words)
        known = {word.casefold() for word in granted}
        lacking = [s for s in self._provider.scopes if s.casefold() not in known and s != self._provider.offers]
        if known and lacking:
            raise ConsentFailed(
                f"{self._provider.name} granted less than was asked for; missing: {', '.join(lacking)}.",
                "Give the app these scopes, then connect again and allow everything on the page.",
            )
        if not answer.get("refresh_token"):
            raise ConsentFailed(
                f"{self._provider.name} gave no refresh token, so the connection would end within the hour.",
                "Connect again and allow lasting (offline) access.",
            )
        return granted

    def _refused(self, error: str) -> ConsentFailed:
        name = self._provider.name
        if error == "access_denied":
            return ConsentFailed(
                f"The request was denied on {name}'s page.", "Nothing was changed. Connect again to allow it."
            )
        if error == "invalid_scope":
            return ConsentFailed(
                f"{name} does not let this app ask for what it asks for: {', '.join(self._provider.scopes)}.",
                "Give the app these scopes in the platform's developer portal, then connect again.",
            )
        if error in {"unauthorized_client", "invalid_client"}:
            return ConsentFailed(
                f"{name} does not know this app, or does not let it ask ({error}).",
                "Check the client id and the kind of app, then connect again.",
            )
        return ConsentFailed(f"{name} answered with an error ({_code(error)}).", "Connect again.")

    def _not_redeemed(self, error: str) -> ConsentFailed:
        name = self._provider.name
        if error == "invalid_grant":
            return ConsentFailed(
                f"{name} no longer accepts the code (invalid_grant).",
                f"A code is good once and for {self._provider.code_lasts}: connect again, and finish soon.",
            )
        if error in {"invalid_client", "unauthorized_client"}:
            return ConsentFailed(
                f"{name} does not accept this client id with this secret ({error}).",
                "Check both, and that they belong to the same app, then connect again.",
            )
        if error == "missing_token":
            return ConsentFailed(
                f"{name}'s token server gave an answer without a token that can be read.",
                "Look for a proxy or a sign-in page between this machine and the platform, then connect again.",
            )
        return ConsentFailed(f"{name} refused to exchange the code ({_code(error)}).", "Connect again.")


def is_loopback(url: str) -> bool:
    """Whether an address is http on this machine."""
    parts = urlsplit(url)
    return parts.scheme == "http" and parts.hostname in LOOPBACK


def _is_bare(given: str) -> bool:
    return given.isascii() and "://" not in given and len(given.split()) == 1


def _told(given: str) -> dict[str, str]:
    """The parameters of an answer; of a repeated one the last."""
    given = given.strip()
    query = urlsplit(given).query if "://" in given else given.lstrip("?") if "=" in given else ""
    return {name: values[-1] for name, values in parse_qs(query, keep_blank_values=True).items()}


def _code(error: str) -> str:
    return error if error.replace("_", "").isalnum() and len(error) < 40 else "no reason given"


@contextmanager
def _plainly(url: str) -> Iterator[None]:
    """Let the library speak plain http to this very machine (a stand-in for the platform), and to nobody else."""
    variable = "OAUTHLIB_INSECURE_TRANSPORT"
    before = os.environ.get(variable)
    if is_loopback(url):
        os.environ[variable] = "1"
    else:
        os.environ.pop(variable, None)
    try:
        yield
    finally:
        os.environ.pop(variable, None)
        if before is not None:
            os.environ[variable] = before
