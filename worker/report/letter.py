"""A letter before action as a page to print, complete and sign. It is a draft for a person; nothing here is sent."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Protocol

from worker.core.demand import Demand
from worker.core.money import Money, totals
from worker.core.receivable import Client
from worker.core.settings import OrganisationSettings
from worker.report.printed import heading, listing, page, text

BLANK = "________________________"


class Voice(Protocol):
    """The language of whoever reads the letter."""

    @property
    def language(self) -> str:
        """Its code."""

    def say(self, key: str, **values: str) -> str:
        """A phrase with its blanks filled in."""

    def money(self, amounts: Mapping[str, Decimal]) -> str:
        """One amount per currency."""

    def day(self, day: date | None) -> str:
        """A date; "" for none."""


def letter_page(client: Client, settings: OrganisationSettings, demand: Demand, voice: Voice) -> str:
    """The page, in the client's language. Blanks stand where only a person can say something."""
    sender = settings.display_name or (settings.sender.name if settings.sender else "") or BLANK
    who, said = next(iter(settings.signatures.values()), None), settings.said_in(voice.language)
    owed = voice.money(totals(Money(i.open, i.currency) for i in demand.invoices))
    columns = ("number", "reference", "issued", "due", "open")
    heads = tuple(voice.say(column) for column in columns)
    parts = [
        '<p class="note">Draft. Read it, complete the blanks, have it signed and post it; duecourse never sends it. '
        "What must be said before a claim differs by country and by kind of debtor: ask an adviser.</p>",
        text(sender),
        text(f"{client.name}\n{BLANK}\n{BLANK}"),
        text(voice.day(demand.on)),
        heading(voice.say("heading", owed=owed)),
        text(voice.say("opening", owed=owed)),
        listing(
            heads,
            [
                (i.number, i.reference, voice.day(i.issued), voice.day(i.due), voice.money({i.currency: i.open}))
                for i in demand.invoices
            ],
            (heads[-1],),
        ),
        *_interest(demand, voice),
        *_contacts(demand, voice),
        text(voice.say("pay", owed=owed, date=voice.day(demand.until))),
        text(voice.say("ways", ways="; ".join(said.ways_to_pay) or BLANK)),
        text(voice.say("otherwise", next=said.next_action or BLANK)),
        text(voice.say("plan")),
        text(f"{BLANK}\n{who.name if who else sender}" + (f"\n{who.phone}" if who and who.phone else "")),
    ]
    return page(f"{voice.say('title')}: {client.name}", parts, voice.language)


def _interest(demand: Demand, voice: Voice) -> list[str]:
    if not demand.interest:
        return []
    rows = [
        (
            f.number,
            voice.day(f.since),
            str(f.days),
            voice.money({f.amount.currency: f.amount.amount}),
            f.basis,
            voice.money({f.fixed.currency: f.fixed.amount}) if f.fixed else "",
        )
        for f in demand.interest
    ]
    heads = tuple(voice.say(key) for key in ("number", "since", "days", "amount", "basis", "fixed"))
    return [
        text(voice.say("interest", date=voice.day(demand.on))),
        listing(heads, rows, (heads[2], heads[3], heads[5])),
    ]


def _contacts(demand: Demand, voice: Voice) -> list[str]:
    if not demand.contacts:
        return []
    heads = (voice.say("on"), voice.say("how"))
    rows = [(voice.day(on), what or voice.say("email")) for on, what in demand.contacts]
    return [text(voice.say("contacts")), listing(heads, rows)]
