"""Every preset over the sandbox, played forward under the eyes of `Watch`: the figures of docs/bookkeeper/presets.md.

python tests/simulation/years.py            # the table there
"""

import sys
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory

if __name__ == "__main__":  # run as a file, from anywhere
    sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tests.simulation.watch import Watch, once
from worker.app import App
from worker.clock import SystemClock
from worker.commands import people
from worker.commands.configuration import practice_at
from worker.config.policies import preset_names
from worker.core.inference.learn import with_learnt
from worker.core.settings import Mode, OrganisationSettings
from worker.core.simulation.compare import Figures, figures
from worker.core.simulation.drive import Scene, play
from worker.core.simulation.invoicing import PERIOD, repeated
from worker.core.simulation.payers import Habits

ROOT = Path(__file__).resolve().parents[2]
PRESETS = [n for n in preset_names() if n != "base"]
LANGUAGES = ("en", "fr", "de", "es", "nl")
ANSWER = 7
"""Days after which whoever is asked pays, where no run of theirs is known: an assumption."""
YEAR = 365
HEAD = (
    "| preset | reminders | clients that hear | reminders per client that hears | days to pay, median | mean | tasks |",
    "|---|---|---|---|---|---|---|",
)


def played(config: Path, now: datetime, days: int, languages: Iterable[str]) -> tuple[Watch, Figures]:
    """The course of the only organisation of a config, whose books were read before."""
    with App(practice_at(config), SystemClock(now)) as app:
        (at,) = people.all_mirrored(app)
        today = people.today(app, at)
        learnt = app.learnt(at.config, at.snapshot, today)
        settings = with_learnt(learnt, learnt.settings.clients.keys())
        history = app.logbook.history(at.name, settings.zone)
        habits = Habits(settings, learnt, settings.disputes, settings.promises, ANSWER)
        scene = Scene(at.snapshot, settings, history, habits, today, days)
        scene = replace(scene, new=repeated(app.logbook.issued(at.name, today - PERIOD), today, scene.last))
        quiet = replace(settings, mode=Mode.PREVIEW, reconciled=None)  # as the simulation plays it
        watch = Watch(quiet, {code: spoken(quiet, code) for code in languages})
        course = play(config.stem, scene, look=watch)
        once(course.history)
        return watch, figures(course)


def spoken(settings: OrganisationSettings, language: str) -> OrganisationSettings:
    """The same settings, with every client of this language."""
    clients = {id_: replace(chosen, language=language) for id_, chosen in settings.clients.items()}
    return replace(settings, clients=clients)


def demo_config(folder: Path, preset: str) -> Path:
    """The demo's config under another policy, its books read once."""
    from click.testing import CliRunner

    from worker.cli import main

    text = (ROOT / "scripts" / "demo_config" / "config.yaml").read_text(encoding="utf-8")
    text = text.replace("mode: live ", "mode: preview ").replace("approvals: [BASELINE]", "approvals: []")
    text = text.replace("policy: considerate", f"policy: {preset}")
    text = text.replace("    backlog: chase ", "    what happens next: We will decide.\n    backlog: chase ")
    config = folder / "config.yaml"
    config.write_text(text, encoding="utf-8")
    done = CliRunner().invoke(main, ["run", "--config", str(config), "--now", MOMENT.isoformat()])
    assert done.exit_code in {0, 1}, done.output
    return config


MOMENT = datetime.fromisoformat("2026-03-10T10:00+00:00")


def row(preset: str, found: Figures) -> str:
    """One line of the table."""
    heard, tasks = len(found.per_payer), sum(found.tasks.values())
    shown = (found.reminders, heard, f"{found.per_client:.1f}", f"{found.median_days:.0f}", found.mean_days, tasks)
    return f"| {preset} | " + " | ".join(str(cell) for cell in shown) + " |"


def main() -> None:
    """Print the table."""
    print("\n".join(HEAD))
    for preset in PRESETS:
        with TemporaryDirectory() as folder:
            _, found = played(demo_config(Path(folder), preset), MOMENT, YEAR, ())
        print(row(preset, found), flush=True)


if __name__ == "__main__":
    main()
