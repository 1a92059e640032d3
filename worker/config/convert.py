"""Checked options as plain values: secrets resolved, paths absolute. Problems are appended, never raised."""

from collections.abc import Mapping
from pathlib import Path

from worker.config import options_books
from worker.config.options import PracticeOptions
from worker.config.options_care import DAYS
from worker.config.secret import Reference
from worker.config.values import (
    Alerts,
    BooksConfig,
    CsvBooks,
    KeyPlace,
    MailSettings,
    QuickBooksBooks,
    SandboxBooks,
    SendGridSettings,
    SmtpSettings,
    VaultSettings,
    XeroBooks,
)
from worker.core.secret import Secret
from worker.errors import Problem

VAULT_KEY_VARIABLE = "DUECOURSE_VAULT_KEY"
"""Where the vault's key is looked for when the settings name no other place."""


def secret_of(where: Reference | None, env: Mapping[str, str], folder: Path, problems: list[Problem]) -> Secret | None:
    """The secret, or None with a problem at the place where it is named."""
    if where is None:
        return None
    try:
        return where.resolve(env, folder)
    except LookupError as error:
        todo = (
            f"set {where.env} where duecourse runs"
            if where.env
            else "mount or create the file, with the secret alone in it"
        )
        problems.append(Problem(where.place, str(error.args[0]), "the secret", todo))
        return None


def mail_of(written: PracticeOptions, folder: Path, env: Mapping[str, str], problems: list[Problem]) -> MailSettings:
    """Mail settings; only the chosen mailer's secrets are looked for."""
    mail = written.mail
    smtp = sendgrid = None
    if mail.mailer == "smtp" and mail.smtp:
        password = secret_of(mail.smtp.password, env, folder, problems)
        smtp = SmtpSettings(mail.smtp.host, mail.smtp.port, mail.smtp.security, mail.smtp.user or "", password)
    if mail.mailer == "sendgrid" and mail.sendgrid:
        key = secret_of(mail.sendgrid.key, env, folder, problems)
        sendgrid = SendGridSettings(key or Secret(""), mail.sendgrid.endpoint or "")
    state = folder / written.state
    outbox = folder / mail.outbox.folder if "folder" in mail.outbox.model_fields_set else state / "outbox"
    return MailSettings(mail.mailer, outbox.resolve(), smtp, sendgrid, mail.redirect_all_to or "", tuple(mail.archive))


def vault_of(written: PracticeOptions, folder: Path, env: Mapping[str, str], problems: list[Problem]) -> VaultSettings:
    """Where connections are kept. Keys are not fetched: most commands need none, and some lie behind a network."""

    def absolute(place: KeyPlace) -> KeyPlace:
        if place.kind != "file":
            return place
        path = (folder / place.where).resolve()
        if path.is_relative_to((folder / written.state).resolve()):
            todo = "keep it elsewhere: whoever copies the state folder must not get the key with it"
            problems.append(Problem(place.place or written.place, "a vault key in the state folder", "not there", todo))
        return KeyPlace("file", str(path), place.place)

    vault = written.vault
    key = absolute(vault.key) if vault.key else None
    if key is None and env.get(VAULT_KEY_VARIABLE):
        key = KeyPlace("env", VAULT_KEY_VARIABLE)
    store = vault.store or ("logbook" if written.logbook else "files")
    return VaultSettings(store, key, tuple(absolute(place) for place in vault.previous_keys))


def ping_of(written: PracticeOptions, env: Mapping[str, str], folder: Path, problems: list[Problem]) -> Secret | None:
    """The address to call after each sweep; treated as a secret, since knowing it is being able to silence it."""
    if written.ping is None:
        return None
    if written.ping.url:
        return Secret(written.ping.url)
    return secret_of(written.ping.secret_url, env, folder, problems)


def alerts_of(written: PracticeOptions, env: Mapping[str, str], folder: Path, problems: list[Problem]) -> Alerts | None:
    """Who hears of trouble."""
    if written.alerts is None:
        return None
    webhook = secret_of(written.alerts.webhook, env, folder, problems)
    return Alerts(webhook or Secret(""), DAYS.index(written.alerts.all_quiet))


def books_of(
    books: options_books.Books,
    folder: Path,
    env: Mapping[str, str],
    problems: list[Problem],
) -> BooksConfig:
    """Where the books are; files relative to the folder of config.yaml."""
    if isinstance(books, options_books.CsvBooks):
        others = (books.clients, books.payments, books.credits)
        clients, payments, credits = ((folder / p).resolve() if p else None for p in others)
        return CsvBooks(
            (folder / books.invoices).resolve(),
            clients,
            payments,
            credits,
            books.currency or "",
            books.dates or "",
            books.decimals or "",
        )
    if isinstance(books, options_books.SandboxBooks):
        return SandboxBooks(books.url or "", books.tenant or "", books.face)
    secrets = (books.client_id, books.client_secret, books.refresh_token)
    client_id, client_secret, refresh_token = (secret_of(s, env, folder, problems) for s in secrets)
    if isinstance(books, options_books.QuickBooksBooks):
        return QuickBooksBooks(
            books.realm or "",
            client_id,
            client_secret,
            refresh_token,
            books.token_url or "",
            books.api_url or "",
            books.page_size,
            books.connection or "",
        )
    return XeroBooks(
        books.tenant or "",
        client_id,
        client_secret,
        refresh_token,
        books.grant or "",
        books.identity_url or "",
        books.api_url or "",
        books.page_size,
        books.connection or "",
    )
