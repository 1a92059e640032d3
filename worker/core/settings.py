"""What people decided, resolved per client: the values `decide` reads beside the books and the history.

Resolution (built-in < practice < organisation < group < payer < client < invoice match) happens in `worker.config`;
every value that came from a file keeps its "file:line" in `places`, keyed by the setting's name.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import StrEnum

from worker.core.payment_run import RunSchedule
from worker.core.policy import Policy, QuietPeriod
from worker.core.workdays import Calendar


class Mode(StrEnum):
    """Preview is the default: nothing leaves until `live`."""

    PREVIEW = "preview"
    LIVE = "live"


class DeliveredBy(StrEnum):
    """How invoices reach the client; anything but `BOOKS` means an unsent flag in the books says nothing."""

    BOOKS = "books"
    PORTAL = "portal"
    POST = "post"
    US = "us"


class Listening(StrEnum):
    """Whether answers reach us. `REHEARSAL`: no letter leaves this machine, so none can be answered."""

    WATCHED = "watched"
    DEAF = "deaf"
    REHEARSAL = "rehearsal"


class Backlog(StrEnum):
    """What to do about invoices already overdue at the baseline; a person must choose."""

    CHASE = "chase"
    LEAVE = "leave"


@dataclass(frozen=True, slots=True)
class Address:
    """A name and an e-mail address; the name may be empty."""

    email: str
    name: str = ""


@dataclass(frozen=True, slots=True)
class Hold:
    """No chasing for a client, or for `invoice_id` only, through `until` (inclusive; None: until released)."""

    client_id: str
    why: str
    until: date | None = None
    invoice_id: str = ""
    place: str = ""

    def covers(self, invoice_id: str, day: date) -> bool:
        """True on every day up to and including `until`."""
        return (not self.invoice_id or self.invoice_id == invoice_id) and (self.until is None or day <= self.until)


@dataclass(frozen=True, slots=True)
class Dispute:
    """A contested item; no `invoice_ids` means the whole client. At `review` it becomes a task, never a resumption."""

    client_id: str
    reason: str
    invoice_ids: tuple[str, ...] = ()
    owner: str = ""
    review: date | None = None
    place: str = ""


@dataclass(frozen=True, slots=True)
class Promise:
    """A stated date to pay by. `stated_by_client` false: the books' own expectation, never called *your promise*."""

    client_id: str
    by: date
    made_on: date
    invoice_ids: tuple[str, ...] = ()
    stated_by_client: bool = True
    place: str = ""


@dataclass(frozen=True, slots=True)
class Collection:
    """Payment is already arranged: `method` is direct debit, card or standing order; `on` is the bookkeeper's words."""

    method: str
    on: str = ""


@dataclass(frozen=True, slots=True)
class Deduction:
    """A stated deduction (`cis`, `retention`) of a share of the invoice total."""

    name: str
    share: Decimal


@dataclass(frozen=True, slots=True)
class ClientSettings:
    """Everything settled for one client. `to` may be empty: then the address in the books is used.

    `schedule` is a payment run a person wrote; `run_stated` says whether wording may quote it. `already_at` names the
    step reached before duecourse, `last_contacted` the day somebody last asked. `escalate_to` is copied on hard steps.
    """

    client_id: str
    policy: Policy
    payer_id: str
    calendar: Calendar
    schedule: RunSchedule | None = None
    run_stated: bool = False
    language: str = "en"
    to: tuple[Address, ...] = ()
    thanks_to: tuple[Address, ...] = ()
    cc: tuple[Address, ...] = ()
    escalate_to: tuple[Address, ...] = ()
    needs_po: bool = False
    delivered_by: DeliveredBy = DeliveredBy.BOOKS
    collects: Collection | None = None
    factored: bool = False
    deducts: tuple[Deduction, ...] = ()
    never_contact: str = ""
    last_contacted: date | None = None
    already_at: str = ""
    places: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class InvoiceRule:
    """Settings for the invoices a `match:` names: by reference, number prefix, branding theme, terms or repeating."""

    policy: Policy | None = None
    excluded: str = ""
    place: str = ""
    number_prefix: str = ""
    reference: str = ""
    theme: str = ""
    terms: str = ""
    repeating: bool | None = None


@dataclass(frozen=True, slots=True)
class Reconciled:
    """How fresh the bank side of the books is: `stale_after` is the last day on which it still counts as fresh."""

    words: str
    stale_after: date | None = None


@dataclass(frozen=True, slots=True)
class Signature:
    """Who signs and who answers: name, e-mail, phone, and the line under the name.

    Replies go to `reply_to` ("": to the e-mail); `sender` is whom their messages come from (None: the organisation's).
    """

    name: str
    email: str
    phone: str = ""
    title: str = ""
    reply_to: str = ""
    sender: Address | None = None


@dataclass(frozen=True, slots=True)
class Caps:
    """Hard ceilings per payer (I17): a policy may only be tighter."""

    per_week: int = 3
    per_month: int = 10


@dataclass(frozen=True, slots=True)
class OrganisationSettings:
    """All that was written for one organisation. `zone` is IANA; `calendar` the organisation's own business calendar.

    `fallback` builds the settings of a client no file mentions; `clients` is keyed by client id.
    `test_reach`: true when every mailer reaches only loopback or a folder.
    """

    name: str
    zone: str
    calendar: Calendar
    clients: Mapping[str, ClientSettings]
    mode: Mode = Mode.PREVIEW
    invoice_rules: tuple[InvoiceRule, ...] = ()
    holds: tuple[Hold, ...] = ()
    disputes: tuple[Dispute, ...] = ()
    promises: tuple[Promise, ...] = ()
    quiet: tuple[QuietPeriod, ...] = ()
    reconciled: Reconciled | None = None
    backlog: Backlog | None = None
    approvals: tuple[str, ...] = ()
    own_domains: frozenset[str] = frozenset()
    never_contact_domains: frozenset[str] = frozenset()
    never_contact_groups: frozenset[str] = frozenset({"no reminders"})
    ways_to_pay: tuple[str, ...] = ()
    display_name: str = ""
    sender: Address | None = None
    signatures: Mapping[str, Signature] = field(default_factory=dict)
    work: str = ""
    terms_text: str = ""
    why_it_matters: str = ""
    next_action: str = ""
    caps: Caps = field(default_factory=Caps)
    stopped: str = ""
    notes_in_books: bool = False
    listening: Listening = Listening.REHEARSAL
    fingerprint: str = ""
