"""What a reply, an absence, a bounce and silence stop, and for how long."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from tests.core.build import as_of, books, client_settings, day, invoice, ladder, payment, sent, settings
from worker.core.decide import decide
from worker.core.decisions import Bucket, Plan, Proposal, Remind, Task
from worker.core.events import Event, EventKind
from worker.core.history import Approval, Contacted, History, MessageState, PastTask, Reply, ReplyKind
from worker.core.replay import replay
from worker.core.settings import Listening

SOFT = ladder("5 days after due", "10 days after previous")
HARD = ladder("5 days after due", "10 days after previous", "10 days after previous", "10 days after previous")
A1 = invoice("A1", "2026-03-10")
FIRST = sent("2026-03-16", "step-1", "A1")
SECOND = sent("2026-03-26", "step-2", "A1")


def plan(
    on: str, history: History, policy: object = HARD, heard: Listening = Listening.WATCHED, **more: object
) -> Plan:
    chosen = replace(settings(client_settings(policy=policy)), listening=heard)
    return decide(books(A1, read=on, **more), chosen, history, as_of(on))  # type: ignore[arg-type]


def answer(on: str, what: ReplyKind = ReplyKind.ANSWER, **more: object) -> Reply:
    fixed = {"sender": "Priya", "text": "We will\npay on Friday.", "about": "Re: Invoices"}
    return Reply(**{"id": "r1", "payer_id": "acme", "what": what, "on": day(on), **fixed, **more})  # type: ignore[arg-type]


def done(task_id: str, on: str, outcome: str = "reached") -> PastTask:
    return PastTask(task_id, "acme", "read-reply", day(on), outcome=outcome, done=day(on))


def code(found: Plan) -> str:
    (standing,) = found.standings
    return standing.reason.code


def tasks(found: Plan) -> list[tuple[str, str]]:
    return [(d.kind, d.id) for d in found.decisions if isinstance(d, Task)]


def reminds(found: Plan) -> list[str]:
    return [d.step for d in found.decisions if isinstance(d, Remind)]


def test_a_reply_pauses_five_business_days_and_asks_for_a_person() -> None:
    history = History(messages=(FIRST,), replies=(answer("2026-03-26"),))
    found = plan("2026-03-27", history)
    assert (code(found), tasks(found)) == ("reply", [("read-reply", "reply:r1")])
    assert found.standings[0].reason.sentence == "Priya replied on 26 Mar 2026: “We will pay on Friday.”"
    assert code(plan("2026-04-01", history)) == "reply"
    assert reminds(plan("2026-04-02", history)) == ["step-2"], "a soft step resumes"


def test_a_person_who_dealt_with_it_ends_the_pause_at_once() -> None:
    history = History(messages=(FIRST,), replies=(answer("2026-03-26"),), tasks=(done("reply:r1", "2026-03-26"),))
    assert reminds(plan("2026-03-27", history)) == ["step-2"]


def test_nothing_harder_before_it_was_read() -> None:
    history = History(messages=(FIRST, SECOND), replies=(answer("2026-03-27"),))
    found = plan("2026-04-20", history)
    assert (code(found), tasks(found)) == ("reply-unread", [("read-reply", "reply:r1")])
    read = replace(history, tasks=(done("reply:r1", "2026-04-10"),))
    assert reminds(plan("2026-04-20", read)) == ["step-3"]
    no_answer = replace(done("reply:r1", "2026-04-10"), done=None, again=day("2026-04-12"))
    assert code(plan("2026-04-20", replace(history, tasks=(no_answer,)))) == "reply-unread"


def test_an_absence_waits_until_its_last_day_by_itself() -> None:
    away = answer("2026-03-26", ReplyKind.AWAY, until=day("2026-04-08"))
    history = History(messages=(FIRST,), replies=(away,))
    found = plan("2026-04-08", history)
    assert (code(found), found.standings[0].bucket, found.standings[0].next_on) == (
        "away",
        Bucket.WAITING,
        day("2026-04-09"),
    )
    assert tasks(found) == []
    assert reminds(plan("2026-04-09", history)) == ["step-2"]


def test_an_automatic_answer_stops_nothing_and_is_no_sign_of_life() -> None:
    machine = answer("2026-03-27", ReplyKind.AUTOMATIC)
    assert reminds(plan("2026-03-27", History(messages=(FIRST,), replies=(machine,)))) == ["step-2"]
    assert code(plan("2026-04-20", History(messages=(FIRST, SECOND), replies=(machine,)))) == "unanswered"


def test_somebody_who_left_is_a_task_and_nothing_goes_until_it_is_done() -> None:
    history = History(messages=(FIRST,), replies=(answer("2026-03-17", ReplyKind.GONE),))
    found = plan("2026-04-20", history)
    assert (code(found), tasks(found)) == ("gone", [("find-who-pays", "reply:r1")])
    assert reminds(plan("2026-04-20", replace(history, tasks=(done("reply:r1", "2026-04-01"),)))) == ["step-2"]


def test_two_messages_without_an_answer_stop_what_is_harder() -> None:
    silent = History(messages=(FIRST, SECOND))
    found = plan("2026-04-20", silent)
    (task,) = tasks(found)
    assert (code(found), task[0]) == ("unanswered", "find-who-pays")
    assert found.standings[0].reason.sentence.startswith("2 messages went out and nobody answered")
    assert reminds(plan("2026-03-27", History(messages=(FIRST,)))) == ["step-2"], "one is no silence"
    assert reminds(plan("2026-04-20", silent, heard=Listening.REHEARSAL)) == ["step-3"]
    resolved = replace(silent, tasks=(done(task[1], "2026-04-19"),))
    assert reminds(plan("2026-04-20", resolved)) == ["step-3"]
    tried = replace(silent, tasks=(done(task[1], "2026-04-19", "no-answer"),))
    assert code(plan("2026-04-20", tried)) == "unanswered"


@pytest.mark.parametrize("what", ["reply", "contact", "money"])
def test_any_sign_of_life_ends_the_silence(what: str) -> None:
    history = History(messages=(FIRST, SECOND))
    other = invoice("B1", "2026-01-01", "5.00", client_id="acme")
    money = (payment("p1", other, "2026-04-01"),) if what == "money" else ()
    if what == "reply":
        history = replace(history, replies=(answer("2026-04-01"),), tasks=(done("reply:r1", "2026-04-01"),))
    if what == "contact":
        history = replace(history, contacts=(Contacted("acme", day("2026-04-01"), "rang"),))
    assert reminds(plan("2026-04-20", history, payments=money)) == ["step-3"]


def test_a_bounce_holds_until_the_address_changes_or_a_person_says_what_follows() -> None:
    bounced = History(messages=(replace(FIRST, state=MessageState.BOUNCED, to=("accounts@acme.example.com",)),))
    found = plan("2026-03-27", bounced)
    ((kind, task_id),) = tasks(found)
    assert (code(found), kind) == ("silent", "find-who-pays")
    assert reminds(plan("2026-03-27", replace(bounced, tasks=(done(task_id, "2026-03-26"),)))) == ["step-2"]


def test_where_nobody_watches_every_step_after_the_nudge_needs_a_yes() -> None:
    assert reminds(plan("2026-03-16", History(), SOFT, Listening.DEAF)) == ["step-1"]
    history = History(messages=(FIRST,))
    found = plan("2026-03-27", history, SOFT, Listening.DEAF)
    (proposal,) = found.proposals
    assert isinstance(proposal, Proposal)
    assert (code(found), proposal.kind) == ("approval-deaf", "step")
    given = Approval(proposal.id, "step", True, day("2026-03-27"), proposal.names, amounts=proposal.amounts)
    assert reminds(plan("2026-03-27", replace(history, approvals=(given,)), SOFT, Listening.DEAF)) == ["step-2"]
    for heard in (Listening.WATCHED, Listening.REHEARSAL):
        assert reminds(plan("2026-03-27", history, SOFT, heard)) == ["step-2"]


def test_a_reply_is_replayed_as_it_was_recorded() -> None:
    data = {"id": "r1", "what": "away", "on": "2026-03-26", "from": "Priya", "about": "Re", "text": "x"}
    event = Event(
        EventKind.REPLY, datetime(2026, 3, 26, tzinfo=UTC), "acme", "mailbox", {**data, "until": "2026-04-01"}
    )
    (reply,) = replay((), (event,)).replies
    assert reply == Reply("r1", "acme", ReplyKind.AWAY, day("2026-03-26"), "Priya", "Re", "x", day("2026-04-01"))


def test_a_letter_still_being_tried_waits_by_itself() -> None:
    under_way = replace(FIRST, state=MessageState.DEFERRED)
    history = History(messages=(under_way,), replies=(answer("2026-03-20", ReplyKind.LATE, until=day("2026-03-26")),))
    found = plan("2026-03-26", history)
    assert (code(found), tasks(found), found.standings[0].bucket) == ("late", [], Bucket.WAITING)
    assert found.standings[0].next_on == day("2026-03-27")
    assert reminds(plan("2026-03-27", history)) == ["step-2"]
