"""What one connection asks of its platform, counted by purpose: calls, answers and bytes on the wire."""

from collections.abc import Mapping

from worker.core.usage import NOTE, ORGANISATION, TOKEN, Used

READING, LAST_LOOK, PAY_LINK, PDF, HISTORY = "reading", "last look", "pay link", "pdf", "history"
__all__ = ["HISTORY", "LAST_LOOK", "NOTE", "ORGANISATION", "PAY_LINK", "PDF", "READING", "TOKEN", "Meter"]


class Meter:
    """Counts for one connection; its sessions share it."""

    def __init__(self) -> None:
        self._used: dict[str, Used] = {}

    def add(self, purpose: str, status: int, size: int) -> None:
        """One call that left. `status` 0: no answer came; `size`: bytes of its body on the wire."""
        one = Used(1, int(200 <= status < 300), size)
        self._used[purpose] = self._used.get(purpose, Used()).plus(one)

    @property
    def used(self) -> Mapping[str, Used]:
        """By purpose, since this connection was opened."""
        return dict(self._used)
