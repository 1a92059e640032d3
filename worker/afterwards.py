"""What a live run does last: the retention job once a day, and alerts by a channel of their own.

A webhook hears when trouble begins, once a day while it lasts, and when it ends. It is told of organisations and
counts, never of clients, and its own trouble never stops a sweep.
"""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from typing import Protocol

from worker.config.values import Practice
from worker.core.results import SweepResult
from worker.errors import DuecourseError
from worker.ports import Ping

TIMEOUT = 10.0
WELL, TROUBLE = "well", "trouble"


class Memory(Protocol):
    """What the logbook does for this; see `worker.logbook.store.SqlLogbook`."""

    def told(self) -> str:
        """What the alert channel heard last."""

    def tell(self, told: str) -> None:
        """Put on record what it heard."""

    def first_today(self, today: str) -> bool:
        """Whether this is the first to tidy on a day."""

    def tidy(self, before: datetime, *, really: bool = True) -> int:
        """Remove letters."""


def letters_before(practice: Practice, now: datetime) -> datetime:
    """Letters planned before this have been kept long enough."""
    return now - timedelta(days=practice.keep_letters_days)


def look_after(
    logbook: Memory, practice: Practice, now: datetime, results: Sequence[SweepResult], counts: Mapping[str, int]
) -> None:
    """All of it. Raises nothing that was foreseen: by now everything was sent and recorded."""
    try:
        if logbook.first_today(now.date().isoformat()):
            logbook.tidy(letters_before(practice, now))
        if practice.alerts is None:
            return
        listed = ", ".join(f"{n} {what.replace('_', ' ')}" for what, n in counts.items() if n)
        put, say = next_word(logbook.told(), troubles(results), now.date(), practice.alerts.all_quiet, listed)
        # What nobody heard does not go on record: the next run says it again.
        if say and Webhook(practice.alerts.webhook.reveal()).say(say):
            logbook.tell(put)
    except DuecourseError as error:
        import structlog

        structlog.get_logger().warning("looking after the logbook failed", kind=type(error).__name__)


@contextmanager
def watching(ping: Ping, run_id: str) -> Iterator[None]:
    """Tell the dead-man's switch that a run begins; and, should it end before its end, that it failed."""
    ping.start(run_id)
    try:
        yield
    except BaseException:
        ping.finish(run_id, False, {})
        raise


def counts_of(results: Sequence[SweepResult]) -> dict[str, int]:
    """The numbers a monitor wants: organisations, planned, sent, held for people, uncertain."""
    plans = [r.plan for r in results if r.plan]
    return {
        "organisations": len(results),
        "skipped": sum(1 for r in results if r.skipped),
        "left": sum(1 for r in results if r.left),
        "refused": sum(1 for r in results if r.refused),
        "sent": sum(1 for r in results for s in r.sent if s.outcome == "accepted"),
        "not_sent": sum(1 for r in results for s in r.sent if s.outcome != "accepted"),
        "dropped": sum(len(r.dropped) for r in results),
        "uncertain": sum(len(r.uncertain) for r in results),
        "tasks": sum(len(r.tasks) for r in results),
        "proposals": sum(len(p.proposals) for p in plans),
        "open_invoices": sum(len(p.standings) for p in plans),
    }


def troubles(results: Sequence[SweepResult]) -> list[str]:
    """A line for each organisation that needs a person now."""
    lines = []
    for r in results:
        refused = sum(s.outcome not in {"accepted", "uncertain"} for s in r.sent)
        what = ["its books could not be read; nobody is chased"] if r.skipped and not r.excused else []
        what += ["the run broke off"] if r.broken else []
        what += [f"{len(r.uncertain)} messages of unknown outcome"] if r.uncertain else []
        what += [f"{refused} messages refused by the mail server"] if refused else []
        what += ["an approval is awaited; nothing was sent"] if r.refused else []
        if what:
            lines.append(f"{r.organisation}: {'; '.join(what)}")
    return lines


def next_word(was: str, lines: Sequence[str], today: date, quiet_day: int, counts: str) -> tuple[str, str]:
    """What to put on record, and what to say ("" nothing), given what was said last."""
    if lines:
        now = f"{TROUBLE} {today} {hashlib.sha256(chr(10).join(lines).encode()).hexdigest()[:12]}"
        listed = "\n".join(f"- {line}" for line in lines)
        return now, "" if now == was else f"duecourse needs a person:\n{listed}\nduecourse status says more."
    now = f"{WELL} {today}"
    if was.startswith(TROUBLE):
        return now, f"duecourse: all is well again ({counts})."
    if today.weekday() == quiet_day and was != now:
        return now, f"duecourse: all quiet ({counts}). You hear this once a week."
    return was, ""


class Webhook:
    """Posts one JSON object with a `text`."""

    def __init__(self, url: str) -> None:
        """`url` is a capability: it is never logged."""
        self._url = url

    def say(self, text: str) -> bool:
        """Whether it was taken."""
        import requests
        import structlog

        try:
            answer = requests.post(self._url, json={"text": text}, timeout=TIMEOUT, allow_redirects=False)
        except requests.RequestException as error:
            structlog.get_logger().warning("alert failed", kind=type(error).__name__)
            return False
        if answer.status_code >= 300:
            structlog.get_logger().warning("alert refused", status=answer.status_code)
        return answer.status_code < 300
