"""Looking: explain, history, status, runs, check; and the files commands write."""

import csv
import os
import re
import signal
import subprocess
import sys
from datetime import timedelta
from importlib import resources
from pathlib import Path

from click.testing import CliRunner

from tests.e2e.conftest import NOW, Office
from worker.cli import main

KNOWN = """\
    clients:
      - client: Lantern Works Theatre
        pays: last friday
        cut-off: 3 business days
"""


def test_explain_says_why_and_where(office: Office) -> None:
    office.write(more=KNOWN)
    answer = office("explain", "Lantern Works Theatre")
    assert answer.code == 0
    assert re.search(r"payment run +on|payment run +pays", answer.out)
    assert "27 Mar 2026, cut-off 24 Mar 2026" in answer.out
    lines = office.config.read_text(encoding="utf-8").splitlines()
    written = next(n for n, line in enumerate(lines, 1) if "pays: last friday" in line)
    assert f"config.yaml:{written}" in answer.out


def test_explain_an_invoice_by_number(office: Office) -> None:
    first = office("run", "--json").data["organisations"][0]["standings"][0]
    data = office("explain", first["number"], "--json").data
    assert [s["number"] for s in data["standings"]] == [first["number"]]
    assert first["number"] in office("explain", first["number"]).out


def test_history_tells_what_was_sent(office: Office) -> None:
    office.go_live()
    sent = [s for s in office("run", "--json").data["organisations"][0]["sent"] if s["kind"] == "remind"]
    data = office("history", sent[0]["payer"], "--json").data
    assert set(data) == {"schema", "organisation", "client", "payer", "entries"}
    assert [e["data"]["state"] for e in data["entries"] if e["kind"] == "reminder"] == ["accepted"]
    assert "[accepted]" in office("history", sent[0]["payer"]).out


def test_status_for_monitors(office: Office) -> None:
    never = office("status", "--json")
    assert never.code == 1
    assert never.data["organisations"][0]["trouble"] == ["never read"]
    office("run")
    well = office("status", "--json")
    assert well.code == 0
    assert well.data["organisations"][0]["stale"] is False
    assert len(well.data["instance"]) == 32
    late = office("status", now=NOW + timedelta(hours=31))
    assert late.code == 1
    assert "not read for more than 30 hours" in late.out


def test_status_tells_of_a_sweep_that_failed_since(office: Office) -> None:
    office("run")
    office.write(url="http://127.0.0.1:9")
    assert office("run", now=NOW + timedelta(hours=1)).code == 1
    (one,) = office("status", "--json", now=NOW + timedelta(hours=2)).data["organisations"]
    assert one["skipped"]


def test_the_stop_file_is_seen(office: Office) -> None:
    office("run")
    (office.folder / "state" / "STOP").write_text("fire drill", encoding="utf-8")
    answer = office("status")
    assert answer.code == 1
    assert "STOPPED: fire drill" in answer.out


def test_runs_show_cut_offs_and_a_strip(office: Office) -> None:
    office.write(more=KNOWN)
    answer = office("runs")
    assert answer.code == 0
    assert "24 Mar > 27 Mar" in answer.out
    assert ".....|.....|.c..R|.....|....." in answer.out
    (one,) = office("runs", "--json").data["organisations"]
    assert one["clients"][0]["runs"][0] == {"run": "2026-03-27", "cut_off": "2026-03-24"}


def test_check_is_quiet_when_all_is_well_and_creates_nothing(office: Office) -> None:
    answer = office("check")
    assert answer.code == 0
    assert answer.out.startswith("All is well: 1 organisation")
    assert sorted(p.name for p in office.folder.iterdir()) == ["config.yaml"]


def test_check_lists_every_problem_of_config_and_wording(office: Office) -> None:
    office.write(more="    polcy: standard\n")
    wording = office.folder / "wording" / "en"
    shipped = resources.files("policies").joinpath("wording/en/nudge.md").read_text(encoding="utf-8")
    wording.mkdir(parents=True)
    (wording / "nudge.md").write_text(shipped.replace("When will", "{{ nobody_knows }} will"), encoding="utf-8")
    answer = office("check")
    assert answer.code == 2
    assert "polcy" in answer.out
    assert "nobody_knows" in answer.out, answer.out
    data = office("check", "--json").data
    assert data["ok"] is False
    assert all(set(p) == {"place", "found", "expected", "todo"} for p in data["problems"])


def test_check_knows_the_clients_once_books_were_read(office: Office) -> None:
    office("run")
    office.write(more="    holds: [{client: Calder Mils, why: x}]\n")
    answer = office("check")
    assert answer.code == 2
    assert "Calder Mills" in answer.out


def test_clients_writes_a_skeleton_and_keeps_what_people_wrote(office: Office) -> None:
    assert office("clients", "harbour").code == 0
    file = office.folder / "organisations" / "harbour.clients.csv"
    rows = list(csv.DictReader(file.open(encoding="utf-8")))
    assert {"id", "client", "pays"} <= set(rows[0])
    lines = file.read_text(encoding="utf-8").splitlines()
    at = next(n for n, line in enumerate(lines) if "Calder Mills" in line)
    lines[0] += ",my own"
    lines = [line if n == 0 else f"{line},{'blue' if n == at else ''}" for n, line in enumerate(lines)]
    del lines[at + 1]
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")
    answer = office("clients", "harbour")
    assert "1 client added" in answer.out
    again = {r["client"]: r for r in csv.DictReader(file.open(encoding="utf-8"))}
    assert again["Calder Mills"]["my own"] == "blue"
    assert len(again) == len(rows)
    assert office("check").code == 0


def test_init_never_overwrites(tmp_path: Path) -> None:
    first = CliRunner().invoke(main, ["init", str(tmp_path / "new")])
    assert first.exit_code == 0
    config = tmp_path / "new" / "config.yaml"
    assert CliRunner().invoke(main, ["check", "--config", str(config)]).exit_code == 0
    config.write_text("mine", encoding="utf-8")
    second = CliRunner().invoke(main, ["init", str(tmp_path / "new")])
    assert second.exit_code == 2
    assert config.read_text(encoding="utf-8") == "mine"


def test_sandbox_serves_until_it_is_stopped(tmp_path: Path) -> None:
    words = [sys.executable, "-m", "worker.cli", "sandbox", "--now", NOW.isoformat()]
    env = {**os.environ, "PYTHONUNBUFFERED": "1"}
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True, env=env) as served:
        assert served.stdout is not None
        lines: list[str] = []
        for line in served.stdout:
            lines.append(line)
            if "Ctrl-C" in line:
                break
        try:
            books = next(line.strip() for line in lines if "books:" in line)
            text = f"organisations:\n  demo:\n    {books}\n    zone: Europe/London\n"
            (tmp_path / "config.yaml").write_text(text, encoding="utf-8")
            done = CliRunner().invoke(
                main, ["run", "--json", "--config", str(tmp_path / "config.yaml"), "--now", NOW.isoformat()]
            )
            assert done.exit_code in (0, 1), done.output
            assert '"skipped": ""' in done.stdout
        finally:
            served.send_signal(signal.SIGTERM)  # SIGINT is ignored where the tests run in the background
            rest = served.stdout.read()
        assert served.wait(10) == 0
    assert "Stopped." in rest


def test_a_port_that_is_taken(office: Office) -> None:
    port = office.sandbox.url.rsplit(":", 1)[1]
    done = CliRunner().invoke(main, ["sandbox", "--port", port])
    assert done.exit_code == 2
    assert f"port {port} cannot be used" in done.stderr


def test_explain_says_what_comes_next_and_what_could_be_changed(office: Office) -> None:
    decisions = office("run", "--json").data["organisations"][0]["decisions"]
    asked = next(d for d in decisions if d["kind"] == "remind" and d["step"] == "nudge")
    office.write(more=f'    holds: [{{client: "{asked["payer"]}", why: talks, until: 2026-03-31}}]\n')
    data = office("explain", asked["payer"], "--json").data
    (change,) = data["what_if"]
    assert (change["change"], change["step"]) == ("it were not on hold", "nudge")
    assert change["place"].startswith("config.yaml:")
    assert data["next"][0]["on"] == "1 Apr 2026"
    assert all(n["place"].startswith("preset considerate.yaml:") for n in data["next"] if ": INV" in n["what"])
    shown = office("explain", asked["payer"]).out
    assert "Would be asked today if" in shown
    assert "In the next 90 days, if nothing is paid" in shown


def test_explain_never_says_that_all_is_over_when_something_goes_today(office: Office) -> None:
    standings = office("run", "--json").data["organisations"][0]["standings"]
    asked = next(s for s in standings if s["bucket"] == "chased")
    shown = office("explain", asked["number"]).out
    assert "goes today" in shown and "Nothing more happens by itself." not in shown


def test_history_is_told_in_words_not_in_ids(office: Office) -> None:
    listed = office("explain", "Calder Mills", "--json").data["standings"]
    number = listed[0]["number"]
    office("promise", "Calder Mills", "2026-03-20", "--invoice", number)
    office("plan", "Calder Mills", "--number", "2", "--first", "2026-04-01", "--invoice", number)
    told = {e["kind"]: e["what"] for e in office("history", "Calder Mills", "--json").data["entries"]}
    assert told["promise"] == f"by 20 Mar 2026, invoices {number}"
    assert re.fullmatch(
        rf"invoices {number}, [A-Z]{{3}} [\d.]+ on \d+ \w+ 2026, [A-Z]{{3}} [\d.]+ on \d+ \w+ 2026", told["plan"]
    )


def _with_csv(office: Office, row: str, *more: str) -> None:
    """The office's books are a file with this row; `more` columns at its end."""
    columns = ",".join(["number,client,issued,due,total,open,currency", *more])
    (office.folder / "sold.csv").write_text(f"{columns}\n{row}\n", encoding="utf-8")
    text = office.config.read_text(encoding="utf-8")
    books = next(line for line in text.splitlines() if "books:" in line)
    csv_books = "    books: {kind: csv, invoices: sold.csv, currency: GBP}"
    office.config.write_text(text.replace(books, csv_books), encoding="utf-8")


def test_check_reads_csv_books_and_creates_nothing(office: Office) -> None:
    _with_csv(office, "1,A,2026-01-05,2026-02-04,x,y,GBP")
    wrong = office("check", "--json")
    assert wrong.code == 2
    assert [p["place"] for p in wrong.data["problems"]] == ["sold.csv:2", "sold.csv:2"]
    (office.folder / "sold.csv").unlink()
    gone = office("check")
    assert gone.code == 2 and "sold.csv cannot be read" in gone.out
    _with_csv(office, "1,A,2026-01-05,2026-02-04,9.00,9.00,GBP")
    assert office("check").code == 0
    assert not (office.folder / "state").exists()


def test_status_keeps_several_problems_apart_below_its_table(office: Office) -> None:
    _with_csv(office, "1,A,2026-01-05,2026-02-04,x,y,GBP")
    assert office("run").code == 1
    shown = office("status").out.splitlines()
    table, below = shown[: shown.index("")], shown[shown.index("") :]
    assert any("skipped: 2 problems" in line for line in table)
    assert not any("sold.csv:" in line for line in table)
    assert sum(line.startswith("sold.csv:2: ") for line in below) == 2


def test_a_group_alone_shows_its_help_as_it_is() -> None:
    answer = CliRunner().invoke(main, ["fleet"], env={"NO_COLOR": "1"})
    assert answer.exit_code == 2
    assert answer.output.startswith("Usage: ") and "command line:" not in answer.output


def test_what_waits_without_a_step_is_not_followed_by_a_blank(office: Office) -> None:
    _with_csv(office, "1,A,2026-01-05,2026-02-04,9.00,9.00,GBP,a@example.com", "email")
    office("preview")
    assert office("plan", "A", "--number", "2", "--first", "2026-04-01").code == 0
    assert re.search(r" 2026 +looked at again +1 +1 +GBP 9\.00", office("preview").out)
