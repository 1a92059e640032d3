"""What the whole application may ask of a platform in a minute, shared by workers that do not see each other.

Pure: a budget is a number of calls per minute-long window; workers take calls in handfuls, so that asking the database
costs little beside the calls themselves. `worker.fleet.store` keeps it in PostgreSQL, the simulation in memory.
"""

from dataclasses import dataclass

WINDOW = 60
"""Seconds. Platforms count by the minute: Xero 10,000 an application (developer.xero.com, "API rate limits")."""
HANDFUL = 20
"""Calls taken at once."""


@dataclass(frozen=True, slots=True)
class Taken:
    """An answer: so many calls may be made now; if none, in `wait` seconds it is worth asking again."""

    calls: int
    wait: float = 0.0


def window_of(now: float) -> int:
    """The window an instant (seconds) lies in."""
    return int(now // WINDOW)


def grant(used: int, limit: int, wanted: int, now: float) -> Taken:
    """How many of `wanted` calls a window with `used` of `limit` still gives."""
    left = max(0, min(wanted, limit - used))
    return Taken(left, 0.0 if left else (window_of(now) + 1) * WINDOW - now)


@dataclass
class Purse:
    """One connection's handful. `take` asks the shared budget for more: (calls wanted) -> Taken."""

    left: int = 0

    def spend(self, taken: Taken) -> None:
        """Fill up."""
        self.left += taken.calls
