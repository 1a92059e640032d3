"""The same answers in XML, which is what QuickBooks sends to whoever does not ask for JSON."""

from typing import Any
from xml.sax.saxutils import escape, quoteattr

_SPACE = "http://schema.intuit.com/finance/v3"
_ATTRIBUTES = frozenset({"domain", "sparse", "status", "startPosition", "maxResults", "totalCount", "name", "time"})


def document(body: dict[str, Any]) -> str:
    """A whole answer."""
    inside = "".join(_element(name, value) for name, value in body.items() if name != "time")
    head = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>'
    return (
        f'{head}<IntuitResponse xmlns="{_SPACE}" time={quoteattr(str(body.get("time", "")))}>{inside}</IntuitResponse>'
    )


def _element(name: str, value: Any) -> str:
    if isinstance(value, list):
        return "".join(_element(name, one) for one in value)
    if not isinstance(value, dict):
        return f"<{name}>{escape(_text(value))}</{name}>"
    attributes = "".join(f" {k}={quoteattr(_text(v))}" for k, v in value.items() if k in _ATTRIBUTES)
    if "value" in value and set(value) <= {"value", "name"}:  # a reference is its id, its name an attribute
        return f"<{name}{attributes}>{escape(_text(value['value']))}</{name}>"
    inside = "".join(_element(k, v) for k, v in value.items() if k not in _ATTRIBUTES)
    return f"<{name}{attributes}>{inside}</{name}>"


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
