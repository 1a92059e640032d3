"""2, 4, 8 and 16 runs over the same organisations, at once and taking over from each other: stopped past their lease,
continued all together, killed. The far end's own record decides: I1 nothing twice, I12 and I16 one letter to a client
however many runs there were, and nothing lost but what is on record as uncertain."""

import os
import signal
from collections import Counter
from contextlib import suppress
from datetime import timedelta
from multiprocessing.process import BaseProcess
from random import Random

import pytest

from tests.scenarios.delivery.child import Doom, Orders
from tests.scenarios.delivery.conftest import OpenStage
from tests.scenarios.delivery.oracle import KNOWN_GONE, SOON, until_quiet_all
from tests.scenarios.delivery.stage import Ended, Stage, until_state
from tests.scenarios.delivery.town import CLIENTS, TEN, address

FIRMS = ("fern", "oak")
OPS = (
    *("logbook.lease", "mirror.finish", "logbook.plan", "logbook.claim", "books.look"),
    *("mailer.prepare", "logbook.hand", "mailer.send", "logbook.settle", "logbook.unlease"),
)
QUICK = {(2, 0), (2, 1), (4, 2)}
CELLS = [
    pytest.param(
        size, seed, store, id=f"{size}-{store}-{seed}", marks=[] if (size, seed) in QUICK else pytest.mark.matrix
    )
    for store in ("sqlite", "postgresql")
    for size in (2, 4, 8, 16)
    for seed in range(50)
]


def fate(chance: Random) -> Doom | None:
    """Most runs are stopped somewhere, some die, some just run."""
    what = chance.choices([None, signal.SIGSTOP, signal.SIGKILL], [3, 5, 2])[0]
    if what is None:
        return None
    return Doom(chance.choice(OPS), chance.choice(["before", "after"]), chance.randint(1, 5), what)


def wave(stage: Stage, chance: Random, size: int) -> list[tuple[BaseProcess, Orders]]:
    """Runs that begin together; returns when each has ended or stands still."""
    begun = []
    for _ in range(size):
        orders = stage.orders(fate(chance))
        begun.append((stage.start(orders), orders))
    for process, _ in begun:
        until_state(int(process.pid or 0), "T", "Z", "")
    return begun


@pytest.mark.parametrize(("size", "seed", "store"), CELLS)
def test_however_many_run_at_once(open_stage: OpenStage, size: int, seed: int, store: str) -> None:
    chance = Random(f"{size} {seed}")
    stage = open_stage(chance.choice(["outbox", "smtp"]), names=FIRMS, store=store)
    begun = wave(stage, chance, size // 2)
    stage.at(TEN + SOON)
    begun += wave(stage, chance, size - size // 2)
    stage.at(TEN + 2 * SOON)
    chance.shuffle(begun)
    for process, _ in begun:
        with suppress(ProcessLookupError):  # it is dead, and nobody told us yet
            if process.exitcode is None:
                os.kill(int(process.pid or 0), signal.SIGCONT)
    ended = [stage.ended(process, orders) for process, orders in begun]
    until_quiet_all(stage, timedelta(hours=2))
    judge(stage, ended)


def judge(stage: Stage, ended: list[Ended]) -> None:
    """By what arrived."""
    mails, states = stage.mails(), {name: stage.states(name) for name in FIRMS}
    assert not [k for k, n in Counter(m.key for m in mails).items() if n > 1], "I1: a key twice"
    home = {key[:32]: name for name, known in states.items() for key in known}
    got = Counter((home.get(m.key, "?"), m.to) for m in mails)
    assert not [who for who, n in got.items() if n > 1], f"I12, I16: a client twice: {got}"
    for mail in mails:
        name = home[mail.key]
        assert any(k[:32] == mail.key and s in KNOWN_GONE for k, s in states[name].items()), f"I3: {mail}"
    for name, known in states.items():
        assert not {"planned", "claimed", "handed"} & set(known.values()), known
        missing = {address(c) for c in CLIENTS} - {to for firm, to in got if firm == name}
        here = {m.key for m in mails}
        unsure = [k for k, s in known.items() if s == "uncertain" and k[:32] not in here]
        assert len(missing) == len(unsure), f"lost: {missing}, uncertain: {unsure}"
    assert all(e.status in {0, -signal.SIGKILL} for e in ended), ended
