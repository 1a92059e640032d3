"""The one class for text that must not be shown: a password, a token, a key."""

from base64 import b64encode

_TELLING = 6
"""Bytes; what is left of a shorter secret in base64 is too little to be told from other text."""


class Secret:
    """Text that must not be shown. Only `reveal()` gives it away; repr, str, formatting and pickling do not."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        """`text` is kept out of every text form."""
        self._text = text

    def reveal(self) -> str:
        """The text itself, for the one place it is meant for."""
        return self._text

    def struck(self, text: str) -> str:
        """`text`, which somebody else said, with this secret taken out, plain or in base64."""
        for form in self._forms():
            text = text.replace(form, "***")
        return text

    def _forms(self) -> tuple[str, ...]:
        raw = self._text.encode()
        if len(raw) < _TELLING:
            return (self._text,) if self._text else ()
        # Wherever in a longer text it began, all but its first and last few base64 digits are its own.
        coded = [b64encode(b"\0" * pad + raw).decode()[first:-4] for pad, first in ((0, 0), (1, 2), (2, 3))]
        return (self._text, *coded)

    def __repr__(self) -> str:
        return "Secret(***)"

    __str__ = __repr__

    def __format__(self, spec: str) -> str:
        return repr(self)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and other._text == self._text

    def __hash__(self) -> int:
        return hash(self._text)

    def __bool__(self) -> bool:
        return bool(self._text)

    def __getstate__(self) -> object:
        raise TypeError("a secret is never written out")
