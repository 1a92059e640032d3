"""One run of the real App in a process of its own, which can be told to die at a named operation.

Only ports are wrapped, from outside: the logbook, the mailer, the books and the one system call that makes an outbox
letter visible. An operation is `port.method`; it has a *before* and an *after*.
"""

import json
import os
import signal
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import connectors.budget  # what the App loads when it needs it is loaded before the fork
import connectors.xero  # noqa: F401
import worker.calendars
import worker.config.resolve
import worker.core.recorded_runs
import worker.logbook.store
import worker.mail.compose
import worker.ping
import worker.vault.files
import worker.vault.keys
import worker.vault.seal
import worker.vault.sources
import worker.vault.tokens
import worker.wording.render
from tests.scenarios.delivery.town import Config
from worker.app import App
from worker.clock import SystemClock
from worker.config.load import load
from worker.core.results import SweepResult, exit_code
from worker.mail import outbox, smtp  # noqa: F401

worker.calendars.calendar_for("GB", None, years=range(2025, 2029))
with tempfile.TemporaryDirectory() as _folder:  # the models of all options are built by the first configuration read
    load(Config("http://127.0.0.1:1").write(Path(_folder)), {})


@dataclass(frozen=True)
class Doom:
    """Get `signal` at the `nth` time `op` is reached, *before* or *after* it took effect."""

    op: str
    when: str = "before"
    nth: int = 1
    signal: int = signal.SIGKILL

    def __str__(self) -> str:
        return f"{self.when} {self.op} #{self.nth}"


@dataclass(frozen=True)
class Orders:
    """What a child is to do. `trace`: write down every operation passed."""

    config: str
    clock: str
    result: str
    struck: str
    doom: Doom | None = None
    trace: str = ""
    deliver: bool = True


class FileClock(SystemClock):
    """Wall time is what a file says, so that it can move while a process is stopped; waiting takes no time."""

    def __init__(self, file: Path) -> None:
        super().__init__(None)
        self._file, self._skipped = file, 0.0

    def now(self) -> datetime:
        return datetime.fromisoformat(self._file.read_text(encoding="ascii").strip())

    def monotonic(self) -> float:
        return super().monotonic() + self._skipped

    def sleep(self, seconds: float) -> None:
        self._skipped += seconds


@dataclass
class Tally:
    """Counts operations and strikes at the chosen one."""

    orders: Orders
    counts: Counter[str] = field(default_factory=Counter)
    passed: list[str] = field(default_factory=list)

    def run(self, op: str, deed: Callable[[], Any]) -> Any:
        self.counts[op] += 1
        nth = self.counts[op]
        self.passed.append(f"{op} {nth}")
        self._at(op, "before", nth)
        result = deed()
        self._at(op, "after", nth)
        return result

    def _at(self, op: str, when: str, nth: int) -> None:
        doom = self.orders.doom
        if doom and (doom.op, doom.when, doom.nth) == (op, when, nth):
            Path(self.orders.struck).write_text(str(doom), encoding="utf-8")
            os.kill(os.getpid(), doom.signal)


class Tapped:
    """A port seen through a tally: every call is an operation."""

    def __init__(self, inner: Any, name: str, tally: Tally) -> None:
        self._inner, self._name, self._tally = inner, name, tally

    def __getattr__(self, attribute: str) -> Any:
        found = getattr(self._inner, attribute)
        if not callable(found) or attribute == "close":
            return found
        wrap = {"reading": self._reading, "read": self._read}.get(attribute)
        if wrap:
            return lambda *args, **named: wrap(found(*args, **named))
        op = f"{self._name}.{attribute}"
        return lambda *args, **named: self._tally.run(op, lambda: found(*args, **named))

    @contextmanager
    def _reading(self, opened: Any) -> Iterator[Any]:
        with opened as writer:
            yield Tapped(writer, "mirror", self._tally)

    def _read(self, reading: Any) -> Any:
        if not hasattr(reading, "pages"):
            return reading
        return _Reading(reading, self._tally)


class _Reading:
    def __init__(self, inner: Any, tally: Tally) -> None:
        self._inner, self._tally = inner, tally

    def __getattr__(self, attribute: str) -> Any:
        return getattr(self._inner, attribute)

    def pages(self) -> Iterator[Any]:
        pages, end = iter(self._inner.pages()), object()
        while (page := self._tally.run("books.page", lambda: next(pages, end))) is not end:
            yield page


class Doomed(App):
    """The App with its ports tapped."""

    tally: Tally

    @property
    def logbook(self) -> Any:
        return Tapped(super().logbook, "logbook", self.tally)

    def mailer(self) -> Any:
        return Tapped(super().mailer(), "mailer", self.tally)

    @contextmanager
    def books(self, organisation: Any) -> Iterator[Any]:
        with super().books(organisation) as books:
            yield Tapped(books, "books", self.tally)


def told(result: SweepResult) -> dict[str, Any]:
    """What a result says, as JSON values."""
    return {
        "organisation": result.organisation,
        "skipped": result.skipped,
        "todo": result.todo,
        "broken": result.broken,
        "refused": [d.reason.sentence for d in result.refused],
        "sent": [[s.decision.payer_id, s.outcome] for s in result.sent],
        "dropped": [[d.payer_id, d.why] for d in result.dropped],
        "uncertain": list(result.uncertain),
        "proposals": [p.id for p in result.plan.proposals] if result.plan else [],
    }


def main(orders: Orders) -> None:
    """One invocation, as the command line makes it: load, run, leave."""
    tally = Tally(orders)
    link = os.link
    outbox.os.link = lambda a, b: tally.run("outbox.link", lambda: link(a, b))
    practice = load(Path(orders.config), {})
    with Doomed(practice, FileClock(Path(orders.clock))) as app:
        app.tally = tally
        results = app.run(deliver=orders.deliver)
    found = {"code": exit_code(results), "results": [told(r) for r in results]}
    Path(orders.result).write_text(json.dumps(found), encoding="utf-8")
    if orders.trace:
        Path(orders.trace).write_text("\n".join(tally.passed), encoding="utf-8")
