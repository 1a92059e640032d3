"""What single options cannot see: live mode's needs, choices that must fit each other, names that must exist."""

from collections.abc import Iterator, Mapping
from urllib.parse import urlsplit

from worker.config.mail import effective, foreign_url, mail_problems, stays_here
from worker.config.options import PracticeOptions
from worker.config.options_books import QuickBooksBooks, XeroBooks
from worker.config.options_organisation import OrganisationOptions
from worker.config.source import guess
from worker.core.policy import Policy
from worker.errors import Problem


def practice_problems(written: PracticeOptions) -> list[Problem]:
    """Problems of config.yaml as a whole."""
    return [*_mail(written), *_general(written)]


def _mail(written: PracticeOptions) -> list[Problem]:
    """The practice's own mail matters to organisations without a mailbox, and each mailbox as it then holds."""
    own = [o.mail for o in written.organisations.values() if o.mail]
    shared = len(own) < len(written.organisations) or not own
    return [
        *(mail_problems(written.mail, written) if shared else ()),
        *(p for mail in own for p in mail_problems(effective(written.mail, mail), written)),
    ]


def _stays_here(written: PracticeOptions) -> bool:
    own = [effective(written.mail, o.mail) for o in written.organisations.values()]
    return all(stays_here(mail) for mail in (written.mail, *own))


def _general(written: PracticeOptions) -> Iterator[Problem]:
    if not written.organisations:
        todo = "add organisations/NAME.yaml, or start from `duecourse init`"
        yield Problem(written.place, "no organisation is written", "at least one", todo)
    if written.mode == "live" and written.allow_test_endpoints and not _stays_here(written):
        place = written.place_of("allow_test_endpoints")
        todo = "remove this line, write mode: preview, or use mailer: outbox or a server on this machine"
        yield Problem(place, "test endpoints in live mode with a mailer that reaches people", "one or the other", todo)
    if written.ping and (written.ping.url is None) == (written.ping.secret_url is None):
        yield Problem(written.place_of("ping"), "ping", 'either "url" or "url from"', "write one of them")


def organisation_problems(
    name: str, written: OrganisationOptions, practice: PracticeOptions, policies: Mapping[str, Policy]
) -> list[Problem]:
    """Problems of one organisation as a whole."""
    return [
        *(_live(name, written) if practice.mode == "live" else ()),
        *_books(written, practice),
        *_signatures(written, policies),
        *_twice(written),
    ]


def _live(name: str, written: OrganisationOptions) -> Iterator[Problem]:
    if written.backlog is None:
        todo = "backlog: chase starts their ladder at its first step that still fits; backlog: leave only watches them"
        yield Problem(
            written.place, f'live mode, but "{name}" does not say what to do about its backlog', "chase | leave", todo
        )
    for key, what in (("sender", "a name and an e-mail address"), ("signature", "who signs and answers")):
        if getattr(written, key) is None:
            yield Problem(
                written.place, f'live mode, but "{name}" has no {key}', what, f"add {key}: with name and email"
            )


def _books(written: OrganisationOptions, practice: PracticeOptions) -> Iterator[Problem]:
    books = written.books
    if isinstance(books, QuickBooksBooks | XeroBooks) and books.redirect:
        yield from _redirect(books, books.redirect)
    if isinstance(books, QuickBooksBooks):
        yield from _quickbooks(books, practice)
    if not isinstance(books, XeroBooks):
        return
    for key in ("identity_url", "api_url"):
        if getattr(books, key):
            yield from foreign_url(books.place_of(key), getattr(books, key), practice)
    if books.connection:
        yield from _one_access(books)
        return
    lacking = ""
    if books.client_id is None and not books.refresh_token:
        lacking = "client id from"
    elif books.client_secret is None and books.grant == "client credentials":
        lacking = "client secret from"  # without a grant it may be an application that has none, and a saved consent
    if lacking:
        yield Problem(books.place, f'"{lacking}" is missing', "{env: NAME} or {file: PATH}", "add it below books:")


def _quickbooks(books: QuickBooksBooks, practice: PracticeOptions) -> Iterator[Problem]:
    for key in ("token_url", "api_url"):
        address = getattr(books, key)
        if address and not (urlsplit(address).hostname or "").endswith(".intuit.com"):
            yield from foreign_url(books.place_of(key), address, practice)
    yield from _one_access(books)
    for key in ("client_id", "client_secret"):
        if getattr(books, key) is None:
            words = f"{key.replace('_', ' ')} from"
            yield Problem(books.place, f'"{words}" is missing', "{env: NAME} or {file: PATH}", "add it below books:")
    if books.refresh_token and books.realm is None:
        yield Problem(books.place, '"realm" is missing', "the company's id", "add it below books:")


def _redirect(books: XeroBooks | QuickBooksBooks, redirect: str) -> Iterator[Problem]:
    """What the platforms' developer portals accept as a callback address."""
    parts = urlsplit(redirect)
    if parts.scheme != "https" and parts.hostname != "localhost":
        todo = "write the address registered with the app; on this machine it is spelt localhost"
        yield Problem(
            books.place_of("redirect"), f"redirect: {redirect}", "https://..., or http://localhost:PORT/...", todo
        )


def _one_access(books: XeroBooks | QuickBooksBooks) -> Iterator[Problem]:
    """A saved connection and a refresh token of its own would be two consents."""
    other = "refresh token from" if books.refresh_token else getattr(books, "grant", None) and "grant"
    if books.connection and other:
        todo = "keep connection: once duecourse connect has saved it"
        yield Problem(books.place_of("connection"), f'"connection" and "{other}" together', "one of them", todo)


def _signatures(written: OrganisationOptions, policies: Mapping[str, Policy]) -> Iterator[Problem]:
    for policy in policies.values():
        for step in policy.steps:
            if step.signed_by and step.signed_by not in written.signatures:
                known = ", ".join(written.signatures) or "none is written"
                todo = guess(step.signed_by, written.signatures, "add it under signatures: of the organisation")
                yield Problem(step.place, f'signed by: nobody is called "{step.signed_by}"', known, todo)


def _twice(written: OrganisationOptions) -> Iterator[Problem]:
    seen: dict[str, str] = {}
    for client in written.clients:
        name = client.client.casefold()
        if name in seen:
            todo = f"put both into one entry; the first is at {seen[name]}"
            yield Problem(client.place, f'the client "{client.client}" is written twice', "each once", todo)
        seen.setdefault(name, client.place)
