"""What check tells beside what is wrong."""

from pathlib import Path

from click.testing import CliRunner

from tests.config.helpers import practice
from worker.app_notes import notes_of
from worker.cli import main

FIRM = "organisations:\n  birch:\n    books: {kind: sandbox}\n    sender: {name: B, email: a@birch.example.com}\n"
SIGNED = "    signature: {name: Bea, email: bea@birch.example.com}\n"
GOOGLE = """\
mail:
  mailer: smtp
  smtp: {login: google, user: box@birch.example.com, client id from: {env: APP}}
  replies: {folder: INBOX}
"""


def test_unwatched_mail_is_worth_knowing_about_and_an_outbox_is_not(tmp_path: Path) -> None:
    away = "mail: {mailer: smtp, smtp: {host: smtp.example.com}}\n"
    (note,) = notes_of(practice(tmp_path, away + FIRM))
    assert note.startswith("birch: nobody watches for replies, so in live mode every step after the first past due")
    told = CliRunner().invoke(main, ["check", "--config", str(tmp_path)], env={"COLUMNS": "300"})
    assert (told.exit_code, "Worth knowing: birch: nobody watches" in told.stdout) == (0, True)
    assert notes_of(practice(tmp_path, FIRM)) == []
    assert notes_of(practice(tmp_path, away.replace("smtp.example.com", "localhost") + FIRM)) == []


def test_addresses_that_differ_from_the_mailbox_are_worth_a_look(tmp_path: Path) -> None:
    notes = notes_of(practice(tmp_path, GOOGLE + FIRM + SIGNED, APP="app"))
    assert notes == [
        "birch: replies go to bea@birch.example.com, but box@birch.example.com is watched: see that they arrive there.",
        "birch: sends as a@birch.example.com, signed in as box@birch.example.com: that mailbox needs the right to "
        "send as the other.",
    ]
    same = (GOOGLE + FIRM + SIGNED).replace("bea@birch", "box@birch").replace(" a@birch", " Box@birch")
    assert notes_of(practice(tmp_path, same, APP="app")) == []
