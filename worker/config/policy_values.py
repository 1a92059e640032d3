"""A complete, checked policy of options as the core's value."""

from typing import cast

from worker.config.conditions import ALWAYS
from worker.config.options_policy import PolicyOptions, StepOptions
from worker.core.policy import (
    HolidaysOf,
    PlanOffer,
    Policy,
    Stage,
    Statements,
    Step,
    ThankFor,
    Tolerance,
    Window,
    stage_of,
)
from worker.core.when import When

_TOLD = ("gap", "again", "at_most", "tolerance", "window")
"""Settings whose file and line `explain` tells."""


def policy_of(name: str, whole: PolicyOptions) -> Policy:
    """The core policy; what nothing says falls back to the core's own defaults."""
    built_in = Policy(name, ())
    thank = whole.thank
    return Policy(
        name,
        tuple(step_of(step) for step in whole.steps),
        description=whole.description or "",
        window=_window(whole, built_in.window),
        gap=whole.gap or built_in.gap,
        tolerance=_tolerance(whole, built_in.tolerance),
        confidence=built_in.confidence if whole.confidence is None else whole.confidence,
        patience=built_in.patience if whole.patience is None else whole.patience,
        patience_written=built_in.patience_written if whole.patience_written is None else whole.patience_written,
        thank_for=ThankFor(thank.for_) if thank and thank.for_ else built_in.thank_for,
        thank_part_payments=built_in.thank_part_payments
        if not thank or thank.part_payments is None
        else thank.part_payments,
        plans=_offer(whole),
        again=whole.again,
        per_month=whole.at_most,
        statements=_statements(whole),
        place=whole.place,
        places={name: whole.place_of(name) for name in _TOLD},
    )


def step_of(step: StepOptions) -> Step:
    """One step; a message is named like its step unless it says otherwise."""
    when = cast(When, step.when)
    message = step.message
    return Step(
        step.name,
        when,
        stage_of_step(step),
        when_unknown=step.when_unknown,
        condition=None if step.if_ is None or step.if_ == ALWAYS else step.if_,
        message="" if step.task else (message.otherwise if message and message.otherwise else step.name),
        message_if_run_stated=(message.run_stated or "") if message and not step.task else "",
        task=step.task or "",
        allow=step.allow or 0,
        approval=step.approval == "required",
        signed_by=step.signed_by or "",
        attach_statement=step.attach == "statement",
        to=step.to or "",
        was=tuple(step.was),
        place=step.place,
    )


def stage_of_step(step: StepOptions) -> Stage:
    """What the step says, else what its `when` implies."""
    return Stage(step.stage) if step.stage else stage_of(cast(When, step.when))


def _window(whole: PolicyOptions, default: Window) -> Window:
    if whole.window is None:
        return default
    opens, closes = whole.window.hours or (default.opens, default.closes)
    holidays = HolidaysOf(whole.window.holidays) if whole.window.holidays else default.holidays
    return Window(whole.window.days or default.days, opens, closes, holidays)


def _tolerance(whole: PolicyOptions, default: Tolerance) -> Tolerance:
    said = whole.tolerance
    if said is None:
        return default
    return Tolerance(
        default.amount if said.default is None else said.default,
        default.share if said.or_ is None else said.or_,
        tuple(sorted((currency.upper(), amount) for currency, amount in said.currencies.items())),
    )


def _offer(whole: PolicyOptions) -> PlanOffer | None:
    said = whole.plans
    if said is None or said.offer != "offered":
        return None
    built_in = PlanOffer()
    return PlanOffer(said.number or built_in.number, built_in.fee if said.fee is None else said.fee)


def _statements(whole: PolicyOptions) -> Statements | None:
    said = whole.statement
    if said is None:
        return None
    return Statements(said.on, said.at_most) if said.at_most else Statements(said.on)
