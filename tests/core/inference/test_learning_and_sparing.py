"""Learnt runs in an organisation's settings, what is expected to come in, and what waiting was worth."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from tests.core.build import as_of, books, client_settings, considerate, invoice, settings
from worker.core.decide import decide
from worker.core.events import Event, EventKind
from worker.core.history import History, Waited
from worker.core.inference.evidence import Settled
from worker.core.inference.learn import Learnt, Paid, is_learnt, learn, with_learnt
from worker.core.inference.receipts import outlooks, weeks
from worker.core.inference.rules import CHRISTMAS
from worker.core.inference.spared import Spared, spared
from worker.core.payment_run import RunSchedule, parse_pays
from worker.core.policy import Policy
from worker.core.settings import ClientSettings
from worker.core.workdays import Calendar

TODAY = date(2026, 3, 10)  # a Tuesday


def thursdays(count: int = 20, client_id: str = "acme") -> list[Paid]:
    runs = [r for r in RunSchedule(parse_pays("thursdays")).runs(date(2024, 1, 1), TODAY) if not CHRISTMAS.covers(r)]
    return [
        Paid(
            client_id,
            f"{client_id}-{n}",
            Settled(r, r - timedelta(days=36 + n * 7 % 9), r - timedelta(days=6 + n * 7 % 9)),
        )
        for n, r in enumerate(runs[-count:])
    ]


def learnt_from(paid: list[Paid], *clients: ClientSettings) -> Learnt:
    return learn(settings(*clients), paid, TODAY)


def chosen_of(learnt: Learnt, client_id: str = "acme") -> ClientSettings:
    return with_learnt(learnt, {client_id}).clients[client_id]


def test_a_sure_learnt_run_is_used_and_never_stated() -> None:
    chosen = chosen_of(learnt_from(thursdays()))
    assert chosen.schedule is not None
    assert chosen.schedule.next_run(TODAY) == date(2026, 3, 12)
    assert is_learnt(chosen)
    assert not chosen.run_stated


def test_confidence_below_the_policys_is_shown_not_used() -> None:
    strict = replace(considerate(), confidence=Decimal("0.999"))
    learnt = learnt_from(thursdays(), client_settings(policy=strict))
    assert learnt.cycle("acme").rule is not None
    assert chosen_of(learnt).schedule is None


def test_what_a_person_wrote_stays_and_a_contradiction_is_said() -> None:
    written = client_settings(
        schedule=RunSchedule(parse_pays("tuesdays")), run_stated=True, places={"pays": "birch.yaml:7"}
    )
    learnt = learnt_from(thursdays(), written)
    chosen = chosen_of(learnt)
    assert replace(chosen, doubt="") == written
    said = learnt.contradiction(written)
    assert said.startswith("only 0 of its last 12 payments fell on the run written down; seen: 12 of its last 12")
    agreeing = replace(written, schedule=RunSchedule(parse_pays("thursdays")))
    assert learnt.contradiction(agreeing) == ""


def test_the_clients_of_one_payer_are_looked_at_together() -> None:
    sites = [client_settings("north", payer_id="group"), client_settings("south", payer_id="group")]
    shared = [replace(p, client_id=("north", "south")[n % 2]) for n, p in enumerate(thursdays(8))]
    learnt = learnt_from(shared, *sites, client_settings("group"))
    assert len(learnt.evidence("group").dates) == 8
    assert is_learnt(chosen_of(learnt, "south"))


def test_payments_of_the_future_and_of_long_ago_say_nothing() -> None:
    late = [Paid("acme", f"f{n}", Settled(TODAY + timedelta(days=n))) for n in range(1, 9)]
    old = [Paid("acme", f"o{n}", Settled(date(2019, 1, 3) + timedelta(days=7 * n))) for n in range(9)]
    assert learnt_from(late + old).evidence("acme").dates == ()


def test_a_reminder_waits_once_for_a_learnt_run_and_the_ordinary_day_is_kept() -> None:
    policy: Policy = considerate()
    learnt = learnt_from(thursdays(), client_settings(policy=policy))
    known = with_learnt(learnt, {"acme"})
    ordinary = date(2026, 3, 12)  # four business days after due; the run that Thursday puts it off to the 17th
    snapshot = books(invoice("A1", date(2026, 3, 6), issued=date(2026, 2, 1)), read=ordinary)
    plan = decide(snapshot, known, History(), as_of(ordinary))
    assert plan.standings[0].next_on == date(2026, 3, 17)
    (note,) = plan.notes
    assert (note.kind, note.ordinary, note.on) == ("waited", ordinary, date(2026, 3, 17))
    assert decide(snapshot, learnt.settings, History(), as_of(ordinary)).notes == ()
    waited = History(waited=(Waited("A1", 0, note.step, date(2026, 3, 11)),))
    again = decide(snapshot, known, waited, as_of(ordinary))
    assert again.notes == ()
    assert again.standings[0].next_on == ordinary


def test_receipts_are_expected_on_the_clients_own_day_and_never_exceed_what_is_owed() -> None:
    learnt = learnt_from(thursdays())
    item = invoice("A1", TODAY - timedelta(days=4), "1000.00", issued=TODAY - timedelta(days=34))
    found, nothing = outlooks(books(item, read=TODAY), learnt)
    assert nothing == ()
    (one,) = found
    assert one.own
    assert one.expected.likely.weekday() == 3
    assert one.expected.early <= one.expected.median <= one.expected.late
    by_week = weeks(found, TODAY, 52)
    total = sum(w.amount for w in by_week)
    assert Decimal(990) <= total <= Decimal("1000.26")
    assert all(Decimal(0) <= w.low <= w.amount <= w.high <= Decimal(1000) for w in by_week)


def test_the_invoices_of_one_payer_come_partly_together_so_ten_small_ones_are_surer_than_one() -> None:
    learnt = learnt_from([p for n, p in enumerate(thursdays()) if n % 3])
    due, issued = TODAY - timedelta(days=4), TODAY - timedelta(days=34)
    items = [invoice(f"A{n}", due, "100.00", issued=issued) for n in range(10)]
    ten = weeks(outlooks(books(*items, read=TODAY), learnt)[0], TODAY, 1)[0]
    one = weeks(outlooks(books(invoice("A", due, "1000.00", issued=issued), read=TODAY), learnt)[0], TODAY, 1)[0]
    assert ten.amount == one.amount
    reach = float((ten.high - ten.amount) / (one.high - one.amount))
    assert 0.4 < reach < 0.8  # ten strangers would reach a third as far as one


def test_a_client_that_never_paid_is_judged_by_everyone() -> None:
    learnt = learnt_from(thursdays(client_id="other"), client_settings("acme"), client_settings("other"))
    found, _ = outlooks(books(invoice("A1", TODAY, issued=TODAY - timedelta(days=30)), read=TODAY), learnt)
    assert [o.own for o in found] == [False]


@pytest.mark.parametrize(
    ("came", "expected"),
    [
        (date(2026, 3, 5), Spared(1, 1, 0, 0, 0.0)),  # on its run, before the put-off reminder
        (date(2026, 3, 6), Spared(1, 0, 1, 0, 3.0)),  # the reminder went that morning
        (date(2026, 3, 2), Spared(1, 0, 1, 0, 3.0)),  # before even the ordinary day: nothing was spared
        (None, Spared(1, 0, 1, 0, 3.0)),
    ],
)
def test_a_wait_spared_a_reminder_when_the_money_came_in_between(came: date | None, expected: Spared) -> None:
    data = {"round": 0, "step": "nudge", "ordinary": "2026-03-03", "until": "2026-03-06"}
    wait = Event(EventKind.WAITED, datetime(2026, 3, 3, 9, tzinfo=UTC), "A1", "sweep", data)
    paid = [Paid("acme", "A1", Settled(came))] if came else []
    assert spared([wait], paid, TODAY) == expected
    assert spared([wait], [], date(2026, 3, 4)).pending == 1


def weighed(learnt: Learnt) -> int:
    """How many payers had to be inferred."""
    with_learnt(learnt, set(learnt.settings.clients))
    return len(learnt.fresh)


def test_a_sweep_weighs_only_payers_with_new_payments() -> None:
    """Counted in inferences: all the first time, none the next day, one after one payer's payment."""
    names = [f"c{n}" for n in range(12)]
    known = settings(*(client_settings(name) for name in names))
    paid = [p for name in names for p in thursdays(12, name)]
    first = learn(known, paid, TODAY)
    assert weighed(first) == len(names)
    tomorrow = TODAY + timedelta(days=1)
    second = learn(known, paid, tomorrow, first.fresh)
    assert weighed(second) == 0
    assert second.cycle("c3") == learn(known, paid, tomorrow).cycle("c3")  # as if weighed anew
    later = [*paid, Paid("c3", "c3-new", Settled(tomorrow, TODAY, TODAY))]
    third = learn(known, later, tomorrow, first.fresh)
    assert weighed(third) == 1
    assert set(third.fresh) == {"c3"}


def test_a_changed_holiday_weighs_its_clients_again() -> None:
    paid = thursdays(12)
    first = learn(settings(client_settings()), paid, TODAY)
    assert weighed(first) == 1
    closed = Calendar(holidays=frozenset({date(2026, 2, 5)}))
    assert weighed(learn(settings(client_settings(calendar=closed)), paid, TODAY, first.fresh)) == 1
    assert weighed(learn(settings(client_settings()), paid, TODAY, first.fresh)) == 0


def test_a_contradiction_is_reported_by_the_sweep_and_the_written_run_still_rules() -> None:
    written = client_settings(pays="tuesdays", places={"pays": "birch.yaml:7"})
    known = with_learnt(learnt_from(thursdays(), written), {"acme"})
    item = invoice("A1", date(2026, 3, 6), issued=date(2026, 2, 1))
    plan = decide(books(item, read=TODAY), known, History(), as_of(TODAY))
    assert any("Acme: only 0 of its last 12 payments fell on the run written down" in w for w in plan.warnings)
    assert plan.standings[0].next_on == date(2026, 3, 13)  # three business days after Tuesday's run
