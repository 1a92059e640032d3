"""Access tokens for a mailbox at Microsoft 365 or Google, by a consent that was given once and is kept as a grant.

Sources: Microsoft identity platform, "OAuth 2.0 authorization code flow", and Exchange Online's "Authenticate an IMAP,
POP or SMTP connection using OAuth" (scopes); Google's "Using OAuth 2.0 to Access Google APIs" and "OAuth 2.0 mechanism"
for Gmail, whose one scope for IMAP and SMTP is https://mail.google.com/.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from connectors.http import Limits, Session
from connectors.oauth import RefreshToken, Secret, TokenEndpoint, Tokens, TokenSource, grant_name

if TYPE_CHECKING:
    from worker.ports import Clock

_LIMITS = Limits(connect=10.0, read=20.0, whole=30.0, attempts=2, patience=30.0)
"""A letter is waiting for the token: better to leave it for the next run than to outlive its last look."""


@dataclass(frozen=True, slots=True)
class Provider:
    """Where a provider's consents are given and its tokens fetched; `{tenant}` is filled in. Scopes for both ways."""

    name: str
    authorize_url: str
    token_url: str
    scopes: tuple[str, ...]
    tenant: str = ""
    extra: tuple[tuple[str, str], ...] = ()


PROVIDERS = {
    "microsoft": Provider(
        "Microsoft",
        "https://login.microsoftonline.com/{tenant}/oauth2/v2.0/authorize",
        "https://login.microsoftonline.com/{tenant}/oauth2/v2.0/token",
        (
            "offline_access",
            "https://outlook.office.com/SMTP.Send",
            "https://outlook.office.com/IMAP.AccessAsUser.All",
        ),
        "organizations",
    ),
    "google": Provider(
        "Google",
        "https://accounts.google.com/o/oauth2/v2/auth",
        "https://oauth2.googleapis.com/token",
        ("https://mail.google.com/",),
        # Google gives a refresh token only when asked for offline access, and only on an explicit consent.
        extra=(("access_type", "offline"), ("prompt", "consent")),
    ),
}


@dataclass(frozen=True, slots=True)
class MailboxApp:
    """The practice's own application at a provider, and the mailbox it is to be let into. `token_url`: for tests."""

    provider: str
    user: str
    client_id: str
    client_secret: Secret
    tenant: str = ""
    token_url: str = ""

    @property
    def grant(self) -> str:
        """The name under which the mailbox's consent is kept: one mailbox, one grant, whoever uses it."""
        return f"mailbox-{self.provider}-{self.user.lower()}"


def endpoint(app: MailboxApp, clock: "Clock") -> TokenEndpoint:
    """Where the application asks for tokens."""
    provider = PROVIDERS[app.provider]
    url = app.token_url or provider.token_url.format(tenant=app.tenant or provider.tenant)
    return TokenEndpoint(Session(clock, provider.name, limits=_LIMITS), url, app.client_id, app.client_secret)


def mailbox_access(app: MailboxApp, clock: "Clock", tokens: Tokens, first: Secret) -> TokenSource:
    """Access to the mailbox by its saved grant, or by a refresh token given in the configuration (`first`)."""
    name = grant_name("mailbox", app.client_id, first.reveal()) if first else app.grant
    return RefreshToken(endpoint(app, clock), tokens, name, first)
