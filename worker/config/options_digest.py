"""Options of the morning digest: who gets it, when, by which way, and whose answers to it count."""

from datetime import time
from typing import Annotated

from pydantic import BeforeValidator, model_validator

from worker.config.base import Options, option
from worker.config.kinds import Clock, Day, Email, OneOrMore, Words, misread
from worker.config.options_mail import ImapOptions, RepliesOptions, SmtpOptions


class AwayOptions(Options):
    """Days on which an approver is not there."""

    from_: Day = option("First day.", "2026-12-21", alias="from", default=...)
    to: Day = option("Last day.", "2027-01-04", default=...)

    @model_validator(mode="after")
    def _in_order(self) -> "AwayOptions":
        if self.to < self.from_:
            raise misread(f'"to: {self.to}" is before "from: {self.from_}"', "a last day on or after the first")
        return self


class ApproverOptions(Options):
    """Somebody whose answer to a digest counts. An address alone will do."""

    email: Email = option("The address the answers come from.", "jo@example.com", default=...)
    organisations: Annotated[list[Words], OneOrMore] = option(
        "Only what concerns these organisations; without it, all.", ["harbour-studio"], default_factory=list
    )
    away: AwayOptions | None = option("Days on which somebody else decides.")
    deputy: Email | None = option(
        "Who gets the digest and decides while this person is away.", "sam@example.com", off=True
    )


def _one(value: object) -> object:
    return {"email": value} if isinstance(value, str) else value


Approver = Annotated[ApproverOptions, BeforeValidator(_one)]


class ViaOptions(Options):
    """Another way than the mail it reports on: what is not written here is as under `mail`."""

    smtp: SmtpOptions | None = option("Where the digest leaves from.", off=True)
    imap: ImapOptions | None = option("The mailbox in which answers to it arrive.", off=True)
    replies: RepliesOptions | None = option("The folder in which they arrive.", off=True)


class DigestOptions(Options):
    """A mail each morning on which anything could be sent: what is wrong, what is wanted of you, what goes out today.
    It is sent by live runs; let one come between `at` and `sends from`, and one after it."""

    to: Annotated[list[Email], OneOrMore] = option(
        "Who gets the digest of everything.", ["jo@example.com"], default=..., min_length=1
    )
    at: Clock = option("From when on it is sent, in the practice's zone.", "07:00", default=time(7))
    sends_from: Clock | None = option(
        "No mail leaves before this time of the organisation's day, nor within two hours of the digest, so that "
        "*stop* works. Otherwise two hours after `at`.",
        "09:00",
    )
    owners: dict[str, Annotated[list[Email], OneOrMore]] = option(
        "Who gets a digest of one organisation alone.", {"harbour-studio": ["owner@example.com"]}, default_factory=dict
    )
    sender: Email | None = option(
        "Whom it comes from; otherwise the mailbox it is sent from.", "accounts@example.com", alias="from", off=True
    )
    via: ViaOptions | None = option("Another way than the mail it reports on.", off=True)
    trusted_server: Words | None = option(
        "The name by which your receiving mail server signs its Authentication-Results header (`microsoft` for "
        "Microsoft 365, which signs none). Answers count only if that header says they are genuine; without this "
        "option they are not read.",
        "mx.example.com",
        off=True,
    )
