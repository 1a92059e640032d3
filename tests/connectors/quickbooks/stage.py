"""A sandbox's QuickBooks face over real HTTP, a clock that never waits, and books opened on it."""

from collections.abc import Iterator, Sequence
from copy import copy
from datetime import UTC, date, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import requests

from connectors.quickbooks import QuickBooksBooks, open_books
from connectors.sandbox.company import DEFAULT_START, Company
from connectors.sandbox.quickbooks_json import digits
from connectors.sandbox.server import Running, serve
from tests.vault.support import file_tokens

NOW = datetime(2026, 10, 1, 8, tzinfo=UTC)
ZONE = "Europe/London"


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


class QuickBooksStage:
    """Two companies of a sandbox, for the contract and for QuickBooks' own tests. Ids are QuickBooks' digits."""

    def __init__(self, running: Running, folder: Path) -> None:
        self.running, self.folder = running, folder
        self.clock, self.links, self.now = FakeClock(), Links(), NOW
        self.refresh = [running.quickbooks_refresh_token(realm) for realm in running.realms]
        self._control = requests.Session()

    def options(self, which: int = 0, **more: object) -> dict[str, object]:
        return {
            "realm": self.running.realms[which],
            "client_id": self.running.client_id,
            "client_secret": self.running.client_secret,
            "refresh_token": self.refresh[which],
            "token_url": f"{self.running.url}/oauth2/v1/tokens/bearer",
            "api_url": self.running.url,
            "zone": ZONE,
            **more,
        }

    def books(self, which: int = 0, **more: object) -> QuickBooksBooks:
        return open_books(self.options(which, **more), self.clock, file_tokens(self.folder), self.links)

    def control(self, deed: str, payload: Any) -> Any:
        answer = self._control.post(f"{self.running.url}/_sandbox/{deed}", json=payload, timeout=5)
        assert answer.ok, answer.text
        return answer.json()

    def key(self, ident: str) -> str:
        """What the story calls an object of the first company."""
        books = self.running.world.books(self.running.tenants[0])
        things = (*books.invoices, *books.contacts, *books.payments, *books.credits, *books.batches)
        return next((thing for thing in things if digits(thing) == ident), ident)

    def event(self, deed: str, ident: str, **data: object) -> None:
        known = {k: self.key(str(v)) if k in {"invoice", "contact"} else v for k, v in data.items()}
        self.control("events", {"kind": deed, "id": self.key(ident) if ident else "", "data": known})

    def pay(self, invoice_id: str) -> None:
        self.event("payment.add", "", invoice=invoice_id)

    def fault(self, kind: str, endpoint: str = "*", **more: object) -> None:
        self.control("faults", [{"kind": kind, "endpoint": endpoint, **more}])

    def break_last_page(self) -> None:
        self.fault("server error", "Customer", times=0)

    def later(self, length: timedelta) -> None:
        self.now += length
        self.clock.start += length
        self.control("clock", {"now": self.now.isoformat()})

    def asked(self, part: str = "") -> list[dict[str, Any]]:
        """The requests for books so far, or those whose address or statement holds some text."""
        kept = [e for e in self.running.world.log if e["path"].startswith("/v3/company/")]
        return [e for e in kept if part in e["path"] + e["query"].get("query", "")]

    def statements(self) -> list[str]:
        return [e["query"]["query"] for e in self.asked() if "query" in e["query"]]

    def forget(self) -> None:
        self.running.world.log.clear()


@cache
def told(seed: int) -> Company:
    return Company.simulate(seed, DEFAULT_START, date(2026, 12, 31))


def staged(folder: Path, seeds: Sequence[int] = (7, 8), tick: float = 1.0) -> Iterator[QuickBooksStage]:
    """A fresh stage; what the tests change is gone with it."""
    companies = [copy(told(seed)) for seed in seeds]
    with serve(companies, now=NOW, tick=timedelta(seconds=tick)) as running:
        yield QuickBooksStage(running, folder)
