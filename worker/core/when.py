"""The `when` grammar of a policy step: parsing, canonical words, and evaluation to a date.

when    = clause { "," ( "not before" | "at latest" ) clause }
clause  = "on" moment | span ( "before" | "after" ) moment
span    = number ( "day" | "business day" | "week" | "month" ) [ "s" ]
moment  = [ "the" ] anchor | "end of month of" clause
"""

import difflib
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from worker.core.workdays import Calendar, add_months, month_end


class Unit(StrEnum):
    """What a span counts. Business days are counted on the calendar given at evaluation."""

    DAY = "day"
    BUSINESS_DAY = "business day"
    WEEK = "week"
    MONTH = "month"


class Anchor(StrEnum):
    """The fixed points a step can hang on; design.md 5 says what each means."""

    ISSUED = "issued"
    DUE = "due"
    CUT_OFF = "cut-off"
    RUN = "payment run"
    MISSED_RUN = "missed payment run"
    PREVIOUS = "previous"
    PROMISED = "promised date"
    INSTALMENT = "instalment"
    STATEMENT = "statement"
    COLLECTION = "collection"


@dataclass(frozen=True, slots=True)
class Span:
    """A count of units, never negative."""

    count: int
    unit: Unit

    def words(self) -> str:
        """`3 business days`."""
        return f"{self.count} {self.unit}{'' if self.count == 1 else 's'}"

    def from_(self, day: date, calendar: Calendar, sign: int = 1) -> date:
        """The date this span after (`sign` 1) or before (-1) `day`."""
        count = sign * self.count
        if self.unit is Unit.BUSINESS_DAY:
            return calendar.add(day, count) if count else day
        if self.unit is Unit.MONTH:
            return add_months(day, count)
        return day + timedelta(days=count * (7 if self.unit is Unit.WEEK else 1))


@dataclass(frozen=True, slots=True)
class Moment:
    """An anchor; `ordinal` is which missed payment run (1 is the first), 0 for every other anchor."""

    anchor: Anchor
    ordinal: int = 0

    def words(self) -> str:
        """`2nd missed payment run`, `due`."""
        return f"{_ordinal(self.ordinal)} {self.anchor}" if self.ordinal else str(self.anchor)


@dataclass(frozen=True, slots=True)
class EndOfMonth:
    """The last calendar day of the month in which a clause falls."""

    clause: "Clause"

    def words(self) -> str:
        """`end of month of 30 days after due`."""
        return f"end of month of {self.clause.words()}"


@dataclass(frozen=True, slots=True)
class Clause:
    """`span` before or after a moment; no span means on the moment itself."""

    moment: Moment | EndOfMonth
    span: Span | None = None
    before: bool = False

    def words(self) -> str:
        """The clause as it is written in a policy."""
        if self.span is None:
            return f"on {self.moment.words()}"
        return f"{self.span.words()} {'before' if self.before else 'after'} {self.moment.words()}"

    def anchors(self) -> Iterator[Moment]:
        """Every anchor the clause depends on."""
        if isinstance(self.moment, EndOfMonth):
            yield from self.moment.clause.anchors()
        else:
            yield self.moment


@dataclass(frozen=True, slots=True)
class When:
    """The whole expression: a clause, floors (`not before`) and ceilings (`at latest`)."""

    clause: Clause
    not_before: tuple[Clause, ...] = ()
    at_latest: tuple[Clause, ...] = ()

    def words(self) -> str:
        """Canonical text; parsing it gives an equal value."""
        parts = [self.clause.words()]
        parts += [f"not before {c.words()}" for c in self.not_before]
        parts += [f"at latest {c.words()}" for c in self.at_latest]
        return ", ".join(parts)

    def anchors(self) -> tuple[Moment, ...]:
        """Every anchor used anywhere in the expression."""
        clauses = (self.clause, *self.not_before, *self.at_latest)
        return tuple(m for clause in clauses for m in clause.anchors())

    def needs(self, *anchors: Anchor) -> bool:
        """True when the main clause hangs on one of these anchors."""
        return any(m.anchor in anchors for m in self.clause.anchors())


Resolve = Callable[[Moment], date | None]


def evaluate(when: When, resolve: Resolve, calendar: Calendar) -> date | None:
    """The date a `when` comes to, or None while its main anchor (or a floor's) is unknown.

    An unknown ceiling is left out: it could only bring the date forward.
    """
    day = _clause_date(when.clause, resolve, calendar)
    if day is None:
        return None
    ceilings = [d for c in when.at_latest if (d := _clause_date(c, resolve, calendar)) is not None]
    day = min([day, *ceilings])
    for clause in when.not_before:
        floor = _clause_date(clause, resolve, calendar)
        if floor is None:
            return None
        day = max(day, floor)
    return day


def _clause_date(clause: Clause, resolve: Resolve, calendar: Calendar) -> date | None:
    if isinstance(clause.moment, EndOfMonth):
        inner = _clause_date(clause.moment.clause, resolve, calendar)
        start = None if inner is None else month_end(inner)
    else:
        start = resolve(clause.moment)
    if start is None or clause.span is None:
        return start
    return clause.span.from_(start, calendar, -1 if clause.before else 1)


class WhenProblem(ValueError):
    """Text that is not a `when`: what was found, what is expected there, and the nearest thing we know."""

    def __init__(self, found: str, expected: str, nearest: str = "") -> None:
        """All three are short phrases for a bookkeeper."""
        super().__init__(f"{found}; expected {expected}" + (f"; did you mean {nearest}?" if nearest else ""))
        self.found, self.expected, self.nearest = found, expected, nearest


EXAMPLES = '"3 business days after payment run", "on due", "10 days after previous, not before 14 days after due"'
_SPAN = re.compile(r"(\d{1,3}) (business days?|days?|weeks?|months?)\b ?")
_ORDINAL = re.compile(r"(\d{1,2})(?:st|nd|rd|th) missed (?:payment )?run$")
_WORDS = {"first": 1, "second": 2, "third": 3, "fourth": 4, "fifth": 5, "sixth": 6}


def parse_span(text: str) -> Span:
    """`4 business days` -> Span. Raises WhenProblem."""
    clean = " ".join(text.lower().split())
    match = _SPAN.fullmatch(clean)
    if not match:
        raise WhenProblem(
            f'"{text}" is not a length of time', '"4 business days", "2 weeks" or "10 days"', _near_unit(clean)
        )
    return Span(int(match[1]), Unit(match[2].rstrip("s")))


def parse_when(text: str) -> When:
    """Parse a `when`. Raises WhenProblem, never anything else, whatever the text."""
    parts = [" ".join(p.split()) for p in text.lower().split(",")]
    clause = _parse_clause(parts[0])
    floors: list[Clause] = []
    ceilings: list[Clause] = []
    for part in parts[1:]:
        if part.startswith("not before "):
            floors.append(_parse_clause(part.removeprefix("not before ")))
        elif part.startswith("at latest "):
            ceilings.append(_parse_clause(part.removeprefix("at latest ")))
        else:
            raise WhenProblem(f'"{part}" after the comma', '"not before ..." or "at latest ..."')
    return When(clause, tuple(floors), tuple(ceilings))


def _parse_clause(text: str, depth: int = 0) -> Clause:
    if depth > 3:
        raise WhenProblem('"end of month of" inside itself too often', "at most three levels")
    if text.startswith("on "):
        return Clause(_parse_moment(text.removeprefix("on "), depth))
    match = _SPAN.match(text)
    if not match:
        if re.match(r"[-+]?\d", text):
            raise WhenProblem(
                f'"{text}"', 'a whole number up to 999 and a unit, such as "3 days after due"', _near_unit(text)
            )
        raise WhenProblem(f'"{text}"', f'"on ..." or a span, such as {EXAMPLES}')
    span = Span(int(match[1]), Unit(match[2].rstrip("s")))
    side, _, rest = text[match.end() :].partition(" ")
    if side not in {"before", "after"} or not rest:
        raise WhenProblem(f'"{text}"', f'"before" or "after" and a moment behind "{span.words()}"')
    return Clause(_parse_moment(rest, depth), span, side == "before")


def _parse_moment(text: str, depth: int) -> Moment | EndOfMonth:
    text = text.removeprefix("the ")
    if text.startswith("end of month of "):
        return EndOfMonth(_parse_clause(text.removeprefix("end of month of "), depth + 1))
    first, _, rest = text.partition(" ")
    if first in _WORDS and rest in {"missed payment run", "missed run"}:
        return Moment(Anchor.MISSED_RUN, _WORDS[first])
    if match := _ORDINAL.fullmatch(text):
        if int(match[1]) == 0:
            raise WhenProblem(f'"{text}"', '"1st missed payment run" or later')
        return Moment(Anchor.MISSED_RUN, int(match[1]))
    known = [a.value for a in Anchor if a is not Anchor.MISSED_RUN]
    if text in known:
        return Moment(Anchor(text))
    nearest = difflib.get_close_matches(text, [*known, "1st missed payment run"], 1, 0.5)
    expected = ", ".join([*known, '"1st missed payment run"'])
    raise WhenProblem(f'unknown anchor "{text}"', f"one of {expected}", nearest[0] if nearest else "")


def _near_unit(text: str) -> str:
    words = [w for w in re.findall(r"[a-z]+", text) if w not in {"before", "after", "on"}]
    near = difflib.get_close_matches(words[0], ["days", "business days", "weeks", "months"], 1, 0.6) if words else []
    return near[0] if near else ""


def _ordinal(n: int) -> str:
    suffix = "th" if 10 <= n % 100 <= 20 else {1: "st", 2: "nd", 3: "rd"}.get(n % 10, "th")
    return f"{n}{suffix}"
