"""Mail as each organisation has it: its own mailbox over the practice's, and what is refused."""

from dataclasses import replace
from pathlib import Path

import pytest

from tests.config.helpers import books, practice, settings
from worker.config.fingerprint import fingerprint_of
from worker.config.values import ImapSettings, Practice, Secret, SmtpSettings
from worker.core.settings import Address
from worker.errors import ConfigError

FIRMS = """\
mail:
  mailer: smtp
  smtp: {login: microsoft, client id from: {env: APP}, tenant: organizations}
organisations:
  birch:
    books: {kind: sandbox}
    mail: {smtp: {user: accounts@birch.example.com}}
  larch:
    books: {kind: sandbox}
    mail:
      smtp: {login: google, user: accounts@larch.example.com, client id from: {env: OTHER}}
      replies: {folder: Replies, mark: duecourse}
  rowan:
    books: {kind: sandbox}
    mail:
      smtp: {host: smtp.rowan.example.com, user: u, password from: {env: WORD}}
      imap: {host: imap.rowan.example.com, copy in sent: yes}
"""
SECRETS = {"APP": "an-app", "OTHER": "other-app", "WORD": "pass"}


def firms(folder: Path, text: str = FIRMS) -> Practice:
    return practice(folder, text, **SECRETS)


def test_every_firm_has_its_own_mailbox_and_the_practice_writes_the_rest_once(tmp_path: Path) -> None:
    birch, larch, rowan = firms(tmp_path).organisations
    assert birch.mail and larch.mail and rowan.mail
    smtp = birch.mail.smtp
    assert smtp
    assert (smtp.host, smtp.port, smtp.security) == ("smtp.office365.com", 587, "starttls")
    assert (smtp.sign_in.user, smtp.sign_in.login) == ("accounts@birch.example.com", "microsoft")
    assert (smtp.sign_in.client_id, smtp.sign_in.tenant) == (Secret("an-app"), "organizations")
    assert (birch.mail.imap, birch.mail.watched) == (None, False)
    assert larch.mail.smtp and larch.mail.imap and larch.mail.replies
    assert larch.mail.smtp.host == "smtp.gmail.com"
    assert larch.mail.smtp.sign_in.tenant == ""
    assert larch.mail.imap == ImapSettings("imap.gmail.com", 993, "tls", larch.mail.smtp.sign_in)
    assert (larch.mail.replies.folder, larch.mail.replies.mark, larch.mail.watched) == ("Replies", "duecourse", True)
    assert rowan.mail.smtp == SmtpSettings("smtp.rowan.example.com", 587, "starttls", rowan.mail.smtp.sign_in)  # type: ignore[union-attr]
    assert rowan.mail.imap and rowan.mail.imap.sign_in.password == Secret("pass")
    assert (rowan.mail.imap.copy_in_sent, rowan.mail.watched) == (True, False)


def test_an_outbox_keeps_everything_here_whatever_mailboxes_there_are(tmp_path: Path) -> None:
    text = FIRMS.replace("mailer: smtp", "mailer: outbox")
    assert {o.mail.mailer for o in firms(tmp_path, text).organisations if o.mail} == {"outbox"}


def test_another_mailbox_needs_a_new_baseline_and_none_leaves_it_as_it_was(tmp_path: Path) -> None:
    birch = firms(tmp_path).organisations[0]
    moved = firms(tmp_path, FIRMS.replace("accounts@birch", "billing@birch")).organisations[0]
    assert fingerprint_of(birch) != fingerprint_of(moved)
    bare = replace(birch, written=birch.written.model_copy(update={"mail": None}))
    assert fingerprint_of(bare) != fingerprint_of(birch)


@pytest.mark.parametrize(
    ("mail", "said"),
    [
        ("{mailer: smtp}", 'mailer: smtp, but no "smtp" below it'),
        ("{mailer: smtp, smtp: {user: u, password from: {env: WORD}}}", 'smtp: "host" is missing'),
        ("{mailer: smtp, smtp: {host: a.example.com, security: plain}}", "security: plain to a.example.com"),
        ("{mailer: smtp, smtp: {host: a.example.com, user: u}}", 'only one of "user" and "password from"'),
        ("{mailer: smtp, smtp: {login: google, client id from: {env: APP}}}", 'login: google, but no "user"'),
        ("{mailer: smtp, smtp: {login: google, user: u}}", 'login: google, but no "client id from"'),
        ("{replies: {folder: INBOX}}", "replies, but no mailbox to read"),
        ("{imap: {user: u, password from: {env: WORD}}, replies: {}}", 'imap: "host" is missing'),
        ("{imap: {host: i.example.com, security: plain}, replies: {}}", "security: plain to i.example.com"),
        (
            "{mailer: smtp, smtp: {login: google, user: u, client id from: {env: APP}, token url: 'https://e.example.com'}}",
            "another address for a platform",
        ),
        (
            "{mailer: smtp, smtp: {login: google, user: u, client id from: {env: APP}}, imap: {copy in sent: yes}}",
            "copy in sent, but Google keeps one itself",
        ),
    ],
)
def test_what_cannot_work_is_said(tmp_path: Path, mail: str, said: str) -> None:
    with pytest.raises(ConfigError) as caught:
        firms(tmp_path, f"mail: {mail}\norganisations: {{birch: {{books: {{kind: sandbox}}}}}}\n")
    assert said in str(caught.value)


def test_sender_and_replies_per_organisation_and_per_person_who_signs(tmp_path: Path) -> None:
    text = """\
organisations:
  birch:
    books: {kind: sandbox}
    sender: {name: Accounts, email: accounts@birch.example.com}
    reply to: replies@birch.example.com
    signature: {name: Accounts team, email: team@birch.example.com}
    signatures:
      owner: {name: Bea, email: bea@birch.example.com, sender: {name: Bea, email: bea@birch.example.com}}
      partner: {name: Pat, email: pat@birch.example.com, reply to: pat@birch.example.com}
"""
    signed = settings(tmp_path, text, books()).signatures
    assert {name: s.reply_to for name, s in signed.items()} == {
        "": "replies@birch.example.com",
        "owner": "replies@birch.example.com",
        "partner": "pat@birch.example.com",
    }
    assert signed["owner"].sender == Address("bea@birch.example.com", "Bea")
    assert signed[""].sender is None
