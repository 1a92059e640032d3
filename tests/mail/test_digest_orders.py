"""Every order does exactly what the command does, once, and says why when it does nothing."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Any

import pytest

from worker import deeds
from worker.app import App
from worker.clock import SystemClock
from worker.config.load import load
from worker.config.values import Approver, DigestSettings, MailSettings
from worker.core.answers import read_answer
from worker.core.attention.item import Act
from worker.core.attention.people import SEPARATOR
from worker.core.digest import Coded
from worker.core.events import Event, EventKind
from worker.core.history import Approval, MessageState
from worker.digests import answers
from worker.digests.answer import Answer, Did
from worker.digests.answers import approver_of
from worker.digests.orders import obey_code, obey_pause
from worker.digests.sending import recipients
from worker.logbook.store import open_logbook

NOW = datetime(2026, 3, 10, 8, tzinfo=UTC)
TODAY = NOW.date()
JO = "jo@example.com"
CONFIG = """\
mail: {mailer: outbox}
organisations:
  harbour:
    books: {kind: csv, invoices: invoices.csv, currency: GBP}
    zone: Europe/London
    country: GB
    ways to pay: [Bank transfer]
"""


@dataclass
class Desk:
    """A logbook in memory, and answers of Jo's to one digest of today."""

    app: App
    mail: int = 0

    def put(self, *events: Event) -> None:
        self.app.logbook.record("harbour", *events)

    def answer(self, mail: str = "", day: date = TODAY) -> Answer:
        self.mail += 1
        return Answer(mail or f"answer:{self.mail}", JO, frozenset({"harbour"}), "aaaaaaaaaa", NOW.date(), NOW, {}, day)

    def says(self, text: str, meant: Coded, answer: Answer | None = None) -> Did:
        (order,), mistakes = read_answer(text, NOW.date())
        assert not mistakes
        return obey_code(self.app, answer or self.answer(), order, order.codes[0], meant)

    def kinds(self) -> list[str]:
        return [str(e.kind) for e in self.app.logbook.events("harbour") if e.kind is not EventKind.ANSWERED]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("orders")
    (made / "config.yaml").write_text(CONFIG)
    rows = "A1,Acme,100.00,100.00,2026-01-20,2026-02-20,yes\nB1,Birch,90.00,90.00,2026-01-20,2026-02-20,yes\n"
    (made / "invoices.csv").write_text("number,client,total,open,issued,due,sent\n" + rows)
    return made


@pytest.fixture
def desk(folder: Path) -> Iterator[Desk]:
    book = open_logbook("sqlite://")
    with App(load(folder, {}), SystemClock(NOW), _logbook=book) as app:
        app.run(deliver=False)
        yield Desk(app)
    book.close()


def proposed(desk: Desk, id_: str = "step-1") -> Coded:
    data = {"kind": "step", "names": ["x"], "amounts": {}, "limit": 0, "sentence": "nudge"}
    desk.put(Event(EventKind.PROPOSED, NOW, id_, "sweep", data))
    return Coded("harbour", "approve-step", "", id_, frozenset({Act.YES, Act.NO}))


def tasks(desk: Desk, *ids: str) -> Coded:
    for id_ in ids:
        rows = [{"invoice": "A1", "round": 0, "step": "call"}]
        data = {"payer": "Acme", "kind": "phone", "step": "call", "advances": rows, "why": "ring"}
        desk.put(Event(EventKind.TASK, NOW, id_, "sweep", data))
    return Coded("harbour", "phone", "Acme", SEPARATOR.join(ids), frozenset({Act.DONE, Act.HOLD}))


def client(desk: Desk, name: str = "Acme") -> str:
    snapshot = desk.app.logbook.snapshot("harbour")
    assert snapshot
    return next(c.id for c in snapshot.clients.values() if c.name == name)


def test_a_yes_writes_what_the_command_writes_and_can_be_taken_back_once(desk: Desk) -> None:
    meant = proposed(desk)
    did = desk.says("yes 1", meant)
    assert not did.wrong and did.undo == 'reply with undo 1; or type duecourse reject step-1 --why "..."'
    (event,) = desk.app.logbook.events("harbour", "step-1", EventKind.APPROVE)
    (command,) = deeds.approved(Approval("step-1", "step", False, NOW.date()), NOW, JO).events
    assert (event.subject, event.by, event.data) == (command.subject, JO, command.data)
    assert desk.says("no 1", meant).said.startswith("was used already")
    assert "Refused: step-1" in desk.says("undo 1", meant).said
    assert desk.says("undo 1", meant) == Did("undo 1", "was undone already", wrong=True)
    assert desk.kinds()[-2:] == ["approve", "reject"]


def test_what_was_decided_meanwhile_stays_decided(desk: Desk) -> None:
    meant = proposed(desk)
    desk.put(Event(EventKind.REJECT, NOW, "step-1", "sam", {"why": "x"}))
    assert desk.says("yes 1", meant) == Did("yes 1", "step-1 was refused already", wrong=True)
    gone = Coded("harbour", "approve-step", "", "step-9", frozenset({Act.YES}))
    assert desk.says("yes 1", gone).said == "step-9 is no longer proposed"
    assert desk.says("hold 1", meant).said == "hold is no answer to this item; it takes no, yes"
    assert EventKind.APPROVE not in desk.kinds()


def test_one_outcome_for_every_task_of_an_item_and_what_follows_from_it(desk: Desk) -> None:
    meant = tasks(desk, "t1", "t2")
    assert "say how it ended" in desk.says("done 4", meant).said
    did = desk.says("done 4 promised 20 mar: she said so", meant)
    assert not did.wrong and not did.undo
    history = desk.app.logbook.history("harbour")
    assert {(t.id, t.outcome, t.is_open) for t in history.tasks} == {(i, "promised", False) for i in ("t1", "t2")}
    assert {p.by for p in history.promises} == {date(2026, 3, 20)}
    assert "cannot be undone" in desk.says("undo 4", meant).said
    assert "done already" in desk.says("done 5 reached", meant).said
    unknown = Coded("harbour", "phone", "Acme", "t9", frozenset({Act.DONE}))
    assert "not open yet" in desk.says("done 6 reached", unknown).said


def test_a_code_that_was_used_up_before_a_crash_is_completed_by_its_own_mail_alone(desk: Desk) -> None:
    meant = tasks(desk, "t1")
    data = {"verb": "done", "undo": {}, "said": "Done: t1", "shown": "", "answer": "answer:crashed", "claim": "c"}
    desk.put(Event(EventKind.ANSWERED, NOW, "aaaaaaaaaa:4", JO, data, "used:aaaaaaaaaa:4"))
    assert desk.says("done 4 reached", meant).wrong
    assert EventKind.DONE not in desk.kinds()
    for _ in range(2):
        assert desk.says("done 4 reached", meant, desk.answer("answer:crashed")) == Did("done 4", "Done: t1")
    assert desk.kinds().count("done") == 1


def test_a_stop_is_for_its_day_and_a_hold_that_is_not_alone_is_not_released(desk: Desk) -> None:
    meant = Coded("harbour", "remind", client(desk), client(desk), frozenset({Act.STOP, Act.HOLD}))
    yesterday = desk.answer(day=date(2026, 3, 9))
    assert "on the day of its digest only" in desk.says("stop 1", meant, yesterday).said
    assert not desk.says("stop 1", meant).wrong
    (hold,) = desk.app.logbook.history("harbour").holds
    assert (hold.until, hold.client_id) == (NOW.date(), client(desk))
    assert not desk.says("hold 2 until 20 mar", meant).wrong
    assert "it has 2 holds on record" in desk.says("undo 1", meant).said
    desk.put(Event(EventKind.RELEASE, NOW, client(desk), "sam"))
    assert "it has 0 holds" in desk.says("undo 2", meant).said


def test_the_bank_is_reconciled_and_a_message_of_unknown_outcome_is_settled(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    stale = Coded("harbour", "stale-books", "", "", frozenset({Act.DONE}))
    assert "reconciled up to 2026-03-10" in desk.says("done 1", stale).said
    assert desk.app.logbook.history("harbour").reconciled == NOW.date()

    known = Coded("harbour", "uncertain", "Acme", "k1", frozenset({Act.YES, Act.NO}))
    assert desk.says("yes 2", known).said == "its outcome is known by now"
    settled: list[Any] = []
    book = desk.app.logbook

    @dataclass
    class Record:
        key: str = "k1"
        state: MessageState = MessageState.UNCERTAIN

    monkeypatch.setattr(book, "messages", lambda _: (Record(),))
    monkeypatch.setattr(book, "settle", lambda _, key, state, *__, **___: settled.append((key, state)))
    assert "did not arrive" in desk.says("no 3", known).said
    assert settled == [("k1", MessageState.RESOLVED_NOT_SENT)]


def test_a_pause_needs_exactly_one_that_is_called_so(desk: Desk) -> None:
    def pause(text: str) -> Did:
        (order,), _ = read_answer(text, NOW.date())
        return obey_pause(desk.app, desk.answer(), order)

    assert "Acme is on hold until 2026-03-13" in pause("pause acme until friday").said
    assert pause("pause zebra until friday").wrong
    assert "harbour pauses" in pause("pause Harbour until friday: office move").said
    (snapshot, day) = (desk.app.logbook.snapshot("harbour"), NOW.date())
    assert snapshot
    quiet = desk.app.resolve(desk.app.practice.organisations[0], snapshot, day).quiet
    assert [(q.start, q.end, q.why) for q in quiet] == [(day, date(2026, 3, 13), "office move")]
    desk.put(*deeds.resumed("harbour", day, NOW, JO).events)
    assert desk.app.resolve(desk.app.practice.organisations[0], snapshot, day).quiet == ()


def test_nobody_is_read_before_the_books_were(folder: Path) -> None:
    book = open_logbook("sqlite://")
    with App(load(folder, {}), SystemClock(NOW), _logbook=book) as app:
        meant = Coded("harbour", "hold", "Acme", "Acme", frozenset({Act.HOLD}))
        did = Desk(app).says("hold 1", meant)
    book.close()
    assert did == Did("hold 1", "harbour was never read", wrong=True)


def test_a_mail_that_nobody_foresaw_is_passed_over_and_told(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: object) -> None:
        raise RecursionError

    monkeypatch.setattr(answers, "read_incoming", fails)
    for _ in range(2):
        answers._safely(desk.app, SETTINGS, b"From: a@example.org\r\n\r\nyes 1", TODAY)
    (event,) = desk.app.logbook.events("", TODAY.isoformat(), EventKind.ANSWER)
    assert event.data["ignored"] and event.data["text"] == "it could not be read (RecursionError)"


SETTINGS = DigestSettings(
    ("jo@example.com",),
    time(7),
    time(9),
    MailSettings("outbox", Path()),
    owners={"quay": ("owner@example.org", "jo@example.com"), "gone": ("x@example.org",)},
    approvers=(
        Approver("jo@example.com", frozenset(), date(2026, 3, 1), date(2026, 3, 9), "sam@example.com"),
        Approver("owner@example.org", frozenset({"quay"})),
    ),
)


def test_who_reads_what_and_whose_answers_count() -> None:
    names = ("harbour", "quay")
    here = recipients(SETTINGS, names, date(2026, 3, 10))
    assert here == {"jo@example.com": names, "owner@example.org": ("quay",)}
    assert recipients(SETTINGS, names, date(2026, 3, 9))["sam@example.com"] == names

    def counts(sender: str, day: int) -> frozenset[str]:
        return approver_of(SETTINGS, sender, names, date(2026, 3, day))

    assert counts("jo@example.com", 9) == counts("jo@example.com", 10) == set(names)
    assert counts("sam@example.com", 9) == set(names)
    assert counts("sam@example.com", 10) == frozenset()
    assert counts("owner@example.org", 10) == {"quay"}
    assert counts("eve@example.org", 10) == counts("", 10) == frozenset()
