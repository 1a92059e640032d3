"""Consent pages: a person sees who asks for what, chooses organisations and allows or denies; the browser goes back.

What was asked is kept here between the page and its answer, under a ticket, so that nothing on the page can change it.
"""

import html
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlencode, urlsplit

from connectors.sandbox.apps import Apps
from connectors.sandbox.wire import Answer, text

OWNER, BOOKKEEPER = "owner", "bookkeeper"
USERS = (OWNER, BOOKKEEPER)
"""Who can be signed in at the platform: a consent belongs to one of them."""


@dataclass(frozen=True)
class Asked:
    """What an app asks for. An empty ``challenge``: without PKCE."""

    client_id: str
    redirect: str
    scope: str
    state: str
    challenge: str = ""

    def back(self, **told: str) -> Answer:
        """Send the browser back to the app."""
        joint = "&" if urlsplit(self.redirect).query else "?"
        query = urlencode({**told, **({"state": self.state} if self.state else {})})
        return Answer(302, headers={"Location": f"{self.redirect}{joint}{query}", "Cache-Control": "no-store"})


@dataclass(frozen=True)
class Choice:
    """What a person answered on the page."""

    asked: Asked
    user: str
    tenants: tuple[str, ...]


@dataclass(frozen=True)
class Look:
    """How a platform's page differs: its name, its path, whether several organisations may be allowed at once."""

    platform: str
    path: str
    several: bool


class Consents:
    """Pages waiting for their answer."""

    def __init__(self, apps: Apps, look: Look, fresh: Callable[[str], str]) -> None:
        self._apps, self._look, self._fresh = apps, look, fresh
        self._waiting: dict[str, Asked] = {}

    def page(self, query: Mapping[str, str], scopes: frozenset[str], tenants: Mapping[str, str]) -> Answer:
        """The page for a request of an app, or a refusal: shown here while it is not sure whose request it is."""
        client_id, redirect = query.get("client_id", ""), query.get("redirect_uri", "")
        if not self._apps.knows(client_id, None):
            return _error(self._look, "unauthorized_client", "There is no such app.")
        if not self._apps.allows(client_id, redirect):
            return _error(self._look, "invalid_request", f"Invalid redirect_uri: {redirect or 'none'}")
        challenge = query.get("code_challenge", "")
        asked = Asked(client_id, redirect, query.get("scope", ""), query.get("state", ""), challenge)
        if query.get("response_type") != "code":
            return asked.back(error="unsupported_response_type")
        if challenge and query.get("code_challenge_method") != "S256":
            return asked.back(error="invalid_request")
        if not asked.scope or not set(asked.scope.split()) <= scopes:
            return asked.back(error="invalid_scope")
        ticket = self._fresh("ticket")
        self._waiting[ticket] = asked
        return text(_page(self._look, asked, ticket, tenants), 200, "text/html")

    def answered(self, form: Mapping[str, Sequence[str]], tenants: Mapping[str, str]) -> Choice | Answer:
        """What the person chose; an answer to send at once when they denied, or when the page is not ours."""
        asked = self._waiting.pop(_first(form, "ticket"), None)
        if asked is None:
            return _error(self._look, "invalid_request", "This page was answered already.")
        if _first(form, "decision") != "allow":
            return asked.back(error="access_denied")
        chosen = tuple(tenant for tenant in form.get("tenant", ()) if tenant in tenants)
        user = _first(form, "user")
        if not chosen or (len(chosen) > 1 and not self._look.several) or user not in USERS:
            return _error(self._look, "invalid_request", "Choose an organisation.")
        return Choice(asked, user, chosen)


def _first(form: Mapping[str, Sequence[str]], name: str) -> str:
    return next(iter(form.get(name, ())), "")


_FRAME = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>{title}</title><style>body{{font:1rem/1.5 system-ui,sans-serif;max-width:34rem;margin:8vh auto;padding:0 1rem}}
button{{font:inherit;padding:.4rem 1.2rem;margin-right:1rem}}
fieldset{{margin:1rem 0}}label{{display:block}}</style></head>
<body><main><h1>{title}</h1>
{body}
</main></body></html>
"""


def _page(look: Look, asked: Asked, ticket: str, tenants: Mapping[str, str]) -> str:
    kind = "checkbox" if look.several else "radio"
    chosen = " checked" if len(tenants) == 1 else ""
    rows = "\n".join(
        f'<label><input type="{kind}" name="tenant" value="{html.escape(one)}"{chosen}> {html.escape(name)}</label>'
        for one, name in tenants.items()
    )
    users = "".join(f"<option>{user}</option>" for user in USERS)
    body = f"""<p>The app <b>{html.escape(asked.client_id)}</b> asks for: {html.escape(asked.scope)}</p>
<form method="post" action="{look.path}">
<input type="hidden" name="ticket" value="{html.escape(ticket)}">
<label>Signed in as <select name="user">{users}</select></label>
<fieldset><legend>Allow access to</legend>
{rows}
</fieldset>
<button name="decision" value="allow">Allow</button><button name="decision" value="deny">Deny</button>
</form>
<p><small>A page of the duecourse sandbox on this machine, in the manner of {look.platform}.</small></p>"""
    return _FRAME.format(title=f"Connect to {look.platform} (sandbox)", body=body)


def _error(look: Look, code: str, words: str) -> Answer:
    body = f"<p>{html.escape(words)}</p><p>Error: {code}</p>"
    return text(_FRAME.format(title=f"{look.platform} (sandbox): sorry", body=body), 400, "text/html")
