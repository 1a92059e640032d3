"""A platform's limits shared by processes that do not see each other: permits taken in small batches from a store.

One `Pool` belongs to a process: what its sweeps share lies in it, so that the store is asked once for several calls.
What cannot be asked for is not done: without the store no call leaves.
"""

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from connectors.logs import warn
from worker.core.permits import FIRST, LIFE, MINUTE, PATIENCE, Rate, next_batch
from worker.errors import BooksUnavailable, LogbookError

if TYPE_CHECKING:
    from worker.ports import Clock, Permits

_REMEMBERED = 1000
"""Limits whose last batch is remembered; of thousands of organisations most are at rest."""


@dataclass
class _Batch:
    """`left` of `taken` permits, good from `begin` until `end` (monotonic seconds of this process)."""

    taken: int
    left: int
    begin: float
    end: float


@dataclass
class Pool:
    """The permits this process holds. Any number of threads may use it."""

    batches: dict[str, _Batch] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)


class Budget:
    """Asks for a permit of each of some limits at once."""

    def __init__(self, pool: Pool, store: "Permits", clock: "Clock") -> None:
        """`pool` is this process's; `store` is what all share."""
        self._pool, self._store, self._clock = pool, store, clock

    def enter(self, rates: Sequence[Rate], platform: str) -> None:
        """Wait until a call may leave. Raises BooksUnavailable when that would take minutes, or cannot be told."""
        began = self._clock.monotonic()
        while (wait := self.needed(rates, platform)) > 0:
            if self._clock.monotonic() - began + wait > PATIENCE:
                raise _crowded(platform, wait)
            warn("books.sharing", platform=platform, wait=round(wait, 1))
            self._clock.sleep(wait)

    def needed(self, rates: Sequence[Rate], platform: str) -> float:
        """Seconds to wait before asking again; 0: the permits are used and the call may leave now."""
        with self._pool.lock:
            now = self._clock.monotonic()
            lacking = {r: self._size(r) for r in rates if not _good(self._pool.batches.get(r.name), now)}
            if lacking:
                self._take(lacking, platform)
                now = self._clock.monotonic()
            held = [self._pool.batches[r.name] for r in rates]
            wait = max(0.0, *(b.begin - now for b in held))
            if wait > 0 or not all(_good(b, now) for b in held):
                return max(wait, 0.001)
            for batch in held:
                batch.left -= 1
        return 0.0

    def _size(self, rate: Rate) -> int:
        last = self._pool.batches.get(rate.name)
        return next_batch(last.taken, last.taken - last.left, rate.batch) if last else min(FIRST, rate.batch)

    def _take(self, lacking: Mapping[Rate, int], platform: str) -> None:
        asked = self._clock.monotonic()
        try:
            granted = self._store.take(lacking)
        except LogbookError as error:
            raise BooksUnavailable(
                f"{platform} was not asked: how many calls are left for this minute is on record in the logbook's "
                "database, which cannot be reached.",
                "Look at the database server; the next sweep tries again.",
            ) from error
        answered = self._clock.monotonic()
        if len(self._pool.batches) > _REMEMBERED:
            kept = {n: b for n, b in self._pool.batches.items() if b.end > asked - MINUTE}
            self._pool.batches = kept
        for rate, found in granted.items():
            if not found.count:
                raise _crowded(platform, found.wait)
            # Between our asking and our hearing, the store counted: begin no earlier than it did, end no later.
            batch = _Batch(found.count, found.count, answered + found.wait, asked + found.wait + LIFE)
            self._pool.batches[rate.name] = batch


def _good(batch: _Batch | None, now: float) -> bool:
    return batch is not None and batch.left > 0 and now < batch.end


def _crowded(platform: str, seconds: float) -> BooksUnavailable:
    return BooksUnavailable(
        f"{platform} gives all workers together no free call for another {seconds:.0f} seconds.",
        "Nothing needs doing: the next sweep tries again. If it happens every hour, sweep less often.",
    )
