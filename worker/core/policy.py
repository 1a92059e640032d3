"""A policy as typed values: ordered steps, the mail window, gaps and tolerances. It knows no YAML."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, time
from decimal import Decimal
from enum import StrEnum

from worker.core.payment_rule import RunRule
from worker.core.when import Anchor, Clause, EndOfMonth, Span, Unit, When


class Track(StrEnum):
    """What a step is for: the ladder an ordinary invoice climbs, or one of the arrangements that suspend it.

    Steps on `instalment` chase one agreed instalment, steps on `collection` a collection that did not arrive; steps on
    `statement` list an account by the calendar and belong to no invoice.
    """

    LADDER = "ladder"
    INSTALMENT = "instalment"
    COLLECTION = "collection"
    STATEMENT = "statement"


class Stage(StrEnum):
    """Before-due steps lapse once an invoice is overdue; final ones demand only the invoices at that step."""

    BEFORE = "before due"
    AFTER = "after due"
    FINAL = "final"


class HolidaysOf(StrEnum):
    """Whose public holidays close the mail window."""

    CLIENT = "client country"
    ORGANISATION = "organisation country"
    BOTH = "both"
    NONE = "none"


class ThankFor(StrEnum):
    """Which receipts earn a thank-you: after an after-due message, every one, or none."""

    CHASED = "chased"
    ALL = "all"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Window:
    """When mail may leave, in the organisation's time zone: weekdays (0 = Monday), from `opens` up to `closes`."""

    days: frozenset[int] = frozenset(range(5))
    opens: time = time(9)
    closes: time = time(16, 30)
    holidays: HolidaysOf = HolidaysOf.CLIENT


@dataclass(frozen=True, slots=True)
class Tolerance:
    """The largest balance not worth a message: `amount` in the invoice's currency, or `share` of what was invoiced.

    `amounts` are those of single currencies, which overrule `amount`.
    """

    amount: Decimal = Decimal("5.00")
    share: Decimal = Decimal("0.01")
    amounts: tuple[tuple[str, Decimal], ...] = ()

    def of(self, currency: str) -> Decimal:
        """The amount that counts in this currency."""
        return dict(self.amounts).get(currency, self.amount)

    def covers(self, net: Decimal, invoiced: Decimal, currency: str = "") -> bool:
        """Inclusive: exactly the tolerance is still too small to ask for."""
        return net <= self.of(currency) or net <= self.share * invoiced


class Measure(StrEnum):
    """What a condition looks at; amounts in the invoice's currency, days as whole numbers."""

    BALANCE = "balance"
    OLDEST = "oldest"
    INVOICES = "invoices"
    CURRENCY = "currency"
    GROUP = "group"
    FIRST_INVOICE = "first invoice"
    MISSED_RUNS = "missed runs in last"
    PAID_LATE = "paid late in last"
    USUAL = "usual"
    CLIENT_SINCE = "client since"
    PLANS = "plans"


@dataclass(frozen=True, slots=True)
class Test:
    """One comparison. `op` is one of >, >=, <, <=, =; `value` is a Decimal or text; `last` is the N of "in last N".

    `values` are comparisons of single currencies, (currency, op, value), which overrule the one for all; without one
    for all (`value` "") an amount in any other currency does not fit. `unit` is what `client since` counts in.
    """

    measure: Measure
    op: str = "="
    value: Decimal | str = ""
    last: int = 0
    values: tuple[tuple[str, str, Decimal], ...] = ()
    unit: Unit = Unit.DAY


@dataclass(frozen=True, slots=True)
class Condition:
    """`tests` joined by *all* (default) or *any*; conditions nest."""

    tests: tuple["Test | Condition", ...]
    any_: bool = False


@dataclass(frozen=True, slots=True)
class Step:
    """One rung. A step either sends `message` or opens a `task`; `allow` is the number of days a message grants.

    `message_if_run_stated` replaces `message` when the client's run was stated by the client or the bookkeeper.
    `place` is the file and line it was written at, for `explain`; `to` the role at the client's it is addressed to.
    """

    name: str
    when: When
    stage: Stage
    when_unknown: When | None = None
    condition: Condition | None = None
    message: str = ""
    message_if_run_stated: str = ""
    task: str = ""
    allow: int = 0
    approval: bool = False
    signed_by: str = ""
    attach_statement: bool = False
    was: tuple[str, ...] = ()
    place: str = ""
    to: str = ""
    track: Track = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "track", track_of(self.when))


@dataclass(frozen=True, slots=True)
class Statements:
    """When an account's statement is due, and how often one invoice makes one go out at most."""

    on: RunRule
    at_most: int = 6


@dataclass(frozen=True, slots=True)
class PlanOffer:
    """The terms of a plan we offer: `number` instalments a month apart (on the client's runs where they are known),
    and a `fee` in the invoice's currency, stated and never booked."""

    number: int = 3
    fee: Decimal = Decimal(0)


@dataclass(frozen=True, slots=True)
class QuietPeriod:
    """Days on which nothing but thanks leaves and business-day counts stop; `hard_only` lets soft messages through."""

    start: date
    end: date
    why: str
    hard_only: bool = False

    def covers(self, day: date) -> bool:
        """Both ends inclusive."""
        return self.start <= day <= self.end


@dataclass(frozen=True, slots=True)
class Policy:
    """How one client is asked. `gap` separates chasing messages to one payer; patience: days past the ordinary day.

    `ladder` are the steps an ordinary invoice climbs. `again`: how long the same question (or a softer one) waits
    before the payer hears it once more, for whatever invoice; `per_month`: how many messages it hears in any 30 days at
    most. None: only the gap and the hard ceilings.
    """

    name: str
    steps: tuple[Step, ...]
    description: str = ""
    window: Window = field(default_factory=Window)
    gap: Span = Span(4, Unit.BUSINESS_DAY)
    tolerance: Tolerance = field(default_factory=Tolerance)
    confidence: Decimal = Decimal("0.7")
    patience: int = 7
    patience_written: int = 35
    thank_for: ThankFor = ThankFor.CHASED
    thank_part_payments: bool = True
    plans: PlanOffer | None = None
    again: Span | None = None
    per_month: int | None = None
    statements: Statements | None = None
    place: str = ""
    places: Mapping[str, str] = field(default_factory=dict)
    ladder: tuple[Step, ...] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "ladder", self.on(Track.LADDER))

    def on(self, track: Track) -> tuple[Step, ...]:
        """The steps of one arrangement, in order."""
        return tuple(s for s in self.steps if s.track is track)

    def at(self, setting: str) -> str:
        """The file and line a setting of this policy was written at; that of the policy where nobody wrote it."""
        return self.places.get(setting) or self.place

    def step(self, name: str) -> Step | None:
        """The step with this name now or formerly (`was:`)."""
        return next((s for s in self.steps if name == s.name or name in s.was), None)

    def index(self, name: str) -> int:
        """Position of a step by present or former name; -1 when the policy has no such step."""
        return next((n for n, s in enumerate(self.steps) if name == s.name or name in s.was), -1)


_TRACKS = {
    Anchor.INSTALMENT: Track.INSTALMENT,
    Anchor.COLLECTION: Track.COLLECTION,
    Anchor.STATEMENT: Track.STATEMENT,
}


def track_of(when: When) -> Track:
    """The track of what a step hangs on."""
    return next((_TRACKS[m.anchor] for m in when.clause.anchors() if m.anchor in _TRACKS), Track.LADDER)


def stage_of(when: When) -> Stage:
    """The stage a step has unless it says: before due when it hangs before due, a cut-off or a run, or on issue."""
    return Stage.BEFORE if when.needs(Anchor.ISSUED) or _is_ahead(when.clause) else Stage.AFTER


def _is_ahead(clause: Clause) -> bool:
    if isinstance(clause.moment, EndOfMonth):  # an end of month lies behind its day, so only an early day is early
        return clause.moment.clause.before and _is_ahead(clause.moment.clause)
    on_the_day = clause.span is None and clause.moment.anchor in {Anchor.DUE, Anchor.CUT_OFF}
    return on_the_day or (clause.before and clause.moment.anchor in {Anchor.DUE, Anchor.CUT_OFF, Anchor.RUN})
