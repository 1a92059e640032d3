"""Guards over a whole sweep: what must be in order before anything leaves, and surprise rather than size."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from tests.core.build import ORGANISATION, as_of, books, client_settings, day, invoice, ladder, sent, settings
from worker.core.context import Context
from worker.core.decide import decide
from worker.core.decisions import Plan, Refuse, Remind
from worker.core.history import Approval, Baseline, History
from worker.core.receivable import Snapshot
from worker.core.settings import Backlog, Mode, OrganisationSettings
from worker.core.surprise import FORECAST_DAYS, allowed_over, baseline_identity, forecast, messages_of

TODAY = "2026-03-18"
POLICY = ladder("5 days after due")


def firm(count: int = 1) -> tuple[Snapshot, OrganisationSettings]:
    """`count` clients, each with one invoice that is due for its first reminder."""
    ids = [f"c{n:02}" for n in range(count)]
    chosen = settings(
        *(client_settings(c, POLICY) for c in ids), mode=Mode.LIVE, backlog=Backlog.CHASE, fingerprint="v1"
    )
    return books(*(invoice(f"A{c}", "2026-03-10", client_id=c) for c in ids), read=TODAY), chosen


def live(
    snapshot: Snapshot, chosen: OrganisationSettings, history: History | None = None, *, real_mail: bool = False
) -> Plan:
    return decide(snapshot, chosen, history or started(snapshot, chosen), as_of(TODAY), real_mail=real_mail)


def started(snapshot: Snapshot, chosen: OrganisationSettings, on: str = "2026-03-01", **more: object) -> History:
    """A baseline was approved, and everybody has heard from us before."""
    ctx = Context(snapshot, chosen, History(), as_of(TODAY))
    heard = tuple(sent("2026-03-01", "old", f"old-{c}", payer=c) for c in chosen.clients)
    baseline = Baseline(day(on), baseline_identity(ctx), "chase")
    return History(**{"messages": heard, "baseline": baseline, **more})  # type: ignore[arg-type]


def codes(plan: Plan) -> list[str]:
    return [d.reason.code for d in plan.decisions if isinstance(d, Refuse)]


def days(**counts: int) -> dict[str, int]:
    """A forecast made `m` days ago: m1=7 expects seven a day after it was made yesterday..."""
    made = day(TODAY) - timedelta(days=1)
    base = {(made + timedelta(days=n)).isoformat(): 0 for n in range(FORECAST_DAYS + 1)}
    return {**base, **{(made + timedelta(days=int(k[1:]))).isoformat(): n for k, n in counts.items()}}


def test_preview_is_never_refused() -> None:
    snapshot, chosen = firm()
    plan = live(snapshot, replace(chosen, mode=Mode.PREVIEW, sender=None, backlog=None), History())
    assert codes(plan) == []
    assert plan.of(Remind)


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"stopped": "holiday"}, "stopped"),
        ({"ways_to_pay": ()}, "no-way-to-pay"),
        ({"sender": None}, "no-sender"),
        ({"backlog": None}, "no-backlog"),
    ],
)
def test_what_must_be_in_order_first(changed: dict[str, object], code: str) -> None:
    snapshot, chosen = firm()
    assert codes(live(snapshot, replace(chosen, **changed), History())) == [code]  # type: ignore[arg-type]


def test_a_demo_company_gets_no_real_mail() -> None:
    snapshot, chosen = firm()
    demo = replace(snapshot, organisation=replace(ORGANISATION, demo=True))
    history = started(snapshot, chosen)
    assert codes(live(demo, chosen, history, real_mail=True)) == ["demo-company"]
    assert codes(live(demo, chosen, history)) == []


def test_the_first_live_sweep_needs_the_baseline_it_proposes() -> None:
    snapshot, chosen = firm()
    plan = live(snapshot, chosen, History())
    assert codes(plan) == ["no-baseline"]
    (proposal,) = plan.proposals
    yes = Approval(proposal.id, proposal.kind, True, day(TODAY), proposal.names)
    assert codes(live(snapshot, chosen, History(approvals=(yes,)))) == []
    assert codes(live(snapshot, replace(chosen, approvals=(proposal.id,)), History())) == []
    other = replace(chosen, fingerprint="v2")
    assert codes(live(snapshot, other, History(approvals=(yes,)))) == ["no-baseline"], "it names what it covers"


def test_an_approval_lives_three_mail_windows_and_is_used_once() -> None:
    snapshot, chosen = firm()
    (proposal,) = live(snapshot, chosen, History()).proposals
    for given, fine in (("2026-03-18", True), ("2026-03-16", True), ("2026-03-14", True), ("2026-03-13", False)):
        yes = Approval(proposal.id, proposal.kind, True, day(given), proposal.names)
        assert (codes(live(snapshot, chosen, History(approvals=(yes,)))) == []) is fine, given
        assert codes(live(snapshot, chosen, History(approvals=(replace(yes, used=True),))))


def test_more_than_forecast_stops_until_a_person_says_yes_to_these() -> None:
    snapshot, chosen = firm(12)
    history = started(snapshot, chosen, forecast=days(m1=6))
    plan = live(snapshot, chosen, history)
    assert codes(plan) == ["surprise"]
    assert codes(live(snapshot, chosen, replace(history, forecast=days(m1=7)))) == []
    assert codes(live(snapshot, chosen, replace(history, forecast={}))) == [], "no forecast, no surprise"
    (proposal,) = plan.proposals
    yes = Approval(proposal.id, "surprise", True, day(TODAY), proposal.names, proposal.limit)
    assert codes(live(snapshot, chosen, replace(history, approvals=(yes,)))) == []
    fewer = replace(yes, names=proposal.names[:-1])
    assert codes(live(snapshot, chosen, replace(history, approvals=(fewer,)))) == ["surprise"]


def test_what_was_missed_since_the_last_sweep_was_expected() -> None:
    snapshot, chosen = firm(12)
    old = {(day(TODAY) - timedelta(days=3 - n)).isoformat(): n for n in range(22)}
    assert sum(n for d, n in old.items() if d <= TODAY) == 6
    assert codes(live(snapshot, chosen, started(snapshot, chosen, forecast=old))) == ["surprise"]
    assert codes(live(snapshot, chosen, started(snapshot, chosen, forecast={**old, "2026-03-16": 2}))) == []


def test_a_second_sweep_of_the_day_is_not_surprised_by_the_first() -> None:
    snapshot, chosen = firm(13)
    history = started(snapshot, chosen)
    first = live(snapshot, chosen, history)
    made = forecast(first)
    assert (min(made), made[TODAY]) == (TODAY, 13)
    today = tuple(
        sent(TODAY, "step-1", *(a.invoice_id for a in r.advances), payer=r.payer_id)
        for r in first.decisions
        if isinstance(r, Remind) and r.payer_id != "c12"
    )
    again = live(snapshot, chosen, replace(history, messages=(*history.messages, *today), forecast=made))
    assert codes(again) == []
    assert [r.payer_id for r in again.decisions if isinstance(r, Remind)] == ["c12"]


def test_too_many_first_messages_stop_except_on_the_day_of_the_baseline() -> None:
    snapshot, chosen = firm(12)
    assert codes(live(snapshot, chosen, started(snapshot, chosen, messages=()))) == ["surprise-first"]
    assert codes(live(snapshot, chosen, started(snapshot, chosen, TODAY, messages=()))) == []


@pytest.mark.parametrize(("expected", "over"), [(0, 5), (25, 5), (29, 5), (30, 6), (100, 20)])
def test_five_or_a_fifth(expected: int, over: int) -> None:
    assert allowed_over(expected) == over


def test_the_forecast_counts_payers_once_by_their_first_day() -> None:
    chosen = settings(client_settings("x", POLICY), client_settings("y", POLICY))
    items = (invoice("A1", "2026-03-18", client_id="x"), invoice("A2", "2026-03-25", client_id="x"))
    snapshot = books(*items, invoice("A3", "2026-03-19", client_id="y"))
    plan = decide(snapshot, chosen, History(), as_of(TODAY))
    assert {d: n for d, n in forecast(plan).items() if n} == {"2026-03-23": 1, "2026-03-24": 1}
    assert max(date.fromisoformat(d) for d in forecast(plan)) == day(TODAY) + timedelta(days=FORECAST_DAYS)
    assert messages_of(plan) == ()
