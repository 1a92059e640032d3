"""The shapes of what `run`, `preview` and `explain` print with --json; docs/reference/*.schema.json follow from them.

Keys stay; new ones may appear at any time. `schema` rises when one changes its meaning or goes away.
"""

from typing import Annotated, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

from worker.report.status_data import Amount, Count, Instant

Day = Annotated[str, Meta(description="A calendar day, ISO 8601: 2026-03-20.")]
Currency = Annotated[str, Meta(description="ISO 4217.")]
Place = Annotated[str, Meta(description='The file and line that decides; "" when nobody wrote it.')]
Schema = Annotated[int, Meta(ge=1, le=1, description="The version of this shape.")]
Money = Annotated[dict[str, Amount], Meta(description="Per currency; never one sum of two.")]
Bucket = Literal["chased", "waiting", "held", "excluded"]


class ReasonGiven(Struct, frozen=True, kw_only=True):
    """Why, as a stable code and as a sentence; the codes are in docs/bookkeeper/reasons.md."""

    code: str
    sentence: str
    evidence: dict[str, str]
    place: Place


class AdvancedInvoice(Struct, frozen=True, kw_only=True):
    """An invoice that a message advances. `run`: the payment run its step rests on."""

    id: str
    number: str
    round: Count
    step: str
    amount: Amount
    currency: Currency
    run: Day | None


class ThankedPayment(Struct, frozen=True, kw_only=True):
    """A payment that is thanked for."""

    id: str
    amount: Amount
    currency: Currency


class AnyDecision(Struct, frozen=True, kw_only=True):
    """What every decision has. `payer`: its id in the books; `name`: what it is called there."""

    payer: str
    name: str
    reason: ReasonGiven


class RemindDecision(AnyDecision, frozen=True, kw_only=True, tag_field="kind", tag="remind"):
    """A reminder. `invoices` advance; `listed` and `thanks_for` are ids of what it mentions besides."""

    key: str
    step: str
    stage: Literal["before due", "after due", "final"]
    to: list[str]
    cc: list[str]
    invoices: list[AdvancedInvoice]
    listed: list[str]
    thanks_for: list[str]


class ThankDecision(AnyDecision, frozen=True, kw_only=True, tag_field="kind", tag="thank"):
    """A thank-you."""

    key: str
    to: list[str]
    payments: list[ThankedPayment]


class TaskDecision(AnyDecision, frozen=True, kw_only=True, tag_field="kind", tag="task"):
    """Something for a person; `new` when this sweep found it."""

    id: str
    task: str
    what: str
    new: bool


class WaitDecision(AnyDecision, frozen=True, kw_only=True, tag_field="kind", tag="wait"):
    """Nothing today."""

    until: Day | None


class RefuseDecision(AnyDecision, frozen=True, kw_only=True, tag_field="kind", tag="refuse"):
    """A guard says no; `payer` is "" when it is about the whole organisation. `approval` would let it through."""

    approval: str
    paste: str


Decided = RemindDecision | ThankDecision | TaskDecision | WaitDecision | RefuseDecision


class InvoiceStanding(Struct, frozen=True, kw_only=True):
    """Where one open invoice stands, and what comes next for it."""

    invoice: str
    number: str
    client: str
    payer: str
    currency: Currency
    amount: Amount
    due: Day | None
    bucket: Bucket
    step: str
    next_on: Day | None
    reason: ReasonGiven


class ReasonShare(Struct, frozen=True, kw_only=True):
    """One line of the headline."""

    bucket: Bucket
    code: str
    label: str
    amount: Amount


class Headline(Struct, frozen=True, kw_only=True):
    """Money in one currency: the four heaps add up to `receivables` (`agrees`)."""

    chased: Amount
    waiting: Amount
    held: Amount
    excluded: Amount
    nobody_chasing: Amount
    receivables: Amount
    agrees: bool
    reasons: list[ReasonShare]


class Proposed(Struct, frozen=True, kw_only=True):
    """An approval that is wanted: the line to paste into the config, or the command."""

    id: str
    kind: str
    sentence: str
    names: list[str]
    paste: str
    command: str


class BacklogPile(Struct, frozen=True, kw_only=True):
    """What was overdue before the first live sweep."""

    pile: str
    invoices: Count
    clients: Count
    amounts: Money


class AskedOfBooks(Struct, frozen=True, kw_only=True):
    """What the sweep asked of the accounting platform; `bytes` on the wire."""

    calls: Count
    answered: Count
    bytes: Count


class SentMessage(Struct, frozen=True, kw_only=True):
    """A message that was handed off, and how that ended."""

    key: str
    payer: str
    kind: Literal["remind", "thank"]
    outcome: Annotated[str, Meta(description="accepted, uncertain, rejected, not sent ...")]
    detail: str


class DroppedMessage(Struct, frozen=True, kw_only=True):
    """A message the last look took back."""

    payer: str
    why: str


class Sweep(Struct, frozen=True, kw_only=True):
    """One organisation. What follows `dropped` is there only when its books were read (`skipped` is "")."""

    organisation: str
    sweep: str
    mode: str
    delivered: bool
    skipped: Annotated[str, Meta(description='Why nothing was decided; "" when something was.')]
    todo: str
    broken: str
    uncertain: Annotated[list[str], Meta(description="Keys of messages of unknown outcome.")]
    asked: AskedOfBooks
    sent: list[SentMessage]
    dropped: list[DroppedMessage]
    as_of: Annotated[str, Meta(description="The organisation's own day and time.")] | UnsetType = UNSET
    read_at: Instant | UnsetType = UNSET
    clients: Count | UnsetType = UNSET
    invoices: Count | UnsetType = UNSET
    open_invoices: Count | UnsetType = UNSET
    money: Annotated[dict[str, Headline], Meta(description="Per currency.")] | UnsetType = UNSET
    decisions: list[Decided] | UnsetType = UNSET
    standings: list[InvoiceStanding] | UnsetType = UNSET
    approvals: list[Proposed] | UnsetType = UNSET
    backlog: list[BacklogPile] | UnsetType = UNSET
    warnings: list[str] | UnsetType = UNSET


class Run(Struct, frozen=True, kw_only=True):
    """What `duecourse run --json` and `duecourse preview --json` print."""

    schema: Schema
    mode: Literal["preview", "live"]
    exit_code: Annotated[int, Meta(ge=0, le=3)]
    counts: Annotated[dict[str, int], Meta(description="Numbers for monitors: sent, skipped, uncertain, tasks ...")]
    organisations: list[Sweep]
    connections: Annotated[list[str], Meta(description="Sentences about connections that end soon, or have ended.")]


class NamedClient(Struct, frozen=True, kw_only=True):
    """A client by its id in the books and its name there."""

    id: str
    name: str


class SettingLine(Struct, frozen=True, kw_only=True):
    """One setting that holds for the client."""

    setting: str
    value: str
    place: Place


class Restraint(Struct, frozen=True, kw_only=True):
    """A hold, promise, dispute or the like."""

    kind: str
    what: str
    place: Place


class WhatIf(Struct, frozen=True, kw_only=True):
    """A single change that would have the client asked today, by this step."""

    change: str
    step: str
    place: Place


class CallLine(Struct, frozen=True, kw_only=True):
    """One line of what to know before a call."""

    what: str
    words: str


class CallToMake(Struct, frozen=True, kw_only=True):
    """A phone task with its script."""

    task: str
    lines: list[CallLine]


class NextStep(Struct, frozen=True, kw_only=True):
    """What comes next if nothing is paid; `on` as a person writes a day."""

    on: str
    what: str
    place: Place


class Contact(Struct, frozen=True, kw_only=True):
    """A message on record."""

    key: str
    on: Annotated[str, Meta(description="ISO 8601.")]
    kind: str
    step: str
    state: str


class Case(Struct, frozen=True, kw_only=True):
    """What `duecourse explain --json` prints."""

    schema: Schema
    organisation: str
    as_of: str
    read_at: Instant
    client: NamedClient | None
    payer: str
    settings: list[SettingLine]
    restraints: list[Restraint]
    standings: list[InvoiceStanding]
    decisions: list[Decided]
    what_if: list[WhatIf]
    calls: list[CallToMake]
    next: list[NextStep]
    contacts: list[Contact]
    replies: Annotated[list[dict[str, str]], Meta(description="What came back: on, what, from, about, text.")]
