"""A worker: sweeps whichever organisation's turn it is, several at a time, until it is asked to stop."""

import asyncio
import signal
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cached_property, partial

import structlog

from connectors.budget import Pool
from worker.afterwards import look_after
from worker.app import App
from worker.clock import SystemClock
from worker.config.values import Practice
from worker.core.results import SweepResult, exit_code
from worker.core.settings import Mode
from worker.digests.bulletin import obey, tell
from worker.errors import DuecourseError
from worker.fleet import queue as queues
from worker.fleet.spread import lanes_of, turns
from worker.halt import Halt

TICK = timedelta(minutes=1)
DEFAULT_AT_ONCE = 4


@dataclass
class Worker:
    """One process of the fleet. `load` reads the configuration; it is read again when one of its files changed."""

    load: Callable[[], Practice]
    now: datetime | None = None
    halt: Halt = field(default_factory=Halt)
    pool: Pool = field(default_factory=Pool)
    _loaded: tuple[tuple[float, ...], Practice] | None = None

    @cached_property
    def url(self) -> str:
        """The database of the queue and the logbook. Raises LogbookError."""
        return database_of(self.practice())

    def practice(self) -> Practice:
        """The configuration as it is written now. Raises ConfigError."""
        if self._loaded is None or self._loaded[0] != _changed(self._loaded[1]):
            practice = self.load()
            self._loaded = (_changed(practice), practice)
        return self._loaded[1]

    def sweep(self, organisation: str) -> None:
        """One organisation's sweep, exactly as `duecourse run ORGANISATION`. What goes wrong in an expected way is on
        record and reported; only what nobody foresaw is raised, for another try."""
        log = structlog.get_logger().bind(organisation=organisation)
        try:
            with App(self.practice(), SystemClock(self.now), halt=self.halt, pool=self.pool) as app:
                (result,) = app.run((organisation,), deliver=True, alone=False)
        except DuecourseError as error:
            log.error("not swept", problem=type(error).__name__)
            return
        sent = sum(s.outcome == "accepted" for s in result.sent)
        log.info(
            "swept", sweep=result.sweep_id, sent=sent, exit_code=exit_code((result,)), skipped=bool(result.skipped)
        )

    def tick(self, timestamp: int) -> None:
        """Once a minute in the whole fleet: enqueue whose turn it is, hand on what dead workers held, tell the ping;
        read answers to the digest, and send it when it is due."""
        until = datetime.fromtimestamp(timestamp, tz=UTC)
        practice = self.practice()
        parked = {p.organisation for p in queues.places(self.url) if p.state == "parked"}
        with App(practice, SystemClock(self.now)) as app, queues.door(self.url) as queue:
            names = (o.name for o in practice.organisations)
            now = turns(names, parked, until - TICK, until, practice.fleet_every)
            added, there = queues.enqueue(queue, [(n, app.logbook.open_count(n)) for n in now])
            if practice.mode is Mode.LIVE:
                obey(app)
                tell(app)
            rescued = queues.rescue(queue, self.url)
            counts = {"enqueued": added, "waiting": there, "rescued": rescued, "parked": len(parked)}
            app.ping(watched=True).finish(f"tick-{timestamp}", not parked, counts)
            waiting = [SweepResult(name, "", "live", skipped="parked") for name in sorted(parked)]
            look_after(app.logbook, practice, app.clock.now(), waiting, counts)
        structlog.get_logger().info("tick", **counts)

    def run(self, at_once: int = DEFAULT_AT_ONCE, *, wait: bool = True) -> None:
        """Work until SIGTERM or SIGINT (or, without `wait`, until nothing waits); then finish what is in hand."""
        queues.prepare(self.url)
        asyncio.run(self._run(at_once, wait=wait))

    async def _run(self, at_once: int, *, wait: bool) -> None:
        loop, lanes = asyncio.get_running_loop(), lanes_of(at_once)
        loop.set_default_executor(ThreadPoolExecutor(at_once + 2))
        queue = queues.make(self.url, at_once + 2 * len(lanes) + 1, self.sweep, self.tick)
        async with queue.open_async():
            jobs = [
                asyncio.ensure_future(
                    queue.run_worker_async(
                        queues=[*names, "tick"],
                        concurrency=count,
                        wait=wait,
                        delete_jobs="successful",
                        install_signal_handlers=False,
                    )
                )
                for names, count in lanes
            ]
            for number in (signal.SIGTERM, signal.SIGINT):
                loop.add_signal_handler(number, partial(self._stop, jobs))
            await asyncio.gather(*jobs, return_exceptions=self.halt.asked)

    def _stop(self, jobs: Sequence["asyncio.Future[None]"]) -> None:
        self.halt.asked = True
        for job in jobs:
            job.cancel()


def database_of(practice: Practice) -> str:
    """Where the fleet's queue is: in the logbook's database. Raises LogbookError when that is not PostgreSQL."""
    return queues.conninfo(practice.logbook_url.reveal() if practice.logbook_url else "")


def _changed(practice: Practice) -> tuple[float, ...]:
    # A file that is added changes its folder's time.
    found = (practice.folder / name for name in (*practice.files, "organisations"))
    return tuple(f.stat().st_mtime for f in found if f.exists())
