"""Mail to our own people: digests and confirmations. Never to clients: that is the gate's business alone."""

from typing import TYPE_CHECKING

from worker.config.values import DigestSettings
from worker.core.message import Letter, Rendered
from worker.core.settings import Address
from worker.errors import ConfigError, Problem, Refused
from worker.ports import Mailer, Outcome, Reach, Receipt

if TYPE_CHECKING:
    from worker.app import App

DISPLAY = "duecourse"


def own_mailer(app: "App", settings: DigestSettings) -> Mailer:
    """The digest's mailer. Raises Refused when this instance may not send, or `--now` moves the clock."""
    mailer = app.closed_later(app.post.mailer(settings.mail))
    app.check_instance(mailer)
    if app.clock.moved and mailer.reach is Reach.OUTSIDE:
        raise Refused("--now moves the clock, so no digest may leave this machine.")
    return mailer


def sender_of(app: "App", settings: DigestSettings) -> str:
    """Whom a digest comes from: as written, else the mailbox it is sent from, else the first organisation's sender."""
    user = settings.mail.smtp.sign_in.user if settings.mail.smtp else ""
    senders = [o.written.sender.email for o in app.practice.organisations if o.written.sender]
    found = next((a for a in (settings.sender, user, *senders) if "@" in a), "")
    if not found:
        raise ConfigError([Problem("digest", "nobody to send it from", "from: an address", "add it below digest:")])
    return found


def answers_to(settings: DigestSettings, sender: str) -> str:
    """Where answers arrive: the mailbox that is read, else whom it comes from."""
    user = settings.mail.imap.sign_in.user if settings.answerable and settings.mail.imap else ""
    return user if "@" in user else sender


def send_own(
    app: "App",
    settings: DigestSettings,
    mailer: Mailer,
    key: str,
    to: Address,
    words: Rendered,
    *,
    answers: str = "",
) -> Receipt:
    """Hand one letter off, once; the caller put it on record before. `answers`: the Message-ID it answers."""
    sender = sender_of(app, settings)
    target = Address(settings.mail.redirect_all_to) if settings.mail.redirect_all_to else to
    letter = Letter(
        key=key,
        message_id=f"{key}.{'answer' if answers else 'digest'}@{sender.rpartition('@')[2].lower()}",
        sender=Address(sender, DISPLAY),
        reply_to=Address(answers_to(settings, sender)),
        to=(target,),
        subject=words.subject,
        text=words.text,
        html=words.html,
        references=(answers,) if answers else (),
        headers={"Auto-Submitted": "auto-replied" if answers else "auto-generated"},
    )
    try:
        raw = mailer.prepare(letter, app.clock.now())
    except ValueError as problem:
        return Receipt(Outcome.REJECTED, detail=str(problem))
    return mailer.send(letter, raw, lambda: True)
