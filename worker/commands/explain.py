"""explain: why, why not, and what comes next, for one client or invoice."""

from dataclasses import replace
from typing import TYPE_CHECKING

import click

from worker.commands.base import Desk, command

if TYPE_CHECKING:
    from worker.core.settings import ClientSettings
    from worker.wording.render import Templates


@command("explain", json=True)
@click.argument("name", metavar="CLIENT|INVOICE")
@click.option("--org", default="", help="The organisation, when several have such a client or invoice.")
def explain_command(desk: Desk, name: str, org: str) -> None:
    """Why a client hears from us or not, what comes next, and which line of which file says so."""
    from worker.commands import people
    from worker.core.simulation.ahead import if_unpaid
    from worker.core.whatif import Question, what_if
    from worker.report.explain import Case, case_data, show_case

    with desk.app() as app:
        invoices = people.find_invoice(people.all_mirrored(app, org), name)
        if len(invoices) > 1:
            names = ", ".join(f"{i.id} ({at.name})" for at, i in invoices)
            raise people.wrong(f'{len(invoices)} invoices are called "{name}"', names, "type the id, or add --org")
        if invoices:
            at, invoice = invoices[0]
            client = at.snapshot.clients.get(at.snapshot.survivor(invoice.client_id))
        else:
            whom = people.find_client(app, name, org)
            at, invoice, client = whom.at, None, whom.client
        settings, history, plan = people.judged(app, at)
        chosen = settings.clients.get(client.id) if client else None
        worded = _worded(app.wording(settings), chosen) if chosen else ""
    case = Case(at.name, at.snapshot, settings, history, plan, client, invoice, worded)
    if case.payer_id:
        question = Question(at.snapshot, settings, history, plan.as_of, case.payer_id, invoice.id if invoice else "")
        together = {id_ for id_, c in settings.clients.items() if c.payer_id == case.payer_id}
        ahead = if_unpaid(at.snapshot, settings, history, together, plan.as_of.day)
        case = replace(case, ahead=ahead, what_if=what_if(question))
    if desk.as_json:
        desk.print_json(case_data(case))
    else:
        show_case(desk.out(), case, desk.again)


def _worded(wording: "Templates", chosen: "ClientSettings") -> str:
    """Which messages of the client's policy are not written in its language, and in which they are instead."""
    names = dict.fromkeys(
        word for step in chosen.policy.steps for word in (step.message, step.message_if_run_stated) if word
    )
    found = {name: code for name, code in wording.worded_in(chosen.language, names).items() if code != chosen.language}
    if found and len(set(found.values())) == 1 and len(found) == len(names):
        return f"worded in {next(iter(found.values()))}"
    return "; ".join(f"{name} in {code or 'no language'}" for name, code in found.items())
