"""The digest from the books to the inbox and back: real SMTP, a real IMAP server, and everything that must not work."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from tests.mail.digest_office import EVENING, JO, MORNING, OPEN, SERVER, Office, body, code_of
from tests.mail.far_imap import PASSWORD, Post
from tests.mail.far_sink import smtp_sink
from worker.cli import main
from worker.core.events import EventKind

_boxes = count(1)


@pytest.fixture
def office(tmp_path: Path, post: Post) -> Iterator[Office]:
    """A practice that has just gone live: its baseline is approved by mail on the evening before."""
    with smtp_sink() as own, smtp_sink() as clients:
        made = Office(tmp_path, post, own, clients, f"answers{next(_boxes)}@practice.example.net")
        made.write()
        yield made
        if made.book:
            made.book.close()


def gone_live(office: Office) -> None:
    office.run(EVENING)
    (first,) = office.came()
    office.answer(first, f"yes {code_of(first, 'Start chasing')}")
    office.run(EVENING + timedelta(minutes=30))
    (confirmed,) = office.came()
    assert "Approved: baseline-" in body(confirmed)


def test_a_morning_a_stop_and_the_others_are_asked(office: Office) -> None:
    gone_live(office)
    office.run(MORNING)
    (digest,) = office.came()
    assert str(digest["To"]) == JO and str(digest["Auto-Submitted"]) == "auto-generated"
    assert str(digest["Subject"]).startswith("duecourse, Tue 10 Mar: 3 messages today [")
    assert {n for n in office.names if f"{n}; GBP" in body(digest)} == set(office.names)
    assert "GOES OUT TODAY, FROM 09:01" in body(digest)
    assert not office.asked(), "nothing may leave before people could stop it"

    office.answer(digest, f"stop {code_of(digest, 'Birch')}")
    office.run(MORNING + timedelta(minutes=29))
    (confirmed,) = office.came()
    assert "Nothing goes to Birch today" in body(confirmed) and "To undo: reply with undo" in body(confirmed)
    assert str(confirmed["Auto-Submitted"]) == "auto-replied"
    office.run(MORNING + timedelta(hours=1, minutes=59, seconds=30))
    assert not office.asked(), "the window is open, but the two hours are not over"
    office.run(OPEN)
    assert office.asked() == {"acme", "cole"}
    office.answer(digest, f"stop {code_of(digest, 'Acme')}")
    office.run(OPEN + timedelta(minutes=10))
    (told,) = office.came()
    assert "too late: the nudge left already" in body(told)

    office.run(MORNING + timedelta(days=1))
    (digest,) = office.came()
    assert "Done: jo@example.com: stop" in body(digest)
    office.run(OPEN + timedelta(days=1))
    assert office.asked() == {"acme", "birch", "cole"}


def test_what_must_do_nothing_does_nothing_and_is_reported(office: Office) -> None:
    gone_live(office)
    office.run(MORNING)
    (digest,) = office.came()
    stop = f"stop {code_of(digest, 'Acme')}"
    forged = "mx.attacker.example; dkim=pass header.d=example.com"
    office.answer(digest, stop, results=forged)
    office.answer(digest, stop, results=f"{SERVER}; dkim=fail header.d=example.com")
    office.answer(digest, stop, results="")
    office.answer(digest, stop, sender="Jo <eve@example.com>")
    office.answer(digest, stop, Auto_Submitted="auto-replied")
    office.answer(digest, f"Fine, thanks.\n\n-----Original Message-----\n{stop}")
    office.run(MORNING + timedelta(minutes=30))
    (told,) = office.came()
    assert "no order was found in it" in body(told), "only Jo's own mail is answered"
    assert not office.events(EventKind.HOLD)
    office.run(OPEN)
    assert office.asked() == {"acme", "birch", "cole"}

    office.run(MORNING + timedelta(days=1))
    (digest,) = office.came()
    said = [line for line in body(digest).splitlines() if line.startswith("- Nothing was done")]
    assert len(said) == 6
    for why in ("says nothing about who sent it", "no dkim or dmarc pass", "not among the approvers", "automatic"):
        assert any(why in line for line in said), why


def test_a_code_works_once_and_not_for_ever(office: Office) -> None:
    gone_live(office)
    office.run(MORNING)
    (digest,) = office.came()
    code = code_of(digest, "Acme")
    for text in (f"hold {code} until 20 mar because they moved", f"hold {code} until 30 mar", "hold 77", "stop"):
        office.answer(digest, text)
        office.run(MORNING + timedelta(minutes=30))
    held, again, unknown, bare = (body(m) for m in office.came())
    assert "Acme is on hold until 2026-03-20" in held
    assert "was used already: Acme is on hold until 2026-03-20" in again
    assert "there is no item 77" in unknown and "no number of an item" in bare
    (event,) = office.events(EventKind.HOLD)
    assert (event.by, event.data["why"], event.data["until"]) == (JO, "they moved", "2026-03-20")

    office.answer(digest, f"undo {code}", id="<same@mail.example.com>")
    office.answer(digest, f"undo {code}", id="<same@mail.example.com>")
    office.run(MORNING + timedelta(minutes=40))
    (undone,) = office.came()
    assert "Acme is released" in body(undone)
    assert len(office.events(EventKind.RELEASE)) == 1

    late = MORNING + timedelta(days=3)
    office.answer(digest, f"hold {code_of(digest, 'Birch')}")
    office.run(late - timedelta(minutes=10))
    assert not [m for m in office.came() if "Re:" in str(m["Subject"])]
    assert len(office.events(EventKind.HOLD)) == 1


@pytest.mark.matrix
def test_pausing_a_client_and_the_whole_organisation(office: Office) -> None:
    gone_live(office)
    office.run(MORNING)
    (digest,) = office.came()
    office.answer(digest, "pause cole until 20 mar\npause harbour until friday\npause nobody until friday")
    office.run(MORNING + timedelta(minutes=30))
    (told,) = office.came()
    assert "Cole is on hold until 2026-03-20" in body(told)
    assert "harbour pauses until 2026-03-13" in body(told) and 'nobody is called "nobody"' in body(told)
    office.run(OPEN)
    assert not office.asked()


def test_the_digest_is_sent_once_a_day_whatever_happens(office: Office) -> None:
    office.own.refusing = "451 4.3.0 not now"
    office.run(EVENING)
    office.own.refusing = ""
    office.run(EVENING + timedelta(minutes=10))
    office.run(EVENING + timedelta(minutes=20))
    assert len(office.came()) == 1
    outcomes = [e.data["outcome"] for e in office.events(EventKind.DIGESTED, "")]
    assert outcomes[-1] == "accepted" and set(outcomes[:-1]) <= {"not sent", "later"}


def test_two_runs_at_once_send_one_digest(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    from worker.digests import sending

    office.run(EVENING.replace(hour=6))  # read once, too early for a digest
    real = sending.codes_data
    with office.app(EVENING) as one, office.app(EVENING) as other:
        turns = iter([lambda: sending.send_due(other)])

        def between(lines: Any) -> Any:
            for turn in turns:  # the other run comes between the number of the try and its claim
                assert [t.outcome for t in turn()] == ["accepted"]
            return real(lines)

        monkeypatch.setattr(sending, "codes_data", between)
        assert sending.send_due(one) == ()
    assert len(office.came()) == 1


@pytest.mark.matrix
def test_a_deputy_reads_and_decides_while_the_approver_is_away_and_no_longer(office: Office) -> None:
    away = "{email: jo@example.com, away: {from: 2026-03-09, to: 2026-03-10}, deputy: sam@example.com}"
    office.write(replace=[("approvers: [jo@example.com]", f"approvers: [{away}]")])
    office.run(EVENING)
    first = {str(m["To"]): m for m in office.came()}
    assert set(first) == {JO, "sam@example.com"}
    office.answer(
        first["sam@example.com"], f"yes {code_of(first['sam@example.com'], 'Start')}", sender="sam@example.com"
    )
    office.run(EVENING + timedelta(minutes=10))
    (told,) = office.came()
    assert str(told["To"]) == "sam@example.com" and "Approved: baseline-" in body(told)
    office.run(MORNING + timedelta(days=1))
    (later,) = office.came()
    assert str(later["To"]) == JO
    office.answer(later, f"hold {code_of(later, 'Acme')}", sender="sam@example.com")
    office.run(MORNING + timedelta(days=1, minutes=9))
    assert not office.came() and not office.events(EventKind.HOLD)


def test_names_and_replies_from_outside_cannot_break_out_of_the_mail(office: Office) -> None:
    evil = '</div><script>alert(1)</script>Acme "Ltd"\u202e'
    office.names = ("Acme", "Birch")
    office.write(more="    holds: [{client: Acme, why: '<b>x</b>" + "y" * 100_000 + "'}]\n")
    rows = (office.folder / "invoices.csv").read_text().replace("Birch", '"' + evil.replace('"', '""') + '"')
    (office.folder / "invoices.csv").write_text(rows, encoding="utf-8")
    office.run(EVENING)
    (digest,) = office.came()
    html = digest.get_body(("html",))
    assert html is not None
    text = str(html.get_content())
    assert "<script" not in text and "&lt;script&gt;" in text and "<b>x" not in text
    assert "\u202e" not in text + body(digest)
    assert len(text) < 40_000


def test_it_waits_for_its_hour_and_for_days_on_which_mail_may_leave(office: Office) -> None:
    office.run(datetime(2026, 3, 9, 6, 30, tzinfo=UTC))
    office.run(datetime(2026, 3, 8, 12, tzinfo=UTC))
    assert not office.came(), "too early, and a Sunday"
    assert date(2026, 3, 8).weekday() == 6


@pytest.mark.matrix
def test_what_was_announced_and_never_left_is_said(office: Office) -> None:
    gone_live(office)
    office.run(MORNING)
    office.came()
    office.run(MORNING + timedelta(days=1))
    (digest,) = office.came()
    assert "Nothing that the digest of 10 Mar 2026 announced has left: no run came when it might." in body(digest)
    office.run(OPEN + timedelta(days=1))
    office.run(MORNING + timedelta(days=2))
    (digest,) = office.came()
    assert "announced has left" not in body(digest)


def test_an_owner_reads_of_one_firm_alone_and_a_failure_is_told_by_another_way(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    from worker import afterwards

    said: list[str] = []
    monkeypatch.setattr(afterwards.Webhook, "say", lambda _, text: not said.append(text))
    second = "  quay:\n    books: {kind: csv, invoices: quay.csv, currency: GBP}\n    backlog: chase\n"
    second += "    sender: {name: Q, email: q@quay.example.net}\n    signature: {name: Q, email: q@quay.example.net}\n"
    (office.folder / "quay.csv").write_text("number,client,total,open,issued,due,sent\nS1,Secret,9,9,,2026-02-01,yes\n")
    owners = ("digest:", "digest:\n  owners: {harbour: o@example.org}")
    office.write("alerts: {webhook from: {env: WORD}}", second, [owners])
    with office.app(EVENING) as app:
        app.run(deliver=True)
    both = {str(m["To"]): body(m) for m in office.came()}
    assert set(both) == {JO, "o@example.org"}
    assert "2 organisations" in both[JO] and "quay" in both[JO]
    assert "quay" not in both["o@example.org"] and "Secret" not in both["o@example.org"]

    office.own.refusing = "550 5.7.1 not from you"
    office.run(EVENING + timedelta(days=1))
    office.run(EVENING + timedelta(days=1, minutes=9))
    told = [t for t in said if "digest" in t]
    assert len(told) == 1, "a refusal for good is not tried again that day"
    assert told[0].startswith("duecourse could not send the digest to 2 of 2 readers (rejected: ")


def test_check_says_what_to_expect_and_the_commands_pause_and_show(office: Office) -> None:
    def say(*words: str) -> str:
        clock = [] if words[0] == "check" else ["--now", MORNING.isoformat()]
        line = [*words, "--config", str(office.folder), *clock]
        return CliRunner().invoke(main, line, env={"NO_COLOR": "1", "WORD": PASSWORD}).output

    told = say("check")
    assert "from 07:00 (Europe/London) on, and nothing leaves before 09:00" in told and "not read" not in told
    office.write(replace=[("  trusted server: mx.practice.example.net\n", "")])
    assert "answers to it are not read" in say("check")
    assert "pauses until 2026-03-20" in say("pause", "harbour", "--until", "2026-03-20", "--why", "moving")
    shown = say("digest")
    assert "Nothing but thanks leaves until 20 Mar 2026: moving." in shown
    assert "harbour goes on" in say("resume", "harbour")
    assert "is not paused" in say("resume", "harbour")
    assert '"kind": "quiet"' not in say("digest", "--json")
    assert "--send in mode: preview" not in say("digest", "--send")
    assert len(office.came()) == 1 and "already" in say("digest", "--send")
