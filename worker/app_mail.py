"""Mail for the composition root: mailers, mailboxes and the access tokens they sign in with."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from worker.config.values import ImapSettings, MailSettings, SignIn, SmtpSettings
from worker.core.results import SweepResult
from worker.core.settings import Address, OrganisationSettings
from worker.errors import BooksUnavailable, ConfigError, ConnectionBroken, MailboxError, Problem
from worker.ports import Clock, Composer, Mailer, Wording

if TYPE_CHECKING:
    from connectors.mailbox import MailboxApp
    from worker.mail.imap import ImapServer
    from worker.mail.smtp import SmtpServer
    from worker.mail.xoauth2 import Access
    from worker.ports import Tokens

_SECURITY = {"tls": "tls", "starttls": "starttls", "plain": "none"}


@dataclass
class Post:
    """Makes mailers and mailboxes from settings. `tokens` opens the store of grants, on first use."""

    clock: Clock
    tokens: "Callable[[], Tokens]"
    _access: "dict[tuple[str, str, str], Access]" = field(default_factory=dict)

    def mailer(self, mail: MailSettings) -> Mailer:
        """The mailer the settings name; it connects on first use."""
        made: Mailer
        if mail.smtp and mail.mailer == "smtp":
            from worker.mail.smtp import SmtpMailer

            made = SmtpMailer(self._server(mail.smtp))
        elif mail.sendgrid and mail.mailer == "sendgrid":
            from worker.mail.sendgrid import ENDPOINT, SendGridAccount, SendGridMailer

            made = SendGridMailer(SendGridAccount(mail.sendgrid.key.reveal(), mail.sendgrid.endpoint or ENDPOINT))
        else:
            from worker.mail.outbox import Outbox

            return Outbox(mail.outbox)
        if mail.imap and mail.imap.copy_in_sent:
            from worker.mail.sent_copy import CopiesInSent

            made = CopiesInSent(made, self.mailbox(mail.imap), self.clock.now, mail.imap.sent)
        return made

    def mailbox(self, imap: ImapSettings) -> "ImapServer":
        """Where a mailbox is read."""
        from worker.mail.imap import ImapServer
        from worker.mail.smtp import Security

        signed = imap.sign_in
        word = signed.password.reveal() if signed.password else ""
        security = Security(_SECURITY[imap.security])
        return ImapServer(imap.host, imap.port, security, signed.user, word, access=self.access(signed))

    def _server(self, smtp: SmtpSettings) -> "SmtpServer":
        from worker.mail.smtp import Security, SmtpServer

        signed = smtp.sign_in
        word = signed.password.reveal() if signed.password else ""
        security = Security(_SECURITY[smtp.security])
        return SmtpServer(smtp.host, smtp.port, security, signed.user, word, access=self.access(signed))

    def tried(self, mail: MailSettings, signed: SignIn) -> Iterator[tuple[str, str]]:
        """Whether the servers that `signed` is for let us in: (which, why not or "")."""
        from worker.mail.imap import open_mailbox
        from worker.mail.smtp import SmtpMailer

        if mail.smtp and mail.smtp.sign_in == signed:
            mailer = SmtpMailer(self._server(mail.smtp))
            yield f"sending by {mail.smtp.host}", mailer.knock()
            mailer.close()
        if mail.imap and mail.imap.sign_in == signed:
            try:
                with open_mailbox(self.mailbox(mail.imap)):
                    yield f"reading at {mail.imap.host}", ""
            except MailboxError as error:
                yield f"reading at {mail.imap.host}", str(error)

    def access(self, signed: SignIn) -> "Access | None":
        """Access tokens for a mailbox; None when it is opened by a password."""
        if signed.login == "password":
            return None
        first = signed.refresh_token.reveal() if signed.refresh_token else ""
        key = (signed.login, signed.user.lower(), first)
        if key not in self._access:
            self._access[key] = self._tokens_of(signed, first)
        return self._access[key]

    def _tokens_of(self, signed: SignIn, first: str) -> "Access":
        from connectors.mailbox import mailbox_access
        from connectors.oauth import TokenSource
        from worker.core.secret import Secret
        from worker.mail.xoauth2 import AccessRefused, AccessUnavailable

        made: list[TokenSource] = []

        def access(refused: str) -> str:
            try:
                source = made[0] if made else mailbox_access(app_of(signed), self.clock, self.tokens(), Secret(first))
                made[:] = [source]
                token = source.renew(Secret(refused)) if refused else source.access()
            except BooksUnavailable as error:
                raise AccessUnavailable(str(error)) from None
            except ConnectionBroken as error:
                todo = f"duecourse connect mailbox --provider {signed.login}"
                raise AccessRefused(f"{signed.user}: {error.what} Connect the mailbox again: {todo}") from None
            return token.reveal()

        return access


def app_of(signed: SignIn) -> "MailboxApp":
    """The practice's application, as connectors know it."""
    from connectors.mailbox import MailboxApp
    from worker.core.secret import Secret

    client_id, secret = (s.reveal() if s else "" for s in (signed.client_id, signed.client_secret))
    return MailboxApp(signed.login, signed.user, client_id, Secret(secret), signed.tenant, signed.token_url)


def composer_of(mail: MailSettings, settings: OrganisationSettings, organisation_id: str, wording: Wording) -> Composer:
    """Letters in this organisation's name. Raises ConfigError without a sender."""
    from worker.mail.compose import LetterComposer

    if settings.sender is None:
        raise ConfigError([Problem(settings.name, "no sender", "sender: {name, email}", "add it")])
    return LetterComposer(
        wording=wording,
        organisation=organisation_id,
        sender=settings.sender,
        archive=tuple(Address(a) for a in mail.archive),
        redirect_to=Address(mail.redirect_all_to) if mail.redirect_all_to else None,
    )


def copied(mailer: Mailer) -> str:
    """File what was sent since last time in the Sent folder, where that is wanted; a warning, or ""."""
    # Asked by what it can do: its module would bring the library for mailboxes along, which most never use.
    file_copies = getattr(mailer, "file_copies", None)
    return str(file_copies()) if file_copies else ""


def warned(result: SweepResult, *warnings: str) -> SweepResult:
    """The result with more warnings ("" says nothing)."""
    said = tuple(w for w in warnings if w)
    if not said or result.plan is None:
        return result
    return replace(result, plan=replace(result.plan, warnings=(*result.plan.warnings, *said)))
