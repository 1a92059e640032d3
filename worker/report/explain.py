"""One client's case: what was settled and where, where every invoice stands and why, and what comes next."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from rich.console import Console

from worker.core.call import call_lines
from worker.core.decisions import Decision, Plan, Standing, Task
from worker.core.history import GONE, History, PastMessage, Reply
from worker.core.money import Money, totals
from worker.core.plain import one_line
from worker.core.policy import Policy
from worker.core.receivable import Client, Invoice, Snapshot
from worker.core.settings import ClientSettings, OrganisationSettings
from worker.core.simulation.ahead import AHEAD
from worker.core.simulation.drive import Course
from worker.core.whatif import WhatIf
from worker.report.data import decision_data, standing_data
from worker.report.terminal import FAINT, LOUD, TYPE, cell, counted, day, money, row, say, table

LAST_CONTACTS = 5


@dataclass(frozen=True, slots=True)
class Case:
    """Everything known about one client (None: the books name none), or about one of its invoices.

    `worded`: which of its messages are in another language than its own, in words.
    """

    organisation: str
    snapshot: Snapshot
    settings: OrganisationSettings
    history: History
    plan: Plan
    client: Client | None
    invoice: Invoice | None = None
    worded: str = ""
    ahead: Course | None = None
    what_if: tuple[WhatIf, ...] = ()

    @property
    def chosen(self) -> ClientSettings | None:
        """The client's settings."""
        return self.settings.clients.get(self.client.id) if self.client else None

    @property
    def payer_id(self) -> str:
        """Who receives the messages."""
        return self.chosen.payer_id if self.chosen else ""

    def standings(self) -> list[Standing]:
        """Where its open invoices stand, oldest due first."""
        if self.invoice:
            return [s for s in self.plan.standings if s.invoice_id == self.invoice.id]
        mine = [s for s in self.plan.standings if self.client and self.snapshot.survivor(s.client_id) == self.client.id]
        return sorted(mine, key=lambda s: (self._due(s), s.invoice_id))

    def _due(self, standing: Standing) -> date:
        invoice = self.snapshot.invoice(standing.invoice_id)
        return invoice.due if invoice and invoice.due else date.max

    def decisions(self) -> list[Decision]:
        """What is decided about its payer today."""
        return [d for d in self.plan.decisions if d.payer_id and d.payer_id == self.payer_id]

    def contacts(self) -> list[PastMessage]:
        """Messages its payer received, newest first."""
        return [m for m in reversed(self.history.messages) if m.payer_id == self.payer_id and m.state in GONE]

    def replies(self) -> list[Reply]:
        """What came back from its payer or from it, newest first."""
        whose = {self.payer_id, self.client.id if self.client else ""}
        found = [r for r in self.history.replies if self.snapshot.survivor(r.payer_id) in whose]
        return list(reversed(found))[:LAST_CONTACTS]


def settings_lines(case: Case) -> list[tuple[str, str, str]]:
    """What is settled for the client: setting, value, and the file and line it comes from."""
    chosen, client = case.chosen, case.client
    if chosen is None or client is None:
        return []
    place = chosen.places.get
    to = ", ".join(a.email for a in chosen.to) or client.email or "no address"
    lines = [
        ("policy", chosen.policy.name, place("policy", "the default")),
        ("gap", chosen.policy.gap.words(), chosen.policy.at("gap")),
        ("written to", to, place("contacts", "the books")),
        ("language", chosen.language + (f" ({case.worded})" if case.worded else ""), place("language", "the default")),
    ]
    if chosen.payer_id != client.id:
        payer = case.snapshot.clients.get(chosen.payer_id)
        lines.append(("payer", payer.name if payer else chosen.payer_id, place("payers", "payers:")))
    if chosen.schedule:
        lines.append(("payment run", chosen.schedule.describe(), place("pays", "")))
        following = chosen.schedule.next_run(case.plan.as_of.day)
        if following:
            cut_off = chosen.schedule.cut_off_of(following)
            also = f", cut-off {day(cut_off)}" if cut_off != following else ""
            lines.append(("next run", day(following) + also, ""))
        if chosen.doubt:
            lines.append(("contradicted", chosen.doubt, "payments in the books"))
    else:
        lines.append(("payment run", "not known: steps go by the due date", "write pays: in the config"))
    if chosen.collects:
        lines.append(("collected", f"{chosen.collects.method} {chosen.collects.on}".strip(), place("collects", "")))
    if chosen.never_contact:
        lines.append(("never contact", chosen.never_contact, place("never contact", "")))
    return lines


def restraints(case: Case) -> list[tuple[str, str, str]]:
    """Holds, disputes and promises of the client, from the config and from commands: what, in words, where."""
    if case.client is None:
        return []
    mine, found = case.client.id, []
    for hold in (*case.settings.holds, *case.history.holds):
        if hold.client_id == mine:
            until = f" until {day(hold.until)}" if hold.until else ""
            found.append(("hold", f"{hold.why}{until}{_about(case, [hold.invoice_id])}", hold.place))
    for dispute in (*case.settings.disputes, *case.history.disputes):
        if dispute.client_id == mine:
            review = f"; review {day(dispute.review)}" if dispute.review else ""
            words = f"{dispute.reason}{review}{_about(case, dispute.invoice_ids)}"
            found.append(("dispute", words, dispute.place or "recorded"))
    for promise in (*case.settings.promises, *case.history.promises):
        if promise.client_id == mine:
            words = f"by {day(promise.by)}{_about(case, promise.invoice_ids)}"
            found.append(("promise", words, promise.place or f"recorded {day(promise.made_on)}"))
    return found


def _about(case: Case, ids: Iterable[str]) -> str:
    known = [case.snapshot.by_id[i].number for i in ids if i in case.snapshot.by_id]
    return f" ({', '.join(known)})" if known else ""


def show_case(out: Console, case: Case, again: str) -> None:
    """Print the case. `again`: the options that make a command shown work as it stands."""
    name = case.client.name if case.client else "no client in the books"
    what = f"{case.invoice.number}, {name}" if case.invoice else name
    say(out, f"{what} ({case.organisation})", LOUD)
    moment = f"{case.plan.as_of.day:%A %-d %B %Y}, {case.plan.as_of.at:%H:%M} {case.settings.zone}"
    say(out, f"{moment}; books read {case.snapshot.read_at:%-d %b %Y %H:%M} UTC", FAINT)
    _show_lines(out, "Settled", settings_lines(case))
    _show_lines(out, "In force", restraints(case))
    _show_standings(out, case)
    _show_today(out, case, again)
    _show_lines(
        out, "Came back", [(day(r.on), f"{r.what}: {one_line(r.text) or r.about}", r.sender) for r in case.replies()]
    )
    for task in calls(case):
        told = call_lines(task, case.snapshot, case.settings, case.history)
        _show_lines(out, "The call", [(what, words, "") for what, words in told])
    _show_lines(out, "Would be asked today if", [(w.change, f"{w.step} would go", w.place) for w in case.what_if])
    _show_lines(
        out, f"In the next {AHEAD} days, if nothing is paid, calls are made and steps approved", next_lines(case)
    )
    contacts = case.contacts()[:LAST_CONTACTS]
    logged = [c for c in case.history.contacts if case.client and c.client_id == case.client.id]
    if contacts or logged:
        lines = [(day(m.on), m.step or "thanks", str(m.state)) for m in contacts]
        lines += [(day(c.on), c.what, "logged") for c in logged[-LAST_CONTACTS:]]
        _show_lines(out, "Last contacts", lines)
    say(out, "\nNext", LOUD)
    quoted = f'"{name}"'
    say(out, f"  duecourse history {quoted}{again}: everything on record")
    say(out, f'  duecourse hold {quoted} --why "..."{again}: stop asking')


def calls(case: Case) -> list[Task]:
    """The phone calls to this payer that somebody is asked to make."""
    return [d for d in case.decisions() if isinstance(d, Task) and d.kind == "phone"]


def next_lines(case: Case) -> list[tuple[str, str, str]]:
    """What comes next and when, with the file and line of each step: day, what, place."""
    if case.ahead is None:
        return []
    policy, mine = (case.chosen.policy if case.chosen else None), {s.invoice_id for s in case.standings()}
    found = [
        (s.on, s.step, ", ".join(sorted(case.snapshot.by_id[i].number for i in s.ids if i in case.snapshot.by_id)))
        for s in case.ahead.sent
        if s.asks and (not case.invoice or mine & set(s.ids))
    ]
    found += [(t.on, t.step or t.kind, t.what) for t in case.ahead.tasks]
    return [(day(on), f"{name}: {what}", _place_of(policy, name)) for on, name, what in sorted(found)]


def _place_of(policy: Policy | None, name: str) -> str:
    step = policy.step(name) if policy else None
    return step.place if step else ""


def _show_lines(out: Console, title: str, lines: list[tuple[str, str, str]]) -> None:
    if not lines:
        return
    say(out, f"\n{title}", LOUD)
    made = table(["", "", ""], wrapped=[""])
    made.show_header = False
    for name, value, place in lines:
        row(made, [cell(f"  {name}"), cell(value), cell(place, FAINT)])
    out.print(made)


def _show_standings(out: Console, case: Case) -> None:
    standings = case.standings()
    if not standings:
        opened = case.invoice and not case.invoice.is_open
        say(
            out,
            f"\nNothing is asked for: the invoice is {case.invoice.status}."
            if opened and case.invoice
            else "\nNothing is open.",
        )
        return
    owed = totals(Money(s.amount, s.currency) for s in standings)
    say(out, f"\nOpen: {counted(len(standings), 'invoice')}, {money(owed)}", LOUD)
    made = table(
        ["invoice", "due", "amount", "stands", "why, and what next", "says"], ["amount"], ["why, and what next"]
    )
    for standing in standings:
        invoice = case.snapshot.invoice(standing.invoice_id)
        row(
            made,
            [
                cell(invoice.number if invoice else standing.invoice_id),
                cell(day(invoice.due) if invoice else ""),
                cell(money({standing.currency: standing.amount})),
                cell(str(standing.bucket)),
                cell(standing.reason.sentence),
                cell(standing.reason.place, FAINT),
            ],
        )
    out.print(made)
    dates = [s.next_on for s in standings if s.next_on and s.next_on > case.plan.as_of.day]
    say(out, f"Next by itself: {day(min(dates))}" if dates else "Nothing more happens by itself.", "")


def _show_today(out: Console, case: Case, again: str) -> None:
    opened = {t.id for t in case.history.tasks if t.is_open}  # a preview shows tasks, only a live run opens them
    lines = [(type(d).__name__.lower(), d.reason.sentence, d.reason.place) for d in case.decisions()]
    _show_lines(out, "Today, for its payer", lines)
    for decision in case.decisions():
        if (task := getattr(decision, "id", "")) in opened:
            say(out, f"  when it is done: duecourse done {task} reached{again}", TYPE)


def case_data(case: Case) -> dict[str, Any]:
    """The case as JSON values."""
    return {
        "schema": 1,
        "organisation": case.organisation,
        "as_of": f"{case.plan.as_of.day.isoformat()}T{case.plan.as_of.at:%H:%M}",
        "read_at": case.snapshot.read_at.isoformat(timespec="seconds"),
        "client": {"id": case.client.id, "name": case.client.name} if case.client else None,
        "payer": case.payer_id,
        "settings": [{"setting": n, "value": v, "place": p} for n, v, p in settings_lines(case)],
        "restraints": [{"kind": n, "what": v, "place": p} for n, v, p in restraints(case)],
        "standings": [standing_data(s, case.snapshot) for s in case.standings()],
        "decisions": [decision_data(d, case.snapshot) for d in case.decisions()],
        "what_if": [{"change": w.change, "step": w.step, "place": w.place} for w in case.what_if],
        "calls": [
            {
                "task": task.id,
                "lines": [
                    {"what": what, "words": words}
                    for what, words in call_lines(task, case.snapshot, case.settings, case.history)
                ],
            }
            for task in calls(case)
        ],
        "next": [{"on": on, "what": what, "place": where} for on, what, where in next_lines(case)],
        "contacts": [
            {"key": m.key, "on": m.on.isoformat(), "kind": str(m.kind), "step": m.step, "state": str(m.state)}
            for m in case.contacts()
        ],
        "replies": [
            {"on": r.on.isoformat(), "what": str(r.what), "from": r.sender, "about": r.about, "text": r.text}
            for r in case.replies()
        ],
    }
