"""What the platforms were asked in a month, as JSON values and as a person reads it. No client appears anywhere."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from rich.console import Console

from worker.core.usage import GIB, TOKEN, Month, PriceList, Tier, Used, UsedOn, month, summed
from worker.report.sizes import size_text
from worker.report.terminal import FAINT, KEPT, LOUD, WRONG, cell, counted, row, say, table

NAMES = {"xero": "Xero", "quickbooks": "QuickBooks", "sandbox": "The simulated platform"}


def platform_data(
    kind: str, prices: PriceList | None, rows: Sequence[UsedOn], connections: int, exempt: int, today: date
) -> dict[str, Any]:
    """One platform's month. `connections` count for its tier, `exempt` (custom connections) do not."""
    data: dict[str, Any] = {"platform": kind, "total": _used(r.used for r in rows), "price_list": None}
    data |= {"connections": connections, "custom_connections": exempt, "blocked": False}
    if prices is None:
        return data
    found = month(prices, rows, connections, today)
    told = {"title": prices.title, "as_of": prices.as_of.isoformat(), "sources": list(prices.sources)}
    return {
        **data,
        "price_list": {**told, "currency": prices.currency, "metered": prices.metered},
        "metered": found.quantity,
        "forecast": found.forecast,
        "tier": _tier(found.tier),
        "share": _text(found.share),
        "fee": _text(found.fee),
        "extra_at_forecast": _text(found.extra),
        "next_tier": _tier(found.next_tier),
        "blocked": _blocked(found),
        "busiest_day": found.busiest,
    }


def _blocked(found: Month) -> bool:
    tier = found.tier
    return bool(tier and tier.blocked and tier.included is not None and found.forecast > tier.included)


def _tier(tier: Tier | None) -> dict[str, Any] | None:
    if tier is None:
        return None
    limits = {"connections": tier.connections, "included": tier.included, "daily": tier.daily}
    return {"name": tier.name, "fee": _text(tier.fee), **limits}


def _text(value: Decimal | None) -> str | None:
    return None if value is None else f"{value:f}"


def organisation_rows(rows: Iterable[UsedOn]) -> list[dict[str, Any]]:
    """Per organisation and platform: the total, and by purpose."""
    grouped: dict[tuple[str, str], dict[str, list[Used]]] = {}
    for r in rows:
        grouped.setdefault((r.organisation, r.platform), {}).setdefault(r.purpose, []).append(r.used)
    return [
        {
            "organisation": organisation,
            "platform": platform,
            **_used(u for each in purposes.values() for u in each),
            "purposes": {purpose: _used(each) for purpose, each in sorted(purposes.items())},
        }
        for (organisation, platform), purposes in sorted(grouped.items())
    ]


def day_rows(rows: Iterable[UsedOn]) -> list[dict[str, Any]]:
    """Per day, organisation and platform."""
    grouped: dict[tuple[date, str, str], list[Used]] = {}
    for r in rows:
        grouped.setdefault((r.day, r.organisation, r.platform), []).append(r.used)
    return [
        {"day": day.isoformat(), "organisation": organisation, "platform": platform, **_used(each)}
        for (day, organisation, platform), each in sorted(grouped.items())
    ]


def _used(each: Iterable[Used]) -> dict[str, int]:
    total = summed(each)
    return {"calls": total.calls, "answered": total.answered, "bytes": total.size}


def show_usage(out: Console, found: Mapping[str, Any]) -> None:
    """Print what `usage --json` holds."""
    say(out, f"Usage in {found['month']}, up to {found['as_of']} (UTC)", LOUD)
    if not found["organisations"]:
        say(out, "Nothing was asked of any platform yet: calls are counted from the first sweep on.")
    for platform in found["platforms"]:
        say(out)
        _platform(out, platform)
    if found["organisations"]:
        say(out)
        _organisations(out, found["organisations"])
    if "days" in found:
        say(out)
        _days(out, found["days"])


def _platform(out: Console, one: Mapping[str, Any]) -> None:
    total = one["total"]
    say(out, NAMES.get(one["platform"], one["platform"]), LOUD)
    say(out, f"  so far       {counted(total['calls'], 'call')}, {size_text(total['bytes'])} on the wire")
    listed = one["price_list"]
    if listed is None:
        say(out, "  price        none: nobody bills for it", FAINT)
        return
    in_bytes = listed["metered"] == "bytes"
    tier, currency = one["tier"], listed["currency"]
    if one["custom_connections"]:
        many = counted(one["custom_connections"], "custom connection")
        say(out, f"  apart        {many}: billed by Xero to the organisation, in no tier")
    if tier is None:
        say(out, "  tier         none that is published allows so much", WRONG)
    else:
        _told_tier(out, one, tier, currency, in_bytes=in_bytes)
    say(out, f"  forecast     {_quantity(one['forecast'], in_bytes=in_bytes)} by the end of the month")
    if one["blocked"]:
        then = one["next_tier"]["name"] if one["next_tier"] else "a larger tier"
        say(out, f"  CALLS WOULD BE BLOCKED before the month ends: sweep less often, or take {then}.", WRONG)
    elif one["extra_at_forecast"] is None:
        say(out, "  beyond       more than the tier includes; what that costs is not published", KEPT)
    elif Decimal(one["extra_at_forecast"]):
        say(out, f"  beyond       {currency} {one['extra_at_forecast']} at that forecast", KEPT)
    say(out, f"  price list   {listed['title']}, as read on {listed['as_of']}", FAINT)


def _told_tier(out: Console, one: Mapping[str, Any], tier: Mapping[str, Any], currency: str, *, in_bytes: bool) -> None:
    fee = "fee on request" if tier["fee"] is None else f"{currency} {Decimal(tier['fee']):,.2f} a month"
    room = f"{one['connections']} of {tier['connections']:,} connections" if tier["connections"] else ""
    at_least = "at least " if tier["connections"] else ""
    say(out, f"  tier         {at_least}{tier['name']}: {fee}{', ' + room if room else ''}")
    counted_so_far = _quantity(one["metered"], in_bytes=in_bytes)
    if one["share"] is None:
        say(out, f"  this month   {counted_so_far} that count; the tier has no limit")
    else:
        included = _quantity(tier["included"], in_bytes=in_bytes)
        say(out, f"  this month   {counted_so_far} of {included}: {Decimal(one['share']):.1%}")
    if tier["daily"]:
        say(out, f"  busiest day  {one['busiest_day']:,} of {tier['daily']:,} calls for one organisation")


def _quantity(amount: int, *, in_bytes: bool) -> str:
    if not in_bytes:
        return f"{amount:,} reads"
    return f"{amount // GIB} GiB" if amount and amount % GIB == 0 else size_text(amount)


def _organisations(out: Console, rows: Sequence[Mapping[str, Any]]) -> None:
    purposes = sorted({p for one in rows for p in one["purposes"] if p != TOKEN})
    columns = ["calls", "wire", *purposes, TOKEN]
    made = table(["organisation", "platform", *columns], right=columns)
    for one in rows:
        by = [str(one["purposes"].get(p, {}).get("calls", "")) for p in (*purposes, TOKEN)]
        known = [cell(one["organisation"], LOUD), cell(one["platform"])]
        row(made, [*known, *map(cell, (str(one["calls"]), size_text(one["bytes"]), *by))])
    out.print(made)


def _days(out: Console, rows: Sequence[Mapping[str, Any]]) -> None:
    made = table(["day", "organisation", "platform", "calls", "wire"], right=["calls", "wire"])
    for one in rows:
        told = (one["day"], one["organisation"], one["platform"], str(one["calls"]), size_text(one["bytes"]))
        row(made, [*map(cell, told)])
    out.print(made)
