"""Message models: the plain, frozen values a template may use, and the letter that leaves.

A template sees nothing else. Every amount, date and link in a message comes from here, so that figures can be traced.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

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
class MessageModel:
    """All that wording may say.

    `coming` are not yet due, `overdue` are, `demanded` is what this message asks for (for final notices only the
    ripe ones, the rest in `also_open`); `not_included` are disputed. `gross`, `credit`, `net` are per currency.
    `run_date`/`next_run` are filled only for a run that was stated; `deadline` is the granted day; `earlier` the
    days of earlier contact known to have been delivered; `promised` a date the client itself gave.
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
    thanks_first: "MessageModel | None" = None
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
