"""A sandbox's QuickBooks face over real HTTP, a clock that never waits, and books opened on it."""

from collections.abc import Iterator, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

from connectors.quickbooks import QuickBooksBooks, open_books
from connectors.sandbox.quickbooks_json import digits
from connectors.sandbox.server import Running, serve
from tests.connectors.stage import NOW, SandboxStage, company
from tests.vault.support import file_tokens

ZONE = "Europe/London"


class QuickBooksStage(SandboxStage):
    """Two companies of a sandbox, for the contract and for QuickBooks' own tests. Ids are QuickBooks' digits."""

    last_page = "Customer"

    def __init__(self, running: Running, folder: Path) -> None:
        super().__init__(running, folder)
        self.refresh = [running.quickbooks_refresh_token(realm) for realm in running.realms]

    def options(self, which: int = 0, **more: object) -> dict[str, object]:
        return {
            "realm": self.running.realms[which],
            "client_id": self.running.client_id,
            "client_secret": self.running.client_secret,
            "refresh_token": self.refresh[which],
            "token_url": f"{self.running.url}/oauth2/v1/tokens/bearer",
            "api_url": self.running.url,
            "zone": ZONE,
            **more,
        }

    def books(self, which: int = 0, **more: object) -> QuickBooksBooks:
        return open_books(self.options(which, **more), self.clock, file_tokens(self.folder), self.links)

    def key(self, ident: str) -> str:
        """What the story calls an object of the first company."""
        books = self.running.world.books(self.running.tenants[0])
        things = (*books.invoices, *books.contacts, *books.payments, *books.credits, *books.batches)
        return next((thing for thing in things if digits(thing) == ident), ident)

    def event(self, deed: str, ident: str, **data: object) -> None:
        known = {k: self.key(str(v)) if k in {"invoice", "contact"} else v for k, v in data.items()}
        super().event(deed, self.key(ident) if ident else "", **known)

    def asked(self, part: str = "") -> list[dict[str, Any]]:
        """The requests for books so far, or those whose address or statement holds some text."""
        kept = [e for e in self.running.world.log if e["path"].startswith("/v3/company/")]
        return [e for e in kept if part in e["path"] + e["query"].get("query", "")]

    def statements(self) -> list[str]:
        return [e["query"]["query"] for e in self.asked() if "query" in e["query"]]


def staged(folder: Path, seeds: Sequence[int] = (7, 8), tick: float = 1.0) -> Iterator[QuickBooksStage]:
    """A fresh stage; what the tests change is gone with it."""
    companies = [company(seed) for seed in seeds]
    with serve(companies, now=NOW, tick=timedelta(seconds=tick)) as running:
        yield QuickBooksStage(running, folder)
