"""What can be made to go wrong in the QuickBooks face: its refusals come in four shapes, and so they do here.

Service JSON, gateway JSON in lower case, XML even when JSON was asked for, HTML or nothing. Recordings of each are
public in minimul/qbo_api and ruckus/quickbooks-ruby; the texts here are our own.
"""

from collections.abc import Callable
from dataclasses import replace

from connectors.sandbox.faults import SPOILING as SPOILING_ANY
from connectors.sandbox.faults import Fault
from connectors.sandbox.wire import Answer, Row, reply, text

_HTML = "<html><head><title>502 Bad Gateway</title></head><body>Bad Gateway</body></html>"


def service(message: str, code: str, status: int = 400, detail: str = "", kind: str = "ValidationFault") -> Answer:
    """A fault as the service itself words it."""
    error = {"Message": message, "Detail": detail or message, "code": code}
    return reply({"Fault": {"Error": [error], "type": kind}, "time": "2026-10-01T01:00:00.000-07:00"}, status)


def gateway(words: str, code: str, status: int, kind: str, detail: str = "") -> Answer:
    """A fault as the gateway words it: lower case, everything else null, the time in milliseconds."""
    message = f"message={words}; errorCode={code:0>6}; statusCode={status}"
    error = {"message": message, "detail": detail or words, "code": code, "element": None}
    fault = {"error": [error], "type": kind}
    empty: Row = {"warnings": None, "intuitObject": None, "queryResponse": None, "batchItemResponse": []}
    headers = {"WWW_Authenticate": 'Bearer realm="Intuit", error="invalid_token"'} if status == 401 else {}
    return reply({**empty, "fault": fault, "time": 1790841600000, "cdcresponse": []}, status, **headers)


def xml(words: str, code: str, status: int, kind: str, detail: str) -> Answer:
    """A fault in XML, whatever was asked for."""
    body = (
        '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>'
        '<IntuitResponse time="2026-10-01T01:00:00.000-07:00" xmlns="http://schema.intuit.com/finance/v3">'
        f'<Fault type="{kind}"><Error code="{code}"><Message>message={words}; errorCode={code:0>6}; '
        f"statusCode={status}</Message><Detail>{detail}</Detail></Error></Fault></IntuitResponse>"
    )
    return text(body, status, "application/xml")


def throttled(fault: Fault | None, status: int = 429) -> Answer:
    """The request limit, in XML; ``value`` gives a Retry-After, which the platform does not document."""
    answer = xml("ThrottleExceeded", "3001", status, "SERVICE", "The request limit was reached.  Try again later")
    wait = {} if fault is None or fault.value is None else {"Retry-After": fault.value}
    return replace(answer, headers={**answer.headers, **wait})


_EXPIRED = "Token expired: eyJlbmMi-do-not-log-me"
_QUOTA = "The monthly quota of CorePlus calls is used up"
REPLACING: dict[str, Callable[[Fault], Answer]] = {
    "expired": lambda _: gateway("AuthenticationFailed", "3200", 401, "AUTHENTICATION", _EXPIRED),
    "unauthorised": lambda _: xml("AuthenticationFailed", "100", 401, "AuthenticationFault", _EXPIRED),
    "wrong cluster": lambda _: xml("WrongCluster", "130", 401, "AuthenticationFault", "Wrong cluster"),
    "forbidden": lambda _: gateway("ApplicationAuthorizationFailed", "3100", 403, "AuthorizationFault"),
    "not admin": lambda _: service("Authorization Failure", "120", 403, kind="AuthorizatonFault"),
    "lapsed": lambda _: service("Subscription period has ended", "6190"),
    "throttled": throttled,
    "throttled 403": lambda fault: throttled(fault, 403),
    "throttled gateway": lambda _: gateway("ThrottleExceeded", "3001", 429, "SERVICE"),
    "throttled bare": lambda _: Answer(429),
    "throttled in 200": lambda _: gateway("ThrottleExceeded", "3001", 200, "SERVICE"),
    "quota": lambda _: gateway("ThrottleExceeded", "3001", 429, "SERVICE", _QUOTA),
    "not found": lambda _: service("Object Not Found", "610"),
    "bad query": lambda _: service("Invalid query", "4001", detail="QueryValidationError: made up"),
    "fault in 200": lambda _: service("Unsupported Operation", "500", 200),
    "system fault": lambda _: service("An application error has occurred", "10000", 500, kind="SystemFault"),
    "server error": lambda _: Answer(500),
    "bad gateway": lambda _: text(_HTML, 502, "text/html"),
    "unavailable": lambda _: Answer(503),
    "invalid grant": lambda _: reply({"error": "invalid_grant"}, 400),
    "empty": lambda _: Answer(200, b"", {"Content-Type": "application/json;charset=UTF-8"}),
    "drop": lambda _: Answer(0, close=True),
    "hold": lambda fault: Answer(0, close=True, hold=float(fault.value or 30)),
    "sign-in page": lambda _: text("<html><body>Sign in</body></html>", 200, "text/html"),
}


def spoilt() -> Answer:
    """What one invalid address on one row does to a whole answer."""
    detail = "To email address entered is invalid"
    return service("An error occurred while processing the request", "4002", detail=detail)


Lists = dict[str, list[Row]]


def _wrong_shape(lists: Lists) -> Row:
    return {name: {"unexpected": len(rows)} for name, rows in lists.items()}


def _unknown_enum(lists: Lists) -> Row:
    strange = {"EmailStatus": "Telegraphed", "status": "Dormant"}
    return {name: [{**row, **{k: v for k, v in strange.items() if k in row}} for row in rows] for name, rows in
            lists.items()}  # fmt: skip


def _duplicate(lists: Lists) -> Row:
    return {name: rows[:1] + rows for name, rows in lists.items()}


def _missing(lists: Lists) -> Row:
    return {name: rows[: len(rows) // 2] + rows[len(rows) // 2 + 1 :] for name, rows in lists.items()}


def _extra(lists: Lists) -> Row:
    return {name: [{**row, "BrandNewField": {"deep": [1]}} for row in rows] for name, rows in lists.items()}


TWISTING: dict[str, Callable[[Lists], Row]] = {
    "wrong shape": _wrong_shape,
    "unknown enum": _unknown_enum,
    "duplicate row": _duplicate,
    "missing row": _missing,
    "extra fields": _extra,
}
SPOILING = SPOILING_ANY
SPECIAL = frozenset({"stale", "spoilt row", "called deleted", "xml"})
"""``spoilt row``: 4002 for every answer that holds the object whose id is ``value``. ``called deleted``: changes show
the object ``value`` as a deleted stub though it lives. ``xml``: the answer is XML although JSON was asked for."""
KINDS = frozenset(REPLACING) | frozenset(TWISTING) | frozenset(SPOILING) | SPECIAL
