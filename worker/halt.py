"""Stopping in good time: before a function's deadline, or when the platform asks the process to end.

What stops cleanly loses nothing: a reading that was cut is thrown away whole, a message in hand is finished, and the
next run goes on with the organisations that waited longest.
"""

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import FrameType

TO_START = 60.0
"""Seconds that must be left before another organisation is begun."""
TO_END = 15.0
"""Seconds kept for finishing the message in hand and recording it."""

NO_TIME = "the time of this invocation is nearly used up: the next one goes on"
ASKED = "the process was asked to end: the next run goes on"


@dataclass
class Halt:
    """Why to stop, if there is a reason. `left` answers how many seconds remain (None: as many as it takes)."""

    left: Callable[[], float] | None = None
    asked: bool = False

    def before_start(self) -> str:
        """Why not to begin another organisation; "" to go on."""
        return self._why(TO_START)

    def now(self) -> str:
        """Why to end what is being done; "" to go on."""
        return self._why(TO_END)

    def _why(self, needed: float) -> str:
        if self.asked:
            return ASKED
        return NO_TIME if self.left is not None and self.left() < needed else ""


@contextmanager
def on_signals(halt: Halt) -> Iterator[None]:
    """While inside, SIGTERM asks `halt` to stop instead of ending the process; a second one ends it at once."""

    def ask(number: int, _: FrameType | None) -> None:
        if halt.asked:
            signal.signal(number, signal.SIG_DFL)
            signal.raise_signal(number)
        halt.asked = True

    before = signal.signal(signal.SIGTERM, ask)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
