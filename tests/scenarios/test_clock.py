"""N1, N2: sweeps at every hour, and steps hung on different days."""

from datetime import date, time, timedelta

import pytest

from tests.core.build import client_settings, invoice, ladder, settings
from tests.scenarios.simulate import Firm, run
from worker.core.when import Span, Unit

ISSUED = date(2026, 9, 1)
DUE = ISSUED + timedelta(days=30)


def test_N1_hourly_sweeps_send_one_reminder_a_day() -> None:
    steps = ladder("1 day after due", "1 day after previous", "1 day after previous", gap=Span(0, Unit.DAY))
    made = Firm(settings(client_settings(policy=steps))).issue(invoice("A1", "2026-09-21"))
    diary = run(made, "2026-09-22", "2026-09-24", times=[time(hour) for hour in range(24)])
    assert diary.letters == [("2026-09-22", "step-1"), ("2026-09-23", "step-2"), ("2026-09-24", "step-3")]
    assert {p.as_of.at for p in diary.plans if any(True for d in p.decisions if type(d).__name__ == "Remind")} == {
        time(9)
    }


@pytest.mark.parametrize(
    ("steps", "expected"),
    [
        (("7 days after issued", "1 day before due", "1 day after due"), ISSUED + timedelta(days=7)),
        (("2 days before due", "14 days after due", "30 days after due"), ISSUED + timedelta(days=28)),
        (("50 days after issued", "29 days before due", "1 day after due"), ISSUED + timedelta(days=1)),
    ],
)
def test_N2_mixed_anchors_pick_the_earliest_still_ahead(steps: tuple[str, ...], expected: date) -> None:
    made = Firm(settings(client_settings(policy=ladder(*steps)))).issue(invoice("A1", DUE, issued=ISSUED))
    made.sending = False
    diary = run(made, ISSUED, ISSUED)
    (standing,) = diary.last.standings
    assert standing.next_on == expected


def test_N2_two_before_and_one_after() -> None:
    steps = ladder("4 days before due", "2 days before due", "3 days after due", gap=Span(1, Unit.DAY))
    made = Firm(settings(client_settings(policy=steps))).issue(invoice("A1", "2026-09-18", issued="2026-09-01"))
    diary = run(made, "2026-09-01", "2026-10-30")
    assert diary.letters == [("2026-09-14", "step-1"), ("2026-09-16", "step-2"), ("2026-09-21", "step-3")]


def test_N2_a_paid_invoice_has_no_next_date() -> None:
    made = Firm(settings(client_settings(policy=ladder("4 days before due")))).issue(invoice("A1", DUE, issued=ISSUED))
    made.pay("A1")
    assert run(made, ISSUED, DUE).last.standings == ()
