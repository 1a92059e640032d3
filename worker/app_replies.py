"""What comes back, brought on record before a sweep decides: replies and bounces from the mailbox, SendGrid's lists.

Each is recorded once, whatever happens between: the event's key is its Message-ID, and how far a folder was looked at
is recorded together with what was found there.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

from worker.app_mail import Post
from worker.config.values import MailSettings, OrganisationConfig, SendGridSettings
from worker.core.events import Event, EventKind
from worker.core.history import GONE, MessageState, ReplyKind
from worker.core.plain import one_line
from worker.core.receivable import Snapshot
from worker.core.settings import Listening, Mode
from worker.errors import MailboxError
from worker.mail.addresses import is_loopback
from worker.ports import Clock, Logbook, MessageRecord

if TYPE_CHECKING:
    from worker.mail.inbox import Found, Seen
    from worker.mail.incoming import Incoming
    from worker.mail.matching import Correspondence
    from worker.mail.suppressions import Suppressed

LOOK_BACK = timedelta(days=30)
"""How far back a mailbox is read that was never looked at before."""
OVERLAP = timedelta(hours=24)
"""SendGrid's lists are read again from this long before the newest entry known: they are not in order of time."""
_ARRIVED = frozenset({MessageState.ACCEPTED, MessageState.DEFERRED, MessageState.DELIVERED})


def listening(mode: Mode, mail: MailSettings, *, failed: bool = False) -> Listening:
    """Whether answers to an organisation's mail reach us. A mailbox that could not be read counts as unwatched."""
    if mail.watched and not failed:
        return Listening.WATCHED
    return Listening.DEAF if mode is Mode.LIVE and leaves(mail) else Listening.REHEARSAL


def leaves(mail: MailSettings) -> bool:
    """Whether letters can leave this machine."""
    if mail.mailer == "smtp" and mail.smtp:
        return not is_loopback(mail.smtp.host)
    return mail.mailer == "sendgrid" and not (mail.sendgrid and is_loopback_url(mail.sendgrid.endpoint))


def is_loopback_url(url: str) -> bool:
    """Whether an address is on this machine."""
    from urllib.parse import urlsplit

    return is_loopback(urlsplit(url).hostname or "")


@dataclass(frozen=True)
class Ear:
    """Listens for one organisation. `marking` false: not even the keyword is set (previews)."""

    logbook: Logbook
    clock: Clock
    post: Post
    organisation: OrganisationConfig
    mail: MailSettings
    marking: bool = False

    def listen(self) -> str:
        """Bring on record what came back since last time; a warning when it could not be read, else ""."""
        polled = self.mail.sendgrid if self.mail.sendgrid and self.mail.sendgrid.suppressions else None
        if not (self.mail.watched or polled):
            return ""
        snapshot = self.logbook.snapshot(self.organisation.name)
        if snapshot is None or not any(m.state in GONE for m in self.logbook.messages(self.organisation.name)):
            return ""  # nothing was ever sent, so nothing can come back
        try:
            if self.mail.watched:
                self._look(snapshot)
            if polled:
                self._poll(polled)
        except MailboxError as error:
            return f"Replies could not be looked for, so harder steps wait for your yes. {error}"
        return ""

    # -- the mailbox -----------------------------------------------------------------------------------------------

    def _look(self, snapshot: Snapshot) -> None:
        from worker.mail.digest_mark import answers_digest
        from worker.mail.inbox import Seen, look
        from worker.mail.matching import correspondence

        imap, replies = self.mail.imap, self.mail.replies
        if imap is None or replies is None:
            return
        name, today = self.organisation.name, self.clock.now().date()
        subject = f"{imap.sign_in.user.lower()}/{replies.folder}"
        past = self.logbook.events(name, subject, EventKind.WATCHED)
        seen = Seen(past[-1].data["validity"], past[-1].data["uid"]) if past else Seen()
        history, messages = self.logbook.history(name), self.logbook.messages(name)
        known = correspondence(snapshot, history, messages, *_ours(self.organisation))

        def handle(found: "Sequence[Found]", upto: "Seen") -> None:
            events: list[Event] = []
            for one in found:
                events += self._heard(known, one, today)
            if upto != seen:
                data = {"validity": upto.validity, "uid": upto.uid}
                events.append(Event(EventKind.WATCHED, self.clock.now(), subject, "sweep", data))
            self.logbook.record(name, *events)

        def wanted(headers: Mapping[str, str]) -> bool:
            return not answers_digest(headers) and known.concerns(headers)

        mark = replies.mark if self.marking else ""
        look(self.post.mailbox(imap), replies.folder, seen, today - LOOK_BACK, wanted, handle, mark)

    def _heard(self, known: "Correspondence", found: "Found", today: date) -> list[Event]:
        """The event of one message; what it says about ours is settled first, which repeats harmlessly."""
        from worker.mail.incoming import read_incoming

        on = min(today, max(found.dated or today, today - LOOK_BACK))
        incoming = read_incoming(found.raw, on)
        match = known.match(incoming) if incoming else None
        if incoming is None or match is None:
            return []
        if match.key:
            self._settle(match.key, incoming)
        elif incoming.failed:
            self._settle_last(match.payer_id, incoming)
        data = {
            "id": hashlib.sha256(incoming.id.encode()).hexdigest()[:12],
            "what": str(incoming.what),
            "on": on.isoformat(),
            "from": one_line(incoming.name or incoming.sender)[:100],
            "about": incoming.about,
            "text": incoming.text,
        }
        if incoming.until:
            data["until"] = incoming.until.isoformat()
        if match.key:
            data["message"] = match.key
        key = f"reply:{incoming.id}"
        return [Event(EventKind.REPLY, self.clock.now(), match.payer_id, "mailbox", data, key)]

    def _settle(self, key: str, incoming: "Incoming") -> None:
        """An answer proves that a message of unknown outcome arrived; a bounce, that it did not reach its reader."""
        name, now = self.organisation.name, self.clock.now()
        record = next((m for m in self.logbook.messages(name) if m.key == key), None)
        if record is None:
            return
        state = record.state
        if state is MessageState.UNCERTAIN and incoming.what is not ReplyKind.AUTOMATIC:
            self.logbook.settle(name, key, MessageState.ACCEPTED, now, detail=f"{incoming.what} came back")
            state = MessageState.ACCEPTED
        failed = {f.recipient for f in incoming.failed}
        if not failed or state not in _ARRIVED or (record.to and record.to[0].lower() not in failed):
            return
        if incoming.what is ReplyKind.LATE:
            if state is MessageState.ACCEPTED:
                self.logbook.settle(name, key, MessageState.DEFERRED, now, detail=incoming.text[:200])
        else:
            kind = "for good" if any(f.lasting for f in incoming.failed) else "after repeated tries"
            self.logbook.settle(name, key, MessageState.BOUNCED, now, detail=f"{incoming.text[:200]} ({kind})")

    def _settle_last(self, payer_id: str, incoming: "Incoming") -> None:
        """A bounce that names none of our messages is about the last one to that address."""
        failed = {f.recipient for f in incoming.failed}
        if record := self._last_to(failed, payer_id=payer_id):
            self._settle(record.key, incoming)

    def _last_to(
        self, emails: set[str], payer_id: str = "", before: datetime | None = None, mailer: str = ""
    ) -> MessageRecord | None:
        sent = [
            m
            for m in self.logbook.messages(self.organisation.name)
            if m.state in GONE
            and emails & {a.lower() for a in m.to}
            and payer_id in ("", m.payer_id)
            and mailer in ("", m.mailer)
            and (before is None or (m.handed_at is not None and m.handed_at <= before + timedelta(minutes=1)))
        ]
        return sent[-1] if sent else None

    # -- SendGrid --------------------------------------------------------------------------------------------------

    def _poll(self, sendgrid: SendGridSettings) -> None:
        from worker.mail.sendgrid import ENDPOINT
        from worker.mail.suppressions import suppressed

        name, now = self.organisation.name, self.clock.now()
        past = self.logbook.events(name, "sendgrid", EventKind.WATCHED)
        newest = datetime.fromisoformat(past[-1].data["at"]) if past else now - LOOK_BACK
        found = suppressed(sendgrid.key.reveal(), sendgrid.endpoint or ENDPOINT, newest - OVERLAP)
        events = [e for one in found if (e := self._suppressed(one))]
        if found and (latest := max(one.at for one in found)) > newest:
            events.append(Event(EventKind.WATCHED, now, "sendgrid", "sweep", {"at": latest.isoformat()}))
        self.logbook.record(name, *events)

    def _suppressed(self, one: "Suppressed") -> Event | None:
        from worker.mail.suppressions import LISTS

        record = self._last_to({one.email}, before=one.at, mailer="sendgrid")
        if record is None:
            return None
        state = MessageState.COMPLAINED if one.complained else MessageState.BOUNCED
        if record.state in _ARRIVED:
            detail = f"{LISTS[one.listed]}: {one.why}"
            self.logbook.settle(self.organisation.name, record.key, state, self.clock.now(), detail=detail)
        identity = f"{one.listed}:{one.email}:{int(one.at.timestamp())}"
        data = {
            "id": hashlib.sha256(identity.encode()).hexdigest()[:12],
            "what": str(ReplyKind.BOUNCE),
            "on": one.at.date().isoformat(),
            "from": "SendGrid",
            "about": f"{one.email}: {LISTS[one.listed]}",
            "text": one.why,
            "message": record.key,
        }
        return Event(EventKind.REPLY, self.clock.now(), record.payer_id, "sendgrid", data, f"reply:{identity}")


def _ours(organisation: OrganisationConfig) -> tuple[set[str], set[str]]:
    """Domains our messages come from, and addresses that are ours: what they write is no reply."""
    written = organisation.written
    people = [s for s in (written.signature, *written.signatures.values()) if s]
    senders = [s.email for s in (written.sender, *(p.sender for p in people)) if s]
    answers = [a for p in people for a in (p.email, p.reply_to) if a]
    own = {*senders, *answers, *([written.reply_to] if written.reply_to else [])}
    return {s.rpartition("@")[2].lower() for s in senders}, own
