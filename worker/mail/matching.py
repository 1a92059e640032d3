"""Whose answer is it? By our own Message-IDs and conversation roots first, by the address it came from after that."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from worker.core.history import GONE, History
from worker.core.receivable import Snapshot
from worker.mail.compose import thread_root
from worker.mail.delivery_reports import may_be_report
from worker.mail.incoming import Incoming
from worker.ports import MessageRecord

_OURS = re.compile(r"([0-9a-f]{32})\.\d+@")
_ROOT = re.compile(r"[0-9a-f]{32}\.thread@")


@dataclass(frozen=True, slots=True)
class Match:
    """The payer, and the key of our message when one is named."""

    payer_id: str
    key: str = ""


@dataclass
class Correspondence:
    """Everything we sent for one organisation, arranged by how an answer may name it. `own`: addresses of ours."""

    by_id: dict[str, MessageRecord] = field(default_factory=dict)
    by_provider: dict[str, MessageRecord] = field(default_factory=dict)
    roots: dict[str, str] = field(default_factory=dict)
    addresses: dict[str, str] = field(default_factory=dict)
    own: frozenset[str] = frozenset()

    def concerns(self, headers: Mapping[str, str]) -> bool:
        """Whether a message with these headers (names in lower case) has to be read at all."""
        sender = _address(headers.get("from", ""))
        if sender in self.own:
            return False
        if may_be_report(dict(headers), sender) or sender in self.addresses:
            return True
        named = f"{headers.get('in-reply-to', '')} {headers.get('references', '')}"
        return any(self._of_id(each) for each in re.findall(r"<([^<>\s]+)>", named))

    def match(self, incoming: Incoming) -> Match | None:
        """Whose answer or bounce this is; None when it is nobody's."""
        for each in incoming.references:
            if found := self._of_id(each):
                return found
        whom = [f.recipient for f in incoming.failed] if incoming.failed else [incoming.sender]
        for address in whom:
            if payer := self.addresses.get(address):
                return Match(payer)
        return None

    def _of_id(self, message_id: str) -> Match | None:
        if (ours := _OURS.match(message_id)) and (record := self.by_id.get(ours[1])):
            return Match(record.payer_id, record.key)
        if _ROOT.match(message_id):
            payer = self.roots.get(message_id.lower())
            return Match(payer) if payer else None
        record = self.by_provider.get(message_id.partition(".")[0])
        return Match(record.payer_id, record.key) if record else None


def correspondence(
    snapshot: Snapshot,
    history: History,
    messages: Iterable[MessageRecord],
    domains: Iterable[str],
    own: Iterable[str],
) -> Correspondence:
    """`domains` are those our messages come from: conversation roots bear one of them."""
    known = Correspondence(own=frozenset(a.lower() for a in own))
    for record in messages:
        if record.state in GONE:
            known.by_id[record.key[:32]] = record
            if record.provider_id and record.mailer == "sendgrid":
                known.by_provider[record.provider_id] = record
            known.addresses |= dict.fromkeys((a.lower() for a in record.to), record.payer_id)
    for domain in domains:
        for past in history.messages:
            for about in (*(row.invoice_id for row in past.advances), *past.listed, past.key):
                root = thread_root(domain, snapshot.organisation.id, past.payer_id, about)
                known.roots.setdefault(root, past.payer_id)
    written = set(known.addresses.values())
    for client in snapshot.clients.values():
        if client.id in written:
            for email in (client.email, *(p.email for p in client.people)):
                known.addresses.setdefault(email.lower(), client.id)
    known.addresses.pop("", None)
    return known


def _address(text: str) -> str:
    found = re.search(r"<([^<>]+)>", text)
    return (found[1] if found else text).strip().lower()
