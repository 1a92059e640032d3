"""What single options cannot see: live mode's needs, choices that must fit each other, names that must exist."""

from collections.abc import Iterator, Mapping
from urllib.parse import urlsplit

from worker.config.options import PracticeOptions
from worker.config.options_books import QuickBooksBooks, XeroBooks
from worker.config.options_organisation import OrganisationOptions
from worker.config.source import guess
from worker.core.policy import Policy
from worker.errors import Problem

_LOOPBACK = {"localhost", "127.0.0.1", "::1"}


def practice_problems(written: PracticeOptions) -> list[Problem]:
    """Problems of config.yaml as a whole."""
    return [*_mail(written), *_general(written)]


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


def _stays_here(written: PracticeOptions) -> bool:
    """True when the mailer reaches only a folder or this machine: a rehearsal, however live."""
    mail = written.mail
    if mail.mailer == "smtp":
        return mail.smtp is not None and mail.smtp.host.lower() in _LOOPBACK
    if mail.mailer == "sendgrid":
        endpoint = mail.sendgrid.endpoint if mail.sendgrid else None
        return endpoint is not None and urlsplit(endpoint).hostname in _LOOPBACK
    return True


def _mail(written: PracticeOptions) -> Iterator[Problem]:
    mail = written.mail
    if mail.mailer != "outbox" and getattr(mail, mail.mailer) is None:
        place = mail.place_of("mailer")
        yield Problem(
            place, f'mailer: {mail.mailer}, but no "{mail.mailer}" below it', f'a block "{mail.mailer}:"', "add it"
        )
    smtp = mail.smtp
    if smtp and smtp.security == "plain" and smtp.host.lower() not in _LOOPBACK:
        todo = "write security: starttls (port 587) or tls (port 465)"
        yield Problem(smtp.place_of("security"), f"security: plain to {smtp.host}", "a protected line", todo)
    if smtp and (smtp.user is None) != (smtp.password is None):
        yield Problem(smtp.place, 'only one of "user" and "password from"', "both or neither", "add the other")
    endpoint = mail.sendgrid.endpoint if mail.sendgrid else None
    if endpoint and endpoint.rstrip("/") != "https://api.eu.sendgrid.com" and mail.sendgrid:
        yield from _test_url(mail.sendgrid.place_of("endpoint"), endpoint, written)


def _test_url(place: str, url: str, written: PracticeOptions) -> Iterator[Problem]:
    if urlsplit(url).hostname not in _LOOPBACK:
        yield Problem(place, f"another address for a platform: {url}", "the platform's own", "remove this line")
    elif not written.allow_test_endpoints:
        todo = "remove this line; for a rehearsal, write allow test endpoints: yes"
        yield Problem(place, "another address for a platform", "the platform's own", todo)


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
    if isinstance(books, QuickBooksBooks):
        yield from _quickbooks(books, practice)
    if not isinstance(books, XeroBooks):
        return
    for key in ("identity_url", "api_url"):
        if getattr(books, key):
            yield from _test_url(books.place_of(key), getattr(books, key), practice)
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
            yield from _test_url(books.place_of(key), address, practice)
    yield from _one_access(books)
    for key in ("client_id", "client_secret"):
        if getattr(books, key) is None:
            words = f"{key.replace('_', ' ')} from"
            yield Problem(books.place, f'"{words}" is missing', "{env: NAME} or {file: PATH}", "add it below books:")
    if books.refresh_token and books.realm is None:
        yield Problem(books.place, '"realm" is missing', "the company's id", "add it below books:")


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
