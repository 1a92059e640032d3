"""Putting on record what people decided or did: holds, promises, disputes, contacts, reconciliations."""

from datetime import date
from typing import TYPE_CHECKING, Any, TypeVar

import click

from worker.commands.base import Desk, command

if TYPE_CHECKING:
    from collections.abc import Callable

    from worker.commands.people import Whom
    from worker.core.events import EventKind

_F = TypeVar("_F", bound="Callable[..., Any]")
DAY = click.DateTime(["%Y-%m-%d"])
_ORG = click.option("--org", default="", help="The organisation, when several have such a client.")


def _invoices(what: str) -> "Callable[[_F], _F]":
    return click.option("--invoice", "invoices", multiple=True, help=f"Only this invoice {what}; may be repeated.")


@command("hold")
@click.argument("client")
@click.option("--why", required=True, help="Why; the bookkeeper sees it every morning.")
@click.option("--until", type=DAY, help="Last day of the hold; without it, until released.")
@click.option("--invoice", default="", help="Only this invoice.")
@_ORG
def hold_command(desk: Desk, client: str, why: str, until: Any, invoice: str, org: str) -> None:
    """Stop asking a client."""
    from worker.commands import people
    from worker.core.events import EventKind

    with desk.app() as app:
        whom = people.find_client(app, client, org)
        data: dict[str, Any] = {"why": why}
        if until:
            data["until"] = _not_past(until, people.today(app, whom.at)).isoformat()
        if invoice:
            data["invoice"] = people.find_invoices(whom, [invoice])[0].id
        _record(desk, app, whom, EventKind.HOLD, data)
    name = whom.client.name
    last = data.get("until", "")
    about = f" for invoice {invoice}" if invoice else ""
    line = f'{{client: "{name}", why: "{why}"' + (f", until: {last}" if last else "")
    line += f", invoice: {invoice}}}" if invoice else "}"
    _said(
        desk,
        f"{name} is on hold{about}{f' until {last}' if last else ' until you release it'}.",
        undo=f'duecourse release "{name}"',
        config=f"holds: [{line}]",
    )


@command("release")
@click.argument("client")
@click.option("--invoice", default="", help="Only the hold of this invoice.")
@_ORG
def release_command(desk: Desk, client: str, invoice: str, org: str) -> int:
    """End a client's holds that were recorded by a command."""
    from worker.commands import people
    from worker.core.events import EventKind

    with desk.app() as app:
        whom = people.find_client(app, client, org)
        invoice_id = people.find_invoices(whom, [invoice])[0].id if invoice else ""
        settings, history, _ = people.judged(app, whom.at)

        def mine(holds: Any) -> list[Any]:
            return [
                h for h in holds if h.client_id == whom.client.id and (not invoice_id or h.invoice_id == invoice_id)
            ]

        recorded, written = mine(history.holds), mine(settings.holds)
        if not recorded and not written:
            raise people.wrong(f"{whom.client.name} is not on hold", todo=f'see duecourse explain "{whom.client.name}"')
        if recorded:
            _record(desk, app, whom, EventKind.RELEASE, {"invoice": invoice_id} if invoice_id else {})
    if recorded:
        again = f'duecourse hold "{whom.client.name}" --why "{recorded[-1].why}"'
        _said(desk, f"{whom.client.name} is released.", undo=again, config="remove its entry under holds:")
    for hold in written:
        _warn(desk, f"A hold written at {hold.place} is still in force: {hold.why}. Remove it there.")
    return 1 if written else 0


@command("promise")
@click.argument("client")
@click.argument("day", type=DAY, metavar="DATE")
@_invoices("is meant")
@_ORG
def promise_command(desk: Desk, client: str, day: Any, invoices: tuple[str, ...], org: str) -> None:
    """Record that a client said it would pay by DATE; it is left alone until then (30 days at most)."""
    from worker.commands import people
    from worker.core.events import EventKind

    with desk.app() as app:
        whom = people.find_client(app, client, org)
        today = people.today(app, whom.at)
        by = _not_past(day, today)
        found = people.find_invoices(whom, invoices)
        data = {"by": by.isoformat(), "invoices": [i.id for i in found], "by_client": True}
        _record(desk, app, whom, EventKind.PROMISE, data)
    name = whom.client.name
    long = " That is far off: nothing is asked for 30 days, then asking goes on." if (by - today).days > 30 else ""
    listed = f", invoices: [{', '.join(invoices)}]" if invoices else ""
    _said(
        desk,
        f"{name} promised to pay by {by}; nothing is asked before that.{long}",
        undo="a promise stays on record; it ends by itself two business days after its date",
        config=f'promises: [{{client: "{name}", by: {by}, made on: {today}{listed}}}]',
    )


@command("dispute")
@click.argument("client")
@click.option("--why", default="", help="What is contested.")
@click.option("--review", type=DAY, help="When to look at it again.")
@click.option("--owner", default="", help="Who settles it.")
@click.option("--over", is_flag=True, help="The dispute is over.")
@_invoices("is contested (none: everything)")
@_ORG
def dispute_command(
    desk: Desk, client: str, why: str, review: Any, owner: str, over: bool, invoices: tuple[str, ...], org: str
) -> int:
    """Record that a client contests something, or that it is --over. Contested invoices are not asked for."""
    from worker.commands import people
    from worker.core.events import EventKind

    if bool(why) == over:
        raise people.wrong(
            "a dispute needs --why, or --over when it ends", '--why "what is contested"', "add one of them"
        )
    with desk.app() as app:
        whom = people.find_client(app, client, org)
        ids = [i.id for i in people.find_invoices(whom, invoices)]
        if over:
            return _end_dispute(desk, app, whom, ids)
        data = {"reason": why, "invoices": ids, "owner": owner}
        if review:
            data["review"] = _not_past(review, people.today(app, whom.at)).isoformat()
        _record(desk, app, whom, EventKind.DISPUTE, data)
    name = whom.client.name
    extra = f", invoices: [{', '.join(invoices)}]" if invoices else ""
    extra += f", review: {data['review']}" if review else ""
    what = ", ".join(invoices) or "everything"
    _said(
        desk,
        f"{name} disputes {what}: not asked for until the dispute is over.",
        undo=f'duecourse dispute "{name}" --over',
        config=f'disputes: [{{client: "{name}", reason: "{why}"{extra}}}]',
    )
    return 0


def _end_dispute(desk: Desk, app: Any, whom: "Whom", ids: list[str]) -> int:
    from worker.commands import people
    from worker.core.events import EventKind

    settings, history, _ = people.judged(app, whom.at)
    recorded = [d for d in history.disputes if d.client_id == whom.client.id]
    written = [d for d in settings.disputes if d.client_id == whom.client.id]
    name = whom.client.name
    if not recorded and not written:
        raise people.wrong(f"{name} has no dispute on record", todo=f'see duecourse explain "{name}"')
    if recorded:
        _record(desk, app, whom, EventKind.SETTLE, {"invoices": ids})
        again = f'duecourse dispute "{name}" --why "{recorded[-1].reason}"'
        _said(desk, f"The dispute of {name} is over.", undo=again, config="remove its entry under disputes:")
    for dispute in written:
        _warn(desk, f"A dispute written at {dispute.place} is still in force: {dispute.reason}. Remove it there.")
    return 1 if written else 0


@command("log")
@click.argument("client")
@click.argument("what")
@click.option("--on", "on", type=DAY, help="The day; otherwise today.")
@_invoices("was spoken of")
@_ORG
def log_command(desk: Desk, client: str, what: str, on: Any, invoices: tuple[str, ...], org: str) -> None:
    """Record a contact somebody made (duecourse log CLIENT "rang"): the next message keeps its distance from it."""
    from worker.commands import people
    from worker.core.events import EventKind

    with desk.app() as app:
        whom = people.find_client(app, client, org)
        today = people.today(app, whom.at)
        day = on.date() if on else today
        if day > today:
            raise people.wrong(f"--on {day} is in the future", f"a day up to {today}")
        found = [i.id for i in people.find_invoices(whom, invoices)]
        _record(desk, app, whom, EventKind.LOG, {"what": what, "on": day.isoformat(), "invoices": found})
    name = whom.client.name
    text = f"On record: {name}, {day}: {what}. The next message keeps its distance from that day."
    _said(desk, text, undo="", config=f'clients: [{{client: "{name}", last contacted: {day}}}]')


@command("reconciled")
@click.argument("organisation", metavar="ORG")
@click.argument("day", type=DAY, required=False, metavar="[DATE]")
def reconciled_command(desk: Desk, organisation: str, day: Any) -> None:
    """Record that the bank is reconciled in the books up to DATE (otherwise today)."""
    from worker.commands import people
    from worker.core.events import Event, EventKind

    with desk.app() as app:
        (config,) = app.organisations([organisation])
        today = people.today(app, people.mirrored(app, config))
        on = day.date() if day else today
        if on > today:
            raise people.wrong(f"{on} is in the future", f"a day up to {today}")
        event = Event(EventKind.RECONCILED, app.clock.now(), "", people.who(), {"on": on.isoformat()})
        app.logbook.record(organisation, event)
    _said(
        desk,
        f"{organisation}: the bank is reconciled up to {on}.",
        undo=f"duecourse reconciled {organisation} DATE, with the right day",
        config=f"reconciled: {on}   (or how often: daily, every tuesday)",
    )


def _record(desk: Desk, app: Any, whom: "Whom", kind: "EventKind", data: dict[str, Any]) -> None:
    from worker.commands.people import who
    from worker.core.events import Event

    app.logbook.record(whom.at.name, Event(kind, app.clock.now(), whom.client.id, who(), data))


def _not_past(given: Any, today: date) -> date:
    from worker.commands.people import wrong

    day: date = given.date()
    if day < today:
        raise wrong(f"{day} is in the past", f"{today} or later")
    return day


def _said(desk: Desk, what: str, undo: str, config: str) -> None:
    from worker.report.terminal import FAINT, OUT, TYPE, say

    out = desk.out()
    say(out, what, OUT)
    if undo:
        say(out, f"  to undo:       {undo}", TYPE)
    say(out, f"  in the config: {config}", FAINT)


def _warn(desk: Desk, what: str) -> None:
    from worker.report.terminal import WRONG, say

    say(desk.out(), what, WRONG)
