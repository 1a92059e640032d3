"""Payment runs, written down or learnt from payments, with why we believe them and the days that matter next."""

from collections import defaultdict
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

from rich.console import Console
from rich.table import Table

from worker.core.inference.learn import Learnt, is_learnt
from worker.core.inference.spared import Spared
from worker.core.issue_by import issue_by, usual_terms
from worker.core.payment_run import RunSchedule
from worker.core.receivable import Invoice, Snapshot
from worker.core.settings import ClientSettings, OrganisationSettings
from worker.report.terminal import FAINT, KEPT, LOUD, cell, counted, row, say, table

AHEAD = 3
LAST = 6
"""Past runs looked at for payments."""
STRIP_WEEKS = 5
SHOWN_UNKNOWN = 10
LEGEND = (
    "R a run, c the cut-off before one, a character a weekday; x a past run with a payment, - one without. "
    "Issued by that day on the usual terms, an invoice makes the next run it still can."
)


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


def past_runs(schedule: RunSchedule, learnt: Learnt, payer_id: str, count: int = LAST) -> list[tuple[date, bool]]:
    """The last few runs, oldest first, and whether a payment came on each."""
    dates = learnt.evidence(payer_id).dates
    if not dates:
        return []
    return [(r, r in dates) for r in schedule.runs(dates[0], learnt.day - timedelta(days=1))[-count:]]


def kept(schedule: RunSchedule, learnt: Learnt, payer_id: str) -> str:
    """The last few runs, oldest first, a character each: x a payment came on it, - none did."""
    return "".join("x" if paid else "-" for _, paid in past_runs(schedule, learnt, payer_id))


def show_runs(out: Console, snapshot: Snapshot, settings: OrganisationSettings, learnt: Learnt) -> None:
    """Print an organisation's runs: those people wrote, those learnt, and how many payers have none."""
    found = scheduled(snapshot, settings)
    written = [f for f in found if not is_learnt(f[1])]
    believed = [f for f in found if is_learnt(f[1])]
    owing = {snapshot.survivor(i.client_id) for i in snapshot.invoices if i.is_open}
    unknown = sorted(owing - {c.client_id for _, c, _ in found})
    title = f"{settings.name}: {counted(len(written), 'written payment run')}, {len(believed)} learnt"
    say(out, title, LOUD)
    if found:
        out.print(_table(written + believed, learnt, snapshot))
        say(out, LEGEND, FAINT)
    for name, chosen, _ in written:
        if against := learnt.contradiction(chosen):
            say(out, f"{name}: {against}", KEPT)
    none = counted(len(unknown), "client that owes money has", "clients that owe money have")
    say(out, f"{none} no known run: steps go by the due date.")
    for client_id in unknown[:SHOWN_UNKNOWN]:
        if client_id in settings.clients and client_id in snapshot.clients:
            say(out, f"  {snapshot.clients[client_id].name}: {_doubt(settings.clients[client_id], learnt)}", FAINT)
    say(out, f"Write what you know: duecourse clients {settings.name}, then the column pays.")


def _doubt(chosen: ClientSettings, learnt: Learnt) -> str:
    cycle = learnt.cycle(chosen.payer_id)
    if cycle.rule is None:
        return cycle.why
    least = chosen.policy.confidence
    return f"perhaps {cycle.rule.describe()} ({cycle.why}), but {cycle.confidence:.0%} is less than {least:.0%}"


def _table(found: list[tuple[str, ClientSettings, RunSchedule]], learnt: Learnt, snapshot: Snapshot) -> Table:
    today = learnt.day
    weeks = f"weeks from {today - timedelta(days=today.weekday()):%-d %b}"
    invoices = _by_client(snapshot)
    columns = ["client", "pays", "cut-off, then run", "issue by", weeks, "past", "says"]
    made = table(columns, wrapped=["client", "pays", "says"])
    for name, chosen, schedule in found:
        dates = ", ".join(_with_cut_off(schedule, r) for r in next_runs(schedule, today)[:2])
        if is_learnt(chosen):
            cycle = learnt.cycle(chosen.payer_id)
            says = f"learnt, {cycle.confidence:.0%}: {cycle.why}"
        else:
            says = chosen.places.get("pays", "")
        # How a learnt run rolls is a guess, and a cut-off stands in the next column.
        shown_as = replace(schedule, cut_off=None, rule=replace(schedule.rule, roll=None))
        pays = (shown_as if is_learnt(chosen) else replace(schedule, cut_off=None)).describe().removeprefix("pays ")
        past = kept(schedule, learnt, chosen.payer_id)
        to_issue = _issue_by(schedule, invoices.get(chosen.client_id, []), today)
        issue = f"{to_issue[0]:%-d %b}" if to_issue else ""
        shown = [cell(name), cell(pays), cell(dates or "none"), cell(issue), cell(strip(schedule, today)), cell(past)]
        row(made, [*shown, cell(says, FAINT)])
    return made


def _by_client(snapshot: Snapshot) -> dict[str, list[Invoice]]:
    found: dict[str, list[Invoice]] = defaultdict(list)
    for invoice in snapshot.invoices:
        found[snapshot.survivor(invoice.client_id)].append(invoice)
    return found


def _issue_by(schedule: RunSchedule, invoices: list[Invoice], today: date) -> tuple[date, date] | None:
    """By when an invoice on the client's usual terms makes the next run it still can, and that run."""
    terms = usual_terms(invoices)
    return None if terms is None else issue_by(schedule, terms, today)


def _with_cut_off(schedule: RunSchedule, run: date) -> str:
    cut_off = schedule.cut_off_of(run)
    return f"{cut_off:%-d %b} > {run:%-d %b}" if cut_off != run else f"{run:%-d %b}"


def runs_data(snapshot: Snapshot, settings: OrganisationSettings, learnt: Learnt) -> dict[str, Any]:
    """The same as JSON values. `clients` have a run, written or learnt; `unknown` owe money and have none we use."""
    found = scheduled(snapshot, settings)
    owing = {snapshot.survivor(i.client_id) for i in snapshot.invoices if i.is_open}
    unknown = sorted((owing - {c.client_id for _, c, _ in found}) & settings.clients.keys())
    invoices = _by_client(snapshot)
    return {
        "organisation": settings.name,
        "as_of": learnt.day.isoformat(),
        "clients": [
            {
                "id": chosen.client_id,
                "name": name,
                "pays": schedule.describe(),
                "stated": chosen.run_stated,
                "place": chosen.places.get("pays", ""),
                "contradiction": learnt.contradiction(chosen),
                "runs": [
                    {"run": r.isoformat(), "cut_off": schedule.cut_off_of(r).isoformat()}
                    for r in next_runs(schedule, learnt.day)
                ],
                "issue_by": _issue_by_data(schedule, invoices.get(chosen.client_id, []), learnt.day),
                "past": [{"run": r.isoformat(), "paid": p} for r, p in past_runs(schedule, learnt, chosen.payer_id)],
                **_believed(chosen, learnt),
            }
            for name, chosen, schedule in found
        ],
        "unknown": [{"id": c, **_believed(settings.clients[c], learnt)} for c in unknown],
    }


def _issue_by_data(schedule: RunSchedule, invoices: list[Invoice], today: date) -> dict[str, str] | None:
    found = _issue_by(schedule, invoices, today)
    return {"issue": found[0].isoformat(), "run": found[1].isoformat()} if found else None


def _believed(chosen: ClientSettings, learnt: Learnt) -> dict[str, Any]:
    cycle = learnt.cycle(chosen.payer_id)
    return {
        "source": "learnt" if is_learnt(chosen) else "written" if chosen.schedule else "unknown",
        "learnt": cycle.rule.words() if cycle.rule else None,
        "confidence": round(cycle.confidence, 3) if cycle.rule else None,
        "evidence": cycle.why,
        "payments": len(cycle.dates),
    }


def show_score(out: Console, organisation: str, score: Spared) -> None:
    """Print what waiting for runs has brought so far, against reminders sent on their ordinary day."""
    if not score.waits:
        say(out, f"{organisation}: no reminder has waited for a payment run yet.")
        return
    say(out, f"{organisation}: {counted(score.waits, 'reminder')} waited for a payment run.", LOUD)
    say(out, f"{score.spared} spared: the money came after the ordinary day, before the reminder would have gone.")
    say(out, f"{score.later} went later instead, by {score.days_later:.1f} days on average.")
    if score.pending:
        say(out, f"{score.pending} still waiting.", FAINT)


def score_data(organisation: str, score: Spared) -> dict[str, Any]:
    """The same as JSON values."""
    return {
        "organisation": organisation,
        "waits": score.waits,
        "spared": score.spared,
        "later": score.later,
        "days_later": round(score.days_later, 2),
        "pending": score.pending,
    }
