"""The digest as written, checked and as values."""

from collections.abc import Iterator, Mapping
from datetime import time, timedelta
from pathlib import Path

from worker.config.mail import effective, mail_of, mail_problems
from worker.config.options import PracticeOptions
from worker.config.options_digest import ApproverOptions, DigestOptions
from worker.config.options_mail import MailboxOptions, MailOptions
from worker.config.source import guess
from worker.config.values import Approver, DigestSettings
from worker.core.policy import Policy
from worker.errors import Problem

LEAD = timedelta(hours=2)
"""How long *stop* works: nothing leaves within this time of a digest."""


def _later(at: time) -> time:
    minutes = at.hour * 60 + at.minute + LEAD // timedelta(minutes=1)
    return time(*divmod(minutes, 60)) if minutes < 24 * 60 else time(23, 59)


def sends_from(written: DigestOptions) -> time:
    """Before this time of its own day no organisation's mail leaves."""
    return written.sends_from or _later(written.at)


def _mail(written: PracticeOptions, digest: DigestOptions) -> MailOptions:
    via = digest.via
    if via is None:
        return written.mail
    box = MailboxOptions.model_construct(smtp=via.smtp, imap=via.imap, replies=via.replies)
    box.take_places(via)
    return effective(written.mail, box)


def digest_of(
    written: PracticeOptions, folder: Path, env: Mapping[str, str], problems: list[Problem]
) -> DigestSettings | None:
    """The digest's settings; None when none is written."""
    digest = written.digest
    if digest is None:
        return None
    mail = _mail(written, digest)
    zones = [o.zone for o in written.organisations.values() if o.zone]
    return DigestSettings(
        tuple(dict.fromkeys(a.lower() for a in digest.to)),
        digest.at,
        sends_from(digest),
        mail_of(mail, folder / written.state, folder, env, problems),
        written.zone or (zones[0] if zones else "UTC"),
        {name: tuple(dict.fromkeys(a.lower() for a in found)) for name, found in sorted(digest.owners.items())},
        (digest.sender or "").lower(),
        digest.via is not None and digest.via.smtp is not None,
        digest.trusted_server or "",
        tuple(_approver(a) for a in written.approvers),
    )


def _approver(written: ApproverOptions) -> Approver:
    away = written.away
    return Approver(
        written.email.lower(),
        frozenset(written.organisations),
        away.from_ if away else None,
        away.to if away else None,
        (written.deputy or "").lower(),
    )


def digest_problems(written: PracticeOptions) -> Iterator[Problem]:
    """What does not fit together."""
    digest = written.digest
    yield from _approvers(written)
    if digest is None:
        return
    if digest.sends_from is not None and digest.sends_from < _later(digest.at):
        todo = f"write sends from: {_later(digest.at):%H:%M} or later, or let the digest come earlier"
        found = f"sends from: {digest.sends_from:%H:%M} leaves less than two hours after {digest.at:%H:%M}"
        yield Problem(digest.place_of("sends_from"), found, "two hours in which *stop* works", todo)
    for name in digest.owners:
        if name not in written.organisations:
            yield _unknown(digest.place_of("owners"), f'owners: there is no organisation "{name}"', name, written)
    if digest.via:
        yield from mail_problems(_mail(written, digest), written)
    mail = _mail(written, digest)
    if digest.trusted_server and mail.replies is None:
        todo = 'add "replies:" below mail: or below via:, or remove this line'
        place = digest.place_of("trusted_server")
        yield Problem(place, "trusted server, but no mailbox is read for answers", 'a block "replies:"', todo)
    if digest.trusted_server and not written.approvers:
        todo = "add approvers: with the addresses whose answers count"
        yield Problem(digest.place_of("trusted_server"), "trusted server, but nobody may answer", "approvers:", todo)


def _approvers(written: PracticeOptions) -> Iterator[Problem]:
    seen: set[str] = set()
    place = written.place_of("approvers")
    for one in written.approvers:
        here = one.place or place
        if one.email.lower() in seen:
            yield Problem(here, f'the approver "{one.email}" is written twice', "each once", "put both into one entry")
        seen.add(one.email.lower())
        if one.deputy and one.away is None:
            todo = "add away: {from: 2026-12-21, to: 2027-01-04}, or make the deputy an approver"
            yield Problem(
                here, f"{one.email} has a deputy, but is never away", "away: with its first and last day", todo
            )
        for name in one.organisations:
            if name not in written.organisations:
                yield _unknown(here, f'{one.email}: there is no organisation "{name}"', name, written)


def _unknown(place: str, found: str, name: str, written: PracticeOptions) -> Problem:
    return Problem(place, found, ", ".join(sorted(written.organisations)), guess(name, written.organisations))


def hours_problems(practice: PracticeOptions, policies: Mapping[str, Policy]) -> Iterator[Problem]:
    """A mail window that is over before anything may leave."""
    if practice.digest is None:
        return
    start = sends_from(practice.digest)
    for policy in policies.values():
        if policy.window.closes <= start:
            found = (
                f'"{policy.name}" writes until {policy.window.closes:%H:%M}, but nothing leaves before {start:%H:%M}'
            )
            todo = "let the digest come earlier (digest: at:), or let the window close later"
            place = practice.digest.place_of("sends_from") or practice.digest.place
            yield Problem(place, found, "a window after the digest", todo)
