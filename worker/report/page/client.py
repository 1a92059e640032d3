"""Everything about one client: what it owes, when it pays, what was said, what goes next and what would stop it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from worker.core.call import call_lines
from worker.core.decisions import Remind, Standing, Task, Thank
from worker.core.history import Reply
from worker.core.inference.learn import is_learnt
from worker.core.money import Money, totals
from worker.core.receivable import Invoice
from worker.core.settings import ClientSettings
from worker.report.explain import Case, restraints, settings_lines
from worker.report.page.clients import Row
from worker.report.page.source import Paper, Source
from worker.report.page.strip import Strip, strip_of
from worker.report.page.words import file_name
from worker.report.runs import next_runs

SAID, BACK, INVOICES = 12, 6, 200


@dataclass(frozen=True, slots=True)
class Balance:
    """What is owed in one currency: all that is open, live credit against it, and what remains to ask for."""

    currency: str
    gross: Decimal
    overdue: Decimal
    credit: Decimal

    @property
    def net(self) -> Decimal:
        """Gross less credit."""
        return self.gross - self.credit


@dataclass(frozen=True, slots=True)
class Line:
    """One open invoice: where it stands, why, and when its money is expected (likely, and between which days)."""

    invoice: Invoice | None
    standing: Standing
    bucket: str
    late: int
    likely: date | None = None
    early: date | None = None
    until: date | None = None


@dataclass(frozen=True, slots=True)
class Rung:
    """One step of the client's policy: when it comes, where that is written, when it was done, when it comes next."""

    name: str
    when: str
    place: str
    done: date | None
    next_on: date | None
    what: str


@dataclass(frozen=True, slots=True)
class Cycle:
    """Its payment run. `source` is written (by a person), confirmed (written, and its payments agree), guessed (from
    payments alone; `sure` in percent) or unknown."""

    source: str
    words: str
    sure: int | None
    why: str
    place: str
    following: tuple[tuple[date, date], ...]
    doubt: str


@dataclass(frozen=True, slots=True)
class Said:
    """One contact of the past: by whom, to which address, and whether it arrived."""

    on: date
    what: str
    by: str
    to: str
    outcome: str
    arrived: str


@dataclass(frozen=True, slots=True)
class Message:
    """One message that goes (or went) today."""

    kind: str
    step: str
    paper: Paper
    why: str
    place: str
    outcome: str
    height: int


@dataclass(frozen=True, slots=True)
class Call:
    """One phone call somebody is asked to make."""

    task: str
    lines: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class ClientPage:
    """One page."""

    row: Row
    payer: tuple[str, str] | None
    balances: tuple[Balance, ...]
    lines: tuple[Line, ...]
    more: int
    strip: Strip
    cycle: Cycle
    ladder: tuple[Rung, ...]
    policy: str
    messages: tuple[Message, ...]
    said: tuple[Said, ...]
    replies: tuple[Reply, ...]
    restraints: tuple[tuple[str, str, str], ...]
    settings: tuple[tuple[str, str, str], ...]
    tasks: tuple[Task, ...]
    calls: tuple[Call, ...]


def client_page(source: Source, row: Row) -> ClientPage:
    """Put one client's page together."""
    client_id = row.client_id
    chosen, client = source.chosen(client_id), source.snapshot.clients.get(client_id)
    payer, standings = source.payer_of(client_id), source.standings.get(client_id, [])
    case = Case(source.name, source.snapshot, source.settings, source.history, source.plan, client)
    lines = _lines(source, standings)
    tasks = source.tasks.get(payer, [])
    named = (source.called(payer), file_name(source.called(payer), payer)) if payer != client_id else None
    return ClientPage(
        row,
        named,
        _balances(source, client_id, lines),
        tuple(lines[:INVOICES]),
        max(0, len(lines) - INVOICES),
        strip_of(source, client_id, standings),
        _cycle(source, chosen),
        _ladder(source, chosen, standings, payer),
        chosen.policy.name if chosen else "",
        tuple(_message(source, d) for d in source.writing.get(payer, ())) if named is None else (),
        _said(source, client_id, payer),
        tuple(_replies(source, client_id, payer)),
        tuple(restraints(case)),
        tuple(settings_lines(case)),
        tuple(t for t in tasks if t.kind != "phone" and _concerns(source, t, client_id)),
        tuple(
            Call(t.id, tuple(call_lines(t, source.snapshot, source.settings, source.history)))
            for t in tasks
            if t.kind == "phone"
        ),
    )


def _concerns(source: Source, task: Task, client_id: str) -> bool:
    ids = {source.snapshot.survivor(i.client_id) for a in task.advances if (i := source.by_id.get(a.invoice_id))}
    return not ids or client_id in ids


def _lines(source: Source, standings: Sequence[Standing]) -> list[Line]:
    today, made = source.plan.as_of.day, []
    for standing in standings:
        invoice, outlook = source.snapshot.invoice(standing.invoice_id), source.outlook.get(standing.invoice_id)
        late = (today - invoice.due).days if invoice and invoice.due else 0
        when = (outlook.likely, outlook.early, outlook.late) if outlook else (None, None, None)
        made.append(Line(invoice, standing, str(source.bucket_of(standing)), max(0, late), *when))
    return sorted(made, key=lambda n: (_due(n.invoice), n.standing.invoice_id))


def _due(invoice: Invoice | None) -> date:
    return invoice.due if invoice and invoice.due else date.max


def _balances(source: Source, client_id: str, lines: Sequence[Line]) -> tuple[Balance, ...]:
    gross = totals(Money(n.standing.amount, n.standing.currency) for n in lines)
    overdue = totals(Money(n.standing.amount, n.standing.currency) for n in lines if n.late > 0)
    credit = totals(Money(c.remaining, c.currency) for c in source.credits.get(client_id, ()))
    zero = Decimal(0)
    return tuple(
        Balance(c, gross.get(c, zero), overdue.get(c, zero), credit.get(c, zero)) for c in sorted({*gross, *credit})
    )


def _cycle(source: Source, chosen: ClientSettings | None) -> Cycle:
    if chosen is None:
        return Cycle("unknown", "", None, "The books name no client.", "", (), "")
    cycle, today = source.learnt.cycle(chosen.payer_id), source.plan.as_of.day
    if chosen.schedule is None:
        return Cycle("unknown", "", None, cycle.why, "", (), "")
    following = tuple((r, chosen.schedule.cut_off_of(r)) for r in next_runs(chosen.schedule, today))
    place, words = chosen.places.get("pays", ""), chosen.schedule.describe()
    if is_learnt(chosen):
        return Cycle("guessed", words, round(100 * cycle.confidence), cycle.why, "", following, "")
    seen = source.learnt.evidence(chosen.payer_id)
    kind = "confirmed" if seen.enough and not chosen.doubt else "written"
    why = "written down, and its payments agree" if kind == "confirmed" else "written down"
    return Cycle(kind, words, None, why, place, following, chosen.doubt)


def _ladder(
    source: Source, chosen: ClientSettings | None, standings: Sequence[Standing], payer: str
) -> tuple[Rung, ...]:
    if chosen is None:
        return ()
    ids = {s.invoice_id for s in standings}
    done: dict[str, date] = {}
    for message in source.said.get(payer, ()):
        done.update({a.step: message.on for a in message.advances if a.invoice_id in ids})
    done.update({t.step: t.done for t in source.done.get(payer, ()) if t.done})
    ahead: dict[str, date] = {}
    for standing in standings:
        if standing.step and standing.next_on:
            ahead[standing.step] = min(ahead.get(standing.step, date.max), standing.next_on)
    steps = (
        chosen.policy.steps
        if any(s.step and not chosen.policy.step(s.step) for s in standings)
        else chosen.policy.ladder
    )
    return tuple(
        Rung(
            step.name,
            step.when.words(),
            step.place,
            done.get(step.name),
            ahead.get(step.name),
            f"a task for a person: {step.task}" if step.task else "needs your yes" if step.approval else "",
        )
        for step in steps
    )


def _message(source: Source, decision: Remind | Thank) -> Message:
    paper = source.worded(decision)
    sent = source.outcomes.get(decision.key)
    outcome = (
        f"{sent.outcome}{f' ({sent.detail})' if sent.detail and sent.outcome != 'accepted' else ''}" if sent else ""
    )
    thanks = isinstance(decision, Thank)
    # Nothing may run inside the message, not even to say how high it is: its text is measured instead.
    height = sum(1 + len(line) // 70 if line else 0.5 for line in paper.text.split("\n"))
    return Message(
        "thanks" if thanks else "reminder",
        "thanks" if isinstance(decision, Thank) else decision.step,
        paper,
        decision.reason.sentence,
        decision.reason.place,
        outcome,
        round(min(120, max(12, height))),
    )


def _said(source: Source, client_id: str, payer: str) -> tuple[Said, ...]:
    found = []
    for record in source.letters.get(payer, ()):
        at = record.handed_at or record.settled_at or record.planned_at
        what = f"{record.step or 'thanks'}: {record.subject or 'not worded'}"
        on = source.local(at)
        outcome = f"{record.state}{f' ({record.detail})' if record.detail else ''}"
        found.append(Said(on, what, f"duecourse, by {record.mailer}", ", ".join(record.to), outcome, str(record.state)))
    for event in source.logged.get(client_id, ()):
        on = date.fromisoformat(event.data["on"]) if event.data.get("on") else source.local(event.at)
        found.append(Said(on, str(event.data.get("what", "")), event.by or "a person", "", "on record", "logged"))
    for task in source.done.get(payer, ()):
        if task.done:
            found.append(Said(task.done, task.kind, "a person", "", task.outcome, "logged"))
    return tuple(sorted(found, key=lambda s: s.on, reverse=True)[:SAID])


def _replies(source: Source, client_id: str, payer: str) -> list[Reply]:
    whose = {client_id, payer}
    return [r for r in reversed(source.history.replies) if source.snapshot.survivor(r.payer_id) in whose][:BACK]
