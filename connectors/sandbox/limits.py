"""Request budgets of the Accounting API: fixed windows per organisation, counted on the simulated clock.

Numbers and headers: Xero's page "OAuth 2.0 API limits" (60 a minute, 5000 a day, 5 at once per organisation, 10 000
a minute for the whole app; every answer says what remains).
"""

import threading
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from typing import Any
from uuid import UUID

from connectors.sandbox.wire import Answer

_EPOCH = datetime(2020, 1, 1, tzinfo=UTC)
_MINUTE, _DAY = 60, 86_400


@cache
def _number(owner: str) -> int:
    return UUID(owner).int


@dataclass(frozen=True)
class Limits:
    """How many requests are allowed; None lifts that limit."""

    minute: int | None = 60
    day: int | None = 5000
    concurrent: int | None = 5
    app_minute: int | None = 10_000


class Limiter:
    """Counts requests and refuses those over budget, as the platform does: 429, an empty body and headers."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self._counts: dict[tuple[Any, ...], int] = {}
        self._running: dict[str, int] = {}
        self._lock = threading.Lock()

    def enter(self, tenant: str) -> None:
        """A request has come in; to be called before waiting for anything else."""
        with self._lock:
            self._running[tenant] = self._running.get(tenant, 0) + 1

    def leave(self, tenant: str) -> None:
        """A request has been answered."""
        with self._lock:
            self._running[tenant] -= 1

    def start(self, tenant: str, now: datetime) -> Answer | None:
        """Count a request; an Answer when it is refused."""
        if self.limits.concurrent is not None and self._running.get(tenant, 0) > self.limits.concurrent:
            return Answer(429, headers={"X-Rate-Limit-Problem": "concurrent", **self.remaining(tenant, now)})
        for problem, length, allowed, owner in self._windows(tenant):
            key = (problem, owner, self._window(owner, length, now))
            if allowed is not None and self._counts.get(key, 0) >= allowed:
                wait = length - self._into(owner, length, now)
                headers = {"Retry-After": str(wait), "X-Rate-Limit-Problem": problem}
                return Answer(429, headers={**headers, **self.remaining(tenant, now)})
        for problem, length, _allowed, owner in self._windows(tenant):
            key = (problem, owner, self._window(owner, length, now))
            self._counts[key] = self._counts.get(key, 0) + 1
        return None

    def remaining(self, tenant: str, now: datetime) -> dict[str, str]:
        """The headers that say what is left in each window."""
        names = {
            "minute": "X-MinLimit-Remaining",
            "day": "X-DayLimit-Remaining",
            "appminute": "X-AppMinLimit-Remaining",
        }
        found = {}
        for problem, length, allowed, owner in self._windows(tenant):
            if allowed is not None:
                used = self._counts.get((problem, owner, self._window(owner, length, now)), 0)
                found[names[problem]] = str(max(0, allowed - used))
        return found

    def _windows(self, tenant: str) -> tuple[tuple[str, int, int | None, str], ...]:
        return (
            ("day", _DAY, self.limits.day, tenant),
            ("minute", _MINUTE, self.limits.minute, tenant),
            ("appminute", _MINUTE, self.limits.app_minute, ""),
        )

    def _seconds(self, owner: str, length: int, now: datetime) -> int:
        """Seconds on the clock, shifted so that each organisation's windows begin at their own time."""
        return int((now - _EPOCH).total_seconds()) + (_number(owner) % length if owner else 0)

    def _window(self, owner: str, length: int, now: datetime) -> int:
        return self._seconds(owner, length, now) // length

    def _into(self, owner: str, length: int, now: datetime) -> int:
        return self._seconds(owner, length, now) % length
