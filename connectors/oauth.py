"""OAuth 2.0 access for connectors: where an access token comes from, and how a rotating refresh token survives.

Xero's rules (developer.xero.com, "OAuth 2.0" FAQ): access lives 30 minutes; every refresh answers with a new refresh
token and ends the old one, except that the old one may be used again for 30 minutes when the answer was lost. So: prove
the store can be written before refreshing, write before using, repeat the *same* token when no answer came, and never
delete anything.
"""

import hashlib
import json
import os
from base64 import b64encode
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol
from urllib.parse import urlencode

from connectors.http import NEXT_SWEEP, Reply, Session
from connectors.meter import TOKEN
from worker.errors import BooksGarbled, ConnectionBroken

if TYPE_CHECKING:
    from worker.ports import Clock

_EARLY = timedelta(seconds=60)  # renew a little before the end, so that no request carries a token dying on the way


class Secret:
    """Text that must not be shown. Only `reveal()` gives it away; repr, str and formatting do not."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def reveal(self) -> str:
        """The text itself, for the one place it is meant for."""
        return self._text

    def __repr__(self) -> str:
        return "Secret(***)"

    __str__ = __repr__

    def __format__(self, spec: str) -> str:
        return repr(self)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and other._text == self._text

    def __hash__(self) -> int:
        return hash(self._text)

    def __bool__(self) -> bool:
        return bool(self._text)


@dataclass(frozen=True, slots=True)
class Grant:
    """What a store keeps of one consent. `previous` is the refresh token before this one; `generation` counts them.

    `expires` is the UTC instant at which `access` ends.
    """

    refresh: Secret
    access: Secret
    expires: datetime
    previous: Secret
    generation: int = 0


class Tokens(Protocol):
    """A durable store of grants, by name. What `save` returned from is on disk."""

    def load(self, name: str) -> Grant | None:
        """The newest grant, or None when nothing was ever saved. Raises ConnectionBroken if it cannot be read."""

    def save(self, name: str, grant: Grant) -> None:
        """Keep this grant durably, in place of the one before. Raises ConnectionBroken if that fails."""

    def prove(self, name: str) -> None:
        """Show that `save` would work now. Raises ConnectionBroken when it would not."""

    def lock(self, name: str) -> AbstractContextManager[None]:
        """Hold off every other refresher of this name, in any process."""


class FileTokens:
    """One JSON file a grant, in a folder of its own (0700, files 0600). Put the folder on a disk that survives.

    A write goes to a temporary file, is synced, renamed over the old one, and the folder is synced too.
    """

    def __init__(self, folder: Path) -> None:
        """`folder` is made on first use."""
        self._folder = folder

    def load(self, name: str) -> Grant | None:
        """See `Tokens.load`."""
        path = self._path(name)
        try:
            kept = json.loads(path.read_text("utf-8"))
            return Grant(
                Secret(kept["refresh"]),
                Secret(kept["access"]),
                datetime.fromisoformat(kept["expires"]),
                Secret(kept["previous"]),
                int(kept["generation"]),
            )
        except (FileNotFoundError, NotADirectoryError):
            return None
        except (OSError, ValueError, KeyError, TypeError):
            raise ConnectionBroken(
                f"The saved connection {path} cannot be read.", "Restore that file, or connect again."
            ) from None

    def save(self, name: str, grant: Grant) -> None:
        """See `Tokens.save`."""
        kept = {
            "refresh": grant.refresh.reveal(),
            "access": grant.access.reveal(),
            "expires": grant.expires.isoformat(),
            "previous": grant.previous.reveal(),
            "generation": grant.generation,
        }
        with self._said_plainly():
            self._write(self._path(name), json.dumps(kept).encode())

    def prove(self, name: str) -> None:
        """See `Tokens.prove`: writes, syncs and renames a file beside the real one, exactly as `save` does."""
        with self._said_plainly():
            self._write(self._path(name).with_suffix(".proof"), b"{}")

    @contextmanager
    def lock(self, name: str) -> Iterator[None]:
        """See `Tokens.lock`: an advisory lock of the operating system, which a dead process cannot keep."""
        import fcntl

        with self._said_plainly():
            self._prepare()
            handle = os.open(self._path(name).with_suffix(".lock"), os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield
        finally:
            os.close(handle)

    def _path(self, name: str) -> Path:
        safe = "".join(c if c.isascii() and (c.isalnum() or c in "-_") else "_" for c in name)
        return self._folder / f"{safe}.json"

    def _prepare(self) -> None:
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)

    def _write(self, path: Path, text: bytes) -> None:
        self._prepare()
        temporary = path.with_name(f".{path.name}.{os.getpid()}")
        handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            temporary.replace(path)
        except OSError:
            temporary.unlink(missing_ok=True)
            raise
        folder = os.open(self._folder, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)

    @contextmanager
    def _said_plainly(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise ConnectionBroken(
                f"The token folder {self._folder} cannot be written ({error.strerror}).",
                "Nothing was refreshed or lost: give duecourse a writable, lasting folder and run again.",
            ) from error


class TokenSource(Protocol):
    """Where a connector takes its access token from."""

    def access(self) -> Secret:
        """A token believed good. Raises BooksUnavailable, ConnectionBroken."""

    def renew(self, rejected: Secret) -> Secret:
        """Another token, after the platform rejected this one."""


class TokenEndpoint:
    """Asks a platform's token endpoint, form-encoded, with the application's id and secret in the header."""

    def __init__(self, session: Session, url: str, client_id: str, client_secret: Secret) -> None:
        """An empty secret means a public (PKCE) application: the id then goes into the form."""
        self._session, self._url, self._id, self._secret = session, url, client_id, client_secret

    @property
    def clock(self) -> "Clock":
        """The clock by which tokens expire."""
        return self._session.clock

    def ask(self, form: dict[str, str]) -> dict[str, Any]:
        """The platform's answer. A lost reply is asked for again with the same form, which is what the grace is for.

        Raises Expired for `invalid_grant`, ConnectionBroken for any other refusal, BooksUnavailable, BooksGarbled.
        """
        headers = {"Accept": "application/json", "Content-Type": "application/x-www-form-urlencoded"}
        if self._secret:
            pair = b64encode(f"{self._id}:{self._secret.reveal()}".encode()).decode()
            headers["Authorization"] = f"Basic {pair}"
        else:
            form = {**form, "client_id": self._id}
        what = "an access token"
        reply = self._session.ask(
            "POST",
            self._url,
            what,
            headers=headers,
            body=urlencode(form).encode(),
            safe=True,
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
        self._expires = _expiry(self._endpoint.clock.now(), answer)
        return self._token


class RefreshToken:
    """Access by a refresh token that changes at every use, kept in a `Tokens` store.

    `first` is the token of the consent itself; it is used once, when the store knows nothing yet.
    """

    def __init__(self, endpoint: TokenEndpoint, tokens: Tokens, name: str, first: Secret) -> None:
        """`name` is the grant's name in the store."""
        self._endpoint, self._tokens, self._name, self._first = endpoint, tokens, name, first
        self._held: Grant | None = None

    def access(self) -> Secret:
        """See `TokenSource.access`."""
        if self._held is None:
            self._held = self._tokens.load(self._name)
        if self._held and self._held.access and self._endpoint.clock.now() < self._held.expires:
            return self._held.access
        return self.renew(self._held.access if self._held else Secret(""))

    def renew(self, rejected: Secret) -> Secret:
        """See `TokenSource.renew`. Somebody else may have refreshed meanwhile: then theirs is used."""
        with self._tokens.lock(self._name):
            kept = self._tokens.load(self._name) or self._new()
            if not (kept.access and kept.access != rejected and self._endpoint.clock.now() < kept.expires):
                self._tokens.prove(self._name)
                kept = self._rotated(kept)
            self._held = kept
        return kept.access

    def _rotated(self, kept: Grant) -> Grant:
        try:
            answer = self._endpoint.ask({"grant_type": "refresh_token", "refresh_token": kept.refresh.reveal()})
        except Expired:
            newer = self._tokens.load(self._name)
            if newer is None or newer.refresh == kept.refresh:
                raise
            return self._rotated(newer)
        refresh = Secret(str(answer.get("refresh_token") or kept.refresh.reveal()))
        expires = _expiry(self._endpoint.clock.now(), answer)
        grant = Grant(refresh, Secret(answer["access_token"]), expires, kept.refresh, kept.generation + 1)
        self._tokens.save(self._name, grant)
        return grant

    def _new(self) -> Grant:
        if not self._first:
            raise ConnectionBroken(
                "There is no saved connection for this organisation.", "Connect it, or give its refresh token."
            )
        return Grant(self._first, Secret(""), datetime.min.replace(tzinfo=UTC), Secret(""))


def grant_name(platform: str, client_id: str, first: str) -> str:
    """The store's name for a consent. A new consent has a new first token, hence a new name: old files stay put.

    Organisations that share one consent share one name, because refreshing in two places would end it.
    """
    digest = hashlib.sha256(f"{client_id}\n{first}".encode()).hexdigest()
    return f"{platform}-{digest[:16]}"


def _expiry(now: datetime, answer: dict[str, Any]) -> datetime:
    lasts = answer.get("expires_in")
    seconds = lasts if isinstance(lasts, int) and 0 < lasts < 10**7 else 1800
    return now + timedelta(seconds=seconds) - _EARLY
