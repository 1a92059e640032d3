"""What a sweep asks for and commits, counted: the part of its cost that no machine changes. Nothing here is timed."""

import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from sqlalchemy import event
from sqlalchemy.engine import Engine

from tests.bench import books_server
from tests.bench.run import CONFIG
from tests.bench.sweep_big import NOON
from worker.app import App
from worker.clock import SystemClock
from worker.config.load import load
from worker.core.results import SweepResult

HEAVY = {"requests", "pydantic", "sqlalchemy", "jinja2", "rich", "msgspec", "holidays", "babel", "alembic"}


@pytest.fixture
def server() -> Iterator[books_server.Server]:
    with books_server.start(0, 2300, 20) as running:
        thread = Thread(target=running.serve_forever, daemon=True)
        thread.start()
        yield running
        running.shutdown()
        thread.join()


class Bench:
    """One organisation over a served company, and what the server and the logbook were asked."""

    def __init__(self, folder: Path, server: books_server.Server) -> None:
        self.folder, self.face = folder, server.RequestHandlerClass
        self.url = f"http://127.0.0.1:{server.server_address[1]}"
        self.commits = 0
        self.write("")

    def write(self, approved: str) -> None:
        text = CONFIG.format(mail="{mailer: outbox}", url=self.url, tenant=books_server.TENANT, approved=approved)
        (self.folder / "config.yaml").write_text(text, encoding="utf-8")

    def sweep(self, *, live: bool = False, days: int = 0) -> SweepResult:
        self.face.stats.clear()
        self.face.paths.clear()
        self.commits = 0
        clock = SystemClock(NOON + timedelta(days=days))
        with App(load(self.folder, {}), clock) as app:
            (result,) = app.run(deliver=live)
        assert not result.skipped
        return result

    @property
    def asked(self) -> dict[str, int]:
        """Requests by resource, the token's left out."""
        return {name: n for name, n in self.face.paths.items() if name != "token"}


@pytest.fixture
def bench(tmp_path: Path, server: books_server.Server) -> Iterator[Bench]:
    made = Bench(tmp_path, server)

    def count(_: Any) -> None:
        made.commits += 1

    event.listen(Engine, "commit", count)
    yield made
    event.remove(Engine, "commit", count)


def test_a_first_sweep_asks_for_each_page_once(bench: Bench) -> None:
    result = bench.sweep()
    assert result.plan is not None
    assert len(result.plan.standings) == 2300
    assert bench.asked == {
        "Organisation": 1,
        "Settings": 1,
        "Invoices": 3,  # pages of a thousand, and none to learn that there are no more
        "Payments": 1,
        "CreditNotes": 1,
        "Overpayments": 1,
        "Prepayments": 1,
        "Contacts": 1,
    }
    assert bench.face.stats["connections"] == 2, "one for the token, one for the books"


def test_an_idle_sweep_asks_once_a_list_and_writes_a_handful_of_times(bench: Bench) -> None:
    bench.sweep()
    bench.sweep()
    assert set(bench.asked.values()) == {1}
    assert sum(bench.asked.values()) == 7
    assert bench.face.stats["connections"] == 2
    assert bench.commits <= 8


def test_a_sweep_with_fifty_changes_asks_no_more(bench: Bench) -> None:
    bench.sweep()
    idle = bench.sweep()
    bench.face.company.changed = 50
    steady = bench.sweep()
    assert sum(bench.asked.values()) == 7 and set(bench.asked.values()) == {1}
    assert steady.asked.calls == 8, "one more for the token"
    assert steady.asked.size > idle.asked.size, "the changes did come"


def test_the_commits_of_a_message_do_not_grow(bench: Bench) -> None:
    first = bench.sweep(live=True)
    assert first.plan is not None
    bench.write(", ".join(p.id for p in first.plan.proposals if p.kind == "baseline"))
    sent = bench.sweep(live=True)
    messages = len(sent.sent)
    assert messages == 20
    links = bench.asked["OnlineInvoice"]
    assert bench.asked["Invoices"] == 1 + 3 * messages, "115 invoices a client: three questions of forty ids each"
    # planned, claimed, handed, settled; a link asked for the first time is kept at once, for each costs a call; the
    # lease is renewed before each last look, here one a message
    assert bench.commits <= 4 * messages + links + messages + 16


@pytest.mark.parametrize("module", ["worker.cli"])
def test_the_command_line_starts_light(module: str) -> None:
    code = f"import sys, {module}; print(*sorted({{m.partition('.')[0] for m in sys.modules}}))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not HEAVY & set(done.stdout.split())


def test_a_cold_start_loads_nothing_it_does_not_use(bench: Bench) -> None:
    bench.sweep()
    code = (
        "import sys; from pathlib import Path; from tests.bench.sweep_big import main; main(Path(sys.argv[1]));"
        "print(*{m.partition('.')[0] for m in sys.modules}, *(m for m in sys.modules if m.startswith('worker.')))"
    )
    done = subprocess.run([sys.executable, "-c", code, str(bench.folder)], capture_output=True, text=True, check=True)
    loaded = set(done.stdout.splitlines()[-1].split())
    assert {"sqlalchemy", "pydantic", "worker.sweep"} <= loaded, "it did decide"
    others = {
        "alembic",
        "boto3",
        "click",
        "fpdf",
        "imap_tools",
        "jinja2",
        "psycopg",
        "rich",
        "structlog",
        "tenacity",
    }
    assert others & loaded == set()
    assert not {"worker.wording.figures", "worker.logbook.forget", "worker.logbook.permits", "worker.fleet"} & loaded


def test_deciding_imports_one_country_and_no_loggers() -> None:
    code = (
        "import sys, worker.app, worker.config.load, worker.ping; from worker.calendars import calendar_for\n"
        "assert calendar_for('GB', years=range(2026, 2027)).holidays; print(*sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = set(done.stdout.split())
    assert {m for m in loaded if m.startswith("holidays.countries")} == {"holidays.countries.united_kingdom"}
    assert not {"structlog", "rich", "requests", "sqlalchemy", "connectors.sandbox"} & loaded
