"""Payment runs as people wrote them down, with the days that matter next."""

from datetime import date, timedelta
from typing import Any

from rich.console import Console

from worker.core.payment_run import RunSchedule
from worker.core.receivable import Snapshot
from worker.core.settings import ClientSettings, OrganisationSettings
from worker.report.terminal import FAINT, LOUD, cell, counted, row, say, table

AHEAD = 3
STRIP_WEEKS = 5


def scheduled(snapshot: Snapshot, settings: OrganisationSettings) -> list[tuple[str, ClientSettings, RunSchedule]]:
    """Every client with a written run, by name."""
    found = [
        (snapshot.clients[c.client_id].name, c, c.schedule)
        for c in settings.clients.values()
        if c.schedule and c.client_id in snapshot.clients
    ]
    return sorted(found, key=lambda f: (f[0].casefold(), f[1].client_id))


def next_runs(schedule: RunSchedule, today: date, count: int = AHEAD) -> list[date]:
    """The next few runs on or after a day."""
    found: list[date] = []
    following = schedule.next_run(today)
    while following is not None and len(found) < count:
        found.append(following)
        following = schedule.next_run(following + timedelta(days=1))
    return found


def strip(schedule: RunSchedule, today: date, weeks: int = STRIP_WEEKS) -> str:
    """The next weeks, a character a weekday from this Monday on: R a run, c a cut-off, | between weeks."""
    monday = today - timedelta(days=today.weekday())
    end = monday + timedelta(weeks=weeks)
    runs = schedule.runs(monday, end + timedelta(days=60))
    cut_offs = {schedule.cut_off_of(r) for r in runs}
    shown: list[str] = []
    for week in range(weeks):
        days = [monday + timedelta(weeks=week, days=n) for n in range(5)]
        shown.append("".join("R" if d in runs else "c" if d in cut_offs else "." for d in days))
    return "|".join(shown)


def show_runs(out: Console, snapshot: Snapshot, settings: OrganisationSettings, today: date) -> None:
    """Print an organisation's runs."""
    found = scheduled(snapshot, settings)
    owing = {i.client_id for i in snapshot.invoices if i.is_open}
    unknown = len(owing - {c.client_id for _, c, _ in found})
    say(out, f"{settings.name}: {counted(len(found), 'written payment run')}", LOUD)
    monday = today - timedelta(days=today.weekday())
    if found:
        weeks = f"weeks from {monday:%-d %b}"
        made = table(["client", "pays", "cut-off, then run", weeks, "says"], wrapped=["client", "pays"])
        for name, chosen, schedule in found:
            following = next_runs(schedule, today)
            dates = ", ".join(f"{schedule.cut_off_of(r):%-d %b} > {r:%-d %b}" for r in following[:2])
            place = chosen.places.get("pays", "")
            pays = schedule.rule.describe()
            row(made, [cell(name), cell(pays), cell(dates or "none"), cell(strip(schedule, today)), cell(place, FAINT)])
        out.print(made)
        say(
            out,
            "R a run, c the cut-off before one, a character a weekday; holidays are already moved or skipped.",
            FAINT,
        )
    say(
        out,
        f"{counted(unknown, 'more client owes', 'more clients owe')} money; no run is known, so the due date counts.",
    )
    say(out, f"Write what you know: duecourse clients {settings.name}, then the column pays.")


def runs_data(snapshot: Snapshot, settings: OrganisationSettings, today: date) -> dict[str, Any]:
    """The same as JSON values."""
    return {
        "organisation": settings.name,
        "as_of": today.isoformat(),
        "clients": [
            {
                "id": chosen.client_id,
                "name": name,
                "pays": schedule.describe(),
                "stated": chosen.run_stated,
                "place": chosen.places.get("pays", ""),
                "runs": [
                    {"run": r.isoformat(), "cut_off": schedule.cut_off_of(r).isoformat()}
                    for r in next_runs(schedule, today)
                ],
            }
            for name, chosen, schedule in scheduled(snapshot, settings)
        ],
    }
