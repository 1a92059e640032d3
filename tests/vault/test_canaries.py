"""Secrets of every kind are planted, and everything that duecourse says, writes or keeps is searched for them."""

import base64
import http.client
import json
import logging
import smtplib
import tempfile
import traceback
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote, quote_plus

import pytest
import structlog
from click.testing import CliRunner

from connectors.sandbox.company import Company
from connectors.sandbox.limits import Limits
from connectors.sandbox.server import Running, serve
from tests.mail.far_http import FarHttp, reply
from tests.mail.far_smtp import Rude
from worker.app import App
from worker.cli import main
from worker.config.load import load
from worker.core.secret import Secret
from worker.quiet import hush

NOW = datetime(2026, 3, 10, 10, tzinfo=UTC)
CANARIES = {
    "CLIENT_SECRET": "canary-1/Client+Secret&7%",
    "REFRESH": "canary-2/First+Refresh&7%",
    "VAULT": "Y2FuYXJ5LXZhdWx0LWtleS0zMi1ieXRlcy1sb25nISE",
    "SMTP_PASSWORD": "canary-4/Smtp+Password&7%",
    "SENDGRID_KEY": "SG.canary-5/Send+Grid&7%",
    "DATABASE_PASSWORD": "canary-6/Data+Base&7%",
    "PING": "https://example.org/canary-7-ping-address",
}
ACCESS = "canary-8/Access+Token&7%"
CONFIG = """\
mode: {mode}
state: ./state
vault: {{key: {{env: VAULT}}}}
allow test endpoints: yes
mail:
  mailer: {mailer}
  outbox: {{folder: ./outbox}}
  smtp:
    {{host: 127.0.0.1, port: {port}, security: plain, user: a@example.com, password from: {{env: SMTP_PASSWORD}}}}
  sendgrid: {{key from: {{env: SENDGRID_KEY}}, endpoint: "{sendgrid}"}}
organisations:
  harbour:
    books:
      kind: xero
      tenant: {tenant}
      client id from: {{env: ID}}
      client secret from: {{env: CLIENT_SECRET}}
      refresh token from: {{env: REFRESH}}
      identity url: {identity}
      api url: {api}
    zone: Europe/London
    country: GB
    sender: {{name: Accounts, email: accounts@example.com}}
    signature: {{name: Accounts team, email: accounts@example.com}}
    ways to pay: [Bank transfer to the account on your invoice]
    reconciled: daily
    backlog: chase
{more}"""


def forms(secret: str) -> set[bytes]:
    """The secret as it may lie about: raw, URL-encoded, and in base64 wherever in a longer text it began."""
    raw = secret.encode()
    found = {raw, quote(secret, safe="").encode(), quote(secret).encode(), quote_plus(secret).encode()}
    for pad, first in ((0, 0), (1, 2), (2, 3)):
        coded = base64.b64encode(b"\0" * pad + raw)[first:-4]
        found |= {coded, coded.replace(b"+", b"-").replace(b"/", b"_")}
    return found


class Office:
    """A practice in a folder; all it says and writes is kept."""

    def __init__(self, folder: Path, log: pytest.LogCaptureFixture) -> None:
        self.folder, self._log, self.said = folder, log, b""
        self.secrets = {*CANARIES.values(), ACCESS}

    def write(self, *, mode: str = "preview", mailer: str = "outbox", more: str = "", **places: Any) -> None:
        known = {"port": 1, "sendgrid": "http://127.0.0.1:1", "tenant": "t-1"} | places
        self.folder.joinpath("config.yaml").write_text(CONFIG.format(mode=mode, mailer=mailer, more=more, **known))

    def go_live(self, mailer: str, **places: Any) -> None:
        """Live mode, with the baseline approved as a bookkeeper would paste it."""
        self.write(mode="live", mailer=mailer, **places)
        (proposal,) = json.loads(self("preview", "--json").stdout)["organisations"][0]["approvals"]
        self.write(mode="live", mailer=mailer, more=f"    {proposal['paste']}\n", **places)

    def __call__(self, *words: str) -> Any:
        clock = [] if words[0] in {"check", "vault"} else ["--now", NOW.isoformat()]
        done = CliRunner().invoke(main, [*words, "--config", str(self.folder / "config.yaml"), *clock])
        self.said += done.output.encode() + done.stderr.encode()
        if done.exc_info and done.exc_info[0]:
            self.said += "".join(traceback.format_exception(*done.exc_info)).encode()
        return done

    def leaks(self) -> list[str]:
        """Which secrets are found, and where."""
        places = {"what was said": self.said, "the log": self._log.text.encode()}
        places |= {str(f.relative_to(self.folder)): f.read_bytes() for f in self.folder.rglob("*") if f.is_file()}
        key = base64.urlsafe_b64decode(CANARIES["VAULT"] + "=")
        wanted = {form: secret for secret in self.secrets for form in forms(secret)} | {key: "VAULT"}
        found = ((w, secret) for w, text in places.items() for form, secret in wanted.items() if form in text)
        return [f"{secret[:12]}... in {where}" for where, secret in found]


@pytest.fixture
def office(tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch) -> Office:
    caplog.set_level(logging.DEBUG)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setenv("ID", "sandbox-app")
    for name, secret in CANARIES.items():
        monkeypatch.setenv(name, secret)
    return Office(tmp_path, caplog)


@pytest.fixture
def books(monkeypatch: pytest.MonkeyPatch) -> Iterator[Running]:
    """A simulated Xero whose application has our canary for a secret."""
    monkeypatch.setattr("connectors.sandbox.apps.CLIENT_WORD", CANARIES["CLIENT_SECRET"])
    company = Company.simulate(7, date(2026, 1, 1), date(2026, 3, 31), clients=6, invoices_per_month=10)
    with serve(company, now=NOW, limits=Limits(minute=None)) as running:
        yield running


def at(books: Running) -> dict[str, str]:
    return {
        "identity": f"{books.url}/connect/token",
        "api": f"{books.url}/api.xro/2.0",
        "tenant": books.tenants[0],
    }


def issued(books: Running) -> set[str]:
    """Every token the simulated Xero ever gave out."""
    return {*books.world.tokens._access, *books.world.tokens._refresh}


def test_the_search_finds_what_is_there(office: Office) -> None:
    """A search that cannot fail proves nothing."""
    for n, text in enumerate(
        (
            base64.b64encode(b"app:" + ACCESS.encode()),
            base64.urlsafe_b64encode(b"a" + ACCESS.encode() + b"zz"),
            quote_plus(ACCESS).encode(),
            ACCESS.encode(),
        )
    ):
        (office.folder / "f").write_bytes(b"x" * n + text)
        assert [leak for leak in office.leaks() if leak.endswith("in f")], text


def test_whole_runs_in_preview_and_live(office: Office, books: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REFRESH", books.refresh_token())
    monkeypatch.setattr(http.client.HTTPConnection, "debuglevel", 0)
    monkeypatch.setattr(smtplib.SMTP, "debuglevel", 0)
    mail = Rude(ehlo=["250-rude\r\n250 AUTH PLAIN LOGIN"] * 50, auth=["235 ok"] * 50)
    office.write(**at(books))
    assert office("run", "-v").exit_code in (0, 1)
    office.go_live("smtp", port=mail.port, **at(books))
    http.client.HTTPConnection.debuglevel = 1  # what somebody curious would try
    smtplib.SMTP.debuglevel = 1
    assert office("run", "-v", "--log-json").exit_code in (0, 1)
    mail.close()
    assert mail.bodies, "letters really went"
    for words in (("status", "--json"), ("check",), ("vault", "check", "--json"), ("vault", "rotate")):
        office(*words)
    office.secrets |= issued(books)
    assert len(issued(books)) > 2 and list((office.folder / "state" / "tokens").glob("*.json"))
    assert office.leaks() == []


ECHO = json.dumps({**CANARIES, "access_token": 7, "error": "invalid_grant " + ACCESS, "refresh_token": ACCESS})


@pytest.mark.parametrize("debug", [(), ("--debug", "-v", "--log-json")])
@pytest.mark.parametrize("status", [200, 302, 400, 401, 403, 429, 500])
def test_a_platform_that_repeats_what_it_was_told(office: Office, status: int, debug: tuple[str, ...]) -> None:
    far = FarHttp([reply(status, ECHO, Content_Type="application/json", Retry_After="9999", X_Echo=ACCESS)] * 50)
    office.write(identity=f"{far.url}/token", api=f"{far.url}/api")
    assert office("run", *debug).exit_code == 1
    far.close()
    assert far.requests
    assert office.leaks() == []


def test_a_token_that_comes_but_is_refused_by_the_books(office: Office) -> None:
    token = json.dumps({"access_token": ACCESS, "expires_in": 1800, "refresh_token": CANARIES["REFRESH"]})
    token_reply = reply(200, token, Content_Type="application/json")
    no = reply(401, ECHO, Content_Type="application/json", WWW_Authenticate=f'Bearer error="{ACCESS}"')
    far = FarHttp([token_reply, no, token_reply, no])
    office.write(identity=f"{far.url}/token", api=f"{far.url}/api")
    assert office("run", "-v").exit_code == 1
    far.close()
    assert len(far.requests) == 4
    assert office.leaks() == []


def test_mailers_that_repeat_what_they_were_told(
    office: Office, books: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REFRESH", books.refresh_token())
    word = CANARIES["SMTP_PASSWORD"]
    coded = base64.b64encode(f"\0a@example.com\0{word}".encode()).decode()
    no = [f"535 5.7.8 refused {word} {coded}"] * 50
    mail = Rude(ehlo=["250-rude\r\n250 AUTH PLAIN LOGIN"] * 50, auth=no)
    grid = FarHttp([reply(401, json.dumps({"errors": [{"message": CANARIES["SENDGRID_KEY"]}]}))] * 50)
    for mailer in ("smtp", "sendgrid"):
        office.go_live(mailer, port=mail.port, sendgrid=grid.url, **at(books))
        assert office("run").exit_code != 0
    mail.close()
    grid.close()
    assert mail.heard.count("auth") and grid.requests
    office.secrets |= issued(books)
    assert office.leaks() == []


@pytest.mark.parametrize(
    "address", ["postgresql://u:{}@127.0.0.1:1/x", "postgresql://u:{}@127.0.0.1:p/x", "mysql://u:{}@h/x"]
)
def test_a_database_that_is_not_there(office: Office, address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for word in (quote(CANARIES["DATABASE_PASSWORD"], safe=""), CANARIES["DATABASE_PASSWORD"]):
        monkeypatch.setenv("DB", address.format(word))
        office.write(identity="http://127.0.0.1:1/t", api="http://127.0.0.1:1/a")
        path = office.folder / "config.yaml"
        path.write_text(f"logbook: {{url from: {{env: DB}}}}\n{path.read_text()}")
        assert office("run").exit_code != 0
        assert office.leaks() == []


@pytest.mark.parametrize("debug", [(), ("--debug",)])
def test_a_mistake_of_our_own_amid_secrets(
    office: Office, books: Running, monkeypatch: pytest.MonkeyPatch, debug: tuple[str, ...]
) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("boom")

    monkeypatch.setenv("REFRESH", books.refresh_token())
    monkeypatch.setattr("connectors.rotation.expiry", broken)
    office.write(**at(books))
    assert office("run", "--log-json", *debug).exit_code != 0
    details = list(office.folder.glob("duecourse-*.txt"))
    assert bool(details) is not bool(debug)
    office.secrets |= issued(books)
    assert office.leaks() == []


def test_a_logged_exception_shows_no_values(office: Office, capsys: pytest.CaptureFixture[str]) -> None:
    office.write(identity="http://127.0.0.1:1/t", api="http://127.0.0.1:1/a")
    CliRunner().invoke(main, ["check", "--log-json", "--config", str(office.folder / "config.yaml")])
    from worker.logs import _tracebacks

    word = CANARIES["SMTP_PASSWORD"]
    try:
        raise RuntimeError(len(word))
    except RuntimeError as error:
        shown = str(_tracebacks()(None, "error", {"exc_info": error}))
    structlog.reset_defaults()
    assert "RuntimeError" in shown and word not in shown


def test_loaded_settings_and_everything_made_of_them_show_nothing(office: Office, monkeypatch: Any) -> None:
    office.write(identity="http://127.0.0.1:1/t", api="http://127.0.0.1:1/a", mailer="smtp")
    path = office.folder / "config.yaml"
    path.write_text(f"ping: {{url from: {{env: PING}}}}\n{path.read_text()}")
    practice = load(path, CANARIES | {"ID": "app"})
    with App(practice) as app:
        shown = [repr(practice), repr(app), repr(app.tokens), repr(app.mailer()), repr(app.ping(watched=True))]
        shown += [f"{practice.organisations[0].books}", repr(vars(app.mailer())), repr(app.tokens.__dict__)]
    office.said = "\n".join(shown).encode()
    assert office.leaks() == []
    with pytest.raises(TypeError):
        Secret("x").__reduce_ex__(2)


def test_no_wire_log_can_be_switched_on_after_the_hush(caplog: pytest.LogCaptureFixture) -> None:
    hush()
    caplog.set_level(logging.DEBUG)
    for name in ("urllib3.connectionpool", "requests", "smtplib"):
        logging.getLogger(name).setLevel(logging.DEBUG)
        logging.getLogger(name).debug("GET /canary")
    logging.getLogger("urllib3.connectionpool").warning("a warning still comes")
    assert [r.message for r in caplog.records] == ["a warning still comes"]
    line = http.client.HTTPConnection("127.0.0.1")
    line.set_debuglevel(1)
    server = smtplib.SMTP()
    server.set_debuglevel(2)
    assert line.debuglevel == 0 and server.debuglevel == 0
