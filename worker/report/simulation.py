"""Simulated courses in the terminal and as JSON: who would hear what when, and what another policy would change."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from rich.console import Console

from worker.core.decisions import Bucket
from worker.core.receivable import Snapshot
from worker.core.simulation.compare import Change, Difference, Figures, difference, figures
from worker.core.simulation.drive import Course, Sent
from worker.report.headline import LABELS
from worker.report.terminal import FAINT, LOUD, OUT, TYPE, cell, counted, day, money, row, say, table

SHOWN = 12
"""Payers shown unless everything is asked for."""


@dataclass(frozen=True, slots=True)
class Played:
    """One organisation's course, and the one it is compared with."""

    organisation: str
    snapshot: Snapshot
    one: Course
    other: Course | None = None

    def name(self, client_id: str) -> str:
        """A client's name."""
        known = self.snapshot.clients.get(client_id)
        return known.name if known else client_id


def show_played(out: Console, played: Played, *, whole: bool) -> None:
    """Print one organisation's courses."""
    one = played.one
    span = f"{day(one.first)} to {day(one.last)}"
    say(out, f"{played.organisation}, {span}: simulated, nothing is sent", LOUD)
    _show_figures(out, [one] if played.other is None else [one, played.other])
    if played.other is not None:
        _show_difference(out, played, difference(one, played.other), whole=whole)
    if whole:
        _show_messages(out, played, played.other or one)
    elif played.other is None:
        _show_weeks(out, one)
        _show_payers(out, played, figures(one))


def _show_figures(out: Console, courses: Sequence[Course]) -> None:
    made = table(["", *(c.name for c in courses)], wrapped=[c.name for c in courses])
    for title, values in figure_lines(courses):
        row(made, [cell(f"  {title}", FAINT), *(cell(v) for v in values)])
    out.print(made)


def figure_lines(courses: Sequence[Course]) -> list[tuple[str, list[str]]]:
    """The figures of each course in words, line by line."""
    found = [figures(c) for c in courses]
    return [
        ("reminders", [f"{f.reminders}, to {counted(len(f.per_payer), 'payer')}" for f in found]),
        ("by step", [", ".join(f"{n} {s}" for s, n in f.steps.items()) or "none" for f in found]),
        ("per payer that hears", [f"{f.per_client:.1f} reminders" for f in found]),
        ("thanks", [str(f.thanks) for f in found]),
        ("tasks for people", [_counts(f.tasks) for f in found]),
        ("steps approved", [str(c.approvals) for c in courses]),
        ("asked for", [money(f.asked) for f in found]),
        ("paid", [f"{counted(f.paid, 'invoice')}, {money(f.received)}" for f in found]),
        ("days to pay", [_days(f) for f in found]),
        ("open at the end", [money(f.open) for f in found]),
        ("of it held back", [_held(c) for c in courses]),
        ("new invoices", [str(c.issued) for c in courses]),
    ]


def _counts(found: Mapping[str, int]) -> str:
    return ", ".join(f"{n} {what}" for what, n in found.items()) or "none"


def _held(course: Course) -> str:
    held = Counter(s.reason.code for s in course.plan.standings if s.bucket is Bucket.HELD) if course.plan else {}
    return _counts({LABELS.get(code, code): n for code, n in Counter(held).most_common()})


def _days(found: Figures) -> str:
    if found.median_days is None:
        return "nothing is paid"
    return f"{found.median_days:g} in the middle, {found.mean_days} on average"


def _show_weeks(out: Console, course: Course) -> None:
    say(out, "\nBy week", LOUD)
    made = table(["week from", "reminders", "thanks", "tasks"], wrapped=["reminders", "tasks"])
    start = course.first
    while start <= course.last:
        end = start + timedelta(days=7)
        sent = [s for s in course.sent if start <= s.on < end]
        steps = Counter(s.step for s in sent if s.asks)
        tasks = Counter(t.kind for t in course.tasks if start <= t.on < end)
        thanks = sum(not s.asks for s in sent)
        row(made, [day(start), _counts(dict(steps.most_common())), str(thanks), _counts(dict(tasks.most_common()))])
        start = end
    out.print(made)


def _show_payers(out: Console, played: Played, found: Figures) -> None:
    say(out, "\nWho hears most", LOUD)
    made = table(["client", "reminders", "which, and when"], right=["reminders"], wrapped=["which, and when"])
    for payer_id, count in sorted(found.per_payer.items(), key=lambda p: (-p[1], p[0]))[:SHOWN]:
        said = ", ".join(f"{s.step} {s.on:%-d %b}" for s in played.one.sent if s.asks and s.payer_id == payer_id)
        row(made, [cell(played.name(payer_id)), str(count), cell(said)])
    out.print(made)


def _show_messages(out: Console, played: Played, course: Course) -> None:
    say(out, f"\nEvery message under {course.name}", LOUD)
    made = table(["day", "what", "to", "money", "why"], right=["money"], wrapped=["why"])
    for sent in course.sent:
        what = sent.step or "thanks"
        row(made, [day(sent.on), what, cell(played.name(sent.payer_id)), money(dict(sent.money)), cell(sent.why)])
    out.print(made)


def _show_difference(out: Console, played: Played, found: Difference, *, whole: bool) -> None:
    names = f"{played.other.name} instead of {played.one.name}" if played.other else ""
    say(out, f"\nWith {names}: {difference_words(found)}", LOUD)
    if not found.changes:
        return
    made = table(["client", "reminders", "changes"], wrapped=["changes"])
    for change in found.changes if whole else found.changes[:SHOWN]:
        row(made, [cell(played.name(change.payer_id)), f"{change.before} -> {change.after}", cell(_change(change))])
    out.print(made)
    if not whole and len(found.changes) > SHOWN:
        say(out, f"... and {counted(len(found.changes) - SHOWN, 'more client')}: --all shows them.", FAINT)


def difference_words(found: Difference) -> str:
    """What differs, in one sentence."""
    if not found.changes:
        return "nothing changes."
    parts = [(found.more, "more"), (found.fewer, "fewer"), (found.moved, "on another day")]
    said = ", ".join(f"{n} {'reminders ' if n != 1 else 'reminder '}{w}" for n, w in parts if n)
    return f"{said}, for {counted(len(found.changes), 'client')}."


def _change(change: Change) -> str:
    parts = [f"+ {s} {d:%-d %b}" for s, d in change.more] + [f"- {s} {d:%-d %b}" for s, d in change.fewer]
    parts += [f"{s} {a:%-d %b} -> {b:%-d %b}" for s, a, b in change.moved]
    return ", ".join(parts)


def show_all(out: Console, found: Sequence[Played], again: str) -> None:
    """Print what all organisations come to together, where there are several, and what to do next."""
    compared = [difference(p.one, p.other) for p in found if p.other]
    if len(found) > 1:
        reminders = sum(figures(p.one).reminders for p in found)
        say(out, f"\nIn all, {counted(len(found), 'organisation')}: {counted(reminders, 'reminder')}.", LOUD)
        if compared:
            together = Difference(tuple(c for d in compared for c in d.changes))
            say(out, f"In all, what changes: {difference_words(together)}", OUT)
    if not compared:
        say(out, f"\nNext: duecourse simulate --against gentle{again}: what another policy would change", TYPE)


def simulation_data(found: Sequence[Played]) -> dict[str, Any]:
    """The same as JSON values; amounts as exact decimal text."""
    compared = [difference(p.one, p.other) for p in found if p.other]
    data: dict[str, Any] = {"schema": 1, "organisations": [_played(p) for p in found]}
    if compared:
        data["changes"] = _totals(compared)
    return data


def _totals(compared: Sequence[Difference]) -> dict[str, int]:
    return {
        "more": sum(d.more for d in compared),
        "fewer": sum(d.fewer for d in compared),
        "moved": sum(d.moved for d in compared),
        "clients": sum(len(d.changes) for d in compared),
    }


def _played(played: Played) -> dict[str, Any]:
    one = played.one
    data: dict[str, Any] = {
        "organisation": played.organisation,
        "from": one.first.isoformat(),
        "to": one.last.isoformat(),
        "courses": [_course(played, c) for c in (one, played.other) if c],
    }
    if played.other:
        found = difference(one, played.other)
        data["changes"] = _totals([found]) | {"by_client": [_change_data(played, c) for c in found.changes]}
    return data


def _course(played: Played, course: Course) -> dict[str, Any]:
    found = figures(course)
    return {
        "policy": course.name,
        "reminders": found.reminders,
        "thanks": found.thanks,
        "steps": dict(found.steps),
        "per_client": dict(found.per_payer),
        "tasks": dict(found.tasks),
        "approvals": course.approvals,
        "asked": {c: f"{v:f}" for c, v in sorted(found.asked.items())},
        "paid": found.paid,
        "received": {c: f"{v:f}" for c, v in sorted(found.received.items())},
        "open": {c: f"{v:f}" for c, v in sorted(found.open.items())},
        "median_days_to_pay": found.median_days,
        "mean_days_to_pay": found.mean_days,
        "new_invoices": course.issued,
        "held": [
            {"invoice": s.invoice_id, "code": s.reason.code, "sentence": s.reason.sentence}
            for s in (course.plan.standings if course.plan else ())
            if s.bucket is Bucket.HELD
        ],
        "messages": [_message(played, s) for s in course.sent],
    }


def _message(played: Played, sent: Sent) -> dict[str, Any]:
    return {
        "on": sent.on.isoformat(),
        "kind": sent.kind,
        "step": sent.step,
        "payer": sent.payer_id,
        "name": played.name(sent.payer_id),
        "ids": list(sent.ids),
        "money": {c: f"{v:f}" for c, v in sent.money},
        "why": sent.why,
    }


def _change_data(played: Played, change: Change) -> dict[str, Any]:
    return {
        "payer": change.payer_id,
        "name": played.name(change.payer_id),
        "before": change.before,
        "after": change.after,
        "more": [{"step": s, "on": d.isoformat()} for s, d in change.more],
        "fewer": [{"step": s, "on": d.isoformat()} for s, d in change.fewer],
        "moved": [{"step": s, "from": a.isoformat(), "to": b.isoformat()} for s, a, b in change.moved],
    }
