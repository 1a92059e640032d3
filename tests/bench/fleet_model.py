"""A fleet in virtual time: its own rules, against platforms that count for themselves.

From the product: turns, lanes, rests and parking (`worker.fleet.spread`), the permits that workers share
(`connectors.budget`, `worker.core.permits`), the pace of one connection (`connectors.pace`). Played: the queue, which
hands out the oldest of a lane as PostgreSQL does; how long a call takes; how much CPU a sweep needs, one core a
worker; and the platforms, whose limits are the simulated platform's own (`connectors.sandbox.limits`), so that what the
product believes of them is checked by somebody else.
"""

import heapq
from collections import Counter, deque
from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from random import Random
from uuid import NAMESPACE_DNS, uuid5

from connectors.budget import Budget, Pool
from connectors.pace import Pace
from connectors.sandbox.limits import Limiter, Limits
from worker.core.permits import Allowed, Rate, grant
from worker.fleet import spread

START = datetime(2026, 3, 10, tzinfo=UTC)
Steps = Generator[float, None, bool]
"""What a sweep does: yields seconds that pass, returns whether it ended well."""


@dataclass(frozen=True, slots=True)
class Firm:
    """One organisation of the fleet. `calls` of a sweep; `opened`: open invoices, by which the large are known."""

    name: str
    calls: int
    opened: int = 0
    poisoned: bool = False

    @property
    def tenant(self) -> str:
        """Its id at the platform."""
        return str(uuid5(NAMESPACE_DNS, self.name))


@dataclass(frozen=True, slots=True)
class Platform:
    """One platform: what it allows, and what the product believes it may use. `answer`: seconds a call takes."""

    name: str
    limits: Limits
    per_minute: int
    per_second: int
    app: Rate | None
    tenant: int
    answer: float = 0.3


@dataclass
class Seen:
    """What happened. Times in seconds since the start."""

    calls: int = 0
    refused: int = 0
    ended: dict[str, list[float]] = field(default_factory=dict)
    waited: dict[str, float] = field(default_factory=dict)
    """The longest anybody's sweep lay on the queue."""
    parked: dict[str, float] = field(default_factory=dict)
    by_minute: Counter[int] = field(default_factory=Counter)
    takes: int = 0
    skipped_turns: int = 0

    @property
    def last(self) -> float:
        """When the last sweep ended."""
        return max(t for ts in self.ended.values() for t in ts)


class _Clock:
    def __init__(self) -> None:
        self.passed = 0.0

    def now(self) -> datetime:
        return START + timedelta(seconds=self.passed)

    def monotonic(self) -> float:
        return self.passed

    def sleep(self, seconds: float) -> None:
        raise AssertionError(f"nobody sleeps {seconds} s in a simulation")


class _Store:
    """The permits all workers share, asked in no time."""

    def __init__(self, clock: _Clock, seen: Seen) -> None:
        self.clock, self.seen = clock, seen
        self.counted: dict[str, Mapping[int, int]] = {}

    def take(self, wanted: Mapping[Rate, int]) -> Mapping[Rate, Allowed]:
        self.seen.takes += 1
        found = {r: grant(self.counted.get(r.name, {}), self.clock.passed, n, r) for r, n in wanted.items()}
        self.counted |= {r.name: f.counted for r, f in found.items()}
        return found


class Fleet:
    """`workers` processes, each sweeping `at_once` organisations; one organisation never twice at a time."""

    def __init__(
        self, firms: Sequence[Firm], platform: Platform, workers: int, at_once: int, cpu: float, seed: int = 1
    ) -> None:
        """`cpu`: seconds of processor a sweep takes; a worker has one."""
        self.firms, self.platform, self.cpu = {f.name: f for f in firms}, platform, cpu
        self.clock, self.seen, self._chance = _Clock(), Seen(), Random(seed)
        self._store, self._limiter = _Store(self.clock, self.seen), Limiter(platform.limits)
        self._budgets = [Budget(Pool(), self._store, self.clock) for _ in range(workers)]
        self._busy_until = [0.0] * workers
        self._queues: dict[str, deque[tuple[float, str, int]]] = {
            spread.SMALL_LANE: deque(),
            spread.LARGE_LANE: deque(),
        }
        self._there: set[str] = set()
        self._events: list[tuple[float, int, object, tuple[object, ...]]] = []
        self._order = count()
        lanes = spread.lanes_of(at_once)
        self._free = {names: [w for _ in range(n) for w in range(workers)] for names, n in lanes}

    def put(self, name: str, tries: int = 0) -> None:
        """Onto the queue now, unless it waits there or is being swept (then it is not put there twice)."""
        if name in self._there:
            self.seen.skipped_turns += 1
            return
        self._there.add(name)
        self._queues[spread.lane(self.firms[name].opened)].append((self.clock.passed, name, tries))
        self._hand_out()

    def tick(self, period: timedelta) -> None:
        """What the fleet does every minute."""
        until = self.clock.now()
        for name in spread.turns(self.firms, self.seen.parked, until - timedelta(minutes=1), until, period):
            self.put(name)

    def at(self, when: float, deed: object, *words: object) -> None:
        """Something is to happen at a second."""
        heapq.heappush(self._events, (when, next(self._order), deed, words))

    def run(self) -> Seen:
        """Until nothing is left to happen."""
        while self._events:
            self.clock.passed, _, deed, words = heapq.heappop(self._events)
            deed(*words)  # type: ignore[operator]
        return self.seen

    def _hand_out(self) -> None:
        for lanes, free in self._free.items():
            while free and (waiting := [self._queues[lane] for lane in lanes if self._queues[lane]]):
                since, name, tries = min(waiting).popleft()
                worker = free.pop()
                longest = self.seen.waited.get(name, 0.0)
                self.seen.waited[name] = max(longest, self.clock.passed - since)
                self._go_on(self._sweep(self.firms[name], worker), name, tries, lanes, worker)

    def _go_on(self, steps: Steps, name: str, tries: int, lanes: tuple[str, ...], worker: int) -> None:
        try:
            self.at(self.clock.passed + next(steps), self._go_on, steps, name, tries, lanes, worker)
            return
        except StopIteration as end:
            well = bool(end.value)
        self._free[lanes].append(worker)
        self._there.discard(name)
        if well:
            self.seen.ended.setdefault(name, []).append(self.clock.passed)
        elif (rest := spread.after_failure(tries)) is None:
            self.seen.parked[name] = self.clock.passed
        else:
            self.at(self.clock.passed + rest.total_seconds(), self.put, name, tries + 1)
        self._hand_out()

    def _sweep(self, firm: Firm, worker: int) -> Steps:
        kind, tenant = self.platform, firm.tenant
        shared = (*((kind.app,) if kind.app else ()), Rate(f"tenant {tenant}", kind.tenant, 8))
        pace = Pace(self.clock, kind.name, kind.per_minute, (), (), kind.per_second)
        for call in range(firm.calls):
            if (wait := pace.wait(self.clock.passed)) > 0:
                yield wait
            while (wait := self._budgets[worker].needed(shared, kind.name)) > 0:
                yield wait
            pace.left(self.clock.passed)
            self.seen.calls += 1
            self.seen.by_minute[int(self.clock.passed) // 60] += 1
            if self._limiter.start(tenant, self.clock.now()):
                self.seen.refused += 1
            yield kind.answer * self._chance.uniform(0.5, 1.5)
            if firm.poisoned and call == firm.calls // 2:
                return False
        begin = max(self.clock.passed, self._busy_until[worker])
        self._busy_until[worker] = begin + self.cpu
        yield self._busy_until[worker] - self.clock.passed
        return True
