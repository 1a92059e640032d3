"""What happens if nobody does anything: for each kind of task, proposal and reason, in one sentence."""

from collections.abc import Mapping

from worker.core.attention.item import Section

NOTHING = "Nobody asks for this money until it is settled."

TASKS: Mapping[str, str] = {
    "phone": "The next step waits until the call is recorded.",
    "decide": "Nothing more is asked; the debt stays as it is.",
    "decide-here": "Nothing more is asked; the debt stays as it is.",
    "read-reply": "After 5 business days soft reminders may resume; nothing harder goes before it was read.",
    "find-who-pays": "Nothing harder goes to an address that does not answer.",
    "reconcile": "Only first reminders go; every harder step waits.",
    "we-owe-them": "Harder steps wait.",
    "missed-instalment": "Nothing is asked beyond the missed instalment.",
    "resolve-message": "This client hears nothing more.",
    "small-remainder": "It stays open in the books, and nobody asks for it.",
}
PROPOSALS: Mapping[str, str] = {
    "baseline": "Nothing is sent for this organisation at all.",
    "step": "This step does not go; it is proposed again every morning.",
    "address": "Nothing goes to this client, at either address.",
    "surprise": "Nothing is sent for this organisation today.",
}
UNREACHED = frozenset({"silent", "unanswered", "gone", "no-email", "never-sent", "delivery-problem", "no-po"})
"""Reason codes that mean: they do not hear us, or have not even got the invoice."""
ELSEWHERE = frozenset(
    {"approval", "approval-deaf", "reply", "reply-unread", "task", "uncertain", "uncertain-old", "changed-address"}
)
"""Reason codes whose matter is listed as a decision, a reply, a call or an uncertain message."""
AGREED = frozenset({"promise", "expected", "plan", "quiet"})
"""Held for a stated time: told once, when it begins."""
TOGETHER = frozenset({"quiet", "stale-books", "backlog", "factored", "collects", "rule", "too-small", "erased"})
"""Told once for the organisation, however many clients it concerns."""


def section_of(code: str, *, new: bool) -> Section | None:
    """Where something held for this reason is listed; None when it is nobody's business this morning."""
    if code in ELSEWHERE:
        return None
    if code in UNREACHED:
        return Section.UNREACHED
    if new:
        return Section.HELD
    return None if code in AGREED else Section.WRONG
