"""The command line as people use it: real commands over real HTTP against a small simulated company."""

import json
from collections.abc import Iterator
from copy import copy
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from connectors.sandbox.company import Company
from connectors.sandbox.limits import Limits
from connectors.sandbox.server import Running, serve
from worker.cli import main

NOW = datetime(2026, 3, 10, 10, tzinfo=UTC)
"""A Tuesday morning inside the mail window."""

CONFIG = """\
mode: {mode}
state: ./state
mail: {{mailer: outbox, outbox: {{folder: ./outbox}}}}
organisations:
  harbour:
    books: {{kind: sandbox, url: {url}, tenant: {tenant}}}
    zone: Europe/London
    country: GB
    sender: {{name: Accounts, email: accounts@harbourpine.example.com}}
    signature: {{name: Accounts team, email: accounts@harbourpine.example.com}}
    ways to pay: [Bank transfer to the account on your invoice]
    reconciled: daily
    backlog: chase
{more}"""


@dataclass
class Answer:
    """What a command said and how it ended."""

    code: int
    out: str
    err: str

    @property
    def data(self) -> Any:
        return json.loads(self.out)


@dataclass
class Office:
    """A folder with a config, and commands run in it at a fixed moment; without the page, unless `pages`."""

    folder: Path
    sandbox: Running
    pages: bool = False

    @property
    def config(self) -> Path:
        return self.folder / "config.yaml"

    def write(self, mode: str = "preview", more: str = "", url: str = "") -> None:
        tenant = self.sandbox.tenants[0]
        text = CONFIG.format(mode=mode, url=url or self.sandbox.url, tenant=tenant, more=more)
        self.config.write_text(text, encoding="utf-8")

    def __call__(self, *words: str, now: datetime | None = NOW) -> Answer:
        clock = ["--now", now.isoformat()] if now else []
        config = [] if words[0] in {"init", "sandbox"} else ["--config", str(self.config)]
        if words[0] == "check":
            clock = []
        if words[0] in {"run", "preview"} and not self.pages:
            words = (*words, "--no-page")
        done = CliRunner().invoke(main, [*words, *config, *clock], env={"NO_COLOR": "1"})
        return Answer(done.exit_code, done.stdout, done.stderr)

    def go_live(self, more: str = "") -> None:
        """Live mode with the baseline approved in the config, as a bookkeeper would paste it."""
        self.write("live", more)
        (proposal,) = self("preview", "--json").data["organisations"][0]["approvals"]
        self.write("live", f"    {proposal['paste']}\n{more}")

    @property
    def letters(self) -> list[str]:
        return sorted(f.name for f in (self.folder / "outbox").glob("*.eml"))


@pytest.fixture(scope="session")
def story() -> Company:
    """Sixteen clients and three months; read only."""
    return Company.simulate(7, date(2025, 12, 1), date(2026, 3, 31), clients=16, invoices_per_month=30)


@pytest.fixture
def office(story: Company, tmp_path: Path) -> Iterator[Office]:
    """An office in preview mode whose books have never been read."""
    company = copy(story)
    with serve(company, now=NOW, limits=Limits(minute=None)) as running:
        made = Office(tmp_path, running)
        made.write()
        yield made
