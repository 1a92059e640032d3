"""The face: paging, filters, omissions, dates, tokens, budgets and the control endpoints, over real HTTP."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
import requests

from connectors.sandbox.company import DEFAULT_START, Company
from connectors.sandbox.limits import Limits
from connectors.sandbox.server import serve
from connectors.sandbox.wire import Request

NOW = datetime(2026, 10, 1, 8, tzinfo=UTC)
MIDNIGHT = 86_400_000


def token(sandbox, **form):
    proof = {"client_id": sandbox.client_id, "client_secret": sandbox.client_secret}
    return requests.post(f"{sandbox.url}/connect/token", data={**proof, **form}, timeout=5)


def ids(body, name, key):
    return [row[key] for row in body[name]]


def test_pages_cover_everything_once(shared_call):
    pages = [shared_call.get("Invoices", page=page, pageSize=500).json() for page in (1, 2, 3, 4, 5)]
    found = [key for page in pages for key in ids(page, "Invoices", "InvoiceID")]
    count = pages[0]["pagination"]["itemCount"]
    assert len(found) == len(set(found)) == count == len(shared_call.books()["invoices"])
    assert pages[0]["pagination"]["pageCount"] == -(-count // 500)


@pytest.mark.parametrize(("asked", "given"), [(None, 100), (0, 1), (5000, 1000), (250, 250)])
def test_page_size_is_clamped(shared_call, asked, given):
    query = {} if asked is None else {"pageSize": asked}
    body = shared_call.get("Invoices", page=1, **query).json()
    assert body["pagination"]["pageSize"] == len(body["Invoices"]) == given


def test_statuses_and_summary_switch_paging_on(shared_call):
    assert "pagination" not in shared_call.get("Invoices").json()
    assert len(shared_call.get("Invoices", Statuses="PAID").json()["Invoices"]) == 100
    assert "pagination" in shared_call.get("Invoices", summaryOnly="true").json()


def test_what_lists_leave_out(shared_call):
    paged = shared_call.get("Invoices", page=1).json()["Invoices"][0]
    light = shared_call.get("Invoices", summaryOnly="true").json()["Invoices"][0]
    plain = shared_call.get("Invoices").json()["Invoices"][0]
    whole = shared_call.get(f"Invoices/{paged['InvoiceID']}").json()["Invoices"][0]
    assert set(paged) - set(light) == {"Payments", "HasAttachments", "LineItems"}
    assert "LineItems" not in plain
    assert paged["LineItems"]
    assert "EmailAddress" not in paged["Contact"]
    assert "EmailAddress" in whole["Contact"]
    assert not {"PaymentTerms", "Balances"} & set(whole["Contact"])
    contact = shared_call.get("Contacts").json()["Contacts"][0]
    assert not {"ContactPersons", "PaymentTerms", "ContactGroups", "Balances"} & set(contact)
    assert "Payments" not in light
    assert shared_call.get("Invoices", summaryOnly="true", where="HasAttachments==true").status_code == 400


def test_archived_contacts_come_only_when_asked_for(shared_call):
    usual = shared_call.all("Contacts", "Contacts")
    everyone = shared_call.all("Contacts", "Contacts", includeArchived="true")
    missing = {row["ContactID"] for row in everyone} - {row["ContactID"] for row in usual}
    company = shared_call.sandbox.world.companies[shared_call.tenant]
    assert missing == {company.contact_id("archived"), company.contact_id("merged")}
    merged = next(row for row in everyone if row["ContactID"] == company.contact_id("merged"))
    assert merged["MergedToContactID"] == company.contact_id("merge survivor")


def test_filters_agree_with_the_books(shared_call):
    truth = shared_call.books()["invoices"]
    late = {
        one["id"]
        for one in truth
        if one["type"] == "ACCREC" and one["due"] < "2026-10-01" and Decimal(one["open"]) > 100
    }
    where = 'Type=="ACCREC" AND DueDate<DateTime(2026, 10, 01) && AmountDue>100'
    assert {row["InvoiceID"] for row in shared_call.all("Invoices", "Invoices", where=where)} == late
    one = truth[3]
    by_id = shared_call.get("Invoices", where=f'Contact.ContactID==Guid("{one["contact"].upper()}")').json()["Invoices"]
    assert {row["InvoiceID"] for row in by_id} == {o["id"] for o in truth if o["contact"] == one["contact"]}
    picked = shared_call.get("Invoices", IDs=f"{truth[0]['id']},{truth[5]['id']}").json()["Invoices"]
    assert {row["InvoiceID"] for row in picked} == {truth[0]["id"], truth[5]["id"]}
    payments = shared_call.all("Payments", "Payments", where=f'Invoice.InvoiceID==Guid("{truth[0]["id"]}")')
    assert [row["PaymentID"] for row in payments] == [
        p["id"] for p in shared_call.books()["payments"] if p["invoice"] == truth[0]["id"]
    ]


@pytest.mark.parametrize(
    "where",
    [
        'Colour=="red"',
        'Type=="ACCREC" OR Status=="PAID"',
        "Date>DateTime(2026, 13, 40)",
        'AmountDue>"x"',
        "Type==",
        "Type",
    ],
)
def test_bad_filters_are_refused(shared_call, where):
    answer = shared_call.get("Invoices", where=where, page=1)
    assert answer.status_code == 400
    assert answer.json()["ErrorNumber"] == 16


def test_order_is_by_update_unless_asked_otherwise(shared_call):
    usual = [row["UpdatedDateUTC"] for row in shared_call.get("Invoices", page=1, pageSize=1000).json()["Invoices"]]
    assert usual == sorted(usual)
    dates = [row["DateString"] for row in shared_call.get("Invoices", page=1, order="Date DESC").json()["Invoices"]]
    assert dates == sorted(dates, reverse=True)


@pytest.mark.parametrize(
    "header", ["2026-09-28T00:00:00", "Mon, 28 Sep 2026 00:00:00 GMT", "2026-09-28T00:00:00+00:00"]
)
def test_modified_since_in_every_spelling(shared_call, header):
    body = shared_call.get("Invoices", page=1, pageSize=1000, headers={"If-Modified-Since": header}).json()
    wanted = {one["id"] for one in shared_call.books()["invoices"] if one["updated"] >= "2026-09-28"}
    assert set(ids(body, "Invoices", "InvoiceID")) == wanted
    assert 0 < len(wanted) < 300


def test_an_unreadable_modified_since_returns_everything(shared_call):
    body = shared_call.get("Invoices", page=1, headers={"If-Modified-Since": "last tuesday"}).json()
    assert body["pagination"]["itemCount"] == len(shared_call.books()["invoices"])


def test_both_kinds_of_date(shared_call):
    row = shared_call.get("Invoices", page=1, Statuses="PAID").json()["Invoices"][0]
    milliseconds = int(row["DueDate"].removeprefix("/Date(").removesuffix("+0000)/"))
    assert milliseconds % MIDNIGHT == 0
    assert datetime.fromtimestamp(milliseconds / 1000, UTC).date() == date.fromisoformat(row["DueDateString"][:10])
    assert row["UpdatedDateUTCString"].endswith("Z")
    assert int(row["UpdatedDateUTC"].removeprefix("/Date(").removesuffix("+0000)/")) % 1000
    assert "DateString" not in shared_call.get("Payments", page=1).json()["Payments"][0]


def test_xml_unless_json_is_asked_for(shared_call):
    answer = shared_call.get("Organisation", headers={"Accept": "*/*"})
    assert (answer.status_code, answer.headers["Content-Type"]) == (406, "text/xml; charset=utf-8")


def test_tenants_and_scopes_are_checked(shared_call):
    for tenant in ("", "45e4708e-d862-4111-ab3a-dd8cd03913e1"):
        assert shared_call.get("Organisation", headers={"xero-tenant-id": tenant}).status_code == 403
    poor = shared_call.sandbox.token("accounting.contacts.read")
    answer = shared_call.get("Invoices", headers={"Authorization": f"Bearer {poor}"})
    assert answer.status_code == 401
    assert "insufficient_scope" in answer.headers["WWW-Authenticate"]
    assert answer.json()["Detail"] == "AuthorizationUnsuccessful"
    assert shared_call.get("Contacts", headers={"Authorization": f"Bearer {poor}"}).status_code == 200
    assert shared_call.get("Contacts", headers={"Authorization": "Bearer nonsense"}).status_code == 401


def test_client_credentials(sandbox):
    body = token(sandbox, grant_type="client_credentials", scope="accounting.invoices.read").json()
    assert body["expires_in"] == 1800
    assert "refresh_token" not in body
    refused = token(sandbox, grant_type="client_credentials", scope="accounting.transactions")
    assert (refused.status_code, refused.json()["error"]) == (400, "invalid_scope")
    wrong = token(sandbox, grant_type="client_credentials", client_secret="no")
    assert wrong.json() == {"error": "invalid_client"}
    tenants = requests.get(
        f"{sandbox.url}/connections", headers={"Authorization": f"Bearer {body['access_token']}"}, timeout=5
    ).json()
    assert [one["tenantId"] for one in tenants] == sandbox.tenants


def test_access_ends_after_half_an_hour_of_the_simulated_clock(call):
    call.control("clock", {"now": "2026-10-01T08:29:00+00:00"})
    assert call.get("Organisation").status_code == 200
    call.control("clock", {"now": "2026-10-01T08:31:00+00:00"})
    answer = call.get("Organisation")
    assert answer.status_code == 401
    assert answer.json()["Detail"].startswith("TokenExpired")


def test_refresh_tokens_rotate_with_half_an_hour_of_grace(call):
    first = call.sandbox.refresh_token()
    second = token(call.sandbox, grant_type="refresh_token", refresh_token=first).json()["refresh_token"]
    assert second != first
    call.control("clock", {"now": "2026-10-01T08:25:00+00:00"})
    assert token(call.sandbox, grant_type="refresh_token", refresh_token=first).status_code == 200
    call.control("clock", {"now": "2026-10-01T08:35:00+00:00"})
    assert token(call.sandbox, grant_type="refresh_token", refresh_token=first).json() == {"error": "invalid_grant"}
    assert token(call.sandbox, grant_type="refresh_token", refresh_token=second).status_code == 200
    fresh = call.sandbox.refresh_token()
    call.control("clock", {"now": "2026-12-15T08:35:00+00:00"})
    assert token(call.sandbox, grant_type="refresh_token", refresh_token=fresh).status_code == 400


def test_the_minute_and_the_day_are_limited(told):
    with serve(told, now=NOW, limits=Limits(minute=3, day=5), tick=timedelta(0)) as running:
        url, tenant = f"{running.url}/api.xro/2.0/Organisation", running.tenants[0]
        asked = {"Authorization": f"Bearer {running.token()}", "xero-tenant-id": tenant, "Accept": "application/json"}
        answers = [requests.get(url, headers=asked, timeout=5) for _ in range(4)]
        assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
        assert answers[0].headers["X-MinLimit-Remaining"] == "2"
        assert answers[0].headers["X-DayLimit-Remaining"] == "4"
        assert answers[3].headers["X-Rate-Limit-Problem"] == "minute"
        wait = int(answers[3].headers["Retry-After"])
        assert 0 < wait <= 60
        early = (NOW + timedelta(seconds=wait - 1)).isoformat()
        requests.post(f"{running.url}/_sandbox/clock", json={"now": early}, timeout=5)
        assert requests.get(url, headers=asked, timeout=5).headers["Retry-After"] == "1"
        later = (NOW + timedelta(seconds=wait)).isoformat()
        requests.post(f"{running.url}/_sandbox/clock", json={"now": later}, timeout=5)
        statuses = [requests.get(url, headers=asked, timeout=5) for _ in range(3)]
        assert [answer.status_code for answer in statuses] == [200, 200, 429]
        assert statuses[2].headers["X-Rate-Limit-Problem"] == "day"
        assert int(statuses[2].headers["Retry-After"]) > 60


def test_five_at_once_is_the_most(sandbox, call):
    for _ in range(5):
        sandbox.world.limiter.enter(call.tenant)
    answer = call.get("Organisation")
    assert (answer.status_code, answer.headers["X-Rate-Limit-Problem"]) == (429, "concurrent")
    assert "Retry-After" not in answer.headers


def test_gzip_keep_alive_and_correlation(shared_call):
    answer = shared_call.get("Invoices", page=1)
    assert answer.headers["Content-Encoding"] == "gzip"
    assert answer.headers["Xero-Correlation-Id"]
    assert answer.headers["Date"].startswith("Thu, 01 Oct 2026 ")
    assert answer.raw.version == 11
    plain = shared_call.get("Invoices", page=1, headers={"Accept-Encoding": "identity"})
    assert "Content-Encoding" not in plain.headers
    assert plain.json()["Invoices"] == answer.json()["Invoices"]


def test_history_is_written_and_the_invoice_does_not_move(call):
    before = call.get("Invoices", page=1).json()["Invoices"][0]
    url = f"{call.sandbox.url}/api.xro/2.0/Invoices/{before['InvoiceID']}/History"
    for details, status in (("Reminder sent to accounts", 200), ("x" * 2501, 400), ("", 400)):
        answer = call.session.put(url, json={"HistoryRecords": [{"Details": details}]}, headers=call.headers, timeout=5)
        assert answer.status_code == status
    latest = call.get(f"Invoices/{before['InvoiceID']}/History").json()["HistoryRecords"][0]
    assert (latest["Details"], latest["User"]) == ("Reminder sent to accounts", "System Generated")
    assert call.get("Invoices", page=1).json()["Invoices"][0] == before
    log = call.session.get(f"{call.sandbox.url}/_sandbox/log", timeout=5).json()
    assert [note["details"] for note in log["notes"]] == ["Reminder sent to accounts"]
    assert [entry["status"] for entry in log["requests"] if entry["method"] == "PUT"] == [200, 400, 400]


def test_an_invoice_can_be_paid_between_two_looks(call):
    row = next(
        r
        for r in call.all("Invoices", "Invoices", Statuses="AUTHORISED")
        if r["Type"] == "ACCREC" and not r["AmountPaid"]
    )
    answer = call.control("events", {"kind": "payment.add", "data": {"invoice": row["InvoiceNumber"]}})
    assert answer.status_code == 200, answer.text
    after = call.get(f"Invoices/{row['InvoiceID']}").json()["Invoices"][0]
    assert (after["Status"], after["AmountDue"], after["AmountPaid"]) == ("PAID", 0, row["Total"])
    assert after["Payments"][0]["PaymentID"] == answer.json()["id"]
    again = call.control("events", {"kind": "payment.add", "data": {"invoice": row["InvoiceNumber"]}})
    assert again.status_code == 400
    assert "cannot pay" in again.json()["error"]


def test_void_edit_and_delete_events(call):
    rows = [
        r
        for r in call.all("Invoices", "Invoices", Statuses="AUTHORISED")
        if r["Type"] == "ACCREC" and not r["AmountPaid"]
    ]
    assert call.control("events", {"kind": "invoice.void", "id": rows[0]["InvoiceNumber"]}).status_code == 200
    assert call.control(
        "events", {"kind": "invoice.edit", "id": rows[1]["InvoiceID"], "data": {"due": "2027-01-31"}}
    ).ok
    voided = call.get(f"Invoices/{rows[0]['InvoiceID']}").json()["Invoices"][0]
    assert (voided["Status"], voided["AmountDue"], voided["Total"]) == ("VOIDED", 0, rows[0]["Total"])
    assert call.get(f"Invoices/{rows[1]['InvoiceID']}").json()["Invoices"][0]["DueDateString"] == "2027-01-31T00:00:00"


def test_a_later_now_is_the_same_company_with_more_in_it(told):
    def books(now):
        with serve(told, now=now) as running:
            return requests.get(f"{running.url}/_sandbox/books", timeout=5).json()

    early, late = books(NOW), books(NOW + timedelta(days=21))
    later = {one["id"]: one for one in late["invoices"]}
    assert all(one["id"] in later and later[one["id"]]["number"] == one["number"] for one in early["invoices"])
    paid = [one for one in early["invoices"] if one["status"] == "AUTHORISED" and later[one["id"]]["status"] == "PAID"]
    assert len(paid) > 20


def test_two_organisations_on_one_server():
    companies = [
        Company.simulate(seed, DEFAULT_START, date(2026, 3, 1), clients=5, name=f"Firm {seed} Ltd") for seed in (1, 2)
    ]
    with serve(companies, now=datetime(2026, 2, 1, tzinfo=UTC)) as running:
        names = []
        for tenant in running.tenants:
            asked = {
                "Authorization": f"Bearer {running.token()}",
                "xero-tenant-id": tenant,
                "Accept": "application/json",
            }
            body = requests.get(f"{running.url}/api.xro/2.0/Organisation", headers=asked, timeout=5).json()
            names.append(body["Organisations"][0]["Name"])
    assert names == ["Firm 1 Ltd", "Firm 2 Ltd"]


def test_the_face_needs_no_socket(sandbox):
    from connectors.sandbox.xero_face import XeroFace

    assert XeroFace(sandbox.world).handle(Request("GET", "/elsewhere")).status == 401


def test_the_server_binds_this_machine_only(sandbox):
    assert sandbox.url.startswith("http://127.0.0.1:")


def test_a_repeated_key_writes_once_and_another_body_under_it_is_refused(call):
    key = call.books()["invoices"][0]["id"]
    url, headers = f"{call.sandbox.url}/api.xro/2.0/Invoices/{key}/History", {**call.headers, "Idempotency-Key": "k1"}
    said = [
        call.session.put(url, json={"HistoryRecords": [{"Details": details}]}, headers=headers, timeout=5).status_code
        for details in ("once", "once", "twice")
    ]
    assert said == [200, 200, 400]
    call.control("clock", {"now": "2026-10-01T08:07:00+00:00"})
    call.session.put(url, json={"HistoryRecords": [{"Details": "once"}]}, headers=headers, timeout=5)
    notes = call.session.get(f"{call.sandbox.url}/_sandbox/log", timeout=5).json()["notes"]
    assert [note["details"] for note in notes] == ["once", "once"]


@pytest.mark.parametrize("body", [b"nonsense", b"[]", b'{"HistoryRecords": 5}', b'{"HistoryRecords": ["x"]}'])
def test_a_malformed_note_is_refused(call, body):
    key = call.books()["invoices"][0]["id"]
    url = f"{call.sandbox.url}/api.xro/2.0/Invoices/{key}/History"
    assert call.session.put(url, data=body, headers=call.headers, timeout=5).status_code == 400


def test_known_oddities_of_single_documents(shared_call):
    books = shared_call.books()
    gone = next(one for one in books["invoices"] if one["status"] == "DELETED")
    listed = shared_call.get("Invoices", IDs=gone["id"]).json()["Invoices"][0]
    single = shared_call.get(f"Invoices/{gone['number']}").json()["Invoices"][0]
    assert (listed["AmountDue"], single["AmountDue"]) == (0, single["Total"])
    company = shared_call.sandbox.world.companies[shared_call.tenant]
    credited = next(
        one for one in books["invoices"]
        if one["contact"] == company.contact_id("credited only") and one["status"] == "PAID" and one["paid"] == "0.00"
    )  # fmt: skip
    row = shared_call.get(f"Invoices/{credited['id']}").json()["Invoices"][0]
    assert row["AmountCredited"] == row["Total"] == row["CreditNotes"][0]["AppliedAmount"]
    assert row["Payments"] == []
    payment = books["payments"][0]["id"]
    listed = next(row for row in shared_call.all("Payments", "Payments") if row["PaymentID"] == payment)
    single = shared_call.get(f"Payments/{payment}").json()["Payments"][0]
    assert set(single["Invoice"]) - set(listed["Invoice"]) == {"Status", "AmountDue", "Total"}


@pytest.mark.parametrize(
    "path", ["Invoices/INV-99999", "Contacts/nobody", "Payments/none", "Quotes", "Invoices/x/History"]
)
def test_what_is_not_there(shared_call, path):
    answer = shared_call.get(path)
    assert (answer.status_code, answer.headers["Content-Type"]) == (404, "text/plain; charset=utf-8")


def test_drafts_have_no_payment_page(shared_call):
    draft = next(one for one in shared_call.books()["invoices"] if one["status"] == "DRAFT")
    assert shared_call.get(f"Invoices/{draft['id']}/OnlineInvoice").status_code == 404


@pytest.mark.parametrize("wrong", ["Basic !!!", "Basic bm9jb2xvbg==", "Bearer"])
def test_odd_authorisation_is_refused_not_fatal(sandbox, wrong):
    answer = requests.post(
        f"{sandbox.url}/connect/token",
        data={"grant_type": "client_credentials"},
        headers={"Authorization": wrong},
        timeout=5,
    )
    assert answer.status_code == 400
