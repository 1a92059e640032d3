"""Which lines of an invoice's history tell of a reminder that went."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from worker.core.earlier import LONGEST, BooksNote, reminder_in

AT = datetime(2026, 3, 2, 7, tzinfo=UTC)


@pytest.mark.parametrize(
    ("what", "details", "found"),
    [
        ("Invoice reminder", "Reminder sent to ap@x.example", ("in the books: Invoice reminder: Reminder sent to", "")),
        ("Note", "Second payment reminder e-mailed by Jo", ("in the books: Note: Second payment reminder", "")),
        ("Reminder", "", ("in the books: Reminder", "")),
        ("Note", "duecourse: nudge sent to ap@x.example", ("nudge", "nudge")),
        ("Note", "duecourse: thanks sent to ap@x.example", None),
        ("Reminder", "Reminder not sent: email missing", None),
        ("Edited", "Reminders turned off for this invoice", None),
        ("Reminder", "didn't send the reminder", None),
        ("Sent", "INV-7 sent to ap@x.example", None),
        ("Created", "INV-7 created", None),
    ],
)
def test_what_a_line_tells(what: str, details: str, found: tuple[str, str] | None) -> None:
    told = reminder_in(BooksNote(AT, what, "Jo", details))
    assert (told is None) == (found is None)
    if told and found:
        assert told.what.startswith(found[0])
        assert told.step == found[1]


@given(st.text(max_size=400), st.text(max_size=400))
def test_whatever_it_says_it_is_one_short_line(what: str, details: str) -> None:
    told = reminder_in(BooksNote(AT, what, "", details))
    assert told is None or ("\n" not in told.what and len(told.what) <= LONGEST + 20)
