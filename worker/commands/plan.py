"""plan: an agreed instalment plan, put on record or taken back."""

from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import click

from worker.commands.base import Day, Desk, command
from worker.commands.record import _flags, _said, _warn

if TYPE_CHECKING:
    from collections.abc import Sequence

    from worker.app import App
    from worker.commands.people import Whom
    from worker.core.receivable import Invoice

    Parts = Sequence[tuple[date, Decimal]]

MOST = 24


@command("plan")
@click.argument("client")
@click.option("--number", type=click.IntRange(2, MOST), help="How many instalments; otherwise as the policy offers.")
@click.option("--first", type=Day(), help="The day of the first; otherwise a month from today.")
@click.option("--instalment", "written", multiple=True, help='One as agreed: "500.00 on 2026-03-31"; may be repeated.')
@click.option("--invoice", "invoices", multiple=True, help="Only this invoice; may be repeated (none: all overdue).")
@click.option("--over", is_flag=True, help="The plan is over: asking goes on as before.")
@click.option("--org", default="", help="The organisation, when several have such a client.")
def plan_command(
    desk: Desk,
    client: str,
    number: int | None,
    first: Any,
    written: tuple[str, ...],
    invoices: tuple[str, ...],
    over: bool,
    org: str,
) -> int:
    """Record a plan agreed with a client. Its invoices are asked for one missed instalment at a time, nothing else.

    Without --instalment it is made of equal parts, on the client's own payment runs where they are known.
    """
    from worker.commands import people

    if over and (number or first or written or invoices):
        raise people.wrong("--over with terms of a plan", "--over alone", "leave the rest out")
    if written and (number or first):
        raise people.wrong("--instalment with --number or --first", "one or the other", "leave one out")
    with desk.app() as app:
        whom = people.find_client(app, client, org)
        if over:
            return _end(desk, app, whom)
        covered = _covered(whom, invoices, people.today(app, whom.at))
        parts = _written(written) if written else _computed(app, whom, covered, number, first)
        _check(covered, parts, people.today(app, whom.at))
        _agree(app, whom, covered, parts)
    _tell(desk, whom, covered, parts)
    return 0


def _covered(whom: "Whom", numbers: tuple[str, ...], today: date) -> "list[Invoice]":
    """The invoices meant, all open and in one currency."""
    from worker.commands import people

    theirs = [i for i in whom.at.snapshot.invoices if whom.at.snapshot.survivor(i.client_id) == whom.client.id]
    found = people.find_invoices(whom, numbers) if numbers else [i for i in theirs if i.due and i.due < today]
    covered = [i for i in found if i.is_open]
    if not covered:
        raise people.wrong(
            f"{whom.client.name} has nothing overdue", "invoices to plan for", "name them with --invoice"
        )
    currencies = sorted({i.currency for i in covered})
    if len(currencies) > 1:
        raise people.wrong(
            f"these invoices are in {' and '.join(currencies)}", "one currency", "name those of one with --invoice"
        )
    return sorted(covered, key=lambda i: (i.due or date.max, i.number))


def _written(written: tuple[str, ...]) -> "Parts":
    from pydantic import TypeAdapter, ValidationError

    from worker.commands import people
    from worker.config.kinds import PartText

    found: list[tuple[date, Decimal]] = []
    for text in written:
        try:
            found.append(TypeAdapter(PartText).validate_python(text))
        except ValidationError:
            expected = '"500.00 on 2026-03-31"'
            raise people.wrong(f'--instalment "{text[:60]}"', expected, "write an amount and a day") from None
    return sorted(found)


def _computed(app: "App", whom: "Whom", covered: "list[Invoice]", number: int | None, first: date | None) -> "Parts":
    """Equal parts on the terms of the client's policy."""
    from worker.commands import people
    from worker.core.context import Context
    from worker.core.model import instalments, sums
    from worker.core.policy import PlanOffer
    from worker.gate import local_moment

    settings, history, _ = people.judged(app, whom.at)
    chosen = settings.clients[whom.client.id]
    ctx = Context(whom.at.snapshot, settings, history, local_moment(app.clock.now(), settings.zone))
    count = number or (chosen.policy.plans or PlanOffer()).number
    return [(day, money.amount) for day, money in instalments(ctx, chosen, sums(covered), count, first)]


def _check(covered: "list[Invoice]", parts: "Parts", today: date) -> None:
    from worker.commands import people

    owed, total = sum((i.open for i in covered), Decimal(0)), sum((amount for _, amount in parts), Decimal(0))
    days = [day for day, _ in parts]
    if not parts:
        raise people.wrong(f"{owed} in so many parts leaves some of nothing", "fewer instalments", "use --number")
    if total != owed:
        numbers = ", ".join(i.number for i in covered)
        raise people.wrong(f"the instalments come to {total}", f"{owed}, which is open on {numbers}", "correct them")
    if min(days) < today or len(set(days)) < len(days):
        raise people.wrong(
            "an instalment in the past, or two on one day", f"days from {today} on, each once", "correct the days"
        )


def _agree(app: "App", whom: "Whom", covered: "list[Invoice]", parts: "Parts") -> None:
    from worker.commands.people import who
    from worker.config.restraints import plan_id_of
    from worker.core.events import Event, EventKind

    data = {
        "id": plan_id_of(whom.client.id, parts),
        "invoices": [i.id for i in covered],
        "currency": covered[0].currency,
        "parts": [[day.isoformat(), str(amount)] for day, amount in parts],
    }
    app.logbook.record(whom.at.name, Event(EventKind.PLAN, app.clock.now(), whom.client.id, who(), data))


def _tell(desk: Desk, whom: "Whom", covered: "list[Invoice]", parts: "Parts") -> None:
    from worker.core.context import amount_words

    name, currency = whom.client.name, covered[0].currency
    numbers = ", ".join(i.number for i in covered)
    listed = "; ".join(f"{amount_words(amount, currency)} on {day}" for day, amount in parts)
    texts = ", ".join(f'"{amount} on {day}"' for day, amount in parts)
    _said(
        desk,
        f"{name} pays {numbers} in {len(parts)} instalments: {listed}.",
        undo=f'duecourse plan "{name}" --over',
        config=f'plans: [{{client: "{name}", invoices: [{numbers}], instalments: [{texts}]}}]',
        at=whom.at.name,
    )


def _end(desk: Desk, app: "App", whom: "Whom") -> int:
    from worker.commands import people
    from worker.core.events import Event, EventKind

    settings, history, _ = people.judged(app, whom.at)
    name = whom.client.name
    recorded = [p for p in history.plans if p.client_id == whom.client.id]
    written = [p for p in settings.plans if p.client_id == whom.client.id]
    if not recorded and not written:
        raise people.wrong(f"{name} has no plan on record", todo=f'see duecourse explain "{name}"')
    now, who = app.clock.now(), people.who()
    for plan in recorded:
        app.logbook.record(whom.at.name, Event(EventKind.PLAN_OFF, now, whom.client.id, who, {"id": plan.id}))
    if recorded:
        last, known = recorded[-1], whom.at.snapshot.by_id
        numbers = [known[i].number for i in last.invoice_ids if i in known]
        again = "".join(f' --instalment "{amount} on {day}"' for day, amount in last.parts)
        undo = f'duecourse plan "{name}"{again}{_flags(numbers)}'
        _said(desk, f"The plan of {name} is over; asking goes on as before.", undo, "remove its entry under plans:")
    for plan in written:
        _warn(desk, f"A plan written at {plan.place} is still in force. Remove it there.")
    return 1 if written else 0
