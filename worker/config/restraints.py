"""Holds, disputes, promises and never-contact: whatever keeps us from asking must reach the client it was meant for."""

from datetime import date, timedelta

from worker.config.names import Names, invoice_ids
from worker.config.options_client import ClientSettingsOptions
from worker.config.options_organisation import OrganisationOptions
from worker.core.receivable import Snapshot
from worker.core.settings import Dispute, Hold, Promise
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
            promises.append(Promise(client, entry.by, made, found, True, entry.place))
    return promises


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
