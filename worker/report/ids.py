"""Long ids, shown short: the shortest beginning that is still one's own among those it is shown with."""

import re
from collections.abc import Iterable

LEAST = 4
"""Characters kept of the last part of an id, so that tomorrow's ids rarely begin alike."""
_WORD = re.compile(r"[a-z]+-(?=[0-9a-f]{6})")


def short_ids(ids: Iterable[str]) -> dict[str, str]:
    """A unique beginning for each id; one that looks like `kind:uuid:0` keeps its kind."""
    known = sorted(set(ids))
    return {one: _short(one, known) for one in known}


def _short(one: str, known: list[str]) -> str:
    word = _WORD.match(one, one.find(":") + 1)  # ids of CSV books begin alike: invoice-0a1b...
    length = (word.end() if word else one.find(":") + 1) + LEAST
    others = [other for other in known if other != one]
    while length < len(one) and any(other.startswith(one[:length]) for other in others):
        length += 1
    return one[:length]
