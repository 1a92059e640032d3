"""Organisations swept per minute by 1, 2 and 4 workers here, and how much of a sweep is not waiting for HTTP.

    python tests/bench/throughput.py                            # about two minutes; THROUGHPUT_ORGANISATIONS=24
    THROUGHPUT_ANSWER=0.3 python tests/bench/throughput.py      # as far away as a platform

Real: PostgreSQL, the queue, worker processes, HTTP to simulated companies without limits or distance. Each organisation
was read and written to before; what is measured are its ordinary turns, in rounds that alternate between the numbers of
workers. Read the ratios: other work on the machine moves the rest.
"""

import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

if __name__ == "__main__":  # run as a file, from anywhere
    sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from connectors.http import Session
from connectors.sandbox.company import Company
from connectors.sandbox.limits import Limits
from connectors.sandbox.server import serve
from scripts import fleet_demo as demo
from worker.config.load import load
from worker.fleet.work import DEFAULT_AT_ONCE, Worker
from worker.logs import configure

ROOT = Path(__file__).resolve().parents[2]
ORGANISATIONS = int(os.environ.get("THROUGHPUT_ORGANISATIONS", "24"))
ROUNDS = int(os.environ.get("THROUGHPUT_ROUNDS", "3"))
ANSWER = float(os.environ.get("THROUGHPUT_ANSWER", "0"))
"""Seconds added to every answer: the distance to a platform, which loopback has none of."""
WORKERS = (1, 2, 4)


@dataclass(frozen=True)
class Round:
    """One round. `rate`: organisations a minute, first beginning to last end; `outside`: share of the sweeps' own
    time not spent waiting for HTTP; `cpu`: seconds of processor a sweep, start-up of its worker left out."""

    rate: float
    outside: float
    cpu: float


class Timed(Worker):
    """A worker that remembers when its sweeps ended and how long they waited for answers."""

    def __init__(self, folder: Path, now: datetime) -> None:
        super().__init__(lambda: load(folder, {}), now)
        self.begins: list[float] = []
        self.ends: list[float] = []
        self.swept = self.waited = 0.0
        self._lock = threading.Lock()

    def sweep(self, organisation: str) -> None:
        began = time.monotonic()
        super().sweep(organisation)
        with self._lock:
            self.begins.append(began)
            self.ends.append(time.monotonic())
            self.swept += self.ends[-1] - began

    def tick(self, timestamp: int) -> None:
        """Nobody's turn comes but those that are measured."""

    def watch(self) -> None:
        """Time every exchange."""
        real = Session._once

        def once(session: Session, *words: Any) -> Any:
            began = time.monotonic()
            time.sleep(ANSWER)
            try:
                return real(session, *words)
            finally:
                with self._lock:
                    self.waited += time.monotonic() - began

        Session._once = once  # type: ignore[method-assign]


def work(folder: Path, now: datetime) -> None:
    """One worker process, until nothing waits."""
    configure(verbose=False, as_json=True)
    worker = Timed(folder, now)
    worker.watch()
    began = resource.getrusage(resource.RUSAGE_SELF)
    worker.run(DEFAULT_AT_ONCE, wait=False)
    used = resource.getrusage(resource.RUSAGE_SELF)
    cpu = used.ru_utime + used.ru_stime - began.ru_utime - began.ru_stime
    print(
        json.dumps(
            {"begins": worker.begins, "ends": worker.ends, "swept": worker.swept, "waited": worker.waited, "cpu": cpu}
        )
    )


def measured(folder: Path, now: datetime, workers: int) -> Round:
    """Everybody's turn at once, by so many workers."""
    demo.duecourse(folder, now, "fleet", "enqueue")
    command = [sys.executable, __file__, "--work", str(folder), now.isoformat()]
    begun = [
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, cwd=ROOT) for _ in range(workers)
    ]
    told = [json.loads(process.communicate()[0]) for process in begun]
    begins, ends = ([moment for one in told for moment in one[what]] for what in ("begins", "ends"))
    assert len(ends) == ORGANISATIONS, f"{len(ends)} of {ORGANISATIONS} were swept"
    swept, waited = (sum(one[what] for one in told) for what in ("swept", "waited"))
    rate = 60 * len(ends) / (max(ends) - min(begins))
    return Round(rate, 1 - waited / swept, sum(one["cpu"] for one in told) / len(ends))


def main() -> None:
    """Prepare, measure, print."""
    with tempfile.TemporaryDirectory(prefix="duecourse-throughput-") as name, demo.database() as url:
        folder, now = Path(name), demo.SECOND
        companies = [
            Company.simulate(seed, demo.START, demo.SECOND.date(), clients=4, invoices_per_month=8)
            for seed in range(1, ORGANISATIONS + 1)
        ]
        with serve(companies, now=demo.FIRST, limits=Limits(minute=None, day=None, app_minute=None)) as running:
            demo.write(folder, running.url, running.tenants, url)
            measured(folder, demo.FIRST, 2)
            demo.approve(folder)
            measured(folder, now, 2)
            found: dict[int, list[Round]] = {n: [] for n in WORKERS}
            for _ in range(ROUNDS):
                for workers in WORKERS:
                    now += timedelta(hours=1)
                    found[workers].append(measured(folder, now, workers))
    show(found)


def show(found: dict[int, list[Round]]) -> None:
    """Medians, and ratios to one worker in the same round."""
    print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}, {ORGANISATIONS} organisations, medians of {ROUNDS}")
    for workers, rounds in found.items():
        rate = statistics.median(r.rate for r in rounds)
        ratio = statistics.median(r.rate / one.rate for r, one in zip(rounds, found[1], strict=True))
        outside = statistics.median(r.outside for r in rounds)
        cpu = statistics.median(r.cpu for r in rounds)
        shown = f"{rate:6.0f} a minute, {ratio:.2f} of one worker's; {outside:.0%} of a sweep is not waiting for HTTP"
        print(f"  {workers} worker(s), {DEFAULT_AT_ONCE} sweeps each: {shown}; {cpu:.2f} s CPU a sweep")


if __name__ == "__main__":
    if "--work" in sys.argv:
        work(Path(sys.argv[2]), datetime.fromisoformat(sys.argv[3]))
    else:
        main()
