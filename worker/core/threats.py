"""Words that threaten: only a final notice that a person approved may use them (L5).

Law frowns on threats in routine demands (UK Administration of Justice Act 1970 s40; US 15 USC 1692e). What a client or
an invoice is called is no threat: data is taken out before the words are looked at.
"""

import dataclasses
import re
from collections.abc import Iterator

from worker.core.message import MessageModel

_WORDS = {
    "en": r"courts?|bailiffs?|solicitors?|lawyers?|attorneys?|lawsuits?|sue|suing|legal (?:action|proceedings|steps)|"
    r"prosecut\w+|credit (?:file|rating|score|report|agency)|debt collect\w*|collection agency|enforcement|seiz\w+|"
    r"blacklist\w*|insolvency|winding.up|statutory demand",
    "fr": r"tribuna(?:l|ux)|huissiers?|avocats?|poursuites?|en justice|contentieux|saisie\w*|"
    r"mise en demeure|recouvrement",
    "de": r"gericht\w*|gerichtsvollzieher\w*|anwalt\w*|rechtsanwalt\w*|anw\u00e4lt\w+|klage|mahnbescheid\w*|inkasso\w*|"
    r"schufa|zwangsvollstreckung|pf\u00e4ndung",
    "es": r"tribunal(?:es)?|juzgados?|abogados?|demandar\w*|acciones legales|(?<!sin )embargo|morosos|burofax",
    # Not "incasso" alone: an "automatische incasso" is a direct debit.
    "nl": r"rechtbank|deurwaarders?|advocaat|advocaten|dagvaarding|incasso(?:bureau|kosten)\w*|beslag|gerechtelijke",
}
_ANY = re.compile(rf"\b(?:{'|'.join(_WORDS.values())})\b", re.IGNORECASE)
_OWN_WORDS = frozenset({"template", "language", "terms_text", "why_it_matters", "late_fee_notice", "next_action"})


def threats(text: str) -> tuple[str, ...]:
    """Every threatening word in `text`, in any of the languages: people quote each other."""
    return tuple(dict.fromkeys(m[0].lower() for m in _ANY.finditer(text)))


def threats_in_letter(text: str, model: MessageModel) -> tuple[str, ...]:
    """The same in a rendered message: names, numbers, references and descriptions of work are data and do not count."""
    if not threats(text):  # what nobody reads as a threat is none, whatever is in it
        return ()
    data = sorted({value for value in _data(model) if len(value) > 1}, key=len, reverse=True)
    bare = re.sub("|".join(re.escape(each) for each in data), " ", text) if data else text
    return threats(bare)


def _data(value: object, name: str = "") -> Iterator[str]:
    if isinstance(value, str):
        if name not in _OWN_WORDS:
            yield from (" ".join(value.split()), value)
    elif isinstance(value, tuple):
        for each in value:
            yield from _data(each, name)
    elif dataclasses.is_dataclass(value):
        for field in dataclasses.fields(value):
            yield from _data(getattr(value, field.name), field.name)
