"""A cold start: everything imported, a small organisation's books read, its first decisions made.

    python tests/bench/cold_start.py                     # CPU and peak memory, and what was imported
    python tests/bench/cold_start.py --before CHECKOUT   # beside another checkout of duecourse, as ratios

The two take turns; each works on a logbook of its own. 40 invoices of 10 clients, SQLite, Xero's connector.
"""

import os
import sys
import tempfile
from pathlib import Path

if __name__ == "__main__":  # run as a file, from anywhere
    sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tests.bench.run import HERE, ROOT, ROUNDS, SMALL, TENANT, in_turn, median, process, serving

CONFIG = """\
mode: preview
mail: {{mailer: outbox}}
organisations:
  bench:
    books: {{kind: sandbox, url: "{url}", tenant: {tenant}}}
    zone: Europe/London
    country: GB
    sender: {{name: "Accounts, Bench Company", email: accounts@example.com}}
    signature: {{name: Accounts team, email: accounts@example.com}}
    ways to pay: [Bank transfer]
    backlog: chase
"""


def command(checkout: Path, folder: Path, url: str) -> list[str]:
    """A preview of a folder of its own by the code of a checkout, whose logbook is there already."""
    folder.mkdir()
    (folder / "config.yaml").write_text(CONFIG.format(url=url, tenant=TENANT), encoding="utf-8")
    made = ["env", f"PYTHONPATH={checkout}", sys.executable, str(checkout / "tests/bench/sweep_big.py"), str(folder)]
    process(made)
    return made


def main() -> None:
    """Measure and print."""
    before = Path(sys.argv[sys.argv.index("--before") + 1]).resolve() if "--before" in sys.argv else None
    with (
        tempfile.TemporaryDirectory(prefix="duecourse-cold-") as name,
        serving(str(HERE / "books_server.py"), "0", *map(str, SMALL)) as port,
    ):
        url = f"http://127.0.0.1:{port}"
        commands = {"bare Python": [sys.executable, "-c", "pass"], "now": command(ROOT, Path(name, "now"), url)}
        if before:
            commands["before"] = command(before, Path(name, "before"), url)
        runs = in_turn(commands)
    print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}, medians of {ROUNDS}")
    for what, done in runs.items():
        print(f"  {what:12} {median(done, 'cpu'):.2f} s CPU  {median(done, 'peak'):.0f} MiB")
    if before:
        for figure in ("cpu", "peak"):
            ratio = median(runs["now"], figure) / median(runs["before"], figure)
            print(f"  now / before, {figure}: {ratio:.2f}")


if __name__ == "__main__":
    main()
