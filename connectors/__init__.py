"""Books: one package per accounting platform, each behind the Books port.

`CONNECTORS` is the registry: what a bookkeeper writes as `books:` -> "module:factory". A platform's code, and what it
imports, is loaded only when an organisation uses it. Every factory takes (options, clock, tokens, links).
"""

from collections.abc import Callable
from importlib import import_module
from typing import Any

CONNECTORS: dict[str, str] = {
    "csv": "connectors.csvfile:open_books",
    "quickbooks": "connectors.quickbooks:open_books",
    "xero": "connectors.xero:open_books",
}


def connector(kind: str) -> Callable[..., Any]:
    """The factory of a kind of books. Raises KeyError, listing what there is, for a kind nobody has written."""
    if kind not in CONNECTORS:
        raise KeyError(f"no connector for {kind!r}; there are: {', '.join(sorted(CONNECTORS))}")
    module, _, factory = CONNECTORS[kind].partition(":")
    found: Callable[..., Any] = getattr(import_module(module), factory)
    return found
