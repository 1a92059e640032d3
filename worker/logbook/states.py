"""Which state of a message may follow which (facts: the only way back from a hand-off is a refusal that was read)."""

from worker.core.history import MessageState as S

MAY_FOLLOW: dict[S, frozenset[S]] = {
    S.PLANNED: frozenset({S.CANCELLED, S.EXPIRED}),
    # Nothing has left yet: give it back, say no, or learn before the first byte that it is refused.
    S.CLAIMED: frozenset({S.PLANNED, S.CANCELLED, S.EXPIRED, S.REJECTED}),
    S.HANDED: frozenset({S.ACCEPTED, S.PLANNED, S.REJECTED, S.UNCERTAIN}),
    S.ACCEPTED: frozenset({S.DELIVERED, S.DEFERRED, S.BOUNCED, S.DROPPED, S.COMPLAINED}),
    S.DEFERRED: frozenset({S.DELIVERED, S.BOUNCED, S.DROPPED, S.COMPLAINED}),
    # A mailbox can bounce late, and only who got a message can complain about it.
    S.DELIVERED: frozenset({S.BOUNCED, S.COMPLAINED}),
    # Evidence or a late reply may turn up; never planned again by itself.
    S.UNCERTAIN: frozenset({S.ACCEPTED, S.REJECTED, S.RESOLVED_SENT, S.RESOLVED_NOT_SENT}),
    # A person who mended the cause says so, and the step may be planned again.
    S.REJECTED: frozenset({S.RESOLVED_NOT_SENT}),
}
"""`planned -> claimed` and `claimed -> handed` are missing: only `claim` and `hand` make them."""

FREED = frozenset({S.CANCELLED, S.EXPIRED, S.RESOLVED_NOT_SENT})
"""States in which nothing was sent for certain: the child rows are free and the step may be planned again."""

OWNERS_ONLY = frozenset({(S.HANDED, S.PLANNED)})
"""Transitions that need the claim: a stranger who put a handed message back would have it sent twice."""
