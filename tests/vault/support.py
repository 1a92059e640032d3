"""A vault for tests: a key at hand, connections in files or in a logbook."""

from pathlib import Path

from worker.core.secret import Secret
from worker.vault.files import FileShelf
from worker.vault.keys import Keyring
from worker.vault.seal import Sealer
from worker.vault.tokens import SealedTokens

KEY = Secret("ZHVlY291cnNlLXRlc3Qta2V5LW9mLTMyLWJ5dGVzISE")


class GivenKey:
    """A key source that just has it, or has none; counts how often it was asked."""

    def __init__(self, text: Secret | None = KEY, where: str = "the test") -> None:
        self.text, self.where, self.asked = text, where, 0

    def fetch(self, *, make: bool = False) -> Secret | None:
        self.asked += 1
        if make and self.text is None:
            return None
        return self.text


def sealer(key: Secret | None = KEY, *previous: Secret) -> Sealer:
    return Sealer(Keyring(GivenKey(key), tuple(GivenKey(p, "an older place") for p in previous)))


def file_tokens(folder: Path) -> SealedTokens:
    return SealedTokens(FileShelf(folder), sealer())
