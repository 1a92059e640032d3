"""Options of a policy and its steps, as a bookkeeper writes them. `policies` turns them into core values."""

from decimal import Decimal
from typing import Annotated, Any

from pydantic import BeforeValidator, WithJsonSchema

from worker.config.base import Options, option
from worker.config.conditions import ConditionText
from worker.config.kinds import (
    Days,
    Hours,
    OneOrMore,
    SpanText,
    Weekdays,
    WhenText,
    Words,
    YesNo,
    choice,
    decimal_of,
    misread,
    quoted,
    share_of,
)

StageChoice = Annotated[str, *choice("before due", "after due", "final")]
HolidaysChoice = Annotated[str, *choice("client country", "organisation country", "both", "none")]
ThankChoice = Annotated[str, *choice("chased", "all", "none")]
PlansChoice = Annotated[str, *choice("offered", "none")]
AttachChoice = Annotated[str, *choice("statement")]
ApprovalChoice = Annotated[str, *choice("required", "none")]


def _amount(value: Any) -> Decimal:
    text = value.strip() if isinstance(value, str) else ""
    number = decimal_of(text)
    if number is None:
        raise misread(quoted(value), "an amount such as 5.00, in the invoice's currency")
    if number < 0:
        raise misread(f'"{text}" is less than nothing', "0 or more", "a tolerance is what is not worth a message")
    return number


def _confidence(value: Any) -> Decimal:
    number = decimal_of(value.strip()) if isinstance(value, str) else None
    if number is None or not 0 <= number <= 1:
        raise misread(quoted(value), "a number from 0 to 1, such as 0.7")
    return number


def _message(value: Any) -> Any:
    return {"otherwise": value} if isinstance(value, str) else value


def _tolerance(value: Any) -> Any:
    return {"default": value} if isinstance(value, str) else value


Amount = Annotated[Decimal, BeforeValidator(_amount), WithJsonSchema({"type": ["number", "string"]})]
Share = Annotated[Decimal, BeforeValidator(share_of), WithJsonSchema({"type": "string"})]
Confidence = Annotated[Decimal, BeforeValidator(_confidence), WithJsonSchema({"type": ["number", "string"]})]


class WindowOptions(Options):
    """When mail may leave, in the organisation's time zone."""

    days: Weekdays | None = option("Weekdays.", "mon-fri")
    hours: Hours | None = option("From when until when.", "09:00-16:30", "local time, inside 08:00-21:00")
    holidays: HolidaysChoice | None = option("Whose public holidays close it.", "client country")


class ToleranceOptions(Options):
    """What is too little to ask for: a balance that is at most either of the two."""

    default: Amount | None = option("An amount in the invoice's currency.", "5.00")
    or_: Share | None = option("A share of what was invoiced.", "1 %", alias="or")


class ThankOptions(Options):
    """Who is thanked."""

    for_: ThankChoice | None = option("Receipts that earn thanks.", "chased", alias="for")
    part_payments: YesNo | None = option("Whether a part payment does.", "yes")


class MessageOptions(Options):
    """The wording of a step, by template name."""

    run_stated: Words | None = option("For clients whose payment run was stated, not learnt.", "missed-run")
    otherwise: Words | None = option("For everybody else.", "nudge")


class StepOptions(Options):
    """One step: a message (named like the step unless it says otherwise) or a task."""

    name: Words = option("Its name, which history remembers.", "nudge", default=...)
    when: WhenText | None = option("When it comes.", "3 business days after payment run")
    when_unknown: WhenText | None = option("When it comes while no payment run is known.", "4 business days after due")
    stage: StageChoice | None = option(
        "Before due, after due or final; otherwise seen from `when`.", "after due", off=True
    )
    if_: ConditionText | None = option(
        "Only if this holds; otherwise the step is passed by.", {"balance": "> 250"}, alias="if"
    )
    message: Annotated[MessageOptions, BeforeValidator(_message)] | None = option(
        "The template.", {"run stated": "missed-run", "otherwise": "nudge"}
    )
    task: Words | None = option("A task for a person instead of a message.", "phone", off=True)
    allow: Days | None = option(
        "The deadline the message grants; the next step waits for it.", "7 days", "calendar days"
    )
    approval: ApprovalChoice | None = option("Whether a person approves it first.", "required")
    signed_by: Words | None = option("Which of the organisation's signatures.", "owner")
    attach: AttachChoice | None = option("What this step's message carries besides.", "statement", off=True)
    was: Annotated[list[Words], OneOrMore] = option("Former names of this step.", ["reminder"], default_factory=list)


class PolicyOptions(Options):
    """A policy. What it does not say comes from the one it extends."""

    description: Words | None = option("What it is for.", "Times every message around the client's payment run")
    extends: Words | None = option("The policy it starts from.", "considerate")
    window: WindowOptions | None = option("When mail may leave.")
    gap: SpanText | None = option("Between any two chasing messages to one payer.", "4 business days")
    tolerance: Annotated[ToleranceOptions, BeforeValidator(_tolerance)] | None = option(
        "What is too little to ask for."
    )
    confidence: Confidence | None = option("Below this a learnt run is shown, not used.", "0.7", "0 to 1")
    patience: Days | None = option(
        "How far past its ordinary day a step may wait for a learnt run.", "7 days", "calendar days"
    )
    patience_written: Days | None = option("The same for a run a person wrote.", "35 days", "calendar days")
    plans: PlansChoice | None = option("Whether instalment plans are offered.", "offered")
    steps: list[StepOptions] = option("The ladder, in order.", default_factory=list)
    remove: Annotated[list[Words], OneOrMore] = option(
        "Steps of the extended policy to leave out.", ["call"], default_factory=list
    )
    thank: ThankOptions | None = option("Who is thanked.")
