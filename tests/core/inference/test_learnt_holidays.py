"""What real payers were seen to do with a run on a holiday, with the dates it was seen on.

Eindhoven University of Technology: the log of the BPI Challenge 2020. The English councils: their published payments
over 500 pounds, under the Open Government Licence. docs/payment-runs.md has the counts.
"""

from datetime import date, timedelta

import pytest

from worker.calendars import calendar_for
from worker.core.inference.answer import infer
from worker.core.inference.evidence import Settled, evidence_of
from worker.core.inference.holidays import learnt_roll
from worker.core.inference.rules import Library
from worker.core.payment_run import Roll, parse_pays
from worker.core.workdays import Calendar

NL = calendar_for("NL", years=range(2016, 2020))
ENGLAND = calendar_for("GB", "ENG", years=range(2016, 2027))


def weekdays_between(first: date, last: date, *wanted: int) -> list[date]:
    days = [first + timedelta(days=n) for n in range((last - first).days + 1)]
    return [d for d in days if d.weekday() in wanted]


def rolled(pays: str, days: list[date], calendar: Calendar) -> Roll:
    library = Library(calendar, date(2016, 1, 1), date(2026, 12, 31))
    return learnt_roll(parse_pays(pays), evidence_of(Settled(d) for d in days), library)


def test_eindhoven_skips_easter_whit_monday_ascension_and_kings_day() -> None:
    """Twice weekly, Mondays and Thursdays: the run of a holiday is left out, not moved."""
    runs = weekdays_between(date(2018, 3, 1), date(2018, 7, 19), 0, 3)
    paid = [d for d in runs if NL.is_business_day(d)]
    assert date(2018, 4, 2) not in paid  # Easter Monday
    assert date(2018, 5, 10) not in paid  # Ascension Day
    assert date(2018, 5, 21) not in paid  # Whit Monday
    assert rolled("monday and thursday", paid, NL) is Roll.SKIP


def test_oxford_pays_its_tuesday_run_the_day_after_a_holiday() -> None:
    """Two of two holiday Tuesdays were made up on the next business day."""
    runs = weekdays_between(date(2018, 9, 4), date(2019, 4, 30), 1)
    paid = [d if ENGLAND.is_business_day(d) else ENGLAND.next_business_day(d) for d in runs]
    assert date(2019, 1, 2) in paid
    assert rolled("tuesdays", paid, ENGLAND) is Roll.NEXT


@pytest.mark.parametrize(("moves", "roll"), [(True, Roll.NEXT), (False, Roll.SKIP)])
def test_mondays_with_bank_holidays_tell_north_tyneside_from_harrogate(moves: bool, roll: Roll) -> None:
    """North Tyneside was busy the day after 25 of 41 bank holiday Mondays; Harrogate after no more than usual."""
    runs = weekdays_between(date(2025, 3, 3), date(2025, 9, 29), 0)
    closed = [d for d in runs if not ENGLAND.is_business_day(d)]
    assert [d.isoformat() for d in closed] == ["2025-04-21", "2025-05-05", "2025-05-26", "2025-08-25"]
    paid = [d for d in runs if ENGLAND.is_business_day(d)]
    paid += [ENGLAND.next_business_day(d) for d in closed] if moves else []
    assert rolled("mondays", paid, ENGLAND) is roll


def test_a_learnt_skip_shows_in_the_schedule() -> None:
    runs = weekdays_between(date(2018, 3, 1), date(2018, 7, 19), 0, 3)
    library = Library(NL, date(2017, 1, 1), date(2019, 12, 31))
    paid = evidence_of(Settled(d) for d in runs if NL.is_business_day(d))
    schedule = infer(paid, library, date(2019, 4, 12)).schedule(NL)
    assert schedule is not None
    assert date(2019, 4, 23) not in schedule.runs(date(2019, 4, 19), date(2019, 4, 26))  # after Easter Monday
    assert schedule.runs(date(2019, 4, 19), date(2019, 4, 26)) == (date(2019, 4, 25),)
