"""From a person's consent to letters that leave: connect, send, expire, refresh, send again, withdrawn."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from tests.mail.far_imap import Post, porter
from tests.mail.far_provider import FarProvider, provider
from tests.mail.far_smtp import TokenBox, token_server
from tests.mail.letters import NOW, letter
from tests.mail.tokens import Door
from worker.app import App
from worker.cli import main
from worker.commands import mailbox as command
from worker.config.load import load
from worker.ports import Outcome
from worker.vault.keys import new_key

pytestmark = pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS")

CONFIG = """\
state: ./state
allow test endpoints: yes
vault: {{key: {{env: VAULT}}}}
mail:
  mailer: smtp
  smtp:
    {{login: {login}, host: 127.0.0.1, port: {smtp}, security: plain, client id from: {{env: APP}}, token url: "{url}"}}
  imap: {{host: 127.0.0.1, port: {imap}, security: plain}}
  replies: {{folder: INBOX}}
organisations:
  birch: {{books: {{kind: sandbox}}, mail: {{smtp: {{user: accounts@birch.example.com}}}}}}
  larch: {{books: {{kind: sandbox}}, mail: {{smtp: {{user: Accounts@larch.example.com}}}}}}
"""


class Firm:
    """A practice with two firms' mailboxes at one provider."""

    def __init__(self, folder: Path, far: FarProvider, box: TokenBox, text: str) -> None:
        self.folder, self.far, self.box = folder, far, box
        (folder / "config.yaml").write_text(text, encoding="utf-8")
        self.env = {"APP": "our-app", "VAULT": new_key().reveal(), "NO_COLOR": "1", "COLUMNS": "200"}

    def connect(self, monkeypatch: pytest.MonkeyPatch, *words: str, user: str = "") -> Result:
        """The command, with a person who allows what the page asks and pastes where the browser ended."""
        shown: list[str] = []
        monkeypatch.setattr(command.click, "echo", lambda text, err=False: shown.append(text))

        def pasted() -> str:
            (url,) = re.findall(r"https://\S+", "\n".join(shown))
            return self.far.allow(url, user)

        monkeypatch.setattr(command, "_pasted", pasted)
        line = ["connect", "mailbox", *words, "--paste", "--config", str(self.folder / "config.yaml")]
        return CliRunner().invoke(main, line, env=self.env)

    def send(self, monkeypatch: pytest.MonkeyPatch, n: int) -> dict[str, Any]:
        """A letter from every firm's own mailbox: how each ended."""
        monkeypatch.setenv("VAULT", self.env["VAULT"])
        with App(load(self.folder, self.env)) as app:
            found = {}
            for name, mailer in app.mailers(app.practice.organisations).items():
                made = letter(n)
                found[name] = mailer.send(made, mailer.prepare(made, NOW), lambda: True)
            return found


@pytest.fixture(params=["microsoft", "google"])
def firm(request: pytest.FixtureRequest, tmp_path: Path, post: Post) -> Iterator[Firm]:
    door = Door()
    with provider(door) as far, token_server(None, door) as (box, smtp), porter(post, door) as imap:
        far.rotates = request.param == "microsoft"
        text = CONFIG.format(login=request.param, smtp=smtp, imap=imap, url=far.url)
        yield Firm(tmp_path, far, box, text)


def test_connect_send_expire_refresh_send_again(firm: Firm, monkeypatch: pytest.MonkeyPatch) -> None:
    outcomes = firm.send(monkeypatch, 1)
    assert {r.outcome for r in outcomes.values()} == {Outcome.CREDENTIAL}
    assert "Connect the mailbox again: duecourse connect mailbox" in outcomes["birch"].detail
    for name in ("birch", "larch"):
        told = firm.connect(monkeypatch, name)
        assert told.exit_code == 0, told.output
        assert f"Connected: {'a' if name == 'birch' else 'A'}ccounts@{name}.example.com" in told.stdout
        assert told.stdout.count("lets us in") == 2
    assert {r.outcome for r in firm.send(monkeypatch, 2).values()} == {Outcome.ACCEPTED}
    assert firm.far.grants == ["authorization_code"] * 2
    firm.far.expire()
    assert {r.outcome for r in firm.send(monkeypatch, 3).values()} == {Outcome.ACCEPTED}
    assert {r.outcome for r in firm.send(monkeypatch, 4).values()} == {Outcome.ACCEPTED}
    assert firm.far.grants == ["authorization_code"] * 2 + ["refresh_token"] * 2
    assert len(firm.box.kept) == 6
    firm.far.revoke()
    withdrawn = firm.send(monkeypatch, 5)
    assert {r.outcome for r in withdrawn.values()} == {Outcome.CREDENTIAL}
    assert "invalid_grant" in withdrawn["larch"].detail
    assert len(firm.box.kept) == 6
    kept = b"".join(p.read_bytes() for p in (firm.folder / "state").rglob("*") if p.is_file())
    assert not re.search(rb"(access|refresh)\d", kept)


def test_another_account_than_the_mailbox_shows_at_once(firm: Firm, monkeypatch: pytest.MonkeyPatch) -> None:
    told = firm.connect(monkeypatch, "birch", user="somebody@else.example.com")
    assert told.exit_code == 0
    assert "AUTH: 535" in told.stdout
    assert "lets us in" not in told.stdout


def test_what_needs_no_consent_is_not_asked_for(firm: Firm, monkeypatch: pytest.MonkeyPatch) -> None:
    assert firm.connect(monkeypatch).exit_code == 2
    assert firm.connect(monkeypatch, "nobody").exit_code == 2
    other = "google" if firm.far.rotates else "microsoft"
    told = firm.connect(monkeypatch, "birch", "--provider", other)
    assert (told.exit_code, firm.far.grants) == (2, [])
