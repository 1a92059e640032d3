"""What a place must offer to keep sealed connections in; it never sees what is inside."""

from contextlib import AbstractContextManager
from typing import Protocol


class Shelf(Protocol):
    """Bytes by name, durably. Every method raises ConnectionBroken when the place cannot be used."""

    def names(self) -> tuple[str, ...]:
        """Every name kept."""

    def read(self, name: str) -> bytes | None:
        """What was last written under a name; None when nothing is there."""

    def write(self, name: str, kept: bytes) -> None:
        """Keep these bytes, wholly and past a power cut, in place of those before."""

    def prove(self, name: str) -> None:
        """Show that `write` would work now, and that what is written will last."""

    def lock(self, name: str) -> AbstractContextManager[None]:
        """Hold off every other process that locks this name. Whoever dies lets go."""

    def remove(self, name: str) -> None:
        """Take away what is kept under a name, if anything is."""
