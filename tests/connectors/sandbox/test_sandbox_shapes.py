"""Every answer is what Xero's own OpenAPI file describes."""

from urllib.parse import parse_qsl, urlsplit

import pytest
import requests

from tests.specs import complaints, strangers

PATHS = [
    ("Organisation", {}),
    ("Invoices", {}),
    ("Invoices", {"page": "1", "pageSize": "300"}),
    (
        "Invoices",
        {"summaryOnly": "true", "pageSize": "1000", "where": 'Type=="ACCREC" AND DueDate<DateTime(2026, 10, 01)'},
    ),
    ("Invoices", {"Statuses": "AUTHORISED,PAID", "order": "Date DESC"}),
    ("Contacts", {}),
    ("Contacts", {"page": "1", "includeArchived": "true"}),
    ("Contacts", {"summaryOnly": "true", "page": "1"}),
    ("ContactGroups", {}),
    ("Payments", {"page": "1", "pageSize": "500", "where": 'PaymentType=="ACCRECPAYMENT"'}),
    ("BatchPayments", {}),
    ("CreditNotes", {"page": "1"}),
    ("Overpayments", {"page": "1"}),
    ("Prepayments", {"page": "1"}),
    ("InvoiceReminders/Settings", {}),
    ("BrandingThemes", {}),
]


def check(answer: requests.Response) -> list[str]:
    parts = urlsplit(answer.request.url or "")
    query = dict(parse_qsl(parts.query))
    return complaints("GET", parts.path, query, dict(answer.request.headers), answer.content, answer.status_code)


@pytest.mark.parametrize(("path", "query"), PATHS)
def test_lists_match_the_spec(shared_call, path, query):
    answer = shared_call.get(path, **query)
    assert answer.status_code == 200, answer.text
    assert check(answer) == []


def test_documents_by_id_match_the_spec(shared_call):
    books = shared_call.books()
    paid = next(one for one in books["invoices"] if one["status"] == "PAID")
    paths = [f"Invoices/{paid['id']}", f"Invoices/{paid['id']}/History", f"Invoices/{paid['id']}/OnlineInvoice"]
    paths += [f"Contacts/{books['contacts'][0]['id']}", f"Payments/{books['payments'][0]['id']}"]
    for path in paths:
        answer = shared_call.get(path)
        assert answer.status_code == 200, (path, answer.text)
        assert check(answer) == [], path


def test_the_check_itself_finds_a_wrong_body(shared_call):
    answer = shared_call.get("Invoices", page=1)
    spoilt = answer.content.replace(b'"Status":"PAID"', b'"Status":"SETTLED"')
    parts = urlsplit(answer.request.url or "")
    assert complaints("GET", parts.path, {"page": "1"}, dict(answer.request.headers), spoilt, 200)


# In Xero's own sample answers, though its schemas do not list them.
SAMPLES_SHOW = {"DateString", "DueDateString", "ExpectedPaymentDateString", "ID", "HasValidationErrors", "HasErrors"}


@pytest.mark.parametrize(
    ("path", "schema"),
    [
        ("Organisation", "Organisation"),
        ("Invoices", "Invoice"),
        ("Contacts", "Contact"),
        ("ContactGroups", "ContactGroup"),
        ("Payments", "Payment"),
        ("BatchPayments", "BatchPayment"),
        ("CreditNotes", "CreditNote"),
        ("Overpayments", "Overpayment"),
        ("Prepayments", "Prepayment"),
        ("BrandingThemes", "BrandingTheme"),
    ],
)
def test_no_field_is_of_our_own_making(shared_call, path, schema):
    body = shared_call.get(path, page=1, pageSize=1000, includeArchived="true").json()
    rows = next(value for value in body.values() if isinstance(value, list))
    assert rows
    assert {name for name in strangers(schema, rows) if name.rpartition(".")[2] not in SAMPLES_SHOW} == set()


@pytest.mark.parametrize(("details", "status"), [("Reminder sent", 200), ("", 400)])
def test_a_written_note_matches_the_spec(call, details, status):
    path = f"/api.xro/2.0/Invoices/{call.books()['invoices'][0]['id']}/History"
    payload = {"HistoryRecords": [{"Details": details}]}
    answer = call.session.put(call.sandbox.url + path, json=payload, headers=call.headers, timeout=5)
    assert answer.status_code == status
    sent, headers = answer.request.body or b"", dict(answer.request.headers)
    assert (
        complaints("PUT", path, {}, headers, answer.content, status, sent if isinstance(sent, bytes) else sent.encode())
        == []
    )
