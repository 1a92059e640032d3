"""usage: what the platforms were asked this month, what that costs in their price lists, and where it is heading."""

from datetime import UTC, date
from typing import TYPE_CHECKING, Any

import click

from worker.commands.base import PLACE, Desk, command

if TYPE_CHECKING:
    from collections.abc import Sequence

    from worker.app import App
    from worker.core.usage import UsedOn

SCHEMA = 1


@command("usage", json=True)
@click.option("--month", help="Another month, such as 2026-10.")
@click.option("--days", "daily", is_flag=True, help="A line for every day as well.")
def usage_command(desk: Desk, month: str | None, daily: bool) -> int:
    """Calls and bytes per organisation, what they cost, and the forecast. Exits 1 when calls would end up blocked.

    Months and days are UTC, as the platforms' own are. Only what this logbook knows of is counted.
    """
    from worker.core.usage import month_of
    from worker.report.usage import show_usage

    with desk.app() as app:
        today = app.clock.now().astimezone(UTC).date()
        first, last = month_of(_first(month) if month else today)
        as_of = min(today, last)
        rows = [r for o in app.organisations() for r in app.logbook.usage(o.name, first, last)]
        found = _found(app, rows, first, as_of, daily=daily)
    if desk.as_json:
        desk.print_json(found)
    else:
        show_usage(desk.out(), found)
    return int(found["exit_code"])


def _first(text: str) -> date:
    from worker.errors import ConfigError, Problem

    try:
        return date.fromisoformat(f"{text}-01")
    except ValueError:
        problem = Problem(PLACE, f'"{text}" is no month', "a month such as 2026-10", "write --month 2026-10")
        raise ConfigError([problem]) from None


def _found(app: "App", rows: "Sequence[UsedOn]", first: date, as_of: date, *, daily: bool) -> dict[str, Any]:
    from connectors.prices import price_lists
    from worker.report.usage import day_rows, organisation_rows, platform_data

    lists = price_lists()
    platforms = []
    for kind in sorted({r.platform for r in rows} | {o.books.kind for o in app.organisations()} & set(lists)):
        prices, mine = lists.get(kind), [r for r in rows if r.platform == kind]
        tiered, exempt = _connections(app, kind)
        platforms.append(platform_data(kind, prices, mine, tiered, exempt, as_of))
    found: dict[str, Any] = {
        "schema": SCHEMA,
        "month": f"{first:%Y-%m}",
        "as_of": as_of.isoformat(),
        "platforms": platforms,
        "organisations": organisation_rows(rows),
    }
    if daily:
        found["days"] = day_rows(rows)
    return {**found, "exit_code": 1 if any(p["blocked"] for p in platforms) else 0}


def _connections(app: "App", kind: str) -> tuple[int, int]:
    """Organisations that count as connections of the application, and those that do not (custom connections)."""
    from worker.config.values import XeroBooks

    mine = [o.books for o in app.organisations() if o.books.kind == kind]
    own = [b for b in mine if isinstance(b, XeroBooks) and _custom(b)]
    return len(mine) - len(own), len(own)


def _custom(books: Any) -> bool:
    """A custom connection: the organisation's own application, priced by Xero for that organisation alone."""
    if books.grant:
        return bool(books.grant == "client credentials")
    return books.refresh_token is None and books.client_secret is not None
