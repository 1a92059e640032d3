"""The durable record: mirror of the books, decisions, messages and events, in SQLite or PostgreSQL."""

from worker.logbook.store import SqlLogbook, open_logbook

__all__ = ["SqlLogbook", "open_logbook"]
