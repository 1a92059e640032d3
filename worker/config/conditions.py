"""The `if` of a step: `{balance: "> 250"}`, `{any: [first invoice, missed runs in last 6: ">= 1"]}`, `always`."""

import re
from decimal import Decimal
from typing import Annotated, Any

from pydantic import BeforeValidator, WithJsonSchema

from worker.config.base import one_of
from worker.config.kinds import decimal_of, misread, quoted, read_yes_no
from worker.config.source import guess, plain
from worker.core.policy import Condition, Measure, Test

ALWAYS = Condition(())
"""What `if: always` reads as: it takes away a condition of the extended policy."""

_KNOWN = {plain(m.value): m for m in Measure if m is not Measure.MISSED_RUNS}
_NAMES = [*(m.value for m in Measure if m is not Measure.MISSED_RUNS), "missed runs in last 6", "any", "all"]
_MISSED = re.compile(r"missed_(?:payment_)?runs_in_last_(\d{1,2})")
_COMPARISON = re.compile(r"(>=|<=|>|<|=)?\s*(-?[\d.]+)\s*(days?)?")


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
    if match := _MISSED.fullmatch(plain(key)):
        if not int(match[1]):
            raise misread(quoted(key), "missed runs in last 1 or more")
        return _compared(Measure.MISSED_RUNS, key, value, int(match[1]))
    measure = _KNOWN.get(plain(key))
    if measure is None:
        raise misread(f'unknown condition "{key[:60]}"', one_of(_NAMES), guess(key, _NAMES))
    if measure is Measure.FIRST_INVOICE:
        return Test(measure, "=", "yes" if value is None or read_yes_no(value) else "no")
    if measure in {Measure.CURRENCY, Measure.GROUP, Measure.PLANS}:
        return _equal(measure, value)
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


def _compared(measure: Measure, key: str, value: Any, last: int) -> Test:
    expected = f'{key}: "> 250", with one of > >= < <= ='
    match = _COMPARISON.fullmatch(value.strip()) if isinstance(value, str) else None
    number = decimal_of(match[2]) if match else None
    if match is None or number is None or (match[3] and measure is not Measure.OLDEST):
        raise misread(
            f"{key}: {quoted(value)}", expected, "quote the comparison: a bare > begins something else in YAML"
        )
    if number < 0:
        raise misread(f"{key}: {quoted(value)} compares with less than nothing", expected)
    return Test(measure, match[1] or "=", Decimal(number), last)


ConditionText = Annotated[Any, BeforeValidator(parse_condition), WithJsonSchema({"type": ["object", "string"]})]
