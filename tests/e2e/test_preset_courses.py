"""Every preset played forward: each day adds up to the cent, no step twice, nobody asked for what is not open."""

from datetime import timedelta
from pathlib import Path

import pytest

from tests.e2e.conftest import NOW, Office
from worker.app import App
from worker.clock import SystemClock
from worker.commands import people
from worker.commands.configuration import practice_at
from worker.config.policies import preset_names
from worker.core.decisions import Plan, Remind, Thank
from worker.core.history import GONE, History
from worker.core.inference.learn import with_learnt
from worker.core.invariants import violations
from worker.core.receivable import Snapshot
from worker.core.simulation.drive import Scene, play
from worker.core.simulation.invoicing import PERIOD, repeated
from worker.core.simulation.payers import Habits
from worker.report.headline import headline

PRESETS = [n for n in preset_names() if n != "base"]


def look(snapshot: Snapshot, plan: Plan, history: History) -> None:
    assert headline(plan, snapshot).agrees
    heard = [d.payer_id for d in plan.decisions if isinstance(d, Remind)]
    assert len(heard) == len(set(heard))
    for decision in plan.decisions:
        if isinstance(decision, Remind):
            assert all(snapshot.by_id[a.invoice_id].is_open for a in decision.advances)
            gone = {(a.invoice_id, a.round, a.step) for m in history.messages if m.state in GONE for a in m.advances}
            assert not gone & {(a.invoice_id, a.round, a.step) for a in decision.advances}


def played(config: Path, days: int) -> int:
    with App(practice_at(config), SystemClock(NOW)) as app:
        (at,) = people.all_mirrored(app)
        today = people.today(app, at)
        learnt = app.learnt(at.config, at.snapshot, today)
        settings = with_learnt(learnt, learnt.settings.clients.keys())
        history = app.logbook.history(at.name, settings.zone)
        habits = Habits(settings, learnt, settings.disputes, settings.promises)
        new = repeated(app.logbook.issued(at.name, today - PERIOD), today, today + timedelta(days=days))

        def watch(snapshot: Snapshot, plan: Plan, known: History) -> None:
            look(snapshot, plan, known)
            for decision in plan.decisions:
                if isinstance(decision, Remind | Thank):
                    assert violations(decision, snapshot, settings, known, plan.as_of) == []

        return len(play("x", Scene(at.snapshot, settings, history, habits, today, days, new), look=watch).sent)


@pytest.mark.parametrize("preset", ["considerate", "deposit"])
def test_sixty_days(office: Office, preset: str) -> None:
    office.write(more=f"    policy: {preset}\n    what happens next: We will decide.\n")
    assert played(office.config, 60) > 0


@pytest.mark.matrix
@pytest.mark.parametrize("preset", PRESETS)
def test_a_year(office: Office, preset: str) -> None:
    office.write(more=f"    policy: {preset}\n    what happens next: We will decide.\n")
    assert played(office.config, 365) > 0
