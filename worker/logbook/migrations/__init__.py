"""Schema migrations of the logbook, run by `worker.logbook.database` when a store is older than the code."""
