"""What needs a person, in one order: everything once, with what happens if nobody does anything."""

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal

from tests.core.build import as_of, books, client_settings, day, invoice, paid, payment, sent, settings
from tests.report.tiny import TODAY, result
from worker.core.attention.item import Act, Item, Morning, Section
from worker.core.attention.listing import attention
from worker.core.attention.standing import held_keys, held_since
from worker.core.attention.words import ELSEWHERE, PROPOSALS, TASKS, UNREACHED
from worker.core.decide import decide
from worker.core.decisions import AsOf
from worker.core.history import Approval, History, MessageState, PastTask, Reply, ReplyKind
from worker.core.inference.spared import Spared
from worker.core.payer import TASK_WORDS
from worker.core.reasons import SENTENCES
from worker.core.receivable import InvoiceStatus, Snapshot
from worker.core.results import SweepResult
from worker.core.settings import Backlog, Mode, OrganisationSettings, Promise

BEFORE = datetime(2026, 3, 9, 7, tzinfo=UTC)


def swept(
    snapshot: Snapshot, chosen: OrganisationSettings, past: History, at: AsOf | None = None, real: bool = False
) -> SweepResult:
    plan = decide(snapshot, chosen, past, at or as_of(TODAY), real_mail=real)
    return SweepResult("birch", "s-1", str(chosen.mode), snapshot=snapshot, settings=chosen, plan=plan)


def listed(items: tuple[Item, ...], section: Section) -> list[Item]:
    return [i for i in items if i.section is section]


def test_the_sections_come_in_the_order_of_the_page_and_say_everything_once() -> None:
    items = attention([Morning(result(), before=BEFORE)])
    order = list(Section)
    ranks = [order.index(i.section) for i in items]
    assert ranks == sorted(ranks)
    assert len({i.key for i in items}) == len(items)
    (asked,) = listed(items, Section.TODAY)
    assert (asked.client, asked.acts[0]) == ("Acme", Act.STOP)
    (held,) = listed(items, Section.HELD)
    assert (held.client, held.kind, held.config) == ("Holt", "hold", "config.yaml:7")
    (unreached,) = listed(items, Section.UNREACHED)
    assert unreached.kind == "find-address" and unreached.command.startswith("duecourse done ")


def test_what_was_held_before_the_last_digest_is_wrong_and_says_since_when() -> None:
    first = result()
    assert first.plan
    since = held_since([{"on": "2026-02-03", "began": sorted(held_keys(first.plan))}])
    items = attention([Morning(first, before=BEFORE, since=since)])
    assert not listed(items, Section.HELD)
    (held,) = listed(items, Section.WRONG)
    assert (held.client, held.since) == ("Holt", date(2026, 2, 3))
    over = held_since([{"on": "2026-02-03", "began": ["hold|a"]}, {"on": "2026-02-04", "ended": ["hold|a"]}])
    assert over == {}


def test_an_organisation_that_was_not_read_comes_first() -> None:
    skipped = SweepResult("oak", "s-2", "live", skipped="Xero does not answer.", todo="Wait.")
    items = attention([Morning(result(), before=BEFORE), Morning(skipped, skipped_since=date(2026, 3, 1))])
    assert (items[0].organisation, items[0].kind, items[0].since) == ("oak", "skipped", date(2026, 3, 1))
    elsewhere = replace(skipped, elsewhere=True)
    assert attention([Morning(elsewhere)]) == ()


def test_a_call_a_reply_and_an_uncertain_message_can_be_answered() -> None:
    late = invoice("A1", "2026-01-10", "900.00", issued="2025-12-10")
    lost = invoice("B1", "2026-01-10", "50.00", client_id="birch")
    wrote = invoice("C1", "2026-01-10", "70.00", client_id="cole")
    past = History(
        messages=(
            sent("2026-01-30", "nudge", "A1"),
            sent("2026-02-10", "ask", "A1"),
            sent("2026-03-02", "nudge", "B1", payer="birch", state=MessageState.UNCERTAIN),
        ),
        replies=(Reply("r1", "cole", ReplyKind.ANSWER, day("2026-03-09"), "Cy Cole", "Re: C1", "Soon,\npromised."),),
        tasks=(PastTask("reply:r1", "cole", "read-reply", day("2026-03-09")),),
    )
    chosen = settings(*(client_settings(i) for i in ("acme", "birch", "cole")))
    items = attention([Morning(swept(books(late, lost, wrote, read=TODAY), chosen, past), past, before=BEFORE)])
    (call,) = listed(items, Section.CALLS)
    assert call.lines[0] == ("ask for", "whoever pays invoices") and call.acts == (Act.DONE, Act.HOLD)
    assert call.amounts == {"GBP": late.open} and ("before", "10 Feb 2026: ask by e-mail") in call.lines
    (reply,) = listed(items, Section.REPLIES)
    assert (reply.quoted, reply.subject) == ("Soon,\npromised.", "reply:r1")
    (unsure,) = [i for i in items if i.kind == "uncertain"]
    assert unsure.since == day("2026-03-02") and unsure.command.startswith("duecourse resolve nudge-2026-0 sent")


def test_a_wanted_decision_says_what_happens_without_it_and_is_gone_once_answered() -> None:
    live = result(Mode.LIVE)
    assert live.plan
    ready = replace(live.settings or settings(), backlog=None)
    assert {i.kind for i in attention([Morning(swept(live.snapshot or books(), ready, History()))])} >= {"no-backlog"}
    final = invoice("A1", "2025-12-01", "900.00")
    gone = tuple(
        sent(on, name, "A1", state=MessageState.DELIVERED)
        for on, name in (("2025-12-08", "nudge"), ("2025-12-22", "ask"), ("2026-01-12", "call"), ("2026-01-20", "firm"))
    )
    past = History(messages=gone)
    asked = swept(books(final, read=TODAY), settings(client_settings()), past)
    assert asked.plan and asked.plan.proposals
    (decision,) = listed(attention([Morning(asked, past)]), Section.DECIDE)
    (proposal,) = asked.plan.proposals
    assert decision.config == f"approvals: [{proposal.id}]"
    assert (decision.otherwise, decision.acts) == (PROPOSALS["step"], (Act.YES, Act.NO))
    assert decision.client == "Acme"
    answered = replace(past, approvals=(Approval(proposal.id, "step", True, day(TODAY)),))
    assert not listed(attention([Morning(asked, answered)]), Section.DECIDE)


def test_money_promises_drafts_and_what_waiting_was_worth() -> None:
    came, broken, due = invoice("A1", "2026-03-01"), invoice("B1", "2026-02-01", client_id="b"), invoice("C1")
    due = replace(due, client_id="c", due=day("2026-03-02"))
    draft = invoice("D1", "2026-04-30", client_id="d", status=InvoiceStatus.DRAFT)
    open_d = invoice("D2", "2026-04-30", client_id="d", issued="2026-04-16")
    said = (
        Promise("acme", day("2026-03-12"), day("2026-03-03")),
        Promise("b", day("2026-03-09"), day("2026-03-01")),
        Promise("c", day(TODAY), day("2026-03-03")),
    )
    money = replace(payment("p1", came, "2026-03-09"), first_seen=datetime(2026, 3, 9, 9, tzinfo=UTC))
    snapshot = books(paid(came), broken, due, draft, open_d, payments=(money,), read=TODAY)
    chosen = settings(*(client_settings(i) for i in ("acme", "b", "c")), client_settings("d", pays="last friday"))
    spared = Spared(5, 3, 1, 1, 4.0)
    past = History(promises=said)
    items = attention([Morning(swept(snapshot, chosen, past), past, before=BEFORE, spared=spared)])
    assert {(i.kind, i.client) for i in listed(items, Section.MONEY)} == {
        ("kept", "Acme"),
        ("promise-broken", "B"),
        ("promise-due", "C"),
    }
    (by,) = listed(items, Section.DRAFTS)
    assert by.since == date(2026, 3, 13) and "27 Mar 2026" in by.sentence
    assert "3 were spared" in listed(items, Section.WORTH)[0].sentence
    earlier = attention([Morning(swept(snapshot, chosen, past), past, before=datetime(2026, 3, 9, 10, tzinfo=UTC))])
    assert not [i for i in earlier if i.kind in {"kept", "paid"}], "told yesterday"


def test_a_stopped_morning_lists_nothing_that_would_go() -> None:
    live = replace(settings(client_settings()), mode=Mode.LIVE, stopped="we are moving", backlog=Backlog.CHASE)
    items = attention([Morning(swept(books(invoice("A1", "2026-03-02"), read=TODAY), live, History()))])
    assert [i.kind for i in items if i.section is Section.WRONG] == ["stopped"]
    assert not listed(items, Section.TODAY)


def test_every_word_of_the_list_is_one_the_rules_use() -> None:
    assert set(TASKS) <= set(TASK_WORDS)
    assert set(SENTENCES) >= UNREACHED | ELSEWHERE
    assert not UNREACHED & ELSEWHERE


def test_what_concerns_everybody_is_one_item() -> None:
    backlog = [invoice(f"A{n}", "2026-01-01", client_id=c) for n, c in enumerate(("acme", "holt", "holt"))]
    chosen = settings(client_settings(), client_settings("holt"), backlog=Backlog.LEAVE)
    (left,) = listed(attention([Morning(swept(books(*backlog, read=TODAY), chosen, History()))]), Section.HELD)
    assert (left.kind, left.client, left.amounts) == ("backlog", "", {"GBP": Decimal("300.00")})
    assert left.sentence.startswith("3 invoices of 2 clients: ")


def test_problems_of_files_are_told_by_place_and_finding_the_first_few() -> None:
    each = [f"sold.csv:{n}: no amount\n    expected: 1.00\n    do this:  correct it" for n in range(2, 7)]
    broken = SweepResult("oak", "s-2", "live", skipped="\n".join(["5 problems: nothing was read", *each]))
    (item,) = attention((Morning(broken),))
    told = (
        "5 problems: nothing was read; sold.csv:2: no amount; sold.csv:3: no amount; sold.csv:4: no amount; and 2 more"
    )
    assert item.sentence.endswith(told)
