"""O6-O9: policies over time. P3: 10 days after due; end of the month of 30 days after due; 10 days after previous."""

from dataclasses import replace

from tests.core.build import as_of, client_settings, day, invoice, ladder, settings, step
from tests.scenarios.simulate import Diary, Firm, run
from worker.core.context import Context
from worker.core.decisions import Refuse
from worker.core.history import Approval, Baseline
from worker.core.policy import Policy
from worker.core.settings import Backlog, Mode
from worker.core.surprise import baseline_identity

P3 = ladder("10 days after due", "on end of month of 30 days after due", "10 days after previous", name="p3")
P2 = Policy(
    "p2", (step("p2-first", "on end of month of 30 days after due"), step("p2-second", "60 days after previous"))
)


def firm(policy: Policy, due: str = "2026-04-15", amount: str = "500.00") -> Firm:
    return Firm(settings(client_settings(policy=policy))).issue(invoice("A1", due, amount))


def test_O6_ignore_this_one_means_once_not_for_ever() -> None:
    """A refused step is proposed again after five business days, at the same step, never at a later one."""
    approved = Policy(
        "approved", (step("first", "5 days after due"), step("second", "7 days after previous", approval=True))
    )
    made = firm(approved, "2026-03-02")
    diary = run(made, "2026-03-09", "2026-03-16")
    (proposal,) = diary.last.proposals
    made.tell(rejected=(Approval(proposal.id, proposal.kind, False, day("2026-03-16"), proposal.names),))
    run(made, "2026-03-17", "2026-03-20", diary=diary)
    assert diary.last.proposals == ()
    assert diary.reason("A1") == "refused"
    run(made, "2026-03-23", "2026-03-23", diary=diary)
    (again,) = diary.last.proposals
    assert again.names == proposal.names
    assert again.id != proposal.id
    assert diary.letters == [("2026-03-09", "first")]


def test_O7_an_invoice_moved_to_another_policy_starts_there_and_the_old_one_is_silent() -> None:
    made = firm(P2)
    diary = run(made, "2026-05-29", "2026-06-10")
    assert diary.letters == [("2026-06-01", "p2-first")]
    made.settings = replace(made.settings, clients={"acme": client_settings(policy=P3)})
    run(made, "2026-06-11", "2026-08-20", diary=diary)
    names = [name for _, name in diary.letters]
    assert names == ["p2-first", "step-1", "step-2", "step-3"]


def test_O8_one_step_per_sweep_however_late() -> None:
    made = firm(P3, "2025-07-01")
    sweeps = ["2026-01-05", "2026-05-05", "2026-07-01"]
    diary = run(made, sweeps[0], sweeps[-1], days=sweeps)
    assert diary.letters == [("2026-01-05", "step-1"), ("2026-05-05", "step-2"), ("2026-07-01", "step-3")]
    assert run(firm(P3, "2025-07-01"), "2026-07-01", "2026-07-01").letters == [("2026-07-01", "step-1")]


def test_O9_guards_a_first_step_after_previous_never_goes_by_itself() -> None:
    """The linter refuses such a policy; should one get here, it waits for a contact somebody records."""
    made = firm(ladder("5 days after previous"))
    diary = run(made, "2026-04-20", "2026-05-01")
    assert diary.letters == []
    assert diary.reason("A1") == "no-date"
    made.log("acme")
    run(made, "2026-05-02", "2026-05-08", diary=diary)
    assert diary.letters == [("2026-05-07", "step-1")]


def test_O9_guards_a_sweep_dated_before_the_latest_is_refused_until_a_person_says_which_clock_is_right() -> None:
    made = firm(P3)
    made.settings = replace(made.settings, mode=Mode.LIVE, backlog=Backlog.CHASE)
    start = Context(made.snapshot(), made.settings, made.history, as_of("2026-04-01"))
    made.history = replace(made.history, baseline=Baseline(day("2026-04-01"), baseline_identity(start), "chase"))
    diary = run(made, "2026-04-27", "2026-04-27")
    assert diary.letters == [("2026-04-27", "step-1")]
    made.issue(invoice("A2", "2026-03-02", "70.00", client_id="other"))
    made.settings = replace(made.settings, clients={**made.settings.clients, "other": client_settings("other", P3)})
    made.sending, made.today = False, day("2026-04-24")
    plan = made.sweep(diary)
    assert [r.reason.code for r in plan.decisions if isinstance(r, Refuse)] == ["clock-behind"]
    (proposal,) = plan.proposals
    made.tell(approvals=(Approval(proposal.id, proposal.kind, True, made.today, proposal.names),))
    assert not [d for d in made.sweep(diary).decisions if isinstance(d, Refuse)]


def test_O9_guards_a_forecast_of_tomorrow_is_a_sweep_too() -> None:
    made = firm(P3)
    made.settings = replace(made.settings, mode=Mode.LIVE, backlog=Backlog.CHASE)
    made.history = replace(made.history, forecast={"2026-04-28": 1, "2026-04-29": 0})
    made.sending, made.today = False, day("2026-04-27")
    assert [r.reason.code for r in made.sweep(Diary()).decisions if isinstance(r, Refuse)] == ["clock-behind"]


def test_O9_guards_a_client_without_address_is_a_task() -> None:
    made = firm(P3)
    made.clients["acme"] = replace(made.clients["acme"], email="")
    diary = run(made, "2026-04-27", "2026-05-01")
    assert diary.letters == []
    assert diary.opened == [("2026-04-27", "find-address")]


def test_one_call_is_asked_for_however_many_invoices_came_to_it() -> None:
    calls = ladder("5 days after due")
    calls = replace(calls, steps=(*calls.steps, step("call", "5 days after previous", task="phone")))
    made = firm(calls, "2026-03-02").issue(invoice("A2", "2026-03-02"), invoice("A3", "2026-03-03"))
    diary: Diary = run(made, "2026-03-09", "2026-03-31")
    assert diary.opened == [("2026-03-14", "phone")]
    assert [a.invoice_id for a in diary.tasks[0][1].advances] == ["A1", "A2", "A3"]
