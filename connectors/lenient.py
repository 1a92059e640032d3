"""What every tolerant reader of JSON does alike: absence has many spellings, and a number must be one."""

from decimal import Decimal
from typing import Any


def without_nothing(value: Any) -> Any:
    """Leave out null, {} and [] at every depth: platforms use all three, and absence, for "nothing"."""
    if isinstance(value, dict):
        kept = ((k, without_nothing(v)) for k, v in value.items())
        return {k: v for k, v in kept if v is not None and v not in ({}, [])}
    if isinstance(value, list):
        return [without_nothing(v) for v in value]
    return value


def no_number(text: str) -> Decimal:
    """For `json.loads(parse_constant=...)`: NaN and the infinities are not numbers. Always raises ValueError."""
    raise ValueError(f"{text} is not a number")
