"""Workers on a real PostgreSQL: everyone is swept once, failures rest and are parked, dead workers' sweeps go on."""

import json
import os
from datetime import UTC, datetime, timedelta

import psycopg
import pytest
from click.testing import CliRunner

from tests.scenarios.delivery.conftest import OpenStage
from tests.scenarios.delivery.stage import Stage
from tests.scenarios.delivery.town import TEN, company
from worker.cli import main
from worker.config.load import load
from worker.core.results import SweepResult
from worker.fleet import queue
from worker.fleet.spread import ATTEMPTS, last_turn
from worker.fleet.work import Worker

NAMES = ("fern", "heron", "otter")


def fleet(stage: Stage, *words: str) -> str:
    """A command of the fleet; its output. Exit codes other than 0 and 1 are mistakes."""
    told = ["--config", str(stage.folder), "--now", TEN.isoformat()]
    done = CliRunner().invoke(main, ["fleet", *words, *told], env={"NO_COLOR": "1"})
    assert done.exit_code in {0, 1}, done.output
    return done.stdout


def worker(stage: Stage) -> Worker:
    return Worker(lambda: load(stage.folder / "config.yaml", {}), TEN)


def hurry(url: str) -> None:
    """Nobody waits for rests here: what is to be tried again is tried now."""
    with psycopg.connect(url) as connection:
        connection.execute("update procrastinate_jobs set scheduled_at = null where status = 'todo'")


def test_everyone_is_swept_once_and_asking_twice_adds_nothing(open_stage: OpenStage) -> None:
    stage = open_stage(names=NAMES, store="postgresql")
    assert "3 on the queue, 0 were waiting already" in fleet(stage, "enqueue")
    assert "1 on the queue" not in fleet(stage, "enqueue", "fern")
    found = json.loads(fleet(stage, "status", "--json"))
    assert (found["waiting"], found["sweeping"], found["parked"]) == (3, 0, 0)
    worker(stage).run(4, wait=False)
    assert "Nobody waits" in fleet(stage, "status")
    with psycopg.connect(worker(stage).url) as connection:
        limits = [name for (name,) in connection.execute("select name from permit order by name").fetchall()]
    assert limits[0].startswith("xero app ") and len(limits) == 4, "calls are counted for all workers together"
    assert len({(m.key, m.to) for m in stage.mails()}) == len(stage.mails()) == 12
    fleet(stage, "enqueue")
    worker(stage).run(1, wait=False)
    assert len(stage.mails()) == 12


def test_what_nobody_foresaw_rests_and_is_parked_and_delays_nobody(
    open_stage: OpenStage, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage = open_stage(names=NAMES, store="postgresql")
    fails = worker(stage)
    real, tried = fails.sweep, []

    def sweep(organisation: str) -> None:
        if organisation == "heron":
            tried.append(organisation)
            raise RuntimeError("unheard of")
        real(organisation)

    monkeypatch.setattr(fails, "sweep", sweep)
    fleet(stage, "enqueue")
    for _ in range(ATTEMPTS + 2):
        fails.run(2, wait=False)
        hurry(fails.url)
    assert len(tried) == ATTEMPTS + 1
    assert len(stage.mails()) == 8
    (parked,) = json.loads(fleet(stage, "status", "--json"))["organisations"]
    assert (parked["organisation"], parked["state"]) == ("heron", "parked")
    # Its turn comes, and passes: it waits for a person.
    turn = last_turn("heron", datetime(2026, 3, 10, 11, tzinfo=UTC))
    fails.tick(int(turn.timestamp()) + 1)
    assert {p.state for p in queue.places(fails.url) if p.organisation == "heron"} == {"parked"}
    assert "No longer parked: heron" in fleet(stage, "unpark")
    worker(stage).tick(int(turn.timestamp()) + 1)
    worker(stage).run(2, wait=False)
    assert len(stage.mails()) == 12


def test_foreseen_trouble_is_no_failure(open_stage: OpenStage) -> None:
    stage = open_stage(store="postgresql", companies=[company("heron")])  # its books are not where the config says
    fleet(stage, "enqueue")
    worker(stage).run(1, wait=False)
    assert queue.places(worker(stage).url) == ()
    book = stage.logbook()
    assert book.events("fern")[-1].kind == "skipped"
    book.close()


def test_the_sweep_of_a_dead_worker_is_handed_on(open_stage: OpenStage) -> None:
    stage = open_stage(store="postgresql")
    fleet(stage, "enqueue")
    url = worker(stage).url
    with psycopg.connect(url) as connection:  # as a worker leaves it that took the job and was killed
        dead = "insert into procrastinate_workers (last_heartbeat) values (now() - interval '1 hour') returning id"
        (died,) = connection.execute(dead).fetchone() or (0,)
        connection.execute("update procrastinate_jobs set status = 'doing', worker_id = %s", [died])
    worker(stage).run(1, wait=False)
    assert stage.mails() == []
    worker(stage).tick(int(TEN.timestamp()))
    worker(stage).run(1, wait=False)
    assert len(stage.mails()) == 4


def test_the_digest_is_the_ticks_business_and_mail_waits_for_it(open_stage: OpenStage) -> None:
    stage = open_stage(store="postgresql")
    config = stage.folder / "config.yaml"
    config.write_text(config.read_text("utf-8") + 'digest: {to: [jo@example.com], at: "06:00"}\n', "utf-8")
    fleet(stage, "enqueue")
    worker(stage).run(1, wait=False)  # it may tick by itself, too
    for minute in range(2):
        worker(stage).tick(int(TEN.timestamp()) + 60 * minute)
    (digest,) = stage.mails()
    assert (digest.to, digest.subject) == ("jo@example.com", "duecourse, Tue 10 Mar: 4 messages today")


def test_a_sweep_uses_no_dead_mans_switch_of_its_own(open_stage: OpenStage) -> None:
    stage = open_stage(store="postgresql")
    with stage.app() as app:
        app.ping = lambda *, watched: pytest.fail("pinged") if watched else type(app).ping(app, watched=False)  # type: ignore[method-assign]
        (result,) = app.run(("fern",), deliver=True, alone=False)
    assert isinstance(result, SweepResult) and len(result.sent) == 4


def test_a_fleet_without_postgresql_says_what_to_write(open_stage: OpenStage) -> None:
    stage = open_stage()
    told = ["--config", str(stage.folder)]
    done = CliRunner().invoke(main, ["fleet", "status", *told])
    assert done.exit_code == 2
    assert "A fleet needs a PostgreSQL logbook" in done.output


def test_what_is_written_anew_counts_from_the_next_sweep_on(open_stage: OpenStage) -> None:
    stage = open_stage(store="postgresql")
    working = worker(stage)
    first = working.practice()
    assert working.practice() is first, "read once as long as nothing changed"
    stage.but(practice="fleet: {every: 4 hours}")
    os.utime(stage.folder / "config.yaml", (1, 1))
    assert working.practice().fleet_every == timedelta(hours=4)
    (stage.folder / "organisations").mkdir()
    assert working.practice() is not first
