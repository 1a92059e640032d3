"""How long a saved connection lives if nobody uses it, and when to say so."""

from dataclasses import dataclass
from datetime import datetime

from worker.core.grant import Grant, GrantState

WARNED = (30, 14, 7, 3, 1)
"""Days before its end at which a connection is spoken of, ever more urgently."""
URGENT = 7


@dataclass(frozen=True, slots=True)
class Countdown:
    """A connection that a person should look at. `days` left, None when it no longer works at all."""

    connection: str
    days: int | None
    sentence: str

    @property
    def urgent(self) -> bool:
        """Whether it ends within a week or has ended: more than a remark."""
        return self.days is None or self.days <= URGENT

    @property
    def level(self) -> int | None:
        """The one of 30, 14, 7, 3 and 1 days that has been reached; None when it no longer works."""
        return None if self.days is None else min(w for w in WARNED if self.days <= w)


def days_left(grant: Grant, now: datetime) -> int | None:
    """Whole days until the refresh token dies unused, 0 when it has; None when that is unknown."""
    return None if grant.ends is None else max(0, (grant.ends - now).days)


def countdown(name: str, grant: Grant, now: datetime) -> Countdown | None:
    """What to say about a connection; None while there is nothing to say."""
    if grant.state is not GrantState.GOOD:
        return Countdown(name, None, f'The connection "{name}" needs a new consent. {grant.why}'.strip())
    days = days_left(grant, now)
    if days is None or days > WARNED[0] or grant.ends is None:
        return None
    on = f"{grant.ends:%-d %b %Y}"
    if grant.ends <= now:
        return Countdown(name, 0, f'The connection "{name}" ended on {on}, unused: connect again.')
    left = "within a day" if days == 0 else f"in {days} day{'s' if days != 1 else ''}"
    words = (
        f'The connection "{name}" ends {left}, on {on}, unless a run renews it before; if runs cannot, connect again.'
    )
    return Countdown(name, days, words)
