"""Holds, disputes, promises and never-contact: whatever keeps us from asking must reach the client it was meant for."""

from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal
from hashlib import sha256

from worker.config.names import Names, invoice_ids
from worker.config.options_client import ClientSettingsOptions
from worker.config.options_organisation import OrganisationOptions
from worker.core.receivable import Snapshot
from worker.core.settings import Dispute, Hold, InstalmentPlan, Promise
from worker.errors import Problem

# A promise pauses for 30 days at most; without the day it was made on, count back from its own date.
_PROMISE = timedelta(days=30)


def holds_of(written: OrganisationOptions, names: Names, snapshot: Snapshot, problems: list[Problem]) -> list[Hold]:
    """The holds written as such; those written with a client, a payer or a group come from `hold_by`."""
    holds: list[Hold] = []
    for entry in written.holds:
        client = names.find(entry.client, entry.place, "a hold", problems)
        if client is None:
            continue
        found, lost = invoice_ids(snapshot, client, [entry.invoice] if entry.invoice else [])
        why = entry.why + _all_instead(lost)
        holds.append(Hold(client, why, entry.until, "" if lost or not found else found[0], entry.place))
    return holds


def hold_by(layer: ClientSettingsOptions, client_id: str) -> Hold | None:
    """The hold a layer of settings puts on a client, if any."""
    if layer.hold_until is None:
        return None
    until = None if layer.hold_until == "released" else layer.hold_until
    return Hold(client_id, layer.why or "no reason is written", until, place=layer.place_of("hold_until"))


def disputes_of(
    written: OrganisationOptions, names: Names, snapshot: Snapshot, problems: list[Problem]
) -> list[Dispute]:
    """Disputes with the ids of their clients and invoices."""
    disputes: list[Dispute] = []
    for entry in written.disputes:
        client = names.find(entry.client, entry.place, "a dispute", problems)
        if client is None:
            continue
        found, lost = invoice_ids(snapshot, client, entry.invoices)
        reason = entry.reason + _all_instead(lost)
        disputes.append(Dispute(client, reason, () if lost else found, entry.owner, entry.review, entry.place))
    return disputes


def promises_of(
    written: OrganisationOptions, names: Names, snapshot: Snapshot, as_of: date, problems: list[Problem]
) -> list[Promise]:
    """Promises with the ids of their clients and invoices; invoices that are not in the books are left out."""
    promises: list[Promise] = []
    for entry in written.promises:
        client = names.find(entry.client, entry.place, "a promise", problems)
        if client is None:
            continue
        found, _ = invoice_ids(snapshot, client, entry.invoices)
        made = entry.made_on or min(as_of, entry.by - _PROMISE)
        if found or not entry.invoices:
            promises.append(Promise(client, entry.by, made, found, True, entry.place, entry.made_on is None))
    return promises


def plans_of(
    written: OrganisationOptions, names: Names, snapshot: Snapshot, problems: list[Problem]
) -> list[InstalmentPlan]:
    """Agreed plans with the ids of their clients and invoices. A plan must know its invoices, and may not ask for more
    than they ever came to: a slip would either chase what was agreed or agree on what nobody owes."""
    plans: list[InstalmentPlan] = []
    for entry in written.plans:
        client = names.find(entry.client, entry.place, "a plan", problems)
        if client is None:
            continue
        found, lost = invoice_ids(snapshot, client, entry.invoices)
        if lost:
            todo = "correct the number, or remove the plan when it is paid and long ago"
            what = f"a plan for invoice {', '.join(lost)}, which {entry.client} does not have"
            problems.append(Problem(entry.place, what, "invoices of theirs", todo))
            continue
        invoices = [snapshot.by_id[i] for i in found]
        currencies = sorted({i.currency for i in invoices})
        total, most = sum((a for _, a in entry.instalments), Decimal(0)), sum((i.total for i in invoices), Decimal(0))
        if len(currencies) > 1:
            what = f"a plan over invoices in {' and '.join(currencies)}"
            problems.append(Problem(entry.place, what, "one currency", "write a plan for each"))
        elif total > most:
            what = f"instalments of {total}, and the invoices came to {most}"
            problems.append(Problem(entry.place, what, f"at most {most}", "correct the amounts"))
        else:
            plan_id = plan_id_of(client, entry.instalments)
            parts = tuple(entry.instalments)
            plans.append(InstalmentPlan(plan_id, client, found, currencies[0], parts, place=entry.place))
    return plans


def plan_id_of(client_id: str, parts: Sequence[tuple[date, Decimal]]) -> str:
    """The id of a plan: the same words give the same plan, so that its messages are found again."""
    return sha256(f"{client_id} {[(day.isoformat(), str(amount)) for day, amount in parts]}".encode()).hexdigest()[:6]


def never_contacted(written: OrganisationOptions, names: Names, problems: list[Problem]) -> dict[str, str]:
    """Why these clients are never written to, by id."""
    place = written.never_contact.place_of("clients")
    found = {names.find(text, place, '"never contact"', problems) for text in written.never_contact.clients}
    return {client: f"named at {place}" for client in found if client}


def _all_instead(lost: tuple[str, ...]) -> str:
    # A slip in an invoice's number must not lose the hold: it then covers the whole client, and says so.
    if not lost:
        return ""
    return (
        f" (no invoice {', '.join(lost)} of theirs is in the books, so nothing is chased: correct or remove the entry)"
    )
