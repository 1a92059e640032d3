"""The applications registered with each platform, and which callback addresses its developer portal accepts.

Xero's pages "OAuth 2.0" (FAQ): absolute, no wildcards, https, or http://localhost with its port; 127.0.0.1 is refused.
Intuit's "Technical requirements": production keys need https and a real domain, development keys may use localhost.
Both compare what an app asks with to the letter.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from urllib.parse import urlsplit

CLIENT_ID, CLIENT_WORD = "sandbox-app", "sandbox-word"
LIVE_ID = "sandbox-app-live"
"""The same application's production keys, for QuickBooks' face; the secret is the same."""
REDIRECT = "http://localhost:8910/callback"
"""Registered from the beginning wherever localhost is allowed."""
MOST = 50  # callback addresses an app may register


@dataclass
class App:
    """One registered application; ``live``: production keys."""

    word: str
    live: bool = False
    redirects: set[str] = field(default_factory=set)


class Apps:
    """The applications one platform knows."""

    def __init__(self, refusal: Callable[[str, bool], str], apps: dict[str, App]) -> None:
        self._refusal, self._apps = refusal, apps

    def register(self, redirect: str, client_id: str = CLIENT_ID) -> None:
        """Add a callback address, as in the developer portal. Raises ValueError with what the portal says."""
        app = self._apps[client_id]
        if reason := self._refusal(redirect, app.live):
            raise ValueError(reason)
        if len(app.redirects) >= MOST:
            raise ValueError(f"an app may have {MOST} callback addresses")
        app.redirects.add(redirect)

    def allows(self, client_id: str, redirect: str) -> bool:
        """Whether this app registered exactly this address."""
        return client_id in self._apps and redirect in self._apps[client_id].redirects

    def knows(self, client_id: str, word: str | None) -> bool:
        """Whether such an app exists and, unless ``word`` is None, that is its secret."""
        return client_id in self._apps and word in {None, self._apps[client_id].word}


def xero_apps() -> Apps:
    """What Xero knows of this sandbox's application."""
    return Apps(_xero, {CLIENT_ID: App(CLIENT_WORD, redirects={REDIRECT})})


def quickbooks_apps() -> Apps:
    """What Intuit knows of it: its development keys and its production keys."""
    return Apps(_quickbooks, {CLIENT_ID: App(CLIENT_WORD, redirects={REDIRECT}), LIVE_ID: App(CLIENT_WORD, live=True)})


def _xero(redirect: str, _: bool) -> str:
    parts = urlsplit(redirect)
    if not parts.hostname or "*" in redirect or parts.fragment:
        return "a redirect URI is absolute, without wildcards or fragment"
    if parts.scheme == "https" or (parts.scheme == "http" and parts.hostname == "localhost"):
        return ""
    return "a redirect URI needs https; http is for localhost only"


def _quickbooks(redirect: str, live: bool) -> str:
    parts = urlsplit(redirect)
    host = parts.hostname or ""
    local = host == "localhost"
    if not host or "*" in redirect or parts.fragment:
        return "a redirect URI is absolute, without wildcards or fragment"
    if live and (parts.scheme != "https" or "." not in host or host.replace(".", "").isdecimal()):
        return "production keys need https and a real domain"
    if parts.scheme == "https" or (parts.scheme == "http" and local):
        return ""
    return "a redirect URI needs https; http is for localhost only"
