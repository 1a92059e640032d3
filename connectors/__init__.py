"""Books: one package per accounting platform, each behind the Books port.

`CONNECTORS` is the registry: what a bookkeeper writes as `books:` -> "module:factory". A platform's code, and what it
imports, is loaded only when an organisation uses it. Every factory takes (options, clock, tokens, links, budget).
"""

from collections.abc import Callable
from importlib import import_module
from typing import Any

CONNECTORS: dict[str, str] = {
    "csv": "connectors.csvfile:open_books",
    "quickbooks": "connectors.quickbooks:open_books",
    "xero": "connectors.xero:open_books",
}

CONSENTS: dict[str, str] = {
    "quickbooks": "connectors.quickbooks.consent:QuickBooksConsent",
    "xero": "connectors.xero.consent:XeroConsent",
}
"""Platforms whose books are read by a person's consent. Each takes (options, clock)."""


def connector(kind: str) -> Callable[..., Any]:
    """The factory of a kind of books. Raises KeyError, listing what there is, for a kind nobody has written."""
    if kind not in CONNECTORS:
        raise KeyError(f"no connector for {kind!r}; there are: {', '.join(sorted(CONNECTORS))}")
    return _loaded(CONNECTORS[kind])


def consenting(kind: str) -> Callable[..., Any]:
    """What makes a platform's `Consenting`. Raises KeyError for a kind of books that needs no consent."""
    return _loaded(CONSENTS[kind])


def _loaded(place: str) -> Callable[..., Any]:
    module, _, name = place.partition(":")
    found: Callable[..., Any] = getattr(import_module(module), name)
    return found
