"""connections: every saved connection, how it is doing and how long it lasts."""

from typing import TYPE_CHECKING, Any

import click

from worker.commands.base import Desk, command

if TYPE_CHECKING:
    from worker.consents.health import Health


@command("connections", json=True)
@click.option("--check", is_flag=True, help="Ask each platform, instead of telling what is on record.")
def connections_command(desk: Desk, check: bool) -> int:
    """Saved connections, their state and the days until they die unused. Exits 1 when one needs a person."""
    from worker.consents.health import review
    from worker.report.connections import show_connections

    with desk.app() as app:
        found = [_data(one) for one in review(app, check=check)]
    code = 1 if any(one["trouble"] for one in found) else 0
    answer = {"schema": 1, "checked": check, "connections": found, "exit_code": code}
    if desk.as_json:
        desk.print_json(answer)
    else:
        show_connections(desk.out(), answer)
    return code


def _data(one: "Health") -> dict[str, Any]:
    return {
        "connection": one.name,
        "platform": one.platform,
        "organisations": list(one.organisations),
        "tenants": [{"id": key, "name": name} for key, name in one.tenants],
        "state": one.state,
        "why": one.why,
        "last_refresh": one.refreshed.isoformat(timespec="seconds") if one.refreshed else None,
        "ends": one.ends.isoformat(timespec="seconds") if one.ends else None,
        "days_left": one.days,
        "warned_at": one.countdown.level if one.countdown else None,
        "unused": [{"id": key, "name": name} for key, name in one.unused],
        "trouble": one.trouble,
    }
