"""The four shapes in which QuickBooks says no, read as one. PURE.

Service JSON (`Fault`), gateway JSON (`fault`, lower case), XML even when JSON was asked for, and HTML or nothing from
the edge. Any of the first three may also come with status 200. Source: Intuit's pages "Error handling" and "Error
codes"; recordings in minimul/qbo_api and ruckus/quickbooks-ruby.
"""

import json
import re
from dataclasses import dataclass
from html import unescape

_XML_ERROR = re.compile(rb"<Error\b[^>]*?\bcode=\"(\w+)\"[^>]*>(.*?)</Error>", re.DOTALL)
_XML_TYPE = re.compile(rb"<Fault\b[^>]*?\btype=\"(\w+)\"")
_XML_PART = re.compile(rb"<(Message|Detail)>(.*?)</\1>", re.DOTALL)
_KEPT = 500
"""Characters of a text that are worth keeping."""

EXPIRED = frozenset({"3200"})
NOT_NOW = frozenset({"100", "130"})
NOT_ADMIN = frozenset({"120"})
NOT_YOURS = frozenset({"3100"})
THROTTLED = frozenset({"3001"})
NOT_FOUND = frozenset({"610"})
LAPSED = frozenset({"6190", "7001"})
BAD_ROW = frozenset({"4002", "10000"})


@dataclass(frozen=True, slots=True)
class Fault:
    """What QuickBooks said. `code` has no leading zeros; `detail` may hold parts of a token: show it with care."""

    code: str
    message: str
    detail: str = ""
    kind: str = ""

    @property
    def old(self) -> bool:
        """Changes were asked for from too long ago."""
        return "changedsince" in self._words and "older than" in self._words

    @property
    def spent(self) -> bool:
        """The month's calls are used up, which no waiting within a sweep mends."""
        return "quota" in self._words or "monthly" in self._words

    @property
    def _words(self) -> str:
        return f"{self.message} {self.detail}".lower()

    def said(self) -> str:
        """The fault for a person: code and, unless it is about access, the message."""
        private = self.code in EXPIRED | NOT_NOW | NOT_ADMIN | NOT_YOURS
        return f"{self.code}: {self.message[:200]}" if self.message and not private else self.code


def fault_of(body: bytes) -> Fault | None:
    """The first fault in an answer, in whichever shape; None when it holds none."""
    start = body[:2000].lstrip(b"\xef\xbb\xbf \r\n\t")
    if start.startswith(b"<"):
        return _from_xml(body[: 1 << 16])
    if not start.startswith(b"{") or b"ault" not in body:
        return None
    try:
        raw = json.loads(body)
    except ValueError:
        return None
    found = raw.get("Fault") or raw.get("fault")
    return _from_json(found) if isinstance(found, dict) else None


def _from_json(found: dict[str, object]) -> Fault:
    errors = found.get("Error") or found.get("error")
    first = errors[0] if isinstance(errors, list) and errors and isinstance(errors[0], dict) else {}
    lower = {str(k).lower(): str(v)[:_KEPT] for k, v in first.items() if v is not None}
    code = lower.get("code", "").lstrip("0")
    return Fault(code or "no code", lower.get("message", ""), lower.get("detail", ""), str(found.get("type") or ""))


def _from_xml(body: bytes) -> Fault | None:
    found = _XML_ERROR.search(body)
    if not found:
        return None
    parts = {name.decode(): unescape(text.decode("utf-8", "replace"))[:_KEPT] for name, text in
             _XML_PART.findall(found[2])}  # fmt: skip
    kind = _XML_TYPE.search(body)
    return Fault(
        found[1].decode().lstrip("0"),
        parts.get("Message", ""),
        parts.get("Detail", ""),
        kind[1].decode() if kind else "",
    )
