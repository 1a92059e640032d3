"""How a mail says that it answers a digest: by the Message-ID it names, else by the mark in its subject."""

import re
from collections.abc import Mapping, Sequence

_TOKEN = re.compile(r"\[([0-9a-f]{10})\]")
_NAMED = re.compile(r"<([0-9a-f]{10})(?:\.[0-9a-f]{8})?\.(?:digest|answer)@[^<>\s]+>")


def answers_digest(headers: Mapping[str, str]) -> bool:
    """Whether a message with these headers (names in lower case) answers a digest, or pretends to."""
    named = f"{headers.get('in-reply-to', '')} {headers.get('references', '')}"
    return bool(_NAMED.search(named) or _TOKEN.search(headers.get("subject", "")))


def token_of(references: Sequence[str], subject: str) -> str:
    """Which digest is answered ("" none); `references` are Message-IDs without brackets, nearest first."""
    named = (_NAMED.match(f"<{each}>") for each in references)
    found = next((n for n in named if n), None) or _TOKEN.search(subject)
    return found[1] if found else ""
