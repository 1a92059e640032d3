"""What must hold on every sweep of every quarter: conservation, order, gaps, ceilings, hours, and whom never to ask."""

import copy
import os
from collections import Counter
from dataclasses import replace
from datetime import date, time, timedelta
from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import HealthCheck, Phase, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from tests.core.strategies import QUARTER, START, Happening, firms, moments, quarters
from tests.scenarios.simulate import TEN, Diary, Firm, run
from worker.core.context import Context
from worker.core.decide import decide
from worker.core.decisions import AsOf, Plan, Remind, Thank
from worker.core.money import Money, totals
from worker.core.policy import Stage
from worker.core.receivable import Snapshot, snapshot_of

END = START + timedelta(days=QUARTER)
PHASES = [Phase.explicit, Phase.reuse, Phase.generate]  # shrinking a quarter takes minutes and helps little
EXPLORING = os.environ.get("HYPOTHESIS_PROFILE") == "explore"
pytestmark = [pytest.mark.matrix] if EXPLORING else []  # a few quarters in every run, very many in `make matrix`
quarter_settings = hypothesis_settings(
    max_examples=300 if EXPLORING else 12,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    phases=PHASES,
    print_blob=True,
)
sweep_settings = hypothesis_settings(quarter_settings, max_examples=600 if EXPLORING else 25)


def lived(firm: Firm, events: list[Happening], times: tuple[time, ...] = (TEN,)) -> Diary:
    """The whole quarter, checked sweep by sweep: the books as each plan saw them are kept beside it."""
    return run(firm, START, END, [(e.on, e.apply) for e in events], times=times)


def check_plan(snapshot: Snapshot, firm: Firm, plan: Plan) -> None:
    """Conservation, and every message against the books it was made from."""
    open_ones = [i for i in snapshot.invoices if i.is_open]
    assert Counter(s.invoice_id for s in plan.standings) == Counter(i.id for i in open_ones)
    assert totals(Money(s.amount, s.currency) for s in plan.standings) == totals(
        Money(i.open, i.currency) for i in open_ones
    )
    per_payer = Counter(d.payer_id for d in plan.decisions if isinstance(d, Remind))
    assert all(n == 1 for n in per_payer.values())
    for decision in plan.decisions:
        if isinstance(decision, Remind):
            check_reminder(snapshot, firm, plan, decision)
        if isinstance(decision, Thank):
            check_thanks(snapshot, decision)


def check_reminder(snapshot: Snapshot, firm: Firm, plan: Plan, remind: Remind) -> None:
    ctx = Context(snapshot, firm.settings, firm.history, plan.as_of)
    model, today = remind.model, plan.as_of.day
    shown = (*model.coming, *model.overdue)
    ids = [line.invoice_id for line in shown]
    assert len(ids) == len(set(ids))
    held = {s.invoice_id for s in plan.standings if s.reason.code in STOPS}
    everything = {*ids, *(a.invoice_id for a in remind.advances), *remind.listed}
    wrong = [(s.invoice_id, s.reason) for s in plan.standings if s.invoice_id in everything & held]
    assert not wrong, "nothing on hold, disputed or promised is listed"
    disputed = [i.invoice_id for i in model.not_included]
    mine = [s for s in plan.standings if s.payer_id == remind.payer_id]
    assert sorted(disputed) == sorted(s.invoice_id for s in mine if s.reason.code in {"dispute", "dispute-review"})
    assert not set(disputed) & set(ids)
    for line in (*shown, *model.demanded, *model.also_open):
        item = snapshot.by_id[line.invoice_id]
        assert item.is_open
        assert ctx.payer_of(item.client_id) == remind.payer_id
        assert (line.open.amount, line.open.currency) == (item.open, item.currency)
    assert all(snapshot.by_id[line.invoice_id].due < today for line in model.overdue)  # type: ignore[operator]
    assert all(snapshot.by_id[line.invoice_id].due >= today for line in model.coming)  # type: ignore[operator]
    if remind.stage is Stage.BEFORE:
        assert not model.overdue
    chaseable = {
        s.invoice_id
        for s in plan.standings
        if s.payer_id == remind.payer_id
        and s.reason.code not in STOPS
        and (due := snapshot.by_id[s.invoice_id].due)
        and due < today
        and not ctx.suspended(snapshot.by_id[s.invoice_id])
    }
    if agreed(remind):
        assert not shown
        assert {line.invoice_id for line in model.also_open} == chaseable
        assert all(ctx.suspended(snapshot.by_id[line.invoice_id]) for line in model.demanded)
    else:
        assert {line.invoice_id for line in model.overdue} == chaseable
        assert not any(ctx.suspended(snapshot.by_id[i]) for i in ids)
    if remind.stage is Stage.FINAL:
        ripe = {line.invoice_id for line in model.demanded}
        assert {line.invoice_id for line in model.also_open} == chaseable - ripe
        assert ripe <= chaseable
    check_totals(snapshot, remind)
    assert not any(r.run for r in remind.advances if r.run and not ctx.snapshot.clients)
    check_soft_beside_disputes(snapshot, firm, remind)
    if model.run_date or model.next_run or model.cut_off:
        stated = {ctx.payer_of(c): s.run_stated for c, s in firm.settings.clients.items() if s.run_stated}
        assert stated.get(remind.payer_id)


def check_soft_beside_disputes(snapshot: Snapshot, firm: Firm, remind: Remind) -> None:
    """Beside a disputed invoice the others are asked for softly: nothing hard leaves."""
    contested = {line.invoice_id for line in remind.model.not_included}
    assert not (contested and any(row.hard for row in remind.advances))


def agreed(remind: Remind) -> bool:
    """About an instalment or a collection."""
    return remind.step in {"instalment", "failed"}


def check_totals(snapshot: Snapshot, remind: Remind) -> None:
    model = remind.model
    if remind.stage is Stage.FINAL:
        assert {line.invoice_id for line in model.demanded} == {a.invoice_id for a in remind.advances}
        assert {a.step for a in remind.advances} == {remind.step}
        asked = model.demanded
    elif agreed(remind):
        asked = model.demanded
        assert len({a.step for a in remind.advances}) == 1, "one instalment or collection at a time"
    else:
        asked = (*model.coming, *model.overdue)
    assert asked
    assert {m.currency: m.amount for m in model.gross} == totals(line.open for line in asked)
    credit = {m.currency: m.amount for m in model.credit}
    for gross, net in zip(model.gross, model.net, strict=True):
        assert net.amount == gross.amount - credit.get(gross.currency, Decimal(0))
        assert net.amount > 0, (remind.step, remind.stage, model.gross, model.credit, model.coming, model.overdue)


def check_thanks(snapshot: Snapshot, thanks: Thank) -> None:
    known = {p.id: p for p in snapshot.payments}
    for made in thanks.payments:
        assert known[made.id].active
        assert known[made.id].amount > 0
    assert {m.currency: m.amount for m in thanks.model.received} == totals(
        Money(p.amount, p.currency) for p in thanks.payments
    )


STOPS = {
    *("never-contact", "factored", "collects", "rule", "backlog", "too-small", "hold", "group-hold", "own-domain"),
    *("archived", "erased", "unknown-client", "no-email", "never-sent", "delivery-problem", "no-po", "no-due-date"),
    *("reopened", "promise", "expected", "promise-twice", "dispute", "dispute-review", "uncertain", "uncertain-old"),
    *("unmatched-money", "credit-covers", "remainder", "deduction", "changed-address"),
    *("plan", "plan-missed", "plan-broken", "collection-missed"),
}


class Watched(Firm):
    """A firm whose every plan is checked against the books it was made from, before anything is recorded."""

    def sweep(self, diary: Diary, at: time = TEN) -> Plan:
        snapshot, before = self.snapshot(at), copy.copy(self)
        plan = decide(snapshot, self.settings, self.history, AsOf(self.today, at))
        check_plan(snapshot, before, plan)
        return super().sweep(diary, at)


def watched(firm: Firm) -> Watched:
    made = Watched(firm.settings)
    made.__dict__.update(copy.deepcopy(firm.__dict__))
    return made


@quarter_settings
@given(firms(), quarters)
def test_every_plan_of_a_quarter_adds_up_and_lists_what_it_should(firm: Firm, events: list[Happening]) -> None:
    lived(watched(firm), events)


@hypothesis_settings(quarter_settings, max_examples=150)
@given(moments())
def test_a_plan_at_any_moment_adds_up_and_lists_what_it_should(firm: Firm) -> None:
    watched(firm).sweep(Diary())


@pytest.mark.matrix
@hypothesis_settings(quarter_settings, max_examples=400)
@given(firms(), quarters)
def test_every_plan_of_four_hundred_quarters_adds_up(firm: Firm, events: list[Happening]) -> None:
    lived(watched(firm), events)


@pytest.mark.matrix
@hypothesis_settings(quarter_settings, max_examples=10_000)
@given(moments())
def test_ten_thousand_moments_add_up(firm: Firm) -> None:
    watched(firm).sweep(Diary())


@quarter_settings
@given(firms(), quarters)
def test_gap_ceilings_hours_order_and_thanks_hold_over_a_quarter(firm: Firm, events: list[Happening]) -> None:
    diary = lived(firm, events, (time(8), TEN, time(17)))
    for payer_id in firm.settings.clients:
        chosen = firm.settings.clients[payer_id]
        days = [on for on, r in diary.reminders if r.payer_id == payer_id]
        assert len(days) == len(set(days)), "one reminder a day"
        for earlier, later in pairwise(days):
            assert later >= chosen.policy.gap.from_(earlier, firm.settings.calendar)
        for on in days:
            assert sum(on <= other < on + timedelta(days=7) for other in days) <= 3
            assert sum(on <= other < on + timedelta(days=30) for other in days) <= (chosen.policy.per_month or 10)
    for on, message in (*diary.reminders, *diary.thanks):
        assert on.weekday() < 5
        assert on not in firm.settings.calendar.holidays
        if isinstance(message, Remind):
            assert not any(q.covers(on) and not q.hard_only for q in firm.settings.quiet)
    thanked = [p.id for _, m in (*diary.reminders, *diary.thanks) for p in m.payments]
    assert len(thanked) == len(set(thanked))


@quarter_settings
@given(firms(), quarters)
def test_steps_rise_strictly_per_invoice_and_round(firm: Firm, events: list[Happening]) -> None:
    diary = lived(firm, events)
    reached: dict[tuple[str, int], int] = {}
    for _, remind in diary.reminders:
        for row in remind.advances:
            policy = firm.settings.clients[firm.invoices[row.invoice_id].client_id].policy
            if "@" in row.step:  # of an instalment, a collection or a statement: those are told apart by their day
                continue
            place = policy.index(row.step)
            assert place > reached.get((row.invoice_id, row.round), -1)
            reached[row.invoice_id, row.round] = place


@sweep_settings
@given(firms(), quarters, st.randoms(use_true_random=False), st.integers(0, QUARTER))
def test_the_order_of_rows_and_asking_twice_never_matter(
    firm: Firm, events: list[Happening], random: object, days: int
) -> None:
    run(firm, START, START + timedelta(days=days), [(e.on, e.apply) for e in events])
    firm.today = START + timedelta(days=days)
    snapshot, moment = firm.snapshot(), AsOf(firm.today, TEN)
    plan = decide(snapshot, firm.settings, firm.history, moment)
    assert decide(snapshot, firm.settings, firm.history, moment) == plan

    def mixed(rows: object) -> tuple:  # type: ignore[type-arg]
        shuffled = list(rows)  # type: ignore[call-overload]
        random.shuffle(shuffled)  # type: ignore[attr-defined]
        return tuple(shuffled)

    other = snapshot_of(
        snapshot.organisation,
        snapshot.read_at,
        mixed(snapshot.clients.values()),
        mixed(snapshot.invoices),
        mixed(snapshot.credits),
        mixed(snapshot.payments),
    )
    history = replace(
        firm.history,
        **{
            name: mixed(getattr(firm.history, name))
            for name in (
                "messages",
                "tasks",
                "holds",
                "disputes",
                "promises",
                "contacts",
                "passed",
                "waited",
                "approvals",
            )
        },
    )
    clients = dict(mixed(firm.settings.clients.items()))
    assert decide(other, replace(firm.settings, clients=clients), history, moment) == plan


@quarter_settings
@given(firms(), quarters)
def test_sweeping_often_in_a_window_gives_the_same_mails_as_once(firm: Firm, events: list[Happening]) -> None:
    """What people answer and when money is believed depends on when we look; everything else must not."""
    firm.approving = False
    events = [e for e in events if not e.what.startswith("pay")]
    often = copy.deepcopy(firm)
    once = lived(firm, events, (time(9, 0),))
    many = lived(often, events, (time(9, 0), time(9, 15), time(12), time(16, 29)))
    assert [(on, r.key) for on, r in many.reminders] == [(on, r.key) for on, r in once.reminders]


def test_the_stops_are_reasons_that_exist() -> None:
    from worker.core.reasons import SENTENCES

    assert SENTENCES.keys() >= STOPS


@pytest.mark.parametrize("hour", [0, 8, 17, 23])
def test_nothing_leaves_outside_hours(hour: int) -> None:
    from tests.core.build import client_settings, invoice, ladder, settings

    firm = Firm(settings(client_settings(policy=ladder("1 day after due"))), today=date(2026, 4, 7))
    firm.issue(invoice("A1"))
    assert run(firm, "2026-04-07", "2026-04-30", times=[time(hour)]).letters == []
