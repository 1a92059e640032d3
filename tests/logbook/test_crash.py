"""Killed before a commit a store is as it was; killed after it, as the call meant it to be. Nothing in between."""

import signal
import sqlite3
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import uuid4

import psycopg
import pytest

from tests.logbook import crashing
from tests.logbook.values import MINUTE, NOW, ORG, hand_off, remind
from tests.processes import PROCESSES
from worker.core.history import MessageState
from worker.logbook import open_logbook

if TYPE_CHECKING:
    from tests.postgresql import Server

COMMITS = {"reading": 3, "message": 5, "refusal": 7, "events": 3}
"""How many commits each scene makes; the first is the migration."""


SNAPSHOTS: dict[tuple[str, str, int], list[str]] = {}
"""What a store of some kind holds right after commit N of a scene: the same in every process."""


class Stores:
    """New, blank stores of one kind."""

    def __init__(self, kind: str, folder: Path, server: "Server | None", stack: ExitStack) -> None:
        self.kind, self._folder, self._server, self._stack = kind, folder, server, stack

    def new(self) -> str:
        if self._server:
            return self._stack.enter_context(self._server.blank())
        return str(self._folder / f"{uuid4().hex}.db")

    def contents(self, store: str) -> list[str]:
        """Every row of every table, as text; nothing when there is no table."""
        if self._server:
            with psycopg.connect(store) as connection:
                names = connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1")
                return [
                    f"{name} {row}"
                    for (name,) in names.fetchall()
                    if name != "alembic_version"
                    for row in sorted(connection.execute(f"SELECT * FROM {name}".encode()), key=str)
                ]
        with sqlite3.connect(store) as connection:
            assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
            return [line for line in connection.iterdump() if "INSERT" in line and "alembic" not in line]

    def after(self, scene: str, number: int) -> list[str]:
        """What is there after a kill right behind a commit."""
        if (self.kind, scene, number) not in SNAPSHOTS:
            store = self.new()
            assert run(store, scene, number, "after") == -signal.SIGKILL
            SNAPSHOTS[self.kind, scene, number] = self.contents(store)
        return SNAPSHOTS[self.kind, scene, number]


@pytest.fixture(params=["sqlite", "postgresql"])
def stores(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Stores]:
    """Both kinds; the server is only started for its own."""
    kind = request.param
    with ExitStack() as stack:
        yield Stores(kind, tmp_path, request.getfixturevalue(kind) if kind == "postgresql" else None, stack)


def run(store: str, scene: str, number: int, moment: str) -> int:
    """The scene in a process of its own; its exit code, negative when a signal ended it."""
    process = PROCESSES.Process(target=crashing.main, args=(store, scene, number, moment))
    process.start()
    process.join(60)
    assert process.exitcode is not None
    return process.exitcode


@pytest.mark.parametrize("scene", COMMITS)
def test_the_scenes_make_as_many_commits_as_we_kill(stores: Stores, scene: str) -> None:
    assert run(stores.new(), scene, 0, "never") == COMMITS[scene]


@pytest.mark.parametrize(("scene", "number"), [(s, n) for s, count in COMMITS.items() for n in range(1, count + 1)])
def test_a_kill_leaves_the_old_state_or_the_new(stores: Stores, scene: str, number: int) -> None:
    store = stores.new()
    assert run(store, scene, number, "before") == -signal.SIGKILL
    before = stores.contents(store)
    if number == 1:  # killed in the middle of the first migration: nothing at all
        assert before == []
    else:
        assert before == stores.after(scene, number - 1)
        assert before != stores.after(scene, number)
    open_logbook(store).close()


@pytest.mark.parametrize(("number", "state"), [(3, MessageState.CLAIMED), (4, MessageState.HANDED)])
def test_a_new_process_never_repeats_what_may_have_left(stores: Stores, number: int, state: MessageState) -> None:
    store = stores.new()
    run(store, "message", number, "after")
    logbook = open_logbook(store)
    assert [m.state for m in logbook.messages(ORG)] == [state]
    later = NOW + 20 * MINUTE
    uncertain = logbook.recover(ORG, later, 15 * MINUTE)
    assert uncertain == (("k",) if state is MessageState.HANDED else ())
    assert not logbook.plan(ORG, "s", remind("i-1", "i-2", key="k"), later)
    assert hand_off(logbook, "k", later) == (state is MessageState.CLAIMED)
    logbook.close()
