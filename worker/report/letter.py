"""A letter before action as a page to print, complete and sign. It is a draft for a person; nothing here is sent."""

from datetime import date

from worker.core.demand import Demand
from worker.core.money import Money, totals
from worker.core.receivable import Client
from worker.core.settings import OrganisationSettings
from worker.report.printed import heading, listing, page, text
from worker.report.terminal import money

BLANK = "________________________"


def letter_page(client: Client, settings: OrganisationSettings, demand: Demand) -> str:
    """The page, in English. Blanks stand where only a person can say something."""
    sender = settings.display_name or (settings.sender.name if settings.sender else "") or BLANK
    who = next(iter(settings.signatures.values()), None)
    owed = totals(Money(i.open, i.currency) for i in demand.invoices)
    parts = [
        '<p class="note">Draft. Read it, complete the blanks, have it signed and post it; duecourse never sends it. '
        "What must be said before a claim differs by country and by kind of debtor: ask an adviser.</p>",
        text(sender),
        text(f"{client.name}\n{BLANK}\n{BLANK}"),
        text(_day(demand.on)),
        heading(f"Letter before action: {money(owed)} overdue"),
        text(f"The following invoices are due and unpaid. Together they come to {money(owed)}."),
        listing(
            ("invoice", "your reference", "issued", "due", "open"),
            [
                (i.number, i.reference, _day(i.issued), _day(i.due), money({i.currency: i.open}))
                for i in demand.invoices
            ],
            ("open",),
        ),
        *_interest(demand),
        *_contacts(demand),
        text(f"Please pay {money(owed)}, or tell us in writing what you dispute and why, by {_day(demand.until)}."),
        text("How to pay: " + ("; ".join(settings.ways_to_pay) or BLANK)),
        text(f"If neither happens by then: {settings.next_action or BLANK}"),
        text("If you cannot pay all of it at once, write to us before that day: we would rather agree on a plan."),
        text(f"{BLANK}\n{who.name if who else sender}" + (f"\n{who.phone}" if who and who.phone else "")),
    ]
    return page(f"Letter before action: {client.name}", parts)


def _interest(demand: Demand) -> list[str]:
    if not demand.interest:
        return []
    rows = [
        (
            f.number,
            _day(f.since),
            str(f.days),
            money({f.amount.currency: f.amount.amount}),
            f.basis,
            money({f.fixed.currency: f.fixed.amount}) if f.fixed else "",
        )
        for f in demand.interest
    ]
    columns = ("invoice", "from", "days", "interest", "basis", "fixed sum")
    return [
        text(f"Interest up to {_day(demand.on)}, in addition to the amounts above:"),
        listing(columns, rows, ("days", "interest", "fixed sum")),
    ]


def _contacts(demand: Demand) -> list[str]:
    if not demand.contacts:
        return []
    return [
        text("We have been in touch about this before:"),
        listing(("on", "how"), [(_day(d), w) for d, w in demand.contacts]),
    ]


def _day(value: date | None) -> str:
    return f"{value:%-d %B %Y}" if value else ""
