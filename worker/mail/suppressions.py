"""What SendGrid could not or may not deliver: bounces, blocks, invalid addresses and complaints, polled.

Public reference: SendGrid v3 "Suppressions"; `start_time` in epoch seconds, `limit` up to 500, `offset`. An address on
one of its lists is silently dropped, so its owner has to be found and told.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from worker.core.plain import one_line
from worker.errors import MailboxError

LISTS = {"bounces": "bounced", "blocks": "blocked", "invalid_emails": "no such address", "spam_reports": "complained"}
_PAGE = 500
_MOST = 20
"""Pages of one list in one run."""


@dataclass(frozen=True, slots=True)
class Suppressed:
    """One address on one list. `at` is an instant in UTC."""

    listed: str
    email: str
    at: datetime
    why: str

    @property
    def complained(self) -> bool:
        """Whether a person called our mail spam."""
        return self.listed == "spam_reports"


def suppressed(key: str, endpoint: str, since: datetime, timeout: float = 30.0) -> list[Suppressed]:
    """Everything listed since an instant. Raises MailboxError when SendGrid does not answer or refuses the key."""
    import requests

    with requests.Session() as session:
        session.headers["Authorization"] = f"Bearer {key}"
        found: list[Suppressed] = []
        for name in LISTS:
            try:
                found += _list(session, endpoint, name, since, timeout)
            except (requests.RequestException, ValueError, KeyError, TypeError) as error:
                what = f"SendGrid's list of {name} cannot be read ({type(error).__name__})."
                raise MailboxError(what, "Nothing needs doing: the next run tries again.") from None
    return found


def _list(session: Any, endpoint: str, name: str, since: datetime, timeout: float) -> Iterator[Suppressed]:
    for page in range(_MOST):
        asked = {"start_time": int(since.timestamp()), "limit": _PAGE, "offset": page * _PAGE}
        reply = session.get(f"{endpoint}/v3/suppression/{name}", params=asked, timeout=timeout, allow_redirects=False)
        if reply.status_code in {401, 403}:
            todo = "Give the API key the right to read suppressions, or write suppressions: no."
            raise MailboxError(f"SendGrid does not let the key read its list of {name} ({reply.status_code}).", todo)
        if reply.status_code != 200:
            raise MailboxError(f"SendGrid's list of {name} cannot be read ({reply.status_code}).")
        rows = reply.json()
        for row in rows:
            at = datetime.fromtimestamp(int(row["created"]), UTC)
            why = one_line(f"{row.get('status', '')} {row.get('reason', '')}")[:200]
            yield Suppressed(name, str(row["email"]).strip().lower(), at, why or LISTS[name])
        if len(rows) < _PAGE:
            return
