"""The one class for text that must not be shown: a password, a token, a key."""


class Secret:
    """Text that must not be shown. Only `reveal()` gives it away; repr, str, formatting and pickling do not."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        """`text` is kept out of every text form."""
        self._text = text

    def reveal(self) -> str:
        """The text itself, for the one place it is meant for."""
        return self._text

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
