"""Mail as one organisation has it: its own blocks over the practice's, checked, with secrets resolved."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TypeVar
from urllib.parse import urlsplit

from worker.config.options import PracticeOptions
from worker.config.options_mail import ImapOptions, MailboxOptions, MailOptions, SignInOptions, SmtpOptions
from worker.config.secret import Reference
from worker.config.values import (
    ImapSettings,
    MailSettings,
    RepliesSettings,
    SendGridSettings,
    SignIn,
    SmtpSettings,
)
from worker.core.secret import Secret
from worker.errors import Problem

LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
SMTP_HOSTS = {"microsoft": "smtp.office365.com", "google": "smtp.gmail.com"}
"""Port 587 with STARTTLS: Microsoft's "POP, IMAP, and SMTP settings", Google's "Send email from a printer, scanner"."""
IMAP_HOSTS = {"microsoft": "outlook.office365.com", "google": "imap.gmail.com"}

_S = TypeVar("_S", SmtpOptions, ImapOptions)
_PERSONAL = ("user", "login", "password")


def effective(mail: MailOptions, own: MailboxOptions | None) -> MailOptions:
    """What holds for an organisation. With `mailer: outbox` nothing leaves, whatever mailbox it has."""
    if own is None:
        return mail
    changes: dict[str, object] = {"smtp": _over(mail.smtp, own.smtp), "imap": _over(mail.imap, own.imap)}
    changes["replies"] = own.replies or mail.replies
    if own.smtp and mail.mailer != "outbox":
        changes["mailer"] = "smtp"
    return mail.model_copy(update=changes)


def _over(practice: _S | None, own: _S | None) -> _S | None:
    """The organisation's block over the practice's; one that names another server or login stands alone."""
    if practice is None or own is None or own.model_fields_set & {"host", "login"}:
        return own or practice
    merged = practice.model_copy(update={name: getattr(own, name) for name in own.model_fields_set})
    merged.take_places(own)
    return merged


def read_from(mail: MailOptions) -> ImapOptions | None:
    """Where the mailbox is read: as written, the rest as under `smtp`; None when neither says where that would be."""
    imap, smtp = mail.imap, mail.smtp
    if imap is None:
        if smtp is None or smtp.login not in IMAP_HOSTS:
            return None
        imap = ImapOptions.model_construct()
        imap.take_places(smtp)
    if smtp is not None and not imap.model_fields_set & set(_PERSONAL):
        signed = {name: getattr(smtp, name) for name in SignInOptions.model_fields if name in smtp.model_fields_set}
        imap = imap.model_copy(update=signed)
    return imap


def mail_of(
    mail: MailOptions, state: Path, folder: Path, env: Mapping[str, str], problems: list[Problem]
) -> MailSettings:
    """Mail settings as values; only the secrets that will be used are looked for."""
    smtp = sendgrid = imap = replies = None
    if mail.mailer == "smtp" and mail.smtp:
        signed = _sign_in(mail.smtp, folder, env, problems)
        smtp = SmtpSettings(_host(mail.smtp, SMTP_HOSTS), mail.smtp.port, mail.smtp.security, signed)
    if mail.mailer == "sendgrid" and mail.sendgrid:
        key = secret_of(mail.sendgrid.key, env, folder, problems) or Secret("")
        sendgrid = SendGridSettings(key, mail.sendgrid.endpoint or "", mail.sendgrid.suppressions)
    read = read_from(mail)
    if read is not None and (mail.replies or read.copy_in_sent):
        signed = _sign_in(read, folder, env, problems)
        host = _host(read, IMAP_HOSTS)
        imap = ImapSettings(host, read.port, read.security, signed, read.copy_in_sent, read.sent or "")
    if mail.replies and imap:
        replies = RepliesSettings(mail.replies.folder, mail.replies.mark or "")
    outbox = folder / mail.outbox.folder if "folder" in mail.outbox.model_fields_set else state / "outbox"
    return MailSettings(
        mail.mailer,
        outbox.resolve(),
        smtp,
        sendgrid,
        mail.redirect_all_to or "",
        tuple(mail.archive),
        imap,
        replies,
    )


def secret_of(where: Reference | None, env: Mapping[str, str], folder: Path, problems: list[Problem]) -> Secret | None:
    """The secret, or None with a problem at the place where it is named."""
    if where is None:
        return None
    try:
        return where.resolve(env, folder)
    except LookupError as error:
        found, todo = error.args
        problems.append(Problem(where.place, found, "the secret", todo))
        return None


def _sign_in(written: SignInOptions, folder: Path, env: Mapping[str, str], problems: list[Problem]) -> SignIn:
    named = (written.password, written.client_id, written.client_secret, written.refresh_token)
    password, client_id, client_secret, refresh_token = (secret_of(s, env, folder, problems) for s in named)
    return SignIn(
        written.user or "",
        written.login,
        password,
        client_id,
        client_secret,
        written.tenant or "",
        refresh_token,
        written.token_url or "",
    )


def _host(written: SmtpOptions | ImapOptions, known: Mapping[str, str]) -> str:
    return written.host or known.get(written.login, "")


# -- checks -----------------------------------------------------------------------------------------------------------


def mail_problems(mail: MailOptions, practice: PracticeOptions) -> list[Problem]:
    """Problems of mail as it holds for the practice or for one organisation."""
    return list(_problems(mail, practice))


def stays_here(mail: MailOptions) -> bool:
    """True when the mailer reaches only a folder or this machine: a rehearsal, however live."""
    if mail.mailer == "smtp":
        return mail.smtp is not None and (mail.smtp.host or "").lower() in LOOPBACK
    if mail.mailer == "sendgrid":
        endpoint = mail.sendgrid.endpoint if mail.sendgrid else None
        return endpoint is not None and urlsplit(endpoint).hostname in LOOPBACK
    return mail.mailer == "outbox"


def _problems(mail: MailOptions, practice: PracticeOptions) -> Iterator[Problem]:
    if mail.mailer != "outbox" and getattr(mail, mail.mailer) is None:
        place = mail.place_of("mailer")
        yield Problem(
            place, f'mailer: {mail.mailer}, but no "{mail.mailer}" below it', f'a block "{mail.mailer}:"', "add it"
        )
    if mail.smtp:
        yield from _server("smtp", mail.smtp, "starttls (port 587) or tls (port 465)", SMTP_HOSTS, practice)
    read = read_from(mail)
    if read and (mail.imap or mail.replies):
        yield from _server("imap", read, "tls (port 993)", IMAP_HOSTS, practice)
    if read and read.copy_in_sent and read.login in IMAP_HOSTS:
        found = f"copy in sent, but {read.login.title()} keeps one itself"
        yield Problem(read.place_of("copy_in_sent"), found, "no second copy", "remove this line")
    if mail.replies and read is None:
        yield Problem(mail.replies.place, "replies, but no mailbox to read", 'a block "imap:" beside it', "add it")
    endpoint = mail.sendgrid.endpoint if mail.sendgrid else None
    if endpoint and endpoint.rstrip("/") != "https://api.eu.sendgrid.com" and mail.sendgrid:
        yield from foreign_url(mail.sendgrid.place_of("endpoint"), endpoint, practice)


def _server(
    what: str, written: SmtpOptions | ImapOptions, ports: str, known: Mapping[str, str], practice: PracticeOptions
) -> Iterator[Problem]:
    host = _host(written, known)
    if not host:
        yield Problem(written.place, f'{what}: "host" is missing', "the server's name", f'add it below "{what}"')
    if written.security == "plain" and host.lower() not in LOOPBACK:
        todo = f"write security: {ports}"
        yield Problem(written.place_of("security"), f"security: plain to {host}", "a protected line", todo)
    if written.token_url:
        yield from foreign_url(written.place_of("token_url"), written.token_url, practice)
    if written.login == "password":
        if (written.user is None) != (written.password is None):
            yield Problem(written.place, 'only one of "user" and "password from"', "both or neither", "add the other")
        return
    for key, words in (("user", "user"), ("client_id", "client id from")):
        if getattr(written, key) is None:
            todo = "add the mailbox's address" if key == "user" else "register an application; see the operator's guide"
            yield Problem(written.place, f'login: {written.login}, but no "{words}"', f'a line "{words}: ..."', todo)


def foreign_url(place: str, url: str, written: PracticeOptions) -> Iterator[Problem]:
    """Problems with an address that is not the platform's own."""
    if urlsplit(url).hostname not in LOOPBACK:
        yield Problem(place, f"another address for a platform: {url}", "the platform's own", "remove this line")
    elif not written.allow_test_endpoints:
        todo = "remove this line; for a rehearsal, write allow test endpoints: yes"
        yield Problem(place, "another address for a platform", "the platform's own", todo)
