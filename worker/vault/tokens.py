"""The `Tokens` port over a shelf and a sealer, and one in memory for consents that mean nothing."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from threading import RLock

from worker.core.grant import Grant
from worker.vault.seal import Label, Sealer, label_of
from worker.vault.shelf import Shelf


class SealedTokens:
    """See `worker.ports.Tokens`. What lies on the `earlier` shelf is read until it is written here, and then goes."""

    def __init__(self, shelf: Shelf, sealer: Sealer, earlier: Shelf | None = None) -> None:
        """`earlier`: where connections were kept before the settings chose this shelf."""
        self._shelf, self._sealer, self._earlier = shelf, sealer, earlier

    def names(self) -> tuple[str, ...]:
        """See `Tokens.names`."""
        more = self._earlier.names() if self._earlier else ()
        return tuple(sorted({*self._shelf.names(), *more}))

    def load(self, name: str) -> Grant | None:
        """See `Tokens.load`."""
        kept = self._kept(name)
        return None if kept is None else self._sealer.open(name, kept)

    def save(self, name: str, grant: Grant) -> None:
        """See `Tokens.save`."""
        self._shelf.write(name, self._sealer.seal(name, grant))
        if self._earlier is not None and self._earlier.read(name) is not None:
            self._earlier.remove(name)  # superseded, and kept safely here

    def prove(self, name: str) -> None:
        """See `Tokens.prove`. Without a key nothing could be saved either."""
        self._sealer.keys.sealing()
        self._shelf.prove(name)

    def lock(self, name: str) -> AbstractContextManager[None]:
        """See `Tokens.lock`."""
        return self._shelf.lock(name)

    def forget(self, name: str) -> None:
        """See `Tokens.forget`."""
        with self.lock(name):
            self._shelf.remove(name)
            if self._earlier is not None:
                self._earlier.remove(name)

    def label(self, name: str) -> Label | None:
        """What is written on the outside of a connection: readable without a key. None when nothing is kept."""
        kept = self._kept(name)
        return None if kept is None else label_of(kept)

    @property
    def key_place(self) -> str:
        """Where the key that seals is looked for, in words."""
        return self._sealer.keys.where

    def reseal(self, name: str) -> bool:
        """Seal a connection again with the current key; False when it was already. Raises ConnectionBroken."""
        with self.lock(name):
            label, grant = self.label(name), self.load(name)
            if grant is None or (label and label.key == self._sealer.keys.sealing().id):
                return False
            self.save(name, grant)
            return True

    def _kept(self, name: str) -> bytes | None:
        kept = self._shelf.read(name)
        return kept if kept is not None or self._earlier is None else self._earlier.read(name)


class MemoryTokens:
    """See `worker.ports.Tokens`: nothing is written, for the simulated company, whose consents protect nothing."""

    def __init__(self) -> None:
        """Empty."""
        self._kept: dict[str, Grant] = {}
        self._lock = RLock()

    def names(self) -> tuple[str, ...]:
        """See `Tokens.names`."""
        return tuple(sorted(self._kept))

    def load(self, name: str) -> Grant | None:
        """See `Tokens.load`."""
        return self._kept.get(name)

    def save(self, name: str, grant: Grant) -> None:
        """See `Tokens.save`."""
        self._kept[name] = grant

    def prove(self, name: str) -> None:
        """See `Tokens.prove`."""

    @contextmanager
    def lock(self, name: str) -> Iterator[None]:  # noqa: ARG002 - one lock for all
        """See `Tokens.lock`."""
        with self._lock:
            yield

    def forget(self, name: str) -> None:
        """See `Tokens.forget`."""
        self._kept.pop(name, None)
