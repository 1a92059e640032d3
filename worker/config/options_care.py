"""Options about what an operator looks after: how long things are kept, and who hears of trouble."""

from typing import Annotated

from worker.config.base import Options, option
from worker.config.kinds import Age, choice
from worker.config.secret import SecretRef

DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
KEEP_LETTERS = 24 * 31
Hours = Annotated[str, *choice("1 hour", *(f"{n} hours" for n in (2, 3, 4, 6, 8, 12, 24)))]
"""Parts of a day, so that turns come at the same times every day."""
Weekday = Annotated[str, *choice(*DAYS)]


class RetentionOptions(Options):
    """How long things are kept. Keys, amounts, days and outcomes of messages are kept for good."""

    messages: Age = option(
        "Letters as they were sent, at least this long; afterwards only their checksum stays. Otherwise 24 months.",
        "24 months",
        "days, weeks or months of 31 days",
        default=KEEP_LETTERS,
    )


class FleetOptions(Options):
    """Many organisations and several workers (duecourse fleet)."""

    every: Hours = option(
        "How often every organisation has its turn. Less often asks less of the platforms; the same messages leave as "
        "long as there is a turn in every mail window.",
        "2 hours",
        default="1 hour",
    )


class AlertOptions(Options):
    """Trouble is told here when it begins, once a day while it lasts, and when it is over: never by the mailer it may
    be about. It names organisations and counts, never clients."""

    webhook: SecretRef = option(
        "Where the address is found that gets it, as JSON with one text (as chat programs take it).",
        {"env": "DUECOURSE_ALERT_URL"},
        alias="webhook from",
        default=...,
    )
    all_quiet: Weekday = option(
        "The day on which it is told that all is well, so that silence means something.",
        "monday",
        alias="all quiet on",
        default="monday",
    )
