"""What is kept of one consent to read books: tokens, when they end, what they cover, and whether they still work."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from worker.core.secret import Secret


class GrantState(StrEnum):
    """Whether a connection can be used, or a person must consent again."""

    GOOD = "good"
    NEEDS_CONSENT = "needs consent"


@dataclass(frozen=True, slots=True)
class Intent:
    """Written before a refresh is asked for: a one-way hash of the token that was going to be used, and when (UTC).

    Found later, it says that the platform may have answered without our hearing it.
    """

    token: str
    since: datetime


@dataclass(frozen=True, slots=True)
class Grant:
    """One consent. `previous` is the refresh token before this one; `generation` counts the answers kept.

    `expires` is the UTC instant at which `access` ends (already a little early). `consented`, `refreshed` and `ends`
    are UTC instants or None when unknown; `ends` is when the refresh token dies if it is never used again. `tenants`
    are (platform's id, name) of what the consent covers, in the platform's order. `why` explains a state that is not
    good.
    """

    refresh: Secret
    access: Secret
    expires: datetime
    previous: Secret
    generation: int = 0
    platform: str = ""
    client_id: str = ""
    consented: datetime | None = None
    refreshed: datetime | None = None
    ends: datetime | None = None
    tenants: tuple[tuple[str, str], ...] = ()
    state: GrantState = GrantState.GOOD
    why: str = ""
    intent: Intent | None = None

    @property
    def only_tenant(self) -> str:
        """The id of the one tenant this consent covers; "" when it covers none that we know of, or several."""
        return self.tenants[0][0] if len(self.tenants) == 1 else ""
