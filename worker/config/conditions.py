"""The `if` of a step: `{balance: "> 250"}`, `{any: [first invoice, missed runs in last 6: ">= 1"]}`, `always`."""

import re
from decimal import Decimal
from typing import Annotated, Any

from pydantic import BeforeValidator, WithJsonSchema

from worker.config.base import one_of
from worker.config.kinds import decimal_of, misread, quoted, read_yes_no
from worker.config.source import guess, plain
from worker.core.policy import Condition, Measure, Test
from worker.core.when import Unit

ALWAYS = Condition(())
"""What `if: always` reads as: it takes away a condition of the extended policy."""

_COUNTED = {Measure.MISSED_RUNS, Measure.PAID_LATE}
"""Those that look at the last N of something."""
_IN_DAYS = {Measure.OLDEST, Measure.USUAL}
_KNOWN = {plain(m.value): m for m in Measure if m not in _COUNTED}
_NAMES = [
    *(m.value for m in Measure if m not in _COUNTED),
    *("missed runs in last 6", "paid late in last 6", "any", "all"),
]
_LAST = re.compile(r"(?:(missed_(?:payment_)?runs)|paid_late)_in_last_(\d{1,2})", re.ASCII)
_COMPARISON = re.compile(r"(>=|<=|>|<|=)?\s*(-?[\d.]+)\s*(days?|weeks?|months?|years?)?", re.ASCII)
_OTHERWISE = {"otherwise", "default"}


def parse_condition(value: Any) -> Condition:
    """A condition as core values. Raises the errors of `kinds`."""
    if isinstance(value, str) and value.strip().lower() == "always":
        return ALWAYS
    found = _condition(value, 0)
    return found if isinstance(found, Condition) else Condition((found,))


def _condition(value: Any, depth: int) -> Test | Condition:
    if isinstance(value, str):
        return _test(value, None)
    if not isinstance(value, dict) or not value or depth > 4:
        raise misread(
            quoted(value), 'a condition such as {balance: "> 250"} or {any: [first invoice, balance: "> 5000"]}'
        )
    parts = tuple(_entry(key, inner, depth) for key, inner in value.items())
    return parts[0] if len(parts) == 1 else Condition(parts)


def _entry(key: str, value: Any, depth: int) -> Test | Condition:
    if plain(key) in {"any", "all"}:
        if not isinstance(value, list) or not value:
            raise misread(f'"{key}: {value}"' if isinstance(value, str) else quoted(value), f"{key}: [one, another]")
        return Condition(tuple(_condition(v, depth + 1) for v in value), plain(key) == "any")
    return _test(key, value)


def _test(key: str, value: Any) -> Test:
    if match := _LAST.fullmatch(plain(key)):
        counted = Measure.MISSED_RUNS if match[1] else Measure.PAID_LATE
        if not int(match[2]):
            raise misread(quoted(key), f"{counted} 1 or more")
        return _compared(counted, key, value, int(match[2]))
    measure = _KNOWN.get(plain(key))
    if measure is None:
        raise misread(f'unknown condition "{key[:60]}"', one_of(_NAMES), guess(key, _NAMES))
    if measure is Measure.FIRST_INVOICE:
        return Test(measure, "=", "yes" if value is None or read_yes_no(value) else "no")
    if measure in {Measure.CURRENCY, Measure.GROUP, Measure.PLANS}:
        return _equal(measure, value)
    if measure is Measure.BALANCE and isinstance(value, dict):
        return _by_currency(measure, key, value)
    return _compared(measure, key, value, 0)


def _equal(measure: Measure, value: Any) -> Test:
    if not isinstance(value, str) or not value.strip():
        raise misread(f"{measure}: {quoted(value)}", f"{measure}: a name")
    text = value.strip()
    if measure is Measure.CURRENCY:
        text = text.upper()
        if not re.fullmatch("[A-Z]{3}", text):
            raise misread(quoted(value), "a currency such as GBP")
    if measure is Measure.PLANS and text != "offered":
        raise misread(f"plans: {quoted(value)}", "plans: offered")
    return Test(measure, "=", text)


def _by_currency(measure: Measure, key: str, value: dict[str, Any]) -> Test:
    """`{EUR: "> 300", GBP: "> 250", otherwise: "> 300"}`."""
    expected = f'{key}: {{GBP: "> 250", EUR: "> 300", otherwise: "> 300"}}'
    values: list[tuple[str, str, Decimal]] = []
    rest = Test(measure)
    for name, inner in value.items():
        test = _compared(measure, f"{key}: {name}", inner, 0)
        if plain(name) in _OTHERWISE:
            rest = test
        elif not re.fullmatch(r"[A-Za-z]{3}", name.strip()) or not isinstance(test.value, Decimal):
            raise misread(f'{key}: "{name[:60]}" is no currency', expected)
        else:
            values.append((name.strip().upper(), test.op, test.value))
    if not values:
        raise misread(f"{key}: {quoted(value)}", expected)
    return Test(measure, rest.op, rest.value, values=tuple(sorted(values)))


def _since(key: str, number: Decimal, op: str, unit: str) -> Test:
    words = unit.rstrip("s")
    if number != int(number):
        raise misread(f"{key}: {number} {unit}", 'a whole number, such as client since: "< 6 months"')
    count = number * 12 if words == "year" else number
    counted = Unit.MONTH if words in {"month", "year"} else Unit(words)
    return Test(Measure.CLIENT_SINCE, op, Decimal(count), unit=counted)


def _compared(measure: Measure, key: str, value: Any, last: int) -> Test:
    expected = f'{key}: "> 250", with one of > >= < <= ='
    match = _COMPARISON.fullmatch(value.strip()) if isinstance(value, str) else None
    number = decimal_of(match[2]) if match else None
    unit = match[3] if match and match[3] else ""
    if measure in _IN_DAYS:
        expected = f'{key}: "> 14 days", with one of > >= < <= ='
    if measure is Measure.CLIENT_SINCE:
        expected = f'{key}: "< 6 months", in days, weeks, months or years'
    fits = bool(unit) if measure is Measure.CLIENT_SINCE else not unit or (measure in _IN_DAYS and unit[:3] == "day")
    if match is None or number is None or not fits:
        raise misread(
            f"{key}: {quoted(value)}", expected, "quote the comparison: a bare > begins something else in YAML"
        )
    if number < 0:
        raise misread(f"{key}: {quoted(value)} compares with less than nothing", expected)
    if last and number > last:
        raise misread(f"{key}: {quoted(value)}", f"a number up to {last}", "there are no more than that to count")
    if measure is Measure.CLIENT_SINCE:
        return _since(key, number, match[1] or "=", unit)
    return Test(measure, match[1] or "=", Decimal(number), last)


ConditionText = Annotated[Any, BeforeValidator(parse_condition), WithJsonSchema({"type": ["object", "string"]})]
