"""runs: what we believe of each client's payment cycle."""

import click

from worker.commands.base import Desk, command


@command("runs", json=True)
@click.argument("organisation", required=False, default="", metavar="[ORG]")
def runs_command(desk: Desk, organisation: str) -> None:
    """Each payment run somebody wrote down: cut-offs, the next runs, and where it is written."""
    from worker.commands import people
    from worker.report.runs import runs_data, show_runs

    found = []
    with desk.app() as app:
        for at in people.all_mirrored(app, organisation):
            today = people.today(app, at)
            found.append((at.snapshot, app.resolve(at.config, at.snapshot, today), today))
    if desk.as_json:
        desk.print_json({"schema": 1, "organisations": [runs_data(*one) for one in found]})
    else:
        for one in found:
            show_runs(desk.out(), *one)
