"""A sandbox over real HTTP, a clock that never waits, and books opened on them."""

from collections.abc import Iterator, Sequence
from copy import copy
from datetime import UTC, date, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import requests

from connectors.sandbox.company import DEFAULT_START, Company
from connectors.sandbox.limits import Limits
from connectors.sandbox.server import Running, serve
from connectors.xero import XeroBooks, open_books
from tests.vault.support import file_tokens

NOW = datetime(2026, 10, 1, 8, tzinfo=UTC)


class FakeClock:
    """Time that passes only by sleeping; what was slept is kept."""

    def __init__(self, now: datetime = NOW) -> None:
        self.start, self.passed = now, 0.0
        self.slept: list[float] = []

    def now(self) -> datetime:
        return self.start + timedelta(seconds=self.passed)

    def monotonic(self) -> float:
        return self.passed

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.passed += seconds


class Links(dict[str, str]):
    """A link cache in memory."""

    def put(self, invoice_id: str, url: str) -> None:
        self[invoice_id] = url


class SandboxStage:
    """Two organisations of a sandbox, for the contract and for Xero's own tests."""

    def __init__(self, running: Running, folder: Path) -> None:
        self.running, self.folder = running, folder
        self.clock, self.links, self.now = FakeClock(), Links(), NOW
        self.api = f"{running.url}/api.xro/2.0"
        self._control = requests.Session()

    def options(self, which: int = 0, **more: object) -> dict[str, object]:
        return {
            "tenant": self.running.tenants[which],
            "client_id": self.running.client_id,
            "client_secret": self.running.client_secret,
            "identity_url": f"{self.running.url}/connect/token",
            "api_url": self.api,
            **more,
        }

    def books(self, which: int = 0, **more: object) -> XeroBooks:
        return open_books(self.options(which, **more), self.clock, file_tokens(self.folder), self.links)

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
        self.fault("server error", "Contacts", times=0)

    def later(self, length: timedelta) -> None:
        self.now += length
        self.control("clock", {"now": self.now.isoformat()})

    def asked(self, path: str | None = None) -> list[dict[str, Any]]:
        """The accounting requests so far, or those to one path."""
        kept = [e for e in self.running.world.log if e["path"].startswith("/api.xro/2.0/")]
        return [e for e in kept if path is None or e["path"] == f"/api.xro/2.0/{path}"]

    def forget(self) -> None:
        self.running.world.log.clear()


@cache
def _told(seed: int) -> Company:
    return Company.simulate(seed, DEFAULT_START, date(2026, 12, 31))


def staged(
    folder: Path, seeds: Sequence[int] = (7, 8), limits: Limits | None = None, tick: float = 1.0
) -> Iterator[SandboxStage]:
    """A fresh stage; what the tests change is gone with it."""
    companies = [copy(_told(seed)) for seed in seeds]
    with serve(companies, now=NOW, limits=limits, tick=timedelta(seconds=tick)) as running:
        yield SandboxStage(running, folder)
