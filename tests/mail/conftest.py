"""Servers and certificates that the mail tests share."""

import ssl
from collections.abc import Iterator

import pytest
import trustme

from tests.mail.far_imap import Post, post_office


@pytest.fixture(scope="session")
def post() -> Iterator[Post]:
    """One post office for all; a test takes an address of its own."""
    with post_office() as running:
        yield running


@pytest.fixture(scope="session")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture(scope="session")
def server_context(authority: trustme.CA) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(context)
    return context


@pytest.fixture(scope="session")
def trust(authority: trustme.CA) -> ssl.SSLContext:
    context = ssl.create_default_context()
    authority.configure_trust(context)
    return context
