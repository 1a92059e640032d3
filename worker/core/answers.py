"""The answers people give to a digest by mail: a small language, one order a line, and clear words for what is not.

    yes 3, 5            approve; for a message of unknown outcome: it arrived
    no 3: too early     reject; it did not arrive
    stop 7              not today
    hold 2 until 12 jan because they moved
    done 4 promised 15 dec
    pause Acme Ltd until monday
    undo 2

Only lines that are an order and nothing else are obeyed. Pure: the day comes from whoever asks.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from worker.core.phrases import MONTHS, WEEKDAYS
from worker.core.plain import one_line, shortened
from worker.core.workdays import month_end

MARKER = "Write your answer above this line"
"""Whatever stands below a line with these words is quoted."""
LONGEST = 200
MOST = 50
"""Codes in one line, and lines in one mail."""
FAR = timedelta(days=366)


class Verb(StrEnum):
    """What a line may begin with."""

    YES = "yes"
    NO = "no"
    DONE = "done"
    HOLD = "hold"
    STOP = "stop"
    PAUSE = "pause"
    UNDO = "undo"


OUTCOMES = ("reached", "no-answer", "promised", "disputed", "refused", "failed", "other")
"""How a task can end."""


@dataclass(frozen=True, slots=True)
class Order:
    """One thing to do, for each of its codes: `name` is whom a pause is about. `line` is what was written."""

    verb: Verb
    line: str
    codes: tuple[int, ...] = ()
    name: str = ""
    outcome: str = ""
    day: date | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class Mistake:
    """A line that begins like an order and is none: what is wrong, and what it should look like."""

    line: str
    why: str
    expected: str


_SPLIT = re.compile(r"[;\n]|(?<=\d)\.\s+(?=[A-Za-z])")
_NOTE = re.compile(r"\s*(?:\bbecause\b|:|\s[-\u2013\u2014]\s)\s*", re.IGNORECASE)
_CODE = re.compile(r"#?(\d{1,3})")
_RANGE = re.compile(r"#?(\d{1,3})\s?-\s?#?(\d{1,3})")
_USUAL = {
    Verb.YES: "yes 3, 5",
    Verb.NO: "no 3: why not",
    Verb.DONE: "done 4 reached, or done 4 promised 15 dec",
    Verb.HOLD: "hold 2 until 12 jan",
    Verb.STOP: "stop 7",
    Verb.PAUSE: "pause Acme Ltd until monday",
    Verb.UNDO: "undo 2",
}


class _Wrong(Exception):
    """Why a line is no order."""


def read_answer(text: str, today: date) -> tuple[tuple[Order, ...], tuple[Mistake, ...]]:
    """The orders in what somebody wrote anew, and the lines that only begin like one. Never raises.

    A code that two lines of one mail want different things of is obeyed by neither.
    """
    orders: list[Order] = []
    mistakes: list[Mistake] = []
    for line in _lines(text):
        verb = _verb(line)
        if verb is None:
            continue
        if len(orders) + len(mistakes) >= MOST:
            mistakes.append(Mistake(shortened(line, 80), f"more than {MOST} orders in one mail", "a second mail"))
            break
        try:
            orders.append(_order(verb, line, today))
        except _Wrong as wrong:
            mistakes.append(Mistake(shortened(line, 80), str(wrong), _USUAL[verb]))
    return _without_contradictions(orders, mistakes)


def _lines(text: str) -> Iterator[str]:
    for written in text.split("\n"):
        if MARKER.lower() in written.lower():
            return
        if written.lstrip().startswith((">", "|")):
            continue
        for part in _SPLIT.split(written):
            line = one_line(part).strip(" \t*_").rstrip(".!, ")
            if line:
                yield line


def _verb(line: str) -> Verb | None:
    first = line.split(" ", 1)[0].lower().rstrip(":,")
    return next((v for v in Verb if v == first), None)


def _order(verb: Verb, line: str, today: date) -> Order:
    if len(line) > LONGEST:
        raise _Wrong(f"more than {LONGEST} characters in one line")
    rest = line.split(" ", 1)[1].strip() if " " in line else ""
    if verb is Verb.PAUSE:
        return _pause(line, rest, today)
    codes, rest = _codes(rest)
    if not codes:
        raise _Wrong("no number of an item")
    rest, note = _noted(rest)
    outcome, day = "", None
    if verb is Verb.DONE:
        outcome, rest = _outcome(rest)
    if verb is Verb.HOLD and rest:
        if not rest.lower().startswith("until "):
            raise _Wrong(f'"{shortened(rest, 40)}" is not understood')
        rest = rest[6:]
        day = read_day(rest, today)
        rest = ""
    if outcome == "promised":
        if not rest:
            raise _Wrong("a promise needs its day")
        day, rest = read_day(rest, today), ""
    if rest:
        raise _Wrong(f'"{shortened(rest, 40)}" is not understood')
    return Order(verb, line, codes, "", outcome, day, note)


def _pause(line: str, rest: str, today: date) -> Order:
    rest, note = _noted(rest)
    name, found, until = rest.rpartition(" until ")
    if not found:
        raise _Wrong("a pause needs whom and until when")
    return Order(Verb.PAUSE, line, name=name.strip().strip('"\u201c\u201d'), day=read_day(until, today), note=note)


def _codes(rest: str) -> tuple[tuple[int, ...], str]:
    """The leading numbers and what follows them."""
    found: dict[int, None] = {}
    while True:
        bare = re.sub(r"^(?:,|and\b|&)?\s*", "", rest, count=1, flags=re.IGNORECASE) if found else rest
        if spread := _RANGE.match(bare):
            first, last = int(spread[1]), int(spread[2])
            if not first <= last < first + MOST:
                raise _Wrong(f'"{spread[0]}" is no range of items')
            found |= dict.fromkeys(range(first, last + 1))
            end = spread.end()
        elif one := _CODE.match(bare):
            found[int(one[1])] = None
            end = one.end()
        else:
            return tuple(found), rest.strip()
        if end < len(bare) and (bare[end].isalnum() or bare[end] in "./%"):
            raise _Wrong(f'"{shortened(bare.split()[0], 20)}" is no number of an item')
        rest = bare[end:].lstrip()
        if len(found) > MOST:
            raise _Wrong(f"more than {MOST} items")


def _noted(rest: str) -> tuple[str, str]:
    parts = _NOTE.split(f" {rest} ", maxsplit=1)
    return parts[0].strip(), parts[1].strip() if len(parts) > 1 else ""


def _outcome(rest: str) -> tuple[str, str]:
    """The outcome and what follows it; "" when none is written."""
    words = rest.split()
    for count in (2, 1):
        said = "-".join(words[:count]).lower().strip(",")
        if said in OUTCOMES and len(words) >= count:
            return said, " ".join(words[count:])
    if words:
        raise _Wrong(f'"{shortened(rest, 40)}" is no outcome: {", ".join(OUTCOMES)}')
    return "", ""


# -- days --------------------------------------------------------------------------------------------------------------


def read_day(text: str, today: date) -> date:
    """`12 jan`, `jan 12 2027`, `2027-01-12`, `monday`, `tomorrow`, `end of the month`: the next one from today on."""
    words = [w.strip(",.") for w in text.lower().split() if w not in {"the", "on", "of", "by", "next"}]
    day = _named(words, today) if words else None
    if day is None:
        raise _Wrong(f'"{shortened(text, 40)}" is no day; write it as 12 jan, 2027-01-12 or monday')
    if day < today:
        raise _Wrong(f"{day} is in the past")
    if day > today + FAR:
        raise _Wrong(f"{day} is more than a year away")
    return day


def _named(words: list[str], today: date) -> date | None:
    if words in (["today"], ["tomorrow"]):
        return today + timedelta(days=words == ["tomorrow"])
    if words in (["end", "month"], ["month", "end"]):
        return month_end(today)
    if len(words) == 1:
        if re.fullmatch(r"\d{4}-\d{2}-\d{2}", words[0], re.ASCII):
            return _day(int(words[0][:4]), int(words[0][5:7]), int(words[0][8:]))
        ahead = [n for n, name in enumerate(WEEKDAYS) if len(words[0]) >= 3 and name.startswith(words[0])]
        return today + timedelta(days=(ahead[0] - today.weekday() - 1) % 7 + 1) if len(ahead) == 1 else None
    return _in_month(words, today)


def _in_month(words: list[str], today: date) -> date | None:
    months = [n for n, m in enumerate(MONTHS, 1) for w in words[:2] if len(w) >= 3 and m.startswith(w)]
    numbers = [re.fullmatch(r"(\d{1,2})(?:st|nd|rd|th)?", w, re.ASCII) for w in words[:2]]
    days = [int(n[1]) for n in numbers if n]
    if len(months) != 1 or len(days) != 1 or len(words) > 3:
        return None
    if len(words) == 3:
        return _day(int(words[2]), months[0], days[0]) if re.fullmatch(r"\d{4}", words[2], re.ASCII) else None
    this = _day(today.year, months[0], days[0])
    return this if this is not None and this >= today else _day(today.year + 1, months[0], days[0])


def _day(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _without_contradictions(
    orders: list[Order], mistakes: list[Mistake]
) -> tuple[tuple[Order, ...], tuple[Mistake, ...]]:
    wanted: dict[int, set[Order]] = {}
    for order in orders:
        for code in order.codes:
            wanted.setdefault(code, set()).add(order)
    torn = {order for asked in wanted.values() if len(asked) > 1 for order in asked}
    kept = tuple(o for o in dict.fromkeys(orders) if o not in torn)
    why = "another line of this mail wants something else of the same item"
    lost = [Mistake(shortened(o.line, 80), why, "one line for each item") for o in dict.fromkeys(orders) if o in torn]
    return kept, (*mistakes, *lost)
