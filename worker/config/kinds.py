"""The kinds of value an option can have, each reading the text a person wrote.

Every scalar arrives as text (see `source`). A kind that cannot read it raises `misread`: what was found, what is
expected and what to do, which the loader turns into a Problem with its file and line.
"""

import re
from collections.abc import Callable
from datetime import date, time
from decimal import Decimal, InvalidOperation
from typing import Annotated, Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import BeforeValidator, WithJsonSchema
from pydantic_core import PydanticCustomError

from worker.config.base import one_of
from worker.config.source import guess, plain
from worker.core.payment_run import CutOff, RunRule, Takes, parse_cut_off, parse_pays, parse_takes
from worker.core.phrases import GrammarProblem
from worker.core.settings import Deduction, EarlyDiscount
from worker.core.when import Span, Unit, When, WhenProblem, parse_span, parse_when
from worker.core.workdays import Closure, parse_closure

_YES = {"yes", "true", "on", "y"}
_NO = {"no", "false", "off", "n"}


def misread(found: str, expected: str, todo: str = "") -> PydanticCustomError:
    """An error that carries the three parts of a Problem."""
    return PydanticCustomError("misread", "{found}", {"found": found, "expected": expected, "todo": todo})


def quoted(value: object) -> str:
    """What was written, short enough for one line, and named when it is no text at all."""
    if value is None:
        return "nothing is written"
    if isinstance(value, dict):
        return "a mapping (keys and values)"
    if isinstance(value, list):
        return "a list"
    text = " ".join(str(value).split())
    return f'"{text[:80]}{"..." if len(text) > 80 else ""}"'


def _text(value: Any, expected: str) -> str:
    if not isinstance(value, str) or not value.strip():
        raise misread(quoted(value), expected)
    return value.strip()


def _words(value: Any) -> str:
    return _text(value, "text on the same line")


def read_yes_no(value: Any) -> bool:
    text = _text(value, "yes or no").lower()
    if text not in _YES | _NO:
        raise misread(quoted(value), "yes or no")
    return text in _YES


def read_day(value: Any) -> date:
    expected = "a date such as 2026-01-31"
    text = _text(value, expected)
    if not re.fullmatch(r"\d{4}-\d{2}-\d{2}", text, re.ASCII):
        raise misread(quoted(value), expected, "write year-month-day, which cannot be read two ways")
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise misread(f"{quoted(value)} is no day of the calendar", expected) from None
    if not 1990 <= day.year <= 2199:
        raise misread(f"{quoted(value)} is too far from now", expected)
    return day


def _whole(value: Any) -> int:
    text = _text(value, "a whole number")
    if not re.fullmatch(r"\d{1,9}", text, re.ASCII):
        raise misread(quoted(value), "a whole number, 0 or more")
    return int(text)


def decimal_of(text: str) -> Decimal | None:
    """A plain decimal number with a point (1234.50), or None."""
    try:
        return Decimal(text) if re.fullmatch(r"-?\d{1,15}(\.\d{1,6})?", text, re.ASCII) else None
    except InvalidOperation:
        return None


def share_of(value: Any, expected: str = 'a share such as "1 %"') -> Decimal:
    """`1.5 %` as 0.015."""
    text = _text(value, expected)
    number = decimal_of(text.removesuffix("%").strip()) if text.endswith("%") else None
    if number is None or not 0 <= number <= 100:
        raise misread(quoted(value), expected)
    return number / 100


def _digits(value: Any) -> str:
    text = _text(value, "a number of digits only")
    if not re.fullmatch(r"\d{1,30}", text, re.ASCII):
        raise misread(quoted(value), "a number of digits only")
    return text


def _hours(value: Any) -> tuple[time, time]:
    expected = '"09:00-16:30", inside 08:00-21:00'
    match = re.fullmatch(r"(\d{1,2}):(\d{2})\s*(?:-|to)\s*(\d{1,2}):(\d{2})", _text(value, expected), re.ASCII)
    if not match or int(match[1]) > 23 or int(match[3]) > 23 or int(match[2]) > 59 or int(match[4]) > 59:
        raise misread(quoted(value), expected)
    opens, closes = time(int(match[1]), int(match[2])), time(int(match[3]), int(match[4]))
    if opens >= closes:
        raise misread(f"{quoted(value)} ends before it begins", expected)
    # A hard ceiling everywhere: regulators' guidance for contact with debtors (ACCC/ASIC RG 96; US 12 CFR 1006.6(b)).
    if opens < time(8) or closes > time(21):
        raise misread(f"{quoted(value)} reaches into the evening or the early morning", expected)
    return opens, closes


def read_clock(value: Any) -> time:
    """`07:00` as a time of day."""
    expected = "a time of day such as 07:00"
    match = re.fullmatch(r"(\d{1,2}):(\d{2})", _text(value, expected), re.ASCII)
    if not match or int(match[1]) > 23 or int(match[2]) > 59:
        raise misread(quoted(value), expected)
    return time(int(match[1]), int(match[2]))


def _weekdays(value: Any) -> frozenset[int]:
    names = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
    expected = '"mon-fri", or days such as "mon, wed, fri"'
    found: set[int] = set()
    for part in re.split(r"[,\s]+", re.sub(r"\s*-\s*", "-", _text(value, expected).lower())):
        ends = [p[:3] for p in part.split("-")]
        if len(ends) > 2 or any(e not in names for e in ends):
            raise misread(quoted(value), expected)
        first, last = names.index(ends[0]), names.index(ends[-1])
        found |= {d % 7 for d in range(first, last + 1 + (7 if last < first else 0))}
    return frozenset(found)


def _address(value: Any) -> str:
    text = _text(value, "an e-mail address")
    if not re.fullmatch(r"[^\s@<>,;\"]{1,64}@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+", text):
        raise misread(quoted(value), "one e-mail address such as accounts@example.com")
    return text


def _zone(value: Any) -> str:
    text = _text(value, "a time zone")
    try:
        ZoneInfo(text)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise misread(f"{quoted(value)} is no time zone", "an IANA name such as Europe/London") from None
    return text


def _code(letters: int, expected: str, upper: bool) -> Callable[[Any], str]:
    def read(value: Any) -> str:
        text = _text(value, expected)
        if not re.fullmatch(rf"[A-Za-z]{{{letters}}}", text):
            raise misread(quoted(value), expected)
        return text.upper() if upper else text.lower()

    return read


def _language(value: Any) -> str:
    expected = "a language such as en, fr or de"
    text = _text(value, expected)
    if not re.fullmatch(r"[A-Za-z]{2,3}([-_][A-Za-z]{2,4})?", text):
        raise misread(quoted(value), expected)
    return text.replace("_", "-")


def _domain(value: Any) -> str:
    text = _text(value, "a domain such as example.com").lower().removeprefix("@")
    if not re.fullmatch(r"[a-z0-9-]+(\.[a-z0-9-]+)+", text):
        raise misread(quoted(value), "a domain such as example.com, without http:// or a name before @")
    return text


def _url(value: Any) -> str:
    text = _text(value, "an address such as https://example.com/ping")
    if not re.fullmatch(r"https?://[^\s/@]+(/\S*)?", text):
        raise misread(quoted(value), "an address such as https://example.com/ping, without a name or password in it")
    return text


def _grammar(parse: Callable[[str], Any], expected: str) -> Callable[[Any], Any]:
    def read(value: Any) -> Any:
        text = _text(value, expected)
        try:
            return parse(text)
        except GrammarProblem as problem:
            why = f": {problem.why}" if problem.why else ""
            near = f'write "{problem.nearest}", if that is what you meant' if problem.nearest else ""
            raise misread(f'"{text[:80]}"{why}', " | ".join(problem.expected), near) from None
        except WhenProblem as problem:
            meant = problem.nearest if problem.nearest not in text else ""
            near = f'write "{meant}", if that is what you meant' if meant else ""
            raise misread(problem.found, problem.expected, near) from None

    return read


def _days(value: Any) -> int:
    expected = '"7 days" or "2 weeks"'
    text = _text(value, expected)
    try:
        span = parse_span(text)
    except WhenProblem:
        raise misread(quoted(value), expected) from None
    if span.unit not in {Unit.DAY, Unit.WEEK}:
        raise misread(f"{quoted(value)}: {span.unit}s do not fit here", expected, "count in calendar days")
    return span.count * (7 if span.unit is Unit.WEEK else 1)


def _age(value: Any) -> int:
    expected = 'at least 30 days, such as "24 months"'
    text = _text(value, expected)
    try:
        span = parse_span(text)
    except WhenProblem:
        raise misread(quoted(value), expected) from None
    days = {Unit.DAY: 1, Unit.WEEK: 7, Unit.MONTH: 31}.get(span.unit, 0) * span.count
    if days < 30:
        raise misread(quoted(value), expected)
    return days


def _collects(value: Any) -> Any:
    if isinstance(value, str):
        method, _, on = value.partition(" on ")
        return {"method": method, "on": on.strip()} if on else {"method": method}
    return value


def _method(value: Any) -> str:
    text = " ".join(_text(value, "direct debit, card or standing order").lower().split())
    if text not in {"direct debit", "card", "standing order"}:
        raise misread(quoted(value), "direct debit, card or standing order")
    return text


def _deduction(value: Any) -> Deduction:
    expected = 'a name and a share, such as "cis 20 %" or "retention 5 %"'
    match = re.fullmatch(r"(\D+?)\s+([\d.]+\s*%)", _text(value, expected))
    if not match:
        raise misread(quoted(value), expected)
    return Deduction(match[1].lower(), share_of(match[2], expected))


def _early(value: Any) -> EarlyDiscount:
    expected = 'a share and a time, such as "2 % within 10 days"'
    match = re.fullmatch(r"([\d.]+\s*%)\s+within\s+(.+)", " ".join(_text(value, expected).lower().split()), re.ASCII)
    if not match:
        raise misread(quoted(value), expected)
    share = share_of(match[1], expected)
    if not 0 < share < 1:
        raise misread(quoted(value), "more than 0 % and less than 100 %")
    return EarlyDiscount(share, _days(match[2]))


def _part(value: Any) -> tuple[date, Decimal]:
    expected = 'an amount and a day, such as "500.00 on 2026-03-31"'
    amount, _, day = " ".join(_text(value, expected).split()).partition(" on ")
    number = decimal_of(amount)
    if number is None or number <= 0:
        raise misread(quoted(value), expected)
    return read_day(day), number


def _law(value: Any) -> str:
    expected = "a country such as GB or DE, or a state such as US-CA"
    text = _text(value, expected).upper()
    if not re.fullmatch(r"[A-Z]{2}(-[A-Z]{2})?", text):
        raise misread(quoted(value), expected)
    return text


def _listed(value: Any) -> Any:
    # One thing where several may stand needs no list; a CSV cell separates several with semicolons.
    if isinstance(value, str):
        return [part.strip() for part in value.split(";") if part.strip()]
    return [value] if isinstance(value, dict) else value


def _kind(read: Callable[[Any], Any], **schema: Any) -> Any:
    return BeforeValidator(read), WithJsonSchema({"type": "string", **schema})


def choice(*allowed: str) -> Any:
    """A word out of a few: any case, spaces and dashes alike, nearest guess on a miss."""
    by_plain = {plain(a): a for a in allowed}

    def read(value: Any) -> str:
        if isinstance(value, str) and plain(value) in by_plain:
            return by_plain[plain(value)]
        raise misread(quoted(value), one_of(allowed), guess(value, allowed) if isinstance(value, str) else "")

    return BeforeValidator(read), WithJsonSchema({"type": "string", "enum": list(allowed)})


_YES_NO = WithJsonSchema({"type": ["boolean", "string"]})
_NUMBER = WithJsonSchema({"type": ["number", "string"]})

Words = Annotated[str, *_kind(_words)]
YesNo = Annotated[bool, BeforeValidator(read_yes_no), _YES_NO]
Day = Annotated[date, *_kind(read_day, format="date")]
Whole = Annotated[int, BeforeValidator(_whole), _NUMBER]
Digits = Annotated[str, *_kind(_digits, pattern="^[0-9]+$")]
Clock = Annotated[time, *_kind(read_clock, pattern="^[0-9]{1,2}:[0-9]{2}$")]
Hours = Annotated[tuple[time, time], *_kind(_hours)]
Weekdays = Annotated[frozenset[int], *_kind(_weekdays)]
Email = Annotated[str, *_kind(_address, format="email")]
Zone = Annotated[str, *_kind(_zone)]
Country = Annotated[str, *_kind(_code(2, "a country code such as GB, US or DE", True), pattern="^[A-Za-z]{2}$")]
Currency = Annotated[str, *_kind(_code(3, "a currency such as GBP", True), pattern="^[A-Za-z]{3}$")]
Language = Annotated[str, *_kind(_language)]
Domain = Annotated[str, *_kind(_domain)]
Url = Annotated[str, *_kind(_url)]
WhenText = Annotated[When, *_kind(_grammar(parse_when, "when the step comes"))]
SpanText = Annotated[Span, *_kind(_grammar(parse_span, '"4 business days"'))]
Days = Annotated[int, *_kind(_days)]
Age = Annotated[int, *_kind(_age)]
Pays = Annotated[RunRule, *_kind(_grammar(parse_pays, 'when the client pays, such as "last friday"'))]
CutOffText = Annotated[CutOff, *_kind(_grammar(parse_cut_off, '"3 business days" or "25th"'))]
TakesText = Annotated[Takes, *_kind(_grammar(parse_takes, '"due by the run"'))]
ClosureText = Annotated[Closure, *_kind(_grammar(parse_closure, '"1 aug - 31 aug"'))]
DeductionText = Annotated[Deduction, *_kind(_deduction)]
Share = Annotated[Decimal, BeforeValidator(share_of), WithJsonSchema({"type": "string"})]
EarlyText = Annotated[EarlyDiscount, *_kind(_early)]
PartText = Annotated[tuple[date, Decimal], *_kind(_part)]
Law = Annotated[str, *_kind(_law)]
Method = Annotated[str, *_kind(_method, enum=["direct debit", "card", "standing order"])]
OneOrMore = BeforeValidator(_listed)
Collects = BeforeValidator(_collects)


def released(value: Any) -> Any:
    """`released` is a hold with no end written; a date is one through that day."""
    if isinstance(value, str) and value.strip().lower() == "released":
        return "released"
    try:
        return read_day(value)
    except PydanticCustomError:
        raise misread(quoted(value), 'a date such as 2026-01-31, or "released" (until somebody releases it)') from None


Until = Annotated[Any, *_kind(released)]
