"""Options of one organisation: whose books, who signs, how to pay, and what people decided about its clients."""

from itertools import pairwise
from typing import Annotated, Any

from pydantic import BeforeValidator, WithJsonSchema, model_validator
from pydantic_core import PydanticCustomError

from worker.config.base import Options, option
from worker.config.kinds import (
    ClosureText,
    Day,
    Domain,
    Email,
    OneOrMore,
    PartText,
    Whole,
    Words,
    YesNo,
    Zone,
    choice,
    misread,
    quoted,
    read_day,
)
from worker.config.options_books import Books
from worker.config.options_client import ClientOptions, ClientSettingsOptions, Common, PayerOptions
from worker.config.options_mail import MailboxOptions
from worker.config.source import Located, LocatedList
from worker.core.phrases import weekday_of

BacklogChoice = Annotated[str, *choice("chase", "leave")]
Attached = Annotated[str, *choice("invoice pdf", "statement")]
DebtsChoice = Annotated[str, *choice("our own", "assigned")]
PauseWhat = Annotated[str, *choice("all", "hard")]


class SenderOptions(Options):
    """Who messages come from."""

    name: Words = option("The name the client sees.", "Accounts, Harbour Studio", default=...)
    email: Email = option("The address, on the organisation's own domain.", "accounts@example.com", default=...)
    dkim_selectors: Annotated[list[Words], OneOrMore] = option(
        "Where the domain's DKIM keys lie, for `duecourse check --domain`; those of known senders are tried anyway.",
        ["s1"],
        default_factory=list,
        off=True,
    )


class SignatureOptions(Options):
    """A person who signs, and who answers replies."""

    name: Words = option("The person's name, or the team's.", "Accounts team", default=...)
    email: Email = option("Where replies go.", "accounts@example.com", default=...)
    phone: Words = option("A number somebody answers.", "+44 20 7946 0000", default="")
    title: Words = option("The line under the name.", "Bookkeeping", default="")
    reply_to: Email | None = option(
        "Where replies to this person's messages go, when not to the address above.", "owner@example.com", off=True
    )
    sender: SenderOptions | None = option("Who this person's messages come from, if not the organisation's sender.")


class PauseOptions(Options):
    """A period in which nothing but thanks leaves (`all`), or nothing hard does (`hard`)."""

    from_: Day = option("First day.", "2026-08-03", alias="from", default=...)
    to: Day = option("Last day.", "2026-08-14", default=...)
    what: PauseWhat = option("Everything, or only the harder steps.", "all", default="all")
    why: Words = option("Why; shown in the digest.", "office move", default=...)

    @model_validator(mode="after")
    def _in_order(self) -> "PauseOptions":
        if self.to < self.from_:
            raise misread(f'"to: {self.to}" is before "from: {self.from_}"', "a last day on or after the first")
        return self


class HoldOptions(Options):
    """No chasing of a client, or of one invoice."""

    client: Words = option("Platform id, account number or exact name.", "Harbour Studio Ltd", default=...)
    invoice: Words | None = option("Only this invoice, by number or id.", "INV-0042")
    until: Day | None = option("Last day of the hold; without it, until you remove this entry.", "2026-03-31")
    why: Words = option("Why; you will see it every morning.", "we are fixing their order", default=...)


class DisputeOptions(Options):
    """Something the client contests. At the review date it becomes a task, never a silent resumption."""

    client: Words = option("Platform id, account number or exact name.", "Harbour Studio Ltd", default=...)
    invoices: Annotated[list[Words], OneOrMore] = option(
        "The contested invoices; none means the whole client.", ["INV-0042"], default_factory=list
    )
    reason: Words = option("What is contested.", "two of five days were cancelled", default=...)
    owner: Words = option("Who settles it.", "Accounts team", default="")
    review: Day | None = option("When to look at it again.", "2026-02-28")


class PromiseOptions(Options):
    """A date the client said it would pay by."""

    client: Words = option("Platform id, account number or exact name.", "Harbour Studio Ltd", default=...)
    by: Day = option("The promised day.", "2026-02-20", default=...)
    made_on: Day | None = option("When it was said; otherwise counted as at most 30 days before.", "2026-02-05")
    invoices: Annotated[list[Words], OneOrMore] = option(
        "The invoices it is about; none means all that are open.", ["INV-0042"], default_factory=list
    )

    @model_validator(mode="after")
    def _in_order(self) -> "PromiseOptions":
        if self.made_on and self.by < self.made_on:
            raise misread(f'"by: {self.by}" is before "made on: {self.made_on}"', "a promise for later")
        return self


class PlanOptions(Options):
    """An agreed instalment plan: the ladder of its invoices is suspended, one instalment is asked for at a time."""

    client: Words = option("Platform id, account number or exact name.", "Harbour Studio Ltd", default=...)
    invoices: Annotated[list[Words], OneOrMore] = option(
        "The invoices it pays, all in one currency.", ["INV-0042"], default=..., min_length=1
    )
    instalments: Annotated[list[PartText], OneOrMore] = option(
        "The instalments, in order: an amount and a day each.",
        ["500.00 on 2026-03-31", "500.00 on 2026-04-30"],
        default=...,
        min_length=1,
    )

    @model_validator(mode="after")
    def _rising(self) -> "PlanOptions":
        days = [day for day, _ in self.instalments]
        if any(later <= earlier for earlier, later in pairwise(days)):
            raise misread("instalments that are not in the order of their days", "each on a later day than the last")
        return self


class MatchOptions(Options):
    """Which invoices; every line given must fit."""

    reference: Words | None = option("A word in the reference.", "deposit")
    number_prefix: Words | None = option("How the number begins.", "DEP-")
    theme: Words | None = option("The branding theme.", "Deposits")
    terms: Words | None = option("The payment terms.", "Due on receipt")
    repeating: YesNo | None = option("Whether it came from a repeating invoice.", "yes")

    @model_validator(mode="after")
    def _says_something(self) -> "MatchOptions":
        if not self.model_fields_set:
            raise misread('an empty "match"', "reference, number prefix, theme, terms or repeating")
        return self


class InvoiceOptions(Options):
    """A policy, or an exclusion, for the invoices that match."""

    match: MatchOptions = option("Which invoices.", default=...)
    policy: Words | None = option("The policy for them.", "standard")
    excluded: Words | None = option("Never chase them, and why.", "paid by the insurer", off=True)

    @model_validator(mode="after")
    def _one_of_two(self) -> "InvoiceOptions":
        if (self.policy is None) == (self.excluded is None):
            raise misread("a rule for invoices", 'either "policy" or "excluded", with the reason')
        return self


class NeverContactOptions(Options):
    """Who is never written to, whatever else is set."""

    clients: Annotated[list[Words], OneOrMore] = option("Clients.", ["Harbour Studio Ltd"], default_factory=list)
    groups: Annotated[list[Words], OneOrMore] = option(
        'Groups in the books; "No reminders" always counts.', ["Friends and family"], default_factory=list
    )
    domains: Annotated[list[Domain], OneOrMore] = option(
        "Domains of e-mail addresses.", ["example.net"], default_factory=list
    )


class CapsOptions(Options):
    """Hard ceilings per payer. They can only be tightened."""

    per_week: Whole | None = option("Messages to one payer in 7 days.", "2", "messages, at most 3", ge=1, le=3)
    per_month: Whole | None = option("Messages to one payer in 30 days.", "6", "messages, at most 10", ge=1, le=10)


def _reconciled(value: Any) -> str:
    expected = 'daily, a day such as "every tuesday", "by hand", or the date up to which it was done'
    text = " ".join(value.lower().split()) if isinstance(value, str) else ""
    if text in {"daily", "by hand"} or (text.startswith("every ") and weekday_of(text[6:]) is not None):
        return text
    try:
        return read_day(value).isoformat()
    except PydanticCustomError:
        raise misread(quoted(value), expected) from None


ReconciledText = Annotated[str, BeforeValidator(_reconciled), WithJsonSchema({"type": "string"})]


def _payer(value: Any) -> Any:
    """A list is short for `{clients: [...]}`."""
    if not isinstance(value, LocatedList):
        return value
    whole = Located(value.place)
    whole.put("clients", value, value.place)
    return whole


class LanguageOptions(Options):
    """The organisation's own sentences in one more language. Every sentence it has must be said here, too."""

    ways_to_pay: Annotated[list[Words], OneOrMore] = option(
        "How to pay, a line each.", ["Überweisung auf das Konto auf Ihrer Rechnung"], default_factory=list
    )
    terms: Words = option("Your payment terms in one sentence.", "Zahlbar 30 Tage nach Rechnungsdatum", default="")
    work: Words = option("What you do for your clients, in a few words.", "Gestaltung", default="")
    why_it_matters: Words = option(
        "An optional sentence for the firm step.", "Wir sind ein kleines Team und zahlen pünktlich", default=""
    )
    what_happens_next: Words = option(
        "The approved sentence of the final notice.", "Wir lassen uns dann zum weiteren Vorgehen beraten", default=""
    )


class OrganisationOptions(Common):
    """One organisation."""

    books: Books = option("Where its books are.", default=...)
    name: Words | None = option("Its name as its clients know it; otherwise as the books have it.", "Harbour Studio")
    zone: Zone | None = option("Its time zone; otherwise as the books have it.", "Europe/London")
    sender: SenderOptions | None = option("Who messages come from; needed before anything leaves.")
    signature: SignatureOptions | None = option("Who signs, unless a step says otherwise.")
    reply_to: Email | None = option(
        "Where replies go, when not to whoever signs: the mailbox that is watched.", "accounts@example.com", off=True
    )
    mail: MailboxOptions | None = option("A mailbox of its own; otherwise mail leaves as the practice's does.")
    signatures: dict[str, SignatureOptions] = option(
        "Other people who may sign; a step names one with `signed by`.", {"owner": None}, default_factory=dict
    )
    ways_to_pay: Annotated[list[Words], OneOrMore] = option(
        "How to pay, a line each. Never new bank details: they belong on the invoice.",
        ["Bank transfer to the account on your invoice"],
        default_factory=list,
    )
    terms: Words = option(
        "Your payment terms in one sentence.", "Payment is due 30 days after the invoice date", default=""
    )
    work: Words = option("What you do for your clients, in a few words.", "design work", default="")
    why_it_matters: Words = option(
        "An optional sentence for the firm step.", "We are a small team and pay ours on time", default=""
    )
    what_happens_next: Words = option(
        "One true sentence for the final notice, such as a person approved; without it no final notice goes out.",
        "We will then decide with our adviser how to recover the amount",
        default="",
    )
    languages: dict[str, LanguageOptions] = option(
        "Further languages your people write and answer in: a client whose country speaks one of them is written to in "
        "it, with these sentences.",
        {"de": None},
        default_factory=dict,
    )
    reconciled: ReconciledText | None = option("How often the bank is reconciled in the books.", "every tuesday")
    backlog: BacklogChoice | None = option(
        "What to do about invoices already overdue at the start; needed in live mode.", "leave"
    )
    debts: DebtsChoice | None = option("Whose debts these are; only one's own are asked for here.", "our own", off=True)
    own_domains: Annotated[list[Domain], OneOrMore] = option(
        "Your own domains: a client with an address there is held at first sight.",
        ["example.com"],
        default_factory=list,
    )
    forget: Annotated[list[Words], OneOrMore] = option(
        "Ids of clients to erase, as `duecourse forget` does: at the start of the next run, once, for good.",
        ["c-1042"],
        default_factory=list,
        off=True,
    )
    never_contact: NeverContactOptions = option("Who is never written to.", default_factory=NeverContactOptions)
    quiet: Annotated[list[ClosureText], OneOrMore] = option(
        "Yearly periods in which nothing but thanks leaves.", ["22 dec - 4 jan every year"], default_factory=list
    )
    pause: Annotated[list[PauseOptions], OneOrMore] = option(
        "Periods, once, in which nothing leaves.", default_factory=list
    )
    stopped: Words | None = option("Stops this organisation, and says why.", "we are moving our books", off=True)
    payers: dict[str, Annotated[PayerOptions, BeforeValidator(_payer)]] = option(
        "Who receives one message for several clients.",
        {
            "Harbour Group": {
                "clients": ["Harbour Studio Ltd"],
                "contacts": {"accounts payable": "payables@example.net"},
            }
        },
        default_factory=dict,
    )
    groups: dict[str, ClientSettingsOptions] = option(
        "Settings for a group of clients in the books; of several groups the last one here wins.",
        {"Agencies": {"policy": "standard", "cut-off": "3 business days", "pays": "last friday"}},
        default_factory=dict,
    )
    clients: list[ClientOptions] = option(
        "Settings for single clients; a .clients.csv beside this file does the same.", default_factory=list
    )
    holds: list[HoldOptions] = option(
        "Holds. Those from commands and from the books count as well.", default_factory=list
    )
    disputes: list[DisputeOptions] = option("Disputes.", default_factory=list)
    promises: list[PromiseOptions] = option("Promises.", default_factory=list)
    plans: list[PlanOptions] = option("Agreed instalment plans.", default_factory=list)
    invoices: list[InvoiceOptions] = option(
        "Rules for invoices that match; the first that fits wins.", default_factory=list
    )
    approvals: Annotated[list[Words], OneOrMore] = option(
        "Ids of approvals given here.", ["a1b2c3"], default_factory=list
    )
    notes_in_books: YesNo = option("Write a note to the invoice's history in the books.", "no", default=False)
    attach: Annotated[list[Attached], OneOrMore] = option(
        "What reminders carry: `invoice pdf`, as the platform prints them (one that cannot be had keeps no message "
        "back), or `statement`, everything open on the account.",
        ["statement"],
        default_factory=list,
    )
    attach_at_most: Whole = option(
        "Invoices a message may show and still carry them; with more, none is attached.",
        "3",
        "invoices, 1 to 10",
        default=3,
        ge=1,
        le=10,
    )
    caps: CapsOptions = option("Hard ceilings per payer.", default_factory=CapsOptions)
