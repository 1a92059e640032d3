"""What one organisation of a fleet really asks of its platform in a day: the App, hour by hour, beside a simulated one.

Not an estimate: every call of the day is made, over HTTP, by the connectors, and counted by the record that
`duecourse usage` reads.
"""

import json
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from connectors.prices import price_lists
from connectors.sandbox.company import Company
from connectors.sandbox.limits import Limits
from connectors.sandbox.server import serve
from worker.app import App
from worker.clock import SystemClock
from worker.config.load import load
from worker.core.events import Event, EventKind
from worker.core.results import SweepResult
from worker.core.usage import TOKEN, UsedOn

CLIENTS, INVOICES_A_MONTH = 15, 40
SETTLING = datetime(2026, 3, 9, 8, tzinfo=UTC)
DAY = date(2026, 3, 11)


@dataclass(frozen=True)
class Day:
    """One day of hourly turns. `first`: calls of the day's first sweep, `steady` of one that finds little, `more` what
    the day's messages and changes add, `counted` what the price list meters: bytes (Xero) or reads (QuickBooks)."""

    platform: str
    first: int
    steady: int
    more: int
    messages: int
    tokens: int
    counted_first: int
    counted_steady: int
    counted_more: int

    def calls(self, turns: int) -> int:
        """Calls of a day with so many turns, those for tokens left out: they have limits of their own."""
        return self.first + (turns - 1) * self.steady + self.more

    def counted(self, turns: int) -> int:
        """What of it is metered."""
        return self.counted_first + (turns - 1) * self.counted_steady + self.counted_more


def day_of(face: str, seed: int = 3) -> Day:
    """A company of 15 clients and 40 invoices a month: two days to settle in, then the day that is counted."""
    company = Company.simulate(seed, date(2025, 6, 2), DAY, clients=CLIENTS, invoices_per_month=INVOICES_A_MONTH)
    with (
        tempfile.TemporaryDirectory(prefix="duecourse-day-") as name,
        serve([company], now=SETTLING, limits=Limits(minute=None, app_minute=None)) as running,
    ):
        folder = Path(name)
        _write(folder, running.url, running.tenants[0], face)
        _sweep(folder, SETTLING)
        _approve(folder)
        for hours in (24, 32):
            _sweep(folder, SETTLING + timedelta(hours=hours))
        begin = datetime.combine(DAY, datetime.min.time(), UTC)
        rows, sweeps, sent = [], list[tuple[int, int]](), 0
        for hour in range(24):
            result = _sweep(folder, begin + timedelta(hours=hour, minutes=17))
            rows_now = _used(folder)
            sweeps.append(_difference(face, rows, rows_now))
            rows, sent = rows_now, sent + len(result.sent)
    return _told(face, sweeps, sent, sum(r.used.calls for r in rows if r.purpose == TOKEN))


def _told(face: str, sweeps: Sequence[tuple[int, int]], sent: int, tokens: int) -> Day:
    (first, counted_first), *others = sweeps
    steady, counted_steady = sorted(others)[len(others) // 2]
    more = sum(c - steady for c, _ in others)
    counted_more = sum(q - counted_steady for _, q in others)
    return Day(face, first, steady, more, sent, tokens, counted_first, counted_steady, counted_more)


def _difference(face: str, before: Sequence[UsedOn], after: Sequence[UsedOn]) -> tuple[int, int]:
    prices = price_lists()[face]

    def both(rows: Sequence[UsedOn]) -> tuple[int, int]:
        own = [r for r in rows if r.purpose != TOKEN]
        return sum(r.used.calls for r in own), sum(prices.counted(r.purpose, r.used) for r in own)

    (calls, counted), (calls_before, counted_before) = both(after), both(before)
    return calls - calls_before, counted - counted_before


def _write(folder: Path, url: str, tenant: str, face: str) -> None:
    person = {"name": "Accounts", "email": "accounts@practice.example.com"}
    one = {
        "books": {"kind": "sandbox", "url": url, "tenant": tenant, "face": face},
        "zone": "Europe/London",
        "country": "GB",
        "sender": person,
        "signature": person,
        "ways to pay": ["Bank transfer"],
        "reconciled": "daily",
        "backlog": "chase",
    }
    practice = {"mode": "live", "state": "state", "mail": {"mailer": "outbox"}, "organisations": {"firm": one}}
    (folder / "config.yaml").write_text(json.dumps(practice), "utf-8")


def _sweep(folder: Path, now: datetime) -> SweepResult:
    with App(load(folder, {}), SystemClock(now)) as app:
        (result,) = app.run(deliver=True)
    assert not result.skipped, result.skipped
    return result


def _used(folder: Path) -> tuple[UsedOn, ...]:
    with App(load(folder, {})) as app:
        return app.logbook.usage("firm", DAY, DAY)


def _approve(folder: Path) -> None:
    with App(load(folder, {}), SystemClock(SETTLING)) as app:
        for proposal in app.logbook.history("firm").proposals:
            app.logbook.record("firm", Event(EventKind.APPROVE, app.clock.now(), proposal.id, "bench"))
