"""What a simulated course comes to, in figures, and how two of them differ."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from statistics import median

from worker.core.money import Money, totals
from worker.core.simulation.drive import Course, Sent


@dataclass(frozen=True, slots=True)
class Figures:
    """One course in figures. `per_payer`: reminders each payer hears; `asked`: money asked for, every invoice once, as
    it was first asked for; days to pay are from issue to money, of what was paid in the course."""

    reminders: int
    thanks: int
    steps: Mapping[str, int]
    per_payer: Mapping[str, int]
    tasks: Mapping[str, int]
    asked: Mapping[str, Decimal]
    received: Mapping[str, Decimal]
    open: Mapping[str, Decimal]
    paid: int
    median_days: float | None
    mean_days: float | None

    @property
    def per_client(self) -> float:
        """Reminders per payer that heard from us."""
        return self.reminders / len(self.per_payer) if self.per_payer else 0.0


def figures(course: Course) -> Figures:
    """The figures of one course."""
    reminders = [s for s in course.sent if s.asks]
    days = sorted(d for r in course.received if (d := r.days) is not None)
    owed = (Money(i.open, i.currency) for i in course.end.invoices if i.is_open)
    got = (Money(r.invoice.open, r.invoice.currency) for r in course.received)
    return Figures(
        len(reminders),
        len(course.sent) - len(reminders),
        dict(Counter(s.step for s in reminders).most_common()),
        dict(Counter(s.payer_id for s in reminders)),
        dict(Counter(t.kind for t in course.tasks).most_common()),
        _asked_once(reminders, course),
        totals(got),
        totals(owed),
        len(course.received),
        median(days) if days else None,
        round(sum(days) / len(days), 1) if days else None,
    )


def _asked_once(reminders: Iterable[Sent], course: Course) -> Mapping[str, Decimal]:
    ids = {i for s in reminders for i in s.ids}
    open_then = {r.invoice.id: r.invoice for r in course.received}
    known = (open_then.get(i) or course.end.invoice(i) for i in ids)
    return totals(Money(i.open, i.currency) for i in known if i)


@dataclass(frozen=True, slots=True)
class Change:
    """One payer for whom two courses differ: reminders under each, those only one has, and those on another day."""

    payer_id: str
    before: int
    after: int
    more: tuple[tuple[str, date], ...]
    fewer: tuple[tuple[str, date], ...]
    moved: tuple[tuple[str, date, date], ...]


@dataclass(frozen=True, slots=True)
class Difference:
    """Everything that differs between two courses over the same books."""

    changes: tuple[Change, ...]

    @property
    def more(self) -> int:
        """Reminders only the second course has."""
        return sum(len(c.more) for c in self.changes)

    @property
    def fewer(self) -> int:
        """Reminders only the first course has."""
        return sum(len(c.fewer) for c in self.changes)

    @property
    def moved(self) -> int:
        """Reminders both have, on different days."""
        return sum(len(c.moved) for c in self.changes)


def difference(one: Course, other: Course) -> Difference:
    """What changes for each payer when `other` takes the place of `one`, most changed first."""
    before, after = _by_payer(one), _by_payer(other)
    changes = [_change(p, before.get(p, {}), after.get(p, {})) for p in sorted({*before, *after})]
    changed = [c for c in changes if c.more or c.fewer or c.moved]
    return Difference(tuple(sorted(changed, key=lambda c: (-len(c.more) - len(c.fewer), -len(c.moved), c.payer_id))))


def _by_payer(course: Course) -> dict[str, dict[str, list[date]]]:
    found: dict[str, dict[str, list[date]]] = defaultdict(lambda: defaultdict(list))
    for sent in course.sent:
        if sent.asks:
            found[sent.payer_id][sent.step].append(sent.on)
    return found


def _change(payer_id: str, before: Mapping[str, list[date]], after: Mapping[str, list[date]]) -> Change:
    more, fewer, moved = [], [], []
    for step in sorted({*before, *after}):
        old, new = list(before.get(step, ())), list(after.get(step, ()))
        for same in [d for d in old if d in new]:
            old.remove(same)
            new.remove(same)
        pairs = min(len(old), len(new))
        moved += [(step, a, b) for a, b in zip(old, new, strict=False)]
        fewer += [(step, d) for d in old[pairs:]]
        more += [(step, d) for d in new[pairs:]]
    return Change(
        payer_id,
        sum(map(len, before.values())),
        sum(map(len, after.values())),
        tuple(sorted(more, key=lambda m: m[1])),
        tuple(sorted(fewer, key=lambda m: m[1])),
        tuple(sorted(moved, key=lambda m: m[1])),
    )
