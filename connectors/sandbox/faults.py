"""What can be made to go wrong, on request: each fault names its endpoint and the call or page it strikes.

Faults that replace the answer need no books; those that twist it take the true answer and spoil it in one way.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, fields, replace
from typing import Any

from connectors.sandbox.wire import Answer, Row, problem, text

_HTML = "<html><head><title>502 Bad Gateway</title></head><body><h1>502 Bad Gateway</h1></body></html>"


@dataclass
class Fault:
    """One thing to go wrong.

    ``endpoint`` is the first part of the path after the API's base (``Invoices``, ``token``, ``connections``) or ``*``;
    ``method`` likewise. It strikes from the ``nth`` matching call (from 1) for ``times`` calls (0: always). With
    ``page`` or ``tenant`` only calls for that page or organisation match. ``value`` means what the kind says: seconds
    for the 429s and ``hold``, minutes for ``stale``.
    """

    kind: str
    endpoint: str = "*"
    method: str = "*"
    nth: int = 1
    times: int = 1
    page: int | None = None
    tenant: str | None = None
    value: str | None = None
    seen: int = 0

    @classmethod
    def read(cls, data: Mapping[str, Any], also: Iterable[str] = ()) -> "Fault":
        """From JSON. ``also``: further kinds a face knows. Raises ValueError naming what is unknown."""
        known = {field.name for field in fields(cls)} - {"seen"}
        if strange := set(data) - known:
            raise ValueError(f"unknown fault settings {sorted(strange)}; known: {sorted(known)}")
        fault = cls(**{**data, "value": None if data.get("value") is None else str(data["value"])})
        if fault.kind not in (kinds := KINDS.union(also)):
            raise ValueError(f"unknown fault {fault.kind!r}; known: {', '.join(sorted(kinds))}")
        return fault

    def strikes(self, method: str, endpoint: str, page: int, tenant: str) -> bool:
        """Whether this call is hit; counts the call when it matches."""
        if self.endpoint not in {"*", endpoint} or self.method not in {"*", method}:
            return False
        if self.page not in {None, page} or self.tenant not in {None, tenant}:
            return False
        self.seen += 1
        return self.seen >= self.nth and (self.times == 0 or self.seen < self.nth + self.times)


def _too_many(fault: Fault, problem_name: str) -> Answer:
    wait = {} if fault.value is None else {"Retry-After": fault.value}
    return Answer(429, headers={**wait, "X-Rate-Limit-Problem": problem_name})


_BEARER = 'Bearer error="insufficient_scope", error_description="insufficient_scope"'
REPLACING: dict[str, Callable[[Fault], Answer]] = {
    "expired": lambda _: problem(401, "Unauthorized", "TokenExpired: token expired"),
    "unauthorised": lambda _: problem(401, "Unauthorized", "AuthenticationUnsuccessful"),
    "insufficient scope": lambda _: problem(401, "Unauthorized", "AuthorizationUnsuccessful", WWW_Authenticate=_BEARER),
    "forbidden": lambda _: problem(403, "Forbidden", "AuthenticationUnsuccessful"),
    "not found": lambda _: text("The resource you're looking for cannot be found", 404),
    "minute limit": lambda fault: _too_many(fault, "minute"),
    "day limit": lambda fault: _too_many(fault, "day"),
    "concurrent limit": lambda fault: _too_many(fault, "concurrent"),
    "server error": lambda _: Answer(500),
    "bad gateway": lambda _: text(_HTML, 502, "text/html"),
    "offline": lambda _: text("The Organisation is offline", 503),
    "maintenance": lambda _: text("The Xero API is currently offline for maintenance", 503),
    "unavailable": lambda _: text("The Xero API is temporarily unavailable", 503),
    "invalid grant": lambda _: Answer(400, b'{"error":"invalid_grant"}', {"Content-Type": "application/json"}),
    "empty": lambda _: Answer(200, b"", {"Content-Type": "application/json; charset=utf-8"}),
    "drop": lambda _: Answer(0, close=True),
    "hold": lambda fault: Answer(0, close=True, hold=float(fault.value or 30)),
}


def _list(body: Row) -> tuple[str, list[Row]]:
    """The name and the rows of the list in a body; an empty list under an empty name when it has none."""
    return next(((key, value) for key, value in body.items() if isinstance(value, list)), ("", []))


def _wrong_shape(body: Row, _: Row) -> Row:
    name, rows = _list(body)
    return {**body, name: {"unexpected": len(rows)}}


def _unknown_enum(body: Row, _: Row) -> Row:
    name, rows = _list(body)
    strange = {"Status": "SUSPENDED", "ContactStatus": "DORMANT", "Class": "ULTRA"}
    return {**body, name: [{key: strange.get(key, value) for key, value in row.items()} for row in rows]}


def _duplicate(body: Row, before: Row) -> Row:
    """The last row of the page before comes again as the first of this one (rows moved while being read)."""
    name, rows = _list(body)
    again = _list(before)[1][-1:] or rows[:1]
    return {**body, name: again + rows}


def _missing(body: Row, _: Row) -> Row:
    name, rows = _list(body)
    return {**body, name: rows[: len(rows) // 2] + rows[len(rows) // 2 + 1 :]}


def _repeated(body: Row, before: Row) -> Row:
    name, _ = _list(body)
    return {**body, name: _list(before)[1]}


def _endless(body: Row, before: Row) -> Row:
    """Never says that it is over: when the rows end, the page before comes again and one more page is promised."""
    name, rows = _list(body)
    pages = _pages(body)
    return {**body, name: rows or _list(before)[1], "pagination": {**pages, "pageCount": pages["page"] + 1}}


def _shrinking(body: Row, _: Row) -> Row:
    pages = _pages(body)
    return {**body, "pagination": {**pages, "pageCount": max(0, pages["pageCount"] - 1)}}


def _item_count(body: Row, _: Row) -> Row:
    pages = _pages(body)
    return {**body, "pagination": {**pages, "itemCount": pages["itemCount"] + 1}}


def _pages(body: Row) -> Row:
    found: Row = body.get("pagination", {"page": 1, "pageSize": 100, "pageCount": 1, "itemCount": 0})
    return found


TWISTING: dict[str, Callable[[Row, Row], Row]] = {
    "wrong shape": _wrong_shape,
    "unknown enum": _unknown_enum,
    "duplicate row": _duplicate,
    "missing row": _missing,
    "repeated page": _repeated,
    "endless pages": _endless,
    "shrinking pages": _shrinking,
    "item count": _item_count,
}
SPOILING: dict[str, Callable[[Answer], Answer]] = {
    "truncated": lambda answer: Answer(answer.status, answer.body[: len(answer.body) // 2], answer.headers),
    "cut short": lambda answer: replace(answer, cut=True),
    "wrong type": lambda answer: Answer(
        answer.status, answer.body, {**answer.headers, "Content-Type": "text/html; charset=utf-8"}
    ),
}
KINDS = frozenset(REPLACING) | frozenset(TWISTING) | frozenset(SPOILING) | {"stale"}
