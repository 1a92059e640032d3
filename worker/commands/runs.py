"""runs and forecast: what we believe of each client's payment cycle, and what should come in when."""

import click

from worker.commands.base import Desk, command


@command("runs", json=True)
@click.argument("organisation", required=False, default="", metavar="[ORG]")
@click.option("--score", is_flag=True, help="What waiting for runs spared so far, and what it cost.")
def runs_command(desk: Desk, organisation: str, score: bool) -> None:
    """Each payer's payment run, written or learnt: why we believe it, how sure, cut-offs and the next ones."""
    if score:
        _score(desk, organisation)
        return
    from worker.commands import people
    from worker.core.inference.learn import with_learnt
    from worker.report.runs import runs_data, show_runs

    found = []
    with desk.app() as app:
        for at in people.all_mirrored(app, organisation):
            learnt = app.learnt(at.config, at.snapshot, people.today(app, at))
            found.append((at.snapshot, with_learnt(learnt, learnt.settings.clients.keys()), learnt))
            app.keep(at.config, learnt)
    if desk.as_json:
        desk.print_json({"schema": 1, "organisations": [runs_data(*one) for one in found]})
    else:
        for one in found:
            show_runs(desk.out(), *one)


def _score(desk: Desk, organisation: str) -> None:
    from worker.commands import people
    from worker.report.runs import score_data, show_score

    found = []
    with desk.app() as app:
        for at in people.all_mirrored(app, organisation):
            found.append((at.config.name, app.waits(at.config, people.today(app, at))))
    if desk.as_json:
        desk.print_json({"schema": 1, "organisations": [score_data(*one) for one in found]})
    else:
        for one in found:
            show_score(desk.out(), *one)


@command("forecast", json=True)
@click.argument("organisation", required=False, default="", metavar="[ORG]")
@click.option("--weeks", type=click.IntRange(1, 52), default=8, show_default=True, help="How far ahead.")
@click.option("--csv", "as_csv", is_flag=True, help="Answer in CSV.")
def forecast_command(desk: Desk, organisation: str, weeks: int, as_csv: bool) -> None:
    """What should come in each week, by currency, with a range: from each client's own delays and payment cycle."""
    from worker.commands import people
    from worker.report.forecast import forecast_csv, forecast_data, forecast_of, show_forecast

    found = []
    with desk.app() as app:
        for at in people.all_mirrored(app, organisation):
            learnt = app.learnt(at.config, at.snapshot, people.today(app, at))
            promises = app.logbook.history(at.name, learnt.settings.zone).promises
            found.append(forecast_of(at.snapshot, learnt, weeks, promises))
            app.keep(at.config, learnt)
    if desk.as_json:
        desk.print_json({"schema": 1, "organisations": [forecast_data(one) for one in found]})
    elif as_csv:
        click.echo(forecast_csv(found), nl=False)
    else:
        for one in found:
            show_forecast(desk.out(), one)
