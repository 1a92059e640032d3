"""A request and an answer as plain values, so that a face can be tested without a socket."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

Row = dict[str, Any]


@dataclass(frozen=True)
class Request:
    """One HTTP request; header names are lower case, query values decoded, the last of a repeated name wins."""

    method: str
    path: str
    query: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""


@dataclass(frozen=True)
class Answer:
    """One HTTP answer.

    ``close`` cuts the connection without answering, after ``hold`` real seconds of silence; ``cut`` announces the whole
    body and sends half. ``fault`` names what was made to go wrong, for the log.
    """

    status: int
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    close: bool = False
    hold: float = 0.0
    cut: bool = False
    fault: str = ""


def reply(payload: object, status: int = 200, **headers: str) -> Answer:
    """A JSON answer; underscores in header names become hyphens."""
    extra = {name.replace("_", "-"): value for name, value in headers.items()}
    body = json.dumps(payload, separators=(",", ":")).encode()
    return Answer(status, body, {"Content-Type": "application/json; charset=utf-8", **extra})


def text(body: str, status: int, kind: str = "text/plain") -> Answer:
    """An answer that is not JSON."""
    return Answer(status, body.encode(), {"Content-Type": f"{kind}; charset=utf-8"})


def document(body: bytes) -> Answer:
    """A PDF."""
    return Answer(200, body, {"Content-Type": "application/pdf"})


def problem(status: int, title: str, detail: str, **headers: str) -> Answer:
    """The envelope Xero uses for 401 and 403."""
    payload: Row = {
        "Type": None,
        "Title": title,
        "Status": status,
        "Detail": detail,
        "Instance": "sandbox",
        "Extensions": {},
    }
    return reply(payload, status, **headers)


def invalid(message: str, *, kind: str = "QueryParseException", number: int = 16) -> Answer:
    """The envelope Xero uses for 400; ``Elements`` is absent for a bad query."""
    payload: Row = {"ErrorNumber": number, "Type": kind, "Message": message}
    if kind == "ValidationException":
        payload["Message"] = "A validation exception occurred"
        payload["Elements"] = [{"ValidationErrors": [{"Message": message}]}]
    return reply(payload, 400)
