"""When each organisation's turn comes: pure rules over names, numbers and instants, for workers and for simulations.

Turns are spread over the period by a digest of the name, so that thousands of organisations do not all knock on a
platform's door at the full hour, and each keeps its own minute. Large organisations wait in a lane of their own: they
never keep all workers from the small ones.
"""

from collections.abc import Collection, Iterable
from datetime import datetime, timedelta
from hashlib import sha256

PERIOD = timedelta(hours=1)
"""How often every organisation has its turn."""
LARGE = 2000
"""Open invoices from which an organisation waits in the lane of the large."""
SMALL_LANE, LARGE_LANE = "small", "large"


def offset(name: str, period: timedelta = PERIOD) -> timedelta:
    """How far into each period this organisation's turn comes: always the same, evenly spread over names."""
    digest = int.from_bytes(sha256(name.encode()).digest()[:8], "big")
    return timedelta(seconds=digest % int(period.total_seconds()))


def due(names: Iterable[str], after: datetime, until: datetime, period: timedelta = PERIOD) -> tuple[str, ...]:
    """Those whose turn comes in (after, until], earliest first; everyone at most once, however long that is.

    Instants are aware; periods begin at the epoch.
    """
    found = [(turn, n) for n in names if (turn := last_turn(n, until, period)) > after]
    return tuple(n for _, n in sorted(found))


def turns(
    names: Iterable[str], parked: Collection[str], after: datetime, until: datetime, period: timedelta = PERIOD
) -> tuple[str, ...]:
    """Whom a tick puts on the queue: those due who are not parked. Who waits there already is not put there twice."""
    return due((n for n in names if n not in parked), after, until, period)


def last_turn(name: str, until: datetime, period: timedelta = PERIOD) -> datetime:
    """This organisation's latest turn at or before an instant."""
    seconds, mine = int(period.total_seconds()), int(offset(name, period).total_seconds())
    now = int(until.timestamp())
    return datetime.fromtimestamp(now - (now - mine) % seconds, tz=until.tzinfo)


def lane(open_invoices: int) -> str:
    """Where an organisation waits."""
    return LARGE_LANE if open_invoices >= LARGE else SMALL_LANE


def lanes_of(concurrency: int) -> tuple[tuple[tuple[str, ...], int], ...]:
    """How one worker's sweeps at a time are shared: (lanes, sweeps at a time). Alone, it serves both lanes."""
    if concurrency < 2:
        return (((SMALL_LANE, LARGE_LANE), 1),)
    large = max(1, concurrency // 4)
    return (((SMALL_LANE,), concurrency - large), ((LARGE_LANE,), large))


def wait_before(attempt: int) -> timedelta:
    """How long a sweep that failed unexpectedly rests before it is tried again: 1, 4, 16 minutes (attempt 0, 1, 2)."""
    return timedelta(minutes=4**attempt)


def after_failure(attempts: int) -> timedelta | None:
    """How long a sweep rests that failed unexpectedly and had failed `attempts` times before; None: it is parked."""
    return wait_before(attempts) if attempts < ATTEMPTS else None


ATTEMPTS = 3
"""Unexpected failures after which an organisation is parked for a person. Expected trouble (books away, a config that
cannot be used) is not a failure: it is reported, and the next turn is the retry."""
