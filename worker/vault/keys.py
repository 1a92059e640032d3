"""Vault keys: 32 random bytes, written as text, known by an id that gives nothing away.

The id is what a sealed connection names, so that a key can be changed while what older keys sealed still opens.
"""

import binascii
import hashlib
import os
from base64 import b64decode, urlsafe_b64encode
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from worker.core.secret import Secret
from worker.errors import ConnectionBroken

SIZE = 32  # bytes: AES-256


@dataclass(frozen=True, slots=True)
class Key:
    """A key and its id (eight hex digits of a one-way hash)."""

    id: str
    secret: Secret

    def bytes(self) -> bytes:
        """The 32 bytes, for the cipher."""
        return _decoded(self.secret.reveal())


class KeySource(Protocol):
    """Where a vault key is kept. `where` is how messages call that place; it holds no secret."""

    where: str

    def fetch(self, *, make: bool = False) -> Secret | None:
        """The key's text; None when there is none. `make`: a place that is this user's own may be given a new one.

        Raises ConnectionBroken when the place cannot be asked, or may not be trusted.
        """


def new_key() -> Secret:
    """A new key's text: 43 characters of URL-safe base64."""
    return Secret(urlsafe_b64encode(os.urandom(SIZE)).rstrip(b"=").decode())


def read_key(text: Secret, where: str) -> Key:
    """The key in this text. Raises ConnectionBroken, which does not repeat it, when it holds none."""
    try:
        raw = _decoded(text.reveal())
    except (ValueError, binascii.Error):
        raw = b""
    if len(raw) != SIZE:
        raise ConnectionBroken(
            f"What is in {where} is not a vault key.", "Put in what duecourse vault key prints, and nothing else."
        )
    return Key(hashlib.sha256(b"duecourse vault key\n" + raw).hexdigest()[:8], text)


def _decoded(text: str) -> bytes:
    plain = text.strip().rstrip("=").replace("-", "+").replace("_", "/")
    return b64decode(plain + "=" * (-len(plain) % 4), validate=True)


class Keyring:
    """The key that seals, and those that only open. Nothing is fetched before it is needed."""

    def __init__(self, current: KeySource, previous: tuple[KeySource, ...] = ()) -> None:
        """`previous` are the places of older keys, still needed for what they sealed."""
        self._current, self._previous = current, previous
        self._known: dict[str, Key] = {}
        self._sealing: Key | None = None

    @property
    def where(self) -> str:
        """The place of the key that seals."""
        return self._current.where

    def sealing(self) -> Key:
        """The key to seal with. Raises ConnectionBroken when there is none."""
        if self._sealing is None:
            text = self._current.fetch(make=True)
            if text is None:
                raise ConnectionBroken(
                    f"There is no vault key in {self._current.where}, and connections are saved sealed only.",
                    "Make one with duecourse vault key, keep it there, and run again.",
                )
            self._sealing = read_key(text, self._current.where)
            self._known[self._sealing.id] = self._sealing
        return self._sealing

    def opening(self, key_id: str) -> Key | None:
        """The key with this id, looked for in every place; None when none of them has it."""
        if key_id not in self._known:
            for source in (self._current, *self._previous):
                if (text := source.fetch()) is not None:
                    key = read_key(text, source.where)
                    self._known[key.id] = key
        return self._known.get(key_id)


Fetch = Callable[[str], str]
"""Asks a secret manager for the text of one secret. Raises ConnectionBroken."""
