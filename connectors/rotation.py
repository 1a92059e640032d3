"""How a refresh token that changes at every use survives crashes, lost answers and sixteen workers at once.

Lock; read the store again, for somebody may have refreshed; prove that the store can be written; keep the intent; ask;
keep the new token; only then use it. Nothing is ever deleted. Xero (developer.xero.com, "OAuth 2.0" FAQ) lets the old
token be used again for 30 minutes when its answer was lost; Intuit promises no such grace, but changes the value only
about once a day.
"""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from connectors.grants import Lifetimes, expiry, token_hash
from connectors.http import LONGEST_WAIT, ReplyLost
from connectors.logs import warn
from connectors.oauth import Expired, TokenEndpoint
from worker.core.grant import Grant, GrantState, Intent
from worker.core.secret import Secret
from worker.errors import BooksUnavailable, ConnectionBroken
from worker.ports import Tokens

GRACE = timedelta(minutes=25)
"""How long a token whose answer was lost is asked for again: inside Xero's 30 minutes, clocks being what they are."""
TURNED_AWAY = 4
"""Attempts while the platform says that it did nothing, or cannot be reached at all."""
LONGEST_PAUSE = 60.0
_BEGINNING = datetime.min.replace(tzinfo=UTC)


class RefreshToken:
    """Access by a saved consent, kept in a `Tokens` store under `name`.

    `first` is the token of a consent given in the settings; it is used once, when the store knows nothing yet.
    """

    def __init__(
        self,
        endpoint: TokenEndpoint,
        tokens: Tokens,
        name: str,
        first: Secret,
        *,
        platform: str,
        lifetimes: Lifetimes,
    ) -> None:
        """`platform` is the word written as `kind:`; a grant of another platform or application is refused."""
        self._endpoint, self._tokens, self._name, self._first = endpoint, tokens, name, first
        self._platform, self._lifetimes = platform, lifetimes
        self._held: Grant | None = None

    def access(self) -> Secret:
        """See `TokenSource.access`."""
        if self._held is None:
            self._held = self._load()
        if self._held and self._fresh(self._held):
            return self._held.access
        return self.renew(self._held.access if self._held else Secret(""))

    def renew(self, rejected: Secret) -> Secret:
        """See `TokenSource.renew`. Somebody else may have refreshed meanwhile: then theirs is used."""
        with self._tokens.lock(self._name):
            kept = self._load() or self._new()
            if kept.access == rejected or not self._fresh(kept):
                self._usable(kept)
                self._tokens.prove(self._name)
                kept = self._rotated(kept)
            self._held = kept
        return kept.access

    def _fresh(self, grant: Grant) -> bool:
        return bool(grant.access) and self._endpoint.clock.now() < grant.expires

    def _rotated(self, kept: Grant) -> Grant:
        """A newer grant, already kept. Call with the lock held and the store proven."""
        kept, found = self._intended(kept)
        try:
            answer = self._asked(kept, lost=found)
        except Expired as error:
            newer = self._load()
            if newer is not None and newer.refresh != kept.refresh:
                return newer if self._fresh(newer) else self._rotated(newer)
            raise self._ended(kept, error) from None
        now = self._endpoint.clock.now()
        refresh = Secret(str(answer.get("refresh_token") or kept.refresh.reveal()))
        grant = replace(
            kept,
            refresh=refresh,
            access=Secret(answer["access_token"]),
            expires=expiry(now, answer),
            previous=kept.previous if refresh == kept.refresh else kept.refresh,
            generation=kept.generation + 1,
            platform=self._platform,
            client_id=self._endpoint.client_id,
            refreshed=now,
            ends=self._lifetimes.ends(answer, kept.consented, now),
            intent=None,
        )
        self._tokens.save(self._name, grant)
        return grant

    def _intended(self, kept: Grant) -> tuple[Grant, bool]:
        """The grant with a durable note that its token is about to be used, and whether such a note was found there:
        then a process that died, or heard no answer, left it, and it keeps its time."""
        token = token_hash(kept.refresh)
        if kept.intent is not None and kept.intent.token == token:
            return kept, True
        noted = replace(kept, intent=Intent(token, self._endpoint.clock.now()))
        self._tokens.save(self._name, noted)
        return noted, False

    def _asked(self, kept: Grant, *, lost: bool) -> dict[str, Any]:
        """The answer to this token, asked for again while that can help.

        As long as the platform certainly did nothing, a few times; once an answer may have been lost, until the grace
        ends, since the platform may know a newer token than we do. After that one question a sweep remains: the lost
        one may never have arrived.
        """
        clock = self._endpoint.clock
        since = kept.intent.since if kept.intent else clock.now()
        attempt = 0
        while True:
            attempt += 1
            try:
                form = {"grant_type": "refresh_token", "refresh_token": kept.refresh.reveal()}
                return self._endpoint.ask(form, repeat=False)
            except BooksUnavailable as error:
                lost = lost or isinstance(error, ReplyLost)
                wait = error.retry_after or min(2.0**attempt, LONGEST_PAUSE)
                if not lost and (attempt == TURNED_AWAY or wait > LONGEST_WAIT):
                    self._tokens.save(self._name, replace(kept, intent=None))
                    raise
                if lost and clock.now() + timedelta(seconds=wait) > since + GRACE:
                    raise
                warn("connection.again", connection=self._name, attempt=attempt, wait=wait, answer_lost=lost)
                clock.sleep(wait)

    def _ended(self, kept: Grant, error: Expired) -> Expired:
        """Mark the connection, keep its tokens, and say what a person can do."""
        now, intent = self._endpoint.clock.now(), kept.intent
        why = error.what
        if intent is not None and now - intent.since > GRACE:
            at = f"{intent.since:%Y-%m-%d %H:%M} UTC"
            why += f" The answer to a refresh at {at} was lost and could not be asked for again in time."
        self._tokens.save(self._name, replace(kept, state=GrantState.NEEDS_CONSENT, why=why))
        return Expired(why, error.todo)

    def _usable(self, kept: Grant) -> None:
        if kept.state is GrantState.NEEDS_CONSENT:
            raise ConnectionBroken(
                kept.why or f'The connection "{self._name}" needs a new consent.',
                "Connect this organisation again; nothing is sent for it until then.",
            )

    def _load(self) -> Grant | None:
        grant = self._tokens.load(self._name)
        if grant is not None:
            belongs(grant, self._name, self._platform, self._endpoint.client_id)
        return grant

    def _new(self) -> Grant:
        if not self._first:
            raise ConnectionBroken(
                f'There is no saved connection "{self._name}".', "Run duecourse connect, or give a refresh token."
            )
        return Grant(self._first, Secret(""), _BEGINNING, Secret(""))


def saved_connection(tokens: Tokens, name: str, platform: str, client_id: str) -> Grant:
    """The grant that `duecourse connect` saved. Raises ConnectionBroken when there is none, or it is not this one's."""
    grant = tokens.load(name)
    if grant is None:
        raise ConnectionBroken(
            f'There is no saved connection "{name}".',
            "Run duecourse connect, or write which saved connection is meant (connection: NAME).",
        )
    belongs(grant, name, platform, client_id)
    return grant


def belongs(grant: Grant, name: str, platform: str, client_id: str) -> None:
    """Raises ConnectionBroken when a saved connection is of another platform or application than the settings say."""
    if grant.platform and grant.platform != platform:
        raise ConnectionBroken(
            f'The saved connection "{name}" is to {grant.platform}, but the settings say {platform}.',
            "Name another connection, or connect again.",
        )
    if grant.client_id and client_id and grant.client_id != client_id:
        raise ConnectionBroken(
            f'The saved connection "{name}" was made by another application than the client id in the settings.',
            "Give that application's client id, or connect again with this one.",
        )
