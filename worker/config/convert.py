"""Checked options as plain values: secrets resolved, paths absolute. Problems are appended, never raised."""

from collections.abc import Mapping
from pathlib import Path

from worker.config import options_books
from worker.config.mail import secret_of
from worker.config.options import PracticeOptions
from worker.config.values import (
    BooksConfig,
    CsvBooks,
    QuickBooksBooks,
    SandboxBooks,
    XeroBooks,
)
from worker.core.secret import Secret
from worker.errors import Problem


def ping_of(written: PracticeOptions, env: Mapping[str, str], folder: Path, problems: list[Problem]) -> Secret | None:
    """The address to call after each sweep; treated as a secret, since knowing it is being able to silence it."""
    if written.ping is None:
        return None
    if written.ping.url:
        return Secret(written.ping.url)
    return secret_of(written.ping.secret_url, env, folder, problems)


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
