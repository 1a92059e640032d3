"""Four shapes of refusal read as one, and nothing of a token is ever shown."""

import pytest

from connectors.http import PassingError, Reply
from connectors.quickbooks.faults import fault_of
from connectors.quickbooks.refusals import BadRow, Missing, TooOld, judge, refused
from tests.specs import spec_file
from worker.errors import BooksGarbled, BooksUnavailable, ConnectionBroken

GATEWAY = (
    b'{"warnings":null,"fault":{"error":[{"message":"message=AuthenticationFailed; errorCode=003200; statusCode=401",'
    b'"detail":"Token expired: eyJhbGciSECRET","code":"3200","element":null}],"type":"AUTHENTICATION"},"time":1}'
)
XML = (
    b'<?xml version="1.0"?><IntuitResponse xmlns="http://schema.intuit.com/finance/v3"><Fault type="SERVICE">'
    b'<Error code="3001"><Message>message=ThrottleExceeded; errorCode=003001; statusCode=429</Message>'
    b"<Detail>The request limit &amp; so on</Detail></Error></Fault></IntuitResponse>"
)


def reply(status: int, body: bytes = b"", **headers: str) -> Reply:
    return Reply(status, {k.replace("_", "-"): v for k, v in headers.items()}, body, "tid-1")


def service(code: str, message: str = "Words", detail: str = "More words") -> bytes:
    return (
        f'{{"Fault":{{"Error":[{{"Message":"{message}","Detail":"{detail}","code":"{code}"}}],"type":"X"}}}}'
    ).encode()


def test_each_shape() -> None:
    assert (fault_of(service("610")).code, fault_of(GATEWAY).code, fault_of(XML).code) == ("610", "3200", "3001")
    assert fault_of(XML).detail == "The request limit & so on"
    assert fault_of(service("003200")).code == "3200"


@pytest.mark.parametrize(
    "body", [b"", b"<html>Bad Gateway</html>", b'{"Invoice":{}}', b'{"fault":null}', b"{", b"[]", b'{"Fault": "odd"}']
)
def test_what_is_no_fault(body: bytes) -> None:
    assert fault_of(body) is None


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (401, GATEWAY, ConnectionBroken),
        (401, XML.replace(b"3001", b"100"), BooksUnavailable),
        (401, b"", ConnectionBroken),
        (403, service("120"), ConnectionBroken),
        (403, service("3100"), ConnectionBroken),
        (403, b"", ConnectionBroken),
        (400, service("6190"), ConnectionBroken),
        (400, service("7001"), ConnectionBroken),
        (400, service("610"), Missing),
        (400, service("4002"), BadRow),
        (400, service("10000"), BadRow),
        (400, service("4001"), BooksGarbled),
        (400, service("2030"), BooksGarbled),
        (400, service("500", detail="cdc with changedSince date X which is older than fixed days"), TooOld),
        (502, b"<html>", BooksUnavailable),
        (200, service("500"), BooksGarbled),
    ],
)
def test_what_each_means(status: int, body: bytes, kind: type[Exception]) -> None:
    error = refused(reply(status, body), fault_of(body), "invoices")
    assert type(error) is kind
    assert "tid-1" in str(error) and error.what.endswith(".") and error.todo.endswith(".")
    assert "SECRET" not in str(error)


@pytest.mark.parametrize("body", [b"", XML, GATEWAY.replace(b"3200", b"3001"), service("3001")])
@pytest.mark.parametrize("status", [429, 403, 200])
def test_throttling_waits_a_minute_in_every_shape(status: int, body: bytes) -> None:
    if status != 429 and not body:
        pytest.skip("only 429 says it by itself")
    trouble = judge(reply(status, body), "invoices")
    assert isinstance(trouble, PassingError) and trouble.wait is not None and 60 <= trouble.wait <= 65


def test_a_wait_the_platform_names_is_honoured_within_reason() -> None:
    trouble = judge(reply(429, XML, Retry_After="7"), "invoices")
    assert isinstance(trouble, PassingError) and trouble.wait == 7
    assert isinstance(judge(reply(429, XML, Retry_After="86400"), "invoices"), BooksUnavailable)


def test_a_spent_month_is_not_waited_for() -> None:
    body = service("3001", "ThrottleExceeded", "Your monthly quota is used up")
    error = judge(reply(429, body), "invoices")
    assert isinstance(error, BooksUnavailable) and "month" in error.what


def test_fine_answers_are_left_alone() -> None:
    assert judge(reply(200, b'{"QueryResponse":{"Invoice":[{"PrivateNote":"his fault"}]}}'), "invoices") is None


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("fault_400_duplicate_name.json", "6240"),
        ("fault_400_invalid_id.json", "2030"),
        ("fault_400_invalid_query.json", "4001"),
        ("fault_400_unsupported_operation.json", "500"),
        ("fault_400_unsupported_property.json", "2010"),
        ("fault_401_token_expired.json", "3200"),
        ("fault_403_throttle_exceeded.xml", "3001"),
        ("fault_429_throttle_exceeded.xml", "3001"),
    ],
)
def test_recorded_faults(name: str, code: str) -> None:
    path = spec_file(f"qbo_samples/{name}")
    if path is None:
        pytest.skip(f"{name} is not beside this checkout (set DUECOURSE_SHARED)")
    assert fault_of(path.read_bytes()).code == code
