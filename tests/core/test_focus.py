"""What is judged again before a hand-off sees a part of the books; it must decide as on the whole."""

from datetime import timedelta
from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.core import build
from worker.core.decide import decide
from worker.core.decisions import Plan, Remind, Thank
from worker.core.focus import Focus
from worker.core.history import History, MessageState
from worker.core.invariants import violations
from worker.core.receivable import Allocation, Payment, Snapshot
from worker.core.settings import OrganisationSettings, Reconciled

STATES = (MessageState.ACCEPTED, MessageState.UNCERTAIN, MessageState.BOUNCED, MessageState.CANCELLED)
CLIENTS = ("acme", "birch", "cedar", "dune")
TODAY = build.as_of("2026-04-20")


@st.composite
def situations(draw: st.DrawFn) -> tuple[Snapshot, OrganisationSettings, History, frozenset[str]]:
    days = st.integers(-60, 10).map(lambda n: TODAY.day + timedelta(days=n))
    owners = draw(st.lists(st.sampled_from(CLIENTS), min_size=1, max_size=8))
    invoices = [
        build.invoice(f"I{n}", draw(days), draw(st.sampled_from(["40.00", "100.00"])), client_id=owner)
        for n, owner in enumerate(owners)
    ]
    payments: list[Payment] = []
    for n in range(draw(st.integers(0, 4))):
        first, second = draw(st.sampled_from(invoices)), draw(st.sampled_from(invoices))
        split = (Allocation(first.id, Decimal(5)), Allocation(second.id, Decimal(5)))
        batch = draw(st.sampled_from(["", "batch"]))
        more = {"allocations": split, "batch_id": batch, "historic": draw(st.booleans())}
        payments.append(
            build.payment(f"P{n}", first, TODAY.day - timedelta(days=draw(st.integers(0, 20))), "10", **more)
        )
    merged = draw(st.sampled_from(["", "acme"]))
    clients = tuple(build.client(c, merged_into=merged if c == "dune" else "") for c in CLIENTS)
    books = build.books(*invoices, clients=clients, payments=tuple(payments), read=TODAY.day)
    policy = build.ladder("3 business days after due", "7 days after previous", "10 days after previous")
    payer = draw(st.sampled_from(["birch", "acme"]))
    chosen = build.settings(
        *(build.client_settings(c, policy, payer_id=payer if c == "birch" else c) for c in CLIENTS),
        reconciled=draw(st.sampled_from([None, Reconciled("daily")])),
    )
    said = [
        build.sent(
            draw(days), "step-1", i.id, payer=draw(st.sampled_from(CLIENTS)), state=draw(st.sampled_from(STATES))
        )
        for i in draw(st.lists(st.sampled_from(invoices), max_size=4, unique_by=lambda i: i.id))
    ]
    return books, chosen, History(messages=tuple(said)), frozenset(draw(st.sets(st.sampled_from(CLIENTS), min_size=1)))


def _messages(plan: Plan) -> list[Remind | Thank]:
    return [d for d in plan.decisions if isinstance(d, Remind | Thank)]


@settings(max_examples=300, deadline=None)
@given(situations())
def test_a_part_is_decided_as_the_whole(
    situation: tuple[Snapshot, OrganisationSettings, History, frozenset[str]],
) -> None:
    books, chosen, history, payers = situation
    whole = decide(books, chosen, history, TODAY, only=payers)
    part, past = Focus(books, chosen, history, TODAY.day).on(
        payers, {c for d in _messages(whole) for c in d.client_ids}
    )
    again = decide(part, chosen, past, TODAY, only=payers)
    assert again == whole
    for decision in _messages(whole):
        now = violations(decision, part, chosen, past, TODAY)
        assert now == violations(decision, books, chosen, history, TODAY)


def test_a_part_holds_no_more_than_it_needs() -> None:
    items = [build.invoice(f"I{c}", "2026-04-01", client_id=c) for c in CLIENTS]
    chosen = build.settings(*(build.client_settings(c) for c in CLIENTS))
    said = History(messages=tuple(build.sent("2026-04-10", "nudge", i.id, payer=i.client_id) for i in items))
    part, past = Focus(build.books(*items), chosen, said, TODAY.day).on({"acme"}, ["acme"])
    assert [i.client_id for i in part.invoices] == ["acme"]
    assert [m.payer_id for m in past.messages] == ["acme"]
