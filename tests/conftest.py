"""Hypothesis draws the same examples in every ordinary run; `make matrix` explores new ones."""

import os
import time
from collections.abc import Iterator
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, settings

from tests.connectors.matrix.summary import pytest_terminal_summary
from worker.clock import SystemClock

if TYPE_CHECKING:
    from tests.postgresql import Server

__all__ = ["pytest_terminal_summary"]

settings.register_profile("steady", derandomize=True, deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("explore", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "steady"))


@pytest.fixture(scope="session")
def postgresql() -> "Iterator[Server]":
    """A real PostgreSQL, shared by the whole session: see tests/postgresql.py."""
    from tests.postgresql import session_server

    with session_server() as server:
        yield server


@pytest.fixture(scope="session", autouse=True)
def what_is_printed_is_documented() -> Iterator[None]:
    """Whatever any test makes a command print as JSON is held to its documented shape."""
    from tests.json_shapes import holding
    from worker.commands.base import Desk

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Desk, "print_json", holding(Desk.print_json))
        yield


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """A real Chromium, shared by a module: see tests/browser.py."""
    from tests.browser import started_browser

    with started_browser() as started:
        yield started


@pytest.fixture(autouse=True)
def nobody_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the product would wait, its clock jumps instead: no test sleeps, and what watches the time sees it pass."""
    slept = 0.0

    def sleep(_: SystemClock, seconds: float) -> None:
        nonlocal slept
        slept += seconds

    monkeypatch.setattr(SystemClock, "sleep", sleep)
    monkeypatch.setattr(SystemClock, "monotonic", lambda _: time.monotonic() + slept)
    real = SystemClock.now
    monkeypatch.setattr(SystemClock, "now", lambda self: real(self) + timedelta(seconds=slept))
