"""Putting on record what people decided or did: holds, promises, disputes, contacts, reconciliations."""

import shlex
from datetime import date
from typing import TYPE_CHECKING, Any, TypeVar

import click

from worker.commands.base import Day, Desk, command

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from worker.commands.people import Whom
    from worker.core.events import EventKind
    from worker.core.settings import Dispute, Promise

    _About = TypeVar("_About", Promise, Dispute)

_F = TypeVar("_F", bound="Callable[..., Any]")
DAY = Day()
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
    from worker.deeds import held

    if not why.strip():
        raise people.wrong("a hold without a reason", '--why "what is going on"', "say why in a few words")
    with desk.app() as app:
        whom = people.find_client(app, client, org)
        last = _not_past(until, people.today(app, whom.at)) if until else None
        about = people.find_invoices(whom, [invoice])[0] if invoice else None
        deed = held(whom.client, why, last, about, app.clock.now(), people.who())
        app.logbook.record(whom.at.name, *deed.events)
    _said(desk, deed.said, undo=deed.undo, config=deed.config, at=whom.at.name)


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
        last = recorded[-1]
        again = f'duecourse hold "{whom.client.name}" --why "{last.why}"'
        again += (f" --until {last.until}" if last.until else "") + _flags(
            _numbers(whom, filter(None, [last.invoice_id]))
        )
        _said(desk, f"{whom.client.name} is released.", undo=again, config="remove its entry under holds:")
    for hold in written:
        _warn(desk, f"A hold written at {hold.place} is still in force: {hold.why}. Remove it there.")
    return 1 if written else 0


@command("promise")
@click.argument("client")
@click.argument("day", type=DAY, required=False, metavar="[DATE]")
@click.option("--over", is_flag=True, help="Take back what was recorded: nothing is promised.")
@_invoices("is meant")
@_ORG
def promise_command(desk: Desk, client: str, day: Any, over: bool, invoices: tuple[str, ...], org: str) -> int:
    """Record that a client said it would pay by DATE; it is left alone until then (30 days at most)."""
    from worker.commands import people
    from worker.core.events import EventKind

    if bool(day) == over:
        raise people.wrong("a promise needs its DATE, or --over to take it back", "2026-03-20", "give one of them")
    with desk.app() as app:
        whom = people.find_client(app, client, org)
        if over:
            return _end_promise(desk, app, whom, [i.id for i in people.find_invoices(whom, invoices)])
        today = people.today(app, whom.at)
        by = _not_past(day, today)
        found = people.find_invoices(whom, invoices)
        data = {"by": by.isoformat(), "invoices": [i.id for i in found], "by_client": True}
        _record(desk, app, whom, EventKind.PROMISE, data)
    name = whom.client.name
    far = (by - today).days > 30
    then = (
        "that is far off: nothing is asked for 30 days, then asking goes on" if far else "nothing is asked before that"
    )
    listed = f", invoices: [{', '.join(invoices)}]" if invoices else ""
    _said(
        desk,
        f"{name} promised to pay by {by}; {then}.",
        undo=f'duecourse promise "{name}" --over' + _flags(invoices),
        config=f'promises: [{{client: "{name}", by: {by}, made on: {today}{listed}}}]',
        at=whom.at.name,
    )
    return 0


def _end_promise(desk: Desk, app: Any, whom: "Whom", ids: list[str]) -> int:
    from worker.commands import people
    from worker.core.events import EventKind

    settings, history, _ = people.judged(app, whom.at)
    recorded, written = _meant(history.promises, whom, ids), _meant(settings.promises, whom, ids)
    name = whom.client.name
    if not recorded and not written:
        raise people.wrong(f"{name} has no such promise on record", todo=f'see duecourse explain "{name}"')
    if recorded:
        _record(desk, app, whom, EventKind.PROMISE_OFF, {"invoices": ids})
        last = recorded[-1]
        again = f'duecourse promise "{name}" {last.by}' + _flags(_numbers(whom, ids or last.invoice_ids))
        _said(desk, f"{name}: nothing is promised any more.", undo=again, config="remove its entry under promises:")
    for promise in written:
        _warn(desk, f"A promise to pay by {promise.by} is in the config and still in force. Remove it there.")
    return 1 if written else 0


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
    """Record that a client contests something: contested invoices are not asked for. --over when that ends."""
    from worker.commands import people
    from worker.core.events import EventKind

    if bool(why.strip()) == over:
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
        undo=f'duecourse dispute "{name}" --over' + _flags(invoices),
        config=f'disputes: [{{client: "{name}", reason: "{why}"{extra}}}]',
        at=whom.at.name,
    )
    return 0


def _end_dispute(desk: Desk, app: Any, whom: "Whom", ids: list[str]) -> int:
    from worker.commands import people
    from worker.core.events import EventKind

    settings, history, _ = people.judged(app, whom.at)
    recorded, written = _meant(history.disputes, whom, ids), _meant(settings.disputes, whom, ids)
    name = whom.client.name
    if not recorded and not written:
        raise people.wrong(f"{name} has no such dispute on record", todo=f'see duecourse explain "{name}"')
    if recorded:
        _record(desk, app, whom, EventKind.SETTLE, {"invoices": ids})
        last = recorded[-1]
        again = f'duecourse dispute "{name}" --why "{last.reason}"' + (
            f" --review {last.review}" if last.review else ""
        )
        again += _flags(_numbers(whom, ids or last.invoice_ids))
        _said(desk, f"The dispute of {name} is over.", undo=again, config="remove its entry under disputes:")
    for dispute in written:
        _warn(desk, f"A dispute written at {dispute.place} is still in force: {dispute.reason}. Remove it there.")
    return 1 if written else 0


@command("log")
@click.argument("client")
@click.argument("what")
@click.option("--on", "on", type=DAY, help="The day; otherwise today.")
@_invoices("was spoken of")
@click.option("--undo", is_flag=True, help="Take the last such contact back: it was put on record by mistake.")
@_ORG
def log_command(desk: Desk, client: str, what: str, on: Any, invoices: tuple[str, ...], undo: bool, org: str) -> None:
    """Record a contact somebody made (duecourse log CLIENT "rang"): the next message keeps its distance from it."""
    from worker.commands import people
    from worker.core.events import EventKind

    if not what.strip():
        raise people.wrong("a contact without words", "what it was, such as rang", "say it in a few words")
    with desk.app() as app:
        whom = people.find_client(app, client, org)
        today = people.today(app, whom.at)
        day = on or today
        if day > today:
            raise people.wrong(f"--on {day} is in the future", f"a day up to {today}")
        found = [i.id for i in people.find_invoices(whom, invoices)]
        if undo:
            _unlog(desk, app, whom, what, on, found)
            return
        _record(desk, app, whom, EventKind.LOG, {"what": what, "on": day.isoformat(), "invoices": found})
    name = whom.client.name
    text = f"On record: {name}, {day}: {what}. The next message keeps its distance from that day."
    back = f'duecourse log "{name}" {shlex.quote(what)} --on {day} --undo' + _flags(invoices)
    _said(desk, text, undo=back, config=f'clients: [{{client: "{name}", last contacted: {day}}}]', at=whom.at.name)


def _unlog(desk: Desk, app: Any, whom: "Whom", what: str, on: date | None, ids: list[str]) -> None:
    """Take the last recorded contact of these words back. Raises ConfigError when there is none."""
    from worker.commands import people
    from worker.core.events import EventKind

    _, history, _ = people.judged(app, whom.at)
    name, day = whom.client.name, on
    there = [c for c in history.contacts if c.client_id == whom.client.id and c.what == what]
    there = [c for c in there if (day is None or c.on == day) and (not ids or set(c.invoice_ids) == set(ids))]
    if not there:
        raise people.wrong(f'{name} has no contact "{what}" on record', todo=f'see duecourse history "{name}"')
    last = max(there, key=lambda c: c.on)
    data = {"what": what, "on": last.on.isoformat(), "invoices": list(last.invoice_ids)}
    _record(desk, app, whom, EventKind.LOG_OFF, data)
    again = f'duecourse log "{name}" {shlex.quote(what)} --on {last.on}' + _flags(_numbers(whom, last.invoice_ids))
    text = f"No longer on record: {name}, {last.on}: {what}."
    _said(desk, text, undo=again, config="remove last contacted: under the client, where it is that day")


@command("reconciled")
@click.argument("organisation", metavar="ORG")
@click.argument("day", type=DAY, required=False, metavar="[DATE]")
def reconciled_command(desk: Desk, organisation: str, day: Any) -> None:
    """Record that the bank is reconciled in the books up to DATE (otherwise today)."""
    from worker.commands import people
    from worker.deeds import reconciled

    with desk.app() as app:
        (config,) = app.organisations([organisation])
        today = people.today(app, people.mirrored(app, config))
        on = day or today
        if on > today:
            raise people.wrong(f"{on} is in the future", f"a day up to {today}")
        deed = reconciled(organisation, on, app.clock.now(), people.who())
        app.logbook.record(organisation, *deed.events)
    _said(desk, deed.said, undo=deed.undo, config=deed.config, at=organisation)


def _meant(said: "Iterable[_About]", whom: "Whom", ids: list[str]) -> "list[_About]":
    """What was said of the client, or of one of these invoices: what is said of all of a client ends as a whole."""
    return [s for s in said if s.client_id == whom.client.id and (not ids or not set(ids).isdisjoint(s.invoice_ids))]


def _numbers(whom: "Whom", ids: "Iterable[str]") -> tuple[str, ...]:
    known = whom.at.snapshot.by_id
    return tuple(known[i].number if i in known else i for i in ids)


def _flags(numbers: "Iterable[str]") -> str:
    return "".join(f" --invoice {shlex.quote(n)}" for n in numbers)


def _record(desk: Desk, app: Any, whom: "Whom", kind: "EventKind", data: dict[str, Any]) -> None:
    from worker.commands.people import who
    from worker.core.events import Event

    app.logbook.record(whom.at.name, Event(kind, app.clock.now(), whom.client.id, who(), data))


def _not_past(day: date, today: date) -> date:
    from worker.commands.people import wrong

    if day < today:
        raise wrong(f"{day} is in the past", f"{today} or later", "correct the day")
    return day


def _said(desk: Desk, what: str, undo: str, config: str, at: str = "") -> None:
    from worker.report.terminal import FAINT, OUT, TYPE, say

    out = desk.out()
    say(out, what, OUT)
    if undo:
        say(out, f"  to undo:       {undo}", TYPE)
    say(out, f"  in the config{f', under {at}' if at else ''}: {config}", FAINT)


def _warn(desk: Desk, what: str) -> None:
    from worker.report.terminal import WRONG, say

    say(desk.out(), what, WRONG)
