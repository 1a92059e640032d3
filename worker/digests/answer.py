"""One genuine mail of an approver, and what became of each of its lines."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class Did:
    """What became of one line of an answer. `wrong`: nothing, and why is in `said`. `on_record` is kept instead of both
    where they repeat what somebody wrote freely."""

    line: str
    said: str
    undo: str = ""
    wrong: bool = False
    on_record: str = ""


@dataclass
class Answer:
    """One genuine mail of an approver: who wrote, for which organisations it counts, which digest it answers."""

    id: str
    sender: str
    organisations: frozenset[str]
    token: str
    day: date
    now: datetime
    codes: Mapping[str, Any]
    digest_day: date
    did: list[Did] = field(default_factory=list)
