"""A sandbox over real HTTP, a clock that never waits, and books opened on them."""

from collections.abc import Iterator, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

from connectors.sandbox.limits import Limits
from connectors.sandbox.server import serve
from connectors.xero import XeroBooks, open_books
from tests.connectors.stage import NOW, SandboxStage, company
from tests.vault.support import file_tokens


class XeroStage(SandboxStage):
    """Two organisations of a sandbox, for the contract and for Xero's own tests."""

    @property
    def api(self) -> str:
        return f"{self.running.url}/api.xro/2.0"

    def options(self, which: int = 0, **more: object) -> dict[str, object]:
        return {
            "tenant": self.running.tenants[which],
            "client_id": self.running.client_id,
            "client_secret": self.running.client_secret,
            "identity_url": f"{self.running.url}/connect/token",
            "api_url": self.api,
            **more,
        }

    def books(self, which: int = 0, **more: object) -> XeroBooks:
        return open_books(self.options(which, **more), self.clock, file_tokens(self.folder), self.links)

    def asked(self, path: str | None = None) -> list[dict[str, Any]]:
        """The accounting requests so far, or those to one path."""
        kept = [e for e in self.running.world.log if e["path"].startswith("/api.xro/2.0/")]
        return [e for e in kept if path is None or e["path"] == f"/api.xro/2.0/{path}"]


def staged(
    folder: Path, seeds: Sequence[int] = (7, 8), limits: Limits | None = None, tick: float = 1.0
) -> Iterator[XeroStage]:
    """A fresh stage; what the tests change is gone with it."""
    companies = [company(seed) for seed in seeds]
    with serve(companies, now=NOW, limits=limits, tick=timedelta(seconds=tick)) as running:
        yield XeroStage(running, folder)
