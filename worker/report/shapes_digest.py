"""The shapes of what digest prints with --json."""

from typing import Annotated

from msgspec import Meta, Struct

from worker.report.shapes_run import Currency, Day, Schema
from worker.report.status_data import Amount


class NobodyChasing(Struct, frozen=True, kw_only=True):
    """What nobody is chasing in one organisation."""

    organisation: str
    amounts: dict[Currency, Amount]


class DigestItem(Struct, frozen=True, kw_only=True):
    """One thing to know or to decide."""

    section: str
    kind: str
    organisation: str
    client: Annotated[str, Meta(description="The client's id in the books; empty where it is about none.")]
    name: str
    sentence: str
    since: Day | None
    otherwise: Annotated[str, Meta(description="What happens if nobody does anything.")]
    command: str
    config: str
    quoted: Annotated[str, Meta(description="The client's own words.")]
    lines: Annotated[list[tuple[str, str]], Meta(description="A call's script: what, and what to say.")]
    amounts: dict[Currency, Amount]


class Digest(Struct, frozen=True, kw_only=True):
    """The digest of the last readings."""

    schema: Schema
    day: Day
    organisations: list[str]
    nobody: list[NobodyChasing]
    items: list[DigestItem]


class DigestMail(Struct, frozen=True, kw_only=True):
    """One recipient's mail."""

    to: str
    outcome: str


class DigestSent(Struct, frozen=True, kw_only=True):
    """What --send did."""

    schema: Schema
    sent: list[DigestMail]
