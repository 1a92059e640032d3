"""The dated tables of statutory interest that ship in policies/rates, as core values."""

from datetime import date
from decimal import Decimal
from functools import lru_cache
from importlib import resources
from typing import cast

from worker.config.source import Located, LocatedList, parse_yaml
from worker.core.interest import RateTable


@lru_cache(maxsize=1)
def rate_tables() -> dict[str, RateTable]:
    """By country, the statutory rate of every country for which a table is kept."""
    found: dict[str, RateTable] = {}
    for file in sorted((resources.files("policies") / "rates").iterdir(), key=lambda f: f.name):
        if file.name.endswith(".yaml"):
            data = parse_yaml(file.read_text("utf-8"), f"rates/{file.name}")
            found |= dict.fromkeys(map(str, cast(LocatedList, data["laws"])), _table(data))
    return found


def _table(data: Located) -> RateTable:
    base, fixed = cast(Located, data["base"]), cast(Located, data["fixed sum"])
    tiers = [(Decimal(key.removeprefix("from ")), Decimal(str(v))) for key, v in fixed.items() if key != "currency"]
    return RateTable(
        Decimal(str(data["points"])),
        tuple(sorted((date.fromisoformat(day), Decimal(str(rate))) for day, rate in base.items())),
        date.fromisoformat(str(data["known through"])),
        data["fixed at start"] == "yes",
        str(data["basis"]),
        str(fixed["currency"]),
        tuple(sorted(tiers)),
    )
