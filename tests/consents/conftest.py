"""An office with several organisations at two platforms, and a person who answers consent pages."""

from collections.abc import Callable, Iterator
from copy import copy
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from connectors.sandbox.company import Company
from connectors.sandbox.limits import Limits
from connectors.sandbox.server import Running, serve
from tests.connectors.person import answer
from worker.app import App
from worker.cli import main
from worker.clock import SystemClock
from worker.config.load import load
from worker.consents.connect import Connected, connect
from worker.consents.spot import spot_of
from worker.vault.keys import new_key

NOW = datetime(2026, 3, 10, 10, tzinfo=UTC)
HARBOUR, QUAY, MILL = "Harbour Studio", "Quay Street Books", "Mill Lane Dental"
HEAD = """\
state: ./state
allow test endpoints: yes
mail: {mailer: outbox, outbox: {folder: ./outbox}}
organisations:
"""
ENV = {
    "APP_ID": "sandbox-app",
    "APP_WORD": "sandbox-word",
    "NO_COLOR": "1",
    "DUECOURSE_VAULT_KEY": new_key().reveal(),
}


@pytest.fixture(scope="session")
def companies() -> list[Company]:
    """Three organisations; read only. The first has a story, the others hardly any."""
    from datetime import date

    told = Company.simulate(7, date(2026, 1, 5), date(2026, 3, 31), clients=6, invoices_per_month=6)
    ids = [f"{n}{n}{n}{n}{n}{n}{n}{n}-1111-4111-8111-111111111111" for n in (1, 2, 3)]
    names = zip(ids, (HARBOUR, QUAY, MILL), strict=True)
    first, *others = (Company(replace(told.organisation, id=i, name=name), told.seed, told.events) for i, name in names)
    return [first, *(Company(one.organisation, one.seed, told.events[:40]) for one in others)]


@dataclass
class Office:
    """A folder with a config, a sandbox, and a clock that tests move."""

    folder: Path
    sandbox: Running
    now: datetime = NOW
    shown: list[str] = field(default_factory=list)

    def write(self, more: str = "", **books: str) -> None:
        """One organisation per keyword: `harbour="xero"`, or `harbour="xero, tenant: ..."`."""
        rows = [
            f"  {name}: {{books: {{kind: {self.books(text)}}}, zone: Europe/London}}\n" for name, text in books.items()
        ]
        (self.folder / "config.yaml").write_text(HEAD + "".join(rows) + more, encoding="utf-8")

    def books(self, text: str) -> str:
        """The books of a kind with this sandbox's addresses and the app's id and secret."""
        kind, _, rest = text.partition(",")
        url = self.sandbox.url
        where = {
            "xero": f'identity url: "{url}/connect/token", api url: "{url}/api.xro/2.0"',
            "quickbooks": f'token url: "{url}/oauth2/v1/tokens/bearer", api url: "{url}"',
        }
        if kind not in where:
            return text
        app = "client id from: {env: APP_ID}, client secret from: {env: APP_WORD}"
        return f"{kind}, {where[kind]}, {app}" + (f",{rest}" if rest else "")

    def app(self) -> App:
        return App(load(self.folder, ENV), SystemClock(self.now))

    def connect(
        self, name: str, *chosen: str, wanted: str = "", choose: Any = None, person: Any = answer, **given: Any
    ) -> Connected:
        """Connect an organisation, pasting what a person's answer leads to."""
        with self.app() as app:
            spot = spot_of(app, *app.organisations([name]))
            assert spot is not None
            paste: Callable[[], str] = lambda: person(self.shown[-1], *chosen, **given)  # noqa: E731
            return connect(app, spot, self.shown.append, paste, wanted, choose)

    def grant(self, name: str) -> Any:
        with self.app() as app:
            return app.tokens.load(name)

    def names(self) -> tuple[str, ...]:
        with self.app() as app:
            return app.tokens.names()

    def run(self, *words: str, text: str = "", now: datetime | None = None) -> Any:
        """A command: its exit code, standard output and standard error."""
        more = ["--config", str(self.folder / "config.yaml"), "--now", (now or self.now).isoformat()]
        return CliRunner().invoke(main, [*words, *more], env=ENV, input=text)

    def tenant(self, name: str) -> str:
        """A company's tenant id at Xero."""
        return next(k for k, c in self.sandbox.world.companies.items() if c.organisation.name == name)

    def realm(self, name: str) -> str:
        """A company's id at QuickBooks."""
        return self.sandbox.quickbooks.realm(self.tenant(name))

    def connected(self) -> set[tuple[str, str]]:
        """Who connected what at Xero, as Xero knows: (user, company)."""
        world = self.sandbox.world
        rows = world.tokens.connections.values()
        return {(one.user, world.companies[one.tenant].organisation.name) for one in rows}

    def later(self, **span: float) -> None:
        """Time passes, here and at the platforms."""
        self.now += timedelta(**span)
        self.sandbox.world.clock.now = self.now


@pytest.fixture
def office(companies: list[Company], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Office]:
    monkeypatch.setenv("DUECOURSE_VAULT_KEY", ENV["DUECOURSE_VAULT_KEY"])
    copies = [copy(one) for one in companies]
    with serve(copies, now=NOW, limits=Limits(minute=None)) as running:
        yield Office(tmp_path, running)
