"""Sixteen processes, one connection, a platform without any grace: each generation is asked for once.

A seed says who takes part in a round, who dawdles, and whether the day changes; nobody sleeps.
"""

import multiprocessing
import os
from pathlib import Path
from random import Random
from typing import Any

import pytest

from tests.vault.identity import DAY, START, Identity, StoppedClock, serving
from tests.vault.support import NAME, Opened, consented, files, logbook, sealer, source
from worker.core.grant import GrantState
from worker.vault.tokens import SealedTokens

PROCESSES = 16
ROUNDS = 2


class Turn:
    """What a seed makes one process do in one round."""

    def __init__(self, seed: int, process: int, number: int) -> None:
        rng = Random(f"{seed}/{process}/{number}")
        self.looks_first = rng.random() < 0.5
        self.dawdles = rng.randrange(40)


def race(opened: Opened, identity: Identity, shape: str, seeds: range) -> None:
    """Run every seed on a connection of its own; raises AssertionError where a generation was not asked for once."""
    first = SealedTokens(opened(), sealer())
    names = {seed: f"{NAME}-{seed}" for seed in seeds}
    for seed in seeds:
        first.save(names[seed], consented(identity.consent(), shape))
    identity.now += DAY  # at Intuit's, the first refresh changes the value and the second does not
    fork: Any = multiprocessing.get_context("fork")
    together = fork.Barrier(PROCESSES)
    children = [
        fork.Process(target=_work, args=(opened, identity.url, shape, names, together, n)) for n in range(PROCESSES)
    ]
    before = len(identity.posts)
    for child in children:
        child.start()
    for child in children:
        child.join(120)
    assert [child.exitcode for child in children] == [0] * PROCESSES
    kept = [first.load(name) for name in names.values()]
    assert [(g.generation, g.state, g.intent) for g in kept if g] == [(ROUNDS, GrantState.GOOD, None)] * len(seeds)
    assert len(identity.posts) - before == ROUNDS * len(seeds), "one question a generation"
    assert identity.refused == []
    if shape == "xero":
        assert len(set(identity.posts)) == len(identity.posts), "no token was used twice"


def _work(opened: Opened, url: str, shape: str, names: dict[int, str], together: Any, process: int) -> None:
    shelf = opened()
    for seed, name in names.items():
        tokens = SealedTokens(shelf, sealer())
        mine = source(tokens, url, StoppedClock(START + DAY), shape, name)
        rejected = None
        for number in range(ROUNDS):
            turn = Turn(seed, process, number)
            together.wait(60)
            for _ in range(turn.dawdles):
                os.sched_yield()
            if rejected is None:
                rejected = mine.access()
                continue
            if turn.looks_first:
                mine.access()
            assert mine.renew(rejected) != rejected
    together.wait(60)


@pytest.mark.parametrize("shape", ["xero", "intuit"])
def test_files(tmp_path: Path, shape: str) -> None:
    with serving(Identity(shape)) as identity:
        race(files(tmp_path), identity, shape, range(20))


@pytest.mark.parametrize("shape", ["xero", "intuit"])
def test_logbook_file(tmp_path: Path, shape: str) -> None:
    with serving(Identity(shape)) as identity:
        race(logbook(str(tmp_path / "logbook.db")), identity, shape, range(20))


def test_logbook_server(database: str) -> None:
    with serving(Identity("xero")) as identity:
        race(logbook(database), identity, "xero", range(3))


@pytest.mark.matrix
@pytest.mark.parametrize("shape", ["xero", "intuit"])
@pytest.mark.parametrize("store", ["files", "sqlite", "postgresql"])
def test_two_hundred_seeds(store: str, shape: str, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    where = {
        "files": lambda: files(tmp_path),
        "sqlite": lambda: logbook(str(tmp_path / "logbook.db")),
        "postgresql": lambda: logbook(request.getfixturevalue("database")),
    }[store]()
    with serving(Identity(shape)) as identity:
        race(where, identity, shape, range(200))
