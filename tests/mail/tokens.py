"""Who may sign in with which access token: what both stand-ins for a provider's mail servers ask."""

import base64
from dataclasses import dataclass, field


@dataclass
class Door:
    """Tokens that open a mailbox now; `knocks` are all (user, token) pairs that were tried."""

    open_to: set[tuple[str, str]] = field(default_factory=set)
    knocks: list[tuple[str, str]] = field(default_factory=list)

    def opens(self, response: bytes) -> bool:
        """Whether an XOAUTH2 response (base64) is exactly as documented, for a token that is good now."""
        said = base64.b64decode(response, validate=True).decode("ascii")
        user, bearer, *rest = said.split("\x01")
        assert user.startswith("user="), said
        assert bearer.startswith("auth=Bearer "), said
        assert rest == ["", ""], said
        knock = (user.removeprefix("user="), bearer.removeprefix("auth=Bearer "))
        self.knocks.append(knock)
        return knock in self.open_to


REASON = base64.b64encode(b'{"status":"401","schemes":"bearer","scope":"https://mail.google.com/"}')
"""What a server says before it refuses."""


class Wallet:
    """An Access: hands out its tokens in order, the next one when the last was refused."""

    def __init__(self, *tokens: str) -> None:
        self.tokens = list(tokens)
        self.asked: list[str] = []

    def __call__(self, refused: str) -> str:
        self.asked.append(refused)
        if refused and refused == self.tokens[0] and len(self.tokens) > 1:
            self.tokens.pop(0)
        return self.tokens[0]
