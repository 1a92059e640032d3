"""The clock: the only place that reads the time. `--now` moves the wall clock, which then runs on from there."""

import time
from datetime import UTC, datetime, timedelta


class SystemClock:
    """The Clock port. `start` (aware) is what the wall shows at this moment; None: the real time."""

    def __init__(self, start: datetime | None = None) -> None:
        self._offset = start - datetime.now(UTC) if start else timedelta(0)
        self.moved = start is not None

    def now(self) -> datetime:
        """The current instant, aware, UTC."""
        return datetime.now(UTC) + self._offset

    def monotonic(self) -> float:
        """Seconds on a clock that never steps."""
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        """Wait."""
        time.sleep(seconds)
