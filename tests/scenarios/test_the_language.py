"""What a bookkeeper writes, from the YAML to the words that leave: each setting through the real engine."""

from dataclasses import replace
from decimal import Decimal
from pathlib import Path

from tests.config.helpers import settings as written
from tests.core.build import client, day, invoice
from tests.scenarios.simulate import Diary, Firm, run
from tests.wording.reading import WORDING
from worker.core.arranged import FAILED
from worker.core.receivable import Client, Invoice

HEAD = """\
policies:
  ours:
    extends: base
{policy}
organisations:
  birch:
    books: {{kind: sandbox}}
    policy: ours
    sender: {{name: Jo, email: jo@birch.example.org}}
    signature: {{name: Jo Birch, email: jo@birch.example.org}}
    ways to pay: [Bank transfer]
    what happens next: We will decide with our adviser.
{organisation}
"""
SOFT = """\
    steps:
      - {name: nudge, when: 3 days after due}
      - {name: decide, task: decide, when: 60 days after previous}
"""
FINAL = """\
    steps:
      - {name: nudge, when: 3 days after due}
      - {name: final-notice, stage: final, when: 30 days after previous, allow: 14 days, approval: required}
      - {name: decide, task: decide, when: 14 days after previous}
"""


def firm(
    folder: Path, *invoices: Invoice, policy: str = SOFT, organisation: str = "", who: Client | None = None
) -> Firm:
    made = Firm(settings=None)  # type: ignore[arg-type]
    if who:
        made.clients[who.id] = who
    made.issue(*invoices)
    made.today = min(i.issued for i in invoices if i.issued)
    indented = "".join(f"    {line}\n" for line in organisation.strip("\n").splitlines())
    text = HEAD.format(policy=policy.strip("\n"), organisation=indented)
    made.settings = written(folder, text, made.snapshot(), made.today)
    return made


def words(diary: Diary) -> list[str]:
    return [" ".join(WORDING.render(r.model).text.split()) for _, r in diary.reminders]


# -- thresholds per currency ------------------------------------------------------------------------------------------

THRESHOLDS = """\
    tolerance: {default: 5.00, EUR: 50.00}
    steps:
      - {name: nudge, when: 3 days after due, if: {balance: {EUR: "> 90", USD: ">= 20"}}}
      - {name: ask, when: 7 days after previous}
      - {name: decide, task: decide, when: 60 days after previous}
"""


def test_a_threshold_per_currency_counts_in_its_own_and_passes_the_others_by(tmp_path: Path) -> None:
    """EUR 91 and USD 20 are nudged; GBP has no threshold, so the nudge is passed by; EUR 50 is tolerated."""
    made = firm(
        tmp_path,
        *(
            invoice(f"{client_id}1", "2026-03-02", amount, currency=currency, client_id=client_id)
            for client_id, amount, currency in (
                ("e", "91.00", "EUR"),
                ("u", "20.00", "USD"),
                ("g", "900.00", "GBP"),
                ("t", "50.00", "EUR"),
            )
        ),
        policy=THRESHOLDS,
    )
    diary = run(made, "2026-03-03", "2026-03-13")
    assert {who: diary.letters_to(who) for who in "eugt"} == {
        "e": [("2026-03-05", "nudge"), ("2026-03-12", "ask")],
        "u": [("2026-03-05", "nudge"), ("2026-03-12", "ask")],
        "g": [("2026-03-12", "ask")],
        "t": [],
    }
    assert diary.reason("t1") == "too-small"


# -- contacts by role -------------------------------------------------------------------------------------------------

ROLES = """\
    steps:
      - {name: nudge, when: 3 days after due}
      - {name: ask, when: 7 days after previous, to: treasurer}
      - {name: firm, when: 7 days after previous, to: escalation, allow: 7 days}
      - {name: decide, task: decide, when: 60 days after previous}
"""
CONTACTS = """\
clients:
  - client: acme
    contacts:
      accounts payable: [ap@acme.example.com, ap2@acme.example.com]
      treasurer: purse@acme.example.com
      escalation: boss@acme.example.com
      thank-you: owner@acme.example.com
"""


def test_contacts_by_role_receive_what_their_role_receives(tmp_path: Path) -> None:
    made = firm(tmp_path, invoice("A1", "2026-03-02"), policy=ROLES, organisation=CONTACTS)
    diary = run(made, "2026-03-03", "2026-03-25", [("2026-03-23", lambda f: f.pay("A1"))])
    addressed = [(r.step, [a.email for a in r.to], [a.email for a in r.cc]) for _, r in diary.reminders]
    payable = ["ap@acme.example.com", "ap2@acme.example.com"]
    assert addressed[0] == ("nudge", [*payable, "purse@acme.example.com"], []), "a treasurer hears beside them"
    assert addressed[1] == ("ask", ["purse@acme.example.com"], [])
    assert addressed[2][:2] == ("firm", ["boss@acme.example.com"])
    assert [[a.email for a in t.to] for _, t in diary.thanks] == [["owner@acme.example.com"]]


def test_a_role_nobody_is_written_for_goes_where_mail_goes_otherwise(tmp_path: Path) -> None:
    made = firm(tmp_path, invoice("A1", "2026-03-02"), policy=ROLES)
    diary = run(made, "2026-03-03", "2026-03-20")
    assert {a.email for _, r in diary.reminders for a in r.to} == {"accounts@acme.example.com"}


# -- who is not asked, and what is not handed over --------------------------------------------------------------------


def test_never_hand_over_leaves_fewer_ways_to_end(tmp_path: Path) -> None:
    steps = SOFT.replace("60 days", "10 days")
    entry = "clients: [{client: acme, never hand over: she is on our board}]"
    made = firm(tmp_path, invoice("A1", "2026-03-02"), policy=steps, organisation=entry)
    diary = run(made, "2026-03-03", "2026-03-20")
    ((_, task),) = diary.tasks
    assert "never handed over: she is on our board" in task.reason.sentence
    assert "agency" not in task.reason.sentence


def test_factored_invoices_are_never_chased_to_our_own_account(tmp_path: Path) -> None:
    made = firm(tmp_path, invoice("A1", "2026-03-02"), organisation="clients: [{client: acme, factored: yes}]")
    diary = run(made, "2026-03-03", "2026-06-30")
    assert (diary.letters, diary.opened, diary.reason("A1")) == ([], [], "factored")


def test_a_stated_deduction_is_a_task_and_neither_chased_nor_thanked_as_a_part(tmp_path: Path) -> None:
    entry = "clients: [{client: acme, deducts: cis 20 %}]"
    made = firm(tmp_path, invoice("A1", "2026-03-02", "1000.00"), organisation=entry)
    diary = run(made, "2026-03-03", "2026-05-30", [("2026-03-06", lambda f: f.pay("A1", "800.00"))])
    assert diary.letters == [("2026-03-05", "nudge")]
    assert diary.opened == [("2026-03-06", "check-deduction")]
    assert [t.model.template for _, t in diary.thanks] == ["thank-you"]


def test_what_is_left_beyond_the_deduction_is_chased(tmp_path: Path) -> None:
    entry = "clients: [{client: acme, deducts: cis 20 %}]"
    made = firm(tmp_path, invoice("A1", "2026-03-02", "1000.00"), organisation=entry)
    diary = run(made, "2026-03-03", "2026-03-13", [("2026-03-04", lambda f: f.pay("A1", "700.00"))])
    assert [(on.isoformat(), r.model.overdue[0].open.amount) for on, r in diary.reminders] == [
        ("2026-03-05", Decimal("300.00"))
    ]


# -- what was agreed, in words ----------------------------------------------------------------------------------------


def test_a_collection_that_failed_is_worded_as_one(tmp_path: Path) -> None:
    entry = "clients: [{client: acme, collects: direct debit on 5th}]"
    made = firm(tmp_path, invoice("A1", "2026-03-02"), organisation=entry)
    diary = run(made, "2026-03-02", "2026-03-13")
    assert diary.opened == [("2026-03-12", "collection-missed")]
    made.today = day("2026-03-16")
    made.done("collection-missed:A1:0:2026-03-05", FAILED)
    run(made, "2026-03-16", "2026-03-16", diary=diary)
    (said,) = words(diary)
    assert "was to be collected by direct debit on" in said
    assert "overdue" not in said


EARLY = """\
    steps:
      - {name: heads-up, when: 25 days before due}
      - {name: nudge, when: 3 days after due}
      - {name: decide, task: decide, when: 60 days after previous}
"""


def test_a_discount_for_early_payment_is_shown_before_due_and_never_after(tmp_path: Path) -> None:
    item = invoice("A1", "2026-04-01", "1000.00", issued="2026-03-02")
    made = firm(tmp_path, item, policy=EARLY, organisation="early payment: 2 % within 14 days")
    diary = run(made, "2026-03-03", "2026-04-10")
    before, after = words(diary)
    assert [r.step for _, r in diary.reminders] == ["heads-up", "nudge"]
    assert "£980.00" in before
    assert "16 March" in before
    assert "980.00" not in after


OFFER = """\
    plans: {offer: offered, number: 3, fee: 25.00}
    steps:
      - {name: nudge, when: 3 days after due}
      - {name: offer-plan, when: 7 days after previous, if: {plans: offered}, allow: 7 days, approval: required}
      - {name: decide, task: decide, when: 60 days after previous}
"""


def test_a_plan_is_offered_on_their_runs_to_the_cent_and_its_fee_is_said_and_not_asked_for(tmp_path: Path) -> None:
    item = invoice("A1", "2026-03-02", "1000.00", issued="2026-02-02")
    made = firm(tmp_path, item, policy=OFFER, organisation="clients: [{client: acme, pays: last friday}]")
    made.approving = True
    diary = run(made, "2026-03-03", "2026-03-31")
    (_, offer) = diary.reminders[-1]
    parts = offer.model.instalments
    assert offer.step == "offer-plan"
    assert [p.amount for _, p in parts] == [Decimal("333.33"), Decimal("333.33"), Decimal("333.34")]
    assert all(on.weekday() == 4 for on, _ in parts)
    assert sum(p.amount for _, p in parts) == offer.model.net[0].amount == Decimal("1000.00")
    assert "there is one fee, £25.00" in words(diary)[-1]


LATE = """\
debtor: business
law: GB
late payment: {interest: yes}
"""


def test_E1_interest_is_said_in_the_final_notice_alone_with_its_basis(tmp_path: Path) -> None:
    """1000 due 5 January at 11.75 %: shown beside what is owed, never in it."""
    item = invoice("A1", "2026-01-05", "1000.00", issued="2025-12-05")
    made = firm(tmp_path, item, policy=FINAL, organisation=LATE)
    made.approving = True
    diary = run(made, "2026-01-06", "2026-02-20")
    assert [r.step for _, r in diary.reminders] == ["nudge", "final-notice"]
    (figure,) = diary.reminders[1][1].model.interest
    assert diary.reminders[1][1].model.net[0].amount == Decimal("1000.00")
    soft, final = words(diary)
    assert "nterest" not in soft
    assert f"£{figure.amount.amount}" in final
    assert figure.basis in final


def test_E1_a_consumer_hears_of_no_interest(tmp_path: Path) -> None:
    item = invoice("A1", "2026-01-05", "1000.00", issued="2025-12-05")
    organisation = LATE.replace("debtor: business\n", "") + "clients: [{client: acme, debtor: unknown}]"
    made = firm(tmp_path, item, policy=FINAL, organisation=organisation)
    made.approving = True
    assert "nterest" not in words(run(made, "2026-01-06", "2026-02-20"))[-1]


# -- what is matched --------------------------------------------------------------------------------------------------


def test_an_invoice_is_matched_before_its_client_and_a_group_before_neither(tmp_path: Path) -> None:
    organisation = """
groups: {agencies: {policy: charity}}
invoices:
  - {match: {number prefix: INV-D}, policy: deposit}
  - {match: {reference: internal}, excluded: between ourselves}
"""
    member = replace(client("acme"), groups=("Agencies",))
    made = firm(
        tmp_path,
        invoice("A1", "2026-03-02"),
        invoice("D1", "2026-03-02"),
        invoice("X1", "2026-03-02", reference="INTERNAL 7"),
        organisation=organisation,
        who=member,
    )
    plan = run(made, "2026-03-03", "2026-03-03").last
    chosen = made.settings.clients["acme"]
    assert chosen.policy.name == "charity"
    reasons = {s.invoice_id: s.reason.code for s in plan.standings}
    assert reasons["X1"] == "rule"
    deposit = next(r for r in made.settings.invoice_rules if r.policy)
    assert deposit.policy is not None
    assert deposit.policy.name == "deposit"
    steps = {s.invoice_id: s.step for s in plan.standings}
    assert steps["D1"] in {s.name for s in deposit.policy.steps}
