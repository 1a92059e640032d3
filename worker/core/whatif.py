"""What a bookkeeper could change so that a client is asked today: each setting tried by itself, through `decide`.

Nothing is guessed: a change is told only when the same books, with that one thing different, really lead to a message.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Any

from worker.core.decide import decide
from worker.core.decisions import AsOf, Plan, Remind
from worker.core.history import History
from worker.core.policy import Policy, Tolerance
from worker.core.receivable import Snapshot
from worker.core.settings import ClientSettings, OrganisationSettings
from worker.core.when import Span, When

TRIED = 12
"""How many smaller values of a span are tried, largest first."""


@dataclass(frozen=True, slots=True)
class WhatIf:
    """`change` in words ("`gap` were 3 business days"), the `step` that would be sent, and where it is written now."""

    change: str
    step: str
    place: str = ""


@dataclass(frozen=True, slots=True)
class Question:
    """Today's facts about one payer; `invoice_id` narrows the question to one invoice ("": any of the payer's)."""

    snapshot: Snapshot
    settings: OrganisationSettings
    history: History
    as_of: AsOf
    payer_id: str
    invoice_id: str = ""

    def asked(self, settings: OrganisationSettings | None = None, history: History | None = None) -> str:
        """The step asked today under these settings and this history; "" for none."""
        plan: Plan = decide(
            self.snapshot,
            settings or self.settings,
            history or self.history,
            self.as_of,
            only={self.payer_id},
        )
        for decision in plan.decisions:
            if isinstance(decision, Remind) and self._names(decision):
                return decision.step
        return ""

    def _names(self, remind: Remind) -> bool:
        if remind.payer_id != self.payer_id:
            return False
        named = {a.invoice_id for a in remind.advances} | set(remind.listed)
        return not self.invoice_id or self.invoice_id in named


def what_if(question: Question) -> tuple[WhatIf, ...]:
    """Every single change that would have this payer asked today; empty when it is asked anyway, or nothing helps."""
    if question.asked():
        return ()
    return tuple(found for trial in _TRIALS for found in trial(question))


def _with_policy(question: Question, change: Callable[[Policy], Policy]) -> OrganisationSettings:
    settings = question.settings
    clients = {
        id_: replace(c, policy=change(c.policy)) if c.payer_id == question.payer_id else c
        for id_, c in settings.clients.items()
    }
    return replace(settings, clients=clients)


def _clients(question: Question) -> list[ClientSettings]:
    return [c for c in question.settings.clients.values() if c.payer_id == question.payer_id]


def _policy(question: Question) -> Policy | None:
    chosen = question.settings.clients.get(question.payer_id)
    return chosen.policy if chosen else None


def _gap(question: Question) -> Iterator[WhatIf]:
    if policy := _policy(question):
        for span in _shorter(policy.gap):
            if step := question.asked(_with_policy(question, lambda p, s=span: replace(p, gap=s))):  # type: ignore[misc]
                yield WhatIf(f"`gap` were {span.words()} (it is {policy.gap.words()})", step, policy.at("gap"))
                return


def _again(question: Question) -> Iterator[WhatIf]:
    policy = _policy(question)
    if policy and policy.again:
        for span in _shorter(policy.again):
            if step := question.asked(_with_policy(question, lambda p, s=span: replace(p, again=s))):  # type: ignore[misc]
                words = f"`again` were {span.words()} (it is {policy.again.words()})"
                yield WhatIf(words, step, policy.at("again"))
                return


def _shorter(span: Span) -> Iterator[Span]:
    for count in range(span.count - 1, max(-1, span.count - 1 - TRIED), -1):
        yield Span(count, span.unit)


def _month(question: Question) -> Iterator[WhatIf]:
    policy = _policy(question)
    if policy and policy.per_month is not None:
        more = policy.per_month + 1
        if step := question.asked(_with_policy(question, lambda p: replace(p, per_month=more))):
            yield WhatIf(f"`at most` were {more} a month (it is {policy.per_month})", step, policy.at("at_most"))


def _tolerance(question: Question) -> Iterator[WhatIf]:
    if policy := _policy(question):
        nothing = Tolerance(Decimal(0), Decimal(0))
        if step := question.asked(_with_policy(question, lambda p: replace(p, tolerance=nothing))):
            yield WhatIf("`tolerance` were nothing", step, policy.at("tolerance"))


def _run(question: Question) -> Iterator[WhatIf]:
    settings = question.settings
    known = [c for c in _clients(question) if c.schedule]
    if not known:
        return
    without = {c.client_id: replace(c, schedule=None, run_stated=False) for c in known}
    changed = replace(settings, clients={**settings.clients, **without})
    if step := question.asked(changed):
        stated = known[0].places.get("pays", "")
        words = "no payment run were written (`pays:`)" if stated else "its learnt payment run were not waited for"
        yield WhatIf(words, step, stated)


def _earlier(question: Question) -> Iterator[WhatIf]:
    """The next step's own day, moved: how much closer to what it hangs on it would have to be."""
    policy = _policy(question)
    for n, step in enumerate(policy.steps if policy else ()):
        span = step.when.clause.span
        if policy is None or step.task or span is None or step.when.clause.before:
            continue
        for shorter in _shorter(span):
            when = replace(step.when, clause=replace(step.when.clause, span=shorter))
            unknown = step.when_unknown and _at_most(step.when_unknown, shorter)
            moved = replace(step, when=when, when_unknown=unknown)
            steps = (*policy.steps[:n], moved, *policy.steps[n + 1 :])
            if question.asked(_with_policy(question, lambda p, s=steps: replace(p, steps=s))) == step.name:  # type: ignore[misc]
                yield WhatIf(f"`when` of {step.name} were {when.words()}", step.name, step.place)
                return


def _at_most(when: When, span: Span) -> When:
    own = when.clause.span
    shorter = own is not None and not when.clause.before and own.count > span.count
    return replace(when, clause=replace(when.clause, span=span)) if shorter else when


def _conditions(question: Question) -> Iterator[WhatIf]:
    if policy := _policy(question):
        without = replace(policy, steps=tuple(replace(s, condition=None) for s in policy.steps))
        if any(s.condition for s in policy.steps) and (
            step := question.asked(_with_policy(question, lambda p: replace(p, steps=without.steps)))
        ):
            found = policy.step(step)
            yield WhatIf(f"the `if:` of {step} were not there", step, found.place if found else policy.place)


def _holds(question: Question) -> Iterator[WhatIf]:
    mine = {c.client_id for c in _clients(question)}
    kinds = (("holds", "on hold"), ("disputes", "disputed"), ("promises", "promised"), ("plans", "in a plan"))
    for name, words in kinds:
        written = [x for x in getattr(question.settings, name) if x.client_id in mine]
        recorded = [x for x in getattr(question.history, name) if x.client_id in mine]
        if not written and not recorded:
            continue
        without = (_others(source, name, mine) for source in (question.settings, question.history))
        if step := question.asked(*without):
            yield WhatIf(f"it were not {words}", step, (written or recorded)[0].place)


def _others(source: Any, name: str, mine: set[str]) -> Any:
    return replace(source, **{name: tuple(x for x in getattr(source, name) if x.client_id not in mine)})


def _quiet(question: Question) -> Iterator[WhatIf]:
    for period in question.settings.quiet:
        if period.covers(question.as_of.day) and (step := question.asked(replace(question.settings, quiet=()))):
            yield WhatIf(f"these were no quiet days ({period.why})", step)


def _reconciled(question: Question) -> Iterator[WhatIf]:
    if question.settings.reconciled and (step := question.asked(replace(question.settings, reconciled=None))):
        yield WhatIf("the bank were reconciled (`duecourse reconciled`)", step)


def _approvals(question: Question) -> Iterator[WhatIf]:
    steps = {s.name for c in _clients(question) for s in c.policy.steps if s.approval}
    if not steps:
        return

    def free(policy: Policy) -> Policy:
        return replace(policy, steps=tuple(replace(s, approval=False) for s in policy.steps))

    if step := question.asked(_with_policy(question, free)):
        policy = _policy(question)
        found = policy.step(step) if policy else None
        yield WhatIf(f"{step} were approved", step, found.place if found else "")


def _tasks(question: Question) -> Iterator[WhatIf]:
    mine = [t for t in question.history.tasks if t.payer_id == question.payer_id and t.is_open]
    for task in mine:
        day: date = question.as_of.day
        tasks = tuple(replace(t, outcome="reached", done=day) if t.id == task.id else t for t in question.history.tasks)
        if step := question.asked(history=replace(question.history, tasks=tasks)):
            yield WhatIf(f"the task {task.kind} were done", step)


def _window(question: Question) -> Iterator[WhatIf]:
    def always(policy: Policy) -> Policy:
        window = replace(policy.window, days=frozenset(range(7)), opens=question.as_of.at)
        return replace(policy, window=replace(window, closes=question.as_of.at.replace(hour=23, minute=59)))

    if (policy := _policy(question)) and (step := question.asked(_with_policy(question, always))):
        yield WhatIf("the mail `window` were open now", step, policy.at("window"))


_TRIALS = (
    _holds,
    _approvals,
    _tasks,
    _quiet,
    _reconciled,
    _gap,
    _again,
    _month,
    _tolerance,
    _earlier,
    _run,
    _conditions,
    _window,
)
