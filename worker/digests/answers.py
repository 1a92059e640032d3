"""Answers to digests, from the mailbox to the record: who may, what was meant, done once, and confirmed by mail.

Every code is used up under one key before its deed is done, so an answer that is read twice, by two runs or after a
crash, is obeyed once.
"""

import hashlib
import secrets
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from worker.config.values import DigestSettings
from worker.core.answers import Mistake, Verb, read_answer
from worker.core.digest import coded
from worker.core.events import Event, EventKind
from worker.core.history import ReplyKind
from worker.core.plain import one_line, shortened
from worker.core.settings import Address
from worker.digests.answer import Answer, Did
from worker.digests.orders import obey_code, obey_pause
from worker.digests.own_mail import own_mailer, send_own
from worker.digests.record import LOOK_BACK, PRACTICE, codes_of
from worker.digests.timing import today_of
from worker.errors import DuecourseError
from worker.mail.authenticity import Verdict, verdict
from worker.mail.digest_mark import answers_digest, token_of
from worker.mail.incoming import Incoming, read_incoming
from worker.ports import Outcome

if TYPE_CHECKING:
    from worker.app import App
    from worker.mail.inbox import Found, Seen


def hear(app: "App", settings: DigestSettings) -> None:
    """Read what came to the digest's mailbox since last time and obey it. Raises MailboxError, LogbookError."""
    from worker.mail.inbox import Seen, look

    imap, replies = settings.mail.imap, settings.mail.replies
    if imap is None or replies is None:
        return
    today = today_of(settings, app.clock.now())
    subject = f"digest:{imap.sign_in.user.lower()}/{replies.folder}"
    past = app.logbook.events(PRACTICE, subject, EventKind.WATCHED)
    seen = Seen(past[-1].data["validity"], past[-1].data["uid"]) if past else Seen()

    def handle(found: "Sequence[Found]", upto: "Seen") -> None:
        for one in found:
            _safely(app, settings, one.raw, today)
        if upto != seen:
            data = {"validity": upto.validity, "uid": upto.uid}
            event = Event(EventKind.WATCHED, app.clock.now(), subject, "digest", data)
            app.logbook.record(PRACTICE, event)

    look(app.post.mailbox(imap), replies.folder, seen, today - timedelta(days=LOOK_BACK), answers_digest, handle)


def approver_of(settings: DigestSettings, sender: str, names: Sequence[str], day: date) -> frozenset[str]:
    """The organisations somebody's answers count for; nobody's count for none."""
    found: set[str] = set()
    for one in settings.approvers:
        if one.email == sender or (one.deputy == sender and one.is_away(day)):
            found |= one.organisations or set(names)
    return frozenset(found)


# -- one mail ----------------------------------------------------------------------------------------------------------


def _safely(app: "App", settings: DigestSettings, raw: bytes, today: date) -> None:
    """One mail that nobody foresaw must not stop every run from now on: it is passed over, and that is told."""
    import structlog

    try:
        _one(app, settings, raw, today)
    except DuecourseError:
        raise
    except Exception as error:
        structlog.get_logger().warning("an answer could not be read", kind=type(error).__name__)
        key = f"answer:{hashlib.sha256(raw).hexdigest()[:32]}"
        _on_record(app, key, today, "somebody", f"it could not be read ({type(error).__name__})", ignored=True)


def _one(app: "App", settings: DigestSettings, raw: bytes, today: date) -> None:
    incoming = read_incoming(raw, today)
    if incoming is None or incoming.what is ReplyKind.BOUNCE:
        return
    judged = verdict(raw, settings.trusted_server)
    key = f"answer:{hashlib.sha256(incoming.id.encode()).hexdigest()[:32]}"
    days = [today - timedelta(days=n) for n in range(LOOK_BACK)]
    if any(e.key == key for d in days for e in app.logbook.events(PRACTICE, d.isoformat(), EventKind.ANSWER)):
        return
    names = [o.name for o in app.practice.organisations]
    may = approver_of(settings, judged.sender, names, today)
    token = token_of(incoming.references, incoming.about)
    found = codes_of(app, token, today)
    if found is None and not may:
        return  # any mail may bear such a mark
    why = _refused(incoming, judged, may, found)
    if why or found is None:
        _on_record(app, key, today, judged.sender or incoming.sender, f"{_asked(incoming, today)}: {why}", ignored=True)
        return
    answer = Answer(key, judged.sender, may, token, today, app.clock.now(), _codes(found), _day_of(found, today))
    _obey(app, answer, incoming.text)
    wrong = all(d.wrong for d in answer.did)
    told = "; ".join(d.on_record or f"{d.line}: {d.said}" for d in answer.did)
    if _on_record(app, key, today, answer.sender, shortened(told, 400), ignored=wrong):
        _confirm(app, settings, answer, incoming)


def _refused(incoming: Incoming, judged: Verdict, may: frozenset[str], found: Mapping[str, object] | None) -> str:
    """Why nothing of a mail is obeyed; "" when it may be."""
    if incoming.what is not ReplyKind.ANSWER:
        return "an automatic reply"
    if not may:
        return f"{judged.sender or 'the sender'} is not among the approvers"
    if not judged.genuine:
        return judged.why
    if found is None:
        return "it answers a digest whose numbers no longer work"
    return ""


def _asked(incoming: Incoming, today: date) -> str:
    """The orders a mail would have given: nothing else of it is kept."""
    orders, _ = read_answer(incoming.text, today)
    asked = [" ".join((str(o.verb), ", ".join(map(str, o.codes)))).strip() for o in orders]
    return f"“{'; '.join(asked)[:120]}”" if asked else "no order"


def _codes(found: Mapping[str, object]) -> Mapping[str, Any]:
    codes = found.get("codes")
    return codes if isinstance(codes, Mapping) else {}


def _day_of(found: Mapping[str, object], today: date) -> date:
    said = found.get("day")
    return date.fromisoformat(str(said)) if said else today


def _on_record(app: "App", key: str, day: date, sender: str, text: str, *, ignored: bool) -> bool:
    """Put what became of a mail on record; whether this caller was the one to do so."""
    claim = secrets.token_hex(8)
    data = {"sender": one_line(sender)[:100], "text": text, "ignored": ignored, "claim": claim}
    app.logbook.record(
        PRACTICE, Event(EventKind.ANSWER, app.clock.now(), day.isoformat(), one_line(sender)[:100], data, key)
    )
    events = app.logbook.events(PRACTICE, day.isoformat(), EventKind.ANSWER)
    return any(e.key == key and e.data["claim"] == claim for e in events)


def _obey(app: "App", answer: Answer, text: str) -> None:
    orders, mistakes = read_answer(text, answer.day)
    for order in orders:
        if order.verb is Verb.PAUSE:
            answer.did.append(obey_pause(app, answer, order))
        for code in order.codes:
            meant = coded(answer.codes, code)
            line = f"{order.verb} {code}"
            if meant is None:
                answer.did.append(Did(line, f"there is no item {code} in that digest", wrong=True))
            elif meant.organisation not in answer.organisations:
                answer.did.append(Did(line, f"your answers do not count for {meant.organisation}", wrong=True))
            else:
                answer.did.append(obey_code(app, answer, order, code, meant))
    answer.did += [_mistaken(m) for m in mistakes]
    if not answer.did:
        line, said = shortened(one_line(text), 80) or "(no text)", "no order was found in it"
        answer.did.append(Did(line, said, "", True, said))


def _mistaken(mistake: Mistake) -> Did:
    said = f"not understood: {mistake.why}. Write, for example: {mistake.expected}"
    return Did(mistake.line, said, "", True, "a line was not understood")


# -- the confirmation --------------------------------------------------------------------------------------------------


def _confirm(app: "App", settings: DigestSettings, answer: Answer, incoming: Incoming) -> None:
    """Say by mail what was done and how to undo it. It is on record already; that it did not arrive changes nothing."""
    import structlog

    from worker.report.digest import confirmation_words

    told = [(d.line, d.said, d.undo, d.wrong) for d in answer.did]
    words = confirmation_words(told, incoming.about, answer.token)
    mailer = own_mailer(app, settings)
    key = f"{answer.token}.{answer.id[-8:]}"
    receipt = send_own(app, settings, mailer, key, Address(answer.sender), words, answers=incoming.id)
    if receipt.outcome is not Outcome.ACCEPTED:
        structlog.get_logger().warning("a confirmation was not taken", outcome=str(receipt.outcome))
