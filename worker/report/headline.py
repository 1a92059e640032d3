"""The headline: where the books' receivables stand, by reason and to the cent; first the money nobody is chasing."""

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from decimal import Decimal

from worker.core.decisions import Bucket, Plan, Remind
from worker.core.money import Money, totals
from worker.core.receivable import Snapshot
from worker.core.results import SweepResult

LABELS: Mapping[str, str] = {
    "never-contact": "on the never-contact list",
    "factored": "factored",
    "collects": "collected by arrangement",
    "rule": "left out by a rule",
    "backlog": "backlog left alone",
    "too-small": "too small to ask for",
    "hold": "on hold",
    "group-hold": "in a group that is not reminded",
    "own-domain": "address on our own domain",
    "archived": "archived client",
    "erased": "erased client",
    "unknown-client": "no client in the books",
    "no-email": "no e-mail address",
    "never-sent": "invoice never sent",
    "delivery-problem": "invoice not delivered",
    "no-po": "no PO number",
    "no-due-date": "no plausible due date",
    "reopened": "re-opened, to be looked at",
    "promise": "promised",
    "expected": "payment expected by the books",
    "promise-twice": "second broken promise",
    "dispute": "disputed",
    "dispute-review": "dispute to be reviewed",
    "others-disputed": "another invoice of theirs disputed",
    "uncertain": "a message of unknown outcome",
    "uncertain-old": "a message of unknown outcome",
    "unmatched-money": "money to be matched",
    "credit-covers": "credit to be allocated",
    "remainder": "small remainder",
    "deduction": "stated deduction",
    "stale-books": "bank not reconciled",
    "supplier": "we owe them",
    "final-covered": "final notice covered by credit",
    "changed-address": "changed address to confirm",
    "silent": "last message bounced",
    "unanswered": "no answer twice",
    "gone": "whoever we wrote to has left",
    "reply": "a reply to read",
    "reply-unread": "a reply that was not dealt with",
    "approval-deaf": "waiting for approval",
    "away": "somebody is away",
    "late": "a message still on its way",
    "approval": "waiting for approval",
    "refused": "step refused",
    "task": "waiting for a person",
    "ladder-end": "last step taken",
    "quiet": "quiet period",
    "not-yet": "next step not due yet",
    "no-date": "no date known yet",
    "no-next-action": "its next action is not written",
    "collection-missed": "collection that did not come",
    "plan-missed": "missed instalment",
    "plan-broken": "second missed instalment",
    "again": "asked as much a short while ago",
    "plan": "paid in agreed instalments",
    "arranged-first": "after a message about a plan",
    "statement": "listed in statements",
    "window": "mail window closed",
    "gap": "too soon after the last contact",
    "after-thanks": "just thanked",
    "ceiling": "enough messages for now",
    "stagger": "spread out after a quiet period",
    "with-others": "to be mentioned with others",
    "deadline": "deadline still running",
    "remind": "asked today",
    "not-sent": "not asked after all",
    "asked": "asked",
    "asked-end": "asked for the last time",
    "listed": "listed in today's message",
}
"""A few words for each reason code of a standing."""

NOBODY = (Bucket.HELD, Bucket.EXCLUDED)
"""The buckets in which nobody is chasing."""


@dataclass(frozen=True, slots=True)
class Share:
    """Part of the receivables: one bucket and reason, one amount per currency it occurs in."""

    bucket: Bucket
    code: str
    invoices: int
    amounts: Mapping[str, Decimal]

    @property
    def label(self) -> str:
        """The reason in a few words."""
        return LABELS.get(self.code, self.code.replace("-", " "))


@dataclass(frozen=True, slots=True)
class Headline:
    """All shares, largest first within their bucket, beside what the books say is open, per currency."""

    shares: tuple[Share, ...]
    receivables: Mapping[str, Decimal]

    @property
    def currencies(self) -> tuple[str, ...]:
        """Every currency, in alphabetical order."""
        found = set(self.receivables)
        for share in self.shares:
            found |= set(share.amounts)
        return tuple(sorted(found))

    def bucket(self, bucket: Bucket) -> dict[str, Decimal]:
        """The bucket's total per currency, 0 where it has none."""
        return {c: self._sum(bucket, c) for c in self.currencies}

    def nobody(self) -> dict[str, Decimal]:
        """Money nobody is chasing, per currency."""
        return {c: sum((self._sum(b, c) for b in NOBODY), Decimal(0)) for c in self.currencies}

    def sum(self) -> dict[str, Decimal]:
        """Chased + waiting + held + excluded, per currency."""
        return {c: sum((self._sum(b, c) for b in Bucket), Decimal(0)) for c in self.currencies}

    @property
    def agrees(self) -> bool:
        """True when the four buckets add up to the books' receivables to the cent, in every currency."""
        return all(self.sum()[c] == self.receivables.get(c, Decimal(0)) for c in self.currencies)

    def _sum(self, bucket: Bucket, currency: str) -> Decimal:
        return sum((s.amounts.get(currency, Decimal(0)) for s in self.shares if s.bucket is bucket), Decimal(0))


def unsent(result: SweepResult) -> frozenset[str]:
    """Payers a live sweep was to ask and did not: refused, taken back by the last look, or not taken by the mailer."""
    if result.mode != "live" or result.plan is None:
        return frozenset()
    asked = {s.decision.payer_id for s in result.sent if s.outcome in {"accepted", "uncertain"}}
    return frozenset(d.payer_id for d in result.plan.of(Remind) if isinstance(d, Remind)) - asked


def headline(plan: Plan, snapshot: Snapshot, not_asked: Collection[str] = ()) -> Headline:
    """Group a plan's standings; the receivables are counted from the snapshot's invoices, independently. What was to
    be asked of the payers `not_asked` waits."""
    amounts: dict[tuple[Bucket, str], list[Money]] = defaultdict(list)
    for standing in plan.standings:
        lost = standing.reason.code == "remind" and standing.payer_id in not_asked
        share = (Bucket.WAITING, "not-sent") if lost else (standing.bucket, standing.reason.code)
        amounts[share].append(Money(standing.amount, standing.currency))
    shares = [Share(bucket, code, len(found), totals(found)) for (bucket, code), found in amounts.items()]
    order = list(Bucket)
    shares.sort(key=lambda s: (order.index(s.bucket), -max(s.amounts.values()), s.code))
    owed = totals(Money(i.open, i.currency) for i in snapshot.invoices if i.is_open)
    return Headline(tuple(shares), owed)
