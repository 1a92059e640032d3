"""Message models: the plain, frozen values a template may use, and the letter that leaves.

A template sees nothing else. Every amount, date and link in a message comes from here, so that figures can be traced.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from worker.core.account_values import Statement
from worker.core.money import Money
from worker.core.settings import Address, Signature


@dataclass(frozen=True, slots=True)
class InvoiceLine:
    """One invoice as a message shows it. `open` is what is owed now, `total` the original; `days_late` >= 0."""

    number: str
    reference: str
    issued: date | None
    due: date | None
    work: str
    open: Money
    total: Money
    part_paid: bool
    days_late: int
    url: str = ""
    client_name: str = ""
    invoice_id: str = ""


@dataclass(frozen=True, slots=True)
class ClientTotal:
    """The sub-total of one client in one currency, when a payer answers for several."""

    client_name: str
    total: Money


@dataclass(frozen=True, slots=True)
class ReceivedLine:
    """What a receipt paid towards one invoice, and what remains open on it."""

    number: str
    reference: str
    paid: Money
    remains: Money
    due: date | None = None


@dataclass(frozen=True, slots=True)
class InstalmentDue:
    """One instalment of an agreed plan: which of how many, its day, what is still wanting of it, and what the plan
    leaves open after it."""

    number: int
    count: int
    due: date
    amount: Money
    remains: Money


@dataclass(frozen=True, slots=True)
class EarlyPayment:
    """A discount the agreed terms grant for paying by `until`: what it takes off, and what then pays the invoice."""

    number: str
    until: date
    discount: Money
    pay: Money


@dataclass(frozen=True, slots=True)
class InterestFigure:
    """Interest on late payment as of the message's day: never booked, and only where its basis is certain.

    `basis` names the law or the clause, `since` is the first day that counts, `fixed` a fixed sum for recovery costs.
    """

    number: str
    since: date
    days: int
    amount: Money
    basis: str
    fixed: Money | None = None


@dataclass(frozen=True, slots=True)
class MessageModel:
    """All that wording may say.

    `coming` are not yet due, `overdue` are, `demanded` is what this message asks for (for final notices only the
    ripe ones, the rest in `also_open`); `not_included` are disputed. `gross`, `credit`, `net` are per currency.
    `run_date`/`next_run` are filled only for a run that was stated; `deadline` is the granted day; `earlier` the
    days of earlier contact known to have been delivered; `promised` a date the client itself gave. `instalments` are
    offered, `instalment` is one that was agreed; `plan_fee` is what an offered plan costs besides. `collected_by` and
    `collected_on`: how and when money was to be collected and was not. `late_fee_notice` is the organisation's own
    sentence about a fee its contract allows; like `interest` it is shown, never booked.
    """

    template: str
    language: str
    organisation: str
    payer: str
    greeting: str
    signature: Signature
    coming: tuple[InvoiceLine, ...] = ()
    overdue: tuple[InvoiceLine, ...] = ()
    demanded: tuple[InvoiceLine, ...] = ()
    also_open: tuple[InvoiceLine, ...] = ()
    not_included: tuple[InvoiceLine, ...] = ()
    subtotals: tuple[ClientTotal, ...] = ()
    gross: tuple[Money, ...] = ()
    credit: tuple[Money, ...] = ()
    net: tuple[Money, ...] = ()
    ways_to_pay: tuple[str, ...] = ()
    terms_text: str = ""
    run_date: date | None = None
    next_run: date | None = None
    cut_off: date | None = None
    deadline: date | None = None
    promised: date | None = None
    earlier: tuple[date, ...] = ()
    next_action: str = ""
    why_it_matters: str = ""
    received: tuple[Money, ...] = ()
    received_on: date | None = None
    paid_lines: tuple[ReceivedLine, ...] = ()
    nothing_else_due: bool = False
    first_ever: bool = False
    instalments: tuple[tuple[date, Money], ...] = ()
    plan_fee: Money | None = None
    instalment: InstalmentDue | None = None
    collected_by: str = ""
    collected_on: date | None = None
    early_payment: tuple[EarlyPayment, ...] = ()
    interest: tuple[InterestFigure, ...] = ()
    late_fee_notice: str = ""
    thanks_first: "MessageModel | None" = None
    statement: Statement | None = None
    country: str = ""


@dataclass(frozen=True, slots=True)
class Rendered:
    """What wording makes of a model: one subject line, a text part and an HTML part."""

    subject: str
    text: str
    html: str


@dataclass(frozen=True, slots=True)
class Attachment:
    """An invoice as PDF. `filename` is ours, never the platform's: letters, digits, dots and dashes."""

    filename: str
    content: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Letter:
    """One message to one payer, ready to become bytes. `key` is the logbook's, `message_id` without brackets."""

    key: str
    message_id: str
    sender: Address
    reply_to: Address | None
    to: tuple[Address, ...]
    subject: str
    text: str
    html: str
    cc: tuple[Address, ...] = ()
    archive: tuple[Address, ...] = ()
    references: tuple[str, ...] = ()
    headers: Mapping[str, str] = field(default_factory=dict)
    attachments: tuple[Attachment, ...] = ()
