"""simulate: what a policy would do in the weeks to come, and how two of them differ."""

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import click

from worker.commands.base import Desk, command

if TYPE_CHECKING:
    from worker.app import App
    from worker.commands.people import Mirrored
    from worker.core.policy import Policy
    from worker.core.simulation.drive import Course


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to be simulated."""

    days: int
    everyone: bool
    new: bool
    answer_days: int | None
    helpful: bool


@command("simulate", json=True)
@click.argument("organisation", required=False, default="", metavar="[ORG]")
@click.option("--days", type=click.IntRange(1, 730), default=90, show_default=True, help="How many days to play.")
@click.option("--policy", default="", metavar="NAME|FILE", help="With this policy instead of the one in the config.")
@click.option("--against", default="", metavar="NAME|FILE", help="And then with this one: show what would change.")
@click.option("--everyone", is_flag=True, help="Also for clients whose policy is written for themselves.")
@click.option("--no-new", is_flag=True, help="Only invoices already in the books; otherwise billing goes on as before.")
@click.option(
    "--answer",
    "answer_days",
    type=click.IntRange(0, 90),
    metavar="DAYS",
    help="Assume that who is asked pays in its next run, or this many days later.",
)
@click.option(
    "--alone", is_flag=True, help="Nobody approves a step or makes a call; otherwise people do, the same day."
)
@click.option("--all", "whole", is_flag=True, help="List every message.")
def simulate_command(
    desk: Desk,
    organisation: str,
    days: int,
    policy: str,
    against: str,
    everyone: bool,
    no_new: bool,
    answer_days: int | None,
    alone: bool,
    whole: bool,
) -> None:
    """Play the coming days in memory: who would hear what when. Nothing is read, written or sent.

    Payers pay as their cycle says (written, learnt, else with their own past delays), the same in every run. Being
    asked changes nothing for them, as nobody knows what it would change, unless --answer says otherwise.
    """
    from worker.commands import people
    from worker.config.chosen import policy_called
    from worker.memory import rare_collections
    from worker.report.simulation import Played, show_all, show_played, simulation_data

    wanted = Wanted(days, everyone, not no_new, answer_days, not alone)
    found = []
    with desk.app() as app:
        first = policy_called(policy, app.practice) if policy else None
        second = policy_called(against, app.practice) if against else None
        for at in people.all_mirrored(app, organisation):
            with rare_collections():
                one = course(app, at, first, wanted)
                other = course(app, at, second, wanted) if second else None
            found.append(Played(at.name, at.snapshot, one, other))
    if desk.as_json:
        desk.print_json(simulation_data(found))
        return
    for played in found:
        show_played(desk.out(), played, whole=whole)
    show_all(desk.out(), found, desk.again)


def course(app: "App", at: "Mirrored", policy: "Policy | None", wanted: Wanted) -> "Course":
    """What would happen in an organisation from today on; `policy` None: as the config says. Raises ConfigError."""
    from worker.commands import people
    from worker.config.chosen import default_policy
    from worker.core.inference.learn import with_learnt
    from worker.core.simulation.drive import Scene, play
    from worker.core.simulation.invoicing import PERIOD, repeated
    from worker.core.simulation.payers import Habits

    today = people.today(app, at)
    learnt = app.learnt(at.config, at.snapshot, today)
    usual = default_policy(at.config).name
    if policy:
        settings = learnt.settings
        clients = {
            id_: replace(chosen, policy=policy) if wanted.everyone or chosen.policy.name == usual else chosen
            for id_, chosen in settings.clients.items()
        }
        learnt = replace(learnt, settings=replace(settings, clients=clients))
    settings = with_learnt(learnt, learnt.settings.clients.keys())
    history = app.logbook.history(at.name, settings.zone)
    habits = Habits(
        settings,
        learnt,
        (*settings.disputes, *history.disputes),
        (*settings.promises, *history.promises),
        wanted.answer_days,
    )
    scene = Scene(at.snapshot, settings, history, habits, today, wanted.days, helpful=wanted.helpful)
    if wanted.new:
        scene = replace(scene, new=repeated(app.logbook.issued(at.name, today - PERIOD), today, scene.last))
    name = policy.name if policy else usual

    def progress(done: int, total: int) -> None:
        app.progress.step(f"{at.name}: {name}", done, total)

    return play(name, scene, progress)
