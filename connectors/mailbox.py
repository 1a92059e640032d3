"""Access to a mailbox at Microsoft 365 or Google, by a consent that was given once and is kept as a grant.

Sources: Microsoft identity platform, "OAuth 2.0 authorization code flow" and "Refresh tokens"; Exchange Online's
"Authenticate an IMAP, POP or SMTP connection using OAuth" (scopes); Google's "Using OAuth 2.0 to Access Google APIs"
and "OAuth 2.0 mechanism" for Gmail, whose one scope for IMAP and SMTP is https://mail.google.com/.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING

from connectors.callback import PATIENCE, obtain
from connectors.consent import App, Provider
from connectors.grants import Lifetimes, first_grant, grant_name
from connectors.http import Limits, Session
from connectors.oauth import TokenEndpoint, TokenSource
from connectors.rotation import RefreshToken
from worker.core.grant import Grant
from worker.core.secret import Secret
from worker.ports import Tokens

if TYPE_CHECKING:
    from worker.ports import Clock

_LIMITS = Limits(connect=10.0, read=20.0, whole=30.0, attempts=2, patience=30.0)
"""A letter is waiting for the token: better to leave it for the next run than to outlive its last look."""
_TENANT = "organizations"
_MICROSOFT = "https://login.microsoftonline.com/{tenant}/oauth2/v2.0"

PROVIDERS = {
    "microsoft": Provider(
        "Microsoft",
        f"{_MICROSOFT}/authorize",
        f"{_MICROSOFT}/token",
        (
            "offline_access",
            "https://outlook.office.com/SMTP.Send",
            "https://outlook.office.com/IMAP.AccessAsUser.All",
        ),
        extra={"prompt": "select_account"},
    ),
    "google": Provider(
        "Google",
        "https://accounts.google.com/o/oauth2/v2/auth",
        "https://oauth2.googleapis.com/token",
        ("https://mail.google.com/",),
        # Google gives a refresh token only when asked for offline access, and only on an explicit consent.
        extra={"access_type": "offline", "prompt": "consent"},
    ),
}
LIFETIMES = {
    "microsoft": Lifetimes(timedelta(days=90), unused_field="refresh_token_expires_in"),
    "google": Lifetimes(timedelta(days=180), unused_field="refresh_token_expires_in"),
}
"""A refresh token ends when unused: Microsoft 90 days, Google six months (7 days while an app is in testing, which its
answer says)."""


@dataclass(frozen=True, slots=True)
class MailboxApp:
    """The practice's own application at a provider, and the mailbox it is to be let into. The URLs are for tests."""

    provider: str
    user: str
    client_id: str
    client_secret: Secret
    tenant: str = ""
    token_url: str = ""
    authorize_url: str = ""

    @property
    def kind(self) -> str:
        """The word under which the grant says what it is for."""
        return f"mailbox ({self.provider})"

    @property
    def name(self) -> str:
        """The name under which the mailbox's consent is kept: one mailbox, one grant, whoever uses it."""
        return f"mailbox-{self.provider}-{self.user.lower()}"

    def asking(self) -> Provider:
        """Where consent is asked for."""
        known, tenant = PROVIDERS[self.provider], self.tenant or _TENANT
        hint = {"login_hint": self.user} if self.user else {}
        return replace(
            known,
            authorize_url=self.authorize_url or known.authorize_url.format(tenant=tenant),
            token_url=self.token_url or known.token_url.format(tenant=tenant),
            extra={**known.extra, **hint},
        )


def mailbox_access(app: MailboxApp, clock: "Clock", tokens: Tokens, first: Secret) -> TokenSource:
    """Access to the mailbox by its saved grant, or by a refresh token given in the configuration (`first`)."""
    name = grant_name("mailbox", app.client_id, first.reveal()) if first else app.name
    asking = app.asking()
    session = Session(clock, asking.name, limits=_LIMITS)
    endpoint = TokenEndpoint(session, asking.token_url, app.client_id, app.client_secret)
    return RefreshToken(endpoint, tokens, name, first, platform=app.kind, lifetimes=LIFETIMES[app.provider])


def connect_mailbox(
    app: MailboxApp,
    redirect: str,
    clock: "Clock",
    tokens: Tokens,
    show: Callable[[str], None],
    paste: Callable[[], str] | None = None,
    patience: float = PATIENCE,
) -> Grant:
    """Ask for consent and keep it under the mailbox's name; see `connectors.callback.obtain` for `show` and `paste`.

    Raises ConsentFailed, BooksUnavailable, or ConnectionBroken when the grant cannot be kept.
    """
    tokens.prove(app.name)
    asking = App(app.client_id, app.client_secret, redirect)
    consented = obtain(app.asking(), asking, show, paste, patience)
    with tokens.lock(app.name):
        before, whose = tokens.load(app.name), ((app.user, app.user),)
        lifetimes = LIFETIMES[app.provider]
        grant = first_grant(app.kind, app.client_id, consented.answer, clock.now(), lifetimes, whose, before)
        tokens.save(app.name, grant)
    return grant
