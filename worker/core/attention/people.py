"""What waits for a person's word: decisions, replies, calls, messages of unknown outcome, and what went wrong."""

from collections.abc import Iterator
from datetime import date
from decimal import Decimal

from worker.core.attention.item import Act, Item, Morning, Read, Section
from worker.core.attention.words import NOTHING, PROPOSALS, TASKS, UNREACHED
from worker.core.call import call_lines
from worker.core.decisions import Proposal, Refuse, Task
from worker.core.history import MessageState, PastMessage, Reply, ReplyKind
from worker.core.money import Money, totals
from worker.core.plain import one_line
from worker.core.words import day

SEPARATOR = "\n"
"""Between the ids of tasks that are one item."""
PROBLEMS = 3
"""Of what keeps one organisation's books from being read, so many are told; `status` tells all."""
KEY = 12
"""Characters of a message's key that are shown."""


def skipped(morning: Morning) -> Iterator[Item]:
    """An organisation that was not read: nobody is chased for it."""
    result = morning.result
    if result.skipped and not result.excused:
        yield Item(
            Section.WRONG,
            "skipped",
            result.organisation,
            f"Its books could not be read, so nobody is chased: {_found(result.skipped)}",
            since=morning.skipped_since,
            otherwise=one_line(result.todo) or "Nobody is chased until its books can be read again.",
            command=f"duecourse run {result.organisation}",
        )


def _found(skipped: str) -> str:
    """Why, in one line: of several problems where each is and what it is, not what is expected there instead."""
    first, *problems = [line for line in skipped.splitlines() if not line.startswith(" ")] or [""]
    more = [f"and {len(problems) - PROBLEMS} more"] if len(problems) > PROBLEMS else []
    return one_line("; ".join([first, *problems[:PROBLEMS], *more]))


def went_wrong(read: Read) -> Iterator[Item]:
    """What a sweep could not do, and what stops all of it."""

    def wrong(kind: str, sentence: str, otherwise: str, who: str = "", subject: str = "") -> Item:
        return Item(
            Section.WRONG,
            kind,
            read.name,
            one_line(sentence),
            who,
            read.client(who) if who else "",
            read.day,
            otherwise,
            subject=subject,
        )

    if read.result.broken:
        yield wrong("broken", f"The run broke off: {read.result.broken}", "The next run takes up what is left.")
    if read.missed:
        said = f"Nothing that the digest of {day(read.missed)} announced has left: no run came when it might."
        yield wrong("no-run", said, "It waits for a run that comes two hours after the digest, in the mail window.")
    proposed = {p.id for p in read.today.proposals}
    for refuse in refusals(read):
        if refuse.approval not in proposed:
            yield wrong(refuse.reason.code, refuse.reason.sentence, "Nothing is sent for this organisation.")
    for sent in read.result.sent:
        if sent.outcome not in {"accepted", "uncertain"}:
            said = f"A message was not sent: {sent.outcome}{f' ({sent.detail})' if sent.detail else ''}."
            then = "The next run tries again, unless the address is refused for good."
            yield wrong("not-sent", said, then, sent.decision.payer_id, sent.decision.key)
    for warning in read.today.warnings:
        yield Item(Section.WRONG, "warning", read.name, one_line(warning), subject=one_line(warning)[:80])


def refusals(read: Read) -> list[Refuse]:
    """The guards that stop everything today."""
    return [d for d in read.today.decisions if isinstance(d, Refuse) and not d.payer_id]


def uncertain(read: Read) -> Iterator[Item]:
    """Messages nobody knows the outcome of: they block their payer's ladder."""
    for message in read.history.messages:
        if message.state is not MessageState.UNCERTAIN:
            continue
        what = f"the {message.step}" if message.step else "the thanks"
        to = f" to {message.to[0]}" if message.to else ""
        yield Item(
            Section.WRONG,
            "uncertain",
            read.name,
            f"Nobody knows whether {what} of {day(message.on)}{to} arrived: look in the mailbox or ask.",
            message.payer_id,
            read.client(message.payer_id),
            message.on,
            "This client hears nothing more until somebody says so.",
            f"duecourse resolve {message.key[:KEY]} sent  (or not-sent)",
            subject=message.key,
            acts=(Act.YES, Act.NO),
            amounts=_asked(message),
        )


def _asked(message: PastMessage) -> dict[str, Decimal]:
    return totals(Money(a.amount, a.currency) for a in message.advances if a.currency)


def decisions(read: Read) -> Iterator[Item]:
    """Proposals, and the tasks that are neither a call nor a reply nor about being reached."""
    answered = {a.id for a in (*read.history.approvals, *read.history.rejected)}
    made = {a.id: a.on for a in read.history.proposals}
    for proposal in read.today.proposals:
        if proposal.id not in answered:
            yield _proposed(read, proposal, made.get(proposal.id))
    together: dict[tuple[str, str], list[Task]] = {}
    for task in read.result.tasks:
        if task.kind not in {"phone", "read-reply"}:
            together.setdefault((task.payer_id, task.kind), []).append(task)
    for same in together.values():
        yield _task(read, same, Section.UNREACHED if same[0].reason.code in UNREACHED else Section.DECIDE)


def _proposed(read: Read, proposal: Proposal, since: date | None) -> Item:
    whose = next(
        (d.payer_id for d in read.today.standings if proposal.id in d.reason.evidence.values() and d.payer_id), ""
    )
    return Item(
        Section.DECIDE,
        f"approve-{proposal.kind}",
        read.name,
        f"{proposal.sentence[:1].upper()}{one_line(proposal.sentence[1:])}",
        whose,
        read.client(whose) if whose else "",
        since or read.day,
        PROPOSALS.get(proposal.kind, NOTHING),
        f"duecourse approve {proposal.id}",
        f"approvals: [{proposal.id}]",
        subject=proposal.id,
        acts=(Act.YES, Act.NO),
    )


def replies(read: Read) -> Iterator[Item]:
    """What people wrote and nobody dealt with yet, in their words."""
    dealt = {t.id for t in read.history.tasks if not t.is_open}
    opened = {t.id for t in read.history.tasks} | {t.id for t in read.result.tasks}
    for reply in read.history.replies:
        if reply.what is not ReplyKind.ANSWER or reply.task_id in dealt:
            continue
        if reply.task_id in opened or reply.on == read.day or _since_last(read, reply):
            yield _reply(read, reply, reply.task_id in opened)


def _since_last(read: Read, reply: Reply) -> bool:
    return read.before is not None and reply.on >= read.before.date()


def _reply(read: Read, reply: Reply, is_task: bool) -> Item:
    who = read.client(reply.payer_id)
    about = one_line(reply.about)
    return Item(
        Section.REPLIES,
        "reply",
        read.name,
        f"{one_line(reply.sender) or 'Somebody'} wrote{f' about “{about}”' if about else ''}.",
        reply.payer_id,
        who,
        reply.on,
        TASKS["read-reply"],
        f"duecourse done {reply.task_id} reached" if is_task else "",
        quoted=reply.text.strip() or "(no text)",
        subject=reply.task_id,
        acts=(Act.DONE, Act.HOLD) if is_task else (Act.HOLD,),
    )


def calls(read: Read) -> Iterator[Item]:
    """Whom to ring, with the words for it and what was said before."""
    for task in read.result.tasks:
        if task.kind == "phone":
            yield _task(read, [task], Section.CALLS)


def _task(read: Read, tasks: list[Task], section: Section) -> Item:
    """One item for all tasks of a kind that a payer's invoices opened: what answers one answers all."""
    task, ids = tasks[0], [t.id for t in tasks]
    opened = [t for t in read.history.tasks if t.id in ids]
    known = min(opened, key=lambda t: t.opened, default=None)
    phone = task.kind == "phone"
    why = "" if task.reason.code == "task" else f" {one_line(task.reason.sentence)}"
    tried = f" Tried {known.attempts} times." if known and known.attempts and phone else ""
    others = f" And {len(tasks) - 1} more like it." if len(tasks) > 1 else ""
    return Item(
        section,
        task.kind,
        read.name,
        f"{task.what[:1].upper()}{task.what[1:]}.{why}{others}{tried}",
        task.payer_id,
        read.client(task.payer_id),
        known.opened if known else read.day,
        TASKS.get(task.kind, NOTHING),
        f"duecourse done {task.id} {'reached' if phone else 'other'}",
        lines=tuple(call_lines(task, read.snapshot, read.settings, read.history)) if phone else (),
        subject=SEPARATOR.join(ids),
        acts=(Act.DONE, Act.HOLD),
        amounts=_concerned(read, tasks),
    )


def _concerned(read: Read, tasks: list[Task]) -> dict[str, Decimal]:
    ids, codes = {a.invoice_id for t in tasks for a in t.advances}, {t.reason.code for t in tasks}
    found = [
        Money(s.amount, s.currency)
        for s in read.plan.standings
        if s.payer_id == tasks[0].payer_id and (s.invoice_id in ids if ids else s.reason.code in codes)
    ]
    return totals(found)
