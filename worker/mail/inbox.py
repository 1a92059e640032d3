"""Looks into a mailbox for what is new and concerns us. Reads the headers of new messages, and the whole only of those
that may be answers; changes nothing but the one keyword it may be told to set."""

import ssl
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from imap_tools import BaseMailBox

from worker.errors import MailboxError
from worker.mail.imap import ImapServer, open_mailbox

AT_ONCE = 2000
"""New messages looked at in one run; the rest is for the next."""
_BULK = 100

Headers = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Seen:
    """How far a folder was looked at: all of this UIDVALIDITY up to this UID (RFC 3501 2.3.1.1)."""

    validity: int = 0
    uid: int = 0


@dataclass(frozen=True, slots=True)
class Found:
    """A message of interest: its exact bytes, and the day its Date header names (None: none that can be read)."""

    raw: bytes
    dated: date | None


def look(
    server: ImapServer,
    folder: str,
    seen: Seen,
    since: date,
    wanted: Callable[[Headers], bool],
    handle: Callable[[Sequence[Found], Seen], None],
    mark: str = "",
    context: ssl.SSLContext | None = None,
) -> None:
    """Hand every new message whose headers are `wanted` to `handle`, which must make it durable, then set `mark` on
    them. A folder looked at for the first time, or numbered anew, is read from `since` on. Raises MailboxError."""
    with open_mailbox(server, context) as box:
        if not box.folder.exists(folder):
            raise MailboxError(f'The mailbox {server.username} has no folder "{folder}".', "Correct replies: folder:")
        validity = int(box.folder.status(folder, ["UIDVALIDITY"])["UIDVALIDITY"])
        box.folder.set(folder, readonly=not mark)
        start = seen if seen.validity == validity else Seen(validity)
        uids = _new(box, start, since)[:AT_ONCE]
        chosen = [m.uid for m in _fetched(box, uids, headers_only=True) if m.uid and wanted(_first(m.headers))]
        found = [Found(m.obj.as_bytes(), _day(m.date)) for m in _fetched(box, chosen, headers_only=False)]
        handle(found, Seen(validity, max([start.uid, *map(int, uids)])))
        if mark and chosen:
            box.flag(chosen, [mark], True)


def _new(box: BaseMailBox, start: Seen, since: date) -> list[str]:
    criteria = f"UID {start.uid + 1}:*" if start.uid else f"SINCE {_imap_day(since)}"
    # A range that ends in * always names the last message, however old (RFC 3501 6.4.8).
    return sorted((u for u in box.uids(criteria) if int(u) > start.uid), key=int)


def _fetched(box: BaseMailBox, uids: Sequence[str], *, headers_only: bool) -> list:  # type: ignore[type-arg]
    if not uids:
        return []
    criteria = f"UID {','.join(uids)}"
    return list(box.fetch(criteria, mark_seen=False, headers_only=headers_only, bulk=_BULK))


def _first(headers: Mapping[str, Sequence[str]]) -> dict[str, str]:
    return {name.lower(): values[0] for name, values in headers.items() if values}


_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def _imap_day(day: date) -> str:
    return f"{day.day}-{_MONTHS[day.month - 1]}-{day.year}"


def _day(moment: object) -> date | None:
    day = moment.date() if hasattr(moment, "date") else None
    return day if isinstance(day, date) and day.year > 1900 else None  # the library's word for an unreadable Date
