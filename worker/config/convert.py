"""Checked options as plain values: secrets resolved, paths absolute. Problems are appended, never raised."""

from collections.abc import Mapping
from pathlib import Path

from worker.config import options_books
from worker.config.mail import secret_of
from worker.config.options import PracticeOptions
from worker.config.options_care import DAYS
from worker.config.values import (
    Alerts,
    BooksConfig,
    CsvBooks,
    KeyPlace,
    QuickBooksBooks,
    SandboxBooks,
    VaultSettings,
    XeroBooks,
)
from worker.core.secret import Secret
from worker.errors import Problem

VAULT_KEY_VARIABLE = "DUECOURSE_VAULT_KEY"
"""Where the vault's key is looked for when the settings name no other place."""


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
            books.redirect or "",
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
        books.redirect or "",
    )


def page_of(written: PracticeOptions, folder: Path) -> Path:
    """The absolute folder of the preview page."""
    named = "folder" in written.page.model_fields_set
    return ((folder if named else folder / written.state) / written.page.folder).resolve()
