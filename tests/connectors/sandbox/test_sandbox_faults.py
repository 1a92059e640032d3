"""Each fault does what it says, at the call it names, and nowhere else."""

import pytest
import requests

from connectors.sandbox.faults import KINDS, Fault


def arm(call, *faults):
    answer = call.control("faults", list(faults))
    assert answer.status_code == 200, answer.text


def rows(answer):
    return [row["InvoiceID"] for row in answer.json()["Invoices"]]


def pages(call, *numbers):
    return [call.get("Invoices", page=number, pageSize=500) for number in numbers]


@pytest.mark.parametrize(
    ("kind", "status", "said"),
    [
        ("expired", 401, "TokenExpired"),
        ("unauthorised", 401, "AuthenticationUnsuccessful"),
        ("insufficient scope", 401, "AuthorizationUnsuccessful"),
        ("forbidden", 403, "Forbidden"),
        ("not found", 404, "cannot be found"),
        ("server error", 500, ""),
        ("bad gateway", 502, "<html>"),
        ("offline", 503, "The Organisation is offline"),
        ("maintenance", 503, "currently offline for maintenance"),
        ("unavailable", 503, "temporarily unavailable"),
        ("invalid grant", 400, "invalid_grant"),
        ("empty", 200, ""),
    ],
)
def test_answers_that_are_replaced(call, kind, status, said):
    arm(call, {"kind": kind, "endpoint": "Invoices"})
    answer = call.get("Invoices", page=1)
    assert (answer.status_code, said in answer.text) == (status, True)
    assert (said == "") == (answer.text == "")
    assert call.get("Invoices", page=1).status_code == 200


@pytest.mark.parametrize("value", [None, "17", "86399", "Wed, 21 Oct 2099 07:28:00 GMT"])
@pytest.mark.parametrize("kind", ["minute limit", "day limit", "concurrent limit"])
def test_rate_limits_with_without_and_with_absurd_waits(call, kind, value):
    arm(call, {"kind": kind, "value": value})
    answer = call.get("Organisation")
    assert answer.status_code == 429
    assert answer.headers["X-Rate-Limit-Problem"] == kind.split()[0]
    assert answer.headers.get("Retry-After") == value


def test_a_fault_strikes_its_page_its_call_and_its_times_only(call):
    arm(
        call,
        {"kind": "expired", "endpoint": "Invoices", "page": 2},
        {"kind": "offline", "endpoint": "Payments", "nth": 2, "times": 2},
    )
    assert [answer.status_code for answer in pages(call, 1, 2, 2)] == [200, 401, 200]
    assert [call.get("Payments", page=1).status_code for _ in range(4)] == [200, 503, 503, 200]
    arm(call, {"kind": "server error", "endpoint": "Contacts", "times": 0})
    assert {call.get("Contacts", page=1).status_code for _ in range(4)} == {500}
    arm(call)
    assert call.get("Contacts", page=1).status_code == 200


def test_the_token_endpoint_can_fail_too(call):
    arm(call, {"kind": "invalid grant", "endpoint": "token"})
    form = {
        "grant_type": "client_credentials",
        "client_id": call.sandbox.client_id,
        "client_secret": call.sandbox.client_secret,
    }
    answers = [requests.post(f"{call.sandbox.url}/connect/token", data=form, timeout=5) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [400, 200]


def test_a_connection_cut_without_an_answer(call):
    arm(call, {"kind": "drop"})
    with pytest.raises(requests.ConnectionError):
        call.get("Organisation")
    assert call.get("Organisation").status_code == 200


def test_a_connection_held_until_the_caller_gives_up(call):
    arm(call, {"kind": "hold", "value": "30"})
    with pytest.raises(requests.Timeout):
        call.session.get(f"{call.sandbox.url}/api.xro/2.0/Organisation", headers=call.headers, timeout=0.2)
    assert call.get("Organisation").status_code == 200


def test_a_body_cut_in_half(call):
    arm(call, {"kind": "truncated", "endpoint": "Invoices"})
    with pytest.raises(requests.exceptions.JSONDecodeError):
        call.get("Invoices", page=1).json()


def test_a_body_that_stops_half_way(call):
    arm(call, {"kind": "cut short", "endpoint": "Invoices"})
    with pytest.raises((requests.ConnectionError, requests.exceptions.ChunkedEncodingError)):
        call.get("Invoices", page=1, headers={"Accept-Encoding": "identity"})
    assert call.get("Invoices", page=1).status_code == 200


def test_a_fault_can_be_for_one_organisation_and_is_in_the_log(call):
    arm(call, {"kind": "offline", "tenant": "45e4708e-d862-4111-ab3a-dd8cd03913e1", "times": 0})
    assert call.get("Organisation").status_code == 200
    arm(call, {"kind": "stale", "tenant": call.tenant}, {"kind": "offline", "tenant": call.tenant, "nth": 2})
    assert [call.get("Organisation").status_code for _ in range(3)] == [200, 503, 200]
    log = call.session.get(f"{call.sandbox.url}/_sandbox/log", timeout=5).json()["requests"]
    assert [(entry["status"], entry["fault"]) for entry in log[-3:]] == [(200, "stale"), (503, "offline"), (200, "")]


def test_a_wrong_content_type(call):
    arm(call, {"kind": "wrong type"})
    answer = call.get("Organisation")
    assert answer.headers["Content-Type"].startswith("text/html")
    assert answer.json()["Organisations"]


def test_a_wrong_shape_and_an_unknown_status(call):
    arm(call, {"kind": "wrong shape"})
    assert isinstance(call.get("Invoices", page=1).json()["Invoices"], dict)
    arm(call, {"kind": "unknown enum"})
    assert {row["Status"] for row in call.get("Invoices", page=1).json()["Invoices"]} == {"SUSPENDED"}


def test_rows_that_come_twice_or_not_at_all(call):
    first, second = pages(call, 1, 2)
    arm(call, {"kind": "duplicate row", "page": 2})
    assert rows(pages(call, 2)[0]) == [rows(first)[-1], *rows(second)]
    arm(call, {"kind": "missing row", "page": 2})
    short = pages(call, 2)[0]
    assert len(rows(short)) == len(rows(second)) - 1
    assert short.json()["pagination"] == second.json()["pagination"]


def test_a_page_that_comes_twice(call):
    arm(call, {"kind": "repeated page", "page": 2})
    first, second = pages(call, 1, 2)
    assert rows(first) == rows(second)
    assert second.json()["pagination"]["page"] == 2


def test_pages_that_never_end(call):
    arm(call, {"kind": "endless pages", "times": 0})
    for number, answer in enumerate(pages(call, 1, 2, 3, 4, 5, 6), start=1):
        assert rows(answer)
        assert answer.json()["pagination"]["pageCount"] == number + 1


def test_counts_that_do_not_hold(call):
    true = pages(call, 1)[0].json()["pagination"]
    arm(call, {"kind": "shrinking pages", "page": 2})
    counts = [answer.json()["pagination"]["pageCount"] for answer in pages(call, 1, 2)]
    assert counts == [true["pageCount"], true["pageCount"] - 1]
    arm(call, {"kind": "item count"})
    assert pages(call, 1)[0].json()["pagination"]["itemCount"] == true["itemCount"] + 1


def test_a_stale_read_shows_the_books_of_earlier(call):
    row = next(r for r in call.all("Invoices", "Invoices", Statuses="AUTHORISED") if r["Type"] == "ACCREC")
    call.control("clock", {"now": "2026-10-01T08:10:00+00:00"})
    assert call.control("events", {"kind": "payment.add", "data": {"invoice": row["InvoiceNumber"]}}).ok
    arm(call, {"kind": "stale", "value": 5, "nth": 2})
    seen = [call.get(f"Invoices/{row['InvoiceID']}").json()["Invoices"][0]["Status"] for _ in range(3)]
    assert seen == ["PAID", "AUTHORISED", "PAID"]


@pytest.mark.parametrize("bad", [{"kind": "gremlins"}, {"kind": "drop", "colour": "red"}])
def test_unknown_faults_are_refused_by_name(call, bad):
    answer = call.control("faults", bad)
    assert answer.status_code == 400
    assert "known:" in answer.json()["error"]


def test_every_kind_is_tried_in_this_file():
    import pathlib

    text = pathlib.Path(__file__).read_text("utf-8")
    assert [kind for kind in sorted(KINDS) if f'"{kind}"' not in text] == []
    assert Fault.read({"kind": "drop"}).times == 1
