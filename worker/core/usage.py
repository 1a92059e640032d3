"""What was asked of the platforms, what of it counts in their price lists, and where the month is heading. PURE.

Counts and bytes only: nothing here names a client, an invoice or an amount of theirs.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal

GIB = 1 << 30
UNIT = {"GiB": GIB, "1,000 calls": 1000}
"""Bytes or calls in one unit of an overage."""

TOKEN, ORGANISATION, NOTE = "token", "organisation", "note"


@dataclass(frozen=True, slots=True)
class Used:
    """What was asked for one purpose: `calls` made, of them `answered` with success, and `size`, the bytes of their
    bodies as they came over the wire (compressed, where the platform compresses)."""

    calls: int = 0
    answered: int = 0
    size: int = 0

    def plus(self, other: "Used") -> "Used":
        """Both together."""
        return Used(self.calls + other.calls, self.answered + other.answered, self.size + other.size)


@dataclass(frozen=True, slots=True)
class UsedOn:
    """One row of the record: an organisation, a UTC day, a platform and a purpose."""

    organisation: str
    day: date
    platform: str
    purpose: str
    used: Used


@dataclass(frozen=True, slots=True)
class Tier:
    """One line of a price list. `fee` a month and `over` per `unit` are in the list's currency; None: not published.

    `connections`: organisations at most (None: no limit). `included`: what the month includes, in bytes or calls (None:
    no limit). `daily`: calls a day for one organisation (None: no limit). `blocked`: beyond it calls stop.
    """

    name: str
    fee: Decimal | None
    connections: int | None = None
    included: int | None = None
    over: Decimal | None = None
    daily: int | None = None
    blocked: bool = False


@dataclass(frozen=True, slots=True)
class PriceList:
    """A platform's price list as published. `metered` is "bytes" or "calls"; `free` the purposes that do not count."""

    platform: str
    title: str
    currency: str
    as_of: date
    metered: str
    unit: str
    free: frozenset[str]
    sources: tuple[str, ...]
    tiers: tuple[Tier, ...]

    def counted(self, purpose: str, used: Used) -> int:
        """What of it counts: bytes, or calls that were answered."""
        if purpose in self.free:
            return 0
        return used.size if self.metered == "bytes" else used.answered

    def tier(self, connections: int, quantity: int) -> Tier | None:
        """The first tier that so many connections may use and whose month, if it ends in a block, is enough."""
        fits = [t for t in self.tiers if t.connections is None or connections <= t.connections]
        return next((t for t in fits if not (t.blocked and t.included is not None and quantity > t.included)), None)


@dataclass(frozen=True, slots=True)
class Month:
    """One platform's month so far. `quantity` and `forecast` in bytes or calls that count; `share` of what the tier
    includes (None: no limit); `fee` and `extra` money of the list's currency, `extra` at the forecast; `next_tier`: the
    one the forecast would need, when that is another; `busiest`: most calls of one organisation in one day."""

    quantity: int
    forecast: int
    tier: Tier | None
    share: Decimal | None
    fee: Decimal | None
    extra: Decimal | None
    next_tier: Tier | None
    busiest: int


def month_of(day: date) -> tuple[date, date]:
    """First and last day of a day's month."""
    first = day.replace(day=1)
    after = (first + timedelta(days=32)).replace(day=1)
    return first, after - timedelta(days=1)


def month(prices: PriceList, rows: Sequence[UsedOn], connections: int, today: date) -> Month:
    """A platform's month by its price list. `rows` are this month's, of this platform; today counts as a whole day."""
    quantity = sum(prices.counted(r.purpose, r.used) for r in rows)
    forecast = forecast_of(quantity, (r.day for r in rows), today)
    tier = prices.tier(connections, quantity)
    then = prices.tier(connections, forecast)
    share = None
    if tier and tier.included:
        share = (Decimal(quantity) / tier.included).quantize(Decimal("0.0001"))
    return Month(
        quantity=quantity,
        forecast=forecast,
        tier=tier,
        share=share,
        fee=tier.fee if tier else None,
        extra=extra(prices, tier, forecast) if tier else None,
        next_tier=then if then != tier else None,
        busiest=busiest(rows),
    )


def forecast_of(quantity: int, days: Iterable[date], today: date) -> int:
    """Where the month ends if it goes on as since the first day on record in it."""
    first, last = month_of(today)
    begun = max(min(days, default=today), first)
    seen = max(1, (today - begun).days + 1)
    left = max(0, (last - today).days)
    return quantity + quantity * left // seen


def extra(prices: PriceList, tier: Tier, quantity: int) -> Decimal | None:
    """What a quantity costs beyond the fee: units begun count in part. None: that is not published, or not sold."""
    if tier.included is None or quantity <= tier.included:
        return Decimal("0.00")
    if tier.over is None:
        return None
    beyond = Decimal(quantity - tier.included) / UNIT[prices.unit]
    return (beyond * tier.over).quantize(Decimal("0.01"), ROUND_HALF_UP)


def busiest(rows: Iterable[UsedOn]) -> int:
    """The most calls of one organisation on one day, those for tokens left out: they have limits of their own."""
    days: dict[tuple[str, date], int] = {}
    for r in rows:
        if r.purpose != TOKEN:
            days[r.organisation, r.day] = days.get((r.organisation, r.day), 0) + r.used.calls
    return max(days.values(), default=0)


def sum_of(used: Mapping[str, Used]) -> Used:
    """All purposes together."""
    return summed(used.values())


def summed(each: Iterable[Used]) -> Used:
    """All of it."""
    total = Used()
    for one in each:
        total = total.plus(one)
    return total
