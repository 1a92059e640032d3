"""The digest as a value: who reads it, which items bear a code to answer by, and for how long."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any

from worker.core.attention.item import Act, Item, Section

SHOWN: Mapping[Section, int] = {Section.TODAY: 100, Section.DECIDE: 60, Section.REPLIES: 40, Section.CALLS: 40}
SHOWN_ELSE = 25
"""Items of one section that are written out; the rest is counted. What nobody can see has no code."""
LIVES_DAYS = 3
"""How long the codes of a digest may be used; *stop* only on its day."""


@dataclass(frozen=True, slots=True)
class Line:
    """An item with its code; 0: it cannot be answered."""

    item: Item
    code: int = 0


@dataclass(frozen=True, slots=True)
class Money:
    """One organisation's headline: money nobody is chasing, by a few words for the reason, beside all that is owed."""

    organisation: str
    nobody: Mapping[str, Decimal]
    receivables: Mapping[str, Decimal]
    reasons: tuple[tuple[str, int, Mapping[str, Decimal]], ...] = ()


@dataclass(frozen=True, slots=True)
class Heard:
    """An answer that came since the last digest: who wrote, and what became of it. `ignored`: nothing was done."""

    sender: str
    at: datetime
    text: str
    ignored: bool


@dataclass(frozen=True, slots=True)
class Digest:
    """`token` names it in answers ("": it cannot be answered). `more` counts, by section, what is not written out.

    `organisations` are the names it covers; `leaves_at` is when today's mail may leave, in the practice's zone.
    """

    recipient: str
    day: date
    organisations: tuple[str, ...]
    lines: tuple[Line, ...]
    money: tuple[Money, ...] = ()
    heard: tuple[Heard, ...] = ()
    token: str = ""
    until: date | None = None
    leaves_at: time | None = None
    more: Mapping[Section, int] = field(default_factory=dict)

    def of(self, section: Section) -> tuple[Line, ...]:
        """The lines of one section."""
        return tuple(line for line in self.lines if line.item.section is section)

    @property
    def is_quiet(self) -> bool:
        """Whether nothing in it needs anybody."""
        calm = (Section.MONEY, Section.TODAY, Section.WORTH)
        return not any(h.ignored for h in self.heard) and all(x.item.section in calm for x in self.lines)


def numbered(
    items: Iterable[Item], *, answerable: bool, whole: bool = False
) -> tuple[tuple[Line, ...], dict[Section, int]]:
    """The lines to write out, with their codes from 1 on, and how many were left out by section (`whole`: none)."""
    lines: list[Line] = []
    counts: dict[Section, int] = {}
    more: dict[Section, int] = {}
    code = 0
    for item in items:
        counts[item.section] = counts.get(item.section, 0) + 1
        if not whole and counts[item.section] > SHOWN.get(item.section, SHOWN_ELSE):
            more[item.section] = more.get(item.section, 0) + 1
            continue
        code += bool(item.acts)
        lines.append(Line(item, code if item.acts and answerable else 0))
    return tuple(lines), more


def codes_data(lines: Sequence[Line]) -> dict[str, Any]:
    """What each code means, as it is kept on record: ids only, no names."""
    return {
        str(line.code): {
            "organisation": line.item.organisation,
            "kind": line.item.kind,
            "client": line.item.client_id,
            "subject": line.item.subject,
            "acts": [str(a) for a in line.item.acts],
        }
        for line in lines
        if line.code
    }


@dataclass(frozen=True, slots=True)
class Coded:
    """What one code of one digest stands for."""

    organisation: str
    kind: str
    client_id: str
    subject: str
    acts: frozenset[Act]


def coded(data: Mapping[str, Any], code: int) -> Coded | None:
    """What a code means in the recorded data of a digest; None when it has none."""
    found = data.get(str(code))
    if not isinstance(found, Mapping):
        return None
    acts = frozenset(Act(a) for a in found.get("acts", ()))
    return Coded(found["organisation"], found["kind"], found.get("client", ""), found.get("subject", ""), acts)
