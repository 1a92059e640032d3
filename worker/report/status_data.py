"""The shape of `status --json`, from which docs/reference/status.schema.json is generated.

Keys stay; new ones may appear at any time. `schema` rises when one changes its meaning or goes away.
"""

from typing import Annotated

import msgspec
from msgspec import Meta

Instant = Annotated[str, Meta(description="ISO 8601 with an offset, to the second.")]
Amount = Annotated[str, Meta(pattern=r"^-?\d+(\.\d+)?$", description="An exact decimal.")]
Count = Annotated[int, Meta(ge=0)]


class OrganisationStatus(msgspec.Struct, frozen=True, kw_only=True):
    """How one organisation is doing. `trouble` holds sentences for people; none means that nobody is needed."""

    organisation: Annotated[str, Meta(description="Its name in the config.")]
    last_read: Annotated[Instant | None, Meta(description="When its books were last read completely.")]
    last_swept: Annotated[Instant | None, Meta(description="The last day's first live sweep that went to its end.")]
    stale: Annotated[bool, Meta(description="Not read, or (live) not swept, for longer than --stale-after.")]
    skipped: Annotated[str, Meta(description='Why it was skipped since the last reading; "" when it was not.')]
    sent: Annotated[Count, Meta(description="Messages that left, those of unknown outcome included.")]
    last_sent: Annotated[Instant | None, Meta(description="When a message was last handed off.")]
    uncertain: Annotated[Count, Meta(description="Messages of unknown outcome, which a person must resolve.")]
    refused: Annotated[Count, Meta(description="Messages the mail server refused since it last took one.")]
    open_tasks: Annotated[Count, Meta(description="Tasks that wait for a person.")]
    held: Annotated[dict[str, Amount], Meta(description="Money held back, per currency.")]
    trouble: list[str]


class Ending(msgspec.Struct, frozen=True, kw_only=True):
    """A connection whose days are numbered. `urgent`: it needs a new consent now, or within a week."""

    sentence: str
    urgent: bool


class Status(msgspec.Struct, frozen=True, kw_only=True):
    """What `duecourse status --json` prints. Exit code 0: all is well; 1: somebody is needed."""

    schema: Annotated[int, Meta(ge=1, le=1)]
    mode: Annotated[str, Meta(pattern="^(preview|live)$")]
    instance: Annotated[str, Meta(description="The id of the logbook, as `instance:` names it.")]
    stopped: Annotated[str, Meta(description='Why everything is stopped; "" when it is not.')]
    connections: Annotated[list[Ending], Meta(description="Those that end soon, or have ended.")]
    organisations: list[OrganisationStatus]
    exit_code: Annotated[int, Meta(ge=0, le=1)]
