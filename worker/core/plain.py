"""Data from books and people made fit for one line of a message: no controls, nothing invisible or reordering."""

import re
import unicodedata

# Bidirectional controls and zero-width characters can make a line read as something else than it says.
# Source: Unicode Standard Annex 9 (explicit formatting characters) and Technical Report 36, section 2.
_INVISIBLE = re.compile(
    "[\u00ad\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\U000e0000-\U000e007f]"
)
_CONTROLS = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_SURROGATES = re.compile("[\ud800-\udfff]")
_SPACES = re.compile(r"\s+")


def has_controls(text: str) -> bool:
    """True when the text holds line ends, NUL or any other control character, or half a surrogate pair."""
    return bool(_CONTROLS.search(text) or _SURROGATES.search(text))


def one_line(text: str) -> str:
    """The text as one visible line: controls become spaces, any run of spaces one, invisible characters go, NFC."""
    if text.isascii() and text.isprintable():
        return _SPACES.sub(" ", text).strip() if "  " in text or text[:1] == " " or text[-1:] == " " else text
    text = _SURROGATES.sub("\ufffd", _INVISIBLE.sub("", _CONTROLS.sub(" ", text)))
    return _SPACES.sub(" ", unicodedata.normalize("NFC", text)).strip()


def shortened(text: str, limit: int) -> str:
    """The text, or its whole words that fit in `limit` characters with an ellipsis."""
    if len(text) <= limit:
        return text
    head = text[: limit - 1]
    return head.rsplit(" ", 1)[0].rstrip(" ,;:-") + "…"
