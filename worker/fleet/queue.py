"""The queue itself: procrastinate in the logbook's PostgreSQL database, and what it knows of every organisation.

One job an organisation. Its `lock` lets no two sweeps of one organisation run at once, its `queueing_lock` no two wait
(procrastinate's documentation, "Use locks" and "Use queueing locks"). Finished jobs go away; failed ones stay: they are
parked until a person looks.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

import psycopg
from procrastinate import App as Queue
from procrastinate import PsycopgConnector, RetryDecision, SyncPsycopgConnector
from procrastinate.exceptions import AlreadyEnqueued
from procrastinate.jobs import Job
from procrastinate.retry import BaseRetryStrategy

from worker.errors import LogbookError
from worker.fleet.spread import after_failure, lane

TASK = "sweep"
SILENT_FOR = 30.0
"""Seconds without a heartbeat after which a worker counts as dead and its sweep is handed to another."""

_SETUP_LOCK = 7_302_118
_PREFIX = "duecourse:"


@dataclass(frozen=True, slots=True)
class Waiting:
    """One organisation's place: `state` is waiting, sweeping or parked; `since` when that began, `tries` so far."""

    organisation: str
    state: str
    lane: str
    tries: int
    since: datetime | None


class _Patience(BaseRetryStrategy):
    """Tries an unexpected failure again with growing rests, then leaves it to a person."""

    def get_retry_decision(self, *, exception: BaseException, job: Job) -> RetryDecision | None:  # noqa: ARG002
        """Rest and try again, or None: parked."""
        rest = after_failure(job.attempts)
        return RetryDecision(retry_in={"seconds": rest.seconds}) if rest else None


def conninfo(url: str) -> str:
    """A logbook's URL as PostgreSQL's own library reads it. Raises LogbookError when it is not PostgreSQL."""
    scheme, _, rest = url.partition("://")
    if scheme.partition("+")[0] not in {"postgresql", "postgres"}:
        raise LogbookError(
            "A fleet needs a PostgreSQL logbook, which its workers share. Write logbook: {url from: {env: LOGBOOK_URL}}"
        )
    return f"postgresql://{rest}"


def prepare(url: str) -> None:
    """Make the queue's tables, once. Several workers may try at the same time. Raises LogbookError."""
    try:
        with psycopg.connect(url) as connection:
            connection.execute("select pg_advisory_xact_lock(%s)", [_SETUP_LOCK])
            found = connection.execute("select to_regclass('procrastinate_jobs')").fetchone()
            if not found or found[0] is None:
                connection.execute(Queue(connector=SyncPsycopgConnector()).schema_manager.get_schema())
    except psycopg.Error as error:
        raise LogbookError(f"The fleet's queue cannot be reached: {type(error).__name__}.") from None


def make(url: str, size: int, sweep: Callable[[str], None], tick: Callable[[int], None]) -> Queue:
    """The queue with its two tasks: `sweep(organisation)`, and `tick(unix time)` once a minute among all workers."""
    queue = Queue(connector=PsycopgConnector(conninfo=url, min_size=1, max_size=size))
    queue.task(name=TASK, retry=_Patience())(sweep)
    queue.periodic(cron="* * * * *")(queue.task(name="tick", queue="tick", queueing_lock="tick", lock="tick")(tick))
    return queue


@contextmanager
def door(url: str) -> Iterator[Queue]:
    """The queue for whoever only enqueues. Closed at the end."""
    with Queue(connector=SyncPsycopgConnector(conninfo=url)).open() as queue:
        yield queue


def enqueue(queue: Queue, sizes: Iterable[tuple[str, int]]) -> tuple[int, int]:
    """Put organisations (name, open invoices) in their lanes; how many were added, and how many waited already."""
    added = there = 0
    for name, open_invoices in sizes:
        lock = _PREFIX + name
        try:
            queue.configure_task(TASK, lock=lock, queueing_lock=lock, queue=lane(open_invoices)).defer(
                organisation=name
            )
            added += 1
        except AlreadyEnqueued:
            there += 1
    return added, there


def places(url: str) -> tuple[Waiting, ...]:
    """Every organisation that waits, is being swept or is parked; the one waiting longest first."""
    words = {"todo": "waiting", "doing": "sweeping", "failed": "parked"}
    with psycopg.connect(url) as connection:
        rows = connection.execute(
            "select j.args->>'organisation', j.status::text, j.queue_name, j.attempts, max(e.at)"
            " from procrastinate_jobs j left join procrastinate_events e on e.job_id = j.id"
            " where j.task_name = %s and j.status::text = any(%s) group by j.id order by j.id",
            [TASK, list(words)],
        ).fetchall()
    return tuple(Waiting(r[0], words[r[1]], r[2], r[3], r[4]) for r in rows)


def unpark(url: str, names: Sequence[str]) -> tuple[str, ...]:
    """Take parked organisations (all when none is named) out of parking: their next turn comes as usual."""
    with psycopg.connect(url) as connection:
        rows = connection.execute(
            "delete from procrastinate_jobs where task_name = %s and status = 'failed'"
            " and (%s or args->>'organisation' = any(%s)) returning args->>'organisation'",
            [TASK, not names, list(names)],
        ).fetchall()
    return tuple(r[0] for r in rows)


def rescue(queue: Queue, url: str) -> int:
    """Hand sweeps of workers that died to others. A sweep may be repeated: it never repeats a message."""
    with psycopg.connect(url) as connection:
        rows = connection.execute(
            "select j.id from procrastinate_jobs j left join procrastinate_workers w on w.id = j.worker_id"
            " where j.status = 'doing' and (w.id is null or w.last_heartbeat < now() - make_interval(secs => %s))",
            [SILENT_FOR],
        ).fetchall()
    for (job,) in rows:
        queue.job_manager.retry_job_by_id(job, retry_at=datetime.now().astimezone())
    return len(rows)
