"""Alembic's entry: runs on the connection (and inside the transaction) the logbook opened."""

from alembic import context

from worker.logbook.schema import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata)
context.run_migrations()
