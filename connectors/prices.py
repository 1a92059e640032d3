"""The platforms' price lists as published: dated data with their sources, in `prices.yaml` beside this module."""

from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

from worker.core.usage import GIB, PriceList, Tier

_FILE = Path(__file__).with_name("prices.yaml")


def price_lists() -> Mapping[str, PriceList]:
    """Every list, by platform."""
    import yaml

    data = yaml.safe_load(_FILE.read_text(encoding="utf-8"))
    return {platform: _list(platform, told) for platform, told in data.items()}


def _list(platform: str, told: Mapping[str, Any]) -> PriceList:
    scale = GIB if told["metered"] == "bytes" else 1
    return PriceList(
        platform=platform,
        title=told["title"],
        currency=told["currency"],
        as_of=told["as of"],
        metered=told["metered"],
        unit=told["unit"],
        free=frozenset(told["free"]),
        sources=tuple(told["sources"]),
        tiers=tuple(_tier(one, scale) for one in told["tiers"]),
    )


def _tier(told: Mapping[str, Any], scale: int) -> Tier:
    return Tier(
        name=told["name"],
        fee=_money(told["fee"]),
        connections=told["connections"],
        included=None if told["included"] is None else told["included"] * scale,
        over=_money(told["over"]),
        daily=told["daily"],
        blocked=told.get("blocked", False),
    )


def _money(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)
