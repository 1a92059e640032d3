"""How far a fleet goes: 10,000 and 100,000 organisations against the platforms' limits and prices, in virtual time.

    python tests/bench/scale.py            # prints the tables; some minutes
    python tests/bench/scale.py --write    # and puts them into docs/promises/scale.md

What a day of one organisation asks is counted by really sweeping one (`fleet_day`); the fleet's own rules then play
thousands of them (`fleet_model`); prices are `connectors/prices.yaml`. Nothing is typed in but the assumptions below.
"""

import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

if __name__ == "__main__":  # run as a file, from anywhere
    sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from connectors.prices import price_lists
from connectors.quickbooks import api as quickbooks
from connectors.sandbox.limits import Limits
from connectors.xero import api as xero
from tests.bench.fleet_day import CLIENTS, INVOICES_A_MONTH, Day, day_of
from tests.bench.fleet_model import Firm, Fleet, Platform, Seen
from worker.core.permits import Rate
from worker.core.usage import GIB, PriceList, extra

DOC = Path(__file__).resolve().parents[2] / "docs" / "promises" / "scale.md"
BEGIN, END = "<!-- simulated: tests/bench/scale.py --write -->", "<!-- end -->"

ANSWER = 0.3
"""Assumed: seconds a call takes, half to one and a half times that."""
CPU = 0.2
"""Assumed: seconds of one core a sweep takes; tests/bench/throughput.py measures it."""
WORKERS, AT_ONCE = 24, 4
LARGE_SHARE, LARGE_OPEN, LARGE_CALLS = 0.03, 10_000, 20
"""Assumed: 3 of 100 organisations are large; counted: calls of a full reading of 10,000 open invoices
(tests/connectors/xero/test_xero_requests.py)."""
MONTH = 30
SIZES = (10_000, 100_000)
EVERY = (1, 2, 4, 8)


def platform_of(face: str, scale: float = 1.0) -> Platform:
    """A platform and what we believe of it; `scale` shrinks what the whole application may ask."""
    if face == "xero":
        most = int(xero.APP_PER_MINUTE * scale)
        app = Rate("app", most, min(20, max(1, most // 20)))
        limits = Limits(app_minute=int(10_000 * scale))
        return Platform("Xero", limits, xero.PER_MINUTE, 0, app, xero.SHARED_PER_MINUTE, ANSWER)
    limits = Limits(minute=500, day=None, concurrent=None, app_minute=None)
    limit = quickbooks.SHARED_PER_MINUTE
    return Platform("QuickBooks", limits, quickbooks.PER_MINUTE, quickbooks.PER_SECOND, None, limit, ANSWER)


def firms_of(size: int, calls: int, poisoned: int = 0) -> list[Firm]:
    """Organisations, three of a hundred of them large, some with something in their books that breaks every sweep."""
    each = round(1 / LARGE_SHARE)
    found = []
    for n in range(size):
        large = n % each == each - 1
        opened = LARGE_OPEN if large else 30
        found.append(Firm(f"firm-{n:06}", max(calls, LARGE_CALLS) if large else calls, opened, n < poisoned))
    return found


@dataclass(frozen=True)
class Everyone:
    """All organisations put on the queue at once. Minutes; `least` is what no scheduler could go below."""

    seen: Seen
    took: float
    least: float
    bound: str

    @property
    def ratio(self) -> float:
        """Found by least."""
        return self.took / self.least


def everyone(
    face: str, size: int, calls: int, workers: int = WORKERS, at_once: int = AT_ONCE, scale: float = 1.0
) -> Everyone:
    """Sweep them all, as after a night in which nothing ran."""
    firms, platform = firms_of(size, calls), platform_of(face, scale)
    fleet = Fleet(firms, platform, workers, at_once, CPU)
    for firm in firms:
        fleet.put(firm.name)
    seen = fleet.run()
    busy = sum(f.calls for f in firms) * ANSWER + len(firms) * CPU
    least = {
        "the slots of the workers": busy / (workers * at_once) / 60,
        "the workers' processors": len(firms) * CPU / workers / 60,
    }
    if platform.limits.app_minute:
        least["the application's minute"] = seen.calls / platform.limits.app_minute
    bound = max(least, key=least.__getitem__)
    return Everyone(seen, seen.last / 60, least[bound], bound)


@dataclass(frozen=True)
class Hours:
    """Turns, hour after hour: share of them that ended within their period, and how long the last waited (minutes)."""

    seen: Seen
    turns: int
    done: float
    longest: float
    busiest: int


def hours(face: str, size: int, calls: int, every: int, periods: int = 2, scale: float = 1.0) -> Hours:
    """The fleet as it runs all day: a tick a minute, everybody once in `every` hours."""
    period = timedelta(hours=every)
    fleet = Fleet(firms_of(size, calls), platform_of(face, scale), WORKERS, AT_ONCE, CPU)
    end = periods * every * 3600
    for minute in range(end // 60):
        fleet.at(minute * 60.0, fleet.tick, period)
    seen = fleet.run()
    done = sum(1 for ended in seen.ended.values() for t in ended if t <= end + 120)
    busiest = max(n for minute, n in seen.by_minute.items() if minute * 60 < end)
    return Hours(seen, size * periods, done / (size * periods), max(seen.waited.values()) / 60, busiest)


# -- tables -----------------------------------------------------------------------------------------------------------


def table(head: Sequence[str], rows: Iterator[Sequence[object]]) -> str:
    """Markdown."""
    lines = ["| " + " | ".join(head) + " |", "|" + " --- |" * len(head)]
    return "\n".join([*lines, *("| " + " | ".join(str(c) for c in row) + " |" for row in rows)])


def days(found: Sequence[Day]) -> Iterator[Sequence[object]]:
    """One organisation's day."""
    for d in found:
        unit = "kB" if d.platform == "xero" else "reads"
        parts = [d.counted_first, d.counted_steady, d.counted_more]
        if unit == "kB":
            parts = [round(p / 1000) for p in parts]
        metered = "{} + 23 x {} + {} {}".format(*parts, unit)
        yield d.platform, f"{d.first} + 23 x {d.steady} + {d.more}", d.calls(24), metered, d.messages


def cheapest(prices: PriceList, size: int, metered: int) -> tuple[str, str]:
    """The tier that costs least for a month, and its price with what is beyond it; or that none is published."""
    found = []
    for tier in prices.tiers:
        over = extra(prices, tier, metered)
        enough = (tier.connections is None or size <= tier.connections) and not (tier.blocked and over is None)
        if enough and tier.fee is not None and over is not None:
            found.append((tier.fee + over, tier.name))
    if not found:
        return "by agreement", "not published"
    price, name = min(found)
    return name, f"{price:,.0f} {prices.currency}"


def months(found: Sequence[Day]) -> Iterator[Sequence[object]]:
    """Calls and prices of a month."""
    for d in found:
        prices = price_lists()[d.platform]
        for size in SIZES:
            for every in EVERY:
                metered = d.counted(24 // every) * size * MONTH
                name, cost = cheapest(prices, size, metered)
                amount = f"{metered / GIB:,.1f} GiB" if prices.metered == "bytes" else f"{metered / 10**6:,.1f} m reads"
                minute = d.calls(24 // every) * size / 1440
                yield d.platform, f"{size:,}", f"{every} h", d.calls(24 // every), f"{minute:,.0f}", amount, name, cost


def sweeps(found: Sequence[Day], sizes: Sequence[int] = SIZES) -> Iterator[Sequence[object]]:
    """Everybody at once."""
    for d in found:
        for size in sizes:
            e = everyone(d.platform, size, d.first)
            permits = f"{e.seen.takes / e.seen.calls:.2f}"
            numbers = (f"{e.took:,.1f}", f"{e.least:,.1f}", f"{e.ratio:.2f}", e.bound, e.seen.refused, permits)
            yield d.platform, f"{size:,}", f"{e.seen.calls:,}", *numbers


def turns(found: Sequence[Day]) -> Iterator[Sequence[object]]:
    """The fleet as it runs all day."""
    for d in found:
        for size, every, periods in ((10_000, 1, 2), (100_000, 1, 1), (100_000, 2, 1)):
            h = hours(d.platform, size, d.steady, every, periods)
            shown = (f"{h.busiest:,}", f"{Decimal(h.done * 100):.1f} %", f"{h.longest:,.1f}", h.seen.refused)
            yield d.platform, f"{size:,}", f"{every} h", *shown


def firsts(found: Sequence[Day]) -> Iterator[Sequence[object]]:
    """At how many organisations each limit is reached, with turns every hour."""
    reached: list[tuple[int, str, str]] = []
    for d in found:
        prices = price_lists()[d.platform]
        each = d.counted(24) * MONTH
        for tier in prices.tiers:
            if tier.included is not None:
                size = tier.included // each
                fits = min(size, tier.connections or size)
                what = "calls stop" if tier.blocked else "what the month includes is used up"
                why = what if fits == size else "its connections are used up"
                reached.append((fits, d.platform, f"tier {tier.name}: {why}"))
        if d.platform == "xero":
            reached.append((10_000 * 60 // d.steady, d.platform, "10,000 calls a minute for the whole application"))
            share = d.calls(24) / 1000
            reached.append((10**9, d.platform, f"1,000 calls a day of one organisation: {share:.0%} used at any size"))
    slots = int(WORKERS * AT_ONCE * 3600 / (CPU + ANSWER * max(d.steady for d in found)))
    reached.append((slots, "workers", f"{WORKERS} workers, {AT_ONCE} sweeps each, are always busy"))
    for size, platform, what in sorted(reached):
        yield f"{size:,}" if size < 10**9 else "never", platform, what


def report(found: Sequence[Day]) -> str:
    """All tables."""
    costs = ("platform", "organisations", "turns every", "calls a day, each", "calls a minute, all", "metered a month")
    at_once = ("platform", "organisations", "calls", "minutes", "least", "ratio", "least is set by", "refused")
    return "\n\n".join(
        [
            "### One organisation's day\n",
            table(("platform", "calls", "together", "metered", "messages"), days(found)),
            "### A month of all of them\n",
            table((*costs, "tier", "price a month"), months(found)),
            "### Everybody at once\n",
            table((*at_once, "questions to the store a call"), sweeps(found)),
            "### Hour after hour\n",
            table(
                (*costs[:3], "busiest minute, calls", "turns ended in time", "longest wait, min", "refused"),
                turns(found),
            ),
            "### What is reached first\n",
            table(("organisations", "whose", "what"), firsts(found)),
        ]
    )


def main() -> None:
    """Print, or write into the document."""
    found = [day_of(face) for face in ("xero", "quickbooks")]
    text = report(found)
    print(f"One organisation: {CLIENTS} clients, {INVOICES_A_MONTH} invoices a month\n\n{text}")
    if "--write" in sys.argv:
        whole = DOC.read_text("utf-8")
        before, rest = whole.split(BEGIN, 1)
        DOC.write_text(f"{before}{BEGIN}\n\n{text}\n\n{END}{rest.split(END, 1)[1]}", "utf-8")


if __name__ == "__main__":
    main()
