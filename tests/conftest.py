"""Hypothesis draws the same examples in every ordinary run; `make matrix` explores new ones."""

import os

from hypothesis import HealthCheck, settings

from tests.connectors.matrix.summary import pytest_terminal_summary

__all__ = ["pytest_terminal_summary"]

settings.register_profile("steady", derandomize=True, deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("explore", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "steady"))
