"""The usual Python clients of QuickBooks, Intuit's own for tokens among them, read the sandbox and find the truth."""

from collections import defaultdict
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest

from connectors.sandbox.quickbooks_face import DISCOVERY
from connectors.sandbox.quickbooks_json import digits
from tests.connectors.sandbox.conftest import Caller

intuitlib = pytest.importorskip("intuitlib.client")
quickbooks = pytest.importorskip("quickbooks")
batch = pytest.importorskip("quickbooks.batch")
cdc = pytest.importorskip("quickbooks.cdc")
objects = pytest.importorskip("quickbooks.objects")
exceptions = pytest.importorskip("quickbooks.exceptions")


@pytest.fixture
def sdk(shared_call: Caller, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """The client, with a token that Intuit's own library fetched from the sandbox's token endpoint."""
    monkeypatch.setenv("OAUTHLIB_INSECURE_TRANSPORT", "1")  # plain http, to this machine only
    running = shared_call.sandbox
    # An environment that is no name is taken for the address of the discovery document.
    auth = intuitlib.AuthClient(
        running.client_id, running.client_secret, "https://app.example.com", running.url + DISCOVERY
    )
    realm = running.realms[0]
    refresh = running.quickbooks_refresh_token(realm)
    found = quickbooks.QuickBooks(
        auth_client=auth, refresh_token=refresh, company_id=realm, minorversion=75, use_decimal=True
    )
    assert auth.refresh_token == refresh and auth.x_refresh_token_expires_in > 8_000_000
    found.api_url_v3 = f"{running.url}/v3"
    yield found
    found.session.close()
    auth.close()


def everything(kind: Any, sdk: Any, where: str = "") -> list[Any]:
    found: list[Any] = []
    while page := kind.where(where, start_position=len(found) + 1, max_results=1000, qb=sdk):
        found += page
    return found


def sales(call: Caller) -> dict[str, dict[str, Any]]:
    known = {"AUTHORISED", "PAID", "VOIDED"}
    listed = call.books()["invoices"]
    return {digits(i["id"]): i for i in listed if i["type"] == "ACCREC" and i["status"] in known}


def test_invoices(sdk: Any, shared_call: Caller) -> None:
    truth = sales(shared_call)
    rows = {row.Id: row for row in everything(objects.Invoice, sdk)}
    assert set(rows) == set(truth)
    for key, row in rows.items():
        one = truth[key]
        void = one["status"] == "VOIDED"
        assert row.DueDate == one["due"] and row.DocNumber == one["number"]
        assert row.Balance == Decimal(one["open"]) and row.TotalAmt == (0 if void else Decimal(one["total"]))
        assert (row.EmailStatus == "EmailSent") == one["sent"]
        if void:
            assert (row.PrivateNote, row.LinkedTxn) == ("Voided", [])


def test_open_invoices_by_a_filter(sdk: Any, shared_call: Caller) -> None:
    wanted = {key for key, one in sales(shared_call).items() if Decimal(one["open"]) > 0}
    assert {row.Id for row in everything(objects.Invoice, sdk, "Balance > '0'")} == wanted
    assert objects.Invoice.count("Balance > '0'", qb=sdk) == len(wanted)


def test_payments_settle_what_was_paid(sdk: Any, shared_call: Caller) -> None:
    """Of every invoice: total less open is what the lines of its payments add up to."""
    settled: dict[str, Decimal] = defaultdict(Decimal)
    for payment in everything(objects.Payment, sdk):
        applied = Decimal(0)
        for line in payment.Line:
            for linked in line.LinkedTxn:
                sign = 1 if linked.TxnType == "Invoice" else -1
                applied += sign * line.Amount
                if sign > 0:
                    settled[linked.TxnId] += line.Amount
        assert payment.TotalAmt - payment.UnappliedAmt == applied
    for key, one in sales(shared_call).items():
        if one["status"] != "VOIDED":
            assert settled[key] == Decimal(one["total"]) - Decimal(one["open"]), one["number"]


def test_customers_terms_and_the_company(sdk: Any, shared_call: Caller) -> None:
    every = everything(objects.Customer, sdk, "Active IN (true, false)")
    assert {row.Id for row in every} == {digits(c["id"]) for c in shared_call.books()["contacts"]}
    active = everything(objects.Customer, sdk)
    assert {row.Id for row in every if row.Active} == {row.Id for row in active} and len(active) < len(every)
    subs = [row for row in every if row.ParentRef]
    assert len(subs) == 2 and all(row.BillWithParent and row.FullyQualifiedName.startswith("Bracken") for row in subs)
    assert {row.Name for row in objects.Term.all(qb=sdk)} >= {"Net 30", "20th of next month"}
    assert objects.CompanyInfo.get(1, qb=sdk).CompanyName == "Harbour & Pine Studio Ltd"
    assert objects.Preferences.get(qb=sdk).CurrencyPrefs.HomeCurrency.value == "GBP"


def test_credit_memos(sdk: Any, shared_call: Caller) -> None:
    truth = {digits(c["id"]): c for c in shared_call.books()["credits"] if c["kind"] == "note"}
    rows = {row.Id: row for row in everything(objects.CreditMemo, sdk)}
    assert {k: Decimal(str(r.RemainingCredit)) for k, r in rows.items()} == {
        k: Decimal(c["remaining"]) for k, c in truth.items()
    }


def test_changes(sdk: Any) -> None:
    answer = cdc.change_data_capture([objects.Invoice, objects.Payment], "2026-09-20T00:00:00-07:00", qb=sdk)
    assert answer.Invoice and answer.Payment
    assert all(row.MetaData.LastUpdatedTime >= "2026-09-20" for row in answer.Invoice)


def test_one_object_and_its_pay_page(sdk: Any, shared_call: Caller) -> None:
    key = next(k for k, one in sales(shared_call).items() if Decimal(one["open"]) > 0)
    plain = objects.Invoice.get(key, qb=sdk)
    linked = objects.Invoice.get(key, qb=sdk, params={"include": "invoiceLink"})
    assert not plain.InvoiceLink and linked.InvoiceLink.startswith("https://")
    with pytest.raises(exceptions.ObjectNotFoundException):
        objects.Invoice.get("7", qb=sdk)
    with pytest.raises(exceptions.ValidationException, match="Invalid ID"):
        objects.Invoice.get("x7", qb=sdk)


@pytest.mark.parametrize(
    "statement",
    [
        "select * from Invoices",
        "select * from Invoice where Balance > 0",
        "select * from Invoice where EmailStatus = 'EmailSent'",
        "select * from Invoice where Id > '1'",
        "select * from Invoice where Balance > '0' or Balance = '0'",
        "select * from Invoice maxresults 1001",
        "select * from Invoice startposition 0",
        "select Id from Invoice",
    ],
)
def test_what_the_rules_do_not_allow_is_refused(sdk: Any, statement: str) -> None:
    with pytest.raises(exceptions.ValidationException):
        sdk.query(statement)
