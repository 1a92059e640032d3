"""What people decided, resolved per client: the values `decide` reads beside the books and the history.

Resolution (built-in < practice < organisation < group < payer < client < invoice match) happens in `worker.config`;
every value that came from a file keeps its "file:line" in `places`, keyed by the setting's name.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, time
from decimal import Decimal
from enum import StrEnum
from typing import TYPE_CHECKING

from worker.core.payment_run import RunSchedule
from worker.core.policy import Policy, QuietPeriod
from worker.core.workdays import Calendar

if TYPE_CHECKING:
    from worker.core.interest import RateTable


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
    """A stated date to pay by. `stated_by_client` false: the books' own expectation, never called *your promise*.

    `day_guessed`: nobody wrote when it was made, so `made_on` is a guess.
    """

    client_id: str
    by: date
    made_on: date
    invoice_ids: tuple[str, ...] = ()
    stated_by_client: bool = True
    place: str = ""
    day_guessed: bool = False


@dataclass(frozen=True, slots=True)
class InstalmentPlan:
    """An agreed plan: these invoices are paid in `parts` (day, amount), all in `currency`; their ladder is suspended.

    `id` names it in the child rows of its messages.
    """

    id: str
    client_id: str
    invoice_ids: tuple[str, ...]
    currency: str
    parts: tuple[tuple[date, Decimal], ...]
    place: str = ""

    @property
    def total(self) -> Decimal:
        """What all instalments come to."""
        return sum((amount for _, amount in self.parts), Decimal(0))


@dataclass(frozen=True, slots=True)
class Collection:
    """Payment is already arranged: `method` is direct debit, card or standing order; `on` is the bookkeeper's words.

    `schedule` is what the words say, where they say a day: only then can a collection be missed.
    """

    method: str
    on: str = ""
    schedule: RunSchedule | None = None


class Debtor(StrEnum):
    """What kind of debtor a client is; the law treats them differently, and unknown means none of it is claimed."""

    BUSINESS = "business"
    PUBLIC = "public body"
    CONSUMER = "consumer"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Charges:
    """What late payment costs by law or contract, as a person stated it: shown where certain, never booked.

    `law` is the country (or US-STATE) whose law governs, `clause` the place in the contract, `rate` the contract's
    yearly rate (0.08 for 8 %); without a rate the statutory one counts where there is one. `notice` is the sentence
    about a contractual late fee; `interest` whether figures are wanted at all.
    """

    debtor: Debtor = Debtor.UNKNOWN
    law: str = ""
    interest: bool = False
    clause: str = ""
    rate: Decimal | None = None
    notice: str = ""


@dataclass(frozen=True, slots=True)
class EarlyDiscount:
    """A discount the terms grant for paying within `days` of the issue date: a `share` of the total."""

    share: Decimal
    days: int


@dataclass(frozen=True, slots=True)
class Deduction:
    """A stated deduction (`cis`, `retention`) of a share of the invoice total."""

    name: str
    share: Decimal


@dataclass(frozen=True, slots=True)
class ClientSettings:
    """Everything settled for one client. `to` may be empty: then the address in the books is used.

    `schedule` is a payment run a person wrote; `run_stated` says whether wording may quote it. `already_at` names the
    step reached before duecourse, `last_contacted` the day somebody last asked. `doubt`: what is seen instead of the
    run written. `escalate_to` is copied on hard steps; `roles` are all written contacts by role, for steps that name
    one. `never_hand_over`: why this debt stays with us whatever happens. `why_it_matters` and `terms_text` overrule the
    organisation's sentences.
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
    doubt: str = ""
    roles: Mapping[str, tuple[Address, ...]] = field(default_factory=dict)
    never_hand_over: str = ""
    why_it_matters: str = ""
    terms_text: str = ""
    charges: Charges = field(default_factory=Charges)
    early: EarlyDiscount | None = None
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
class Sentences:
    """The organisation's own sentences in one language."""

    ways_to_pay: tuple[str, ...] = ()
    terms_text: str = ""
    why_it_matters: str = ""
    next_action: str = ""
    work: str = ""


@dataclass(frozen=True, slots=True)
class OrganisationSettings:
    """All that was written for one organisation. `zone` is IANA; `calendar` the organisation's own business calendar.

    `fallback` builds the settings of a client no file mentions; `clients` is keyed by client id.
    `language` is what its people write, `sentences` its own words in further languages.
    `attach_at_most`: a message about no more invoices than this carries them as PDF; 0: none does.
    `attach_statement`: reminders carry a statement of account.
    `sends_from`: before this time of its day nothing leaves, whatever a policy's window says.
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
    plans: tuple[InstalmentPlan, ...] = ()
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
    rates: Mapping[str, "RateTable"] = field(default_factory=dict)
    stopped: str = ""
    notes_in_books: bool = False
    listening: Listening = Listening.REHEARSAL
    attach_at_most: int = 0
    attach_statement: bool = False
    fingerprint: str = ""
    language: str = "en"
    sentences: Mapping[str, Sentences] = field(default_factory=dict)
    sends_from: time | None = None

    def said_in(self, language: str) -> Sentences:
        """The organisation's own sentences for a client of this language; its ordinary ones when it has no others."""
        for code in (language, language.partition("-")[0]):
            if code in self.sentences:
                return self.sentences[code]
        return Sentences(self.ways_to_pay, self.terms_text, self.why_it_matters, self.next_action, self.work)
