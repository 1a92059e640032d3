"""history: everything on record about one client."""

import click

from worker.commands.base import Desk, command


@command("history", json=True)
@click.argument("client")
@click.option("--org", default="", help="The organisation, when several have such a client.")
def history_command(desk: Desk, client: str, org: str) -> None:
    """Every message, task, promise, dispute and contact on record for a client, oldest first."""
    from worker.commands import people
    from worker.report.history import entries, history_data, show_history

    with desk.app() as app:
        whom = people.find_client(app, client, org)
        settings = app.resolve(whom.at.config, whom.at.snapshot, people.today(app, whom.at))
        chosen = settings.clients.get(whom.client.id)
        payer = chosen.payer_id if chosen else whom.client.id
        found = entries(
            whom.at.snapshot,
            whom.client.id,
            payer,
            app.logbook.messages(whom.at.name),
            app.logbook.events(whom.at.name),
        )
    if desk.as_json:
        desk.print_json(history_data(whom.at.name, whom.client, payer, found))
    else:
        show_history(desk.out(), whom.at.name, whom.client, found, settings.zone, desk.again)
