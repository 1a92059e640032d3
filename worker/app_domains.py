"""The domains behind every sender of a configuration, each with the way its letters leave, checked against DNS."""

from typing import Any

from worker.config.values import MailSettings, OrganisationConfig, Practice
from worker.mail.dns import Dns, Resolver
from worker.mail.domain import GOOGLE, MICROSOFT, NOTE, SENDGRID, Report, Way, check_domain, way_of

NOWHERE = Way("nobody")


def resolver(server: str = "", port: int = 53) -> Dns:
    """Who is asked: the DNS server with this IP address, or the system's own."""
    return Resolver(server, port)


def check_domains(practice: Practice, dns: Dns) -> list[dict[str, Any]]:
    """One entry per domain and way of sending, in the config's order: `organisations`, and `Report.data`."""
    found: dict[tuple[str, str], dict[str, Any]] = {}
    for organisation in practice.organisations:
        way = way_for(organisation.mail or practice.mail)
        replies = _replies(organisation)
        for domain, selectors in _domains(organisation).items():
            key = (domain, way.name)
            if key not in found:
                report = _idle(domain) if way is NOWHERE else check_domain(dns, domain, way, selectors, replies)
                found[key] = {"organisations": [], **report.data()}
            found[key]["organisations"].append(organisation.name)
    return list(found.values())


def way_for(mail: MailSettings) -> Way:
    """How an organisation's letters leave."""
    if mail.mailer == "sendgrid":
        return SENDGRID
    if mail.mailer == "smtp" and mail.smtp:
        by_login = {"microsoft": MICROSOFT, "google": GOOGLE}
        return by_login.get(mail.smtp.sign_in.login) or way_of(mail.smtp.host)
    return NOWHERE


def _idle(domain: str) -> Report:
    report = Report(domain, NOWHERE)
    report.say(NOTE, "With mailer: outbox nothing leaves, so nothing is judged.", "write the mailer you will use first")
    return report


def _domains(organisation: OrganisationConfig) -> dict[str, tuple[str, ...]]:
    """The domains an organisation's messages come from, with their DKIM selectors as far as they are written."""
    written = organisation.written
    people = [s.sender for s in ((written.signature,) if written.signature else ()) + (*written.signatures.values(),)]
    found: dict[str, tuple[str, ...]] = {}
    for sender in (written.sender, *people):
        if sender is not None:
            domain = sender.email.rpartition("@")[2].lower()
            found[domain] = tuple(dict.fromkeys((*found.get(domain, ()), *sender.dkim_selectors)))
    return found


def _replies(organisation: OrganisationConfig) -> tuple[str, ...]:
    written = organisation.written
    signed = (*([written.signature] if written.signature else []), *written.signatures.values())
    answers = [s.reply_to or written.reply_to or s.email for s in signed]
    return tuple(dict.fromkeys(a.rpartition("@")[2].lower() for a in answers))
