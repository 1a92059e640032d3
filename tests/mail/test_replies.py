"""Answers and bounces through a real IMAP server, from the letter that left to the decision that follows."""

import email
import email.policy
import json
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from email.message import EmailMessage
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from imap_tools import MailBoxUnencrypted

from connectors.sandbox.company import Company
from connectors.sandbox.limits import Limits
from connectors.sandbox.server import Running, serve
from tests.mail.far_imap import PASSWORD, Post
from tests.mail.test_incoming import bounce
from worker.app import App
from worker.cli import main
from worker.config.load import load
from worker.core.history import MessageState

NOW = datetime(2026, 3, 10, 10, tzinfo=UTC)
_firms = count(1)
CONFIG = """\
mode: live
state: ./state
mail:
  mailer: smtp
  smtp: {{host: 127.0.0.1, port: {smtp}, security: plain}}
  imap: {{host: 127.0.0.1, port: {imap}, security: plain, user: {user}, password from: {{env: WORD}}}}
  replies: {{folder: INBOX{mark}}}
organisations:
  harbour:
    books: {{kind: sandbox, url: {url}, tenant: {tenant}}}
    zone: Europe/London
    country: GB
    sender: {{name: Accounts, email: {user}}}
    signature: {{name: Accounts team, email: {user}}}
    ways to pay: [Bank transfer to the account on your invoice]
    reconciled: daily
    backlog: chase
    {more}
"""


@pytest.fixture(scope="module")
def running() -> Iterator[Running]:
    """Sixteen clients and three months, as Xero's face shows them on the day."""
    company = Company.simulate(7, date(2025, 12, 1), date(2026, 3, 31), clients=16, invoices_per_month=30)
    with serve(company, now=NOW, limits=Limits(minute=None)) as served:
        yield served


@dataclass
class Firm:
    """A firm whose mail really leaves and really comes back, on this machine."""

    folder: Path
    post: Post
    running: Running
    user: str
    mark: str = ""

    def write(self, more: str = "") -> None:
        mark = f", mark: {self.mark}" if self.mark else ""
        known = {"url": self.running.url, "tenant": self.running.tenants[0], "user": self.user, "mark": mark}
        text = CONFIG.format(smtp=self.post.smtp, imap=self.post.imap, more=more, **known)
        (self.folder / "config.yaml").write_text(text, encoding="utf-8")

    def __call__(self, *words: str, at: datetime = NOW) -> Any:
        line = [*words, "--config", str(self.folder / "config.yaml"), "--now", at.isoformat()]
        done = CliRunner().invoke(main, line, env={"NO_COLOR": "1", "COLUMNS": "250", "WORD": PASSWORD})
        assert done.exit_code in {0, 1, 3}, done.output
        return json.loads(done.stdout)["organisations"][0] if "--json" in words else done.stdout

    def go(self) -> list[dict[str, Any]]:
        """The first live run, with its baseline approved: the reminders that left, one for each payer."""
        self.write()
        (proposal,) = self("preview", "--json")["approvals"]
        self.write(proposal["paste"])
        self("run", "--json")
        with self.app as app:
            clients = app.logbook.snapshot("harbour").clients
            return [
                {"key": m.key, "payer": m.payer_id, "to": m.to, "name": clients[m.payer_id].name}
                for m in app.logbook.messages("harbour")
                if m.kind == "reminder"
            ]

    def letter(self, one: dict[str, Any]) -> EmailMessage:
        """What the client has in its mailbox of a message that was sent."""
        ours = [raw for _, raw, _ in self.post.letters(one["to"][0]) if self.user.encode() in raw]
        return email.message_from_bytes(ours[-1], policy=email.policy.default)  # type: ignore[return-value]

    def comes(self, message: EmailMessage) -> None:
        message["To"] = self.user
        self.post.deliver(message, self.user)

    @property
    def app(self) -> App:
        return App(load(self.folder, {"WORD": PASSWORD}))


def reply_to(ours: EmailMessage, text: str, **headers: str) -> EmailMessage:
    """What a mail program makes of *answer*."""
    made = EmailMessage()
    made["From"], made["Subject"] = str(ours["To"]), f"Re: {ours['Subject']}"
    made["Message-ID"] = f"<{next(_firms)}@{str(ours['To']).rpartition('@')[2].strip('>')}>"
    made["In-Reply-To"] = ours["Message-ID"]
    made["References"] = f"{ours['References']} {ours['Message-ID']}"
    for name, value in headers.items():
        del made[name.replace("_", "-")]
        made[name.replace("_", "-")] = value
    made.set_content(f"{text}\n\nOn Tue, 10 Mar 2026, Accounts wrote:\n> Hello\n")
    return made


@pytest.fixture
def firm(tmp_path: Path, post: Post, running: Running) -> Firm:
    return Firm(tmp_path, post, running, f"accounts{next(_firms)}@harbourpine.example.com")


def test_every_kind_of_answer_is_heard_once_and_has_its_effect(firm: Firm) -> None:
    firm.mark = "\\Flagged"
    told = firm.go()
    assert len(told) >= 6, "the story has fewer messages than this test needs"
    answered, away, gone, bounced, other, late = told[:6]
    stranger = EmailMessage()
    stranger["From"], stranger["Subject"] = "x@else.example.org", "Offer"
    stranger.set_content("Buy now")
    by_address = EmailMessage()
    by_address["From"], by_address["Subject"], by_address["Message-ID"] = other["to"][0], "A question", "<q@client>"
    by_address.set_content("Which order was this?")
    firm.comes(stranger)
    firm.comes(reply_to(firm.letter(answered), "We pay on Friday."))
    firm.comes(reply_to(firm.letter(away), "Away until 20 March.", Auto_Submitted="auto-replied"))
    firm.comes(reply_to(firm.letter(gone), "She no longer works here.", Auto_Submitted="auto-replied"))
    head = "".join(f"{n}: {firm.letter(bounced)[n]}\r\n" for n in ("Message-ID", "References"))
    firm.comes(bounce((bounced["to"][0], "failed", "5.1.1"), original=head))
    head = "".join(f"{n}: {firm.letter(late)[n]}\r\n" for n in ("Message-ID", "References"))
    firm.comes(bounce((late["to"][0], "delayed", "4.4.1"), original=head, own_id="late"))
    firm.comes(by_address)

    later = NOW + timedelta(days=1)
    result = firm("run", "--json", at=later)
    tasks = [d for d in result["decisions"] if d["kind"] == "task"]
    kinds = {(t["payer"], t["task"]) for t in tasks}
    expected = {
        (answered["payer"], "read-reply"),
        (gone["payer"], "find-who-pays"),
        (other["payer"], "read-reply"),
    }
    assert expected <= kinds, tasks
    (task,) = [t for t in tasks if t["payer"] == answered["payer"] and t["task"] == "read-reply"]
    assert "“We pay on Friday.”" in task["reason"]["sentence"]
    with firm.app as app:
        history = app.logbook.history("harbour")
        states = {m.payer_id: m.state for m in app.logbook.messages("harbour")}
    heard = {r.payer_id: (str(r.what), r.text) for r in history.replies}
    assert heard[answered["payer"]] == ("answer", "We pay on Friday.")
    assert heard[away["payer"]] == ("away", "Away until 20 March.")
    assert heard[gone["payer"]][0] == "gone"
    assert heard[other["payer"]] == ("answer", "Which order was this?")
    assert states[bounced["payer"]] is MessageState.BOUNCED
    assert states[late["payer"]] is MessageState.DEFERRED
    assert heard[late["payer"]][0] == "late"
    assert len(history.replies) == 6, "a stranger's mail is nobody's reply"
    standings = {s["payer"]: s["reason"]["code"] for s in result["standings"] if s["payer"] != bounced["payer"]}
    assert [standings[one["payer"]] for one in (answered, away, gone, late)] == ["reply", "away", "gone", "late"]

    flags = {subject: set(marks) for subject, _, marks in firm.post.letters(firm.user)}
    assert flags["Offer"] == set()
    assert flags["A question"] == {"\\Flagged"}
    again = firm("run", "--json", at=later + timedelta(hours=1))
    assert "Replies could not be looked for" not in json.dumps(again["warnings"])
    with firm.app as app:
        assert len(app.logbook.history("harbour").replies) == 6
    assert "We pay on Friday." in firm("explain", answered["name"], at=later)

    done = firm("done", task["id"], "promised", "2026-03-20", at=later)
    assert "promise" in done
    after = firm("preview", "--json", at=later + timedelta(hours=2))
    assert {s["reason"]["code"] for s in after["standings"] if s["payer"] == answered["payer"]} == {"promise"}


def test_a_preview_marks_nothing_and_a_folder_numbered_anew_repeats_nothing(firm: Firm) -> None:
    firm.mark = "\\Flagged"
    one = firm.go()[0]
    firm.comes(reply_to(firm.letter(one), "Soon."))
    later = NOW + timedelta(hours=1)
    firm("preview", "--json", at=later)
    ((_, _, flags),) = firm.post.letters(firm.user)
    assert flags == ()
    with firm.app as app:
        assert [r.text for r in app.logbook.history("harbour").replies] == ["Soon."]
    with MailBoxUnencrypted("127.0.0.1", firm.post.imap).login(firm.user, PASSWORD) as box:
        raw = next(m.obj.as_bytes() for m in box.fetch(mark_seen=False))
        box.append(raw, "INBOX")
    firm("run", "--json", at=later + timedelta(hours=1))
    with firm.app as app:
        assert len(app.logbook.history("harbour").replies) == 1, "the same Message-ID in another place"


def test_an_answer_proves_that_a_message_of_unknown_outcome_arrived(firm: Firm) -> None:
    one = firm.go()[0]
    with sqlite3.connect(firm.folder / "state" / "logbook.db") as line:  # as a crash after the hand-off leaves it
        line.execute("UPDATE message SET state = 'uncertain' WHERE key = ?", (one["key"],))
    firm.comes(reply_to(firm.letter(one), "Thanks, got it."))
    firm("run", "--json", at=NOW + timedelta(hours=1))
    with firm.app as app:
        (found,) = [m for m in app.logbook.messages("harbour") if m.key == one["key"]]
        assert (found.state, found.detail) == (MessageState.ACCEPTED, "answer came back")


def test_a_mailbox_that_cannot_be_read_is_a_warning_and_harder_steps_wait(firm: Firm) -> None:
    firm.go()
    text = (firm.folder / "config.yaml").read_text()
    (firm.folder / "config.yaml").write_text(text.replace(f"port: {firm.post.imap}", "port: 1"))
    result = firm("run", "--json", at=NOW + timedelta(hours=1))
    assert any(w.startswith("Replies could not be looked for") for w in result["warnings"])
