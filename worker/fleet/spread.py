"""When each organisation's turn comes: pure rules over names, numbers and instants, for workers and for simulations.

Turns are spread over the period by a digest of the name, so that thousands of organisations do not all knock on a
platform's door at the full hour, and each keeps its own minute. Large organisations wait in a lane of their own, which
a part of each worker serves beside the other: they never keep all workers from the small ones.
"""

from collections.abc import Collection, Iterable
from datetime import datetime, timedelta
from functools import cache
from hashlib import sha256

PERIOD = timedelta(hours=1)
"""How often every organisation has its turn."""
LARGE = 2000
"""Open invoices from which an organisation waits in the lane of the large."""
SMALL_LANE, LARGE_LANE = "small", "large"


def offset(name: str, period: timedelta = PERIOD) -> timedelta:
    """How far into each period this organisation's turn comes: always the same, evenly spread over names."""
    return timedelta(seconds=_number(name) % int(period.total_seconds()))


@cache
def _number(name: str) -> int:
    return int.from_bytes(sha256(name.encode()).digest()[:8], "big")


def due(names: Iterable[str], after: datetime, until: datetime, period: timedelta = PERIOD) -> tuple[str, ...]:
    """Those whose turn comes in (after, until], earliest first; everyone at most once, however long that is.

    Instants are aware; periods begin at the epoch.
    """
    now, since, seconds = int(until.timestamp()), after.timestamp(), int(period.total_seconds())
    found = [(turn, n) for n in names if (turn := _last_turn(n, now, seconds)) > since]
    return tuple(n for _, n in sorted(found))


def turns(
    names: Iterable[str], parked: Collection[str], after: datetime, until: datetime, period: timedelta = PERIOD
) -> tuple[str, ...]:
    """Whom a tick puts on the queue: those due who are not parked. Who waits there already is not put there twice."""
    return due((n for n in names if n not in parked), after, until, period)


def last_turn(name: str, until: datetime, period: timedelta = PERIOD) -> datetime:
    """This organisation's latest turn at or before an instant."""
    turn = _last_turn(name, int(until.timestamp()), int(period.total_seconds()))
    return datetime.fromtimestamp(turn, tz=until.tzinfo)


def _last_turn(name: str, now: int, seconds: int) -> int:
    return now - (now - _number(name)) % seconds


def lane(open_invoices: int) -> str:
    """Where an organisation waits."""
    return LARGE_LANE if open_invoices >= LARGE else SMALL_LANE


def lanes_of(concurrency: int) -> tuple[tuple[tuple[str, ...], int], ...]:
    """How one worker's sweeps at a time are shared: (lanes, sweeps at a time). Most are for the small alone, the others
    take whoever waited longest, so that none stands idle while anybody waits but the large."""
    both = max(1, concurrency // 4)
    everyone = ((SMALL_LANE, LARGE_LANE), both)
    return (((SMALL_LANE,), concurrency - both), everyone) if concurrency > 1 else (everyone,)


def wait_before(attempt: int) -> timedelta:
    """How long a sweep that failed unexpectedly rests before it is tried again: 1, 4, 16 minutes (attempt 0, 1, 2)."""
    return timedelta(minutes=4**attempt)


def after_failure(attempts: int) -> timedelta | None:
    """How long a sweep rests that failed unexpectedly and had failed `attempts` times before; None: it is parked."""
    return wait_before(attempts) if attempts < ATTEMPTS else None


ATTEMPTS = 3
"""Unexpected failures after which an organisation is parked for a person. Expected trouble (books away, a config that
cannot be used) is not a failure: it is reported, and the next turn is the retry."""
