"""A town on a PostgreSQL logbook, as the delivery scenarios prepare it."""

from tests.scenarios.delivery.conftest import open_stage, templates

__all__ = ["open_stage", "templates"]
