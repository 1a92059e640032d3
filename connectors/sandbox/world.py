"""Everything one sandbox server holds: companies, clock, budgets, tokens, faults and the record of all requests."""

import threading
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from connectors.sandbox.apps import CLIENT_ID, Apps, quickbooks_apps, xero_apps
from connectors.sandbox.books import Books
from connectors.sandbox.company import Company
from connectors.sandbox.faults import Fault
from connectors.sandbox.limits import Limiter, Limits
from connectors.sandbox.rows import Note
from connectors.sandbox.tokens import Tokens


@dataclass
class Clock:
    """Simulated time.

    ``now`` dates the books and moves only when told. Each request takes ``tick`` on ``service`` time, which is what
    budgets and tokens go by, so that reading never changes what is read.
    """

    now: datetime
    tick: timedelta = timedelta(seconds=1)
    spent: timedelta = timedelta(0)

    @property
    def service(self) -> datetime:
        """Now plus the time that requests have taken."""
        return self.now + self.spent

    def request(self) -> None:
        """A request takes its time."""
        self.spent += self.tick


@dataclass
class World:
    """The state behind one server; guarded by ``lock``."""

    companies: dict[str, Company]
    clock: Clock
    limiter: Limiter = field(default_factory=lambda: Limiter(Limits()))
    tokens: Tokens = field(default_factory=Tokens)
    quickbooks_apps: Apps = field(default_factory=quickbooks_apps)
    faults: list[Fault] = field(default_factory=list)
    log: list[dict[str, Any]] = field(default_factory=list)
    written: list[tuple[str, Note]] = field(default_factory=list)
    lock: threading.RLock = field(default_factory=threading.RLock)

    @classmethod
    def of(cls, companies: Iterable[Company], now: datetime, limits: Limits, tick: timedelta) -> "World":
        """A world of these companies at ``now`` (aware)."""
        if now.tzinfo is None:
            raise ValueError("the sandbox needs an aware date and time for now, such as 2026-10-01T08:00:00+00:00")
        known = {one.organisation.id: one for one in companies}
        return cls(known, Clock(now, tick), Limiter(limits), Tokens(xero_apps(), known))

    def books(self, tenant: str, earlier: timedelta = timedelta(0)) -> Books:
        """The books of an organisation as of now, or somewhat earlier."""
        return self.companies[tenant].known(self.clock.now - earlier)

    def register(self, face: str, redirect: str, client_id: str = CLIENT_ID) -> None:
        """Add a callback address of the app at a platform. Raises ValueError as the platform's portal would."""
        (self.quickbooks_apps if face == "quickbooks" else self.tokens.apps).register(redirect, client_id)

    def fault(self, method: str, endpoint: str, page: int, tenant: str) -> Fault | None:
        """The fault that strikes this call, if any."""
        struck = [fault for fault in self.faults if fault.strikes(method, endpoint, page, tenant)]
        return struck[0] if struck else None
