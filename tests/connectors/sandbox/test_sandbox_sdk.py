"""Xero's own Python SDK reads the sandbox and finds the same money as the plain truth."""

from collections import defaultdict
from decimal import Decimal

import pytest

accounting = pytest.importorskip("xero_python.accounting")
client = pytest.importorskip("xero_python.api_client")
oauth2 = pytest.importorskip("xero_python.api_client.oauth2")


@pytest.fixture
def sdk(shared_call):
    """The official client, pointed at the sandbox."""
    token = {
        "access_token": shared_call.sandbox.token(),
        "token_type": "Bearer",
        "expires_in": 1800,
        "expires_at": 9_999_999_999,
    }
    held = oauth2.OAuth2Token(client_id="sandbox-app", client_secret="sandbox-word")
    api = client.ApiClient(client.Configuration(oauth2_token=held), pool_threads=1)
    api.oauth2_token_getter(lambda: {**token, "refresh_token": "r", "scope": ["accounting.invoices.read"]})
    api.oauth2_token_saver(lambda _: None)
    found = accounting.AccountingApi(api)
    found.base_url = f"{shared_call.sandbox.url}/api.xro/2.0"
    return found


def everything(read, name):
    found, page = [], 1
    while True:
        answer = read(page=page, page_size=1000)
        found += getattr(answer, name)
        if page >= answer.pagination.page_count:
            return found
        page += 1


def totals(rows):
    found = defaultdict(Decimal)
    for currency, amount in rows:
        found[currency] += Decimal(amount)
    return dict(found)


def test_invoices_through_the_sdk(sdk, shared_call):
    truth = {one["id"]: one for one in shared_call.books()["invoices"]}
    rows = everything(lambda **page: sdk.get_invoices(shared_call.tenant, **page), "invoices")
    assert {row.invoice_id for row in rows} == set(truth)
    assert totals((row.currency_code.value, row.amount_due) for row in rows) == totals(
        (one["currency"], one["open"]) for one in truth.values()
    )
    for row in rows:
        one = truth[row.invoice_id]
        assert (row.status, row.due_date.isoformat(), row.total) == (one["status"], one["due"], Decimal(one["total"]))
        if row.status in {"AUTHORISED", "PAID"}:
            assert row.total == row.amount_due + row.amount_paid + row.amount_credited
            assert row.amount_paid == sum((p.amount for p in row.payments or []), Decimal(0))


def test_payments_through_the_sdk(sdk, shared_call):
    truth = {one["id"]: one for one in shared_call.books()["payments"]}
    rows = everything(lambda **page: sdk.get_payments(shared_call.tenant, **page), "payments")
    assert {row.payment_id: (row.date.isoformat(), row.amount, row.status) for row in rows} == {
        key: (one["date"], Decimal(one["amount"]), one["status"]) for key, one in truth.items()
    }


def test_contacts_through_the_sdk(sdk, shared_call):
    truth = {one["id"]: one for one in shared_call.books()["contacts"]}
    rows = everything(lambda **page: sdk.get_contacts(shared_call.tenant, include_archived=True, **page), "contacts")
    assert {row.contact_id: (row.name, row.email_address) for row in rows} == {
        key: (one["name"], one["email"]) for key, one in truth.items()
    }
    receivable = sum(row.balances.accounts_receivable.outstanding for row in rows if row.balances)
    owed = totals(
        (i["currency"], i["open"])
        for i in shared_call.books()["invoices"]
        if i["type"] == "ACCREC" and i["status"] == "AUTHORISED"
    )
    assert receivable > owed["GBP"]


def test_the_rest_through_the_sdk(sdk, shared_call):
    tenant = shared_call.tenant
    assert sdk.get_organisations(tenant).organisations[0].name == "Harbour & Pine Studio Ltd"
    assert {group.name for group in sdk.get_contact_groups(tenant).contact_groups} >= {"No reminders", "Key accounts"}
    left = {one["id"]: Decimal(one["remaining"]) for one in shared_call.books()["credits"]}
    found = {c.credit_note_id: c.remaining_credit for c in sdk.get_credit_notes(tenant, page=1).credit_notes}
    found |= {c.overpayment_id: c.remaining_credit for c in sdk.get_overpayments(tenant, page=1).overpayments}
    found |= {c.prepayment_id: c.remaining_credit for c in sdk.get_prepayments(tenant, page=1).prepayments}
    assert found == left
    batches = sdk.get_batch_payments(tenant).batch_payments
    assert all(len(batch.payments) > 1 for batch in batches)
