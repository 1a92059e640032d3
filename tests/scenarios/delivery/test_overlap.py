"""Two runs at once, a run that sleeps past its lease, a dead one's lease, and a cron that runs far too often."""

import os
import signal
from datetime import timedelta

import pytest

from tests.scenarios.delivery.child import Doom
from tests.scenarios.delivery.conftest import OpenStage
from tests.scenarios.delivery.oracle import SOON, check, until_quiet
from tests.scenarios.delivery.town import CLIENTS, TEN


def test_of_two_at_once_the_second_is_told_and_does_no_harm(open_stage: OpenStage) -> None:
    stage = open_stage("outbox")
    orders = stage.orders(Doom("books.look", "after", signal=signal.SIGSTOP))
    first = stage.stopped(orders)
    second = stage.run()
    assert second.results[0]["skipped"] == "Another sweep of this organisation is running."
    assert second.results[0]["todo"] and second.code == 0
    os.kill(int(first.pid or 0), signal.SIGCONT)
    assert [o for _, o in stage.ended(first, orders).results[0]["sent"]] == ["accepted"] * 4
    check(stage, uncertain=0)


SLEEPY = {
    "before the plan": Doom("logbook.plan", "before", 2),
    "planned": Doom("logbook.plan", "after", 2),
    "claimed": Doom("logbook.claim", "after", 2),
    "before the hand-off": Doom("logbook.hand", "before", 2),
    "handed": Doom("logbook.hand", "after", 2),
    "written": Doom("mailer.send", "after", 2),
}


@pytest.mark.parametrize("moment", SLEEPY)
@pytest.mark.parametrize("mailer", ["outbox", "smtp"])
def test_stopped_past_the_lease_then_continued(open_stage: OpenStage, mailer: str, moment: str) -> None:
    """Another run takes over meanwhile; the sleeper, when it wakes, hands nothing off a second time."""
    stage = open_stage(mailer)
    doom = SLEEPY[moment]
    orders = stage.orders(Doom(doom.op, doom.when, doom.nth, signal.SIGSTOP))
    sleeper = stage.stopped(orders)
    taken_over = stage.at(TEN + SOON).run()
    assert taken_over.results[0]["skipped"] == ""
    os.kill(int(sleeper.pid or 0), signal.SIGCONT)
    woken = stage.ended(sleeper, orders)
    assert woken.status == 0 and woken.results[0]["skipped"] == woken.results[0]["broken"] == "", woken
    assert len(woken.results[0]["sent"]) >= 1, "what it did send is in its report"
    until_quiet(stage, SOON * 2)
    check(stage, uncertain=0)
    assert len(stage.mails()) == len(CLIENTS)


def test_a_dead_holders_lease_is_taken_over_at_once(open_stage: OpenStage) -> None:
    stage = open_stage("outbox")
    assert stage.run(Doom("mirror.finish", "after")).status == -signal.SIGKILL
    assert stage.run().results[0]["skipped"] == ""
    check(stage, uncertain=0)


def test_every_ten_minutes_is_the_same_as_once(open_stage: OpenStage) -> None:
    stage, midnight = open_stage("outbox"), TEN.replace(hour=0, minute=0) + timedelta(days=1)
    now = TEN
    with stage.app() as app:
        while now < midnight:
            stage.at(now)
            app.run(deliver=True)
            now += timedelta(minutes=10)
    check(stage, uncertain=0)
    assert len(stage.mails()) == len(CLIENTS)
