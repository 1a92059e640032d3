"""One story for all sandbox tests, and a small caller that speaks to it over real HTTP."""

from collections.abc import Iterator
from copy import copy
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
import requests

from connectors.sandbox.company import DEFAULT_START, Company
from connectors.sandbox.server import Running, serve

NOW = datetime(2026, 10, 1, 8, tzinfo=UTC)


class Caller:
    """Calls a running sandbox as a well-behaved app would."""

    def __init__(self, sandbox: Running) -> None:
        self.sandbox = sandbox
        self.tenant = sandbox.tenants[0]
        self.session = requests.Session()
        self.headers = {
            "Authorization": f"Bearer {sandbox.token()}",
            "xero-tenant-id": self.tenant,
            "Accept": "application/json",
        }

    def get(self, path: str, headers: dict[str, str] | None = None, **query: Any) -> requests.Response:
        url = f"{self.sandbox.url}/api.xro/2.0/{path}"
        return self.session.get(url, params=query, headers={**self.headers, **(headers or {})}, timeout=5)

    def all(self, path: str, name: str, **query: Any) -> list[dict[str, Any]]:
        found, page = [], 1
        while True:
            body = self.get(path, page=page, pageSize=1000, **query).json()
            found += body[name]
            if page >= body["pagination"]["pageCount"]:
                return found
            page += 1

    def control(self, deed: str, payload: Any) -> requests.Response:
        return self.session.post(f"{self.sandbox.url}/_sandbox/{deed}", json=payload, timeout=5)

    def books(self) -> dict[str, Any]:
        return self.session.get(f"{self.sandbox.url}/_sandbox/books", timeout=5).json()


@pytest.fixture(scope="session")
def told() -> Company:
    """The whole story; read only."""
    return Company.simulate(7, DEFAULT_START, date(2026, 12, 31))


@pytest.fixture
def sandbox(told: Company) -> Iterator[Running]:
    """A fresh server, with a copy of the story, that a test may do anything to."""
    company = copy(told)
    with serve(company, now=NOW, tick=timedelta(seconds=1)) as running:
        yield running


@pytest.fixture
def call(sandbox: Running) -> Caller:
    """A caller of that server."""
    return Caller(sandbox)


@pytest.fixture(scope="session")
def shared_call(told: Company) -> Iterator[Caller]:
    """A caller of a server that nobody changes."""
    with serve(told, now=NOW) as running:
        yield Caller(running)
