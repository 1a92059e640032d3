"""Options of a policy and its steps, as a bookkeeper writes them. `policies` turns them into core values."""

import re
from decimal import Decimal
from typing import Annotated, Any

from pydantic import BeforeValidator, WithJsonSchema

from worker.config.base import Options, option
from worker.config.conditions import ConditionText
from worker.config.kinds import (
    Days,
    Hours,
    OneOrMore,
    Pays,
    Share,
    SpanText,
    Weekdays,
    WhenText,
    Whole,
    Words,
    YesNo,
    choice,
    decimal_of,
    misread,
    quoted,
)
from worker.config.source import Located

StageChoice = Annotated[str, *choice("before due", "after due", "final")]
HolidaysChoice = Annotated[str, *choice("client country", "organisation country", "both", "none")]
ThankChoice = Annotated[str, *choice("chased", "all", "none")]
OfferChoice = Annotated[str, *choice("offered", "none")]
RoleChoice = Annotated[str, *choice("accounts payable", "treasurer", "escalation", "thank-you")]
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
    """A text is the amount; currencies may stand beside it: `{default: 5.00, EUR: 6.00}`."""
    if isinstance(value, str):
        return {"default": value}
    if not isinstance(value, Located):
        return value
    whole, own = Located(value.place), Located(value.place)
    for key, inner in value.items():
        (own if re.fullmatch(r"[A-Z]{3}", key) else whole).put(key, inner, value.places[key])
    if own:
        whole.put("currencies", own, value.place)
    return whole


def _offer(value: Any) -> Any:
    return {"offer": value} if isinstance(value, str) else value


def _statement(value: Any) -> Any:
    return {"on": value} if isinstance(value, str) else value


def _per_month(value: Any) -> int:
    expected = '"4 a month" (in any 30 days), at most 10'
    text = " ".join(value.lower().split()) if isinstance(value, str) else ""
    match = re.fullmatch(r"(\d{1,2}) (?:a|per|each|every) month", text, re.ASCII)
    if match is None:
        raise misread(quoted(value), expected)
    if not 1 <= int(match[1]) <= 10:
        raise misread(quoted(value), expected, "a hard ceiling can only be tightened")
    return int(match[1])


PerMonth = Annotated[int, BeforeValidator(_per_month), WithJsonSchema({"type": "string"})]


Amount = Annotated[Decimal, BeforeValidator(_amount), WithJsonSchema({"type": ["number", "string"]})]
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
    currencies: dict[str, Amount] = option(
        "Amounts of single currencies; they may stand beside `default` as well.", {"EUR": "6.00"}, default_factory=dict
    )


class OfferOptions(Options):
    """The terms of instalment plans we offer."""

    offer: OfferChoice = option("Whether plans are offered.", "offered", default="offered")
    number: Whole | None = option("How many instalments, a month apart.", "3", "instalments, 2 to 12", ge=2, le=12)
    fee: Amount | None = option("What a plan costs besides, in the invoice's currency; shown, never booked.", "0.00")


class StatementOptions(Options):
    """The account's statement. It needs a step `when: on statement`."""

    on: Pays = option("The day it is sent.", "1st business day", default=...)
    at_most: Whole | None = option(
        "How often an invoice makes one go out at most; then it is only listed with others.",
        "6",
        "1 to 12",
        ge=1,
        le=12,
    )


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
    to: RoleChoice | None = option(
        "Which of the client's contacts receives it; those who are reminded, unless written.", "escalation", off=True
    )
    signed_by: Words | None = option("Which of the organisation's signatures.", "owner")
    attach: AttachChoice | None = option("What this step's message carries besides.", "statement", off=True)
    was: Annotated[list[Words], OneOrMore] = option("Former names of this step.", ["reminder"], default_factory=list)


class PolicyOptions(Options):
    """A policy. What it does not say comes from the one it extends."""

    description: Words | None = option("What it is for.", "Times every message around the client's payment run")
    extends: Words | None = option("The policy it starts from.", "considerate")
    window: WindowOptions | None = option("When mail may leave.")
    gap: SpanText | None = option("Between any two chasing messages to one payer.", "4 business days")
    again: SpanText | None = option(
        "How long the same question (or a softer one) waits before the payer hears it again, for whatever invoice.",
        "10 business days",
    )
    at_most: PerMonth | None = option("Messages to one payer in any 30 days.", "4 a month", "at most 10")
    tolerance: Annotated[ToleranceOptions, BeforeValidator(_tolerance)] | None = option(
        "What is too little to ask for."
    )
    confidence: Confidence | None = option("Below this a learnt run is shown, not used.", "0.7", "0 to 1")
    patience: Days | None = option(
        "How far past its ordinary day a step may wait for a learnt run.", "7 days", "calendar days"
    )
    patience_written: Days | None = option("The same for a run a person wrote.", "35 days", "calendar days")
    plans: Annotated[OfferOptions, BeforeValidator(_offer)] | None = option(
        "Whether instalment plans are offered, and on which terms.", "offered"
    )
    statement: Annotated[StatementOptions, BeforeValidator(_statement)] | None = option(
        "When the account's statement goes out."
    )
    steps: list[StepOptions] = option("The ladder, in order.", default_factory=list)
    remove: Annotated[list[Words], OneOrMore] = option(
        "Steps of the extended policy to leave out.", ["call"], default_factory=list
    )
    thank: ThankOptions | None = option("Who is thanked.")
