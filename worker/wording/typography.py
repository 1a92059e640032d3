"""Spaces a language wants kept together. People type ordinary ones; a line must not begin with a question mark."""

import re
from functools import lru_cache

_NBSP, _THIN = "\u00a0", "\u202f"
# French sets a narrow space before ; ! ? and an ordinary no-break one before : and inside guillemets. Canada leaves the
# narrow one out. Source: Lexique des regles typographiques en usage a l'Imprimerie nationale; Office quebecois de la
# langue francaise, "espacement avant et apres les signes de ponctuation".
_BEFORE_HIGH = re.compile(r"[ \u00a0\u202f]+([;!?])")
_BEFORE_COLON = re.compile(r"[ \u00a0\u202f]+:")
_OPENING = re.compile(r"\u00ab[ \u00a0\u202f]*")
_CLOSING = re.compile(r"[ \u00a0\u202f]*\u00bb")


@lru_cache(maxsize=4096)
def typeset(text: str, language: str) -> str:
    """The words of a template with the no-break spaces of `language` (`fr`, `fr-CA`). Data never comes here."""
    main, _, region = language.partition("-")
    if main != "fr":
        return text
    text = _BEFORE_HIGH.sub(r"\1" if region == "CA" else _THIN + r"\1", text)
    text = _BEFORE_COLON.sub(_NBSP + ":", text)
    return _CLOSING.sub(_NBSP + "»", _OPENING.sub("«" + _NBSP, text))
