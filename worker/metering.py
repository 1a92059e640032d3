"""Keeping count of what an organisation's books are asked, whatever command asks it."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, date
from typing import Protocol

from worker.core.usage import Used, sum_of
from worker.errors import LogbookError
from worker.ports import Books, Clock, Metered


class UsageRecord(Protocol):
    """Where the count is kept."""

    def add_usage(self, organisation: str, day: date, platform: str, used: Mapping[str, Used]) -> None:
        """Add to an organisation's UTC day. Raises LogbookError."""


@contextmanager
def metered(books: Books, organisation: str, platform: str, record: UsageRecord, clock: Clock) -> Iterator[Books]:
    """The books, and at the end, however it ends, one short write of what they were asked.

    A count that cannot be written never hides what went wrong, nor undoes what went well: it is a warning in the log.
    """
    try:
        yield books
    finally:
        used = books.usage if isinstance(books, Metered) else {}
        if used:
            try:
                record.add_usage(organisation, clock.now().astimezone(UTC).date(), platform, used)
            except LogbookError as error:
                import structlog

                structlog.get_logger("duecourse").warning("usage.not kept", error=type(error).__name__)


def asked_of(books: Books) -> Used:
    """Everything these books were asked so far."""
    return sum_of(books.usage) if isinstance(books, Metered) else Used()
