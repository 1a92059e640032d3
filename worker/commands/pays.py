"""pays: putting on record when a client pays, as it said itself."""

from typing import Any

import click

from worker.commands.base import Desk, command


@command("pays")
@click.argument("client")
@click.argument("run", required=False, default="", metavar="[RUN]")
@click.option("--cut-off", default="", help='By when an invoice must be in, such as "3 business days".')
@click.option("--unstated", is_flag=True, help="Messages may not mention it: nobody at the client said so.")
@click.option("--over", is_flag=True, help="Take back what was recorded.")
@click.option("--org", default="", help="The organisation, when several have such a client.")
def pays_command(desk: Desk, client: str, run: str, cut_off: str, unstated: bool, over: bool, org: str) -> None:
    """Record on which days a client pays (duecourse pays CLIENT "last friday"), from its own answer: it outranks
    whatever its payments suggest."""
    from worker.commands import people
    from worker.core.events import Event, EventKind

    if bool(run.strip()) == over or (over and cut_off):
        raise people.wrong("pays needs the run, or --over to take it back", '"last friday"', "give one of them")
    data = {} if over else _data(run, cut_off, unstated)
    with desk.app() as app:
        whom = people.find_client(app, client, org)
        chosen = app.learnt(whom.at.config, whom.at.snapshot, people.today(app, whom.at)).settings.clients
        place = chosen[whom.client.id].places.get("pays", "") if whom.client.id in chosen else ""
        recorded = place.startswith("recorded ")
        if place and not recorded:
            raise people.wrong(f"the payment run of {whom.client.name} is written at {place}", todo="change it there")
        if over and not recorded:
            raise people.wrong(f"no payment run of {whom.client.name} was recorded", todo="see duecourse runs")
        event = Event(EventKind.PAYS, app.clock.now(), whom.client.id, people.who(), data)
        app.logbook.record(whom.at.name, event)
    _say(desk, whom.client.name, whom.at.name, data)


def _data(run: str, cut_off: str, unstated: bool) -> dict[str, Any]:
    from worker.commands.people import wrong
    from worker.core.payment_run import parse_cut_off, parse_pays
    from worker.core.phrases import GrammarProblem

    try:
        data: dict[str, Any] = {"pays": parse_pays(run).words(), "stated": not unstated}
        if cut_off:
            data["cut_off"] = parse_cut_off(cut_off).words()
    except GrammarProblem as problem:
        near = f'did you mean "{problem.nearest}"?' if problem.nearest else ""
        raise wrong(f'"{problem.found}" is not {problem.what}', "; ".join(problem.expected), near) from None
    return data


def _say(desk: Desk, name: str, organisation: str, data: dict[str, Any]) -> None:
    from worker.report.terminal import FAINT, OUT, TYPE, say

    out = desk.out()
    if not data:
        say(out, f"{name}: no payment run is on record any more; what its payments suggest counts again.", OUT)
        return
    cut_off = f", cut-off: {data['cut_off']}" if "cut_off" in data else ""
    said = "" if data["stated"] else ", pays stated: no"
    say(out, f"On record: {name} pays {data['pays']}. Steps are timed by it from now on.", OUT)
    say(out, f'  to undo:       duecourse pays "{name}" --over', TYPE)
    line = f'clients: [{{client: "{name}", pays: "{data["pays"]}"{cut_off}{said}}}]'
    say(out, f"  in the config, under {organisation}: {line}", FAINT)
