"""The contact budget of a practice: how often one person hears from all its books together.

Whoever keeps the books of forty firms writes to some people for several of them. A practice may switch this on; it only
warns, and never says which other firm wrote.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace
from datetime import date, timedelta
from typing import TYPE_CHECKING

from worker.core.decisions import Remind
from worker.core.history import GONE, History, MessageKind
from worker.core.results import SweepResult

if TYPE_CHECKING:
    from worker.app import App

DAYS = 30


def contacts(histories: Iterable[tuple[str, History]], day: date) -> dict[str, dict[str, int]]:
    """By address and organisation, the reminders of the last 30 days."""
    found: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for name, history in histories:
        for message in history.messages:
            recent = timedelta(0) <= day - message.on < timedelta(days=DAYS)
            if recent and message.kind is MessageKind.REMINDER and message.state in GONE:
                for address in {a.lower() for a in message.to}:
                    found[address][name] += 1
    return found


def warnings(result: SweepResult, heard: dict[str, dict[str, int]], budget: int) -> tuple[str, ...]:
    """One for each payer asked today whose address hears more than `budget` from several of the practice's books."""
    if result.plan is None or result.snapshot is None:
        return ()
    found = []
    for decision in result.plan.decisions:
        if not isinstance(decision, Remind):
            continue
        for address in decision.to:
            books = heard.get(address.email.lower(), {})
            own = books.get(result.organisation, 0)
            others = sum(books.values()) - own
            if others and own + others > budget:
                name = result.snapshot.clients[decision.payer_id].name
                found.append(
                    f"{name}: {address.email} heard from books you keep {own + others} times in {DAYS} days, more than "
                    f"the {budget} of your contact budget. Nothing is held; a call may be kinder than a letter."
                )
    return tuple(dict.fromkeys(found))


def budgeted(app: "App", results: tuple[SweepResult, ...]) -> tuple[SweepResult, ...]:
    """The results, with a warning in each plan that asks somebody who hears from the practice very often."""
    practice = app.practice
    limit = practice.contact_budget
    plans = [r.plan for r in results if r.plan]
    if limit is None or not plans:
        return results
    histories = [(o.name, app.logbook.history(o.name)) for o in practice.organisations]
    heard = contacts(histories, max(p.as_of.day for p in plans))

    def told(result: SweepResult) -> SweepResult:
        said = warnings(result, heard, limit)
        if not said or result.plan is None:
            return result
        return replace(result, plan=replace(result.plan, warnings=(*result.plan.warnings, *said)))

    return tuple(told(r) for r in results)
