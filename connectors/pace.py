"""Staying under a platform's rate limits, from what its headers say and what we know we asked.

One `Pace` belongs to one connection, hence to one organisation (platforms count per tenant or company); a connection
asks one thing at a time, so of the five calls at once that Xero allows it never uses more than one. What the whole
application may ask in a minute is shared with processes we do not see: there the header is believed, and a `Budget`
counts what other workers on the same logbook ask.
"""

from collections import deque
from collections.abc import Mapping
from typing import TYPE_CHECKING

from connectors.logs import warn
from worker.errors import BooksUnavailable

if TYPE_CHECKING:
    from connectors.budget import Budget
    from worker.core.permits import Rate
    from worker.ports import Clock

MINUTE = 60.0
APP_FLOOR = 100
"""Calls left in the application's minute at which a worker steps back: many may be reading the same number."""
APP_PAUSE = 20.0
"""Seconds it steps back. A minute ends within three of them, and each look between costs one call."""


class Pace:
    """Keeps calls under a platform's rate limits.

    `per_minute` calls in any 60 s and `per_second` in any one (0: no such limit); a tenth of the day's calls is kept
    for last looks. `day_limits` are the known sizes of a day, for the headers tell what remains but not of how much.
    """

    def __init__(
        self,
        clock: "Clock",
        platform: str,
        per_minute: int,
        day_limits: tuple[int, ...],
        headers: tuple[str, ...],
        per_second: int = 0,
        *,
        budget: "Budget | None" = None,
        shared: "tuple[Rate, ...]" = (),
    ) -> None:
        """`headers`: names of those that tell what is left of the minute, of the day and of the application's minute;
        fewer or empty where a platform does not tell. `budget`: asked for a permit of each of the `shared` limits."""
        self._budget, self._shared = budget, shared
        self._clock, self._platform, self._per_minute = clock, platform, per_minute
        self._day_limits, self._per_second = day_limits, per_second
        self._names = (*headers, "", "", "")[:3]
        self._calls: deque[float] = deque(maxlen=per_minute)
        self._minute: int | None = None
        self._app: int | None = None
        self._day: int | None = None
        self._told = 0.0
        self._most = 0

    @property
    def reserve(self) -> int:
        """Calls of the day kept for last looks: a tenth of the smallest known day that fits what was seen left."""
        day = next((limit for limit in self._day_limits if limit >= self._most), self._most)
        return day // 10

    @property
    def spare(self) -> bool:
        """Whether calls remain beyond the reserve. What was said over an hour ago is forgotten: days end."""
        old = self._clock.monotonic() - self._told > 3600
        return self._day is None or self._day > self.reserve or old

    def before(self, *, last_look: bool) -> None:
        """Wait for a free place. Raises BooksUnavailable when only the reserve is left, or the budget has no place."""
        if not last_look and not self.spare:
            raise BooksUnavailable(
                f"Only {self._day} of today's calls to {self._platform} are left, and they are kept for last looks.",
                "Sweep less often today; the platform gives new calls tomorrow.",
            )
        if (wait := self.wait(self._clock.monotonic())) > 0:
            warn("books.pacing", platform=self._platform, wait=round(wait, 1))
            self._clock.sleep(wait)
        if self._budget:
            self._budget.enter(self._shared, self._platform)
        self.left(self._clock.monotonic())

    def left(self, now: float) -> None:
        """A call leaves now."""
        self._minute = self._app = None
        self._calls.append(now)

    def wait(self, now: float) -> float:
        """Seconds until the next call fits."""
        while self._calls and self._calls[0] <= now - MINUTE:
            self._calls.popleft()
        waits = [0.0]
        if self._calls and (len(self._calls) == self._per_minute or self._minute == 0):
            waits.append(self._calls[0] + MINUTE - now)
        if self._per_second and len(self._calls) >= self._per_second:
            waits.append(self._calls[-self._per_second] + 1.0 - now)
        if self._app is not None and self._app <= APP_FLOOR and self._calls:
            waits.append(self._calls[-1] + APP_PAUSE - now)
        return max(waits)

    def after(self, headers: Mapping[str, str]) -> None:
        """Remember what the headers of a reply say."""
        self._minute, day, self._app = (_left(headers.get(name, "")) for name in self._names)
        if day is not None:
            self._day, self._told = day, self._clock.monotonic()
            self._most = max(self._most, day)


def _left(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdecimal() else None
