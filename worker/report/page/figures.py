"""The figures of one firm: the four piles, the ages of its debts, the largest untouched, who hears how often."""

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from worker.core.decisions import Bucket, Remind, Standing
from worker.core.history import MessageKind
from worker.core.money import Money, totals
from worker.report.headline import NOBODY, Headline, headline
from worker.report.page import charts
from worker.report.page.charts import Bar, WeekBar
from worker.report.page.source import Source
from worker.report.page.words import file_name

ORDER = (Bucket.HELD, Bucket.EXCLUDED, Bucket.WAITING, Bucket.CHASED)
"""Money nobody is chasing comes first."""
AGES = ("not due", "1-30 days", "31-60 days", "61-90 days", "over 90 days", "no due date")
LABELS = {
    Bucket.HELD: "Held: nobody is chasing",
    Bucket.EXCLUDED: "Excluded: left out on purpose",
    Bucket.WAITING: "Waiting for the right day",
    Bucket.CHASED: "Chased",
}
LARGEST = 10
PEOPLE = 15


@dataclass(frozen=True, slots=True)
class Pile:
    """One of the four piles in one currency."""

    bucket: str
    amount: Decimal
    invoices: int
    reasons: tuple[tuple[str, Decimal], ...]


@dataclass(frozen=True, slots=True)
class Money4:
    """Where the receivables of one currency stand: four piles, and the books' own sum beside theirs."""

    currency: str
    piles: tuple[Pile, ...]
    nobody: Decimal
    total: Decimal
    receivables: Decimal
    bars: tuple[Bar, ...]

    @property
    def agrees(self) -> bool:
        """To the cent."""
        return self.total == self.receivables

    def of(self, bucket: str) -> Decimal:
        """One pile's amount."""
        return next((p.amount for p in self.piles if p.bucket == bucket), Decimal(0))


def four_piles(source: Source) -> tuple[Money4, ...]:
    """Every currency that is owed, largest receivables first."""
    found = headline(source.plan, source.snapshot, source.unsent)
    counts = Counter((source.bucket_of(s), s.currency) for s in source.plan.standings)
    made = [_one(found, currency, counts) for currency in found.currencies]
    return tuple(sorted(made, key=lambda m: (-m.receivables, m.currency)))


def _one(found: Headline, currency: str, counts: Mapping[tuple[Bucket, str], int]) -> Money4:
    piles = []
    for bucket in ORDER:
        mine = [s for s in found.shares if s.bucket is bucket and currency in s.amounts]
        reasons = tuple((s.label, s.amounts[currency]) for s in mine)
        piles.append(Pile(str(bucket), found.bucket(bucket)[currency], counts[bucket, currency], reasons))
    bars = tuple(charts.stacked({p.bucket: p.amount for p in piles}))
    receivables = found.receivables.get(currency, Decimal(0))
    return Money4(currency, tuple(piles), found.nobody()[currency], found.sum()[currency], receivables, bars)


@dataclass(frozen=True, slots=True)
class PileRow:
    """One line of the headline's table: a pile (`reason` "") or one of its reasons, with an amount a currency."""

    kind: str
    reason: str
    label: str
    invoices: int
    amounts: Mapping[str, Decimal]


def pile_rows(source: Source) -> tuple[PileRow, ...]:
    """The headline as a table: each pile, and below those nobody is chasing the reasons why."""
    found = headline(source.plan, source.snapshot, source.unsent)
    if not found.currencies:
        return ()
    made = []
    for bucket in ORDER:
        mine = [s for s in found.shares if s.bucket is bucket]
        label = LABELS[bucket]
        made.append(PileRow(str(bucket), "", label, sum(s.invoices for s in mine), found.bucket(bucket)))
        if bucket in NOBODY:
            made += [PileRow(str(bucket), s.code, s.label, s.invoices, s.amounts) for s in mine]
    return tuple(made)


@dataclass(frozen=True, slots=True)
class Ages:
    """The debts of one currency by age: (age, invoices, amount), and the chart of it."""

    currency: str
    rows: tuple[tuple[str, int, Decimal], ...]
    bars: tuple[Bar, ...]
    total: Decimal


def age_of(due: date | None, today: date) -> str:
    """Which column of aged debtors an invoice belongs to."""
    if due is None:
        return AGES[5]
    late = (today - due).days
    return AGES[0] if late <= 0 else AGES[1] if late <= 30 else AGES[2] if late <= 60 else AGES[3 if late <= 90 else 4]


def aged(source: Source) -> tuple[Ages, ...]:
    """Aged debtors, a chart and a table a currency."""
    found: dict[str, dict[str, list[Decimal]]] = defaultdict(lambda: {a: [] for a in AGES})
    for invoice in source.snapshot.invoices:
        if invoice.is_open:
            found[invoice.currency][age_of(invoice.due, source.plan.as_of.day)].append(invoice.open)
    made = []
    for currency, by_age in found.items():
        rows = [(age, len(a), sum(a, Decimal(0))) for age, a in by_age.items() if a or age != AGES[5]]
        kinds = ["young" if age == AGES[0] else "old" for age, _, _ in rows]
        bars = charts.columns([v for _, _, v in rows], kinds, [age for age, _, _ in rows])
        made.append(Ages(currency, tuple(rows), tuple(bars), sum((v for _, _, v in rows), Decimal(0))))
    return tuple(sorted(made, key=lambda a: (-a.total, a.currency)))


@dataclass(frozen=True, slots=True)
class Weeks:
    """Money expected in one currency, week by week: (from, expected, low, high), and the chart of it."""

    currency: str
    rows: tuple[tuple[date, Decimal, Decimal, Decimal], ...]
    bars: tuple[WeekBar, ...]


def expected(source: Source) -> tuple[Weeks, ...]:
    """The forecast, a chart and a table a currency; () where none was made."""
    weeks = source.forecast.weeks if source.forecast else ()
    made = []
    for currency in sorted({w.currency for w in weeks}, key=lambda c: -sum(w.amount for w in weeks if w.currency == c)):
        mine = [w for w in weeks if w.currency == currency]
        rows = tuple((w.start, w.amount, w.low, w.high) for w in mine)
        made.append(Weeks(currency, rows, tuple(charts.forecast(mine))))
    return tuple(made)


@dataclass(slots=True)
class Untouched:
    """What nobody is chasing of one client: how much, since when, and why not."""

    client_id: str
    name: str
    file: str
    amounts: Mapping[str, Decimal]
    invoices: int
    oldest: date | None
    why: str
    place: str


def untouched(source: Source, most: int = LARGEST) -> list[Untouched]:
    """The largest clients of whose money nobody is chasing something."""
    found = []
    for client_id, standings in source.standings.items():
        mine = [s for s in standings if source.bucket_of(s) in NOBODY]
        if mine:
            found.append(_untouched(source, client_id, mine))
    return sorted(found, key=lambda u: (-max(u.amounts.values()), u.name))[:most]


def _untouched(source: Source, client_id: str, mine: list[Standing]) -> Untouched:
    amounts = totals(Money(s.amount, s.currency) for s in mine)
    dues = [i.due for s in mine if (i := source.snapshot.invoice(s.invoice_id)) and i.due]
    largest = max(mine, key=lambda s: s.amount)
    name = source.called(client_id)
    return Untouched(
        client_id,
        name,
        file_name(name, client_id),
        amounts,
        len(mine),
        min(dues, default=None),
        largest.reason.sentence,
        largest.reason.place,
    )


@dataclass(slots=True)
class Person:
    """How often one address heard from us this month, and whether it does today."""

    address: str
    reminders: int = 0
    thanks: int = 0
    today: int = 0
    names: set[str] = field(default_factory=set)


def people(source: Source) -> list[Person]:
    """Everybody who heard from the firm since the first of the month, or does today; most often first."""
    today, found = source.plan.as_of.day, dict[str, Person]()
    first = today.replace(day=1)

    def person(address: str) -> Person:
        return found.setdefault(address.lower(), Person(address))

    for payer_id, messages in source.said.items():
        for message in messages:
            if first <= message.on <= today:
                for address in {a.lower() for a in message.to}:
                    who = person(address)
                    who.names.add(source.called(payer_id))
                    who.reminders += message.kind is MessageKind.REMINDER
                    who.thanks += message.kind is MessageKind.THANKS
    for decision in () if source.live else source.outgoing:
        for to in decision.to:
            who = person(to.email)
            who.names.add(source.called(decision.payer_id))
            who.today += 1
    return sorted(found.values(), key=lambda p: (-p.reminders - p.thanks - p.today, p.address))


def first_messages(source: Source) -> list[str]:
    """Payers whose first reminder ever is today's, by name."""
    fresh = []
    for decision in source.outgoing:
        earlier = [m for m in source.said.get(decision.payer_id, ()) if m.kind is MessageKind.REMINDER]
        if isinstance(decision, Remind) and all(m.key == decision.key for m in earlier):
            fresh.append(decision.payer_id)
    return fresh
