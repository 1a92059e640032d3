"""run, preview and their exit codes."""

import json
import os
import shlex
import subprocess
import sys
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from click.testing import CliRunner

from tests.e2e.conftest import NOW, Office
from worker.app import App
from worker.cli import main, typed


def test_a_preview_says_so_and_sends_nothing(office: Office) -> None:
    answer = office("run")
    assert answer.code in (0, 1)
    assert answer.out.startswith("PREVIEW: nothing was sent (mode: preview).")
    assert "Would go out now" in answer.out
    assert "to go live: write mode: live" in answer.out
    assert office.letters == []


def test_live_asks_for_a_yes_once_and_then_sends_once(office: Office) -> None:
    office.write("live")
    refused = office("run")
    assert refused.code == 3
    assert "NOTHING WAS SENT" in refused.out
    assert "approvals: [baseline-" in refused.out
    assert office.letters == []
    approval = next(w for w in refused.out.split() if w.startswith("baseline-"))
    assert office("approve", approval).code == 0
    sent = office("run")
    assert sent.code in (0, 1)
    assert "Sent now" in sent.out
    first = office.letters
    assert first
    again = office("run")
    assert again.code in (0, 1)
    assert office.letters == first


def test_the_pasted_line_is_as_good_as_the_command(office: Office) -> None:
    office.go_live()
    assert office("run").code in (0, 1)
    assert office.letters


def test_preview_of_a_live_config_sends_nothing(office: Office) -> None:
    office.go_live()
    assert "PREVIEW: nothing was sent (this is a preview)." in office("preview").out
    assert office.letters == []


def test_a_rejected_baseline_keeps_everything_in(office: Office) -> None:
    office.write("live")
    approval = next(w for w in office("run").out.split() if w.startswith("baseline-"))
    assert office("reject", approval, "--why", "not yet").code == 0
    assert office("run").code == 3
    assert office.letters == []


RUN_KEYS = {"schema", "mode", "exit_code", "counts", "organisations", "connections"}
SWEEP_KEYS = {
    *(
        "organisation",
        "sweep",
        "mode",
        "delivered",
        "skipped",
        "todo",
        "broken",
        "uncertain",
        "sent",
        "dropped",
        "asked",
        "backlog",
    ),
    *("as_of", "read_at", "clients", "invoices", "open_invoices", "money", "decisions", "standings", "approvals"),
    "warnings",
}


def test_json_has_stable_keys_and_adds_up(office: Office) -> None:
    answer = office("run", "--json")
    data = answer.data
    assert set(data) == RUN_KEYS
    assert data["exit_code"] == answer.code
    (one,) = data["organisations"]
    assert set(one) == SWEEP_KEYS
    assert one["as_of"] == "2026-03-10T10:00"
    for currency, money in one["money"].items():
        parts = sum(Decimal(money[b]) for b in ("chased", "waiting", "held", "excluded"))
        assert parts == Decimal(money["receivables"]), currency
        assert money["agrees"] is True
        assert sum(Decimal(r["amount"]) for r in money["reasons"]) == parts
    assert {d["kind"] for d in one["decisions"]} <= {"remind", "thank", "wait", "task", "refuse"}
    assert len(one["standings"]) == one["open_invoices"]
    assert all(s["reason"]["sentence"] for s in one["standings"])


def test_one_faulty_organisation_does_not_stop_the_others(office: Office) -> None:
    office.write()
    with office.config.open("a", encoding="utf-8") as file:
        file.write(
            "  broken:\n"
            "    books: {kind: sandbox, url: http://127.0.0.1:9, tenant: none}\n"
            "    sender: {name: A, email: a@example.com}\n"
        )
    answer = office("run", "--json")
    assert answer.code == 1
    by_name = {o["organisation"]: o for o in answer.data["organisations"]}
    assert by_name["broken"]["skipped"]
    assert by_name["broken"]["todo"]
    assert by_name["harbour"]["open_invoices"] > 0
    shown = office("run")
    assert "Skipped: " in shown.out
    assert "What to do: " in shown.out
    assert office("run", "harbour", "--json").data["counts"]["skipped"] == 0


def test_an_unknown_organisation_is_a_mistake_in_the_command(office: Office) -> None:
    answer = office("run", "harber")
    assert answer.code == 2
    expected = '    expected: harbour\n    do this:  write "harbour", if that is what you meant\n'
    assert answer.err == f'command line: no organisation "harber"\n{expected}'


def test_no_config_says_how_to_get_one(tmp_path: Path) -> None:
    done = CliRunner().invoke(main, ["run", "--config", str(tmp_path / "config.yaml")])
    assert done.exit_code == 2
    assert "duecourse init" in done.stderr


def test_config_from_the_environment(office: Office) -> None:
    done = CliRunner().invoke(main, ["check"], env={"DUECOURSE_CONFIG": str(office.config)})
    assert done.exit_code == 0


def test_a_mistake_of_ours_ends_with_4_and_a_file(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    def burst(*_: object, **__: object) -> None:
        raise ZeroDivisionError("oops")

    monkeypatch.setattr(App, "run", burst)
    answer = office("run")
    assert answer.code == 4
    assert "ZeroDivisionError" in answer.err
    assert "Traceback" not in answer.err
    details = Path(next(w for w in answer.err.split() if "duecourse-" in w).rstrip(";"))
    assert "oops" in details.read_text(encoding="utf-8")
    assert details.stat().st_mode & 0o077 == 0
    details.unlink()
    debugged = CliRunner().invoke(main, ["run", "--debug", "--config", str(office.config)])
    assert isinstance(debugged.exception, ZeroDivisionError)


def test_a_moved_clock_never_runs_past_a_window(office: Office) -> None:
    office.go_live()
    answer = office("run", now=NOW + timedelta(hours=10))
    assert answer.code in (0, 1)
    assert office.letters == []


@pytest.mark.parametrize("text", ["yesterday", "2026-13-01", "10:00"])
def test_a_moment_that_is_none(office: Office, text: str) -> None:
    done = CliRunner().invoke(main, ["run", "--config", str(office.config), "--now", text])
    assert done.exit_code == 2
    assert "is no moment" in done.stderr


def test_the_installed_command_in_a_process_of_its_own(office: Office) -> None:
    words = [sys.executable, "-m", "worker.cli", "run", "--json", "--now", NOW.isoformat(), "--config", office.config]
    done = subprocess.run(words, capture_output=True, text=True, env={**os.environ, "NO_COLOR": "1"}, check=False)
    assert done.returncode in (0, 1), done.stderr
    assert '"schema": 1' in done.stdout
    assert "\x1b" not in done.stdout


def test_version_and_help_cost_nothing() -> None:
    code = "import sys; from worker.cli import main, typed\ntry: main(['--version'])\nexcept SystemExit: pass\n"
    code += "print(sorted(m for m in ('rich', 'pydantic', 'yaml', 'sqlalchemy', 'structlog') if m in sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[1:] == ["[]"]


def test_the_version_is_the_packages() -> None:
    from importlib.metadata import version

    assert CliRunner().invoke(main, ["--version"]).output == f"duecourse {version('duecourse')}\n"


def test_an_unknown_command_is_guessed() -> None:
    done = CliRunner().invoke(main, ["explian"])
    assert done.exit_code == 2
    assert 'Did you mean "explain"?' in done.stderr


def test_every_command_has_help() -> None:
    listed = CliRunner().invoke(main, ["--help"]).output
    for name in main.list_commands(None):  # type: ignore[arg-type, attr-defined]
        assert f"  {typed(name)} " in listed
        done = CliRunner().invoke(main, [name, "--help"])
        assert done.exit_code == 0
        assert "--debug" in done.output or "Commands:" in done.output


def test_shown_commands_work_as_they_stand(office: Office) -> None:
    shown = next(line for line in office("run").out.splitlines() if "duecourse explain" in line)
    words = shlex.split(shown.strip().removeprefix("duecourse ").partition(": why")[0])
    done = CliRunner().invoke(main, words)
    assert done.exit_code == 0, done.output
    assert "Settled" in done.output


def test_logs_are_json_lines_without_clients(office: Office) -> None:
    words = ["run", "--verbose", "--log-json", "--now", NOW.isoformat(), "--config", str(office.config)]
    done = CliRunner().invoke(main, words)
    lines = [json.loads(line) for line in done.stderr.splitlines()]
    assert any(line["event"] == "run finished" for line in lines)
    assert "example.org" not in done.stderr
    assert office("run").err == ""


def test_a_terminal_that_cannot_show_every_letter(office: Office) -> None:
    words = [sys.executable, "-m", "worker.cli", "run", "--now", NOW.isoformat(), "--config", office.config]
    env = {**os.environ, "PYTHONIOENCODING": "ascii"}
    assert subprocess.run(words, capture_output=True, env=env, check=False).returncode in (0, 1)


def test_one_organisation_that_cannot_be_read_hides_no_client_of_another(office: Office) -> None:
    with office.config.open("a", encoding="utf-8") as file:
        file.write("  broken:\n    books: {kind: csv, invoices: nowhere.csv, currency: GBP}\n")
    assert office("explain", "Calder Mills").code == 0
    assert office("explain", "Calder Mills", "--org", "broken").code == 1
