"""Options of mail: which way messages leave, how to sign in to a mailbox, and where replies are looked for."""

from typing import Annotated

from worker.config.base import Options, option
from worker.config.kinds import Email, OneOrMore, Url, Whole, Words, YesNo, choice
from worker.config.secret import SecretRef

MailerChoice = Annotated[str, *choice("outbox", "smtp", "sendgrid")]
Security = Annotated[str, *choice("starttls", "tls", "plain")]
LoginChoice = Annotated[str, *choice("password", "microsoft", "google")]


class OutboxOptions(Options):
    """Messages are written as .eml files; nothing leaves."""

    folder: Words = option("Folder for the files.", "./state/outbox", default="outbox")


class SignInOptions(Options):
    """Who signs in to a mailbox, and by what."""

    user: Words | None = option(
        "The user name; for Microsoft and Google the mailbox's address.", "accounts@example.com"
    )
    login: LoginChoice = option(
        "By a password, or by a consent given to Microsoft 365 or Google with `duecourse connect mailbox`.",
        "password",
        default="password",
    )
    password: SecretRef | None = option("Where the password is found.", {"env": "SMTP_PASSWORD"}, alias="password from")
    client_id: SecretRef | None = option(
        "Where the client id of your own application at Microsoft or Google is found.",
        {"env": "MAILBOX_CLIENT_ID"},
        off=True,
        alias="client id from",
    )
    client_secret: SecretRef | None = option(
        "Where its client secret is found, if it has one.",
        {"env": "MAILBOX_CLIENT_SECRET"},
        off=True,
        alias="client secret from",
    )
    tenant: Words | None = option(
        "Microsoft's directory, when the application is not open to every one.", "organizations", off=True
    )
    refresh_token: SecretRef | None = option(
        "Where the first refresh token is found, where nobody can run `duecourse connect mailbox`.",
        {"file": "secrets/mailbox-refresh-token"},
        off=True,
        alias="refresh token from",
    )
    token_url: Url | None = option("Another token server, for tests.", "http://127.0.0.1:8765/token", off=True)


class SmtpOptions(SignInOptions):
    """A mail server of your own or of your provider."""

    host: Words | None = option("The server; Microsoft's and Google's are known.", "smtp.example.com")
    port: Whole = option("Its port.", "587", default=587, ge=1, le=65535)
    security: Security = option(
        "How the line is protected; plain is for a server on this machine.", "starttls", default="starttls"
    )


class ImapOptions(SignInOptions):
    """The same mailbox as it is read; what is not written here is as under `smtp`."""

    host: Words | None = option("The server; Microsoft's and Google's are known.", "imap.example.com")
    port: Whole = option("Its port.", "993", default=993, ge=1, le=65535)
    security: Security = option(
        "How the line is protected; plain is for a server on this machine.", "tls", default="tls"
    )
    copy_in_sent: YesNo = option(
        "Put a copy of every message into the Sent folder; Microsoft and Google do so by themselves.",
        "no",
        default=False,
    )
    sent: Words | None = option("The Sent folder, if the server does not say which it is.", "Sent", off=True)


class RepliesOptions(Options):
    """Replies and bounces are looked for in the mailbox under `imap`."""

    folder: Words = option("The folder they arrive in.", "INBOX", default="INBOX")
    mark: Words | None = option(
        "A keyword, or \\Flagged, set on what was dealt with; without it nothing is changed.", "duecourse", off=True
    )


class SendGridOptions(Options):
    """Twilio SendGrid."""

    key: SecretRef = option("Where the API key is found.", {"env": "SENDGRID_API_KEY"}, alias="key from", default=...)
    endpoint: Url | None = option("Another server: the EU one, or one for tests.", "https://api.eu.sendgrid.com")
    suppressions: YesNo = option(
        "Ask SendGrid for bounces, blocks and complaints; the key then also needs to read suppressions.",
        "no",
        default=False,
    )


class MailboxOptions(Options):
    """A mailbox of its own for one organisation. A block that names `host` or `login` stands alone; any other adds to
    what the practice wrote under `mail`."""

    smtp: SmtpOptions | None = option("Where its messages leave from.")
    imap: ImapOptions | None = option("Where its mailbox is read.")
    replies: RepliesOptions | None = option("Where its replies arrive.")


class MailOptions(Options):
    """How messages leave."""

    mailer: MailerChoice = option("Which of the three below.", "outbox", default="outbox")
    outbox: OutboxOptions = option("Settings of the outbox.", default_factory=OutboxOptions)
    smtp: SmtpOptions | None = option("Settings of SMTP.")
    imap: ImapOptions | None = option("Where the mailbox is read, for replies, bounces and a copy in Sent.")
    replies: RepliesOptions | None = option("Where replies and bounces arrive; without it nobody watches for them.")
    sendgrid: SendGridOptions | None = option("Settings of SendGrid.")
    redirect_all_to: Email | None = option("Send everything here instead, while trying out.", "me@example.com")
    archive: Annotated[list[Email], OneOrMore] = option(
        "A blind copy of everything goes here.", ["archive@example.com"], default_factory=list
    )
