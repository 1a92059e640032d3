"""Where the next reading starts: the watermark as the mirror keeps it. PURE."""

import json
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime


@dataclass(slots=True)
class Mark:
    """A watermark. `realm`: whose books these are. `since`: how far changes were seen, ISO UTC. `day`: UTC date of the
    last daily part. `gone`: deletions told lately, so that each is confirmed once. The rest rarely changes and costs a
    call: company, home currency, terms by id, and whether clients can pay online."""

    realm: str
    since: str = ""
    day: str = ""
    name: str = ""
    country: str = ""
    zone: str = ""
    home: str = ""
    online: bool | None = None
    terms: dict[str, str] = field(default_factory=dict)
    gone: list[str] = field(default_factory=list)

    @classmethod
    def read(cls, text: str | None) -> "Mark | None":
        """A watermark of ours; anything else means reading everything again, which is always right."""
        try:
            mark = cls(**json.loads(text or ""))
            datetime.fromisoformat(mark.since).astimezone(UTC)
        except (ValueError, TypeError, AttributeError):
            return None
        return mark

    def write(self) -> str:
        """As text, for the mirror to keep."""
        return json.dumps(asdict(self), sort_keys=True)

    @property
    def seen(self) -> datetime:
        """`since` as an instant."""
        return datetime.fromisoformat(self.since).astimezone(UTC)
