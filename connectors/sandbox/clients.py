"""The cast: who the clients of the sample company are and how each one really pays.

Names are sample companies and roles, never people; every address is under a domain reserved for examples.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from connectors.sandbox.rundays import (
    Cycle,
    fortnightly,
    four_weekly,
    last_weekday,
    monthly,
    nth_business_day,
    nth_weekday,
    weekly,
)

OWN_DOMAIN = "harbourpine.example.com"
FRIDAY, MONDAY, THURSDAY, TUESDAY, WEDNESDAY = 4, 0, 3, 1, 2


@dataclass(frozen=True)
class Client:
    """One client: what the books show and, apart from that, the truth about how it pays.

    ``weight`` is its share of invoices, ``size`` the usual net amount, ``late`` calendar days past due before it looks
    for a run, ``misses`` the chance that an invoice slips one run, ``cut_off`` business days of notice a run needs.
    """

    key: str
    name: str
    cycle: Cycle | None
    traits: frozenset[str] = frozenset()
    weight: float = 1.0
    size: int = 1200
    terms: tuple[int, str] = (30, "DAYSAFTERBILLDATE")
    late: int = 0
    misses: float = 0.06
    cut_off: int = 1
    currency: str = "GBP"
    country: str = "United Kingdom"
    city: str = "Bristol"
    domain: str = ""
    groups: tuple[str, ...] = ()

    @property
    def email(self) -> str:
        """Where its accounts department reads mail; empty when the books have no address."""
        if "no e-mail" in self.traits:
            return ""
        return f"accounts@{self.domain or self.key + '.example.org'}"


def _one(key: str, name: str, cycle: Cycle | None, *traits: str, **more: object) -> Client:
    return Client(key, name, cycle, frozenset(traits), **more)  # type: ignore[arg-type]


NAMED: tuple[Client, ...] = (
    _one(
        "northquay",
        "Northquay Brewing Co",
        weekly(FRIDAY),
        "batch",
        "po",
        weight=3.0,
        size=900,
        groups=("Key accounts",),
    ),
    _one("calder", "Calder Mills", weekly(MONDAY, THURSDAY), "batch", weight=2.5, size=700),
    _one(
        "tamarside", "Tamarside Housing", fortnightly(date(2024, 1, 4)), "batch", "po", weight=2.0, size=1500, cut_off=3
    ),
    _one("eastfield", "Eastfield Care Group", four_weekly(date(2024, 1, 10)), "batch", weight=2.0, size=800),
    _one("alderbrook", "Alderbrook Dental", monthly(25), weight=2.0, size=650, cut_off=5),
    _one("lanternworks", "Lantern Works Theatre", last_weekday(FRIDAY), "batch", weight=2.0, size=1100, cut_off=3),
    _one("saltmarsh", "Saltmarsh Foods", monthly(15, 31), "batch", weight=2.0, size=1300),
    _one("kestrel", "Kestrel Logistics", nth_business_day(5), "po", weight=2.0, size=1700, cut_off=2),
    _one("willowand", "Willow & Anchor", None, weight=2.0, size=500),
    _one("fenwickhall", "Fenwick Hall Estates", None, "always late", late=45, misses=0.0, size=2100),
    _one("stonebridge", "Stonebridge Motors", monthly(31), "usually late", misses=0.75, size=900),
    _one("greywater", "Greywater Plumbing Supplies", monthly(20), "disputes", size=1600),
    _one("harecroft", "Harecroft Builders", last_weekday(FRIDAY), "part pays", size=3200),
    _one("millpond", "Millpond Nurseries", None, "credit exceeds debt", weight=0.4, size=90),
    _one("orchardrow", "Orchard Row Bakery", weekly(WEDNESDAY), "some credit", size=450),
    _one("pennant", "Pennant Sports Club", nth_weekday(2, TUESDAY), "overpaid", size=380),
    _one(
        "lumiere",
        "Atelier Lumière SARL",
        monthly(10),
        "bank charge",
        currency="EUR",
        country="France",
        city="Lyon",
        size=2400,
    ),
    _one(
        "bluemesa",
        "Blue Mesa Outfitters Inc",
        monthly(1),
        currency="USD",
        country="United States",
        city="Denver",
        size=2800,
    ),
    _one("oldforge", "Old Forge Antiques", None, "archived", weight=0.3, size=300),
    _one("cobblers", "Cobblers Yard Records", None, "no e-mail", size=260),
    _one("meridian", "Meridian Fitness", monthly(5), "direct debit", misses=0.0, cut_off=0, size=420),
    _one(
        "brackenholdings",
        "Bracken Holdings",
        nth_weekday(3, THURSDAY),
        "batch",
        "parent",
        size=1900,
        groups=("Key accounts",),
    ),
    _one(
        "brackennorth",
        "Bracken Hotels (North)",
        nth_weekday(3, THURSDAY),
        "batch",
        "subsidiary",
        domain="brackenholdings.example.org",
        size=1100,
    ),
    _one(
        "brackensouth",
        "Bracken Hotels (South)",
        nth_weekday(3, THURSDAY),
        "batch",
        "subsidiary",
        domain="brackenholdings.example.org",
        size=1200,
    ),
    _one("quaysidenew", "Quayside Print Ltd", monthly(28), "merge survivor", size=600),
    _one("quaysideold", "Quayside Print", monthly(28), "merged", weight=0.3, size=600),
    _one("thistle", "Thistle & Rye", weekly(FRIDAY), "never sent", size=540),
    _one("copperkettle", "Copper Kettle Catering", nth_business_day(3), "draft", "voided", size=720),
    _one("larkspur", "Larkspur Festivals", None, "credited only", "prepaid", size=1400),
    _one("harbourpinetrading", "Harbour & Pine Trading", None, "own domain", domain=OWN_DOMAIN, weight=0.3, size=200),
    _one("inkandpaper", "Ink & Paper Wholesale", monthly(30), "supplier", size=480),
    _one(
        "hollowayarts",
        "Holloway Arts Trust",
        fortnightly(date(2024, 1, 9)),
        "no reminders",
        groups=("No reminders",),
        size=500,
    ),
    _one(
        "sterlingcross",
        "Sterling Cross Legal",
        monthly(31),
        "several people",
        "po",
        size=2600,
        groups=("Key accounts",),
    ),
    _one("ravenscar", "Ravenscar Tours", None, "expected date", size=950),
    _one("tidewater", "Tidewater Marine", monthly(15), "payment bounced", size=1250),
)

_PLACES = (
    "Ashdown",
    "Birchwood",
    "Cliffside",
    "Dovecote",
    "Elmhurst",
    "Foxglove",
    "Granary",
    "Hawthorn",
    "Ivybridge",
    "Juniper",
)
_TRADES = (
    "Interiors",
    "Veterinary",
    "Cycles",
    "Coffee Roasters",
    "Property",
    "Architects",
    "Garden Centre",
    "Software",
)
_CITIES = ("Bristol", "Leeds", "York", "Exeter", "Norwich", "Cardiff")


def _usual_cycle(number: int) -> Cycle | None:
    """More than half of real clients show no sharp rule, so more than half of these have none."""
    rules = {
        0: weekly(number % 5, skips_holidays=True),
        3: monthly(5 + number % 22),
        5: last_weekday(number % 5),
        8: weekly(TUESDAY, FRIDAY),
    }
    return rules.get(number % 10)


def cast(count: int) -> tuple[Client, ...]:
    """The first ``count`` clients: the named ones, then ordinary ones (at most 80 of those)."""
    return NAMED[:count] + tuple(_ordinary(count - len(NAMED)))


def _ordinary(count: int) -> Iterator[Client]:
    for number in range(min(count, len(_PLACES) * len(_TRADES))):
        place, trade = _PLACES[number % len(_PLACES)], _TRADES[(number // len(_PLACES) + number) % len(_TRADES)]
        yield Client(
            key=f"{place}{trade}".lower().replace(" ", ""),
            name=f"{place} {trade}",
            cycle=_usual_cycle(number),
            traits=frozenset({"po"} if number % 4 == 0 else ()),
            weight=0.6 + (number % 5) * 0.3,
            size=round(250 * math.exp((number * 7 % 10) / 4)),
            terms=(
                (14, "DAYSAFTERBILLDATE"),
                (30, "DAYSAFTERBILLDATE"),
                (0, "DAYSAFTERBILLMONTH"),
                (20, "OFFOLLOWINGMONTH"),
            )[number % 4],
            misses=(0.03, 0.1, 0.3)[number % 3],
            city=_CITIES[number % len(_CITIES)],
            groups=("Retainers",) if number % 6 == 0 else (),
        )
