"""One policy on top of another: fields by name, steps by name, an order that both understand."""

from typing import TypeVar

from worker.config.base import Options
from worker.config.options_policy import PolicyOptions, StepOptions
from worker.config.source import guess
from worker.core.policy import Track, track_of
from worker.errors import Problem

O = TypeVar("O", bound=Options)  # noqa: E741


def merged(parent: PolicyOptions, child: PolicyOptions, problems: list[Problem]) -> PolicyOptions:
    """`child` on `parent`: what the child does not say comes from the parent."""
    steps = _steps(parent, child, problems)
    whole = _over(parent, child)
    return whole.model_copy(update={"steps": steps, "remove": [], "extends": None, "description": child.description})


def _over(parent: O, child: O) -> O:
    said = {n: v for n in child.model_fields_set if (v := getattr(child, n)) is not None}
    for name, value in said.items():
        below = getattr(parent, name)
        if isinstance(value, Options) and isinstance(below, Options):
            said[name] = _over(below, value)
    whole = parent.model_copy(update=said)
    whole._place = child.place
    whole._places = {**{n: parent.place_of(n) for n in parent.model_fields_set}, **child._places}
    return whole


def _step_over(parent: StepOptions, child: StepOptions) -> StepOptions:
    whole = _over(parent, child)
    # A message instead of the task, or a task instead of the message: the last word counts.
    if child.message and not child.task:
        return whole.model_copy(update={"task": None})
    if child.task and not child.message:
        return whole.model_copy(update={"message": None})
    return whole


def _steps(parent: PolicyOptions, child: PolicyOptions, problems: list[Problem]) -> list[StepOptions]:
    known = {s.name: s for s in parent.steps}
    for name in child.remove:
        if name not in known:
            todo = guess(name, known, "correct it or leave it out")
            problems.append(
                Problem(
                    child.place_of("remove"),
                    f'remove: there is no step "{name}"',
                    ", ".join(known) or "nothing to remove",
                    todo,
                )
            )
    kept = [s.name for s in parent.steps if s.name not in child.remove]
    # `was:` takes over the place of the step it renames.
    renamed = {old: s.name for s in child.steps for old in s.was if old in kept and s.name not in kept}
    own: dict[str, StepOptions] = {}
    for step in child.steps:
        old = step.name if step.name in known else next((w for w in step.was if w in known), None)
        own[step.name] = _step_over(known[old], step) if old else step
    kept = [renamed.get(name, name) for name in kept]
    # Steps for what was agreed have no place on the ladder: a list of the ladder's own sets its order.
    apart = [n for n in dict.fromkeys([*kept, *own]) if _agreed(own.get(n) or known.get(n))]
    kept, named = [n for n in kept if n not in apart], [n for n in own if n not in apart]
    order = named if set(kept) <= set(named) else _woven(kept, named)
    return [own.get(name) or known[name] for name in (*apart, *order)]


def _agreed(step: StepOptions | None) -> bool:
    return step is not None and step.when is not None and track_of(step.when) is not Track.LADDER


def _woven(kept: list[str], own: list[str]) -> list[str]:
    """The parent's order; each new step follows the step named before it, or precedes the one named after it."""
    order = list(kept)
    for place, name in enumerate(own):
        if name in order:
            continue
        before = next((n for n in reversed(own[:place]) if n in order), None)
        after = next((n for n in own[place + 1 :] if n in order), None)
        if before is not None:
            order.insert(order.index(before) + 1, name)
        elif after is not None:
            order.insert(order.index(after), name)
        else:
            order.append(name)
    return order
