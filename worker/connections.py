"""What connectors are handed besides options: the vault (its store, its keys, where both lay before) and pay links."""

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from worker.config.values import KeyPlace, Practice
from worker.core.settings import Mode
from worker.ports import Clock, Tokens

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from connectors.budget import Budget, Pool
    from worker.logbook.store import SqlLogbook
    from worker.vault.keys import KeySource
    from worker.vault.shelf import Shelf
    from worker.vault.tokens import SealedTokens

FOLDER = "tokens"
"""Where files of connections lie, below the state folder."""


def saved_connections(
    practice: Practice, logbook: "Callable[[], Shelf]", env: Mapping[str, str] | None = None
) -> "SealedTokens":
    """The practice's saved connections. `logbook` gives the shelf in the logbook, opened when first needed."""
    from worker.vault.files import FileShelf
    from worker.vault.keys import Keyring
    from worker.vault.seal import Sealer
    from worker.vault.tokens import SealedTokens

    env = os.environ if env is None else env
    files = FileShelf(practice.state / FOLDER, lasting=practice.mode is Mode.LIVE)
    vault, late = practice.vault, Late(logbook)
    previous = tuple(source(place, practice.state, env) for place in vault.previous)
    sealer = Sealer(Keyring(source(vault.key, practice.state, env), previous))
    # The other store is looked at too, so that changing `store:` moves connections instead of losing them.
    return SealedTokens(late, sealer, files) if vault.store == "logbook" else SealedTokens(files, sealer, late)


def source(place: KeyPlace | None, state: Path, env: Mapping[str, str]) -> "KeySource":
    """Where a vault key is fetched; None: this user's own key file."""
    from worker.vault import clouds, sources

    if place is None:
        return sources.OwnKey(env, state, _told)
    match place.kind:
        case "env":
            return sources.EnvironmentKey(place.where, env)
        case "file":
            return sources.FileKey(Path(place.where), state)
        case "aws":
            return clouds.AwsKey(place.where)
        case _:
            return clouds.GoogleKey(place.where)


def unsaved() -> Tokens:
    """For the simulated company: its consents protect nothing, and its demo needs no key."""
    from worker.vault.tokens import MemoryTokens

    return MemoryTokens()


def budget_of(logbook: "SqlLogbook", pool: "Pool | None", clock: Clock) -> "Budget | None":
    """Limits shared by all workers on this logbook, a PostgreSQL one; None where there is only this process."""
    store = logbook.permits()
    if store is None:
        return None
    from connectors.budget import Budget, Pool

    return Budget(pool or Pool(), store, clock)


class Late:
    """A shelf that is opened when it is first used: looking at files alone must not make a logbook."""

    def __init__(self, opened: "Callable[[], Shelf]") -> None:
        """`opened` gives the shelf."""
        self._opened = opened

    def names(self) -> tuple[str, ...]:
        """See `Shelf.names`."""
        return self._opened().names()

    def read(self, name: str) -> bytes | None:
        """See `Shelf.read`."""
        return self._opened().read(name)

    def write(self, name: str, kept: bytes) -> None:
        """See `Shelf.write`."""
        self._opened().write(name, kept)

    def prove(self, name: str) -> None:
        """See `Shelf.prove`."""
        self._opened().prove(name)

    @contextmanager
    def lock(self, name: str) -> Iterator[None]:
        """See `Shelf.lock`."""
        held: AbstractContextManager[None] = self._opened().lock(name)
        with held:
            yield

    def remove(self, name: str) -> None:
        """See `Shelf.remove`."""
        self._opened().remove(name)


@dataclass(frozen=True)
class Links:
    """Pay links kept in the logbook, for connectors that must ask for each one; read once, when first needed."""

    logbook: "SqlLogbook"
    organisation: str

    @cached_property
    def _known(self) -> dict[str, str]:
        return self.logbook.links(self.organisation)

    def get(self, invoice_id: str) -> str | None:
        """The link of an invoice, if it is known."""
        return self._known.get(invoice_id)

    def put(self, invoice_id: str, url: str) -> None:
        """Keep a link."""
        self._known[invoice_id] = url
        self.logbook.remember_link(self.organisation, invoice_id, url)


def _told(path: Path) -> None:
    import structlog

    structlog.get_logger("duecourse.vault").warning(
        "vault.key_made",
        file=str(path),
        meaning="it opens every saved connection: keep a copy apart from any copy of the state folder",
    )
