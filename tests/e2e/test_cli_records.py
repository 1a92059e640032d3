"""What people put on record: each command does what it says, says how to undo it, and wrong input changes nothing."""

import re
import shlex
from datetime import UTC, datetime, timedelta

import pytest

from connectors.sandbox.company import Company
from tests.e2e.conftest import NOW, Office
from worker.app import App
from worker.clock import SystemClock
from worker.commands.configuration import practice_at
from worker.core.events import EventKind
from worker.core.history import MessageState


def reasons(office: Office, client: str, now: datetime = NOW) -> set[str]:
    """The reason codes of a client's open invoices."""
    data = office("explain", client, "--json", now=now).data
    return {s["reason"]["code"] for s in data["standings"]}


CLIENT = "Calder Mills"


def number_of(office: Office) -> str:
    found: str = office("explain", CLIENT, "--json").data["standings"][0]["number"]
    return found


def test_hold_and_release(office: Office) -> None:
    held = office("hold", CLIENT, "--why", "we owe them an answer", "--until", "2026-04-01")
    assert held.code == 0
    assert "on hold until 2026-04-01" in held.out
    assert f'duecourse release "{CLIENT}"' in held.out
    assert "holds: [{client:" in held.out
    assert reasons(office, CLIENT) == {"hold"}
    assert office("release", CLIENT).code == 0
    assert "hold" not in reasons(office, CLIENT)


def test_a_hold_of_one_invoice(office: Office) -> None:
    number = number_of(office)
    assert office("hold", CLIENT, "--why", "wrong price", "--invoice", number).code == 0
    held = [s["number"] for s in office("explain", CLIENT, "--json").data["standings"] if s["reason"]["code"] == "hold"]
    assert held == [number]
    assert office("release", CLIENT, "--invoice", number).code == 0
    assert "hold" not in reasons(office, CLIENT)


def test_a_written_hold_cannot_be_released_by_a_command(office: Office) -> None:
    office.write(more=f"    holds: [{{client: {CLIENT}, why: asked to}}]\n")
    answer = office("release", CLIENT)
    assert answer.code == 1
    assert re.search(r"written at config\.yaml:\d+ is still in force", answer.out)
    assert reasons(office, CLIENT) == {"hold"}


def test_promise(office: Office) -> None:
    answer = office("promise", CLIENT, "2026-03-20")
    assert answer.code == 0
    assert "promises: [{client:" in answer.out
    assert reasons(office, CLIENT) == {"promise"}


def test_a_promise_is_taken_back(office: Office) -> None:
    number = number_of(office)
    made = office("promise", CLIENT, "2026-03-20", "--invoice", number)
    assert f'to undo:       duecourse promise "{CLIENT}" --over --invoice {number}' in made.out
    back = office("promise", CLIENT, "--over", "--invoice", number)
    assert back.code == 0
    assert f'duecourse promise "{CLIENT}" 2026-03-20 --invoice {number}' in back.out
    assert "promise" not in reasons(office, CLIENT)


def test_a_promise_far_off_says_it_pauses_30_days_only(office: Office) -> None:
    assert "30 days" in office("promise", CLIENT, "2026-08-01").out


def test_dispute_and_its_end(office: Office) -> None:
    number = number_of(office)
    answer = office("dispute", CLIENT, "--why", "not ordered", "--invoice", number, "--review", "2026-03-25")
    assert answer.code == 0
    assert "review: 2026-03-25" in answer.out
    assert f'duecourse dispute "{CLIENT}" --over --invoice {number}' in answer.out
    assert "dispute" in reasons(office, CLIENT)
    over = office("dispute", CLIENT, "--over")
    assert over.code == 0
    assert f'--why "not ordered" --review 2026-03-25 --invoice {number}' in over.out
    assert "dispute" not in reasons(office, CLIENT)


def test_log_keeps_the_distance(office: Office) -> None:
    assert office("log", CLIENT, "rang", "--on", "2026-03-09").code == 0
    record = office("history", CLIENT, "--json").data["entries"]
    assert [e["data"]["what"] for e in record if e["kind"] == "log"] == ["rang"]


def test_a_contact_put_on_record_by_mistake_is_taken_back(office: Office) -> None:
    number = number_of(office)
    before = office("explain", CLIENT, "--json").data
    logged = office("log", CLIENT, "rang, it's fine", "--on", "2026-03-09", "--invoice", number)
    (typed,) = re.findall(r"to undo: +duecourse (.*)", logged.out)
    assert office("log", CLIENT, "rang", "--undo").code == 2, "another contact"
    over = office(*shlex.split(typed))
    assert over.code == 0, over.err
    assert office(*shlex.split(typed)).code == 2, "it is taken back once"
    after = office("explain", CLIENT, "--json").data
    assert after["standings"] == before["standings"]
    (again,) = re.findall(r"to undo: +duecourse (.*)", over.out)
    assert office(*shlex.split(again)).out == logged.out
    assert office("log", CLIENT, " ").code == 2


def test_reconciled(office: Office) -> None:
    assert "up to 2026-03-09" in office("reconciled", "harbour", "2026-03-09").out
    with App(practice_at(office.config), SystemClock(NOW)) as app:
        (event,) = app.logbook.events("harbour", kind=EventKind.RECONCILED)
    assert event.data == {"on": "2026-03-09"}


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["hold", "Calder Mils", "--why", "x"], 'write "Calder Mills", if that is who you meant'),
        (["hold", CLIENT, "--why", "x", "--until", "2026-01-01"], "2026-01-01 is in the past"),
        (["hold", CLIENT, "--why", "x", "--invoice", "INV-x"], "Calder Mills has no invoice INV-x"),
        (["hold", CLIENT], "--why"),
        (["release", CLIENT], "Calder Mills is not on hold"),
        (["promise", CLIENT, "2026-01-01"], "in the past"),
        (["promise", CLIENT, "soon"], "soon"),
        (["dispute", CLIENT], "needs --why"),
        (["dispute", CLIENT, "--why", "x", "--over"], "needs --why"),
        (["dispute", CLIENT, "--over"], "no such dispute on record"),
        (["promise", CLIENT], "needs its DATE"),
        (["promise", CLIENT, "2026-04-01", "--over"], "needs its DATE"),
        (["promise", CLIENT, "--over"], "no such promise on record"),
        (["promise", CLIENT, "31/03/2026"], "write it as 2026-03-20"),
        (["hold", CLIENT, "--why", " "], "a hold without a reason"),
        (["log", CLIENT, "rang", "--on", "2027-01-01"], "in the future"),
        (["reconciled", "harbour", "2027-01-01"], "in the future"),
        (["reconciled", "harber"], 'no organisation "harber"'),
        (["done", "phone:x", "reached"], 'no open task "phone:x"'),
        (["done", "phone:x", "promised"], "without a date"),
        (["done", "phone:x", "reached", "2026-04-01"], "with a date"),
        (["done", "phone:x", "hm"], "hm"),
        (["approve", "baseline-1"], 'no proposal "baseline-1"'),
        (["reject", "baseline-1", "--why", "x"], 'no proposal "baseline-1"'),
        (["resolve", "abc", "sent"], 'no message of unknown outcome "abc"'),
        (["resync", "harber"], 'no organisation "harber"'),
        (["explain", "INV-none"], 'no client "INV-none"'),
        (["history", "Nobody"], 'no client "Nobody"'),
        (["clients", "harber"], 'no organisation "harber"'),
        (["runs", "harber"], 'no organisation "harber"'),
    ],
)
def test_wrong_input_ends_with_2_and_records_nothing(office: Office, words: list[str], says: str) -> None:
    answer = office(*words)
    assert answer.code == 2, answer.out
    assert says in answer.err
    with App(practice_at(office.config), SystemClock(NOW)) as app:
        assert app.logbook.events("harbour") == ()


def a_task(office: Office, kind: str = "") -> str:
    """An open task on record, as a live run leaves it."""
    office.go_live()
    office("run")
    with App(practice_at(office.config), SystemClock(NOW)) as app:
        open_ids = [t.id for t in app.logbook.history("harbour").tasks if t.is_open and t.kind.startswith(kind)]
    assert open_ids
    return open_ids[0]


def test_done(office: Office) -> None:
    task = a_task(office)
    assert "Done: " in office("done", task, "other", "--note", "sorted").out
    assert office("done", task, "other").code == 2


def test_no_answer_comes_back_three_times(office: Office) -> None:
    task = a_task(office)
    backs = []
    for n in range(4):
        answer = office("done", task, "no-answer", now=NOW + timedelta(days=7 * n))
        assert answer.code == 0
        backs += re.findall(r"comes back on ([\d-]+)", answer.out)
    assert backs == ["2026-03-12", "2026-03-19", "2026-03-26"]
    assert office("done", task, "no-answer").code == 2


def test_the_outcome_of_a_task_becomes_a_promise(office: Office) -> None:
    task = a_task(office)
    assert office("done", task, "promised", "2026-03-20").code == 0
    with App(practice_at(office.config), SystemClock(NOW)) as app:
        assert [p.by.isoformat() for p in app.logbook.history("harbour").promises] == ["2026-03-20"]


def test_resolve_an_uncertain_message(office: Office) -> None:
    office.go_live()
    office("run")
    with App(practice_at(office.config), SystemClock(NOW)) as app:
        message = app.logbook.messages("harbour")[0]
    assert office("resolve", message.key[:12], "sent").code == 2  # it is known to be sent
    _lose_one(office)
    with App(practice_at(office.config), SystemClock(NOW)) as app:
        lost = [m for m in app.logbook.messages("harbour") if m.state is MessageState.UNCERTAIN]
    assert len(lost) == 1
    status = office("status")
    assert status.code == 1
    assert "duecourse resolve" in status.out
    assert "it counts as sent" in office("resolve", lost[0].key[:8], "sent").out
    assert office("status").code == 0


def _lose_one(office: Office) -> None:
    """A hand-off whose end nobody saw, as a crash in the middle of it leaves behind."""
    from datetime import timedelta as span

    from worker.core.decisions import Remind
    from worker.core.message import Letter
    from worker.core.settings import Address

    with App(practice_at(office.config), SystemClock(NOW)) as app:
        name, book = "harbour", app.logbook
        (result,) = app.run(deliver=False)
        assert result.plan is not None
        later = App(practice_at(office.config), SystemClock(NOW + timedelta(days=7)))
        with later:
            office.sandbox.world.clock.now = NOW + timedelta(days=7)
            (result,) = later.run(deliver=False)
        assert result.plan is not None
        decision = next(d for d in result.plan.decisions if isinstance(d, Remind))
        assert book.plan(name, "test", decision, NOW)
        claim = book.claim(name, decision.key, "test", NOW, span(minutes=1))
        assert claim is not None
        sender = Address("accounts@harbourpine.example.com")
        letter = Letter(
            key=decision.key, message_id="x@harbourpine.example.com", sender=sender, reply_to=None, to=decision.to,
            subject="s", text="t", html="h",
        )  # fmt: skip
        assert book.hand(name, claim, letter, b"raw", "outbox", NOW)
        assert book.recover(name, datetime(2026, 3, 11, tzinfo=UTC), span(0))


def test_resync_reads_everything_again(office: Office) -> None:
    office("run")
    assert office("resync", "harbour").code == 0
    with App(practice_at(office.config), SystemClock(NOW)) as app:
        assert app.logbook.watermark("harbour") is None
    assert office("run").code in (0, 1)


def test_a_client_is_found_by_id_too(office: Office, story: Company) -> None:
    client_id = next(t.contact_id for t in story.truths if t.name == CLIENT)
    assert office("hold", client_id, "--why", "x").code == 0
    assert reasons(office, CLIENT) == {"hold"}


def test_resume_says_how_to_pause_again(office: Office) -> None:
    paused = office("pause", "harbour", "--until", "2026-03-20", "--why", "it's stocktaking")
    (typed,) = re.findall(r"to undo: +duecourse (.*)", paused.out)
    over = office(*shlex.split(typed))
    (again,) = re.findall(r"to undo: +duecourse (.*)", over.out)
    assert office(*shlex.split(again)).out == paused.out
