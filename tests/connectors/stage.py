"""What the stages of all books share: a clock that never waits, a link cache, a sandbox told over HTTP what to do."""

from copy import copy
from datetime import UTC, date, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import requests

from connectors.sandbox.company import Company
from connectors.sandbox.server import Running

NOW = datetime(2026, 10, 1, 8, tzinfo=UTC)


class FakeClock:
    """Time that passes by sleeping, and by `tick` at every look; what was slept is kept."""

    moved = True

    def __init__(self, now: datetime = NOW, tick: float = 0.0) -> None:
        self.start, self.passed, self.tick = now, 0.0, tick
        self.slept: list[float] = []

    def now(self) -> datetime:
        return self.start + timedelta(seconds=self.passed)

    def monotonic(self) -> float:
        self.passed += self.tick
        return self.passed

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.passed += seconds


class Links(dict[str, str]):
    """A link cache in memory."""

    def put(self, invoice_id: str, url: str) -> None:
        self[invoice_id] = url


class SandboxStage:
    """Organisations of a sandbox, seen through whichever face a subclass opens."""

    last_page = "Contacts"

    def __init__(self, running: Running, folder: Path) -> None:
        self.running, self.folder = running, folder
        self.clock, self.links, self.now = FakeClock(), Links(), NOW
        self._control = requests.Session()

    def control(self, deed: str, payload: Any) -> Any:
        answer = self._control.post(f"{self.running.url}/_sandbox/{deed}", json=payload, timeout=5)
        assert answer.ok, answer.text
        return answer.json()

    def event(self, deed: str, ident: str, **data: object) -> None:
        self.control("events", {"kind": deed, "id": ident, "data": data})

    def pay(self, invoice_id: str) -> None:
        self.event("payment.add", "", invoice=invoice_id)

    def fault(self, kind: str, endpoint: str = "*", **more: object) -> None:
        self.control("faults", [{"kind": kind, "endpoint": endpoint, **more}])

    def break_last_page(self) -> None:
        self.fault("server error", self.last_page, times=0)

    def later(self, length: timedelta) -> None:
        self.now += length
        self.clock.start += length
        self.control("clock", {"now": self.now.isoformat()})

    def forget(self) -> None:
        self.running.world.log.clear()


@cache
def _told(seed: int) -> Company:
    """Half a year is enough for every kind of thing to happen, and for more than one page of most."""
    return Company.simulate(seed, date(2026, 5, 1), date(2026, 12, 31))


def company(seed: int) -> Company:
    """A company a test may change: its story is told once, and copied."""
    return copy(_told(seed))
