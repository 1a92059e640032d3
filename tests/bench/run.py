"""`make bench`: what duecourse costs beside its peers, in one run; see docs/promises/performance.md for how to read it.

Every figure comes from the finished process (`os.wait4`), every count from the server's own statistics. Commands take
turns (A B C A B C ...), the first round warms up and is dropped, medians are shown.
"""

import importlib.util
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
SHARED = Path(os.environ.get("DUECOURSE_SHARED", ROOT.parent / "shared"))
TENANT = "11111111-1111-4111-8111-111111111111"
ROUNDS = int(os.environ.get("BENCH_ROUNDS", "5"))
INVOICES, CLIENTS = 10_000, 2_000
CHANGED = 50
SMALL = (40, 10)
CONFIG = """\
mode: live
state: ./state
allow test endpoints: yes
mail: {mail}
organisations:
  bench:
    books: {{kind: sandbox, url: "{url}", tenant: {tenant}}}
    zone: Europe/London
    country: GB
    sender: {{name: "Accounts, Bench Company", email: accounts@example.com}}
    signature: {{name: Accounts team, email: accounts@example.com}}
    ways to pay: [Bank transfer to the account on your invoice]
    backlog: chase
    approvals: [{approved}]
"""


@dataclass(frozen=True)
class Run:
    """One finished process: CPU and wall in seconds, peak memory in MiB, what it printed, what it asked the server."""

    cpu: float
    wall: float
    peak: float
    said: Mapping[str, Any]
    asked: Mapping[str, Any]


def process(command: Sequence[str], stats: str = "") -> Run:
    """Run to the end. `stats`: base address of the server whose counters to read. Raises RuntimeError when it fails."""
    if stats:
        fetched(f"{stats}/__reset")
    began = os.times().elapsed
    child = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=ROOT)
    assert child.stdout is not None and child.stderr is not None
    out, err = child.stdout.read(), child.stderr.read()
    _, status, used = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode:
        raise RuntimeError(f"{' '.join(command)}: {err.decode(errors='replace')[-600:]}")
    lines = out.decode().strip().splitlines()
    said = json.loads(lines[-1]) if lines and lines[-1].startswith("{") else {}
    asked = fetched(f"{stats}/__stats") if stats else {}
    return Run(used.ru_utime + used.ru_stime, os.times().elapsed - began, used.ru_maxrss / 1024, said, asked)


def in_turn(commands: Mapping[str, Sequence[str]], stats: str = "", rounds: int = ROUNDS) -> dict[str, list[Run]]:
    """All commands in turn, `rounds` times after a warm-up."""
    runs: dict[str, list[Run]] = {name: [] for name in commands}
    for number in range(rounds + 1):
        for name, command in commands.items():
            done = process(command, stats)
            if number:
                runs[name].append(done)
    return runs


def median(runs: Sequence[Run], what: str) -> float:
    """The median of one figure."""
    return statistics.median(getattr(r, what) for r in runs)


def fetched(url: str) -> dict[str, Any]:
    """A control answer of a server."""
    with urllib.request.urlopen(url, timeout=30) as reply:
        found: dict[str, Any] = json.loads(reply.read())
        return found


@contextmanager
def serving(*command: str) -> Iterator[int]:
    """A server as a process of its own; the port it says it listens on."""
    with subprocess.Popen([sys.executable, *command], stdout=subprocess.PIPE, cwd=ROOT) as child:
        try:
            assert child.stdout is not None
            yield int(child.stdout.readline().split()[1])
        finally:
            child.terminate()


class Verdicts:
    """Prints figures beside their aims and remembers which were missed."""

    def __init__(self) -> None:
        self.missed: list[str] = []

    def title(self, text: str) -> None:
        print(f"\n{text}")

    def row(self, name: str, runs: Sequence[Run]) -> None:
        """One command's figures."""
        asked = runs[0].asked
        counts = (
            f"{asked['requests']:4} requests {asked['connections']} conn {asked['bytes_out'] / 1e6:6.2f} MB"
            if asked
            else ""
        )
        figures = (median(runs, "cpu"), median(runs, "wall"), median(runs, "peak"))
        print("  {:<34} {:7.3f} s CPU  {:7.3f} s wall  {:6.1f} MiB  {}".format(name, *figures, counts))

    def aim(self, what: str, found: float, most: float, unit: str = "") -> None:
        """One aim: at most `most`."""
        met = found <= most
        far = "" if met else f", {found / most:.2f} times the aim"
        print(f"  {'met   ' if met else 'MISSED'} {what}: {found:.3g}{unit} (aim <= {most:g}{unit}{far})")
        if not met:
            self.missed.append(what)


def peer_pull(tell: Verdicts) -> list[Run]:
    """Pulling every open invoice, beside the official SDK (as it comes, and asked for summaries as we ask)."""
    tell.title(f"1. Pull {INVOICES:,} open invoices, pages of 1,000")
    shared = SHARED / "bench_perf" / "fakeserver.py"
    if shared.exists():
        server = [str(shared), "--port", "18811", "--invoices", str(INVOICES)]
    else:
        print("  (the shared fake server is not here: our own serves the same shapes)")
        server = [str(HERE / "books_server.py"), "0", str(INVOICES), str(CLIENTS)]
    with serving(*server) as port:
        base = f"http://127.0.0.1:{port}"
        commands = {"duecourse": [sys.executable, str(HERE / "pull_xero.py"), str(port), "1000"]}
        if importlib.util.find_spec("xero_python"):
            sdk = [sys.executable, str(HERE / "pull_sdk.py"), str(port), "1000"]
            commands |= {"xero-python": sdk, "xero-python, summaryOnly": [*sdk, "summary"]}
        else:
            print("  (xero-python is not installed here: make .venv/.stamp-dev)")
        runs = in_turn(commands, base)
        truth = fetched(f"{base}/__stats")
    for name, done in runs.items():
        right = all(r.said["n"] == truth["invoices"] and r.said["cents"] == truth["sum_due_cents"] for r in done)
        tell.row(name + ("" if right else " (WRONG ROWS)"), done)
    ours, theirs = runs["duecourse"], runs.get("xero-python", [])
    if theirs:
        tell.aim("pull, CPU against xero-python", median(ours, "cpu") / median(theirs, "cpu"), 0.30)
        tell.aim("pull, bytes against xero-python", ours[0].asked["bytes_out"] / theirs[0].asked["bytes_out"], 0.15)
        short = runs["xero-python, summaryOnly"]
        ratio = median(ours, "cpu") / median(short, "cpu")
        print(f"         against xero-python with summaryOnly: {ratio:.2f} of the CPU")
    tell.aim("pull, requests", ours[0].asked["requests"], INVOICES / 1000)
    tell.aim("pull, connections to the API host", ours[0].asked["connections"], 1)
    return theirs


def prepared(folder: Path, url: str, mail: str) -> Path:
    """A configuration whose first live sweep is agreed and whose pay links are known."""
    folder.mkdir(parents=True)
    write = folder / "config.yaml"
    write.write_text(CONFIG.format(mail=mail, url=url, tenant=TENANT, approved=""), encoding="utf-8")
    said = process(sweep_of(folder)).said
    approved = ", ".join(said["proposals"])
    write.write_text(CONFIG.format(mail=mail, url=url, tenant=TENANT, approved=approved), encoding="utf-8")
    process([sys.executable, str(HERE / "know_links.py"), str(folder / "state" / "logbook.db"), "bench"])
    return folder


def sweep_of(folder: Path, *words: str) -> list[str]:
    """The command that sweeps a prepared folder."""
    return [sys.executable, str(HERE / "sweep_big.py"), str(folder), *words]


def sweeps(tell: Verdicts, work: Path, theirs: Sequence[Run]) -> None:
    """The whole sweep through the App, idle and sending."""
    with (
        serving(str(HERE / "books_server.py"), "0", str(INVOICES), str(CLIENTS)) as port,
        serving(str(HERE / "smtp_sink.py"), "0") as smtp,
    ):
        url = f"http://127.0.0.1:{port}"
        by_smtp = f"{{mailer: smtp, smtp: {{host: 127.0.0.1, port: {smtp}, security: plain}}}}"
        folders = {
            "outbox": prepared(work / "outbox", url, "{mailer: outbox}"),
            "smtp": prepared(work / "smtp", url, by_smtp),
        }
        tell.title(
            f"2. A first sweep of {INVOICES:,} invoices of {CLIENTS:,} clients, everything handed off (one run each)"
        )
        first = {name: process(sweep_of(folder, "live"), url) for name, folder in folders.items()}
        for name, run in first.items():
            tell.row(f"{name}: {run.said['sent']} messages", [run])
        idle_of(tell, folders["outbox"], url, theirs, {n: (r, folders[n]) for n, r in first.items()})


def idle_of(
    tell: Verdicts,
    folder: Path,
    url: str,
    theirs: Sequence[Run],
    first: Mapping[str, tuple[Run, Path]],
) -> None:
    """Sweeps with nothing to send: another look the same day, and the first of the next day, which reads all again."""
    tell.title("3. A sweep with nothing to send (incremental; and the day's full re-read, before the mail window)")
    again = folder.parent / "full"
    commands = {"same day": sweep_of(folder, "live")}
    runs = in_turn(commands, url)
    full = []
    for _ in range(ROUNDS):  # a full re-read happens once a day: each starts from the same logbook
        shutil.rmtree(again, ignore_errors=True)
        shutil.copytree(folder, again, ignore=shutil.ignore_patterns("outbox"))
        full.append(process(sweep_of(again, "live", "day=1"), url))
    fetched(f"{url}/__changed/{CHANGED}")
    steady = process(sweep_of(folder, "live"), url)
    fetched(f"{url}/__changed/0")
    tell.row(f"incremental, {CHANGED} invoices changed (one run)", [steady])
    besides = steady.asked["requests"] - steady.asked["by_path"].get("token", 0)
    tell.aim(f"requests of a sweep with {CHANGED} changes, the token's left out", besides, 7)
    tell.row("incremental", runs["same day"])
    tell.row("full re-read", full)
    idle = median(runs["same day"], "cpu")
    if theirs:
        tell.aim("idle sweep, CPU against xero-python's pull alone", idle / median(theirs, "cpu"), 0.60)
        tell.aim(
            "full re-read sweep, CPU against xero-python's pull", median(full, "cpu") / median(theirs, "cpu"), 0.60
        )
    tell.aim("peak memory, idle", median(runs["same day"], "peak"), 96, " MiB")
    tell.aim("peak memory, full re-read", median(full, "peak"), 96, " MiB")
    for name, (run, _) in first.items():
        each = (run.cpu - idle) / max(1, run.said["sent"]) * 1000
        tell.aim(f"{name}: CPU a message looked up, decided again, composed, recorded and sent", each, 3, " ms")
        tell.aim(f"{name}: peak memory while sending", run.peak, 96, " MiB")


def starts(tell: Verdicts, work: Path) -> None:
    """What it costs to begin: the command alone, and the first decision of a small organisation."""
    tell.title("4. Starting")
    commands = {"python -c pass": [sys.executable, "-c", "pass"]}
    if (ROOT / "worker" / "cli.py").exists():
        commands["duecourse --version"] = [sys.executable, "-m", "worker.cli", "--version"]
    else:
        commands["import click (there is no cli yet)"] = [sys.executable, "-c", "import click"]
    with serving(str(HERE / "books_server.py"), "0", *map(str, SMALL)) as port:
        small = prepared(work / "small", f"http://127.0.0.1:{port}", "{mailer: outbox}")
        commands["preview of a small organisation"] = sweep_of(small)
        runs = in_turn(commands)
    for name, done in runs.items():
        tell.row(name, done)
    version = next(n for n in runs if n.startswith(("duecourse", "import")))
    tell.aim(version, median(runs[version], "cpu"), 0.10, " s CPU")


def main() -> None:
    """Everything, in a folder that is gone afterwards."""
    tell = Verdicts()
    print(f"{os.cpu_count()} CPUs, load {os.getloadavg()[0]:.1f}, {ROUNDS} rounds after a warm-up, medians")
    theirs = peer_pull(tell)
    with tempfile.TemporaryDirectory(prefix="duecourse-bench-") as work:
        sweeps(tell, Path(work), theirs)
        starts(tell, Path(work))
    print(f"\n{len(tell.missed)} aims missed" + "".join(f"\n  {m}" for m in tell.missed))


if __name__ == "__main__":
    main()
