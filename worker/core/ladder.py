"""Where an invoice is on its policy's ladder, and on which day its next step comes due.

Nothing is stored: the level is derived from what was completed, each time. After-due steps are never skipped; a step
before due lapses once the invoice is overdue; a step late by a missed sweep is followed with full spacing.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta

from worker.core.arranged import NONE, Arrangement
from worker.core.history import UNHEARD
from worker.core.index import HistoryIndex, Rung
from worker.core.policy import Policy, Stage, Step
from worker.core.promises import is_about
from worker.core.receivable import Invoice, Snapshot
from worker.core.settings import ClientSettings
from worker.core.when import Anchor, Moment, When, evaluate
from worker.core.workdays import Calendar

MISSED_AFTER = 2
"""Business days after a run before an invoice still open in a complete reading counts as missed by it."""


@dataclass(frozen=True, slots=True)
class Timing:
    """When a step comes due and why: `run` is the payment run it hangs on, `ordinary` the day it would have had
    without one, `why` one clause of a sentence."""

    day: date | None
    run: date | None = None
    ordinary: date | None = None
    why: str = ""


@dataclass(frozen=True, slots=True)
class Position:
    """The next step of one invoice. `step` None: the ladder has ended. `last` is the step reached before."""

    invoice: Invoice
    step: Step | None
    timing: Timing
    last: str = ""
    last_on: date | None = None
    blocked_until: date | None = None
    rung: int = -1
    tag: str = ""

    @property
    def name(self) -> str:
        """The step as child rows remember it: with the instalment or collection it is about, if any."""
        return named(self.step.name if self.step else "", self.tag)

    def due_on(self, day: date) -> bool:
        """True when the step's day has come (>=, never ==)."""
        return self.step is not None and self.timing.day is not None and self.timing.day <= day


def named(step: str, tag: str) -> str:
    """A step's name in child rows; `tag` is an arrangement's."""
    return f"{step}@{tag}" if tag else step


def plain_name(step: str) -> str:
    """The name a bookkeeper gave the step of a child row."""
    return step.partition("@")[0]


class Ladder:
    """The ladder of one client's invoices under one policy, as of one day; `arrangement` is the invoice's, if any."""

    def __init__(
        self,
        policy: Policy,
        settings: ClientSettings,
        calendar: Calendar,
        index: HistoryIndex,
        snapshot: Snapshot,
        day: date,
        paid_on: Mapping[str, tuple[date, ...]],
        arrangement: Arrangement = NONE,
    ) -> None:
        self.policy, self.settings, self.calendar = policy, settings, calendar
        self.index, self.snapshot, self.day, self.paid_on = index, snapshot, day, paid_on
        self.arrangement = arrangement

    def position(self, invoice: Invoice, after: int | None = None) -> Position:
        """The next step of this invoice; `after` asks for the one behind that rung (a step just passed by)."""
        reached, last = self._reached(invoice) if after is None else (after, self._reached(invoice)[1])
        step = self._next(invoice, reached)
        if step is None:
            return Position(invoice, None, Timing(None), plain_name(last.step), last.on, rung=reached)
        timing = self._timing(invoice, step, last)
        blocked = self._blocked(invoice)
        if blocked and (timing.day is None or blocked > timing.day):
            timing = Timing(blocked, timing.run, timing.ordinary, timing.why)
        rung, tag = self.policy.index(step.name), self.arrangement.tag
        return Position(invoice, step, timing, plain_name(last.step), last.on, blocked, rung, tag)

    def run_of(self, invoice: Invoice) -> date | None:
        """The payment run that should contain this invoice: the kept one while it still is a run and not before due."""
        schedule = self.settings.schedule
        if schedule is None:
            return None
        ready = invoice.approved or invoice.issued or invoice.due
        if ready is None:
            return None
        fresh = schedule.run_for(ready, invoice.due)
        kept = self._kept_run(invoice)
        still_holds = kept and (invoice.due is None or kept >= invoice.due) and schedule.next_run(kept) == kept
        return kept if still_holds else fresh

    def _kept_run(self, invoice: Invoice) -> date | None:
        """The run its last step was anchored on."""
        return next((r.run for r in reversed(self._rungs(invoice)) if r.run), None)

    def missed(self, invoice: Invoice) -> tuple[date, ...]:
        """Runs, from the one that should have contained it, that passed with the invoice open and unpaid in part."""
        first, schedule = self.run_of(invoice), self.settings.schedule
        if first is None or schedule is None:
            return ()
        read_on = self.snapshot.read_at.date()
        runs = (first, *schedule.runs_after(first, self.day))
        paid = self.paid_on.get(invoice.id, ())
        return tuple(
            run
            for run in runs
            if self.calendar.add(run, MISSED_AFTER) <= min(read_on, self.day)
            and not any(run <= p <= self.calendar.add(run, MISSED_AFTER) for p in paid)
        )

    @property
    def ends_unasked(self) -> bool:
        """True when the policy chases and its last step is not itself a task: somebody has to be asked what now."""
        last = self.policy.ladder[-1] if self.policy.ladder else None
        return last is not None and last.stage is not Stage.BEFORE and not last.task

    def heard(self, invoice: Invoice) -> bool:
        """False when the last message about it is known not to have arrived."""
        messages = [r.message for r in self._rungs(invoice) if r.message]
        return not messages or messages[-1].state not in UNHEARD

    def overdue(self, invoice: Invoice) -> bool:
        """True from the day after the due date."""
        return invoice.due is not None and self.day > invoice.due

    def _rungs(self, invoice: Invoice) -> list[Rung]:
        return self.index.rungs.get((invoice.id, invoice.round), [])

    def _reached(self, invoice: Invoice) -> tuple[int, Rung]:
        """The highest rung completed or passed by, and the last completed contact (step "" when there is none)."""
        rungs = [r for r in self._rungs(invoice) if self._is_own(r.step)]
        best = max((self.policy.index(plain_name(r.step)) for r in rungs), default=-1)
        for name in self.index.passed.get((invoice.id, invoice.round), ()):
            if self._is_own(name):
                best = max(best, self.policy.index(plain_name(name)))
        if self.settings.already_at and invoice.round == 0 and not self.arrangement.tag:
            best = max(best, self.policy.index(self.settings.already_at))
        last = rungs[-1] if rungs else Rung("", date.min)
        return best, last

    def _is_own(self, row: str) -> bool:
        """Whether a child row is of this ladder, or of this very instalment or collection."""
        return row.partition("@")[2] == self.arrangement.tag

    def _next(self, invoice: Invoice, reached: int) -> Step | None:
        for step in self.policy.steps[reached + 1 :]:
            if step.track is not self.arrangement.track:
                continue
            if step.stage is not Stage.BEFORE or not self._lapses(invoice, step):
                return step
        return None

    def _lapses(self, invoice: Invoice, step: Step) -> bool:
        """A step before due lapses once the invoice is overdue, and at once when its day would come later than that."""
        if self.overdue(invoice):
            return True
        day = self._nominal(invoice, step).day
        return day is not None and invoice.due is not None and day > invoice.due

    def _timing(self, invoice: Invoice, step: Step, last: Rung) -> Timing:
        """The later of the step's own day and full spacing after a step that was late."""
        timing = self._nominal(invoice, step)
        if timing.day is None or not last.step or step.when.needs(Anchor.PREVIOUS):
            return timing
        before = self.policy.step(plain_name(last.step))
        if before is None or _heralds(before, step):
            return timing
        planned = self._planned(invoice, before)
        if planned is None or timing.day <= planned:
            return timing
        spaced = last.on + (timing.day - planned)
        return (
            timing
            if spaced <= timing.day
            else Timing(spaced, timing.run, timing.ordinary, "full spacing after the last")
        )

    def _planned(self, invoice: Invoice, step: Step) -> date | None:
        """The day a step would have had with nothing before it late; one that hangs on the previous is spaced from
        that one's."""
        if not step.when.needs(Anchor.PREVIOUS):
            return self._nominal(invoice, step).day
        earlier = self.policy.on(step.track)[: self.policy.on(step.track).index(step)]
        before = next((s for s in reversed(earlier) if s.stage is not Stage.BEFORE), None)
        previous = self._planned(invoice, before) if before else None
        if before is None or previous is None:
            return None

        def resolve(moment: Moment) -> date | None:
            return previous if moment.anchor is Anchor.PREVIOUS else self._resolve(moment, invoice)

        day = evaluate(step.when, resolve, self.calendar)
        return max(day, previous + timedelta(days=before.allow + 1)) if day and before.allow else day

    def _nominal(self, invoice: Invoice, step: Step) -> Timing:
        """The step's own day; one after due never comes on the due date itself, when nothing is late yet (I20)."""
        timing = self._by_when(invoice, step)
        if step.stage is Stage.BEFORE or timing.day is None or invoice.due is None or timing.day > invoice.due:
            return timing
        return replace(timing, day=invoice.due + timedelta(days=1))

    def _by_when(self, invoice: Invoice, step: Step) -> Timing:
        ordinary = self._evaluate(step.when_unknown, invoice) if step.when_unknown else None
        if not step.when.needs(Anchor.RUN, Anchor.CUT_OFF, Anchor.MISSED_RUN):
            return Timing(self._evaluate(step.when, invoice), why=step.when.words())
        run = self.run_of(invoice)
        by_run = self._evaluate(step.when, invoice) if run else None
        if by_run is None:
            if step.when.needs(Anchor.MISSED_RUN) and run:
                return Timing(None, run, ordinary, step.when.words())
            unknown = "no payment run known" if run is None else "no day from its payment run"
            why = f"{step.when_unknown.words()}, as {unknown}" if step.when_unknown else unknown
            return Timing(ordinary, None, ordinary, why)
        if step.stage is Stage.BEFORE and invoice.due and by_run > invoice.due and ordinary:
            # On that day it would have lapsed unsaid: nothing may be called "coming up" once it is overdue.
            return Timing(ordinary, None, ordinary, f"its run on {run:%-d %B} is after the due date")
        stated = self.settings.run_stated
        patience = timedelta(days=self.policy.patience_written if stated else self.policy.patience)
        if ordinary and by_run > ordinary + patience:
            return Timing(ordinary, None, ordinary, f"its run on {run:%-d %B} is further off than patience allows")
        waited = self.index.waited.get((invoice.id, invoice.round, step.name))
        if waited and not stated and by_run > waited and ordinary:
            return Timing(ordinary, None, ordinary, "we have already waited once for a run")
        was = self._kept_run(invoice)
        moved = f"; no longer that of {was:%-d %B}, as its due date or their runs changed" if was and was != run else ""
        return Timing(by_run, run, ordinary, f"{step.when.words()} of {run:%-d %B}{moved}")

    def _evaluate(self, when: When, invoice: Invoice) -> date | None:
        return evaluate(when, lambda moment: self._resolve(moment, invoice), self.calendar)

    def _resolve(self, moment: Moment, invoice: Invoice) -> date | None:
        match moment.anchor:
            case Anchor.ISSUED:
                return invoice.issued
            case Anchor.DUE:
                return invoice.due
            case Anchor.RUN:
                return self.run_of(invoice)
            case Anchor.CUT_OFF:
                run = self.run_of(invoice)
                return self.settings.schedule.cut_off_of(run) if run and self.settings.schedule else None
            case Anchor.MISSED_RUN:
                missed = self.missed(invoice)
                return missed[moment.ordinal - 1] if len(missed) >= moment.ordinal else None
            case Anchor.PREVIOUS:
                return self._previous(invoice)
            case Anchor.PROMISED:
                promises = self.index.promises.get(self.snapshot.survivor(invoice.client_id), [])
                days = [p.by for p in promises if is_about(p, invoice)]
                return max(days, default=None)
            case Anchor.INSTALMENT | Anchor.COLLECTION:
                return self.arrangement.on
            case Anchor.STATEMENT:
                return None

    def _previous(self, invoice: Invoice) -> date | None:
        """The last completed contact; failing any, the day the last step was passed by."""
        previous = self.index.previous(invoice.id, invoice.round, self.snapshot.survivor(invoice.client_id))
        passed = self.index.passed.get((invoice.id, invoice.round), {}).values()
        return previous or max(passed, default=None)

    def _blocked(self, invoice: Invoice) -> date | None:
        """The first day allowed by a granted deadline (the day after it), whatever the step's own day is."""
        granted = max((r.granted for r in self._rungs(invoice) if r.granted), default=None)
        return granted + timedelta(days=1) if granted else None


def _heralds(before: Step, step: Step) -> bool:
    """A late message before due does not put off what comes after due: the two count from different things."""
    return before.stage is Stage.BEFORE and step.stage is not Stage.BEFORE
