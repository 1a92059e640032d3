"""Laws that hold on every trace, on random fortnights; the seed in a failure replays it."""

from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any

import pytest

from connectors.sandbox.server import serve
from tests.scenarios.delivery.conftest import OpenStage
from tests.scenarios.delivery.stage import Stage
from tests.scenarios.delivery.town import CLIENTS, Config
from tests.scenarios.delivery.trace import FIRMS, KNOWN_GONE, START, firm, fortnight
from worker.app import App
from worker.core.results import exit_code


@pytest.fixture
def lived(tmp_path: Path) -> Iterator[Any]:
    """`lived(seed)`: the judge of that fortnight."""

    def live(seed: int) -> Any:
        companies = [firm(name, Random(f"{seed}/{name}")) for name in FIRMS]
        with serve(companies, now=START) as running:
            stage = Stage(tmp_path, running, Config(running.url, tuple(FIRMS))).at(START)
            asked = stage.sweep()
            assert exit_code(asked) == 3 and not stage.mails(), "I14: nothing before an approved baseline"
            stage.but(approvals=tuple(p.id for r in asked if r.plan for p in r.plan.proposals))
            judge = fortnight(stage, seed)
            judge.states = {k: s for name in FIRMS for k, s in stage.states(name).items()}
            return judge

    yield live


def lawful(judge: Any) -> None:
    assert not judge.wrong, "\n".join(judge.wrong)
    assert sum(judge.arrived.values()) >= 5, "a fortnight in which next to nothing left proves nothing"
    for key, times in judge.arrived.items():
        assert times <= 1, f"I1: {key} arrived {times} times"
        known = {s for k, s in judge.states.items() if k.startswith(key)}
        assert not times or known & KNOWN_GONE, f"I3: {key} arrived and the logbook says {known}"
    for key in judge.unsure:
        planned = [k for k in judge.states if k.partition("~")[0] == key]
        newest = max(planned, key=lambda k: int(k.partition("~")[2] or 1))  # one planned before may never have left
        assert judge.states[newest] == "uncertain", "I22: only a person resolves it"


@pytest.mark.parametrize("seed", range(1))
def test_a_random_fortnight(lived: Any, seed: int) -> None:
    lawful(lived(seed))


@pytest.mark.matrix
@pytest.mark.parametrize("seed", [1, *range(100, 160)])
def test_many_random_fortnights(lived: Any, seed: int) -> None:
    lawful(lived(seed))


@pytest.mark.parametrize(("mode", "deliver"), [("preview", True), ("live", False)])
def test_preview_never_touches_a_mailer(open_stage: OpenStage, mode: str, deliver: bool) -> None:
    stage = open_stage()
    stage.but(mode=mode)
    touched: list[str] = []

    class Guarded(App):
        def mailer(self) -> Any:
            mailer = super().mailer()
            mailer.prepare = lambda *_: touched.append("prepare")  # type: ignore[assignment]
            mailer.send = lambda *_: touched.append("send")  # type: ignore[assignment]
            return mailer

    with stage.app(Guarded) as app:
        (result,) = app.run(deliver=deliver)
    assert result.plan and len(result.plan.decisions) >= len(CLIENTS)
    assert not touched and not stage.mails() and not stage.states()
