"""A vault for tests: a key at hand, connections in files or in a logbook, and sources over a token service."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

from connectors.grants import Lifetimes
from connectors.http import Limits, Session
from connectors.oauth import TokenEndpoint
from connectors.rotation import RefreshToken
from tests.vault.identity import START, StoppedClock
from worker.core.grant import Grant
from worker.core.secret import Secret
from worker.logbook import open_logbook
from worker.ports import Tokens
from worker.vault.files import FileShelf
from worker.vault.keys import Keyring
from worker.vault.seal import Sealer
from worker.vault.shelf import Shelf
from worker.vault.tokens import SealedTokens

KEY = Secret("ZHVlY291cnNlLXRlc3Qta2V5LW9mLTMyLWJ5dGVzISE")
OTHER_KEY = Secret("YW5vdGhlci1rZXktb2YtMzItYnl0ZXMtZm9yLXRlc3Q")
LIFETIMES = Lifetimes(
    timedelta(days=60), timedelta(days=1825), "x_refresh_token_expires_in", "x_refresh_token_hard_expires_in"
)
NAME = "harbour"
Opened = Callable[[], Shelf]
"""Opens the shelf anew, as another process would."""


class GivenKey:
    """A key source that just has it, or has none; counts how often it was asked."""

    def __init__(self, text: Secret | None = KEY, where: str = "the test") -> None:
        self.text, self.where, self.asked = text, where, 0

    def fetch(self, *, make: bool = False) -> Secret | None:
        self.asked += 1
        return self.text


def sealer(key: Secret | None = KEY, *previous: Secret) -> Sealer:
    return Sealer(Keyring(GivenKey(key), tuple(GivenKey(p, "an older place") for p in previous)))


def file_tokens(folder: Path) -> SealedTokens:
    return SealedTokens(FileShelf(folder), sealer())


def files(folder: Path) -> Opened:
    return lambda: FileShelf(folder / "tokens")


def logbook(location: str) -> Opened:
    return lambda: open_logbook(location).connections()


def source(
    tokens: Tokens, url: str, clock: StoppedClock | None = None, platform: str = "xero", name: str = NAME
) -> RefreshToken:
    """Access by a saved connection, as a worker has it."""
    session = Session(clock or StoppedClock(), "Example", limits=Limits(connect=5, read=5))
    endpoint = TokenEndpoint(session, url, "app", Secret(""))
    return RefreshToken(endpoint, tokens, name, Secret(""), platform=platform, lifetimes=LIFETIMES)


def consented(refresh: str, platform: str = "xero") -> Grant:
    """A consent just given, whose access token has ended."""
    return Grant(Secret(refresh), Secret(""), START, Secret(""), platform=platform, client_id="app", consented=START)
