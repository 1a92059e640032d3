"""Killed before a commit a store is as it was; killed after it, as the call meant it to be. Nothing in between."""

import multiprocessing
import signal
import sqlite3
from pathlib import Path

import pytest

from tests.logbook import crashing
from tests.logbook.values import MINUTE, NOW, ORG, hand_off, remind
from worker.core.history import MessageState
from worker.logbook import open_logbook

# A clean, single-threaded parent with everything imported: a process a kill, without the price of starting Python.
PROCESSES = multiprocessing.get_context("forkserver")
PROCESSES.set_forkserver_preload(["tests.logbook.crashing", "alembic.command", "alembic.config"])
COMMITS = {"reading": 3, "message": 5, "refusal": 7, "events": 3}
"""How many commits each scene makes; the first is the migration."""


def run(store: Path, scene: str, number: int, moment: str) -> int:
    """The scene in a process of its own; its exit code, negative when a signal ended it."""
    process = PROCESSES.Process(target=crashing.main, args=(str(store), scene, number, moment))
    process.start()
    process.join(60)
    assert process.exitcode is not None
    return process.exitcode


def contents(store: Path) -> list[str]:
    """Every row of every table, as text."""
    with sqlite3.connect(store) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        return [line for line in connection.iterdump() if "alembic" not in line]


@pytest.mark.parametrize("scene", COMMITS)
def test_the_scenes_make_as_many_commits_as_we_kill(tmp_path: Path, scene: str) -> None:
    assert run(tmp_path / "a.db", scene, 0, "never") == COMMITS[scene]


@pytest.mark.parametrize(("scene", "number"), [(s, n) for s, count in COMMITS.items() for n in range(1, count + 1)])
def test_a_kill_leaves_the_old_state_or_the_new(tmp_path: Path, scene: str, number: int) -> None:
    stores = {}
    for name, n, moment in (("old", number - 1, "after"), ("before", number, "before"), ("new", number, "after")):
        stores[name] = tmp_path / f"{name}.db"
        if n:
            assert run(stores[name], scene, n, moment) == -signal.SIGKILL
    if number == 1:  # killed in the middle of the first migration: nothing at all
        assert contents(stores["before"]) == ["BEGIN TRANSACTION;", "COMMIT;"]
    else:
        assert contents(stores["before"]) == contents(stores["old"])
        assert contents(stores["before"]) != contents(stores["new"])
    open_logbook(str(stores["before"])).close()


@pytest.mark.parametrize(("number", "state"), [(3, MessageState.CLAIMED), (4, MessageState.HANDED)])
def test_a_new_process_never_repeats_what_may_have_left(tmp_path: Path, number: int, state: MessageState) -> None:
    store = tmp_path / "a.db"
    run(store, "message", number, "after")
    logbook = open_logbook(str(store))
    assert [m.state for m in logbook.messages(ORG)] == [state]
    later = NOW + 20 * MINUTE
    uncertain = logbook.recover(ORG, later, 15 * MINUTE)
    assert uncertain == (("k",) if state is MessageState.HANDED else ())
    assert not logbook.plan(ORG, "s", remind("i-1", "i-2", key="k"), later)
    assert hand_off(logbook, "k", later) == (state is MessageState.CLAIMED)
    logbook.close()
