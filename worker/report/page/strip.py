"""A client's calendar, four weeks back and nine ahead: what happened and what will, as marks on lanes and in words."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TypeVar

from worker.core.decisions import Standing
from worker.core.history import UNHEARD
from worker.core.inference.learn import is_learnt
from worker.core.policy import QuietPeriod
from worker.core.settings import ClientSettings, Dispute, Hold, Promise
from worker.report.page.source import Source
from worker.report.runs import past_runs
from worker.report.terminal import counted, day

_Told = TypeVar("_Told", Hold, Dispute, Promise)

BACK, WEEKS = 4, 13
DAY = 8.0
LEFT = 92.0
LANES = ("payment runs", "invoices due", "messages", "holds, promises")
TOP, LANE = 30.0, 34.0


@dataclass(frozen=True, slots=True)
class Mark:
    """Something on one day: `kind` says how it is drawn, `label` what it is; `count` of them that day."""

    on: date
    lane: int
    kind: str
    label: str
    x: float = 0
    y: float = 0
    count: int = 1


@dataclass(frozen=True, slots=True)
class Band:
    """Something that lasts: from x on, so wide."""

    kind: str
    label: str
    x: float
    y: float
    width: float
    start: date


@dataclass(frozen=True, slots=True)
class Strip:
    """Everything that is drawn. `weeks` are (x, label of its Monday), `words` the same things in order of days."""

    width: float
    height: float
    today: float
    weeks: tuple[tuple[float, str], ...]
    lanes: tuple[tuple[float, str], ...]
    marks: tuple[Mark, ...]
    bands: tuple[Band, ...]
    words: tuple[tuple[date, str], ...]


def strip_of(source: Source, client_id: str, standings: Iterable[Standing]) -> Strip:
    """The calendar of one client and, for messages, its payer."""
    today = source.plan.as_of.day
    start = today - timedelta(days=today.weekday() + 7 * BACK)
    end = start + timedelta(days=7 * WEEKS - 1)
    chosen, standings = source.chosen(client_id), list(standings)
    marks = [
        *_runs(source, chosen, start, end),
        *_dues(source, standings),
        *_sent(source, client_id),
        *_planned(source, standings, today),
        *_promised(source, client_id),
    ]
    bands = [b for b in _bands(source, client_id, start, end) if b.width > 0]
    placed = tuple(_placed(m, start) for m in _together(marks) if start <= m.on <= end)
    words = sorted([*((m.on, m.label) for m in placed), *((b.start, b.label) for b in bands)])
    return Strip(
        LEFT + 7 * WEEKS * DAY,
        TOP + LANE * len(LANES) + 4,
        _x(today, start) + DAY / 2,
        tuple((_x(d, start), f"{d:%-d %b}") for d in (start + timedelta(weeks=n) for n in range(WEEKS))),
        tuple((TOP + LANE * (n + 0.5), name) for n, name in enumerate(LANES)),
        placed,
        tuple(bands),
        tuple(words),
    )


def _x(on: date, start: date) -> float:
    return LEFT + (on - start).days * DAY


def _placed(mark: Mark, start: date) -> Mark:
    x, y = _x(mark.on, start) + DAY / 2, TOP + LANE * (mark.lane + 0.5)
    return Mark(mark.on, mark.lane, mark.kind, mark.label, x, y, mark.count)


def _together(marks: Iterable[Mark]) -> Iterator[Mark]:
    """Marks of one kind on one day are drawn once, and counted."""
    found: dict[tuple[date, int, str], list[Mark]] = defaultdict(list)
    for mark in marks:
        found[mark.on, mark.lane, mark.kind].append(mark)
    for (on, lane, kind), same in found.items():
        label = same[0].label if len(same) == 1 else "; ".join(dict.fromkeys(m.label for m in same[:6]))
        more = f"; and {len(same) - 6} more" if len(same) > 6 else ""
        yield Mark(on, lane, kind, label + more, count=len(same))


def _runs(source: Source, chosen: ClientSettings | None, start: date, end: date) -> Iterator[Mark]:
    if chosen is None or chosen.schedule is None:
        return
    schedule, today = chosen.schedule, source.plan.as_of.day
    guessed = is_learnt(chosen)
    kind = "guessed-run" if guessed else "run"
    came = dict(past_runs(schedule, source.learnt, chosen.payer_id, WEEKS * 7))
    for run in schedule.runs(start, end):
        if run < today and run in came:
            told = "a payment came" if came[run] else "no payment came"
            yield Mark(run, 0, kind if came[run] else "missed-run", f"payment run, {told}")
        else:
            yield Mark(run, 0, kind, "payment run, guessed" if guessed else "payment run")
    for run in schedule.runs(start, end + timedelta(days=60)):
        cut_off = schedule.cut_off_of(run)
        if cut_off != run:
            yield Mark(cut_off, 0, "cut-off", f"cut-off for the run of {day(run)}")


def _dues(source: Source, standings: Iterable[Standing]) -> Iterator[Mark]:
    today = source.plan.as_of.day
    for standing in standings:
        invoice = source.snapshot.invoice(standing.invoice_id)
        if invoice and invoice.due:
            kind = "overdue" if invoice.due < today else "due"
            yield Mark(invoice.due, 1, kind, f"{invoice.number} {'was' if kind == 'overdue' else 'is'} due")


def _sent(source: Source, client_id: str) -> Iterator[Mark]:
    for message in source.said.get(source.payer_of(client_id), ()):
        heard = "unheard" if message.state in UNHEARD else "sent"
        yield Mark(message.on, 2, heard, f"{message.step or 'thanks'} sent, {message.state}")
    for contact in source.history.contacts:
        if source.snapshot.survivor(contact.client_id) == client_id:
            yield Mark(contact.on, 2, "logged", contact.what)


def _planned(source: Source, standings: Iterable[Standing], today: date) -> Iterator[Mark]:
    steps: dict[tuple[date, str], int] = defaultdict(int)
    for standing in standings:
        on = standing.next_on
        if standing.step and on and (on > today or (on == today and not source.live)):
            steps[on, standing.step] += 1
    for (on, step), count in steps.items():
        yield Mark(on, 2, "planned", f"{step} planned, for {counted(count, 'invoice')}")


def _promised(source: Source, client_id: str) -> Iterator[Mark]:
    for promise in _mine(source, client_id, (*source.settings.promises, *source.history.promises)):
        yield Mark(promise.by, 3, "promise", "promised to pay" if promise.stated_by_client else "payment expected")


def _mine(source: Source, client_id: str, found: Iterable[_Told]) -> Iterator[_Told]:
    return (one for one in found if source.snapshot.survivor(one.client_id) == client_id)


def _bands(source: Source, client_id: str, start: date, end: date) -> Iterator[Band]:
    today = source.plan.as_of.day
    for hold in _mine(source, client_id, (*source.settings.holds, *source.history.holds)):
        until = f" until {day(hold.until)}" if hold.until else ""
        yield _band("hold", f"on hold{until}: {hold.why}", today, hold.until or end, start, end)
    for dispute in _mine(source, client_id, (*source.settings.disputes, *source.history.disputes)):
        review = f", review {day(dispute.review)}" if dispute.review else ""
        yield _band("hold", f"disputed{review}: {dispute.reason}", today, dispute.review or end, start, end)
    for quiet in source.settings.quiet:
        if quiet.start <= end and quiet.end >= start:
            yield _quiet(quiet, start, end)


def _quiet(quiet: QuietPeriod, start: date, end: date) -> Band:
    words = f"quiet {day(quiet.start)} to {day(quiet.end)}: {quiet.why}"
    return _band("quiet", words, quiet.start, quiet.end, start, end)


def _band(kind: str, label: str, first: date, last: date, start: date, end: date) -> Band:
    """The part of a period that is in sight."""
    first, last = max(first, start), min(last, end)
    width = ((last - first).days + 1) * DAY
    return Band(kind, label, _x(first, start), TOP + LANE * 3 + 8, width, first)
