"""Clients that the configuration asks to forget: a container and a function have no shell for `duecourse forget`."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Protocol

from worker.errors import LogbookError

BY = "the configuration"


class Erased(Protocol):
    """What an erasure says of itself."""

    alias: str


class Forgetful(Protocol):
    """What the logbook does for this; see `worker.logbook.store.SqlLogbook`."""

    def forgotten(self, organisation: str, client_id: str) -> bool | None:
        """Whether a client was erased; None when there is none."""

    def forget(self, organisation: str, client_id: str, now: datetime, by: str, why: str) -> Erased:
        """Erase one. Raises LogbookError."""


def forgotten(
    logbook: Forgetful, organisation: str, ids: Sequence[str], now: datetime, *, really: bool
) -> Iterator[str]:
    """Erase those not erased yet (with `really` false only say so); a sentence about each that somebody should read.

    What cannot be erased is said too, and does not keep the others from being swept.
    """
    for client in ids:
        try:
            found = logbook.forgotten(organisation, client)
            if found is None:
                yield f"forget: {client} is the id of no client in these books (duecourse clients shows ids)."
            elif not found and not really:
                yield f"{client} is to be forgotten: the next run erases them, for good."
            elif not found:
                alias = logbook.forget(organisation, client, now, BY, "").alias
                yield f"{client} was erased and is {alias} from now on."
        except LogbookError as error:
            yield f"forget: {client} could not be erased wholly: {error}"
