"""Single sweeps: holds, payers of several clients, credit, approvals, merges, and what a message shows."""

from dataclasses import replace
from decimal import Decimal

import pytest

from tests.core.build import (
    as_of,
    balance_over,
    books,
    client,
    client_settings,
    considerate,
    credit,
    day,
    invoice,
    ladder,
    sent,
    settings,
    step,
)
from worker.core.decide import decide
from worker.core.decisions import Bucket, Plan, Remind, Task
from worker.core.history import Approval, History, MessageState
from worker.core.policy import Policy, Stage
from worker.core.receivable import Client, Invoice
from worker.core.settings import Address, Backlog, DeliveredBy, Hold, InvoiceRule, OrganisationSettings, Reconciled

TODAY = "2026-03-18"
POLICY = ladder("5 days after due", "10 days after previous", "10 days after previous")
A1 = invoice("A1", "2026-03-10", "100.00")
SMALL = invoice("A1", "2026-03-10", "5.00")


def plan(
    *items: Invoice,
    chosen: OrganisationSettings | None = None,
    history: History | None = None,
    clients: tuple[Client, ...] = (),
    **more: object,
) -> Plan:
    snapshot = books(*(items or (A1,)), clients=clients, read=TODAY, **more)  # type: ignore[arg-type]
    return decide(snapshot, chosen or settings(client_settings(policy=POLICY)), history or History(), as_of(TODAY))


def the_letter(found: Plan) -> Remind:
    (letter,) = [d for d in found.decisions if isinstance(d, Remind)]
    return letter


def with_client(**more: object) -> OrganisationSettings:
    return settings(client_settings(policy=POLICY, **more))


@pytest.mark.parametrize(
    ("item", "who", "chosen", "code", "bucket"),
    [
        (A1, client(), with_client(never_contact="a friend"), "never-contact", Bucket.EXCLUDED),
        (A1, client(), with_client(factored=True), "factored", Bucket.EXCLUDED),
        (A1, client(groups=("No Reminders",)), with_client(), "group-hold", Bucket.HELD),
        (A1, client(erased=True), with_client(), "erased", Bucket.HELD),
        (A1, client(archived=True), with_client(), "archived", Bucket.HELD),
        (A1, client(email=""), with_client(), "no-email", Bucket.HELD),
        (replace(A1, sent=False), client(), with_client(), "never-sent", Bucket.HELD),
        (replace(A1, sent=False), client(), with_client(delivered_by=DeliveredBy.POST), "remind", Bucket.CHASED),
        (replace(A1, delivery_problem="bounced"), client(), with_client(), "delivery-problem", Bucket.HELD),
        (A1, client(), with_client(needs_po=True), "no-po", Bucket.HELD),
        (replace(A1, due=None), client(), with_client(), "no-due-date", Bucket.HELD),
        (replace(A1, due=day("2026-03-09")), client(), with_client(), "no-due-date", Bucket.HELD),
        (replace(A1, reopened=day("2026-03-17"), round=1), client(), with_client(), "reopened", Bucket.HELD),
        (replace(A1, expected=day("2026-03-25")), client(), with_client(), "expected", Bucket.HELD),
        (invoice("A1", "2026-03-10", "5.00"), client(), with_client(), "too-small", Bucket.EXCLUDED),
        (A1, client(), settings(client_settings("other")), "unknown-client", Bucket.HELD),
        (A1, client(), with_client(payer_id="nobody"), "unknown-client", Bucket.HELD),
    ],
)
def test_where_one_invoice_stands(
    item: Invoice, who: Client, chosen: OrganisationSettings, code: str, bucket: Bucket
) -> None:
    (standing,) = plan(item, chosen=chosen, clients=(who,)).standings
    assert (standing.reason.code, standing.bucket) == (code, bucket)


def test_a_backlog_left_alone_stays_so_and_what_is_new_is_chased() -> None:
    chosen = replace(with_client(), backlog=Backlog.LEAVE)
    found = plan(A1, invoice("A2", TODAY), chosen=chosen)
    assert [s.reason.code for s in found.standings] == ["backlog", "not-yet"]


def test_a_rule_names_invoices_by_what_they_say() -> None:
    rule = InvoiceRule(excluded="retention", number_prefix="inv-r")
    found = plan(A1, invoice("R1", "2026-03-10"), chosen=replace(with_client(), invoice_rules=(rule,)))
    assert {s.invoice_id: s.reason.code for s in found.standings} == {"A1": "remind", "R1": "rule"}


def test_one_message_for_a_payer_of_several_clients_with_subtotals() -> None:
    chosen = settings(client_settings(policy=POLICY), client_settings("brown", POLICY, payer_id="acme"))
    letter = the_letter(plan(A1, invoice("B1", "2026-03-10", "50.00", client_id="brown"), chosen=chosen))
    assert [a.email for a in letter.to] == ["accounts@acme.example.com"]
    assert [(s.client_name, s.total.amount) for s in letter.model.subtotals] == [
        ("Acme", Decimal("100.00")),
        ("Brown", Decimal("50.00")),
    ]


def test_a_hold_on_the_payer_stops_its_clients_letters() -> None:
    chosen = settings(client_settings(policy=POLICY), client_settings("brown", POLICY, payer_id="acme"))
    held = History(holds=(Hold("acme", "in court"),))
    found = plan(invoice("B1", "2026-03-10", client_id="brown"), chosen=chosen, history=held, clients=(client(),))
    assert [s.reason.code for s in found.standings] == ["hold"]


def test_a_hold_and_what_was_said_survive_a_merge() -> None:
    old = client("old", merged_into="acme")
    held = History(holds=(Hold("old", "asked"),))
    assert plan(history=held, clients=(client(), old)).standings[0].reason.code == "hold"
    said = History(messages=(sent("2026-03-17", "step-1", "X", payer="old"),))
    assert plan(history=said, clients=(client(), old)).standings[0].reason.code == "gap"


def test_currencies_never_mix() -> None:
    model = the_letter(plan(A1, invoice("A2", "2026-03-10", "70.00", currency="EUR"))).model
    assert [(m.currency, m.amount) for m in model.net] == [("EUR", Decimal("70.00")), ("GBP", Decimal("100.00"))]


def test_credit_in_one_currency_leaves_the_other_alone() -> None:
    found = plan(A1, invoice("A2", "2026-03-10", "70.00", currency="EUR"), credits=(credit("C", "200.00"),))
    assert [s.reason.code for s in found.standings] == ["credit-covers", "remind"]
    assert [line.number for line in the_letter(found).model.overdue] == ["INV-A2"]


FINAL = Policy(
    "final", (step("first", "5 days after due"), step("last", "10 days after previous", stage=Stage.FINAL, allow=14))
)
OLD = invoice("A1", "2026-02-10", "100.00")
FIRST_SENT = sent("2026-03-02", "first", "A1")


def test_a_final_notice_demands_only_what_is_at_that_step() -> None:
    chosen = settings(client_settings(policy=FINAL))
    letter = the_letter(plan(OLD, invoice("A2", "2026-03-10"), chosen=chosen, history=History(messages=(FIRST_SENT,))))
    assert (letter.step, letter.granted) == ("last", day("2026-04-01"))
    assert [a.invoice_id for a in letter.advances] == ["A1"]
    assert [line.number for line in letter.model.demanded] == ["INV-A1"]
    assert [line.number for line in letter.model.also_open] == ["INV-A2"]
    assert [m.amount for m in letter.model.gross] == [Decimal("100.00")]


def test_a_final_notice_that_credit_covers_is_held() -> None:
    chosen, history = settings(client_settings(policy=FINAL)), History(messages=(FIRST_SENT,))
    big = invoice("A2", "2026-03-16", "1000.00")
    found = plan(OLD, big, chosen=chosen, history=history, credits=(credit("C", "150.00"),))
    assert found.of(Remind) == ()
    assert found.standings[-1].reason.code == "final-covered"


@pytest.mark.parametrize("state", [MessageState.BOUNCED, MessageState.COMPLAINED])
def test_nothing_harder_goes_to_a_silent_channel(state: MessageState) -> None:
    chosen = settings(client_settings(policy=FINAL))
    history = History(messages=(replace(FIRST_SENT, state=state, to=("former@acme.example.com",)),))
    found = plan(OLD, chosen=chosen, history=history)
    assert found.of(Remind) == ()
    assert [d.kind for d in found.decisions if isinstance(d, Task)] == ["find-who-pays"]


def test_an_approval_covers_what_it_names_and_falls_when_the_amount_rises() -> None:
    policy = Policy("p", (step("first", "5 days after due", approval=True),))
    chosen = settings(client_settings(policy=policy))
    waiting = plan(chosen=chosen)
    (proposal,) = waiting.proposals
    yes = Approval(proposal.id, "step", True, day(TODAY), proposal.names, amounts=proposal.amounts)
    history = History(approvals=(yes,))
    assert the_letter(plan(chosen=chosen, history=history)).approval == proposal.id
    smaller = replace(A1, open=Decimal("60.00"), paid=Decimal("40.00"))
    assert the_letter(plan(smaller, chosen=chosen, history=history))
    larger = replace(A1, total=Decimal("100.01"), open=Decimal("100.01"))
    assert plan(larger, chosen=chosen, history=history).of(Remind) == ()
    assert plan(larger, chosen=chosen, history=history).proposals[0].id != proposal.id


def test_stale_books_hold_every_after_due_step_but_the_first() -> None:
    chosen = replace(with_client(), reconciled=Reconciled("by hand"))
    assert the_letter(plan(chosen=chosen)).step == "step-1"
    history = History(messages=(sent("2026-03-02", "step-1", "A1"),))
    old = invoice("A1", "2026-02-10")
    assert plan(old, chosen=chosen, history=history).standings[0].reason.code == "stale-books"
    fresh = replace(history, reconciled=day("2026-03-17"))
    assert the_letter(plan(old, chosen=chosen, history=fresh)).step == "step-2"


def test_a_changed_domain_waits_for_a_yes_and_another_mailbox_does_not() -> None:
    moved = History(addresses={"acme": "accounts@elsewhere.example.org"})
    found = plan(history=moved)
    assert found.standings[0].reason.code == "changed-address"
    confirmed = replace(moved, confirmed_addresses={"acme": "accounts@acme.example.com"})
    assert the_letter(plan(history=confirmed))
    assert the_letter(plan(history=History(addresses={"acme": "old@acme.example.com"})))
    written = with_client(to=(Address("jo@third.example.net"),))
    assert the_letter(plan(chosen=written, history=moved))


def test_a_closed_window_and_a_tolerance_name_the_line_that_says_so() -> None:
    told = replace(POLICY, place="ours.yaml:1", places={"window": "base.yaml:4", "tolerance": "base.yaml:9"})
    chosen = settings(client_settings(policy=told))
    for item, clock, code, place in (
        (A1, "20:00", "window", "base.yaml:4"),
        (SMALL, "10:00", "too-small", "base.yaml:9"),
    ):
        (standing,) = decide(books(item, read=TODAY), chosen, History(), as_of(TODAY, clock)).standings
        assert (standing.reason.code, standing.reason.place) == (code, place)


def test_a_false_if_passes_the_step_by_and_says_so() -> None:
    policy = Policy(
        "p", (step("big", "5 days after due", condition=balance_over("500")), step("any", "6 days after due"))
    )
    found = plan(chosen=settings(client_settings(policy=policy)))
    assert [(n.kind, n.step) for n in found.notes] == [("passed", "big")]
    assert the_letter(found).step == "any"


def test_only_these_payers_and_no_guard_over_the_sweep() -> None:
    chosen = settings(client_settings(policy=POLICY), client_settings("brown", POLICY))
    snapshot = books(A1, invoice("B1", "2026-03-10", client_id="brown"), read=TODAY)
    found = decide(snapshot, chosen, History(), as_of(TODAY), only={"brown"})
    assert [s.invoice_id for s in found.standings] == ["B1"]


def test_the_considerate_policy_reads_as_written() -> None:
    assert [(s.name, s.stage, s.when.words()) for s in considerate().steps] == [
        ("heads-up", Stage.BEFORE, "2 business days before cut-off"),
        ("nudge", Stage.AFTER, "3 business days after payment run"),
        ("ask", Stage.AFTER, "10 business days after previous, not before 14 days after due"),
        ("call", Stage.AFTER, "5 business days after previous, not before 25 days after due"),
        ("firm", Stage.AFTER, "7 days after previous"),
        ("offer-plan", Stage.AFTER, "5 business days after previous"),
        ("final-notice", Stage.FINAL, "10 days after previous, not before 45 days after due"),
        ("decide", Stage.AFTER, "14 days after previous"),
    ]
