"""What real payers were seen to do with a run on a holiday, with the dates it was seen on.

Eindhoven University of Technology: the log of the BPI Challenge 2020. The English councils: their published payments
over 500 pounds, under the Open Government Licence. docs/bookkeeper/learnt-runs.md has the counts.
"""

from datetime import date, timedelta

import pytest

from worker.calendars import calendar_for
from worker.core.inference.answer import infer
from worker.core.inference.evidence import Settled, evidence_of
from worker.core.inference.holidays import AT_CHRISTMAS, at_christmas, closed_rate, learnt_roll
from worker.core.inference.rules import CHRISTMAS, Library
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


EINDHOVEN_MISSED = [
    "2018-04-02",  # Easter Monday
    "2018-05-10",  # Ascension Day
    "2018-05-21",  # Whit Monday
]


def eindhoven() -> list[date]:
    """Its run days from March 2018 to mid January 2019, as logged: the runs between Christmas and New Year were left
    out, and one ordinary Monday (30 July) was paid on the Tuesday."""
    runs = weekdays_between(date(2018, 3, 1), date(2019, 1, 14), 0, 3)
    missed = {
        date.fromisoformat(d) for d in (*EINDHOVEN_MISSED, "2018-07-30", "2018-12-24", "2018-12-27", "2018-12-31")
    }
    return sorted({*(set(runs) - missed), date(2018, 7, 31)})


def test_eindhoven_skips_easter_whit_monday_and_ascension() -> None:
    """Twice weekly, Mondays and Thursdays: the run of a holiday is left out, not moved."""
    assert not any(NL.is_business_day(date.fromisoformat(d)) for d in EINDHOVEN_MISSED)
    assert rolled("monday and thursday", eindhoven(), NL) is Roll.SKIP


def test_eindhoven_is_expected_before_and_after_christmas_and_on_no_holiday_between() -> None:
    library = Library(NL, date(2017, 1, 1), date(2019, 12, 31))
    cycle = infer(evidence_of(Settled(d) for d in eindhoven() if d < date(2018, 12, 18)), library, date(2018, 12, 18))
    schedule = cycle.schedule(NL)
    assert schedule is not None
    ahead = schedule.runs(date(2018, 12, 19), date(2019, 1, 8))
    assert ahead == (date(2018, 12, 20), date(2019, 1, 3), date(2019, 1, 7))  # as it happened: 220, 151 and 78 claims


def test_oxford_pays_its_tuesday_run_the_day_after_a_holiday() -> None:
    """27 December 2016 was made up on Wednesday the 28th, 26 December 2017 on Wednesday the 27th."""
    closed = {date(2016, 12, 27): date(2016, 12, 28), date(2017, 12, 26): date(2017, 12, 27)}
    runs = weekdays_between(date(2016, 9, 6), date(2018, 1, 30), 1)
    paid = [closed.get(d, d) for d in runs if d != date(2017, 1, 3)]
    assert not any(ENGLAND.is_business_day(d) for d in closed)
    assert rolled("tuesdays", paid, ENGLAND) is Roll.NEXT


HARROGATE_SKIPPED = [
    *("2017-01-02", "2017-04-17", "2017-05-01", "2017-05-29", "2017-08-28", "2018-04-02", "2018-05-07", "2018-05-28"),
    *("2018-08-27", "2019-04-22", "2019-05-06", "2019-05-27", "2019-08-26"),
]
"""Bank holiday Mondays of Harrogate's Monday run: nothing that day nor on the Tuesday, the Wednesday run as ever."""


def test_harrogate_leaves_out_the_monday_run_of_a_bank_holiday() -> None:
    mondays = weekdays_between(date(2017, 1, 2), date(2019, 9, 30), 0)
    closed = [
        d.isoformat() for d in mondays if not ENGLAND.is_business_day(d) and d.month < 12 and d != date(2018, 1, 1)
    ]
    assert closed == HARROGATE_SKIPPED
    paid = [d for d in mondays if ENGLAND.is_business_day(d)]
    wednesdays = [d for d in weekdays_between(date(2017, 1, 2), date(2019, 9, 30), 2) if ENGLAND.is_business_day(d)]
    assert rolled("monday and wednesday", sorted(paid + wednesdays), ENGLAND) is Roll.SKIP


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


def test_a_client_that_paid_at_christmas_before_is_expected_to_and_another_is_not() -> None:
    """Oxford's Tuesday runs went on between Christmas and New Year, made up the day after a holiday; Eindhoven's did
    not. Before a first Christmas was seen no run is expected."""
    library = Library(ENGLAND, date(2014, 1, 1), date(2020, 12, 31))
    moved = {date(2016, 12, 27): date(2016, 12, 28), date(2017, 12, 26): date(2017, 12, 27)}
    tuesdays = [moved.get(d, d) for d in weekdays_between(date(2016, 9, 6), date(2018, 11, 27), 1)]
    always, before = (
        evidence_of(Settled(d) for d in days) for days in (tuesdays, [d for d in tuesdays if not CHRISTMAS.covers(d)])
    )
    fortnight = (date(2018, 12, 24), date(2019, 1, 2))
    shown = infer(always, library, date(2018, 11, 28)).schedule(ENGLAND)
    assert shown is not None
    assert shown.runs(*fortnight) == (date(2018, 12, 27), date(2019, 1, 2))  # the Tuesdays are holidays
    newer = evidence_of(s for s in always.settled if s.paid >= date(2018, 1, 2))  # a first payment tells of no habit
    quiet = infer(newer, library, date(2018, 11, 28))
    assert quiet.rule is not None
    schedule = quiet.schedule(ENGLAND)
    assert schedule is not None
    assert schedule.runs(*fortnight) == ()
    assert at_christmas(always, library) > AT_CHRISTMAS[0] / AT_CHRISTMAS[1] > at_christmas(before, library)


def test_a_run_in_december_of_a_month_end_payer_is_still_named() -> None:
    """Its next run is in the fortnight, the one after it beyond the usual horizon."""
    library = Library(ENGLAND, date(2016, 1, 1), date(2020, 12, 31))
    ends = [date(2018, month, 1) - timedelta(days=1) for month in range(3, 13)]
    paid = [ENGLAND.previous_business_day(d) for d in ends]
    cycle = infer(evidence_of(Settled(d) for d in paid), library, date(2018, 12, 3))
    assert cycle.rule is not None
    assert cycle.confidence > 0.5


def test_a_client_paying_on_any_day_of_the_week_is_told_from_one_late_entry() -> None:
    library = Library(ENGLAND, date(2016, 1, 1), date(2020, 12, 31))
    every_day = [date(2018, 1, 1) + timedelta(days=9 * n) for n in range(20)]
    business = [ENGLAND.next_business_day(d) for d in every_day]
    one_sunday = [*business[:-1], date(2018, 6, 24)]
    rates = [closed_rate(evidence_of(Settled(d) for d in days), library) for days in (business, one_sunday, every_day)]
    assert rates[0] < 0.01 < rates[1] < 0.1 < rates[2]
    assert 0.25 < rates[2] < 0.35
