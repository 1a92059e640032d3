"""What makes a whole ladder unusable: steps that cannot come, words that do not exist, a chase that never ends."""

from collections.abc import Iterator
from datetime import date

from worker.config.options_policy import PolicyOptions, StepOptions
from worker.config.policy_values import stage_of_step
from worker.config.source import guess
from worker.core.policy import Stage, Track, track_of
from worker.core.when import Anchor, Clause, When, evaluate
from worker.core.workdays import Calendar
from worker.errors import Problem

_ORDER = {Stage.BEFORE: 0, Stage.AFTER: 1, Stage.FINAL: 2}
# Any day serves: two clauses on one anchor are compared, and only their distance counts.
_SOME_DAY = date(2026, 3, 16)


def ladder_problems(name: str, whole: PolicyOptions, templates: frozenset[str]) -> list[Problem]:
    """Every problem of a merged policy, in the order of its steps."""
    if not whole.steps:
        place = whole.place
        return [Problem(place, f'the policy "{name}" has no steps', "at least one", "add steps, or extend considerate")]
    problems = [p for step in whole.steps for p in _step_problems(step, templates)]
    if problems:
        return problems
    ladder = [step for step in whole.steps if _track(step) is Track.LADDER]
    problems = [*_names(whole.steps), *(p for step in whole.steps for p in arrangement_problems(step, whole))]
    if not ladder:
        todo = "add a step with a task (task: decide), for what the statements do not bring in"
        found = f'the policy "{name}" has only steps for what was agreed, and never ends'
        return [*problems, Problem(whole.place, found, "a ladder, or one task at the end", todo)]
    return [*problems, *_first(ladder[0]), *_stages(ladder), *_end(name, ladder[-1])]


def _track(step: StepOptions) -> Track:
    return track_of(step.when) if step.when else Track.LADDER


def arrangement_problems(step: StepOptions, whole: PolicyOptions) -> Iterator[Problem]:
    """What cannot be of a step that hangs on a statement, an instalment or a collection."""
    track = _track(step)
    if step.when is None or (track is Track.LADDER and step.name not in _agreed_names(whole)):
        return
    place, words = step.place_of("when"), step.when.words()
    if track is Track.STATEMENT:
        if step.when.clause.span is not None or step.when.not_before or step.when.at_latest:
            yield Problem(place, f'"{words}"', "on statement", "move the day itself under statement:")
        if whole.statement is None:
            todo = "add statement: 1st business day"
            yield Problem(place, f'the step "{step.name}" needs to know the day', "a line statement:", todo)
        if step.task or step.approval == "required":
            yield Problem(step.place, f'the statement "{step.name}" waits for a person', "a message alone", "remove it")
    elif step.when.clause.before:
        todo = f"write {step.when.clause.span.words() if step.when.clause.span else 'some days'} after {track}"
        yield Problem(place, f'"{words}": nothing is asked before it was missed', f"a time after the {track}", todo)
    if stage_of_step(step) is Stage.FINAL:
        yield Problem(step.place, f'"{step.name}" is final, and about something agreed', "a step of the ladder", "")


def _agreed_names(whole: PolicyOptions) -> frozenset[str]:
    return frozenset(step.name for step in whole.steps if _track(step) is not Track.LADDER)


def _step_problems(step: StepOptions, templates: frozenset[str]) -> Iterator[Problem]:
    if step.when is None:
        yield Problem(step.place, f'the step "{step.name}" has no "when"', 'a line "when: 5 days after due"', "add it")
        return
    if step.task and step.message:
        todo = "make two steps of it"
        yield Problem(step.place, f'the step "{step.name}" has a task and a message', "one of the two", todo)
    if (lacking := _lacks_deadline(step)) and not step.allow:
        found = f'the message "{lacking}" names a day by which to answer, and "{step.name}" grants none'
        yield Problem(step.place, found, 'a line "allow: 7 days"', "add it")
    if step.task and step.allow:
        yield Problem(
            step.place_of("allow"), f'the task "{step.name}" grants a deadline', "a message that does", "remove it"
        )
    for template in _templates(step):
        if template not in templates:
            where = step.place_of("message" if step.message else "name")
            todo = guess(
                template,
                templates,
                "name one of these under message:, or write wording/LANGUAGE/NAME.md",
            )
            yield Problem(
                where, f'there is no message "{template[:60]}"', f"one of {', '.join(sorted(templates))}", todo
            )
    for when in (step.when, step.when_unknown):
        if when and _never(when):
            todo = "bring the two together"
            yield Problem(step.place_of("when"), f'"{when.words()}" can never come', "a floor before the ceiling", todo)
    if step.when_unknown and step.when_unknown.needs(Anchor.RUN, Anchor.MISSED_RUN, Anchor.CUT_OFF):
        place, words = step.place_of("when_unknown"), step.when_unknown.words()
        yield Problem(place, f'"when unknown: {words}" needs a run', "one that does without", "count from due")


NEED_DEADLINE = frozenset({"offer-plan", "final-notice"})
"""Shipped messages that cannot be worded without a granted deadline."""


def _lacks_deadline(step: StepOptions) -> str:
    return next((t for t in _templates(step) if t in NEED_DEADLINE), "")


def _templates(step: StepOptions) -> list[str]:
    if step.task:
        return []
    if step.message is None:
        return [step.name]
    return [step.message.otherwise or step.name, *([step.message.run_stated] if step.message.run_stated else [])]


def _never(when: When) -> bool:
    """True when a floor lies behind a ceiling that hangs on the same anchor."""
    return any(_same(f, c) and _day(f) > _day(c) for f in when.not_before for c in when.at_latest)


def _same(one: Clause, other: Clause) -> bool:
    return list(one.anchors()) == list(other.anchors())


def _day(clause: Clause) -> date:
    return evaluate(When(clause), lambda _: _SOME_DAY, Calendar()) or _SOME_DAY


def _names(steps: list[StepOptions]) -> Iterator[Problem]:
    seen: dict[str, str] = {}
    for step in steps:
        for name in (step.name, *step.was):
            if name in seen:
                found = f'two steps are or were called "{name}"'
                yield Problem(
                    step.place, found, "a name of its own for each", f"rename this or the one at {seen[name]}"
                )
            seen.setdefault(name, step.place)


def _first(step: StepOptions) -> Iterator[Problem]:
    for name, when in (("when", step.when), ("when_unknown", step.when_unknown)):
        if when and when.needs(Anchor.PREVIOUS):
            found = f'the first step, "{step.name}", counts from "previous"'
            yield Problem(step.place_of(name), found, "issued, due, cut-off or payment run", "nothing came before it")


def _stages(steps: list[StepOptions]) -> Iterator[Problem]:
    highest, held_by = Stage.BEFORE, ""
    for step in steps:
        stage = stage_of_step(step)
        softer = _ORDER[stage] < _ORDER[highest]
        if softer and stage is Stage.BEFORE:
            found = f'the step "{step.name}" comes before the due date, but follows "{held_by}", which comes after it'
            yield Problem(
                step.place, found, "steps in the order in which they come", "it would never be reached: move it up"
            )
        elif softer and not step.task:
            found = f'the message "{step.name}" follows "{held_by}", which is final'
            yield Problem(step.place, found, "only tasks after a final notice", "move it up, or make it a task")
        if _ORDER[stage] > _ORDER[highest]:
            highest, held_by = stage, step.name


def _end(name: str, last: StepOptions) -> Iterator[Problem]:
    if not last.task and stage_of_step(last) is not Stage.FINAL:
        found = f'the policy "{name}" never ends: its last step, "{last.name}", is one more reminder'
        todo = "add a step with a task (task: decide), so that a person decides what happens next"
        yield Problem(last.place, found, "a task or a final notice as the last step", todo)
