"""Digests are sent once a day to each of its readers.

It is recorded before it is sent, under a key of day, reader and try: of two runs one sends it, and what may have left
is never repeated that day. Only an answer that says that nothing was taken allows another try.
"""

import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from worker.config.values import DigestSettings
from worker.core.digest import Digest, codes_data
from worker.core.events import Event, EventKind
from worker.core.settings import Address
from worker.digests.making import Readings, digest_for
from worker.digests.own_mail import own_mailer, send_own
from worker.digests.record import PRACTICE, next_try
from worker.digests.timing import all_read, is_due, today_of
from worker.errors import DuecourseError
from worker.ports import Outcome, Receipt

if TYPE_CHECKING:
    from worker.app import App


@dataclass(frozen=True, slots=True)
class Told:
    """What became of one digest; `outcome` as mailers say it."""

    recipient: str
    outcome: str
    detail: str = ""


def recipients(settings: DigestSettings, names: Iterable[str], day: date) -> dict[str, tuple[str, ...]]:
    """Every reader with the organisations theirs is about; whoever stands in for somebody away reads the same."""
    known = tuple(names)
    found: dict[str, tuple[str, ...]] = dict.fromkeys(settings.to, known)
    for name, owners in settings.owners.items():
        for owner in owners if name in known else ():
            had = found.get(owner, ())
            found[owner] = had if name in had else (*had, name)
    for approver in settings.approvers:
        theirs = found.get(approver.email)
        if theirs and approver.deputy and approver.is_away(day):
            had = found.get(approver.deputy, ())
            found[approver.deputy] = tuple(n for n in known if n in had or n in theirs)
    return found


def send_due(app: "App", *, force: bool = False) -> tuple[Told, ...]:
    """Send every reader's digest that is due and was not sent today. `force`: whatever the hour."""
    settings = app.practice.digest
    if settings is None or not (force or is_due(app, settings)):
        return ()
    day = today_of(settings, app.clock.now())
    names = [o.name for o in app.practice.organisations]
    waiting = [(r, n) for r, n in recipients(settings, names, day).items() if next_try(app, day, r)]
    if not waiting or not (force or all_read(app, settings)):
        return ()
    readings = Readings(app)
    told = tuple(t for recipient, theirs in waiting if (t := _send(app, settings, readings, recipient, theirs)))
    _alert(app, told)
    return told


def _send(
    app: "App", settings: DigestSettings, readings: Readings, recipient: str, names: Sequence[str]
) -> Told | None:
    from worker.report.digest import digest_words

    token = secrets.token_hex(5) if settings.answerable else ""
    digest = digest_for(app, recipient, names, readings, token=token)
    claim = token or secrets.token_hex(5)
    if not _claimed(app, digest, next_try(app, digest.day, recipient), claim):
        return None
    try:
        mailer = own_mailer(app, settings)
        receipt = send_own(app, settings, mailer, claim, Address(recipient), digest_words(digest))
    except DuecourseError as error:  # on record as tried: otherwise today's mail would wait for it for ever
        receipt = Receipt(Outcome.NOT_SENT, detail=str(error))
    data = {"id": claim, "outcome": str(receipt.outcome), "detail": receipt.detail[:200]}
    event = Event(EventKind.DIGESTED, app.clock.now(), digest.day.isoformat(), "digest", data)
    app.logbook.record(PRACTICE, event)
    return Told(recipient, str(receipt.outcome), receipt.detail)


def _claimed(app: "App", digest: Digest, number: int, claim: str) -> bool:
    """Put the digest on record, for one caller only."""
    if not number:
        return False
    day = digest.day.isoformat()
    data = {
        "to": digest.recipient,
        "day": day,
        "id": claim,
        "organisations": list(digest.organisations),
        "codes": codes_data(digest.lines),
        "planned": _planned(digest),
        "until": digest.until.isoformat() if digest.until else "",
    }
    key = f"digest:{day}:{digest.recipient}:{number}"
    app.logbook.record(PRACTICE, Event(EventKind.DIGEST, app.clock.now(), day, "digest", data, key))
    return any(e.key == key and e.data["id"] == claim for e in app.logbook.events(PRACTICE, day, EventKind.DIGEST))


def _planned(digest: Digest) -> dict[str, list[str]]:
    """By organisation, the clients it says will be asked today."""
    found: dict[str, list[str]] = {}
    for line in digest.lines:
        if line.item.kind == "remind":
            found.setdefault(line.item.organisation, []).append(line.item.client_id)
    return found


def _alert(app: "App", told: Sequence[Told]) -> None:
    """Say by the alert channel that a digest could not be sent, and log every outcome."""
    import structlog

    from worker.afterwards import Webhook

    log = structlog.get_logger()
    for one in told:
        log.info("digest", outcome=one.outcome)
    lost = [t for t in told if t.outcome not in {str(Outcome.ACCEPTED), str(Outcome.UNCERTAIN)}]
    if lost and app.practice.alerts:
        why = "; ".join(sorted({f"{t.outcome}: {t.detail}" if t.detail else t.outcome for t in lost}))[:300]
        text = f"duecourse could not send the digest to {len(lost)} of {len(told)} readers ({why})."
        Webhook(app.practice.alerts.webhook.reveal()).say(text)
