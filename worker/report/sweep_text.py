"""One organisation's sweep as a person reads it: the headline, what goes out, who must act, what waits."""

from collections import defaultdict
from datetime import date
from decimal import Decimal

from rich.console import Console

from worker.core.backlog import CALL, Pile, piles
from worker.core.decisions import Bucket, Plan, Proposal, Remind, Standing, Task, Thank
from worker.core.money import Money, totals
from worker.core.receivable import Payment, Snapshot
from worker.core.results import SweepResult
from worker.report.headline import NOBODY, Headline, headline, unsent
from worker.report.ids import short_ids
from worker.report.sizes import size_text
from worker.report.terminal import (
    FAINT,
    KEPT,
    LOUD,
    OUT,
    TYPE,
    WRONG,
    amount,
    cell,
    counted,
    day,
    money,
    row,
    say,
    table,
)

SHOWN = 12
"""Lines of the waiting table, before the rest is one line: the days far ahead are many and small."""


def show_sweep(out: Console, result: SweepResult) -> None:
    """Print everything about one sweep."""
    if result.skipped or result.plan is None or result.snapshot is None:
        _skipped(out, result)
        return
    plan, snapshot = result.plan, result.snapshot
    _title(out, result, plan, snapshot)
    show_headline(out, headline(plan, snapshot, unsent(result)))
    for refuse in result.refused:
        say(out)
        say(
            out,
            f"NOTHING WAS SENT: {refuse.reason.sentence}" if result.mode == "live" else refuse.reason.sentence,
            WRONG,
        )
    if result.settings and any(r.reason.code in {"no-baseline", "no-backlog"} for r in result.refused):
        _backlog(out, piles(plan, snapshot, result.settings))
    _messages(out, result, plan, snapshot)
    _thanks(out, result, plan, snapshot)
    _troubles(out, result, snapshot)
    _tasks(out, result.tasks, snapshot)
    _waiting(out, plan)
    _proposals(out, result.organisation, plan.proposals)
    if plan.warnings:
        say(out, "\nWarnings", LOUD)
        for warning in plan.warnings:
            say(out, f"  {warning}", WRONG)


def _backlog(out: Console, found: tuple[Pile, ...]) -> None:
    """What is overdue before the start, in piles: what `backlog: chase` would do with it; `leave` leaves all of it."""
    if not found:
        return
    say(out, "\nOverdue already: what backlog: chase would do (backlog: leave leaves all of it alone)", LOUD)
    made = table(["pile", "invoices", "clients", "money"], right=["invoices", "clients", "money"])
    for pile in found:
        row(made, [cell(f"  {pile.name}"), str(pile.invoices), str(len(pile.clients)), money(pile.amounts)])
    out.print(made)
    if any(p.name == CALL for p in found):
        say(
            out,
            "  Older than 90 days and never asked: policy: statement-only for such a client, and ring them first.",
            FAINT,
        )


def _skipped(out: Console, result: SweepResult) -> None:
    say(out, result.organisation, LOUD)
    say(out, f"Skipped: {result.skipped}", WRONG)
    if result.todo:
        say(out, f"What to do: {result.todo}", TYPE)


def _title(out: Console, result: SweepResult, plan: Plan, snapshot: Snapshot) -> None:
    name = result.settings.display_name if result.settings else ""
    zone = result.settings.zone if result.settings else "UTC"
    say(out, f"{result.organisation}: {name}" if name else result.organisation, LOUD)
    opened = sum(i.is_open for i in snapshot.invoices)
    read = f"{counted(len(snapshot.clients), 'client')} and {counted(len(snapshot.invoices), 'invoice')}"
    say(
        out,
        f"{plan.as_of.day:%A %-d %B %Y}, {plan.as_of.at:%H:%M} {zone}; {result.mode}; {read} read, {opened} open",
        FAINT,
    )
    if result.asked.calls:
        say(
            out,
            f"{counted(result.asked.calls, 'call')} to the books, {size_text(result.asked.size)} on the wire",
            FAINT,
        )


def show_headline(out: Console, found: Headline) -> None:
    """The money by bucket and reason, with its sum always beside the books' receivables."""
    say(out)
    alone = {c: v for c, v in found.nobody().items() if v}
    say(
        out,
        f"Money nobody is chasing: {money(alone)}",
        f"{LOUD} {WRONG if alone else OUT}",
    )
    currencies = found.currencies
    made = table(["where it stands", "invoices", *currencies], right=["invoices", *currencies])

    def line(label: str, count: int, amounts: dict[str, str], style: str = "") -> None:
        row(
            made,
            [cell(label), cell(str(count) if count else ""), *(cell(amounts.get(c, "")) for c in currencies)],
            style,
        )

    for bucket in (*NOBODY, Bucket.WAITING, Bucket.CHASED):
        shares = [s for s in found.shares if s.bucket is bucket]
        style = KEPT if bucket in NOBODY else OUT if bucket is Bucket.CHASED else ""
        totals_ = {c: amount(v, c) for c, v in found.bucket(bucket).items()}
        line(str(bucket), sum(s.invoices for s in shares), totals_, f"{LOUD} {style}".strip())
        for share in shares:
            line(f"  {share.label}", share.invoices, {c: amount(v, c) for c, v in share.amounts.items()}, FAINT)
    counts = sum(s.invoices for s in found.shares)
    line("= receivables in the books", counts, {c: amount(v, c) for c, v in found.sum().items()}, LOUD)
    out.print(made)
    if not found.agrees:
        say(out, f"This does NOT add up: the books say {money(found.receivables)}. Please report it.", WRONG)


def client_name(snapshot: Snapshot, client_id: str) -> str:
    """The client's name, or its id."""
    client = snapshot.clients.get(client_id)
    return client.name if client else client_id


def _messages(out: Console, result: SweepResult, plan: Plan, snapshot: Snapshot) -> None:
    if result.delivered:
        gone = {s.decision.key for s in result.sent if s.outcome in {"accepted", "uncertain"}}
        shown = [s.decision for s in result.sent if isinstance(s.decision, Remind) and s.decision.key in gone]
        title = f"Sent now: {counted(len(shown), 'reminder')}"
    else:
        shown = [d for d in plan.decisions if isinstance(d, Remind)]
        title = f"Would go out now: {counted(len(shown), 'reminder')} (nothing was sent)"
    if not shown:
        say(out, "\nNo reminder is due now.", LOUD)
        return
    say(out, f"\n{title}", f"{LOUD} {OUT}")
    made = table(["client", "step", "to", "why"], wrapped=["client", "why"])
    for decision in sorted(shown, key=lambda d: (client_name(snapshot, d.payer_id).casefold(), d.key)):
        row(made, _message_cells(decision, snapshot))
    out.print(made)


def _message_cells(decision: Remind, snapshot: Snapshot) -> list[str]:
    why = decision.reason.evidence.get("why", decision.reason.sentence)
    if decision.payments:
        why = f"opens with thanks for {money(received(decision.payments))}; {why}"
    to = decision.to[0].email + (f" +{len(decision.to) - 1}" if len(decision.to) > 1 else "")
    return [client_name(snapshot, decision.payer_id), decision.step, to, why]


def received(payments: tuple[Payment, ...]) -> dict[str, Decimal]:
    """The money of these payments per currency."""
    return totals(Money(p.amount, p.currency) for p in payments)


def _thanks(out: Console, result: SweepResult, plan: Plan, snapshot: Snapshot) -> None:
    if result.delivered:
        shown = [s.decision for s in result.sent if isinstance(s.decision, Thank) and s.outcome == "accepted"]
    else:
        shown = [d for d in plan.decisions if isinstance(d, Thank)]
    if not shown:
        return
    verb = "Thanked" if result.delivered else "Would be thanked"
    say(out, f"\n{verb}: {counted(len(shown), 'client')}", f"{LOUD} {OUT}")
    made = table(["client", "to", "why"], wrapped=["client", "why"])
    for decision in sorted(shown, key=lambda d: (client_name(snapshot, d.payer_id).casefold(), d.key)):
        row(made, [client_name(snapshot, decision.payer_id), decision.to[0].email, decision.reason.sentence])
    out.print(made)


def _troubles(out: Console, result: SweepResult, snapshot: Snapshot) -> None:
    failed = [s for s in result.sent if s.outcome != "accepted"]
    if not (failed or result.dropped or result.broken or result.uncertain):
        return
    say(out, "\nNot as planned", LOUD)
    if result.broken:
        say(out, f"  Stopped: {result.broken}", WRONG)
    for sent in failed:
        name = client_name(snapshot, sent.decision.payer_id)
        say(out, f"  {name}: {sent.outcome}{f' ({sent.detail})' if sent.detail else ''}", WRONG)
    for dropped in result.dropped:
        say(out, f"  {client_name(snapshot, dropped.payer_id)}: taken back, {dropped.why}", KEPT)
    for key in result.uncertain:
        say(
            out,
            f"  Nobody knows whether message {key[:12]} arrived; ask, then: duecourse resolve {key[:12]} sent",
            WRONG,
        )


def _tasks(out: Console, tasks: tuple[Task, ...], snapshot: Snapshot) -> None:
    if not tasks:
        return
    say(out, f"\nFor a person: {counted(len(tasks), 'task')}", f"{LOUD} {WRONG}")
    short = short_ids([t.id for t in tasks])
    made = table(["client", "what", "why", "task"], wrapped=["client", "what", "why"])
    for task in sorted(tasks, key=lambda t: (t.kind, client_name(snapshot, t.payer_id).casefold(), t.id)):
        name = client_name(snapshot, task.payer_id)
        row(made, [cell(name), cell(task.what), cell(task.reason.sentence), cell(short[task.id], TYPE)])
    out.print(made)


def _waiting(out: Console, plan: Plan) -> None:
    waiting = [s for s in plan.standings if s.bucket is Bucket.WAITING]
    if not waiting:
        return
    groups: dict[tuple[date | None, str], list[Standing]] = defaultdict(list)
    for standing in waiting:
        groups[standing.next_on, standing.step].append(standing)
    payers = {s.payer_id for s in waiting}
    say(out, f"\nWaiting: {counted(len(waiting), 'invoice')} of {counted(len(payers), 'client')}", LOUD)
    made = table(["until", "then", "clients", "invoices", "amount"], right=["clients", "invoices", "amount"])
    listed = sorted(groups.items(), key=lambda g: (g[0][0] or date.max, g[0][1]))
    fold = len(listed) if len(listed) <= SHOWN + 2 else SHOWN
    for (until, step), found in listed[:fold]:
        row(made, [day(until) or "a date is known", step, *_summed(found)])
    if rest := [s for _, found in listed[fold:] for s in found]:
        row(made, ["later", "", *_summed(rest)])
    out.print(made)


def _summed(found: list[Standing]) -> list[str]:
    """How many clients and invoices, and their money."""
    asked = totals(Money(s.amount, s.currency) for s in found)
    return [str(len({s.payer_id for s in found})), str(len(found)), money(asked)]


def _proposals(out: Console, organisation: str, proposals: tuple[Proposal, ...]) -> None:
    if not proposals:
        return
    say(out, "\nWaiting for your yes", f"{LOUD} {WRONG}")
    for proposal in proposals:
        say(out, f"  {proposal.sentence}")
        say(out, f"    type   duecourse approve {proposal.id}", TYPE)
    listed = ", ".join(p.id for p in proposals)
    say(out, f"  or paste this under organisations: {organisation}: in the config")
    say(out, f"    approvals: [{listed}]", TYPE)
