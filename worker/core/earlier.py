"""What the books' own history of an invoice says about reminders of before duecourse.

No platform documents the words of these lines, so they are recognised by what any of them must say: a reminder, sent.
What is not recognised is left alone: a contact too few costs a gap, one too many would cost a client an answer.
"""

import re
from dataclasses import dataclass
from datetime import datetime

from worker.core.plain import one_line, shortened

_OURS = re.compile(r"duecourse: (?P<step>.{1,80}) sent to \S")
_REMINDER = re.compile(r"\b(?:payment |invoice )?reminders?\b", re.IGNORECASE)
_NOT_ONE = re.compile(
    r"\b(?:not|n't|never|turned|switched|disabled|enabled|off|failed|cancell?ed|scheduled|skipped|missing|settings?)\b"
    r"|n't\b|too small",
    re.IGNORECASE,
)
LONGEST = 120


@dataclass(frozen=True, slots=True)
class BooksNote:
    """One line of an invoice's history in the books: when (UTC), what kind of line, by whom and its words."""

    at: datetime
    what: str = ""
    by: str = ""
    details: str = ""


@dataclass(frozen=True, slots=True)
class EarlierReminder:
    """A reminder that went: `what` for the record, `step` its name where duecourse itself wrote the line."""

    at: datetime
    what: str
    step: str = ""


def reminder_in(note: BooksNote) -> EarlierReminder | None:
    """The reminder this line tells of; None when it tells of none, or of one that did not go."""
    details = one_line(note.details)
    if ours := _OURS.match(details):
        return EarlierReminder(note.at, ours["step"], ours["step"]) if ours["step"] != "thanks" else None
    said = f"{one_line(note.what)}: {details}" if note.what and details else one_line(note.what) or details
    if not _REMINDER.search(said) or _NOT_ONE.search(said):
        return None
    return EarlierReminder(note.at, f"in the books: {shortened(said, LONGEST)}")
