"""What a configuration may mean and still be surprised by: not wrong, but worth knowing before it goes live."""

from collections.abc import Iterator

from worker.app_replies import leaves
from worker.config.values import DigestSettings, MailSettings, OrganisationConfig, Practice


def notes_of(practice: Practice) -> list[str]:
    """A sentence for each, in the config's order."""
    own = [n for o in practice.organisations for n in _notes(o, o.mail or practice.mail)]
    return [*own, *(_digest(practice.digest) if practice.digest else ())]


def _digest(digest: DigestSettings) -> Iterator[str]:
    at, opens = f"{digest.at:%H:%M}", f"{digest.sends_from:%H:%M}"
    yield (
        f"digest: a live run sends it from {at} ({digest.zone}) on, and nothing leaves before {opens}, nor within two "
        f"hours of it, so that people can stop it. Let one run come soon after {at}, and another after {opens}."
    )
    if not digest.own_way and leaves(digest.mail):
        yield (
            "digest: it leaves by the mail it reports on, so when that fails nobody hears of it. Write smtp: below "
            "digest: via:, or alerts: with a webhook."
        )
    if not digest.answerable:
        yield (
            "digest: answers to it are not read. Write trusted server: with the name of your receiving mail server, "
            "replies: for the mailbox, and approvers:."
        )


def _notes(organisation: OrganisationConfig, mail: MailSettings) -> Iterator[str]:
    name, written = organisation.name, organisation.written
    if leaves(mail) and not mail.watched:
        yield (
            f"{name}: nobody watches for replies, so in live mode every step after the first past due needs your yes. "
            "Write replies: below mail:, and imap: where the mailbox is not Microsoft's or Google's."
        )
    signed = [s for s in (written.signature, *written.signatures.values()) if s]
    if mail.watched and mail.imap:
        box = mail.imap.sign_in.user.lower()
        answers = {s.reply_to or written.reply_to or s.email for s in signed}
        for other in sorted(a for a in answers if a.lower() != box):
            yield f"{name}: replies go to {other}, but {box or 'another'} is watched: see that they arrive there."
    if mail.smtp and mail.smtp.sign_in.login != "password":
        user = mail.smtp.sign_in.user
        senders = {s.email for s in (written.sender, *(p.sender for p in signed)) if s}
        for other in sorted(s for s in senders if s.lower() != user.lower()):
            yield f"{name}: sends as {other}, signed in as {user}: that mailbox needs the right to send as the other."
