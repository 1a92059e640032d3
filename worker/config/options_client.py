"""Options that can be written for a client, and for everything above it: payer, group, organisation, practice."""

from typing import Annotated

from pydantic import model_validator

from worker.config.base import Options, option
from worker.config.kinds import (
    ClosureText,
    Collects,
    Country,
    CutOffText,
    Day,
    DeductionText,
    Email,
    Language,
    Method,
    OneOrMore,
    Pays,
    TakesText,
    Until,
    Words,
    YesNo,
    choice,
    misread,
)

Delivered = Annotated[str, *choice("books", "portal", "post", "us")]


class ContactOptions(Options):
    """Who at the client's receives what; each may be several addresses."""

    accounts_payable: Annotated[list[Email], OneOrMore] = option(
        "Who receives reminders, instead of the address in the books.",
        "payables@client.example.com",
        default_factory=list,
    )
    thank_you: Annotated[list[Email], OneOrMore] = option(
        "Who is thanked; otherwise those who are reminded.",
        "owner@client.example.com",
        alias="thank-you",
        default_factory=list,
    )
    escalation: Annotated[list[Email], OneOrMore] = option(
        "Who is copied from the firm step on.", "finance@client.example.com", default_factory=list
    )
    treasurer: Annotated[list[Email], OneOrMore] = option(
        "Who receives reminders at a small club or charity, beside accounts payable.",
        "treasurer@client.example.com",
        default_factory=list,
    )


class CollectionOptions(Options):
    """Payment is already arranged: no ladder; a missed collection is a task."""

    method: Method = option("How it is collected: direct debit, card or standing order.", "direct debit", default=...)
    on: Words | None = option("When, in your own words.", "5th")


class Common(Options):
    """Settings that cascade: practice, organisation, group in the books, payer, client; the nearest one wins."""

    policy: Words | None = option(
        "The policy by which to ask: a preset, a file in policies/ or one written here.", "considerate"
    )
    country: Country | None = option("Country whose public holidays count.", "GB", "ISO 3166 code")
    region: Words | None = option("Region of that country with holidays of its own.", "SCT", "ISO 3166-2 part")
    language: Language | None = option("Language of the messages.", "en")
    needs_po: YesNo | None = option("Whether an invoice without a reference is a task on the day of issue.", "yes")
    delivered_by: Delivered | None = option("How invoices reach the client, when the books do not send them.", "portal")


class ClientSettingsOptions(Common):
    """Everything that can be settled for a client; also for a group in the books and for a payer."""

    pays: Pays | None = option("The client's payment runs, as you know them.", "last friday")
    cut_off: CutOffText | None = option(
        "How long before a run an invoice must be approved.", "3 business days", alias="cut-off"
    )
    takes: TakesText | None = option("Which invoices a run pays.", "due by the run")
    closed: Annotated[list[ClosureText], OneOrMore] | None = option("When the client does nothing.", ["1 aug - 31 aug"])
    pays_stated: YesNo | None = option("Whether messages may mention the run written under `pays`.", "yes")
    collects: Annotated[CollectionOptions, Collects] | None = option(
        "Payment is arranged already.", "direct debit on 5th"
    )
    hold_until: Until | None = option("No chasing through this day, or until it is released.", "2026-03-31")
    why: Words | None = option("Why it is held; you will see it every morning.", "we are fixing their order")
    contacts: ContactOptions | None = option("Who at the client's receives what.")
    factored: YesNo | None = option("Invoices are sold to a factor, and never chased to our own account.", "no")
    deducts: Annotated[list[DeductionText], OneOrMore] | None = option(
        "What the client may rightly keep back.", ["cis 20 %"]
    )
    last_contacted: Day | None = option("When somebody last asked, before duecourse did.", "2026-01-15")
    already_at: Words | None = option("The step reached before duecourse.", "nudge")

    @model_validator(mode="after")
    def _hold_is_whole(self) -> "ClientSettingsOptions":
        if self.why and not self.hold_until:
            raise misread(
                '"why" without "hold until"', "both or neither", 'add "hold until: released", or remove "why"'
            )
        return self


class ClientOptions(ClientSettingsOptions):
    """One client, by platform id, account number or exact unique name. A name that matches nobody stops the sweep."""

    client: Words = option("Platform id, account number or exact name.", "Harbour Studio Ltd", default=...)


class PayerOptions(ClientSettingsOptions):
    """Who receives one message for several clients. If its name is a client's, that client is the payer."""

    clients: Annotated[list[Words], OneOrMore] = option(
        "The clients it pays for.", ["Harbour Studio Ltd"], default=..., min_length=1
    )
