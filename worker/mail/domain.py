"""Will receivers believe that a letter comes from its sender's domain? Read from DNS, judged for one way of sending.

A receiver wants SPF or DKIM to pass *for the domain in From* (RFC 7489 3.1). A mailbox at Microsoft or Google, or one's
own server, hands letters off with the sender's domain in the envelope, so SPF can pass for it; SendGrid writes its own
there, so only DKIM can. Nothing is ever changed.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from worker.mail.addresses import is_loopback
from worker.mail.dkim import Dmarc, Key, read_dmarc, read_keys
from worker.mail.dns import Dns, Said
from worker.mail.spf import LOOKUPS, Spf, read_spf

GOOD, NOTE, MISSING, UNKNOWN = "good", "note", "missing", "unknown"


@dataclass(frozen=True, slots=True)
class Way:
    """A way of sending. `include` is what SPF has to name, `selectors` where DKIM keys usually lie; `own_envelope`
    false: the envelope bears the sender's domain. `host` is one's own server."""

    name: str
    include: str = ""
    selectors: tuple[str, ...] = ()
    own_envelope: bool = False
    host: str = ""


# Microsoft: "Set up SPF" and "Use DKIM"; Google: "Set up SPF" and "Set up DKIM"; SendGrid: "Domain Authentication".
MICROSOFT = Way("Microsoft 365", "spf.protection.outlook.com", ("selector1", "selector2"))
GOOGLE = Way("Google", "_spf.google.com", ("google",))
SENDGRID = Way("SendGrid", "sendgrid.net", ("s1", "s2"), own_envelope=True)
_HOSTS = (
    (MICROSOFT, (".office365.com", ".outlook.com")),
    (GOOGLE, (".gmail.com", ".google.com", ".googlemail.com")),
    (SENDGRID, (".sendgrid.net",)),
)


def way_of(host: str) -> Way:
    """How letters leave that are handed to this SMTP server."""
    known = (way for way, ends in _HOSTS if f".{host.lower()}".endswith(ends))
    return next(known, Way(f"the mail server {host}", host=host))


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing found. `level` is good, note, missing or unknown; `ask` what to ask the domain's owner for."""

    level: str
    what: str
    ask: str = ""


@dataclass
class Report:
    """What was found for one sender's domain; `aligned` None: it could not be told."""

    domain: str
    way: Way
    findings: list[Finding] = field(default_factory=list)
    aligned: bool | None = None

    def say(self, level: str, what: str, ask: str = "") -> None:
        """Add a finding."""
        self.findings.append(Finding(level, what, ask))

    def data(self) -> dict[str, Any]:
        """As JSON values."""
        found = [{"level": f.level, "what": f.what, "ask": f.ask} for f in self.findings]
        return {"domain": self.domain, "sent_by": self.way.name, "aligned": self.aligned, "findings": found}


def check_domain(dns: Dns, domain: str, way: Way, selectors: Sequence[str], replies_to: Sequence[str] = ()) -> Report:
    """Read and judge one domain. `selectors` are those in the config, `replies_to` the domains that take replies."""
    report = Report(domain.lower(), way)
    spf = read_spf(dns, report.domain)
    if spf.said is Said.NO_NAME:
        report.aligned = False
        report.say(MISSING, f"{report.domain} does not exist in DNS.", "correct the sender's address, or register it")
        return report
    by_spf = _judge_spf(report, spf, dns)
    by_dkim = _judge_dkim(report, read_keys(dns, report.domain, tuple(selectors) or way.selectors), bool(selectors))
    report.aligned = True if by_spf or by_dkim else None if None in (by_spf, by_dkim) else False
    _judge_dmarc(report, read_dmarc(dns, report.domain))
    _verdict(report)
    for each in replies_to:
        _judge_replies(report, dns, each)
    return report


# -- SPF --------------------------------------------------------------------------------------------------------------


def _judge_spf(report: Report, spf: Spf, dns: Dns) -> bool | None:
    """Whether SPF can pass for the domain; None when it cannot be told."""
    way, domain = report.way, report.domain
    wanted = f"include:{way.include}" if way.include else "the addresses your mail server sends from"
    if spf.said is Said.NO_ANSWER:
        report.say(UNKNOWN, f"SPF: DNS gave no answer for {domain}; run this again later.")
        return None
    if not spf.records:
        ask = "" if way.own_envelope else f'a TXT record at {domain}: "v=spf1 {wanted} ~all"'
        report.say(NOTE if way.own_envelope else MISSING, f"SPF: {domain} has no record.", ask)
        return False
    if not _sound(report, spf):
        return False
    if way.own_envelope:
        report.say(GOOD, f"SPF: one record. {way.name} uses an envelope of its own, so DKIM has to do it.")
        return False
    if way.include:
        found: bool | None = spf.names(way.include)
    else:
        found = _permits_server(spf, dns, way.host)
    if found:
        report.say(GOOD, f"SPF: one record, {spf.lookups} of {LOOKUPS} look-ups, and it permits {way.name}.")
    elif spf.unanswered or found is None:
        about = ", ".join(spf.unanswered) or way.host
        report.say(UNKNOWN, f"SPF: whether it permits {way.name} cannot be told; DNS gave no answer for {about}.")
        return None
    else:
        where = f"into the TXT record at {domain} that begins with v=spf1, before its end: {wanted}"
        report.say(MISSING, f"SPF: the record does not name {way.name}.", where)
    return found


def _sound(report: Report, spf: Spf) -> bool:
    """Faults that make receivers ignore the record, and warnings that do not."""
    domain = report.domain
    if len(spf.records) > 1:
        what = f"SPF: {len(spf.records)} records, where receivers accept one: all of them count for nothing."
        report.say(MISSING, what, f"one TXT record at {domain} that begins with v=spf1, joined from all of them")
    elif spf.lookups > LOOKUPS:
        what = f"SPF: it needs more than {LOOKUPS} DNS look-ups, so receivers ignore it."
        report.say(MISSING, what, "remove what no longer sends for you from the record")
    elif spf.broken:
        report.say(MISSING, f"SPF: the record is broken: {'; '.join(spf.broken)}.", "correct or remove that part")
    if spf.everyone == "+":
        report.say(MISSING, "SPF: it ends in +all, which lets anyone send in its name.", "~all or -all at its end")
    elif spf.records and spf.works and spf.everyone in {"", "?"}:
        report.say(NOTE, "SPF: it does not end in ~all or -all, so it forbids nobody.", "~all at the end of the record")
    return spf.works


def _permits_server(spf: Spf, dns: Dns, host: str) -> bool | None:
    """One's own server, by its addresses; it may send from others, which only a received letter shows."""
    if not host or is_loopback(host):
        return None
    answers = [dns.ask(host, kind) for kind in ("A", "AAAA")]
    addresses = [a for answer in answers for a in answer.records]
    if not addresses:
        return None
    return any(spf.permits(address) for address in addresses)


# -- DKIM, DMARC, replies ---------------------------------------------------------------------------------------------


def _judge_dkim(report: Report, keys: list[Key], configured: bool) -> bool | None:
    domain, names = report.domain, ", ".join(k.selector for k in keys)
    usable = [k for k in keys if k.usable]
    for key in (k for k in keys if k.wrong):
        report.say(MISSING, f"DKIM: {key.selector}._domainkey.{domain}: {key.wrong}.", "a new key of 2048 bits")
    if usable:
        size = f", {usable[0].bits} bits" if usable[0].bits else ""
        where = f"{usable[0].selector}._domainkey.{domain}"
        report.say(GOOD, f"DKIM: a key is published at {where}{size}.")
        return True
    if any(k.said is Said.NO_ANSWER for k in keys):
        report.say(UNKNOWN, "DKIM: DNS gave no answer; run this again later.")
        return None
    if not keys:
        ask = "the selector your mail server signs with; write it as `dkim selectors:` under `sender:`"
        report.say(UNKNOWN, "DKIM: which selector is used cannot be guessed from outside.", ask)
        return None
    if not any(k.wrong for k in keys):
        guess = "" if configured else f"; if {report.way.name} signs with another selector, write `dkim selectors:`"
        ask = f"switch DKIM signing on for {domain} at {report.way.name}, and publish the key it shows{guess}"
        report.say(MISSING, f"DKIM: no key at {domain} for {names}.", ask)
    return False


def _judge_dmarc(report: Report, dmarc: Dmarc) -> None:
    domain = report.domain
    record = f'"v=DMARC1; p=none; rua=mailto:dmarc@{domain}"'
    if dmarc.said is Said.NO_ANSWER:
        report.say(UNKNOWN, "DMARC: DNS gave no answer; run this again later.")
    elif dmarc.said is not Said.FOUND:
        what = "DMARC: there is no policy; Google, Yahoo and Microsoft ask bulk senders for one."
        report.say(MISSING, what, f"a TXT record at _dmarc.{domain}: {record}")
    elif dmarc.count > 1:
        report.say(MISSING, f"DMARC: {dmarc.count} policies at {dmarc.at}, so none holds.", "one of them only")
    elif dmarc.policy not in {"none", "quarantine", "reject"}:
        report.say(MISSING, f"DMARC: the policy at {dmarc.at} names no p=.", f"a TXT record: {record}")
    elif dmarc.policy == "none":
        what = f"DMARC: p=none at {dmarc.at}: receivers report, but let forgeries through."
        report.say(NOTE, what, "p=quarantine, once the reports show nothing unexpected")
    else:
        report.say(GOOD, f"DMARC: p={dmarc.policy} at {dmarc.at}.")
    strict = [words for on, words in ((dmarc.strict_spf, "SPF"), (dmarc.strict_dkim, "DKIM")) if on]
    if strict:
        what = f"DMARC: {' and '.join(strict)} must match {domain} exactly; a subdomain does not count."
        report.say(NOTE, what)


def _verdict(report: Report) -> None:
    domain, name = report.domain, report.way.name
    if report.aligned:
        report.say(GOOD, f"Letters from {domain} sent by {name} can be told from forgeries.")
    elif report.aligned is None:
        report.say(UNKNOWN, f"Whether letters from {domain} sent by {name} can be told from forgeries is not known.")
    else:
        report.say(MISSING, f"Letters from {domain} sent by {name} look like forgeries: neither SPF nor DKIM fits.")


def _judge_replies(report: Report, dns: Dns, domain: str) -> None:
    found = dns.ask(domain, "MX")
    if found.said is Said.FOUND:
        report.say(GOOD, f"Replies: {domain} takes mail.")
    elif found.said is Said.NO_ANSWER:
        report.say(UNKNOWN, f"Replies: DNS gave no answer about who takes mail for {domain}.")
    elif dns.ask(domain, "A").records:
        report.say(NOTE, f"Replies: {domain} has no MX record; its own address is tried instead.")
    else:
        report.say(MISSING, f"Replies: nothing takes mail for {domain}.", "another reply address, or an MX record")
