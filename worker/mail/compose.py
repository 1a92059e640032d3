"""From a decision and its wording to a letter: addresses, threading, redirection. Pure."""

import hashlib
import html
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from worker.core.decisions import Remind, Thank
from worker.core.message import InvoiceLine, Letter, Rendered
from worker.core.settings import Address
from worker.mail.addresses import checked
from worker.ports import Wording

REDIRECTED = "X-Duecourse-Redirected-From"
_BODY = re.compile(r"<body[^>]*>\n?")


def compose(
    decision: Remind | Thank,
    rendered: Rendered,
    *,
    sender: Address,
    reply_to: Address | None,
    archive: Sequence[Address],
    redirect_to: Address | None,
    attempt: int,
    domain: str,
    thread_root: str,
) -> Letter:
    """The letter of one attempt (1, 2, ...).

    Its Message-ID is `KEY.ATTEMPT@domain` (KEY: 32 characters of the logbook's key), References the one synthetic
    `thread_root` of the conversation (RFC 5322 3.6.4), so mail readers show one thread although nothing answers
    anything. `Auto-Submitted` is RFC 3834's. With `redirect_to`, nobody else gets the letter, archive included, and its
    first line and a header say whom it was for. Raises ValueError when an address cannot be written to or nobody is
    left to write to.
    """
    to = _each_once(decision.to, ())
    if not to:
        raise ValueError(f"there is nobody to write to for {decision.payer_id}")
    cc = _each_once(decision.cc, to)
    copies = _each_once(archive, (*to, *cc))
    headers = {"Auto-Submitted": "auto-generated"}
    letter = Letter(
        key=decision.key,
        message_id=f"{decision.key[:32]}.{attempt}@{domain}",
        sender=checked(sender),
        reply_to=checked(reply_to) if reply_to else None,
        to=to,
        subject=rendered.subject,
        text=rendered.text,
        html=rendered.html,
        cc=cc,
        archive=copies,
        references=(thread_root,),
        headers=headers,
    )
    return _redirected(letter, checked(redirect_to)) if redirect_to else letter


def _redirected(letter: Letter, target: Address) -> Letter:
    meant = ", ".join(address.email for address in (*letter.to, *letter.cc))
    line = f"Trying out: this would have gone to {meant}."
    opening = _BODY.search(letter.html)
    at = opening.end() if opening else 0
    note = f"<p><strong>{html.escape(line)}</strong></p>\n"
    return replace(
        letter,
        to=(target,),
        cc=(),
        archive=(),
        text=f"{line}\n\n{letter.text}",
        html=letter.html[:at] + note + letter.html[at:],
        headers={**letter.headers, REDIRECTED: meant},
    )


def _each_once(addresses: Sequence[Address], already: Sequence[Address]) -> tuple[Address, ...]:
    seen = {address.email.lower() for address in already}
    out = []
    for address in map(checked, addresses):
        if address.email.lower() not in seen:
            seen.add(address.email.lower())
            out.append(address)
    return tuple(out)


def thread_root(domain: str, *names: str) -> str:
    """A stable synthetic Message-ID (no brackets) for the conversation these names identify."""
    digest = hashlib.sha256("\x1f".join(names).encode()).hexdigest()
    return f"{digest[:32]}.thread@{domain}"


def chase_of(decision: Remind | Thank) -> str:
    """What a conversation is about: the oldest invoice a reminder shows; a thank-you opens its own."""
    if isinstance(decision, Thank):
        return decision.key
    model = decision.model
    lines = (*model.demanded, *model.overdue, *model.also_open, *model.coming)
    if not lines:
        return decision.key
    oldest = min(lines, key=_age)
    return oldest.invoice_id or oldest.number


def _age(line: InvoiceLine) -> tuple[str, str]:
    return (line.due.isoformat() if line.due else "9999", line.invoice_id or line.number)


@dataclass(frozen=True, slots=True)
class LetterComposer:
    """The Composer port for one organisation. Replies go to the person who signs the message, or where they say.

    `chase` names the conversation a decision belongs to, beside organisation and payer.
    """

    wording: Wording
    organisation: str
    sender: Address
    archive: tuple[Address, ...] = ()
    redirect_to: Address | None = None
    chase: Callable[[Remind | Thank], str] = chase_of

    def compose(self, decision: Remind | Thank, attempt: int) -> Letter:
        """The letter for this attempt. Raises ValueError when it cannot be worded or addressed."""
        domain = checked(self.sender).email.rpartition("@")[2].lower()
        signature = decision.model.signature
        answers = signature.reply_to or signature.email
        return compose(
            decision,
            self.wording.render(decision.model),
            sender=signature.sender or self.sender,
            reply_to=Address(answers, signature.name) if answers else None,
            archive=self.archive,
            redirect_to=self.redirect_to,
            attempt=attempt,
            domain=domain,
            thread_root=thread_root(domain, self.organisation, decision.payer_id, self.chase(decision)),
        )
