"""How many calls may leave in any minute, counted for everybody who takes part. PURE.

Permits are granted in small batches, ahead of their use, and counted by whole seconds of one clock: that of the store
they share. A permit granted for a moment may be used from then on for `LIFE` seconds; after that it is void. Whatever
the order in which takers ask and use, no 60 seconds hold more than `most` uses: all uses in a window come from
grants of `SPAN` seconds in a row, and no such row holds more.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from math import floor

MINUTE = 60
LIFE = 3
"""Seconds for which a permit is good. Longer would save questions to the store, and cost throughput: a sustained rate
is `most` in SPAN seconds."""
SPAN = MINUTE + LIFE + 1
PATIENCE = 300
"""Seconds for which one may be told to wait; beyond it, it is for another sweep to ask again."""
FIRST = 4
"""Permits of the first batch; later ones follow what was used."""

Counted = Mapping[int, int]
"""Second of the store's clock -> permits granted for it."""


@dataclass(frozen=True, slots=True, order=True)
class Rate:
    """One limit that several takers share: `most` calls in any minute. `batch`: permits taken at a time, at most."""

    name: str
    most: int
    batch: int


@dataclass(frozen=True, slots=True)
class Allowed:
    """`count` permits, good `wait` seconds from when they were asked for; `counted` is what the store keeps. `count` is
    0, and nothing changes, when the wait would be longer than PATIENCE."""

    counted: dict[int, int]
    count: int
    wait: float


def grant(counted: Counted, now: float, want: int, rate: Rate) -> Allowed:
    """The earliest moment at which `want` more fit, not before anybody else's. `now`: seconds of the store's clock."""
    this = floor(now)
    # What lies further ahead than anybody may wait was written by a clock that was set back since.
    known = {s: n for s, n in counted.items() if this - SPAN < s <= this + PATIENCE + 1}
    want = min(want, rate.most)
    earliest = max(this, *known) if known else this
    room = (s for s in sorted({earliest, *(k + SPAN for k in known)}) if s >= earliest)
    second = next(s for s in room if sum(n for k, n in known.items() if k > s - SPAN) + want <= rate.most)
    wait = max(0.0, second - now)
    if wait > PATIENCE:
        return Allowed(known, 0, wait)
    return Allowed({**known, second: known.get(second, 0) + want}, want, wait)


def next_batch(taken: int, used: int, most: int) -> int:
    """How many to take after a batch of `taken` of which `used` were used: more while they do not suffice, fewer when
    they become void."""
    return min(most, taken * 2 if used >= taken else max(1, used))


def written(counted: Counted) -> str:
    """As text, for a store."""
    return " ".join(f"{second}:{count}" for second, count in sorted(counted.items()))


def read(text: str) -> dict[int, int]:
    """From text."""
    return {int(second): int(count) for second, _, count in (part.partition(":") for part in text.split())}
