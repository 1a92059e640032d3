"""Hypothesis draws the same examples in every ordinary run; `make matrix` explores new ones."""

import os
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, settings

if TYPE_CHECKING:
    from tests.postgresql import Server

settings.register_profile("steady", derandomize=True, deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("explore", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "steady"))


@pytest.fixture(scope="session")
def postgresql() -> "Iterator[Server]":
    """A real PostgreSQL, shared by the whole session: see tests/postgresql.py."""
    from tests.postgresql import session_server

    with session_server() as server:
        yield server
