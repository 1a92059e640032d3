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
    EarlyText,
    Email,
    Language,
    Law,
    Method,
    OneOrMore,
    Pays,
    Share,
    TakesText,
    Until,
    Words,
    YesNo,
    choice,
    misread,
)

DebtorChoice = Annotated[str, *choice("business", "public body", "consumer", "unknown")]
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


class LatePaymentOptions(Options):
    """What late payment costs, by law or contract. Figures are shown in a final notice where their basis is certain
    (`debtor`, `law`, and a clause where the law asks for one); nothing is ever booked."""

    interest: YesNo = option("Whether final notices show interest.", "yes", default=False)
    clause: Words | None = option("Where the contract agrees on it; needed in the US and in Australia.", "clause 7.2")
    rate: Share | None = option("The contract's yearly rate, instead of the law's.", "8 %")
    notice: Words | None = option(
        "One sentence about a late fee the contract allows, shown as it stands.",
        "Our terms allow a fee of 15.00 for invoices paid after 60 days",
    )


class CollectionOptions(Options):
    """Payment is already arranged: no ladder; a missed collection is a task."""

    method: Method = option("How it is collected: direct debit, card or standing order.", "direct debit", default=...)
    on: Words | None = option("When: a day as under `pays`, so that a missed one is noticed.", "5th")


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
    debtor: DebtorChoice | None = option("What kind of debtor: the law treats them differently.", "business")
    law: Law | None = option("Whose law governs: a country, or a state of the US.", "GB")
    late_payment: LatePaymentOptions | None = option("What late payment costs; shown, never booked.")
    early_payment: EarlyText | None = option(
        "A discount your terms grant; books that say it themselves need nothing here.", "2 % within 10 days", off=True
    )


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
    never_hand_over: Words | None = option(
        "Why this debt is never handed over to anybody, whatever happens.", "she is on our board", off=True
    )
    why_it_matters: Words | None = option(
        "A sentence for the firm step, instead of the organisation's.", "The season ends in May", off=True
    )
    terms: Words | None = option("The payment terms with them, in one sentence.", "14 days, as agreed in May", off=True)
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
