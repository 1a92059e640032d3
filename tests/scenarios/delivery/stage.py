"""A town under a sandbox, a mailer that keeps its own record, and runs of the real App in fresh processes."""

import email
import email.policy
import json
import os
import shutil
import signal
import threading
import time
from dataclasses import dataclass
from datetime import datetime
from itertools import count
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

import requests

from connectors.sandbox.server import Running
from tests.processes import PROCESSES
from tests.scenarios.delivery import child
from tests.scenarios.delivery.child import Doom, FileClock, Orders
from tests.scenarios.delivery.post import Post
from tests.scenarios.delivery.town import Config
from worker.app import App
from worker.config.load import load
from worker.core.results import SweepResult
from worker.logbook.store import SqlLogbook, open_logbook

PATIENCE = 30


@dataclass(frozen=True)
class Mail:
    """A letter the other side has. `key` is the message's identity, from its Message-ID."""

    key: str
    to: str
    subject: str
    text: str


def opened(raw: bytes) -> Mail:
    """Read a letter with the standard library's eyes."""
    message = email.message_from_bytes(raw, policy=email.policy.default)
    body = message.get_body(("plain",))
    key = str(message["Message-ID"]).strip("<>").partition(".")[0]
    return Mail(key, str(message["To"].addresses[0].addr_spec), str(message["Subject"]), body.get_content())


@dataclass(frozen=True)
class Ended:
    """How a process ended: its exit status (negative: the signal), where it was struck, and what it reported."""

    status: int
    struck: str
    report: dict[str, Any]

    @property
    def results(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.report.get("results", [])
        return found

    @property
    def code(self) -> int:
        return int(self.report.get("code", -1))


class Stage:
    """One folder, one sandbox, one mailer's far end. The clock moves only through `at`."""

    def __init__(self, folder: Path, running: Running, config: Config, post: Post | None = None) -> None:
        self.folder, self.running, self.config, self.post = folder, running, config, post
        self._runs = count(1)
        self._started = threading.Event()
        self._pid = 0
        self._processes: list[BaseProcess] = []
        self.clock = folder / "clock"
        self.outbox = folder / "outbox"
        self.config.write(folder)

    def but(self, **changes: object) -> None:
        """Change the configuration."""
        self.config = self.config.but(**changes)
        self.config.write(self.folder)

    def prepared_from(self, template: Path) -> "Stage":
        """Take over the state of an organisation whose baseline was approved this morning."""
        if (template / "state").exists():
            shutil.copytree(template / "state", self.folder / "state", dirs_exist_ok=True)
        return self

    def at(self, now: datetime) -> "Stage":
        """Move the worker's clock and the books' together."""
        aside = self.clock.with_suffix(".new")
        aside.write_text(now.isoformat(), encoding="ascii")
        aside.replace(self.clock)
        self.control("clock", {"now": now.isoformat()})
        return self

    def control(self, deed: str, payload: Any, tenant: str = "") -> None:
        answer = requests.post(
            f"{self.running.url}/_sandbox/{deed}", json=payload, params={"tenant": tenant} if tenant else {}, timeout=5
        )
        assert answer.ok, answer.text

    # -- runs ----------------------------------------------------------------------------------------------------------

    def orders(self, doom: Doom | None = None, *, deliver: bool = True, trace: bool = False) -> Orders:
        n = next(self._runs)
        names = {k: str(self.folder / f"{k}-{n}") for k in ("result", "struck", "trace")}
        return Orders(
            str(self.folder / "config.yaml"),
            str(self.clock),
            names["result"],
            names["struck"],
            doom,
            names["trace"] if trace else "",
            deliver,
        )

    def start(self, orders: Orders) -> BaseProcess:
        """A fresh process for these orders."""
        self._started.clear()
        process = PROCESSES.Process(target=child.main, args=(orders,), daemon=True)
        self._processes.append(process)
        process.start()
        self._pid = int(process.pid or 0)
        self._started.set()
        return process

    def ended(self, process: BaseProcess, orders: Orders) -> Ended:
        """Wait for it."""
        process.join(PATIENCE)
        assert process.exitcode is not None, "it never ended"
        result, struck = Path(orders.result), Path(orders.struck)
        report = json.loads(result.read_text(encoding="utf-8")) if result.exists() else {}
        return Ended(process.exitcode, struck.read_text(encoding="utf-8") if struck.exists() else "", report)

    def run(self, doom: Doom | None = None, **more: bool) -> Ended:
        """One run to its end, good or bad."""
        orders = self.orders(doom, **more)
        return self.ended(self.start(orders), orders)

    def stopped(self, orders: Orders) -> BaseProcess:
        """Start a run that stops itself (SIGSTOP); returns once it has."""
        process = self.start(orders)
        until_state(self._pid, "T")
        return process

    def sweep(self, *, deliver: bool = True) -> tuple[SweepResult, ...]:
        """One run in this very process: quicker, when nobody has to die."""
        with self.app() as app:
            return app.run(deliver=deliver)

    def app(self, made: type[App] = App) -> App:
        """The App in this process, on the stage's clock."""
        return made(load(self.folder / "config.yaml", {}), FileClock(self.clock))

    def kill_from_afar(self) -> None:
        """SIGKILL to the running child, for a far end that does it; returns when it is dead."""
        assert self._started.wait(PATIENCE)
        os.kill(self._pid, signal.SIGKILL)
        until_state(self._pid, "Z", "")

    def close(self) -> None:
        """End whatever still runs, stopped or not."""
        for process in self._processes:
            process.kill()
            process.join(PATIENCE)

    # -- what there is to see ------------------------------------------------------------------------------------------

    def mails(self) -> list[Mail]:
        """The far end's own record, oldest first: never the logbook's word."""
        if self.post:
            return [opened(raw) for raw in self.post.accepted]
        return [opened(p.read_bytes()) for p in sorted(self.outbox.glob("*.eml"))]

    def logbook(self) -> SqlLogbook:
        """The logbook, for a look or a person's resolution."""
        return open_logbook(self.config.logbook or str(self.folder / "state" / "logbook.db"))

    def states(self, organisation: str = "fern") -> dict[str, str]:
        """Message key -> state."""
        book = self.logbook()
        try:
            return {m.key: str(m.state) for m in book.messages(organisation)}
        finally:
            book.close()


def until_state(pid: int, *states: str) -> None:
    """Wait until a process is in one of these states (proc(5) letters; "" for gone)."""
    for _ in range(PATIENCE * 200):
        try:
            state = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0]
        except OSError:
            state = ""
        if state in states:
            return
        time.sleep(0.005)
    raise AssertionError(f"process {pid} never came to {states}")
