"""Consents as values: how long each platform lets them live, the first grant of one, and the names they are kept by."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from worker.core.grant import Grant
from worker.core.secret import Secret

EARLY = timedelta(seconds=60)
"""Renew a little before the end, so that no request carries a token dying on the way."""


@dataclass(frozen=True, slots=True)
class Lifetimes:
    """How long a refresh token lives: `unused` since its last use, and `whole` since the consent, whatever the use.

    `unused_field` and `whole_field` name the answer's fields that say so in seconds, where a platform has them; what
    the answer says goes before what we know.
    """

    unused: timedelta
    whole: timedelta | None = None
    unused_field: str = ""
    whole_field: str = ""

    def ends(self, answer: Mapping[str, Any], consented: datetime | None, now: datetime) -> datetime:
        """The UTC instant at which the refresh token in this answer dies if it is never used again."""
        idle = now + (_seconds(answer, self.unused_field) or self.unused)
        hard = _seconds(answer, self.whole_field)
        if hard is not None:
            return min(idle, now + hard)
        if self.whole is not None and consented is not None:
            return min(idle, consented + self.whole)
        return idle


def first_grant(
    platform: str,
    client_id: str,
    answer: Mapping[str, Any],
    now: datetime,
    lifetimes: Lifetimes,
    tenants: tuple[tuple[str, str], ...] = (),
    before: Grant | None = None,
) -> Grant:
    """The grant of a consent just given, from the token endpoint's answer to its code.

    `platform` is the word written as `kind:` (xero, quickbooks). `before`, what was kept under the same name, only
    lends its generation, so that a process that still holds it sees that the store has moved on.
    """
    return Grant(
        refresh=Secret(str(answer.get("refresh_token", ""))),
        access=Secret(str(answer["access_token"])),
        expires=expiry(now, answer),
        previous=Secret(""),
        generation=before.generation + 1 if before else 0,
        platform=platform,
        client_id=client_id,
        consented=now,
        refreshed=now,
        ends=lifetimes.ends(answer, now, now),
        tenants=tenants,
    )


def grant_name(platform: str, client_id: str, first: str) -> str:
    """The store's name for a consent. A new consent has a new first token, hence a new name: old ones stay put.

    Organisations that share one consent share one name, because refreshing in two places would end it.
    """
    return f"{platform}-{_digest(client_id, first)[:16]}"


def token_hash(token: Secret) -> str:
    """What may be written about a token: enough to know it again, not to use it."""
    return _digest(token.reveal())


def expiry(now: datetime, answer: Mapping[str, Any]) -> datetime:
    """When to stop using the access token of an answer (UTC)."""
    return now + (_seconds(answer, "expires_in") or timedelta(minutes=30)) - EARLY


def _seconds(answer: Mapping[str, Any], key: str) -> timedelta | None:
    lasts = answer.get(key) if key else None
    return timedelta(seconds=lasts) if isinstance(lasts, int) and 0 < lasts < 10**9 else None


def _digest(*lines: str) -> str:
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()
