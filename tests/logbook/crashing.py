"""A process that kills itself with SIGKILL around its Nth commit. The hook is here, not in the product."""

import os
import signal
import sys
from typing import Any

from sqlalchemy.engine.default import DefaultDialect

from tests.logbook.values import INVOICE, MINUTE, NOW, ORG, PAYMENT, hand_off, letter, paid, read, remind
from worker.core.events import Event, EventKind
from worker.core.history import MessageState
from worker.logbook import SqlLogbook, open_logbook


def reading(logbook: SqlLogbook) -> None:
    """Two readings."""
    read(logbook, invoices=(INVOICE,), payments=(PAYMENT,))
    read(logbook, watermark="w2", invoices=(paid(INVOICE),))


def message(logbook: SqlLogbook) -> None:
    """One message from plan to the books."""
    logbook.plan(ORG, "s", remind("i-1", "i-2", key="k"), NOW)
    hand_off(logbook, "k")
    logbook.settle(ORG, "k", MessageState.ACCEPTED, NOW + MINUTE)


def refusal(logbook: SqlLogbook) -> None:
    """A message refused once, and one cancelled and planned again."""
    logbook.plan(ORG, "s", remind("i-1", key="k"), NOW)
    claim = logbook.claim(ORG, "k", "a", NOW, MINUTE)
    assert claim is not None
    logbook.hand(ORG, claim, letter("k"), b"one", "outbox", NOW)
    logbook.settle(ORG, "k", MessageState.PLANNED, NOW, claim=claim)
    logbook.settle(ORG, "k", MessageState.CANCELLED, NOW)
    logbook.plan(ORG, "s", remind("i-1", key="k"), NOW)


def events(logbook: SqlLogbook) -> None:
    """Two events that belong together, and a lease."""
    logbook.record(ORG, Event(EventKind.LOG, NOW, "c-1"), Event(EventKind.HOLD, NOW, "c-1", key="h"))
    logbook.lease(ORG, "a", NOW, MINUTE)


SCENES = {scene.__name__: scene for scene in (reading, message, refusal, events)}


def main(store: str, scene: str, number: int, moment: str) -> None:
    """Play a scene; dies "before" or "after" commit `number`, else exits with the number of commits it made.

    Commits are counted from the opening of the store on, the migration included.
    """
    commit, count = DefaultDialect.do_commit, 0

    def deadly(self: DefaultDialect, connection: Any) -> None:
        nonlocal count
        count += 1
        if count == number and moment == "before":
            os.kill(os.getpid(), signal.SIGKILL)
        commit(self, connection)
        if count == number:
            os.kill(os.getpid(), signal.SIGKILL)

    DefaultDialect.do_commit = deadly  # type: ignore[method-assign]
    SCENES[scene](open_logbook(store))
    sys.exit(count)
