"""Signing in to a mailbox with an access token: SASL XOAUTH2, as Google and Microsoft both document it.

Sources: developers.google.com/workspace/gmail/imap/xoauth2-protocol; Microsoft's "Authenticate an IMAP, POP or SMTP
connection using OAuth". A server that refuses sends its reason as a challenge, to be answered with nothing.
"""

from collections.abc import Callable

Access = Callable[[str], str]
"""An access token for the mailbox. Given the token just refused ("" at first), it must give another one than that.

Raises AccessRefused when a person has to connect the mailbox again, AccessUnavailable when trying later may help."""

MECHANISM = "XOAUTH2"


class AccessRefused(Exception):
    """There is no token and there will be none before a person acts. Its text says what to do."""


class AccessUnavailable(Exception):
    """No token could be had just now."""


def initial_response(user: str, token: str) -> str:
    """What the client says first, before base64. Raises AccessRefused for text that could end it early."""
    if any(ord(c) < 0x20 or ord(c) > 0x7E for c in user + token):
        raise AccessRefused("the user name or the access token holds characters no sign-in can carry")
    return f"user={user}\x01auth=Bearer {token}\x01\x01"
