"""backup, restore, forget and logbook, as an operator types them."""

import json
import sqlite3
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from tests.e2e.conftest import NOW, Office
from tests.e2e.test_cli_records import CLIENT, reasons
from tests.postgresql import Server


def test_backup_verify_restore(office: Office) -> None:
    office("hold", CLIENT, "--why", "in talks")
    (office.folder / "state" / "tokens").mkdir()
    (office.folder / "state" / "tokens" / "x.json").write_text("canary-token")
    file = office.folder / "safe.backup"
    assert office("backup", str(file)).code == 0
    assert b"canary-token" not in file.read_bytes()
    again = office("backup", str(file))
    assert (again.code, "there is a file of this name" in again.err) == (3, True)
    assert office("logbook", "verify", str(file), now=None).code == 0
    office("release", CLIENT)
    refused = office("restore", str(file))
    assert refused.code == 3 and "add --replace" in refused.err
    done = office("restore", str(file), "--replace")
    assert done.code == 0 and "  instance: " in done.out
    assert reasons(office, CLIENT) == {"hold"}
    kept = next((office.folder / "state").glob("logbook.before-restore-*.db"))
    assert office("logbook", "verify", str(kept), now=None).code == 0


def test_a_restored_logbook_is_not_live(office: Office) -> None:
    office("preview")
    status = office("status", "--json").data
    office.write("live")
    office.config.write_text(f"instance: {status['instance']}\n" + office.config.read_text())
    file = office.folder / "safe.backup"
    office("backup", str(file))
    office("restore", str(file), "--replace")
    answer = office("run")
    assert answer.code == 3
    assert "it was restored on 2026-03-10 10:00 UTC, and it is a backup of" in answer.err
    assert "Nothing was sent" in answer.err and not office.letters


def test_copy_to_postgresql_and_go_on_there(
    office: Office, postgresql: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    with postgresql.migrated() as url:
        monkeypatch.setenv("LOGBOOK", url)
        office("hold", CLIENT, "--why", "in talks")
        before = office("status", "--json").data
        assert "Nothing was changed" in office("logbook", "copy", "env:LOGBOOK", "--dry-run").out
        done = office("logbook", "copy", "env:LOGBOOK")
        assert done.code == 0 and "counted and summed on both sides" in done.out
        left = office("preview")
        assert left.code == 1 and "was moved to" in left.out
        office.config.write_text("logbook: {url from: {env: LOGBOOK}}\n" + office.config.read_text())
        assert office("status", "--json").data == before
        assert office("logbook", "verify", "--json", now=None).data["problems"] == []
        after = office("preview")
        assert after.code in {0, 1} and "was moved" not in after.out


def test_a_password_is_never_typed(office: Office) -> None:
    answer = office("logbook", "copy", "postgresql://clerk:geheim@db.example.com/x")
    assert answer.code == 2
    assert "geheim" not in answer.err and "env:NAME" in answer.err


def test_migrate_says_what_it_does(office: Office) -> None:
    assert "Would migrate: empty -> 0001" in office("logbook", "migrate", "--dry-run", now=None).out
    assert "Migrated: empty" in office("logbook", "migrate", now=None).out
    assert "Nothing to do" in office("logbook", "migrate", now=None).out


def test_forget(office: Office) -> None:
    office.go_live()
    office("run")
    assert CLIENT in office("explain", CLIENT).out
    seen = office("forget", CLIENT, "--dry-run")
    assert seen.code == 0 and "Nothing was changed" in seen.out
    assert office("forget", CLIENT, "--yes", "--why", "asked by letter").code == 0
    assert office("run").code in {0, 1}
    store = office.folder / "state"
    assert not [p for p in store.glob("logbook.db*") if CLIENT.encode() in p.read_bytes()]
    assert office("explain", CLIENT).code == 2


def test_the_config_can_ask_to_forget(office: Office) -> None:
    office.go_live()
    office("run")
    with sqlite3.connect(office.folder / "state" / "logbook.db") as database:
        (one,) = database.execute("SELECT id FROM mirror_client WHERE name = ?", [CLIENT]).fetchone()
    office.config.write_text(office.config.read_text() + f"    forget: [{one}, nobody]\n")
    seen = office("preview")
    assert f"{one} is to be forgotten" in seen.out and CLIENT in office("explain", CLIENT).out
    done = office("run")
    assert done.code in {0, 1} and f"{one} was erased and is Erased client" in done.out
    assert "forget: nobody is the id of no client in these books" in done.out
    assert not [p for p in (office.folder / "state").glob("logbook.db*") if CLIENT.encode() in p.read_bytes()]
    again = office("run")
    assert one not in again.out and again.code in {0, 1}, "once is enough"


def test_tidy_counts_first(office: Office) -> None:
    office.go_live()
    office("run")
    sent = len(office.letters)
    assert sent
    later = NOW.replace(year=2028, month=5)
    assert f"Would remove {sent} letters" in office("logbook", "tidy", "--dry-run", now=later).out
    assert f"Removed {sent} letters" in office("logbook", "tidy", now=later).out
    assert "Removed 0 letters" in office("logbook", "tidy", now=later).out


class Board:
    """Somebody outside who is told things."""

    def __init__(self) -> None:
        self.heard: list[tuple[str, dict[str, object]]] = []
        board = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                board.heard.append((self.path, json.loads(body)))
                self.send_response(200)
                self.end_headers()

            def log_message(self, *_: object) -> None:
                """Nothing."""

        self._server = HTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


def test_the_switch_and_the_alerts_hear_what_they_should(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    board = Board()
    monkeypatch.setenv("HOOK", f"{board.url}/hook")
    head = f"ping: {{url: {board.url}/ping}}\nalerts: {{webhook from: {{env: HOOK}}, all quiet on: wednesday}}\n"
    office.go_live()
    well = office.config.read_text()
    office.config.write_text(head + well)
    day = {"tue": NOW, "tue later": NOW.replace(hour=11), "wed": NOW.replace(day=11)}
    day["wed later"] = day["wed"].replace(hour=11)
    assert office("run", now=day["tue"]).code in {0, 1}
    paths = [p for p, _ in board.heard]
    assert paths == ["/ping/start", "/ping"]
    counts = board.heard[1][1]["counts"]
    assert isinstance(counts, dict) and counts["sent"] == len(office.letters) > 0
    board.heard.clear()
    office.config.write_text(head + well.replace(office.sandbox.url, "http://127.0.0.1:9"))
    for _ in range(2):
        assert office("run", now=day["tue later"]).code == 1
    told = [(p, b.get("text", "")) for p, b in board.heard]
    assert [p for p, _ in told] == ["/ping/start", "/hook", "/ping/fail", "/ping/start", "/ping/fail"]
    assert "harbour: its books could not be read; nobody is chased" in str(told[1][1])
    board.heard.clear()
    office.config.write_text(head + well)
    office("run", now=day["wed"])
    office("run", now=day["wed later"])
    said = [str(b["text"]) for p, b in board.heard if p == "/hook"]
    assert len(said) == 1 and said[0].startswith("duecourse: all is well again")
    office("run", now=NOW.replace(day=18))
    office("run", now=NOW.replace(day=18, hour=11))
    said = [str(b["text"]) for p, b in board.heard if p == "/hook"]
    assert len(said) == 2 and said[1].startswith("duecourse: all quiet")
    board.close()


def test_a_refusal_to_start_is_a_failure_to_the_switch(office: Office) -> None:
    board = Board()
    office.write("live")
    office.config.write_text(f"instance: other\nping: {{url: {board.url}/ping}}\n" + office.config.read_text())
    assert office("run").code == 3
    assert [p for p, _ in board.heard] == ["/ping/start", "/ping/fail"]
    board.close()
