"""A worker killed at every step of a refresh: whoever comes next goes on, and nobody has to consent again.

The platform is Xero as it says it is: the old token works for 30 minutes when its answer was lost.
"""

import os
import signal
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from random import Random
from typing import Any

import pytest
import requests
from sqlalchemy.engine.default import DefaultDialect

from tests.vault.identity import DAY, START, Identity, StoppedClock, serving
from tests.vault.support import NAME, Opened, consented, files, logbook, sealer, source
from worker.core.grant import GrantState
from worker.vault import files as file_module
from worker.vault.tokens import SealedTokens

GRACE = timedelta(minutes=30)
STEPS: list[tuple[Any, str]] = [
    (file_module.os, "fsync"),
    (file_module.os, "open"),
    (Path, "replace"),
    (DefaultDialect, "do_commit"),
    (requests.Session, "send"),
]
"""Everything a refresh does that another process, a disk or the platform can see."""


def killed_at(number: int, deed: Callable[[], object]) -> bool:
    """Do it in a child that dies before or after its numbered step; False when it came to its end first."""
    child = os.fork()
    if child == 0:
        code = 1
        try:
            count = 0

            def step() -> None:
                nonlocal count
                count += 1
                if count == number:
                    os.kill(os.getpid(), signal.SIGKILL)

            for home, name in STEPS:
                setattr(home, name, _watched(getattr(home, name), step))
            deed()
            code = 0
        finally:
            os._exit(code)
    _, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status):
        assert os.WTERMSIG(status) == signal.SIGKILL
        return True
    assert os.waitstatus_to_exitcode(status) == 0
    return False


def _watched(real: Callable[..., Any], step: Callable[[], None]) -> Callable[..., Any]:
    def call(*args: Any, **more: Any) -> Any:
        step()
        done = real(*args, **more)
        step()
        return done

    return call


def refresh(opened: Opened, identity: Identity, shape: str) -> str:
    """What one worker does, at the platform's time; a token that the platform knows, or an exception."""
    tokens = SealedTokens(opened(), sealer())
    return source(tokens, identity.url, StoppedClock(identity.now), shape).access().reveal()


def everywhere(opened: Opened, identity: Identity, shape: str, *, twice: bool = False) -> tuple[int, int]:
    """Kill a refresh at its first, second, third ... step until it gets through; how often, and how many posts."""
    tokens, number = SealedTokens(opened(), sealer()), 0
    while True:
        number += 1
        tokens.save(NAME, consented(identity.consent(), shape))
        died = killed_at(number, lambda: refresh(opened, identity, shape))
        rng = Random(number)
        if twice:
            identity.now += timedelta(minutes=rng.randrange(12))
            killed_at(1 + rng.randrange(30), lambda: refresh(opened, identity, shape))
        identity.now += timedelta(minutes=rng.randrange(12))
        assert refresh(opened, identity, shape), "the next worker refreshes, or finds it done"
        kept = tokens.load(NAME)
        assert kept is not None and kept.state is GrantState.GOOD
        assert kept.intent is None
        identity.now = max(identity.now, kept.expires) + timedelta(minutes=1)
        assert refresh(opened, identity, shape), "and what it kept is good for the refresh after"
        assert identity.refused == [], "nobody has to consent again"
        if not died:
            return number - 1, len(identity.posts)


def test_files(tmp_path: Path) -> None:
    with serving(Identity("xero", GRACE)) as identity:
        steps, _ = everywhere(files(tmp_path), identity, "xero")
    # A lock, then a proof, the intent and the token: each opened, synced, renamed, and its folder opened and synced;
    # one question. Each before and after.
    assert steps == 2 * (1 + 3 * 5 + 1)


def test_logbook_file(tmp_path: Path) -> None:
    opened = logbook(str(tmp_path / "logbook.db"))
    opened()
    with serving(Identity("xero", GRACE)) as identity:
        steps, _ = everywhere(opened, identity, "xero")
    assert steps >= 2 * (3 + 1)


def test_a_value_that_stays_the_same_needs_no_grace(tmp_path: Path) -> None:
    """Intuit's, within the day."""
    with serving(Identity("intuit")) as identity:
        assert everywhere(files(tmp_path), identity, "intuit")[0] == 34


@pytest.mark.matrix
@pytest.mark.parametrize("store", ["files", "sqlite", "postgresql"])
def test_killed_again_while_recovering(store: str, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    where = {
        "files": lambda: files(tmp_path),
        "sqlite": lambda: logbook(str(tmp_path / "logbook.db")),
        "postgresql": lambda: logbook(request.getfixturevalue("database")),
    }[store]()
    where()
    with serving(Identity("xero", GRACE)) as identity:
        for _ in range(3):
            everywhere(where, identity, "xero", twice=True)


def test_the_test_itself_can_fail(tmp_path: Path) -> None:
    """Against a platform that forgives nothing, a lost answer does end the consent."""
    with serving(Identity("xero")) as identity, pytest.raises(Exception, match="no longer accepts this connection"):
        everywhere(files(tmp_path), identity, "xero")
    assert identity.now < START + DAY
