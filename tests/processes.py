"""Child processes for tests that kill, forked from a server that has loaded beforehand what any of them needs.

A clean parent with a single thread, and no price of starting Python for each kill. There is one such server a session,
and it takes one list: two modules that each set their own would undo each other.
"""

import multiprocessing

PROCESSES = multiprocessing.get_context("forkserver")
PROCESSES.set_forkserver_preload(
    ["tests.scenarios.delivery.child", "tests.logbook.crashing", "alembic.command", "alembic.config", "psycopg"]
)
